/* SPDX-License-Identifier: MIT */
/*
 * spools - the spools of one transaction: locked, asked, moved on.
 *
 * Used by ledger.c on the writer's thread, inside a transaction.
 */
#ifndef STATSD_SINK_SPOOLS_H
#define STATSD_SINK_SPOOLS_H

#include "lib/pg/pg.h"
#include "lib/wire/usage.h"
#include "statsd/sink/seen.h"

struct spool {
    const uint8_t *id; /* borrowed from its batch */
    struct gw_text node;
    struct seen seen;
};

struct spools {
    struct spool *at; /* by id, ascending */
    size_t count;
};

/* Each spool of the batches once. */
void spools_init(struct spools *spools, const struct gw_usage_batch *const *batches, size_t count);
void spools_fini(struct spools *spools);
struct spool *spools_find(const struct spools *spools, const uint8_t *id); /* or NULL */

/* Locks the marks, making those that are new, and reads them with their open gaps. */
enum gw_err spools_lock(struct spools *spools, struct gw_pg *pg,
                        struct gw_fault *fault) GW_MUST_USE;
/* Stores how far the marks have moved and what became of the gaps. */
enum gw_err spools_store(struct spools *spools, struct gw_pg *pg,
                         struct gw_fault *fault) GW_MUST_USE;

#endif
