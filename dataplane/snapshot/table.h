/* SPDX-License-Identifier: MIT */
/*
 * table - entities by id or by digest, cheap to copy and change.
 *
 * A table that was published is only read, by any thread. One that is being made belongs to one
 * thread. For this room only.
 */
#ifndef DATAPLANE_SNAPSHOT_TABLE_H
#define DATAPLANE_SNAPSHOT_TABLE_H

#include "dataplane/snapshot/entity.h"

#define TABLE_PAGES 1024

enum table_key { TABLE_BY_ID, TABLE_BY_DIGEST };

struct page;

struct table {
    enum table_key key;
    size_t count;
    struct page *pages[TABLE_PAGES]; /* NULL: empty */
};

void table_init(struct table *table, enum table_key key);
/* The same content as `from`, without copying it: pages are shared until one side changes. */
void table_init_from(struct table *table, const struct table *from);
void table_fini(struct table *table);

/* NULL if there is none. Borrowed from the table. */
struct entity *table_by_id(const struct table *table, uint64_t id);
struct entity *table_by_digest(const struct table *table, const uint8_t *digest);

/* Takes over the reference. What stood under the same key is gone afterwards. */
void table_put(struct table *table, struct entity *own_entity);
/* Takes its own reference, unless something stands under that key already: gives that back. */
struct entity *table_add(struct table *table, struct entity *entity);
/* Removes what stands under that entity's key; harmless if there is nothing. */
void table_remove(struct table *table, const struct entity *entity);

/* In no particular order. */
void table_each(const struct table *table, void (*visit)(struct entity *entity, void *arg),
                void *arg);

#endif
