/* SPDX-License-Identifier: MIT */
/*
 * An event is packed on the thread that serves requests, twice for each of them, and with the
 * general encoder that was a fifth of all the work a request is. So these two messages are
 * written by hand, in the order of their fields, into one block on the stack whose size the
 * ceilings of their texts give; nothing is allocated here. What is written is what the general
 * encoder writes: fields that are zero or empty are left out.
 *
 * A key is (field number << 3 | wire type). A message inside another is written with one byte of
 * room for its length and moved up by one where that turns out too little.
 */
#include "lib/units/money.h"
#include "lib/wire/border.h"
#include "lib/wire/usage.h"

#define FIELD_MAX    12 /* of a number: two bytes of key, ten of varint */
#define TEXT_MAX(of) ((of) + 5)
#define ATTEMPT_MAX                                                                                \
    (4 + 4 * FIELD_MAX + TEXT_MAX(GW_USAGE_REASON_MAX) + TEXT_MAX(GW_USAGE_ERROR_MAX))
#define TOKENS_MAX (4 + 7 * FIELD_MAX)
#define ENDED_MAX                                                                                  \
    (TEXT_MAX(GW_REQUEST_ID_SIZE) + 10 * FIELD_MAX + 3 * TEXT_MAX(GW_USAGE_MODEL_MAX) +            \
     TEXT_MAX(GW_USAGE_ENDPOINT_MAX) + TEXT_MAX(GW_USAGE_DIALECT_MAX) +                            \
     TEXT_MAX(GW_USAGE_CLIENT_IP_MAX) + TEXT_MAX(GW_USAGE_USER_AGENT_MAX) +                        \
     TEXT_MAX(GW_USAGE_ERROR_MAX) + TEXT_MAX(GW_USAGE_MULTIPLIER_MAX) + TOKENS_MAX +               \
     GW_ATTEMPTS_MAX * ATTEMPT_MAX)
#define HEAD_MAX 8 /* the event around it: a key and a length */

enum { VARINT = 0, BYTES = 2 };

struct block {
    char room[HEAD_MAX + ENDED_MAX];
    char *at; /* where the next byte goes */
};

/* ---- Fields ----------------------------------------------------------------------------- */

static inline void put_varint(char **at, uint64_t value)
{
    while (value >= 0x80) {
        *(*at)++ = (char)(value | 0x80);
        value >>= 7;
    }
    *(*at)++ = (char)value;
}

static inline void put_number(struct block *block, unsigned field, uint64_t value)
{
    if (value != 0) {
        put_varint(&block->at, field << 3 | VARINT);
        put_varint(&block->at, value);
    }
}

/* Negative numbers take ten bytes, as the encoding has it. */
static inline void put_signed(struct block *block, unsigned field, int64_t value)
{
    put_number(block, field, (uint64_t)value);
}

static void put_id(struct block *block, unsigned field, const uint8_t id[GW_REQUEST_ID_SIZE])
{
    put_varint(&block->at, field << 3 | BYTES);
    put_varint(&block->at, GW_REQUEST_ID_SIZE);
    memcpy(block->at, id, GW_REQUEST_ID_SIZE);
    block->at += GW_REQUEST_ID_SIZE;
}

/* Cleaned where it will stand, behind a length of one byte; moved if that needs two. */
static void put_text(struct block *block, unsigned field, struct gw_text text, size_t max)
{
    char *start;
    size_t len;

    if (text.len == 0) {
        return;
    }
    put_varint(&block->at, field << 3 | BYTES);
    start = block->at + 1;
    len = gw_border_clean(text, max, start);
    if (len >= 0x80) {
        memmove(start + 1, start, len);
    }
    put_varint(&block->at, len);
    block->at += len;
}

static char *open_message(struct block *block, unsigned field)
{
    put_varint(&block->at, field << 3 | BYTES);
    return block->at++;
}

static void close_message(struct block *block, char *length_at)
{
    size_t len = (size_t)(block->at - length_at - 1);

    if (len >= 0x80) {
        memmove(length_at + 2, length_at + 1, len);
    }
    block->at = length_at;
    put_varint(&block->at, len);
    block->at += len;
}

/* The event around what stands in the block; its key and length go in front of it. */
static enum gw_err finish(struct block *block, unsigned field, struct gw_buf *out)
{
    char *start = block->room + HEAD_MAX, *end = block->at, head[HEAD_MAX], *at = head;
    size_t head_len;

    put_varint(&at, field << 3 | BYTES);
    put_varint(&at, (uint64_t)(end - start));
    head_len = (size_t)(at - head);
    memcpy(start - head_len, head, head_len);
    return gw_buf_append(out, (struct gw_text){start - head_len, (size_t)(end - start) + head_len});
}

/* ---- Events ----------------------------------------------------------------------------- */

static bool is_id(uint64_t id)
{
    return id <= GW_BORDER_ID_MAX;
}

static enum gw_err pack_begun(const struct gw_usage_begun *begun, struct gw_buf *out)
{
    struct block block;

    if (begun->at_us <= 0 || begun->at_us > GW_USAGE_WALL_MAX_US || !is_id(begun->user_id) ||
        !is_id(begun->key_id) || begun->provider_id == 0 || !is_id(begun->provider_id)) {
        return GW_E_INVALID;
    }
    block.at = block.room + HEAD_MAX;
    put_id(&block, 1, begun->request_id);
    put_signed(&block, 2, begun->at_us);
    put_number(&block, 3, begun->user_id);
    put_number(&block, 4, begun->key_id);
    put_number(&block, 5, begun->provider_id);
    put_text(&block, 6, begun->model, GW_USAGE_MODEL_MAX);
    put_text(&block, 7, begun->endpoint, GW_USAGE_ENDPOINT_MAX);
    return finish(&block, 1, out);
}

static uint64_t figure(uint64_t value, uint32_t bit, uint32_t *known)
{
    if (value <= GW_USAGE_TOKENS_MAX) {
        return value;
    }
    *known &= ~bit;
    return 0;
}

static void put_tokens(struct block *block, const struct gw_tokens *tokens)
{
    char *length_at = open_message(block, 17);
    uint32_t known = tokens->known;

    put_number(block, 1, figure(tokens->input, GW_TOKENS_INPUT, &known));
    put_number(block, 2, figure(tokens->output, GW_TOKENS_OUTPUT, &known));
    put_number(block, 3, figure(tokens->cache_read, GW_TOKENS_CACHE_READ, &known));
    put_number(block, 4, figure(tokens->cache_write_5m, GW_TOKENS_CACHE_WRITE_5M, &known));
    put_number(block, 5, figure(tokens->cache_write_1h, GW_TOKENS_CACHE_WRITE_1H, &known));
    put_number(block, 6, figure(tokens->reasoning, GW_TOKENS_REASONING, &known));
    put_number(block, 7, known);
    close_message(block, length_at);
}

/* Nothing that is packed here may be refused by who unpacks it: see usage_read.c. */
static int64_t within(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

static void put_attempt(struct block *block, const struct gw_usage_attempt *attempt)
{
    char *length_at = open_message(block, 22);
    int64_t started_us = within(attempt->started_us, 0, GW_USAGE_SPAN_MAX_US);

    put_number(block, 1, is_id(attempt->provider_id) ? attempt->provider_id : 0);
    put_signed(block, 2, started_us);
    put_signed(block, 3, within(attempt->ended_us, started_us, GW_USAGE_SPAN_MAX_US));
    put_number(block, 4, attempt->status <= 999 ? attempt->status : 0);
    put_text(block, 5, attempt->reason, GW_USAGE_REASON_MAX);
    put_text(block, 6, attempt->error, GW_USAGE_ERROR_MAX);
    close_message(block, length_at);
}

static bool is_multiplier(struct gw_text text)
{
    struct gw_factor factor;

    return text.len == 0 || (text.len <= GW_USAGE_MULTIPLIER_MAX &&
                             gw_factor_parse(text, &factor) == GW_OK && factor.billionths >= 0);
}

static bool may_have_ended(const struct gw_usage_ended *ended)
{
    return ended->started_us > 0 && ended->started_us <= GW_USAGE_WALL_MAX_US &&
           is_multiplier(ended->cost_multiplier) && is_id(ended->user_id) && is_id(ended->key_id) &&
           is_id(ended->provider_id) && ended->status <= 999 &&
           ended->outcome >= GW_OUTCOME_SUCCESS && ended->outcome <= GW_OUTCOME_VANISHED;
}

static void put_ended(struct block *block, const struct gw_usage_ended *ended)
{
    put_id(block, 1, ended->request_id);
    put_signed(block, 2, ended->started_us);
    put_signed(block, 3, within(ended->ended_us, ended->started_us, GW_USAGE_WALL_MAX_US));
    put_number(block, 4, (uint64_t)ended->outcome);
    put_number(block, 5, ended->status);
    put_number(block, 6, ended->user_id);
    put_number(block, 7, ended->key_id);
    put_number(block, 8, ended->provider_id);
    put_text(block, 9, ended->endpoint, GW_USAGE_ENDPOINT_MAX);
    put_text(block, 10, ended->dialect, GW_USAGE_DIALECT_MAX);
    put_text(block, 11, ended->model, GW_USAGE_MODEL_MAX);
    put_text(block, 12, ended->original_model, GW_USAGE_MODEL_MAX);
    put_text(block, 13, ended->response_model, GW_USAGE_MODEL_MAX);
    put_number(block, 14, ended->streamed);
    put_signed(block, 15, within(ended->first_byte_us, -1, GW_USAGE_SPAN_MAX_US));
    put_signed(block, 16, within(ended->first_content_us, -1, GW_USAGE_SPAN_MAX_US));
    put_tokens(block, &ended->tokens);
    put_text(block, 18, ended->client_ip, GW_USAGE_CLIENT_IP_MAX);
    put_text(block, 19, ended->user_agent, GW_USAGE_USER_AGENT_MAX);
    put_text(block, 20, ended->error, GW_USAGE_ERROR_MAX);
    put_text(block, 21, ended->cost_multiplier, GW_USAGE_MULTIPLIER_MAX);
}

static enum gw_err pack_ended(const struct gw_usage_ended *ended, struct gw_buf *out)
{
    struct block block;

    if (!may_have_ended(ended)) {
        return GW_E_INVALID;
    }
    block.at = block.room + HEAD_MAX;
    put_ended(&block, ended);
    for (size_t i = 0; i < ended->attempt_count && i < GW_ATTEMPTS_MAX; i++) {
        put_attempt(&block, &ended->attempts[i]);
    }
    return finish(&block, 2, out);
}

enum gw_err gw_usage_event_pack(const struct gw_usage_event *event, struct gw_buf *out)
{
    return event->is_end ? pack_ended(&event->ended, out) : pack_begun(&event->begun, out);
}
