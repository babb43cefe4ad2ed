/* SPDX-License-Identifier: MIT */
#include "lib/report/counter.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "tests/support/cmocka_first.h"

enum { REQUESTS, STREAMS, FIRST_BYTE, WAITED, QUEUE };

static const char *const OUTCOMES[] = {"ok", "refused", NULL};
static const char *const DIALECTS[] = {"anthropic", "openai", "gemini", NULL};
static const int64_t BOUNDS[] = {1000, 2500, 1000000, 0};

static const struct gw_metric TABLE[] = {
    [REQUESTS] = {"millrace_requests_total", GW_METRIC_COUNTER, "requests answered",
                  .labels = {{"outcome", OUTCOMES}, {"dialect", DIALECTS}}},
    [STREAMS] = {.name = "millrace_open_streams",
                 .kind = GW_METRIC_GAUGE,
                 .help = "streams that are open"},
    [FIRST_BYTE] = {"millrace_first_byte_seconds", GW_METRIC_HISTOGRAM, "time to the first byte",
                    .labels = {{"outcome", OUTCOMES}}, .bounds = BOUNDS},
    [WAITED] = {.name = "millrace_waited_seconds_total",
                .kind = GW_METRIC_COUNTER,
                .help = "time spent waiting"},
    [QUEUE] = {.name = "millrace_queue_bytes", .kind = GW_METRIC_GAUGE, .help = "bytes queued"},
};

static int setup(void **state)
{
    *state = gw_metrics_new(TABLE, sizeof(TABLE) / sizeof(TABLE[0]));
    return 0;
}

static int teardown(void **state)
{
    gw_metrics_free(*state);
    return 0;
}

static void expect_on_page(const struct gw_metrics *metrics, enum gw_metrics_format format,
                           const char *text)
{
    struct gw_buf out;

    gw_buf_init(&out, 65536);
    gw_metrics_print(metrics, format, &out);
    gw_metrics_print_end(format, &out);
    if (strstr(out.at, text) == NULL) {
        print_error("no \"%s\" in:\n%s", text, out.at);
        gw_buf_fini(&out);
        fail();
    }
    gw_buf_fini(&out);
}

static void a_counter_has_a_series_for_each_pair_of_labels(void **state)
{
    struct gw_metrics *metrics = *state;

    gw_metric_count(metrics, REQUESTS, gw_metric_series(metrics, REQUESTS, 1, 2));
    gw_metric_add(metrics, REQUESTS, gw_metric_series(metrics, REQUESTS, 0, 1), 41);
    gw_metric_count(metrics, REQUESTS, gw_metric_series(metrics, REQUESTS, 0, 1));
    assert_int_equal(gw_metric_value(metrics, REQUESTS, gw_metric_series(metrics, REQUESTS, 0, 1)),
                     42);
    expect_on_page(metrics, GW_METRICS_PROMETHEUS,
                   "# HELP millrace_requests_total requests answered\n"
                   "# TYPE millrace_requests_total counter\n"
                   "millrace_requests_total{outcome=\"ok\",dialect=\"anthropic\"} 0\n"
                   "millrace_requests_total{outcome=\"ok\",dialect=\"openai\"} 42\n"
                   "millrace_requests_total{outcome=\"ok\",dialect=\"gemini\"} 0\n"
                   "millrace_requests_total{outcome=\"refused\",dialect=\"anthropic\"} 0\n"
                   "millrace_requests_total{outcome=\"refused\",dialect=\"openai\"} 0\n"
                   "millrace_requests_total{outcome=\"refused\",dialect=\"gemini\"} 1\n");
}

static void a_gauge_goes_up_and_down_and_may_be_set(void **state)
{
    struct gw_metrics *metrics = *state;

    gw_metric_move(metrics, STREAMS, 0, 5);
    gw_metric_move(metrics, STREAMS, 0, -7);
    gw_metric_set(metrics, QUEUE, 0, 100);
    gw_metric_set(metrics, QUEUE, 0, 30);
    expect_on_page(metrics, GW_METRICS_PROMETHEUS, "\nmillrace_open_streams -2\n");
    expect_on_page(metrics, GW_METRICS_PROMETHEUS, "\nmillrace_queue_bytes 30\n");
}

static void a_histogram_counts_up_to_each_bound(void **state)
{
    struct gw_metrics *metrics = *state;
    static const int64_t VALUES[] = {0, 1000, 1001, 2500, 999999, 1000000, 1000001, 7000000};
    size_t i;

    for (i = 0; i < sizeof(VALUES) / sizeof(VALUES[0]); i++) {
        gw_metric_observe(metrics, FIRST_BYTE, 1, VALUES[i]);
    }
    assert_int_equal(gw_metric_value(metrics, FIRST_BYTE, 1), 8);
    expect_on_page(metrics, GW_METRICS_PROMETHEUS,
                   "millrace_first_byte_seconds_bucket{outcome=\"refused\",le=\"0.001\"} 2\n"
                   "millrace_first_byte_seconds_bucket{outcome=\"refused\",le=\"0.0025\"} 4\n"
                   "millrace_first_byte_seconds_bucket{outcome=\"refused\",le=\"1\"} 6\n"
                   "millrace_first_byte_seconds_bucket{outcome=\"refused\",le=\"+Inf\"} 8\n"
                   "millrace_first_byte_seconds_sum{outcome=\"refused\"} 10.004501\n"
                   "millrace_first_byte_seconds_count{outcome=\"refused\"} 8\n");
    expect_on_page(metrics, GW_METRICS_PROMETHEUS,
                   "millrace_first_byte_seconds_count{outcome=\"ok\"} 0\n");
}

static void microseconds_are_printed_as_seconds(void **state)
{
    struct gw_metrics *metrics = *state;

    gw_metric_add(metrics, WAITED, 0, 1500000);
    expect_on_page(metrics, GW_METRICS_PROMETHEUS, "\nmillrace_waited_seconds_total 1.5\n");
    gw_metric_add(metrics, WAITED, 0, 500001);
    expect_on_page(metrics, GW_METRICS_PROMETHEUS, "\nmillrace_waited_seconds_total 2.000001\n");
}

static void openmetrics_names_counters_without_suffix_and_has_an_end(void **state)
{
    expect_on_page(*state, GW_METRICS_OPENMETRICS,
                   "# TYPE millrace_requests counter\n"
                   "millrace_requests_total{");
    expect_on_page(*state, GW_METRICS_OPENMETRICS, "# TYPE millrace_open_streams gauge\n");
    expect_on_page(*state, GW_METRICS_OPENMETRICS, "\n# EOF\n");
}

#define ROUNDS 20000

static void *count_many(void *metrics)
{
    int i;

    for (i = 0; i < ROUNDS; i++) {
        gw_metric_count(metrics, REQUESTS, 3);
        gw_metric_move(metrics, STREAMS, 0, i % 2 == 0 ? 1 : -1);
        gw_metric_observe(metrics, FIRST_BYTE, 0, i);
    }
    return NULL;
}

static void nothing_is_lost_between_threads(void **state)
{
    pthread_t threads[10]; /* more than there are shards */
    size_t i;

    for (i = 0; i < 10; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, count_many, *state), 0);
    }
    for (i = 0; i < 10; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(gw_metric_value(*state, REQUESTS, 3), 10 * ROUNDS);
    assert_int_equal(gw_metric_value(*state, STREAMS, 0), 0);
    assert_int_equal(gw_metric_value(*state, FIRST_BYTE, 0), 10 * ROUNDS);
}

/* The number behind `name` and a space. */
static double value_on(const char *page, const char *name)
{
    const char *at = strstr(page, name);

    while (at != NULL && at[strlen(name)] != ' ') {
        at = strstr(at + 1, name);
    }
    while (at != NULL && at != page && at[-1] != '\n') { /* not the one in a comment */
        at = strstr(at + 1, name);
    }
    assert_non_null(at);
    return strtod(at + strlen(name) + 1, NULL);
}

static void the_process_tells_about_itself(void **state)
{
    struct gw_buf out;

    (void)state;
    gw_buf_init(&out, 65536);
    gw_metrics_print_process("dataplane", GW_METRICS_PROMETHEUS, &out);
    assert_non_null(strstr(out.at, "millrace_build_info{service=\"dataplane\",version=\"" GW_VERSION
                                   "\"} 1\n"));
    assert_true(value_on(out.at, "process_resident_memory_bytes") > 100000);
    assert_true(value_on(out.at, "process_open_fds") >= 3);
    assert_true(value_on(out.at, "process_max_fds") >= value_on(out.at, "process_open_fds"));
    assert_true(value_on(out.at, "process_cpu_seconds_total") >= 0);
    assert_true(value_on(out.at, "process_start_time_seconds") > (double)time(NULL) - 600);
    assert_true(value_on(out.at, "process_start_time_seconds") < (double)time(NULL) + 2);
    gw_buf_fini(&out);
}

#define COUNTED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        COUNTED(a_counter_has_a_series_for_each_pair_of_labels),
        COUNTED(a_gauge_goes_up_and_down_and_may_be_set),
        COUNTED(a_histogram_counts_up_to_each_bound),
        COUNTED(microseconds_are_printed_as_seconds),
        COUNTED(openmetrics_names_counters_without_suffix_and_has_an_end),
        COUNTED(nothing_is_lost_between_threads),
        cmocka_unit_test(the_process_tells_about_itself),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/report/counter", tests, NULL, NULL);
}
