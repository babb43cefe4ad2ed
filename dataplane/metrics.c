/* SPDX-License-Identifier: MIT */
#include "dataplane/metrics.h"

#include "lib/base/check.h"

/* In the order of enum dialect. */
static const char *const DIALECT_NAMES[] = {"claude", "openai",     "response",
                                            "gemini", "gemini-cli", NULL};

/* In the order of enum gw_outcome, which begins with 1. */
static const char *const OUTCOMES[] = {
    "success", "refused", "provider_error", "provider_failed", "client_left", "vanished", NULL};

static const int STATUSES[] = {400, 401, 404, 413, 426, 429, 503};
static const char *const STATUS_NAMES[] = {"400", "401", "404",   "413", "426",
                                           "429", "503", "other", NULL};

/* In the order of enum gw_http_failure. */
static const char *const FAILURES[] = {
    "dns",    "connect",   "connect_timeout", "tls",           "send",     "first_byte_timeout",
    "closed", "truncated", "idle_timeout",    "total_timeout", "protocol", "forbidden_address",
    "proxy",  NULL};

static const char *const TOKEN_KINDS[] = {"input", "output", "cache_read", "cache_write", NULL};

static const struct gw_metric TABLE[METRICS] = {
    [METRIC_REQUESTS] = {.name = "millrace_requests_total",
                         .kind = GW_METRIC_COUNTER,
                         .help = "requests of admitted callers that have ended",
                         .labels = {{"dialect", DIALECT_NAMES}, {"outcome", OUTCOMES}}},
    [METRIC_REFUSED] = {.name = "millrace_refused_requests_total",
                        .kind = GW_METRIC_COUNTER,
                        .help = "requests answered with a refusal of our own",
                        .labels = {{"status", STATUS_NAMES}}},
    [METRIC_OPEN] = {.name = "millrace_open_requests",
                     .kind = GW_METRIC_GAUGE,
                     .help = "requests being worked on"},
    [METRIC_DRAINING] = {.name = "millrace_abandoned_answers",
                         .kind = GW_METRIC_GAUGE,
                         .help = "answers still read for their cost after the client has left"},
    [METRIC_DURATION] = {.name = "millrace_request_duration_seconds",
                         .kind = GW_METRIC_HISTOGRAM,
                         .help = "from a whole request to the end of its answer",
                         .labels = {{"dialect", DIALECT_NAMES}},
                         .bounds = GW_METRIC_LATENCIES},
    [METRIC_FIRST_CONTENT] = {.name = "millrace_time_to_first_token_seconds",
                              .kind = GW_METRIC_HISTOGRAM,
                              .help =
                                  "from a whole request to the first content of a streamed answer",
                              .labels = {{"dialect", DIALECT_NAMES}},
                              .bounds = GW_METRIC_LATENCIES},
    [METRIC_UPSTREAM_FAILURES] = {.name = "millrace_upstream_failures_total",
                                  .kind = GW_METRIC_COUNTER,
                                  .help = "tries at a provider that brought no whole answer",
                                  .labels = {{"kind", FAILURES}}},
    [METRIC_BYTES] = {.name = "millrace_answer_bytes_total",
                      .kind = GW_METRIC_COUNTER,
                      .help = "bytes of answers read from providers"},
    [METRIC_TOKENS] = {.name = "millrace_tokens_total",
                       .kind = GW_METRIC_COUNTER,
                       .help = "tokens that answers named",
                       .labels = {{"dialect", DIALECT_NAMES}, {"kind", TOKEN_KINDS}}},
    [METRIC_USAGE_LOST] = {.name = "millrace_usage_events_lost_total",
                           .kind = GW_METRIC_COUNTER,
                           .help = "usage events that found no room"},
    [METRIC_USAGE_UNCONFIRMED] = {.name = "millrace_usage_events_unconfirmed",
                                  .kind = GW_METRIC_GAUGE,
                                  .help = "usage events statsd has not confirmed yet"},
    [METRIC_USAGE_OLDEST] = {.name = "millrace_usage_oldest_seconds",
                             .kind = GW_METRIC_GAUGE,
                             .help = "age of the oldest of these, 0 if there is none"},
    [METRIC_USAGE_BYTES] = {.name = "millrace_usage_waiting_bytes",
                            .kind = GW_METRIC_GAUGE,
                            .help = "what these take"},
    [METRIC_SNAPSHOT_VERSION] = {.name = "millrace_snapshot_version",
                                 .kind = GW_METRIC_GAUGE,
                                 .help =
                                     "number of the configuration in use, 0 while there is none"},
    [METRIC_SNAPSHOT_AGE] = {.name = "millrace_snapshot_age_seconds",
                             .kind = GW_METRIC_GAUGE,
                             .help = "since the configuration in use was taken over"},
};

struct gw_metrics *metrics_new(void)
{
    return gw_metrics_new(TABLE, METRICS);
}

void metrics_count_end(struct gw_metrics *metrics, enum dialect dialect, enum gw_outcome outcome)
{
    gw_metric_count(
        metrics, METRIC_REQUESTS,
        gw_metric_series(metrics, METRIC_REQUESTS, dialect, outcome - GW_OUTCOME_SUCCESS));
}

void metrics_count_refusal(struct gw_metrics *metrics, int status)
{
    size_t i = 0;

    while (i < GW_COUNT(STATUSES) && STATUSES[i] != status) {
        i++;
    }
    gw_metric_count(metrics, METRIC_REFUSED, gw_metric_series(metrics, METRIC_REFUSED, i, 0));
}

void metrics_count_failure(struct gw_metrics *metrics, enum gw_http_failure failure)
{
    gw_metric_count(metrics, METRIC_UPSTREAM_FAILURES,
                    gw_metric_series(metrics, METRIC_UPSTREAM_FAILURES, failure, 0));
}

static void count_kind(struct gw_metrics *metrics, enum dialect dialect, enum metric_tokens kind,
                       uint64_t count)
{
    if (count > 0) {
        gw_metric_add(metrics, METRIC_TOKENS,
                      gw_metric_series(metrics, METRIC_TOKENS, dialect, kind), count);
    }
}

void metrics_count_tokens(struct gw_metrics *metrics, enum dialect dialect,
                          const struct gw_tokens *tokens)
{
    count_kind(metrics, dialect, METRIC_TOKENS_INPUT, tokens->input);
    count_kind(metrics, dialect, METRIC_TOKENS_OUTPUT, tokens->output);
    count_kind(metrics, dialect, METRIC_TOKENS_CACHE_READ, tokens->cache_read);
    count_kind(metrics, dialect, METRIC_TOKENS_CACHE_WRITE,
               tokens->cache_write_5m + tokens->cache_write_1h);
}
