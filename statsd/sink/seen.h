/* SPDX-License-Identifier: MIT */
/*
 * seen - which numbers of one spool are counted, missing or given up.
 *
 * Knows no database: the ledger fills one from its rows, asks about each event, and writes back
 * what changed. Used by the writer's thread for the length of a transaction.
 */
#ifndef STATSD_SINK_SEEN_H
#define STATSD_SINK_SEEN_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

/*
 * Open gaps one spool may have. Each comes from a batch that jumped, so an honest sender has one
 * or two; more than this many is a sender that cannot count.
 */
#define SEEN_GAPS_MAX 1024

enum seen_state { SEEN_OPEN, SEEN_FILLED, SEEN_LOST };
const char *seen_state_name(enum seen_state state); /* "open", as in usage_gap.state */

struct seen_range {
    uint64_t first, last; /* last included */
    int64_t found_us;     /* when the jump was noticed; wall clock */
    enum seen_state state;
};

struct seen {
    uint64_t below; /* 1 or more; the first number never heard of */
    struct seen_range *open;
    size_t open_count; /* ascending, not overlapping */
    struct seen_range *closed;
    size_t closed_count; /* what became filled or lost since seen_init() */
    size_t open_room, closed_room;
    bool gaps_changed;
};

void seen_init(struct seen *seen, uint64_t below);
void seen_fini(struct seen *seen);
/* An open gap as stored; ascending. */
void seen_add_open(struct seen *seen, uint64_t first, uint64_t last, int64_t found_us);

/*
 * Event number `seq` is here: true if it is to be counted, false if it was already.
 * seen_may_take() must have said GW_OK for the batch it came in.
 */
bool seen_take(struct seen *seen, uint64_t seq, int64_t now_us);

/* The sender gave up everything below `below` that has not arrived. */
void seen_lose(struct seen *seen, uint64_t below, int64_t now_us);

/* GW_E_INVALID when a batch of `count` numbers from `first` on would make one gap too many. */
enum gw_err seen_may_take(const struct seen *seen, uint64_t first, size_t count,
                          struct gw_fault *fault) GW_MUST_USE;

#endif
