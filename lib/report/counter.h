/* SPDX-License-Identifier: MIT */
/*
 * counter - counters, gauges and histograms from one table; the /metrics page.
 *
 * A program lists its families in one table and names them by their place in it (an enum in the
 * same order). Labels and their values stand in the table, too, so that nothing from
 * outside can make the page grow. Counting is relaxed and wait-free from any thread; counters
 * and histograms are spread over a few cache lines so that workers do not fight.
 *
 *     enum { DP_REQUESTS, DP_OPEN_STREAMS, DP_FIRST_BYTE };
 *     static const char *const OUTCOMES[] = {"ok", "refused", "failed", NULL};
 *     static const struct gw_metric DP_METRICS[] = {
 *         [DP_REQUESTS] = {.name = "millrace_dataplane_requests_total",
 *                          .kind = GW_METRIC_COUNTER,
 *                          .help = "requests answered",
 *                          .labels = {{"outcome", OUTCOMES}}},
 *         [DP_FIRST_BYTE] = {.name = "millrace_dataplane_first_byte_seconds",
 *                            .kind = GW_METRIC_HISTOGRAM,
 *                            .help = "time to a provider's first byte",
 *                            .bounds = GW_METRIC_LATENCIES},
 *     };
 *     gw_metric_count(metrics, DP_REQUESTS, gw_metric_series(metrics, DP_REQUESTS, 0, 0));
 *
 * Names end in the unit: _seconds (values are given in microseconds and printed as seconds),
 * _bytes, and _total for every counter ("_seconds_total" for both). gw_metrics_new() checks it.
 */
#ifndef LIB_REPORT_COUNTER_H
#define LIB_REPORT_COUNTER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/text.h"

enum gw_metric_kind {
    GW_METRIC_COUNTER,
    GW_METRIC_GAUGE,
    GW_METRIC_HISTOGRAM,
};

struct gw_metric_label {
    const char *name;          /* NULL: no such label */
    const char *const *values; /* ended by NULL */
};

#define GW_METRIC_LABELS_MAX 2

struct gw_metric {
    const char *name;
    enum gw_metric_kind kind;
    const char *help;
    struct gw_metric_label labels[GW_METRIC_LABELS_MAX];
    const int64_t *bounds; /* a histogram's: ascending, ended by 0, in the unit values come in */
};

/* 1 ms to 5 min, for waiting on providers; 10 us to 100 ms, for what is ours alone. */
extern const int64_t GW_METRIC_LATENCIES[];
extern const int64_t GW_METRIC_SHORT_LATENCIES[];

struct gw_metrics;

/* The table is borrowed for good. A table that breaks the rules above is a bug of ours. */
struct gw_metrics *gw_metrics_new(const struct gw_metric *table, size_t count);
void gw_metrics_free(struct gw_metrics *metrics);

/*
 * The series of a family for one value of each label, by place in the table's list. 0 for a label
 * the family does not have; a value past the list is a bug of ours.
 */
size_t gw_metric_series(const struct gw_metrics *metrics, size_t family, size_t first,
                        size_t second);

void gw_metric_count(struct gw_metrics *metrics, size_t family, size_t series); /* one more */
void gw_metric_add(struct gw_metrics *metrics, size_t family, size_t series, uint64_t amount);
void gw_metric_set(struct gw_metrics *metrics, size_t family, size_t series, int64_t value);
/* Up and down; gauges only. */
void gw_metric_move(struct gw_metrics *metrics, size_t family, size_t series, int64_t by);
void gw_metric_observe(struct gw_metrics *metrics, size_t family, size_t series, int64_t value);

/* A counter's or gauge's value now; a histogram's number of observations. */
int64_t gw_metric_value(const struct gw_metrics *metrics, size_t family, size_t series);

/* ---- The page --------------------------------------------------------------------------- */

enum gw_metrics_format {
    GW_METRICS_PROMETHEUS,  /* text/plain; version=0.0.4; charset=utf-8 */
    GW_METRICS_OPENMETRICS, /* application/openmetrics-text; version=1.0.0; charset=utf-8 */
};

const char *gw_metrics_content_type(enum gw_metrics_format format);

/* Appends all families; any thread. The page may be put together from several tables. */
void gw_metrics_print(const struct gw_metrics *metrics, enum gw_metrics_format format,
                      struct gw_buf *out);

/* millrace_build_info{service=...,version=...} and the usual process_* families. */
void gw_metrics_print_process(const char *service, enum gw_metrics_format format,
                              struct gw_buf *out);

/* What the format wants at the very end. */
void gw_metrics_print_end(enum gw_metrics_format format, struct gw_buf *out);

#endif
