/* SPDX-License-Identifier: MIT */
#include "statsd/sink/figures.h"

static const char *const EVENTS[] = {
    [EVENT_COUNTED] = "counted", [EVENT_BEGUN] = "begun", [EVENT_REPEATED] = "repeated",
    [EVENT_KNOWN] = "known",     [EVENT_LATE] = "late",   NULL,
};
static const char *const FLUSHES[] = {
    [FLUSH_COMMITTED] = "committed",
    [FLUSH_RETRIED] = "retried",
    [FLUSH_REFUSED] = "refused",
    NULL,
};
static const char *const ENDS[] = {[END_OK] = "ok", [END_FAILED] = "failed", NULL};
static const char *const CALLS[] = {
    [CALL_2XX] = "2xx", [CALL_3XX] = "3xx", [CALL_4XX] = "4xx", [CALL_5XX] = "5xx", NULL,
};
static const char *const SIGN_INS[] = {
    [SIGN_IN_OK] = "ok",
    [SIGN_IN_WRONG] = "wrong",
    [SIGN_IN_LOCKED] = "locked",
    NULL,
};

const struct gw_metric FIGURE_TABLE[FIGURES] = {
    [FIGURE_EVENTS] = {.name = "millrace_statsd_events_total",
                       .kind = GW_METRIC_COUNTER,
                       .help = "usage events committed, by what they were",
                       .labels = {{"kind", EVENTS}}},
    [FIGURE_MISSING] = {.name = "millrace_statsd_missing_numbers_total",
                        .kind = GW_METRIC_COUNTER,
                        .help = "event numbers that a spool jumped over; they may still arrive"},
    [FIGURE_LOST] = {.name = "millrace_statsd_lost_numbers_total",
                     .kind = GW_METRIC_COUNTER,
                     .help = "event numbers that a data plane gave up"},
    [FIGURE_FLUSHES] = {.name = "millrace_statsd_flushes_total",
                        .kind = GW_METRIC_COUNTER,
                        .help = "transactions into the ledger, by their end",
                        .labels = {{"end", FLUSHES}}},
    [FIGURE_FLUSH_TIME] = {.name = "millrace_statsd_flush_seconds",
                           .kind = GW_METRIC_HISTOGRAM,
                           .help = "time of a transaction into the ledger",
                           .bounds = GW_METRIC_LATENCIES},
    [FIGURE_HELD_BYTES] = {.name = "millrace_statsd_held_bytes",
                           .kind = GW_METRIC_GAUGE,
                           .help = "batches received and not yet committed"},
    [FIGURE_HELD_BATCHES] = {.name = "millrace_statsd_held_batches",
                             .kind = GW_METRIC_GAUGE,
                             .help = "batches received and not yet committed"},
    [FIGURE_STREAMS] = {.name = "millrace_statsd_streams",
                        .kind = GW_METRIC_GAUGE,
                        .help = "usage streams of data planes that are open"},
    [FIGURE_STREAMS_REFUSED] = {.name = "millrace_statsd_streams_refused_total",
                                .kind = GW_METRIC_COUNTER,
                                .help = "usage streams ended because of what they sent"},
    [FIGURE_SUMS] = {.name = "millrace_statsd_sums_total",
                     .kind = GW_METRIC_COUNTER,
                     .help = "questions for sums answered",
                     .labels = {{"end", ENDS}}},
    [FIGURE_CALLS] = {.name = "millrace_statsd_http_requests_total",
                      .kind = GW_METRIC_COUNTER,
                      .help = "HTTP requests answered, by status",
                      .labels = {{"status", CALLS}}},
    [FIGURE_CALL_TIME] = {.name = "millrace_statsd_http_request_seconds",
                          .kind = GW_METRIC_HISTOGRAM,
                          .help = "time to answer a request of the API",
                          .bounds = GW_METRIC_LATENCIES},
    [FIGURE_SIGN_INS] = {.name = "millrace_statsd_sign_ins_total",
                         .kind = GW_METRIC_COUNTER,
                         .help = "attempts to sign in",
                         .labels = {{"end", SIGN_INS}}},
};
