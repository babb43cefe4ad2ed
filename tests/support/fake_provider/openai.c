/* SPDX-License-Identifier: MIT */
#include <inttypes.h>

#include "tests/support/fake_provider/exchange.h"

#define CREATED 1767225600 /* the same in every answer */

static void append_usage(struct exchange *exchange)
{
    const struct script *script = &exchange->script;
    int64_t prompt = script->tokens_in + script->cache_read;

    gw_buf_appendf(&exchange->events,
                   "{\"prompt_tokens\":%" PRId64 ",\"completion_tokens\":%" PRId64
                   ",\"total_tokens\":%" PRId64
                   ",\"prompt_tokens_details\":{\"cached_tokens\":%" PRId64
                   ",\"audio_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":0}}",
                   prompt, script->tokens_out, prompt + script->tokens_out, script->cache_read);
}

/* ---- Chat ------------------------------------------------------------------------------- */

static void begin_chunk(struct exchange *exchange)
{
    gw_buf_appendf(&exchange->events,
                   "data: {\"id\":\"chatcmpl-%s\",\"object\":\"chat.completion.chunk\","
                   "\"created\":%d,\"model\":\"%.*s\",\"system_fingerprint\":\"fp_scripted\"",
                   exchange->id, CREATED, GW_TEXT_ARG(exchange->script.model));
}

static void chunk(struct exchange *exchange, const char *before, struct gw_text piece,
                  const char *after)
{
    begin_chunk(exchange);
    gw_buf_append_str(&exchange->events, ",\"choices\":[{\"index\":0,\"delta\":{");
    gw_buf_append_str(&exchange->events, before);
    gw_buf_append(&exchange->events, piece);
    gw_buf_append_str(&exchange->events, after);
    if (exchange->script.includes_usage) {
        gw_buf_append_str(&exchange->events, ",\"usage\":null");
    }
    gw_buf_append_str(&exchange->events, "}\n\n");
    exchange_event(exchange);
}

static void chat_stream(struct exchange *exchange)
{
    const struct script *script = &exchange->script;
    struct gw_text text = gw_buf_text(&exchange->text);

    exchange->content_type = "text/event-stream; charset=utf-8";
    chunk(exchange, "\"role\":\"assistant\",\"content\":\"", GW_TEXT_NONE,
          "\"},\"logprobs\":null,\"finish_reason\":null}]");
    for (int64_t i = 0; i < script->chunks; i++) {
        chunk(exchange, "\"content\":\"", script_piece(text, i, script->chunks),
              "\"},\"logprobs\":null,\"finish_reason\":null}]");
    }
    chunk(exchange, "", GW_TEXT_NONE, "},\"logprobs\":null,\"finish_reason\":\"stop\"}]");
    if (script->includes_usage) {
        begin_chunk(exchange);
        gw_buf_append_str(&exchange->events, ",\"choices\":[],\"usage\":");
        append_usage(exchange);
        gw_buf_append_str(&exchange->events, "}\n\n");
        exchange_event(exchange);
    }
    gw_buf_append_str(&exchange->events, "data: [DONE]\n\n");
    exchange_event(exchange);
}

void chat_answer(struct exchange *exchange)
{
    struct gw_buf *out = &exchange->events;

    if (exchange->script.streams) {
        chat_stream(exchange);
        return;
    }
    gw_buf_appendf(out,
                   "{\"id\":\"chatcmpl-%s\",\"object\":\"chat.completion\",\"created\":%d,"
                   "\"model\":\"%.*s\",\"choices\":[{\"index\":0,\"message\":{"
                   "\"role\":\"assistant\",\"content\":\"",
                   exchange->id, CREATED, GW_TEXT_ARG(exchange->script.model));
    gw_buf_append(out, gw_buf_text(&exchange->text));
    gw_buf_append_str(out, "\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],"
                           "\"usage\":");
    append_usage(exchange);
    gw_buf_append_str(out, ",\"system_fingerprint\":\"fp_scripted\"}");
    exchange_event(exchange);
}

/* ---- The rest --------------------------------------------------------------------------- */

void embeddings_answer(struct exchange *exchange)
{
    const struct script *script = &exchange->script;

    gw_buf_appendf(&exchange->events,
                   "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,"
                   "\"embedding\":%s}],\"model\":\"%.*s\",\"usage\":{\"prompt_tokens\":%" PRId64
                   ",\"total_tokens\":%" PRId64 "}}",
                   script->wants_base64 ? "\"AACAPgAAAD8AAEA/AACAPw==\"" : "[0.25,0.5,0.75,1.0]",
                   GW_TEXT_ARG(script->model), script->tokens_in, script->tokens_in);
    exchange_event(exchange);
}

void openai_error(struct exchange *exchange)
{
    int64_t status = exchange->script.status;
    const char *type = status == 429   ? "rate_limit_error"
                       : status == 401 ? "authentication_error"
                       : status >= 500 ? "server_error"
                                       : "invalid_request_error";

    gw_buf_appendf(&exchange->events,
                   "{\"error\":{\"message\":\"Scripted %" PRId64
                   "\",\"type\":\"%s\",\"param\":null,\"code\":%s}}",
                   status, type, status == 429 ? "\"rate_limit_exceeded\"" : "null");
    exchange_event(exchange);
}
