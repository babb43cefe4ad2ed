/* SPDX-License-Identifier: MIT */
/*
 * Who was not let in leaves a line in the log and a count, but no usage event: otherwise anybody
 * could fill the ledger.
 */
#include "dataplane/record.h"

#include "lib/report/log.h"

#define STATUS_LEFT   499
#define STATUS_BROKEN 502

static struct gw_text text_or_none(const char *text)
{
    return text == NULL ? GW_TEXT_NONE : gw_text_of(text);
}

static enum gw_err put(struct exchange *exchange, const struct gw_usage_event *event)
{
    const struct plane *plane = exchange->worker->plane;
    enum gw_err err = plane->meter == NULL ? GW_OK : meter_put(plane->meter, event);

    if (err != GW_OK) {
        gw_metric_count(plane->metrics, METRIC_USAGE_LOST, 0);
        gw_log_limited(GW_LOG_ERROR, "usage_lost", GW_LOG_STR("request", exchange->id.text),
                       GW_LOG_ERR(err));
    }
    return err;
}

enum gw_err record_begun(struct exchange *exchange)
{
    struct gw_usage_event event = {
        .is_end = false,
        .begun = {.at_us = exchange->started_wall_us,
                  .user_id = exchange->caller.user->id,
                  .key_id = exchange->caller.key->id,
                  .provider_id = exchange->provider->row->id,
                  .model = exchange->ask.model,
                  .endpoint = exchange->ask.path},
    };

    memcpy(event.begun.request_id, exchange->id.bytes, sizeof(exchange->id.bytes));
    return put(exchange, &event);
}

/* ---- How it ended ----------------------------------------------------------------------- */

static enum gw_outcome outcome_of(const struct exchange *exchange, enum flow_end end)
{
    const struct reader *reader = &exchange->reader;
    struct gw_tokens tokens = figures_tokens(&reader->figures, exchange->provider->row->type);

    switch (end) {
    case FLOW_BROKEN:
        return GW_OUTCOME_PROVIDER_FAILED;
    case FLOW_LEFT:
        /* A client may close as soon as it has read the last event (spec 02 §14.1). */
        if (!reader->is_complete || tokens.output == 0) {
            return GW_OUTCOME_CLIENT_LEFT;
        }
        break;
    case FLOW_COMPLETE:
        break;
    }
    return exchange->status >= 400 || reader->has_error ? GW_OUTCOME_PROVIDER_ERROR
                                                        : GW_OUTCOME_SUCCESS;
}

static const char *error_of(const struct exchange *exchange, enum gw_outcome outcome)
{
    switch (outcome) {
    case GW_OUTCOME_PROVIDER_FAILED:
        return gw_http_failure_name(exchange->failure);
    case GW_OUTCOME_PROVIDER_ERROR:
        return exchange->status >= 400 ? "error_status" : "error_in_answer";
    case GW_OUTCOME_CLIENT_LEFT:
        return "client_left";
    case GW_OUTCOME_SUCCESS:
    case GW_OUTCOME_REFUSED:
    case GW_OUTCOME_VANISHED:
        return NULL;
    }
    return NULL;
}

struct record_end record_judge(const struct exchange *exchange, enum flow_end end)
{
    enum gw_outcome outcome = outcome_of(exchange, end);

    return (struct record_end){outcome, error_of(exchange, outcome)};
}

int record_status(const struct exchange *exchange, enum gw_outcome outcome)
{
    switch (outcome) {
    case GW_OUTCOME_CLIENT_LEFT:
        return STATUS_LEFT;
    case GW_OUTCOME_PROVIDER_FAILED:
        return exchange->status < 400 ? STATUS_BROKEN : exchange->status;
    case GW_OUTCOME_SUCCESS:
    case GW_OUTCOME_REFUSED:
    case GW_OUTCOME_PROVIDER_ERROR:
    case GW_OUTCOME_VANISHED:
        break;
    }
    return exchange->status;
}

/* ---- The end ---------------------------------------------------------------------------- */

struct times {
    int64_t duration_us;
    int64_t first_byte_us, first_content_us; /* -1: never */
};

static int64_t since(const struct exchange *exchange, int64_t at_us)
{
    return at_us == 0 ? -1 : at_us - exchange->started_us;
}

static struct times times_of(const struct exchange *exchange)
{
    bool has_answer = exchange->state == EXCHANGE_STREAM || exchange->state == EXCHANGE_LEFT;
    struct times times = {.duration_us = gw_loop_now_us(exchange->worker->loop) -
                                         exchange->started_us,
                          .first_byte_us = -1,
                          .first_content_us = -1};

    if (has_answer) {
        times.first_byte_us = since(exchange, exchange->flow.first_byte_at_us);
        times.first_content_us = since(exchange, exchange->flow.first_content_at_us);
    }
    if (has_answer && exchange->reader.shape != READER_EVENTS && times.first_byte_us >= 0) {
        times.first_content_us = times.duration_us; /* whole or not at all (spec 02 §14.3) */
    }
    return times;
}

static size_t list_attempts(const struct exchange *exchange,
                            struct gw_usage_attempt list[PLAN_CHOICES_MAX])
{
    for (size_t i = 0; i < exchange->try_count; i++) {
        const struct exchange_try *one = &exchange->tries[i];

        list[i] = (struct gw_usage_attempt){.provider_id = one->provider_id,
                                            .started_us = one->started_us,
                                            .ended_us = one->ended_us,
                                            .status = (uint32_t)one->status,
                                            .reason = text_or_none(one->reason),
                                            .error = text_or_none(one->error)};
    }
    return exchange->try_count;
}

static void put_ended(struct exchange *exchange, const struct record_end *end,
                      const struct gw_tokens *tokens, const struct times *times)
{
    const struct snapshot_provider *provider = exchange->provider;
    bool has_answer = exchange->state == EXCHANGE_STREAM || exchange->state == EXCHANGE_LEFT;
    struct gw_usage_attempt attempts[PLAN_CHOICES_MAX];
    struct gw_usage_event event = {
        .is_end = true,
        .ended = {.started_us = exchange->started_wall_us,
                  .ended_us = exchange->started_wall_us + times->duration_us,
                  .outcome = end->outcome,
                  .status = (uint32_t)exchange->status,
                  .user_id = exchange->caller.user->id,
                  .key_id = exchange->caller.key->id,
                  .provider_id = provider == NULL ? 0 : provider->row->id,
                  .endpoint = exchange->ask.path,
                  .dialect = gw_text_of(dialect_rules(exchange->ask.dialect)->name),
                  .model = exchange->ask.model,
                  .original_model = exchange->ask.model,
                  .response_model = has_answer ? reader_model(&exchange->reader) : GW_TEXT_NONE,
                  .streamed = has_answer ? exchange->reader.shape == READER_EVENTS
                                         : exchange->ask.wants_stream,
                  .first_byte_us = times->first_byte_us,
                  .first_content_us = times->first_content_us,
                  .tokens = *tokens,
                  .client_ip = gw_text_of(exchange->client_ip),
                  .user_agent = exchange->ask.user_agent,
                  .error = text_or_none(end->error),
                  .cost_multiplier = provider == NULL ? GW_TEXT_NONE
                                                      : provider->row->cost_multiplier,
                  .attempts = attempts,
                  .attempt_count = list_attempts(exchange, attempts)},
    };

    memcpy(event.ended.request_id, exchange->id.bytes, sizeof(exchange->id.bytes));
    (void)put(exchange, &event);
}

static void count(struct exchange *exchange, const struct record_end *end,
                  const struct gw_tokens *tokens, const struct times *times)
{
    struct gw_metrics *metrics = exchange->worker->plane->metrics;
    enum dialect dialect = exchange->ask.dialect;

    metrics_count_end(metrics, dialect, end->outcome);
    metrics_count_tokens(metrics, dialect, tokens);
    gw_metric_observe(metrics, METRIC_DURATION,
                      gw_metric_series(metrics, METRIC_DURATION, dialect, 0), times->duration_us);
    if (times->first_content_us >= 0 && exchange->reader.shape == READER_EVENTS) {
        gw_metric_observe(metrics, METRIC_FIRST_CONTENT,
                          gw_metric_series(metrics, METRIC_FIRST_CONTENT, dialect, 0),
                          times->first_content_us);
    }
}

static bool is_logged(const struct exchange *exchange, const struct record_end *end)
{
    switch (exchange->worker->plane->access_log) {
    case CONF_ACCESS_ALL:
        return true;
    case CONF_ACCESS_FAILED:
        return end->outcome != GW_OUTCOME_SUCCESS;
    case CONF_ACCESS_NONE:
        return false;
    }
    return true;
}

#define OR_NOTHING(is_there, field) ((is_there) ? (field) : GW_LOG_NOTHING)

/* The path without its query, where a key may stand; of headers nothing but the agent's name. */
static void write_line(const struct exchange *exchange, const struct record_end *end,
                       const struct gw_tokens *tokens, const struct times *times)
{
    const struct caller *caller = &exchange->caller;
    const struct snapshot_provider *provider = exchange->provider;

    gw_log(
        GW_LOG_INFO, "request", GW_LOG_STR("request", exchange->id.text),
        OR_NOTHING(exchange->id.of_client.len > 0,
                   GW_LOG_TEXT("client_id", exchange->id.of_client)),
        GW_LOG_TEXT("method", exchange->ask.request.method),
        GW_LOG_TEXT("path", exchange->ask.path),
        GW_LOG_STR("outcome", gw_outcome_name(end->outcome)),
        GW_LOG_INT("status", exchange->status),
        OR_NOTHING(end->error != NULL, GW_LOG_STR("error", end->error)),
        OR_NOTHING(caller->key != NULL, GW_LOG_UINT("key", caller->key->id)),
        OR_NOTHING(caller->key != NULL, GW_LOG_UINT("user", caller->user->id)),
        OR_NOTHING(provider != NULL, GW_LOG_UINT("provider", provider->row->id)),
        OR_NOTHING(exchange->ask.model.len > 0, GW_LOG_TEXT("model", exchange->ask.model)),
        GW_LOG_INT("duration_us", times->duration_us),
        OR_NOTHING(times->first_byte_us >= 0, GW_LOG_INT("first_byte_us", times->first_byte_us)),
        OR_NOTHING(times->first_content_us >= 0,
                   GW_LOG_INT("first_content_us", times->first_content_us)),
        OR_NOTHING(tokens->known != 0, GW_LOG_UINT("input_tokens", tokens->input)),
        OR_NOTHING(tokens->known != 0, GW_LOG_UINT("output_tokens", tokens->output)),
        OR_NOTHING(tokens->known != 0, GW_LOG_UINT("cache_read_tokens", tokens->cache_read)),
        OR_NOTHING(exchange->try_count > 1, GW_LOG_UINT("tries", exchange->try_count)),
        OR_NOTHING(exchange->client_ip[0] != '\0', GW_LOG_STR("client_ip", exchange->client_ip)));
}

void record_ended(struct exchange *exchange, const struct record_end *end)
{
    bool has_answer = exchange->state == EXCHANGE_STREAM || exchange->state == EXCHANGE_LEFT;
    struct gw_tokens tokens = {0};
    struct times times = times_of(exchange);

    if (has_answer) {
        tokens = figures_tokens(&exchange->reader.figures, exchange->provider->row->type);
        gw_metric_add(exchange->worker->plane->metrics, METRIC_BYTES, 0, exchange->flow.taken);
    }
    if (exchange->is_admitted) {
        put_ended(exchange, end, &tokens, &times);
        count(exchange, end, &tokens, &times);
    }
    if (is_logged(exchange, end)) {
        write_line(exchange, end, &tokens, &times);
    }
}
