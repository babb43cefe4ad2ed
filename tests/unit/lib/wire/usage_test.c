/* SPDX-License-Identifier: MIT */
#include "lib/wire/usage.h"

#include <stdlib.h>

#include "tests/support/cmocka_first.h"

#define AT_US INT64_C(1763845200000000)

static struct gw_usage_attempt ATTEMPTS[GW_ATTEMPTS_MAX + 1];

static struct gw_usage_event an_end(void)
{
    struct gw_usage_event event = {
        .is_end = true,
        .ended =
            {
                .request_id = "0123456789abcde",
                .started_us = AT_US,
                .ended_us = AT_US + 1500,
                .outcome = GW_OUTCOME_SUCCESS,
                .status = 200,
                .user_id = 1,
                .key_id = 2,
                .provider_id = 3,
                .endpoint = GW_TEXT("/v1/messages"),
                .dialect = GW_TEXT("claude"),
                .model = GW_TEXT("m-1"),
                .original_model = GW_TEXT("m"),
                .response_model = GW_TEXT("m-1-x"),
                .streamed = true,
                .first_byte_us = 300,
                .first_content_us = -1,
                .tokens = {.input = 10,
                           .output = 0,
                           .cache_read = 7,
                           .known = GW_TOKENS_INPUT | GW_TOKENS_OUTPUT | GW_TOKENS_CACHE_READ},
                .client_ip = GW_TEXT("::1"),
                .user_agent = GW_TEXT("cli/1"),
                .cost_multiplier = GW_TEXT("1.5"),
                .attempts = ATTEMPTS,
                .attempt_count = 1,
            },
    };

    ATTEMPTS[0] = (struct gw_usage_attempt){.provider_id = 3,
                                            .ended_us = 1500,
                                            .status = 200,
                                            .reason = GW_TEXT("request_success"),
                                            .error = GW_TEXT("")};
    return event;
}

static struct gw_usage_event a_begin(void)
{
    return (struct gw_usage_event){
        .begun = {.request_id = "0123456789abcde",
                  .at_us = AT_US,
                  .user_id = 1,
                  .key_id = 2,
                  .provider_id = 3,
                  .model = GW_TEXT("m"),
                  .endpoint = GW_TEXT("/v1/messages")},
    };
}

/* The batch of the given events as it arrives; `arena` must be empty. */
static enum gw_err sent(const struct gw_usage_event *events, size_t count, uint64_t first_seq,
                        struct gw_arena *arena, struct gw_usage_batch *ret_batch)
{
    struct gw_usage_batch_head head = {
        .spool_id = "spool-of-16-byte", .node = GW_TEXT("edge"), .first_seq = first_seq};
    struct gw_text texts[8];
    struct gw_buf packed[8], bytes;
    struct gw_fault fault;
    enum gw_err err;

    assert_true(count <= 8);
    for (size_t i = 0; i < count; i++) {
        gw_buf_init(&packed[i], 65536);
        assert_int_equal(gw_usage_event_pack(&events[i], &packed[i]), GW_OK);
        texts[i] = gw_buf_text(&packed[i]);
    }
    gw_buf_init(&bytes, 1024 * 1024);
    assert_int_equal(gw_usage_batch_pack(&head, texts, count, &bytes), GW_OK);
    err = gw_usage_batch_unpack(gw_buf_text(&bytes), arena, ret_batch, &fault);
    gw_buf_fini(&bytes);
    for (size_t i = 0; i < count; i++) {
        gw_buf_fini(&packed[i]);
    }
    return err;
}

static void assert_text(struct gw_text text, const char *expected)
{
    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(text.at, expected, text.len);
}

static void a_batch_arrives_as_it_was_sent(void **state)
{
    struct gw_usage_event events[2] = {a_begin(), an_end()};
    const struct gw_usage_ended *ended;
    struct gw_usage_batch batch;
    struct gw_arena arena;

    (void)state;
    gw_arena_init(&arena, 65536);
    assert_int_equal(sent(events, 2, 41, &arena, &batch), GW_OK);
    assert_memory_equal(batch.head.spool_id, "spool-of-16-byte", 16);
    assert_text(batch.head.node, "edge");
    assert_int_equal(batch.head.first_seq, 41);
    assert_int_equal(batch.head.lost_below, 0);
    assert_int_equal(batch.count, 2);

    assert_false(batch.events[0].is_end);
    assert_memory_equal(batch.events[0].begun.request_id, "0123456789abcde", 16);
    assert_int_equal(batch.events[0].begun.at_us, AT_US);
    assert_int_equal(batch.events[0].begun.provider_id, 3);
    assert_text(batch.events[0].begun.endpoint, "/v1/messages");

    assert_true(batch.events[1].is_end);
    ended = &batch.events[1].ended;
    assert_int_equal(ended->ended_us, AT_US + 1500);
    assert_int_equal(ended->outcome, GW_OUTCOME_SUCCESS);
    assert_int_equal(ended->status, 200);
    assert_text(ended->dialect, "claude");
    assert_text(ended->response_model, "m-1-x");
    assert_true(ended->streamed);
    assert_int_equal(ended->first_byte_us, 300);
    assert_int_equal(ended->first_content_us, -1);
    assert_int_equal(ended->tokens.input, 10);
    assert_int_equal(ended->tokens.cache_read, 7);
    assert_int_equal(ended->tokens.known,
                     GW_TOKENS_INPUT | GW_TOKENS_OUTPUT | GW_TOKENS_CACHE_READ);
    assert_text(ended->client_ip, "::1");
    assert_text(ended->cost_multiplier, "1.5");
    assert_text(ended->error, "");
    assert_int_equal(ended->attempt_count, 1);
    assert_int_equal(ended->attempts[0].ended_us, 1500);
    assert_text(ended->attempts[0].reason, "request_success");
    gw_arena_fini(&arena);
}

static void an_empty_batch_tells_of_losses(void **state)
{
    struct gw_usage_batch_head head = {.spool_id = "spool-of-16-byte", .lost_below = 12};
    struct gw_usage_batch batch;
    struct gw_arena arena;
    struct gw_fault fault;
    struct gw_buf bytes;

    (void)state;
    gw_buf_init(&bytes, 4096);
    gw_arena_init(&arena, 65536);
    assert_int_equal(gw_usage_batch_pack(&head, NULL, 0, &bytes), GW_OK);
    assert_int_equal(gw_usage_batch_unpack(gw_buf_text(&bytes), &arena, &batch, &fault), GW_OK);
    assert_int_equal(batch.count, 0);
    assert_int_equal(batch.head.lost_below, 12);
    gw_arena_fini(&arena);
    gw_buf_fini(&bytes);
}

static void long_and_broken_texts_are_cut_and_cleaned(void **state)
{
    static char agent[2000];
    struct gw_usage_event event = an_end();
    const struct gw_usage_ended *ended;
    struct gw_usage_batch batch;
    struct gw_arena arena;

    (void)state;
    memset(agent, 'a', sizeof(agent));
    memcpy(agent + 510, "日", 3); /* would end at 513, one past the ceiling */
    event.ended.user_agent = (struct gw_text){agent, sizeof(agent)};
    event.ended.error = GW_TEXT("line\nline\x80 zero\0end");
    event.ended.model = GW_TEXT("overlong \xc0\xaf surrogate \xed\xa0\x80 cut \xe6\x97");
    gw_arena_init(&arena, 65536);
    assert_int_equal(sent(&event, 1, 1, &arena, &batch), GW_OK);
    ended = &batch.events[0].ended;
    assert_int_equal(ended->user_agent.len, 510);
    assert_text(ended->error, "line?line? zero?end");
    assert_text(ended->model, "overlong ?? surrogate ??? cut ??");
    gw_arena_fini(&arena);
}

static void what_must_not_keep_an_exchange_out_of_the_ledger_is_mended(void **state)
{
    struct gw_usage_event event = an_end();
    const struct gw_usage_ended *ended;
    struct gw_usage_batch batch;
    struct gw_arena arena;

    (void)state;
    event.ended.ended_us = AT_US - 1; /* the wall clock was set back */
    event.ended.tokens.input = UINT64_MAX;
    event.ended.attempt_count = GW_ATTEMPTS_MAX + 1;
    gw_arena_init(&arena, 1024 * 1024);
    assert_int_equal(sent(&event, 1, 1, &arena, &batch), GW_OK);
    ended = &batch.events[0].ended;
    assert_int_equal(ended->ended_us, AT_US);
    assert_int_equal(ended->tokens.input, 0);
    assert_int_equal(ended->tokens.known, GW_TOKENS_OUTPUT | GW_TOKENS_CACHE_READ);
    assert_int_equal(ended->attempt_count, GW_ATTEMPTS_MAX);
    gw_arena_fini(&arena);
}

static void what_cannot_be_is_not_even_packed(void **state)
{
    struct gw_usage_event event = an_end();
    struct gw_buf out;

    (void)state;
    gw_buf_init(&out, 65536);
    event.ended.outcome = (enum gw_outcome)0;
    assert_int_equal(gw_usage_event_pack(&event, &out), GW_E_INVALID);
    event = an_end();
    event.ended.key_id = UINT64_MAX;
    assert_int_equal(gw_usage_event_pack(&event, &out), GW_E_INVALID);
    event = an_end();
    event.ended.cost_multiplier = GW_TEXT("x");
    assert_int_equal(gw_usage_event_pack(&event, &out), GW_E_INVALID);
    event = a_begin();
    event.begun.provider_id = 0;
    assert_int_equal(gw_usage_event_pack(&event, &out), GW_E_INVALID);
    assert_int_equal(out.len, 0);
    gw_buf_fini(&out);
}

static void a_batch_cut_anywhere_does_no_harm(void **state)
{
    struct gw_usage_batch_head head = {.spool_id = "spool-of-16-byte", .first_seq = 1};
    struct gw_usage_event event = an_end();
    struct gw_usage_batch batch;
    struct gw_text text;
    struct gw_arena arena;
    struct gw_buf packed, bytes;

    (void)state;
    gw_buf_init(&packed, 65536);
    gw_buf_init(&bytes, 65536);
    assert_int_equal(gw_usage_event_pack(&event, &packed), GW_OK);
    text = gw_buf_text(&packed);
    assert_int_equal(gw_usage_batch_pack(&head, &text, 1, &bytes), GW_OK);
    for (size_t len = 19; len < bytes.len; len++) {
        char *copy = malloc(len);
        struct gw_fault fault;

        memcpy(copy, bytes.at, len);
        gw_arena_init(&arena, 65536);
        /* Behind spool id, node and number nothing but the whole event parses. */
        if (len > 23) {
            assert_int_equal(
                gw_usage_batch_unpack((struct gw_text){copy, len}, &arena, &batch, &fault),
                GW_E_CORRUPT);
        } else {
            (void)!gw_usage_batch_unpack((struct gw_text){copy, len}, &arena, &batch, &fault);
        }
        gw_arena_fini(&arena);
        free(copy);
    }
    gw_buf_fini(&packed);
    gw_buf_fini(&bytes);
}

/* A batch with the given bytes as its only event. */
static enum gw_err unpacked(struct gw_text event, uint64_t first_seq, uint64_t lost_below,
                            struct gw_fault *fault)
{
    struct gw_usage_batch_head head = {
        .spool_id = "spool-of-16-byte", .first_seq = first_seq, .lost_below = lost_below};
    struct gw_usage_batch batch;
    struct gw_arena arena;
    struct gw_buf bytes;
    enum gw_err err;

    gw_buf_init(&bytes, 65536);
    gw_arena_init(&arena, 65536);
    assert_int_equal(gw_usage_batch_pack(&head, &event, 1, &bytes), GW_OK);
    err = gw_usage_batch_unpack(gw_buf_text(&bytes), &arena, &batch, fault);
    gw_arena_fini(&arena);
    gw_buf_fini(&bytes);
    return err;
}

static void batches_with_numbers_that_cannot_be_are_refused(void **state)
{
    struct gw_usage_event event = a_begin();
    struct gw_fault fault;
    struct gw_buf packed;

    (void)state;
    gw_buf_init(&packed, 4096);
    assert_int_equal(gw_usage_event_pack(&event, &packed), GW_OK);
    assert_int_equal(unpacked(gw_buf_text(&packed), 5, 5, &fault), GW_OK);
    assert_int_equal(unpacked(gw_buf_text(&packed), 0, 0, &fault), GW_E_INVALID);
    assert_int_equal(unpacked(gw_buf_text(&packed), 5, 6, &fault), GW_E_INVALID);
    assert_int_equal(unpacked(gw_buf_text(&packed), UINT64_MAX, 0, &fault), GW_E_INVALID);
    assert_int_equal(unpacked(gw_buf_text(&packed), INT64_MAX, 0, &fault), GW_E_INVALID);
    gw_buf_fini(&packed);
}

static void events_that_cannot_be_are_refused_by_number(void **state)
{
    struct gw_fault fault;

    (void)state;
    assert_int_equal(unpacked(GW_TEXT(""), 5, 0, &fault), GW_E_INVALID);
    assert_string_equal(fault.text, "event 5: neither begun nor ended");
    assert_int_equal(unpacked(GW_TEXT("\x0a\x03\x0a\x01x"), 6, 0, &fault), GW_E_INVALID);
    assert_string_equal(fault.text, "event 6: request id has 1 bytes");
    assert_int_equal(unpacked(GW_TEXT("\x12\x12\x0a\x10"
                                      "0123456789abcdef"),
                              7, 0, &fault),
                     GW_E_INVALID);
    assert_string_equal(fault.text, "event 7: ended at 0 us, started at 0");
}

static void an_arena_that_is_too_small_refuses_the_batch(void **state)
{
    struct gw_usage_event event = an_end();
    struct gw_usage_batch batch;
    struct gw_arena arena;

    (void)state;
    for (size_t max = 0; max < 1200; max += 16) {
        gw_arena_init(&arena, max);
        assert_int_not_equal(sent(&event, 1, 1, &arena, &batch), GW_OK);
        gw_arena_fini(&arena);
    }
}

/* ---- Receipts --------------------------------------------------------------------------- */

static enum gw_err receipt_of(const struct gw_usage_range *ranges, size_t count,
                              struct gw_usage_receipt *ret_receipt)
{
    struct gw_usage_receipt receipt = {.spool_id = "spool-of-16-byte", .count = count};
    struct gw_fault fault;
    struct gw_buf bytes;
    enum gw_err err;

    memcpy(receipt.confirmed, ranges, count * sizeof(*ranges));
    gw_buf_init(&bytes, 65536);
    assert_int_equal(gw_usage_receipt_pack(&receipt, &bytes), GW_OK);
    err = gw_usage_receipt_unpack(gw_buf_text(&bytes), ret_receipt, &fault);
    gw_buf_fini(&bytes);
    return err;
}

static void receipts_arrive_as_they_were_sent(void **state)
{
    static const struct gw_usage_range RANGES[] = {{1, 1}, {3, 9}, {11, INT64_MAX}};
    struct gw_usage_receipt receipt;

    (void)state;
    assert_int_equal(receipt_of(RANGES, 3, &receipt), GW_OK);
    assert_memory_equal(receipt.spool_id, "spool-of-16-byte", 16);
    assert_int_equal(receipt.count, 3);
    assert_memory_equal(receipt.confirmed, RANGES, sizeof(RANGES));
    assert_int_equal(receipt_of(RANGES, 0, &receipt), GW_OK);
    assert_int_equal(receipt.count, 0);
}

static void receipts_out_of_order_or_touching_are_refused(void **state)
{
    static const struct gw_usage_range TOUCHING[] = {{1, 2}, {3, 4}};
    static const struct gw_usage_range BACKWARDS[] = {{5, 4}};
    static const struct gw_usage_range ZERO[] = {{0, 4}};
    static const struct gw_usage_range HUGE_ONE[] = {{1, UINT64_MAX}};
    struct gw_usage_receipt receipt;
    struct gw_fault fault;

    (void)state;
    assert_int_equal(receipt_of(TOUCHING, 2, &receipt), GW_E_INVALID);
    assert_int_equal(receipt_of(BACKWARDS, 1, &receipt), GW_E_INVALID);
    assert_int_equal(receipt_of(ZERO, 1, &receipt), GW_E_INVALID);
    assert_int_equal(receipt_of(HUGE_ONE, 1, &receipt), GW_E_INVALID);
    assert_int_equal(gw_usage_receipt_unpack(GW_TEXT("\x0a\x01x"), &receipt, &fault), GW_E_INVALID);
    assert_int_equal(gw_usage_receipt_unpack(GW_TEXT("\x0a\x7fx"), &receipt, &fault), GW_E_CORRUPT);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_arrives_as_it_was_sent),
        cmocka_unit_test(an_empty_batch_tells_of_losses),
        cmocka_unit_test(long_and_broken_texts_are_cut_and_cleaned),
        cmocka_unit_test(what_must_not_keep_an_exchange_out_of_the_ledger_is_mended),
        cmocka_unit_test(what_cannot_be_is_not_even_packed),
        cmocka_unit_test(a_batch_cut_anywhere_does_no_harm),
        cmocka_unit_test(batches_with_numbers_that_cannot_be_are_refused),
        cmocka_unit_test(events_that_cannot_be_are_refused_by_number),
        cmocka_unit_test(an_arena_that_is_too_small_refuses_the_batch),
        cmocka_unit_test(receipts_arrive_as_they_were_sent),
        cmocka_unit_test(receipts_out_of_order_or_touching_are_refused),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/wire/usage", tests, NULL, NULL);
}
