/* SPDX-License-Identifier: MIT */
/*
 * entity - one row of the configuration: made once, shared by all snapshots that have it.
 *
 * Immutable; the count is atomic. For this room only.
 */
#ifndef DATAPLANE_SNAPSHOT_ENTITY_H
#define DATAPLANE_SNAPSHOT_ENTITY_H

#include <stdatomic.h>

#include "dataplane/snapshot/snapshot.h"
#include "lib/codec/keyring.h"

enum entity_kind { ENTITY_USER, ENTITY_KEY, ENTITY_PROVIDER };

struct entity {
    atomic_uint refs;
    enum entity_kind kind;
    uint64_t id;
};

/*
 * The rows are as long as their groups, and their texts stand behind them in the same piece of
 * memory: a million keys are a million allocations of about 150 bytes.
 */
struct entity_user {
    struct entity head;
    struct gw_config_user row;
};
struct entity_key {
    struct entity head;
    struct gw_config_key row;
};
struct entity_provider {
    struct entity head;
    char *secret; /* the credential, wiped with the entity; NULL: its seal could not be opened */
    size_t secret_len;
    struct gw_config_provider row;
};

/* Copies of what they are given, with one reference. */
struct entity *entity_of_user(const struct gw_config_user *user);
struct entity *entity_of_key(const struct gw_config_key *key);
struct entity *entity_of_provider(const struct gw_config_provider *provider,
                                  const struct gw_keyring *ring);

struct entity *entity_ref(struct entity *entity);
void entity_unref(struct entity *entity);

static inline const struct gw_config_user *entity_user(const struct entity *entity)
{
    return &((const struct entity_user *)entity)->row;
}

static inline const struct gw_config_key *entity_key(const struct entity *entity)
{
    return &((const struct entity_key *)entity)->row;
}

static inline const struct entity_provider *entity_provider(const struct entity *entity)
{
    return (const struct entity_provider *)entity;
}

#endif
