/* SPDX-License-Identifier: MIT */
/*
 * figures - what statsd counts, for /metrics. Any thread.
 */
#ifndef STATSD_SINK_FIGURES_H
#define STATSD_SINK_FIGURES_H

#include "lib/report/counter.h"

enum figure {
    FIGURE_EVENTS,  /* by enum figure_event */
    FIGURE_MISSING, /* numbers jumped over */
    FIGURE_LOST,
    FIGURE_FLUSHES, /* by enum figure_flush */
    FIGURE_FLUSH_TIME,
    FIGURE_HELD_BYTES,
    FIGURE_HELD_BATCHES,
    FIGURE_STREAMS,
    FIGURE_STREAMS_REFUSED,
    FIGURE_SUMS,  /* by enum figure_end */
    FIGURE_CALLS, /* by enum figure_call */
    FIGURE_CALL_TIME,
    FIGURE_SIGN_INS, /* by enum figure_sign_in */
    FIGURES,
};

enum figure_event { EVENT_COUNTED, EVENT_BEGUN, EVENT_REPEATED, EVENT_KNOWN, EVENT_LATE };
enum figure_flush { FLUSH_COMMITTED, FLUSH_RETRIED, FLUSH_REFUSED };
enum figure_end { END_OK, END_FAILED };
enum figure_call { CALL_2XX, CALL_3XX, CALL_4XX, CALL_5XX };
enum figure_sign_in { SIGN_IN_OK, SIGN_IN_WRONG, SIGN_IN_LOCKED };

extern const struct gw_metric FIGURE_TABLE[FIGURES];

#endif
