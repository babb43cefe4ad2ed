/* SPDX-License-Identifier: MIT */
#include "tests/support/rpc_pair.h"

/* ---- Streams ---------------------------------------------------------------------------- */

static void a_stream_carries_messages_both_ways_and_ends_in_order(void **state)
{
    struct world *world = *state;
    struct talk *talk = &world->talks[0];

    start_talk(world, "/test.v1.Echo/Talk", talk);
    for (size_t i = 0; i < 100; i++) {
        char text[32];

        snprintf(text, sizeof(text), "message %zu", i);
        say(talk, text);
        UNTIL(world, talk->received == i + 1);
        assert_int_equal(talk->last_len, strlen(text));
        assert_memory_equal(talk->last, text, strlen(text));
    }
    assert_true(talk->is_open);
    gw_rpc_stream_end(talk->stream, GW_OK, "");
    UNTIL(world, talk->is_done && world->served.is_done);
    assert_int_equal(talk->err, GW_OK);
    assert_int_equal(world->served.err, GW_OK);
}

static void a_server_ends_a_stream_in_order_or_with_a_reason(void **state)
{
    struct world *world = *state;
    struct talk *talk = &world->talks[0];

    start_talk(world, "/test.v1.Echo/Talk", talk);
    say(talk, "finish");
    UNTIL(world, talk->is_done && world->served.is_done);
    assert_int_equal(talk->err, GW_OK);
    assert_int_equal(world->served.err, GW_OK);

    start_talk(world, "/test.v1.Echo/Talk", talk);
    say(talk, "refuse");
    UNTIL(world, talk->is_done && world->served.is_done);
    assert_int_equal(talk->err, GW_E_CONFLICT);
    assert_string_equal(talk->why, "not this version");
    assert_int_equal(world->served.err, GW_E_CONFLICT);

    start_talk(world, "/test.v1.Echo/Closed", talk);
    UNTIL(world, talk->is_done);
    assert_int_equal(talk->err, GW_E_FORBIDDEN);
}

static void a_client_that_cancels_is_noticed(void **state)
{
    struct world *world = *state;
    struct talk *talk = &world->talks[0];

    start_talk(world, "/test.v1.Echo/Talk", talk);
    say(talk, "hello");
    UNTIL(world, talk->received == 1);
    gw_rpc_stream_end(talk->stream, GW_E_INVALID, "what was that");
    UNTIL(world, talk->is_done && world->served.is_done);
    assert_int_equal(talk->err, GW_E_INVALID);
    assert_string_equal(talk->why, "what was that");
    assert_int_equal(world->served.err, GW_E_CLOSED);
}

static void a_receiver_that_pauses_holds_the_sender_back(void **state)
{
    struct world *world = *state;
    struct talk *talk = &world->talks[0];
    size_t sent;

    start_talk(world, "/test.v1.Echo/Talk", talk);
    talk->pauses_at_once = true;
    say(talk, "pour");
    UNTIL(world, talk->received == 1);
    /* Questions on the same connection are the clock: none of them lets the sender move on. */
    do {
        sent = world->served.sent;
        for (int i = 0; i < 50; i++) {
            assert_int_equal(ask(world, "/test.v1.Echo/Ask", GW_TEXT("x"), GW_US_PER_SECOND).err,
                             GW_OK);
        }
    } while (world->served.sent != sent);
    assert_int_equal(talk->received, 1);
    assert_true(sent < PIECE_COUNT / 4);

    gw_rpc_stream_resume(talk->stream);
    UNTIL(world, talk->received == PIECE_COUNT);
    assert_int_equal(talk->wrong, 0);
    gw_rpc_stream_end(talk->stream, GW_OK, "");
    UNTIL(world, talk->is_done && world->served.is_done);
}

static void what_came_before_an_orderly_end_is_handed_on_after_a_pause(void **state)
{
    struct world *world = *state;
    struct talk *talk = &world->talks[0];

    start_talk(world, "/test.v1.Echo/Talk", talk);
    UNTIL(world, talk->is_open && world->served.stream != NULL);
    gw_rpc_stream_pause(talk->stream);
    gw_rpc_stream_send(world->served.stream, GW_TEXT("last words"));
    gw_rpc_stream_end(world->served.stream, GW_OK, "");
    UNTIL(world, world->served.is_done);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(ask(world, "/test.v1.Echo/Ask", GW_TEXT("x"), GW_US_PER_SECOND).err,
                         GW_OK);
    }
    assert_int_equal(talk->received, 0);
    assert_false(talk->is_done);
    gw_rpc_stream_resume(talk->stream);
    UNTIL(world, talk->is_done);
    assert_int_equal(talk->err, GW_OK);
    assert_int_equal(talk->received, 1);
    assert_memory_equal(talk->last, "last words", 10);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_BOTH(a_stream_carries_messages_both_ways_and_ends_in_order),
        WITH_BOTH(a_server_ends_a_stream_in_order_or_with_a_reason),
        WITH_BOTH(a_client_that_cancels_is_noticed),
        WITH_BOTH(a_receiver_that_pauses_holds_the_sender_back),
        WITH_BOTH(what_came_before_an_orderly_end_is_handed_on_after_a_pause),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/rpc/stream", tests, NULL, NULL);
}
