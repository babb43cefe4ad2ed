/* SPDX-License-Identifier: MIT */
#include "tests/support/rpc_pair.h"

/* ---- Unary ------------------------------------------------------------------------------ */

static void a_question_is_answered(void **state)
{
    struct world *world = *state;
    struct asked asked = ask(world, "/test.v1.Echo/Ask", GW_TEXT("hi\0there"), GW_US_PER_SECOND);

    assert_int_equal(asked.err, GW_OK);
    assert_int_equal(asked.reply_len, 8);
    assert_memory_equal(asked.reply, "hi\0there", 8);
}

static void an_empty_question_gets_an_empty_answer(void **state)
{
    struct world *world = *state;
    struct asked asked = ask(world, "/test.v1.Echo/Ask", GW_TEXT(""), GW_US_PER_SECOND);

    assert_int_equal(asked.err, GW_OK);
    assert_int_equal(asked.reply_len, 0);
}

static void a_port_of_the_systems_choice_is_told(void **state)
{
    struct world *world = *state;
    struct asked asked;
    char target[64];

    open_server(world, &(struct gw_rpc_server_conf){.listen = "127.0.0.1:0"});
    assert_in_range(gw_rpc_server_port(world->server), 1, 65535);
    snprintf(target, sizeof(target), "127.0.0.1:%d", gw_rpc_server_port(world->server));
    open_client(world, &(struct gw_rpc_client_conf){.target = target});
    asked = ask(world, "/test.v1.Echo/Ask", GW_TEXT("x"), GW_US_PER_SECOND);
    assert_int_equal(asked.err, GW_OK);
}

static void a_failure_arrives_with_its_reason(void **state)
{
    struct world *world = *state;
    struct asked asked = ask(world, "/test.v1.Echo/Ask", GW_TEXT("fail"), GW_US_PER_SECOND);

    assert_int_equal(asked.err, GW_E_ABSENT);
    assert_string_equal(asked.why, "no such user");
    asked = ask(world, "/test.v1.Echo/Nothing", GW_TEXT("x"), GW_US_PER_SECOND);
    assert_int_equal(asked.err, GW_E_INTERNAL);
    assert_string_equal(asked.why, "no such method");
}

static void a_question_that_is_not_answered_in_time_fails(void **state)
{
    struct world *world = *state;
    struct asked asked = ask(world, "/test.v1.Echo/Ask", GW_TEXT("wait"), 50 * GW_US_PER_MS);

    assert_int_equal(asked.err, GW_E_TIMEOUT);
    assert_non_null(world->waiting);
    gw_rpc_answer(world->waiting, GW_OK, GW_TEXT("too late"), "");
}

static void nobody_at_the_other_end_is_told_at_once(void **state)
{
    struct world *world = *state;
    struct asked asked;

    open_client(world, &(struct gw_rpc_client_conf){.target = world->address});
    asked = ask(world, "/test.v1.Echo/Ask", GW_TEXT("x"), 60 * GW_US_PER_SECOND);
    assert_int_equal(asked.err, GW_E_UNAVAILABLE);
    assert_true(asked.why[0] != '\0');
}

static void a_message_beyond_the_limit_is_refused(void **state)
{
    struct world *world = *state;
    size_t size = 64 * 1024 * 1024 + 1;
    char *request = gw_must_alloc(size);
    struct asked asked = ask(world, "/test.v1.Echo/Ask", (struct gw_text){request, size},
                             15 * GW_US_PER_SECOND);

    assert_int_equal(asked.err, GW_E_TOO_LARGE);
    gw_free(request);
}

/* ---- Away and back ---------------------------------------------------------------------- */

struct again {
    struct world *world;
    struct gw_timer timer;
    bool is_due;
};

static void on_again(struct gw_timer *timer)
{
    struct again *again = GW_CONTAINER(timer, struct again, timer);

    again->is_due = true;
    poke(again->world);
}

static void wait_for(struct world *world, int64_t wait_us)
{
    struct again again = {.world = world};

    gw_timer_init(&again.timer, on_again);
    gw_timer_start(world->loop, &again.timer, wait_us);
    UNTIL(world, again.is_due);
}

static void a_server_that_comes_back_is_found_within_a_second(void **state)
{
    struct world *world = *state;
    struct gw_backoff backoff;
    struct talk *talk = &world->talks[0];
    int64_t back_us;
    int attempts = 0;

    start_talk(world, "/test.v1.Echo/Talk", talk);
    say(talk, "hello");
    UNTIL(world, talk->received == 1);
    close_server(world);
    UNTIL(world, talk->is_done);
    assert_int_not_equal(talk->err, GW_OK);

    gw_backoff_init(&backoff, GW_RPC_WAIT_FIRST_US, GW_RPC_WAIT_MOST_US);
    while (attempts < 2) { /* some of them fail, as they must */
        start_talk(world, "/test.v1.Echo/Talk", talk);
        UNTIL(world, talk->is_done);
        assert_int_equal(talk->err, GW_E_UNAVAILABLE);
        attempts++;
        wait_for(world, gw_backoff_next_us(&backoff));
    }
    start_talk(world, "/test.v1.Echo/Talk", talk);
    open_server(world, &(struct gw_rpc_server_conf){.listen = world->address, .token = "t0ken"});
    back_us = gw_clock_monotonic_us();
    for (;;) {
        UNTIL(world, talk->is_open || talk->is_done);
        if (talk->is_open) {
            break;
        }
        wait_for(world, 50 * GW_US_PER_MS);
        start_talk(world, "/test.v1.Echo/Talk", talk);
    }
    assert_true(gw_clock_monotonic_us() - back_us < GW_US_PER_SECOND);
    say(talk, "hello again");
    UNTIL(world, talk->received == 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_BOTH(a_question_is_answered),
        WITH_BOTH(an_empty_question_gets_an_empty_answer),
        ALONE(a_port_of_the_systems_choice_is_told),
        WITH_BOTH(a_failure_arrives_with_its_reason),
        WITH_BOTH(a_question_that_is_not_answered_in_time_fails),
        ALONE(nobody_at_the_other_end_is_told_at_once),
        WITH_BOTH(a_message_beyond_the_limit_is_refused),
        WITH_BOTH(a_server_that_comes_back_is_found_within_a_second),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/rpc/rpc_client", tests, NULL, NULL);
}
