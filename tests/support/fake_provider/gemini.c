/* SPDX-License-Identifier: MIT */
#include <inttypes.h>

#include "tests/support/fake_provider/exchange.h"

/* "/v1beta/models/M:action?..." */
static void split(struct gw_text target, struct gw_text *ret_model, struct gw_text *ret_action)
{
    size_t at = gw_text_find_text(target, GW_TEXT("/models/"));

    target.len = gw_text_find(target, '?');
    target = gw_text_skip(target, at + 8 > target.len ? target.len : at + 8);
    if (!gw_text_cut(target, ':', ret_model, ret_action)) {
        *ret_model = target;
        *ret_action = GW_TEXT("");
    }
}

static void append_answer(struct exchange *exchange, struct gw_text piece, const char *ending)
{
    const struct script *script = &exchange->script;
    int64_t prompt = script->tokens_in + script->cache_read;

    gw_buf_append_str(&exchange->events, "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"");
    gw_buf_append(&exchange->events, piece);
    gw_buf_appendf(&exchange->events,
                   "\"}],\"role\":\"model\"},%s\"index\":0}],\"usageMetadata\":{"
                   "\"promptTokenCount\":%" PRId64 ",\"candidatesTokenCount\":%" PRId64
                   ",\"totalTokenCount\":%" PRId64 ",\"cachedContentTokenCount\":%" PRId64
                   "},\"modelVersion\":\"%.*s\",\"responseId\":\"%s\"}",
                   ending, prompt, script->tokens_out, prompt + script->tokens_out,
                   script->cache_read, GW_TEXT_ARG(script->model), exchange->id);
}

/* Events, or without alt=sse the elements of one array. */
static void stream(struct exchange *exchange, bool as_events)
{
    int64_t chunks = exchange->script.chunks;

    exchange->content_type = as_events ? "text/event-stream" : "application/json; charset=UTF-8";
    for (int64_t i = 0; i < chunks; i++) {
        bool is_last = i == chunks - 1;

        gw_buf_append_str(&exchange->events, as_events ? "data: " : i == 0 ? "[" : ",\r\n");
        append_answer(exchange, script_piece(gw_buf_text(&exchange->text), i, chunks),
                      is_last ? "\"finishReason\":\"STOP\"," : "");
        gw_buf_append_str(&exchange->events, as_events ? "\r\n\r\n" : is_last ? "\n]\n" : "\n");
        exchange_event(exchange);
    }
}

void gemini_answer(struct exchange *exchange)
{
    struct gw_text target = gw_http_request_target(exchange->request), action;

    split(target, &exchange->script.model, &action);
    if (gw_text_eq(action, GW_TEXT("streamGenerateContent"))) {
        exchange->script.streams = true;
        stream(exchange, gw_text_find_text(target, GW_TEXT("alt=sse")) < target.len);
        return;
    }
    exchange->script.streams = false;
    if (gw_text_eq(action, GW_TEXT("countTokens"))) {
        gw_buf_appendf(&exchange->events, "{\"totalTokens\":%" PRId64 "}",
                       exchange->script.tokens_in);
    } else if (gw_text_eq(action, GW_TEXT("generateContent"))) {
        append_answer(exchange, gw_buf_text(&exchange->text), "\"finishReason\":\"STOP\",");
    } else {
        exchange->script.status = 404;
        gemini_error(exchange);
        return;
    }
    exchange_event(exchange);
}

static const char *word_of(int64_t status)
{
    switch (status) {
    case 400:
        return "INVALID_ARGUMENT";
    case 401:
        return "UNAUTHENTICATED";
    case 403:
        return "PERMISSION_DENIED";
    case 404:
        return "NOT_FOUND";
    case 429:
        return "RESOURCE_EXHAUSTED";
    case 503:
        return "UNAVAILABLE";
    default:
        return "INTERNAL";
    }
}

void gemini_error(struct exchange *exchange)
{
    gw_buf_appendf(
        &exchange->events,
        "{\"error\":{\"code\":%" PRId64 ",\"message\":\"Scripted %" PRId64 "\",\"status\":\"%s\"}}",
        exchange->script.status, exchange->script.status, word_of(exchange->script.status));
    exchange_event(exchange);
}
