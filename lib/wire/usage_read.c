/* SPDX-License-Identifier: MIT */
/*
 * Unpacking usage.v1. One bad event refuses its batch: a sender that numbers its events cannot
 * be told "all but that one" without the number being lost for good, and packing lets none out.
 */
#include "lib/wire/usage.h"

#include <inttypes.h>

#include "lib/units/money.h"
#include "lib/wire/border.h"
#include "usage.pb-c.h"

/* In place: cleaning never makes a text longer. */
static struct gw_text cleaned(char *text, size_t max)
{
    if (text[0] == '\0') {
        return GW_TEXT(""); /* protobuf-c's own empty text is not ours to write to */
    }
    return (struct gw_text){text, gw_border_clean(gw_border_text(text), max, text)};
}

static bool is_id(uint64_t id)
{
    return id <= GW_BORDER_ID_MAX;
}

static bool is_wall_time(int64_t us)
{
    return us > 0 && us <= GW_USAGE_WALL_MAX_US;
}

static bool is_span(int64_t us, int64_t least)
{
    return us >= least && us <= GW_USAGE_SPAN_MAX_US;
}

static enum gw_err read_request_id(const ProtobufCBinaryData *bytes, uint8_t *ret_id,
                                   struct gw_fault *fault)
{
    if (bytes->len != GW_REQUEST_ID_SIZE) {
        return gw_fail(fault, GW_E_INVALID, "request id has %zu bytes", bytes->len);
    }
    memcpy(ret_id, bytes->data, GW_REQUEST_ID_SIZE);
    return GW_OK;
}

/* ---- Events ----------------------------------------------------------------------------- */

static enum gw_err read_begun(const Millrace__Usage__V1__Begun *message,
                              struct gw_usage_begun *begun, struct gw_fault *fault)
{
    GW_TRY(read_request_id(&message->request_id, begun->request_id, fault));
    if (!is_wall_time(message->at_us)) {
        return gw_fail(fault, GW_E_INVALID, "begun at %" PRId64 " us", message->at_us);
    }
    if (!is_id(message->user_id) || !is_id(message->key_id) || message->provider_id == 0 ||
        !is_id(message->provider_id)) {
        return gw_fail(fault, GW_E_INVALID, "begun with an id that cannot be");
    }
    begun->at_us = message->at_us;
    begun->user_id = message->user_id;
    begun->key_id = message->key_id;
    begun->provider_id = message->provider_id;
    begun->model = cleaned(message->model, GW_USAGE_MODEL_MAX);
    begun->endpoint = cleaned(message->endpoint, GW_USAGE_ENDPOINT_MAX);
    return GW_OK;
}

static enum gw_err read_tokens(const Millrace__Usage__V1__Tokens *message, struct gw_tokens *tokens,
                               struct gw_fault *fault)
{
    if (message == NULL) {
        *tokens = (struct gw_tokens){.known = 0};
        return GW_OK;
    }
    *tokens = (struct gw_tokens){
        .input = message->input,
        .output = message->output,
        .cache_read = message->cache_read,
        .cache_write_5m = message->cache_write_5m,
        .cache_write_1h = message->cache_write_1h,
        .reasoning = message->reasoning,
        .known = message->known,
    };
    if (tokens->input > GW_USAGE_TOKENS_MAX || tokens->output > GW_USAGE_TOKENS_MAX ||
        tokens->cache_read > GW_USAGE_TOKENS_MAX || tokens->cache_write_5m > GW_USAGE_TOKENS_MAX ||
        tokens->cache_write_1h > GW_USAGE_TOKENS_MAX || tokens->reasoning > GW_USAGE_TOKENS_MAX) {
        return gw_fail(fault, GW_E_INVALID, "ended with more tokens than can be");
    }
    return GW_OK;
}

static enum gw_err read_attempt(const Millrace__Usage__V1__Attempt *message,
                                struct gw_usage_attempt *attempt, struct gw_fault *fault)
{
    if (!is_id(message->provider_id) || message->status > 999 || !is_span(message->started_us, 0) ||
        !is_span(message->ended_us, message->started_us)) {
        return gw_fail(fault, GW_E_INVALID, "attempt with a number that cannot be");
    }
    *attempt = (struct gw_usage_attempt){
        .provider_id = message->provider_id,
        .started_us = message->started_us,
        .ended_us = message->ended_us,
        .status = message->status,
        .reason = cleaned(message->reason, GW_USAGE_REASON_MAX),
        .error = cleaned(message->error, GW_USAGE_ERROR_MAX),
    };
    return GW_OK;
}

static enum gw_err read_attempts(const Millrace__Usage__V1__Ended *message, struct gw_arena *arena,
                                 struct gw_usage_ended *ended, struct gw_fault *fault)
{
    struct gw_usage_attempt *attempts;

    if (message->n_attempts > GW_ATTEMPTS_MAX) {
        return gw_fail(fault, GW_E_INVALID, "ended with %zu attempts", message->n_attempts);
    }
    attempts = gw_arena_try(arena, message->n_attempts * sizeof(*attempts));
    if (attempts == NULL) {
        return gw_fail(fault, GW_E_TOO_LARGE, "too large to unpack");
    }
    for (size_t i = 0; i < message->n_attempts; i++) {
        GW_TRY(read_attempt(message->attempts[i], &attempts[i], fault));
    }
    ended->attempts = attempts;
    ended->attempt_count = message->n_attempts;
    return GW_OK;
}

static enum gw_err check_ended(const Millrace__Usage__V1__Ended *message, struct gw_fault *fault)
{
    struct gw_factor factor;

    if (!is_wall_time(message->started_us) || !is_wall_time(message->ended_us) ||
        message->ended_us < message->started_us) {
        return gw_fail(fault, GW_E_INVALID, "ended at %" PRId64 " us, started at %" PRId64,
                       message->ended_us, message->started_us);
    }
    if (!is_span(message->first_byte_us, -1) || !is_span(message->first_content_us, -1)) {
        return gw_fail(fault, GW_E_INVALID, "ended with a time that cannot be");
    }
    if (message->outcome < MILLRACE__USAGE__V1__OUTCOME__SUCCESS ||
        message->outcome > MILLRACE__USAGE__V1__OUTCOME__VANISHED) {
        return gw_fail(fault, GW_E_INVALID, "ended with outcome %d", (int)message->outcome);
    }
    if (message->status > 999) {
        return gw_fail(fault, GW_E_INVALID, "ended with status %" PRIu32, message->status);
    }
    if (!is_id(message->user_id) || !is_id(message->key_id) || !is_id(message->provider_id)) {
        return gw_fail(fault, GW_E_INVALID, "ended with an id that cannot be");
    }
    if (message->cost_multiplier[0] != '\0' &&
        (strlen(message->cost_multiplier) > GW_USAGE_MULTIPLIER_MAX ||
         gw_factor_parse(gw_border_text(message->cost_multiplier), &factor) != GW_OK ||
         factor.billionths < 0)) {
        return gw_fail(fault, GW_E_INVALID, "ended with a cost multiplier that is no decimal");
    }
    return GW_OK;
}

static void read_ended_texts(const Millrace__Usage__V1__Ended *message,
                             struct gw_usage_ended *ended)
{
    ended->endpoint = cleaned(message->endpoint, GW_USAGE_ENDPOINT_MAX);
    ended->dialect = cleaned(message->dialect, GW_USAGE_DIALECT_MAX);
    ended->model = cleaned(message->model, GW_USAGE_MODEL_MAX);
    ended->original_model = cleaned(message->original_model, GW_USAGE_MODEL_MAX);
    ended->response_model = cleaned(message->response_model, GW_USAGE_MODEL_MAX);
    ended->client_ip = cleaned(message->client_ip, GW_USAGE_CLIENT_IP_MAX);
    ended->user_agent = cleaned(message->user_agent, GW_USAGE_USER_AGENT_MAX);
    ended->error = cleaned(message->error, GW_USAGE_ERROR_MAX);
    ended->cost_multiplier = cleaned(message->cost_multiplier, GW_USAGE_MULTIPLIER_MAX);
}

static enum gw_err read_ended(const Millrace__Usage__V1__Ended *message, struct gw_arena *arena,
                              struct gw_usage_ended *ended, struct gw_fault *fault)
{
    GW_TRY(read_request_id(&message->request_id, ended->request_id, fault));
    GW_TRY(check_ended(message, fault));
    ended->started_us = message->started_us;
    ended->ended_us = message->ended_us;
    ended->outcome = (enum gw_outcome)message->outcome;
    ended->status = message->status;
    ended->user_id = message->user_id;
    ended->key_id = message->key_id;
    ended->provider_id = message->provider_id;
    ended->streamed = message->streamed;
    ended->first_byte_us = message->first_byte_us;
    ended->first_content_us = message->first_content_us;
    read_ended_texts(message, ended);
    GW_TRY(read_tokens(message->tokens, &ended->tokens, fault));
    return read_attempts(message, arena, ended, fault);
}

static enum gw_err read_event(const Millrace__Usage__V1__Event *message, struct gw_arena *arena,
                              struct gw_usage_event *event, struct gw_fault *fault)
{
    if (message->what_case == MILLRACE__USAGE__V1__EVENT__WHAT_BEGUN) {
        event->is_end = false;
        return read_begun(message->begun, &event->begun, fault);
    }
    if (message->what_case == MILLRACE__USAGE__V1__EVENT__WHAT_ENDED) {
        event->is_end = true;
        return read_ended(message->ended, arena, &event->ended, fault);
    }
    return gw_fail(fault, GW_E_INVALID, "neither begun nor ended");
}

/* ---- Batches ---------------------------------------------------------------------------- */

static enum gw_err check_batch(const Millrace__Usage__V1__Batch *message, struct gw_fault *fault)
{
    if (message->spool_id.len != GW_SPOOL_ID_SIZE) {
        return gw_fail(fault, GW_E_INVALID, "batch: spool id has %zu bytes", message->spool_id.len);
    }
    if (message->n_events > GW_USAGE_BATCH_MAX) {
        return gw_fail(fault, GW_E_INVALID, "batch: %zu events", message->n_events);
    }
    if (message->lost_below > GW_BORDER_ID_MAX || message->first_seq > GW_BORDER_ID_MAX ||
        message->n_events > GW_BORDER_ID_MAX - message->first_seq) {
        return gw_fail(fault, GW_E_INVALID, "batch: number that cannot be");
    }
    if (message->n_events > 0 &&
        (message->first_seq == 0 || message->lost_below > message->first_seq)) {
        return gw_fail(fault, GW_E_INVALID,
                       "batch: events from %" PRIu64 " on with all below %" PRIu64 " lost",
                       message->first_seq, message->lost_below);
    }
    return GW_OK;
}

static enum gw_err read_events(const Millrace__Usage__V1__Batch *message, struct gw_arena *arena,
                               struct gw_usage_batch *batch, struct gw_fault *fault)
{
    struct gw_fault why;

    batch->events = gw_arena_try(arena, message->n_events * sizeof(*batch->events));
    if (batch->events == NULL) {
        return gw_fail(fault, GW_E_TOO_LARGE, "batch: too large to unpack");
    }
    for (size_t i = 0; i < message->n_events; i++) {
        enum gw_err err = read_event(message->events[i], arena, &batch->events[i], &why);

        if (err != GW_OK) {
            return gw_fail(fault, err, "event %" PRIu64 ": %s", message->first_seq + i, why.text);
        }
    }
    batch->count = message->n_events;
    return GW_OK;
}

enum gw_err gw_usage_batch_unpack(struct gw_text bytes, struct gw_arena *arena,
                                  struct gw_usage_batch *ret_batch, struct gw_fault *fault)
{
    Millrace__Usage__V1__Batch *message = gw_border_unpack(&millrace__usage__v1__batch__descriptor,
                                                           bytes, arena);
    struct gw_usage_batch batch = {.count = 0};

    if (message == NULL) {
        return gw_fail(fault, GW_E_CORRUPT, "batch: %zu bytes that cannot be unpacked", bytes.len);
    }
    GW_TRY(check_batch(message, fault));
    memcpy(batch.head.spool_id, message->spool_id.data, GW_SPOOL_ID_SIZE);
    batch.head.node = cleaned(message->node, GW_USAGE_NODE_MAX);
    batch.head.first_seq = message->first_seq;
    batch.head.lost_below = message->lost_below;
    GW_TRY(read_events(message, arena, &batch, fault));
    *ret_batch = batch;
    return GW_OK;
}

/* ---- Receipts --------------------------------------------------------------------------- */

static enum gw_err read_receipt(const Millrace__Usage__V1__Receipt *message,
                                struct gw_usage_receipt *ret_receipt, struct gw_fault *fault)
{
    uint64_t least = 1;

    if (message->spool_id.len != GW_SPOOL_ID_SIZE) {
        return gw_fail(fault, GW_E_INVALID, "receipt: spool id has %zu bytes",
                       message->spool_id.len);
    }
    if (message->n_confirmed > GW_USAGE_RANGES_MAX) {
        return gw_fail(fault, GW_E_INVALID, "receipt: %zu ranges", message->n_confirmed);
    }
    for (size_t i = 0; i < message->n_confirmed; i++) {
        const Millrace__Usage__V1__Range *range = message->confirmed[i];

        if (range->first < least || range->last < range->first || range->last > GW_BORDER_ID_MAX) {
            return gw_fail(fault, GW_E_INVALID,
                           "receipt: range %" PRIu64 "..%" PRIu64 " cannot be here", range->first,
                           range->last);
        }
        least = range->last + 2;
    }
    memcpy(ret_receipt->spool_id, message->spool_id.data, GW_SPOOL_ID_SIZE);
    ret_receipt->count = message->n_confirmed;
    for (size_t i = 0; i < message->n_confirmed; i++) {
        ret_receipt->confirmed[i].first = message->confirmed[i]->first;
        ret_receipt->confirmed[i].last = message->confirmed[i]->last;
    }
    return GW_OK;
}

enum gw_err gw_usage_receipt_unpack(struct gw_text bytes, struct gw_usage_receipt *ret_receipt,
                                    struct gw_fault *fault)
{
    Millrace__Usage__V1__Receipt *message;
    struct gw_arena arena;
    enum gw_err err;

    gw_arena_init(&arena, gw_border_memory_max(bytes.len));
    message = gw_border_unpack(&millrace__usage__v1__receipt__descriptor, bytes, &arena);
    if (message == NULL) {
        err = gw_fail(fault, GW_E_CORRUPT, "receipt: %zu bytes that cannot be unpacked", bytes.len);
    } else {
        err = read_receipt(message, ret_receipt, fault);
    }
    gw_arena_fini(&arena);
    return err;
}
