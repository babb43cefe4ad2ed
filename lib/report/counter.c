/* SPDX-License-Identifier: MIT */
/*
 * All numbers of a table lie in one array of cells, in the table's order:
 *
 *      counter, gauge   one cell per series
 *      histogram        per series: one cell per bucket, one for what is above, one for the sum
 *
 * The array exists SHARDS times. A thread adds in the copy it drew when it first counted, and a
 * reader sums over all of them; so workers that count the same thing at the same moment do
 * not pass a cache line back and forth. A gauge that is set lives in the first copy alone.
 */
#include "lib/report/counter.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "lib/base/check.h"
#include "lib/report/inside.h"

#define SHARDS     8
#define CACHE_LINE 64

const int64_t GW_METRIC_LATENCIES[] = {1000,     2500,     5000,     10000,     25000,     50000,
                                       100000,   250000,   500000,   1000000,   2500000,   5000000,
                                       10000000, 30000000, 60000000, 120000000, 300000000, 0};
const int64_t GW_METRIC_SHORT_LATENCIES[] = {10,   25,   50,    100,   250,   500,    1000,
                                             2500, 5000, 10000, 25000, 50000, 100000, 0};

typedef _Atomic int64_t cell;

struct family {
    const struct gw_metric *metric;
    size_t first_cell;
    size_t cells_per_series;
    size_t bound_count;
    size_t label_counts[GW_METRIC_LABELS_MAX]; /* 1 for a label that is not there */
    bool is_seconds;
};

struct gw_metrics {
    size_t count;
    void *memory; /* of all shards */
    cell *shards[SHARDS];
    struct family families[];
};

/* ---- Life ------------------------------------------------------------------------------- */

static size_t count_values(const struct gw_metric_label *label)
{
    size_t count = 0;

    if (label->name == NULL) {
        return 1;
    }
    while (label->values[count] != NULL) {
        count++;
    }
    GW_CHECK(count > 0);
    return count;
}

static bool ends_with(const char *name, const char *end)
{
    return gw_text_ends_with(gw_text_of(name), gw_text_of(end));
}

static size_t count_bounds(const struct gw_metric *metric)
{
    size_t count = 0;

    GW_CHECK((metric->kind == GW_METRIC_HISTOGRAM) == (metric->bounds != NULL));
    while (metric->bounds != NULL && metric->bounds[count] != 0) {
        GW_CHECK(count == 0 || metric->bounds[count - 1] < metric->bounds[count]);
        count++;
    }
    return count;
}

static void prepare(struct family *family, const struct gw_metric *metric)
{
    bool is_counter = metric->kind == GW_METRIC_COUNTER;
    size_t i;

    GW_CHECK(metric->name != NULL && metric->help != NULL);
    GW_CHECK(gw_text_starts_with(gw_text_of(metric->name), GW_TEXT("millrace_")));
    GW_CHECK(ends_with(metric->name, "_total") == is_counter);
    family->metric = metric;
    family->bound_count = count_bounds(metric);
    family->cells_per_series = metric->kind == GW_METRIC_HISTOGRAM ? family->bound_count + 2 : 1;
    family->is_seconds = ends_with(metric->name, is_counter ? "_seconds_total" : "_seconds");
    for (i = 0; i < GW_METRIC_LABELS_MAX; i++) {
        family->label_counts[i] = count_values(&metric->labels[i]);
    }
}

static size_t series_count(const struct family *family)
{
    return family->label_counts[0] * family->label_counts[1];
}

/* Each shard begins on a cache line of its own. */
static void new_shards(struct gw_metrics *metrics, size_t cells)
{
    size_t size = (cells * sizeof(cell) / CACHE_LINE + 1) * CACHE_LINE;
    uintptr_t at;
    size_t i;

    metrics->memory = gw_must_alloc(SHARDS * size + CACHE_LINE);
    at = ((uintptr_t)metrics->memory + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    for (i = 0; i < SHARDS; i++) {
        metrics->shards[i] = (cell *)(at + i * size);
    }
}

struct gw_metrics *gw_metrics_new(const struct gw_metric *table, size_t count)
{
    struct gw_metrics *metrics = gw_must_alloc(sizeof(*metrics) +
                                               count * sizeof(metrics->families[0]));
    size_t i, cells = 0;

    metrics->count = count;
    for (i = 0; i < count; i++) {
        struct family *family = &metrics->families[i];

        prepare(family, &table[i]);
        family->first_cell = cells;
        cells += series_count(family) * family->cells_per_series;
    }
    new_shards(metrics, cells);
    return metrics;
}

void gw_metrics_free(struct gw_metrics *metrics)
{
    if (metrics != NULL) {
        gw_free(metrics->memory);
        gw_free(metrics);
    }
}

/* ---- Counting --------------------------------------------------------------------------- */

static size_t shard_of_thread(void)
{
    static atomic_uint next;
    static _Thread_local unsigned mine; /* one more than the shard; 0 before the first count */

    if (mine == 0) {
        mine = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed) % SHARDS + 1;
    }
    return mine - 1;
}

static const struct family *family_at(const struct gw_metrics *metrics, size_t family)
{
    GW_CHECK(family < metrics->count);
    return &metrics->families[family];
}

/* The first cell of a series. */
static size_t cell_of(const struct family *family, size_t series)
{
    GW_CHECK(series < series_count(family));
    return family->first_cell + series * family->cells_per_series;
}

static void add(struct gw_metrics *metrics, size_t at, int64_t amount)
{
    atomic_fetch_add_explicit(&metrics->shards[shard_of_thread()][at], amount,
                              memory_order_relaxed);
}

size_t gw_metric_series(const struct gw_metrics *metrics, size_t family, size_t first,
                        size_t second)
{
    const struct family *of = family_at(metrics, family);

    GW_CHECK(first < of->label_counts[0] && second < of->label_counts[1]);
    return first * of->label_counts[1] + second;
}

void gw_metric_count(struct gw_metrics *metrics, size_t family, size_t series)
{
    gw_metric_add(metrics, family, series, 1);
}

void gw_metric_add(struct gw_metrics *metrics, size_t family, size_t series, uint64_t amount)
{
    const struct family *of = family_at(metrics, family);

    GW_CHECK(of->metric->kind == GW_METRIC_COUNTER);
    add(metrics, cell_of(of, series), (int64_t)amount);
}

void gw_metric_set(struct gw_metrics *metrics, size_t family, size_t series, int64_t value)
{
    const struct family *of = family_at(metrics, family);

    GW_CHECK(of->metric->kind == GW_METRIC_GAUGE);
    atomic_store_explicit(&metrics->shards[0][cell_of(of, series)], value, memory_order_relaxed);
}

void gw_metric_move(struct gw_metrics *metrics, size_t family, size_t series, int64_t by)
{
    const struct family *of = family_at(metrics, family);

    GW_CHECK(of->metric->kind == GW_METRIC_GAUGE);
    add(metrics, cell_of(of, series), by);
}

void gw_metric_observe(struct gw_metrics *metrics, size_t family, size_t series, int64_t value)
{
    const struct family *of = family_at(metrics, family);
    size_t first = cell_of(of, series), bucket = 0;

    GW_CHECK(of->metric->kind == GW_METRIC_HISTOGRAM);
    while (bucket < of->bound_count && value > of->metric->bounds[bucket]) {
        bucket++;
    }
    add(metrics, first + bucket, 1);
    add(metrics, first + of->bound_count + 1, value);
}

/* ---- Reading ---------------------------------------------------------------------------- */

static int64_t total(const struct gw_metrics *metrics, size_t at)
{
    uint64_t sum = 0; /* unsigned, because a counter may wrap in theory */
    size_t i;

    for (i = 0; i < SHARDS; i++) {
        sum += (uint64_t)atomic_load_explicit(&metrics->shards[i][at], memory_order_relaxed);
    }
    return (int64_t)sum;
}

int64_t gw_metric_value(const struct gw_metrics *metrics, size_t family, size_t series)
{
    const struct family *of = family_at(metrics, family);
    size_t first = cell_of(of, series), i;
    int64_t sum = 0;

    if (of->metric->kind != GW_METRIC_HISTOGRAM) {
        return total(metrics, first);
    }
    for (i = 0; i <= of->bound_count; i++) {
        sum += total(metrics, first + i);
    }
    return sum;
}

/* ---- The page --------------------------------------------------------------------------- */

const char *gw_metrics_content_type(enum gw_metrics_format format)
{
    return format == GW_METRICS_OPENMETRICS
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
}

void gw_metrics_print_head(const char *name, const char *kind, const char *help,
                           enum gw_metrics_format format, struct gw_buf *out)
{
    struct gw_text family = gw_text_of(name);

    /* OpenMetrics names a counter without its suffix here, and the older format with it. */
    if (format == GW_METRICS_OPENMETRICS && strcmp(kind, "counter") == 0) {
        family.len -= sizeof("_total") - 1;
    }
    gw_buf_appendf(out, "# HELP %.*s %s\n# TYPE %.*s %s\n", GW_TEXT_ARG(family), help,
                   GW_TEXT_ARG(family), kind);
}

static void print_value(const struct family *family, int64_t value, struct gw_buf *out)
{
    uint64_t size = value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;
    uint64_t second = 1000000;

    if (!family->is_seconds) {
        gw_buf_appendf(out, "%" PRId64, value);
        return;
    }
    gw_buf_appendf(out, "%s%" PRIu64, value < 0 ? "-" : "", size / second);
    if (size % second != 0) {
        gw_buf_appendf(out, ".%06" PRIu64, size % second);
        while (out->err == GW_OK && out->at[out->len - 1] == '0') {
            out->at[--out->len] = '\0';
        }
    }
}

/* {outcome="ok",le="0.5"}, or nothing. */
static void print_labels(const struct family *family, size_t series, const int64_t *bound,
                         struct gw_buf *out)
{
    size_t places[GW_METRIC_LABELS_MAX] = {series / family->label_counts[1],
                                           series % family->label_counts[1]};
    const char *between = "{";
    size_t i;

    for (i = 0; i < GW_METRIC_LABELS_MAX; i++) {
        const struct gw_metric_label *label = &family->metric->labels[i];

        if (label->name != NULL) {
            gw_buf_appendf(out, "%s%s=\"%s\"", between, label->name, label->values[places[i]]);
            between = ",";
        }
    }
    if (bound != NULL) {
        gw_buf_appendf(out, "%sle=\"", between);
        if (*bound == 0) {
            gw_buf_append_str(out, "+Inf");
        } else {
            print_value(family, *bound, out);
        }
        gw_buf_append_byte(out, '"');
        between = ",";
    }
    if (*between == ',') {
        gw_buf_append_byte(out, '}');
    }
}

static void print_sample(const struct family *family, const char *suffix, size_t series,
                         int64_t value, struct gw_buf *out)
{
    gw_buf_appendf(out, "%s%s", family->metric->name, suffix);
    print_labels(family, series, NULL, out);
    gw_buf_append_byte(out, ' ');
    print_value(family, value, out);
    gw_buf_append_byte(out, '\n');
}

static void print_histogram(const struct gw_metrics *metrics, const struct family *family,
                            size_t series, struct gw_buf *out)
{
    size_t first = cell_of(family, series), i;
    int64_t seen = 0;

    for (i = 0; i <= family->bound_count; i++) {
        seen += total(metrics, first + i);
        gw_buf_appendf(out, "%s_bucket", family->metric->name);
        print_labels(family, series, &family->metric->bounds[i], out);
        gw_buf_appendf(out, " %" PRId64 "\n", seen);
    }
    print_sample(family, "_sum", series, total(metrics, first + family->bound_count + 1), out);
    gw_buf_appendf(out, "%s_count", family->metric->name);
    print_labels(family, series, NULL, out);
    gw_buf_appendf(out, " %" PRId64 "\n", seen);
}

void gw_metrics_print(const struct gw_metrics *metrics, enum gw_metrics_format format,
                      struct gw_buf *out)
{
    static const char *const KINDS[] = {
        [GW_METRIC_COUNTER] = "counter",
        [GW_METRIC_GAUGE] = "gauge",
        [GW_METRIC_HISTOGRAM] = "histogram",
    };
    size_t i, series;

    for (i = 0; i < metrics->count; i++) {
        const struct family *family = &metrics->families[i];
        const struct gw_metric *metric = family->metric;

        gw_metrics_print_head(metric->name, KINDS[metric->kind], metric->help, format, out);
        for (series = 0; series < series_count(family); series++) {
            if (metric->kind == GW_METRIC_HISTOGRAM) {
                print_histogram(metrics, family, series, out);
            } else {
                print_sample(family, "", series, total(metrics, cell_of(family, series)), out);
            }
        }
    }
}

void gw_metrics_print_end(enum gw_metrics_format format, struct gw_buf *out)
{
    if (format == GW_METRICS_OPENMETRICS) {
        gw_buf_append_str(out, "# EOF\n");
    }
}
