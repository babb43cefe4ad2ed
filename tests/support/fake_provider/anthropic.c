/* SPDX-License-Identifier: MIT */
#include <inttypes.h>

#include "tests/support/fake_provider/exchange.h"

static void append_usage(struct exchange *exchange, int64_t tokens_out)
{
    const struct script *script = &exchange->script;

    gw_buf_appendf(&exchange->events,
                   "{\"input_tokens\":%" PRId64 ",\"cache_creation_input_tokens\":%" PRId64
                   ",\"cache_read_input_tokens\":%" PRId64
                   ",\"cache_creation\":{\"ephemeral_5m_input_tokens\":%" PRId64
                   ",\"ephemeral_1h_input_tokens\":%" PRId64 "},\"output_tokens\":%" PRId64
                   ",\"service_tier\":\"standard\"}",
                   script->tokens_in, script->cache_5m + script->cache_1h, script->cache_read,
                   script->cache_5m, script->cache_1h, tokens_out);
}

static void append_message(struct exchange *exchange)
{
    gw_buf_appendf(&exchange->events,
                   "\"id\":\"msg_%s\",\"type\":\"message\",\"role\":\"assistant\","
                   "\"model\":\"%.*s\"",
                   exchange->id, GW_TEXT_ARG(exchange->script.model));
}

static void start_of_stream(struct exchange *exchange)
{
    struct gw_buf *out = &exchange->events;

    gw_buf_append_str(out, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{");
    append_message(exchange);
    gw_buf_append_str(out,
                      ",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":");
    append_usage(exchange, 1);
    gw_buf_append_str(out, "}}\n\n");
    exchange_event(exchange);
    gw_buf_append_str(out, "event: content_block_start\ndata: {\"type\":\"content_block_start\","
                           "\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n");
    exchange_event(exchange);
    gw_buf_append_str(out, "event: ping\ndata: {\"type\":\"ping\"}\n\n");
    exchange_event(exchange);
}

static void end_of_stream(struct exchange *exchange)
{
    struct gw_buf *out = &exchange->events;

    gw_buf_append_str(out, "event: content_block_stop\n"
                           "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n");
    exchange_event(exchange);
    gw_buf_appendf(out,
                   "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{"
                   "\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{"
                   "\"output_tokens\":%" PRId64 "}}\n\n",
                   exchange->script.tokens_out);
    exchange_event(exchange);
    gw_buf_append_str(out, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
    exchange_event(exchange);
}

static void stream(struct exchange *exchange)
{
    const struct script *script = &exchange->script;

    exchange->content_type = "text/event-stream; charset=utf-8";
    start_of_stream(exchange);
    for (int64_t i = 0; i < script->chunks; i++) {
        struct gw_text piece = script_piece(gw_buf_text(&exchange->text), i, script->chunks);

        gw_buf_append_str(&exchange->events,
                          "event: content_block_delta\ndata: {\"type\":\"content_block_delta\","
                          "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"");
        gw_buf_append(&exchange->events, piece);
        gw_buf_append_str(&exchange->events, "\"}}\n\n");
        exchange_event(exchange);
    }
    end_of_stream(exchange);
}

static void whole(struct exchange *exchange)
{
    struct gw_buf *out = &exchange->events;

    gw_buf_append_str(out, "{");
    append_message(exchange);
    gw_buf_append_str(out, ",\"content\":[{\"type\":\"text\",\"text\":\"");
    gw_buf_append(out, gw_buf_text(&exchange->text));
    gw_buf_append_str(out, "\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":");
    append_usage(exchange, exchange->script.tokens_out);
    gw_buf_append_str(out, "}");
    exchange_event(exchange);
}

void anthropic_answer(struct exchange *exchange)
{
    struct gw_text target = gw_http_request_target(exchange->request);

    if (gw_text_starts_with(target, GW_TEXT("/v1/messages/count_tokens"))) {
        gw_buf_appendf(&exchange->events, "{\"input_tokens\":%" PRId64 "}",
                       exchange->script.tokens_in);
        exchange_event(exchange);
    } else if (exchange->script.streams) {
        stream(exchange);
    } else {
        whole(exchange);
    }
}

static const char *error_type(int64_t status)
{
    switch (status) {
    case 400:
        return "invalid_request_error";
    case 401:
        return "authentication_error";
    case 403:
        return "permission_error";
    case 404:
        return "not_found_error";
    case 413:
        return "request_too_large";
    case 429:
        return "rate_limit_error";
    case 529:
        return "overloaded_error";
    default:
        return "api_error";
    }
}

void anthropic_error(struct exchange *exchange)
{
    gw_buf_appendf(&exchange->events,
                   "{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":\"Scripted %" PRId64
                   "\"},\"request_id\":\"%s\"}",
                   error_type(exchange->script.status), exchange->script.status, exchange->id);
    exchange_event(exchange);
}
