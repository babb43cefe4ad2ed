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
    [FIGURE_EVENTS] = {"millrace_statsd_events_total", GW_METRIC_COUNTER,
                       "usage events committed, by what they were", .labels = {{"kind", EVENTS}}},
    [FIGURE_MISSING] = {"millrace_statsd_missing_numbers_total", GW_METRIC_COUNTER,
                        "event numbers that a spool jumped over; they may still arrive"},
    [FIGURE_LOST] = {"millrace_statsd_lost_numbers_total", GW_METRIC_COUNTER,
                     "event numbers that a data plane gave up"},
    [FIGURE_FLUSHES] = {"millrace_statsd_flushes_total", GW_METRIC_COUNTER,
                        "transactions into the ledger, by their end", .labels = {{"end", FLUSHES}}},
    [FIGURE_FLUSH_TIME] = {"millrace_statsd_flush_seconds", GW_METRIC_HISTOGRAM,
                           "time of a transaction into the ledger", .bounds = GW_METRIC_LATENCIES},
    [FIGURE_HELD_BYTES] = {"millrace_statsd_held_bytes", GW_METRIC_GAUGE,
                           "batches received and not yet committed"},
    [FIGURE_HELD_BATCHES] = {"millrace_statsd_held_batches", GW_METRIC_GAUGE,
                             "batches received and not yet committed"},
    [FIGURE_STREAMS] = {"millrace_statsd_streams", GW_METRIC_GAUGE,
                        "usage streams of data planes that are open"},
    [FIGURE_STREAMS_REFUSED] = {"millrace_statsd_streams_refused_total", GW_METRIC_COUNTER,
                                "usage streams ended because of what they sent"},
    [FIGURE_SUMS] = {"millrace_statsd_sums_total", GW_METRIC_COUNTER, "questions for sums answered",
                     .labels = {{"end", ENDS}}},
    [FIGURE_CALLS] = {"millrace_statsd_http_requests_total", GW_METRIC_COUNTER,
                      "HTTP requests answered, by status", .labels = {{"status", CALLS}}},
    [FIGURE_CALL_TIME] = {"millrace_statsd_http_request_seconds", GW_METRIC_HISTOGRAM,
                          "time to answer a request of the API", .bounds = GW_METRIC_LATENCIES},
    [FIGURE_SIGN_INS] = {"millrace_statsd_sign_ins_total", GW_METRIC_COUNTER, "attempts to sign in",
                         .labels = {{"end", SIGN_INS}}},
};
