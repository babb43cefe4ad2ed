/* SPDX-License-Identifier: MIT */
/*
 * sink - batches in, confirmations out, one transaction at a time between them.
 *
 * Belongs to the loop's thread; the database is spoken to on a thread of its own.
 */
#ifndef STATSD_SINK_SINK_H
#define STATSD_SINK_SINK_H

#include "lib/net/loop.h"
#include "lib/report/counter.h"
#include "lib/wire/usage.h"

struct sink;

struct sink_conf {
    const char *database;   /* as libpq reads it; borrowed */
    int64_t flush_delay_us; /* longest wait of a batch for company */
    size_t flush_events;    /* as many are written without waiting */
    size_t hold_max;        /* bytes held before has_room says no */
};

struct sink_ops {
    /* There is room again, after sink_has_room() said no. */
    void (*on_room)(void *owner);
    /* Whether the ledger can be written; told when it changes, and once at the start. */
    void (*on_database)(void *owner, bool is_there, const char *why);
};

/* Embedded in what its owner knows about a batch. */
struct sink_batch {
    struct gw_list link;         /* the sink's */
    struct gw_usage_batch usage; /* and what it points at; set by the owner, until done */
    size_t size;                 /* bytes of memory it holds */
    /*
     * Once, later. GW_OK: all its events are committed, now or before. GW_E_UNAVAILABLE: the sink
     * is closing. Anything else: the ledger cannot take it, `why` says what is wrong with it.
     */
    void (*done)(struct sink_batch *batch, enum gw_err err, const char *why);
};

struct sink *sink_new(struct gw_loop *loop, const struct sink_conf *conf,
                      struct gw_metrics *metrics);
void sink_set_ops(struct sink *sink, const struct sink_ops *ops, void *owner);
void sink_put(struct sink *sink, struct sink_batch *batch);
/* When not, put nothing more until on_room; what comes all the same is taken, too. */
bool sink_has_room(const struct sink *sink);

/*
 * Writes what it has, if the database lets it; the rest comes back as GW_E_UNAVAILABLE. Then
 * `closed` runs, once, later. Nothing may be put any more.
 */
void sink_close(struct sink *sink, void (*closed)(void *owner), void *owner);
void sink_free(struct sink *sink); /* closed, or its loop does not run any more */

#endif
