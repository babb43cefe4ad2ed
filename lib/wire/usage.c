/* SPDX-License-Identifier: MIT */
/*
 * Packing. An event is packed on the thread that serves requests, so nothing is allocated here:
 * its texts are cleaned into one block on the stack, whose size their ceilings give. Unpacking
 * is in usage_read.c.
 */
#include "lib/wire/usage.h"

#include "lib/base/check.h"
#include "lib/units/money.h"
#include "lib/wire/border.h"
#include "usage.pb-c.h"

#define ATTEMPT_TEXTS (GW_USAGE_REASON_MAX + GW_USAGE_ERROR_MAX + 2)
#define ENDED_TEXTS                                                                                \
    (3 * (GW_USAGE_MODEL_MAX + 1) + GW_USAGE_ENDPOINT_MAX + 1 + GW_USAGE_DIALECT_MAX + 1 +         \
     GW_USAGE_CLIENT_IP_MAX + 1 + GW_USAGE_USER_AGENT_MAX + 1 + GW_USAGE_ERROR_MAX + 1 +           \
     GW_USAGE_MULTIPLIER_MAX + 1)

static const char *const OUTCOME_NAMES[] = {
    [GW_OUTCOME_SUCCESS] = "success",
    [GW_OUTCOME_REFUSED] = "refused",
    [GW_OUTCOME_PROVIDER_ERROR] = "provider_error",
    [GW_OUTCOME_PROVIDER_FAILED] = "provider_failed",
    [GW_OUTCOME_CLIENT_LEFT] = "client_left",
    [GW_OUTCOME_VANISHED] = "vanished",
};

const char *gw_outcome_name(enum gw_outcome outcome)
{
    GW_CHECK(outcome >= GW_OUTCOME_SUCCESS && (size_t)outcome < GW_COUNT(OUTCOME_NAMES));
    return OUTCOME_NAMES[outcome];
}

/* The cleaned text at *at, which moves behind its zero byte. */
static char *cleaned(char **at, struct gw_text text, size_t max)
{
    char *start = *at;

    *at += gw_border_clean(text, max, start) + 1;
    return start;
}

static bool is_id(uint64_t id)
{
    return id <= GW_BORDER_ID_MAX;
}

/* ---- Events ----------------------------------------------------------------------------- */

static enum gw_err pack_begun(const struct gw_usage_begun *begun, struct gw_buf *out)
{
    Millrace__Usage__V1__Event event = MILLRACE__USAGE__V1__EVENT__INIT;
    Millrace__Usage__V1__Begun message = MILLRACE__USAGE__V1__BEGUN__INIT;
    char texts[GW_USAGE_MODEL_MAX + GW_USAGE_ENDPOINT_MAX + 2];
    char *at = texts;

    if (begun->at_us <= 0 || begun->at_us > GW_USAGE_WALL_MAX_US || !is_id(begun->user_id) ||
        !is_id(begun->key_id) || begun->provider_id == 0 || !is_id(begun->provider_id)) {
        return GW_E_INVALID;
    }
    message.request_id.data = (uint8_t *)begun->request_id; /* lent: packing only reads */
    message.request_id.len = GW_REQUEST_ID_SIZE;
    message.at_us = begun->at_us;
    message.user_id = begun->user_id;
    message.key_id = begun->key_id;
    message.provider_id = begun->provider_id;
    message.model = cleaned(&at, begun->model, GW_USAGE_MODEL_MAX);
    message.endpoint = cleaned(&at, begun->endpoint, GW_USAGE_ENDPOINT_MAX);
    event.what_case = MILLRACE__USAGE__V1__EVENT__WHAT_BEGUN;
    event.begun = &message;
    return gw_border_pack(&event.base, out);
}

static uint64_t figure(uint64_t value, uint32_t bit, uint32_t *known)
{
    if (value <= GW_USAGE_TOKENS_MAX) {
        return value;
    }
    *known &= ~bit;
    return 0;
}

static void fill_tokens(const struct gw_tokens *tokens, Millrace__Usage__V1__Tokens *message)
{
    millrace__usage__v1__tokens__init(message);
    message->known = tokens->known;
    message->input = figure(tokens->input, GW_TOKENS_INPUT, &message->known);
    message->output = figure(tokens->output, GW_TOKENS_OUTPUT, &message->known);
    message->cache_read = figure(tokens->cache_read, GW_TOKENS_CACHE_READ, &message->known);
    message->cache_write_5m = figure(tokens->cache_write_5m, GW_TOKENS_CACHE_WRITE_5M,
                                     &message->known);
    message->cache_write_1h = figure(tokens->cache_write_1h, GW_TOKENS_CACHE_WRITE_1H,
                                     &message->known);
    message->reasoning = figure(tokens->reasoning, GW_TOKENS_REASONING, &message->known);
}

/* Nothing that is packed here may be refused by who unpacks it: see usage_read.c. */
static int64_t within(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

static void fill_attempt(const struct gw_usage_attempt *attempt, char **at,
                         Millrace__Usage__V1__Attempt *message)
{
    millrace__usage__v1__attempt__init(message);
    message->provider_id = is_id(attempt->provider_id) ? attempt->provider_id : 0;
    message->started_us = within(attempt->started_us, 0, GW_USAGE_SPAN_MAX_US);
    message->ended_us = within(attempt->ended_us, message->started_us, GW_USAGE_SPAN_MAX_US);
    message->status = attempt->status <= 999 ? attempt->status : 0;
    message->reason = cleaned(at, attempt->reason, GW_USAGE_REASON_MAX);
    message->error = cleaned(at, attempt->error, GW_USAGE_ERROR_MAX);
}

static void fill_texts(const struct gw_usage_ended *ended, char **at,
                       Millrace__Usage__V1__Ended *message)
{
    message->endpoint = cleaned(at, ended->endpoint, GW_USAGE_ENDPOINT_MAX);
    message->dialect = cleaned(at, ended->dialect, GW_USAGE_DIALECT_MAX);
    message->model = cleaned(at, ended->model, GW_USAGE_MODEL_MAX);
    message->original_model = cleaned(at, ended->original_model, GW_USAGE_MODEL_MAX);
    message->response_model = cleaned(at, ended->response_model, GW_USAGE_MODEL_MAX);
    message->client_ip = cleaned(at, ended->client_ip, GW_USAGE_CLIENT_IP_MAX);
    message->user_agent = cleaned(at, ended->user_agent, GW_USAGE_USER_AGENT_MAX);
    message->error = cleaned(at, ended->error, GW_USAGE_ERROR_MAX);
    message->cost_multiplier = cleaned(at, ended->cost_multiplier, GW_USAGE_MULTIPLIER_MAX);
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

static void fill_ended(const struct gw_usage_ended *ended, Millrace__Usage__V1__Ended *message)
{
    message->request_id.data = (uint8_t *)ended->request_id;
    message->request_id.len = GW_REQUEST_ID_SIZE;
    message->started_us = ended->started_us;
    message->ended_us = within(ended->ended_us, ended->started_us, GW_USAGE_WALL_MAX_US);
    message->outcome = (Millrace__Usage__V1__Outcome)ended->outcome;
    message->status = ended->status;
    message->user_id = ended->user_id;
    message->key_id = ended->key_id;
    message->provider_id = ended->provider_id;
    message->streamed = ended->streamed;
    message->first_byte_us = within(ended->first_byte_us, -1, GW_USAGE_SPAN_MAX_US);
    message->first_content_us = within(ended->first_content_us, -1, GW_USAGE_SPAN_MAX_US);
}

static enum gw_err pack_ended(const struct gw_usage_ended *ended, struct gw_buf *out)
{
    Millrace__Usage__V1__Event event = MILLRACE__USAGE__V1__EVENT__INIT;
    Millrace__Usage__V1__Ended message = MILLRACE__USAGE__V1__ENDED__INIT;
    Millrace__Usage__V1__Tokens tokens;
    Millrace__Usage__V1__Attempt attempts[GW_ATTEMPTS_MAX], *places[GW_ATTEMPTS_MAX];
    char texts[ENDED_TEXTS + GW_ATTEMPTS_MAX * ATTEMPT_TEXTS];
    char *at = texts;

    if (!may_have_ended(ended)) {
        return GW_E_INVALID;
    }
    fill_ended(ended, &message);
    fill_texts(ended, &at, &message);
    fill_tokens(&ended->tokens, &tokens);
    message.tokens = &tokens;
    message.attempts = places;
    while (message.n_attempts < ended->attempt_count && message.n_attempts < GW_ATTEMPTS_MAX) {
        size_t i = message.n_attempts++;

        fill_attempt(&ended->attempts[i], &at, &attempts[i]);
        places[i] = &attempts[i];
    }
    event.what_case = MILLRACE__USAGE__V1__EVENT__WHAT_ENDED;
    event.ended = &message;
    return gw_border_pack(&event.base, out);
}

enum gw_err gw_usage_event_pack(const struct gw_usage_event *event, struct gw_buf *out)
{
    return event->is_end ? pack_ended(&event->ended, out) : pack_begun(&event->begun, out);
}

/* ---- Batches ---------------------------------------------------------------------------- */

/*
 * The events of a batch are packed already, so its few fields are written by hand around them:
 * a key is (field number << 3 | wire type), as protobuf's encoding has it.
 */
enum { VARINT = 0, BYTES = 2 };

static void put_varint(struct gw_buf *out, uint64_t value)
{
    while (value >= 0x80) {
        gw_buf_append_byte(out, (char)(value | 0x80));
        value >>= 7;
    }
    gw_buf_append_byte(out, (char)value);
}

static void put_number(struct gw_buf *out, unsigned field, uint64_t value)
{
    if (value != 0) {
        put_varint(out, field << 3 | VARINT);
        put_varint(out, value);
    }
}

static void put_bytes(struct gw_buf *out, unsigned field, struct gw_text bytes)
{
    put_varint(out, field << 3 | BYTES);
    put_varint(out, bytes.len);
    gw_buf_append(out, bytes);
}

enum gw_err gw_usage_batch_pack(const struct gw_usage_batch_head *head,
                                const struct gw_text *events, size_t count, struct gw_buf *out)
{
    char node[GW_USAGE_NODE_MAX + 1];
    size_t node_len = gw_border_clean(head->node, GW_USAGE_NODE_MAX, node);

    GW_CHECK(count <= GW_USAGE_BATCH_MAX);
    put_bytes(out, 1, (struct gw_text){(const char *)head->spool_id, GW_SPOOL_ID_SIZE});
    put_bytes(out, 2, (struct gw_text){node, node_len});
    put_number(out, 3, head->first_seq);
    for (size_t i = 0; i < count; i++) {
        put_bytes(out, 4, events[i]);
    }
    put_number(out, 5, head->lost_below);
    return out->err;
}

/* ---- Receipts --------------------------------------------------------------------------- */

enum gw_err gw_usage_receipt_pack(const struct gw_usage_receipt *receipt, struct gw_buf *out)
{
    Millrace__Usage__V1__Receipt message = MILLRACE__USAGE__V1__RECEIPT__INIT;
    Millrace__Usage__V1__Range ranges[GW_USAGE_RANGES_MAX], *places[GW_USAGE_RANGES_MAX];

    GW_CHECK(receipt->count <= GW_USAGE_RANGES_MAX);
    message.spool_id.data = (uint8_t *)receipt->spool_id;
    message.spool_id.len = GW_SPOOL_ID_SIZE;
    message.confirmed = places;
    message.n_confirmed = receipt->count;
    for (size_t i = 0; i < receipt->count; i++) {
        millrace__usage__v1__range__init(&ranges[i]);
        ranges[i].first = receipt->confirmed[i].first;
        ranges[i].last = receipt->confirmed[i].last;
        places[i] = &ranges[i];
    }
    return gw_border_pack(&message.base, out);
}
