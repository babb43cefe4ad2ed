/* SPDX-License-Identifier: MIT */
/*
 * OpenAI's Responses: a stream tells the same answer four times over, from the smallest piece
 * to the whole, and each event carries its number.
 */
#include <inttypes.h>

#include "tests/support/fake_provider/exchange.h"

#define CREATED 1767225600

struct telling {
    struct exchange *exchange;
    struct gw_buf *out;
    struct gw_text text;
    int number;
};

static void append_part(struct telling *telling, struct gw_text text)
{
    gw_buf_append_str(telling->out, "{\"type\":\"output_text\",\"annotations\":[],\"text\":\"");
    gw_buf_append(telling->out, text);
    gw_buf_append_str(telling->out, "\"}");
}

static void append_item(struct telling *telling, bool is_done)
{
    gw_buf_appendf(telling->out,
                   "{\"id\":\"msg_%s\",\"type\":\"message\",\"role\":\"assistant\","
                   "\"status\":\"%s\",\"content\":[",
                   telling->exchange->id, is_done ? "completed" : "in_progress");
    if (is_done) {
        append_part(telling, telling->text);
    }
    gw_buf_append_str(telling->out, "]}");
}

static void append_usage(struct telling *telling)
{
    const struct script *script = &telling->exchange->script;
    int64_t input = script->tokens_in + script->cache_read;

    gw_buf_appendf(
        telling->out,
        "{\"input_tokens\":%" PRId64 ",\"input_tokens_details\":{\"cached_tokens\":%" PRId64
        "},\"output_tokens\":%" PRId64
        ",\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":%" PRId64 "}",
        input, script->cache_read, script->tokens_out, input + script->tokens_out);
}

static void append_response(struct telling *telling, bool is_done)
{
    gw_buf_appendf(telling->out,
                   "{\"id\":\"resp_%s\",\"object\":\"response\",\"created_at\":%d,"
                   "\"status\":\"%s\",\"error\":null,\"incomplete_details\":null,"
                   "\"instructions\":null,\"metadata\":{},\"parallel_tool_calls\":true,"
                   "\"tool_choice\":\"auto\",\"tools\":[],\"model\":\"%.*s\",\"output\":[",
                   telling->exchange->id, CREATED, is_done ? "completed" : "in_progress",
                   GW_TEXT_ARG(telling->exchange->script.model));
    if (is_done) {
        append_item(telling, true);
    }
    gw_buf_append_str(telling->out, "],\"usage\":");
    if (is_done) {
        append_usage(telling);
    } else {
        gw_buf_append_str(telling->out, "null");
    }
    gw_buf_append_str(telling->out, "}");
}

static void begin(struct telling *telling, const char *type)
{
    gw_buf_appendf(telling->out, "event: %s\ndata: {\"type\":\"%s\",\"sequence_number\":%d", type,
                   type, telling->number++);
}

static void end(struct telling *telling)
{
    gw_buf_append_str(telling->out, "}\n\n");
    exchange_event(telling->exchange);
}

static void tell_response(struct telling *telling, const char *type, bool is_done)
{
    begin(telling, type);
    gw_buf_append_str(telling->out, ",\"response\":");
    append_response(telling, is_done);
    end(telling);
}

static void tell_item(struct telling *telling, const char *type, bool is_done)
{
    begin(telling, type);
    gw_buf_append_str(telling->out, ",\"output_index\":0,\"item\":");
    append_item(telling, is_done);
    end(telling);
}

/* An event about the item's only content, ending with `key` and the text. */
static void tell_content(struct telling *telling, const char *type, const char *key,
                         struct gw_text text)
{
    begin(telling, type);
    gw_buf_appendf(telling->out,
                   ",\"item_id\":\"msg_%s\",\"output_index\":0,\"content_index\":0,\"%s\":",
                   telling->exchange->id, key);
    if (gw_text_eq(gw_text_of(key), GW_TEXT("part"))) {
        append_part(telling, text);
    } else {
        gw_buf_append_str(telling->out, "\"");
        gw_buf_append(telling->out, text);
        gw_buf_append_str(telling->out, "\"");
    }
    end(telling);
}

void responses_answer(struct exchange *exchange)
{
    struct telling telling = {exchange, &exchange->events, gw_buf_text(&exchange->text), 0};
    int64_t chunks = exchange->script.chunks;

    if (!exchange->script.streams) {
        append_response(&telling, true);
        exchange_event(exchange);
        return;
    }
    exchange->content_type = "text/event-stream; charset=utf-8";
    tell_response(&telling, "response.created", false);
    tell_response(&telling, "response.in_progress", false);
    tell_item(&telling, "response.output_item.added", false);
    tell_content(&telling, "response.content_part.added", "part", GW_TEXT_NONE);
    for (int64_t i = 0; i < chunks; i++) {
        tell_content(&telling, "response.output_text.delta", "delta",
                     script_piece(telling.text, i, chunks));
    }
    tell_content(&telling, "response.output_text.done", "text", telling.text);
    tell_content(&telling, "response.content_part.done", "part", telling.text);
    tell_item(&telling, "response.output_item.done", true);
    tell_response(&telling, "response.completed", true);
}
