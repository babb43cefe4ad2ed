/* SPDX-License-Identifier: MIT */
/*
 * Against a server that says what no server should: the test plays it.
 */
#include "tests/unit/lib/redis/server.h"

struct fixture {
    struct client client;
    int listener;
    char address[32];
    struct peer *peer;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct gw_redis_conf conf;
    uint16_t port;

    fixture->listener = peer_listen(&port);
    snprintf(fixture->address, sizeof(fixture->address), "127.0.0.1:%u", port);
    conf = client_conf(fixture->address);
    conf.connect_timeout_us = 100000;
    client_open(&fixture->client, &conf);
    fixture->peer = peer_accept(fixture->client.loop, fixture->listener);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    peer_close(fixture->peer);
    close(fixture->listener);
    client_close(&fixture->client);
    free(fixture);
    return 0;
}

static struct client *greeted(struct fixture *fixture)
{
    peer_expect(fixture->peer, "*1\r\n$4\r\nPING\r\n");
    peer_say(fixture->peer, "+PONG\r\n");
    UNTIL(fixture->client.loop, fixture->client.is_up);
    return &fixture->client;
}

/* Sends one command, answers it with `answer`, and expects the connection to break. */
static void expect_break(struct fixture *fixture, const char *answer, const char *reason)
{
    struct client *client = greeted(fixture);
    struct call call;

    assert_int_equal(call_send(client, &call, "GET a", 0), GW_OK);
    peer_expect(fixture->peer, "*2\r\n$3\r\nGET\r\n$1\r\na\r\n");
    peer_say(fixture->peer, answer);
    UNTIL(client->loop, call.times == 1);
    assert_int_equal(call.err, GW_E_UNAVAILABLE);
    assert_int_equal(client->downs, 1);
    if (strstr(client->reason, reason) == NULL) {
        fail_msg("\"%s\" and not \"%s\"", client->reason, reason);
    }
}

static void what_is_no_answer_breaks_it(void **state)
{
    expect_break(*state, "HTTP/1.1 400 Bad Request\r\n\r\n", "no answer at all");
}

static void an_array_that_claims_too_many_items_breaks_it(void **state)
{
    expect_break(*state, "*2000000000\r\n", "too large");
}

static void arrays_in_arrays_share_one_budget(void **state)
{
    expect_break(*state, "*3\r\n*20000\r\n*20000\r\n", "too large");
}

static void a_text_that_claims_to_be_endless_breaks_it_at_the_limit(void **state)
{
    struct fixture *fixture = *state;
    struct client *client = greeted(fixture);
    char *piece = malloc(50001);
    struct call call;

    memset(piece, 'x', 50000);
    piece[50000] = '\0';
    assert_int_equal(call_send(client, &call, "GET a", 0), GW_OK);
    peer_say(fixture->peer, "$2000000000\r\n");
    peer_say(fixture->peer, piece);
    scene_turn_for(client->loop, 5000);
    assert_int_equal(call.times, 0);
    peer_say(fixture->peer, piece);
    UNTIL(client->loop, call.times == 1);
    assert_int_equal(call.err, GW_E_UNAVAILABLE);
    assert_non_null(strstr(client->reason, "larger than the limit"));
    free(piece);
}

static void an_answer_nobody_asked_for_breaks_it(void **state)
{
    struct fixture *fixture = *state;
    struct client *client = greeted(fixture);

    peer_say(fixture->peer, "+OK\r\n");
    UNTIL(client->loop, client->downs == 1);
    assert_string_equal(client->reason, "server answers what nobody asked");
}

static void an_answer_may_come_byte_by_byte(void **state)
{
    static const char ANSWER[] = "*2\r\n:1\r\n$3\r\nabc\r\n";
    struct fixture *fixture = *state;
    struct client *client = greeted(fixture);
    struct call call;
    size_t i;

    assert_int_equal(call_send(client, &call, "GET a", 0), GW_OK);
    for (i = 0; i < sizeof(ANSWER) - 1; i++) {
        char byte[2] = {ANSWER[i], '\0'};

        assert_int_equal(call.times, 0);
        peer_say(fixture->peer, byte);
        gw_loop_turn(client->loop, 1000);
    }
    UNTIL(client->loop, call.times == 1);
    assert_int_equal(call.reply.kind, GW_REDIS_ARRAY);
}

static void a_greeting_that_is_never_answered_is_given_up(void **state)
{
    struct fixture *fixture = *state;
    struct client *client = &fixture->client;
    struct peer *again;

    UNTIL(client->loop, client->downs == 1);
    assert_string_equal(client->reason, "could not connect in time");
    peer_expect_end(fixture->peer);
    again = peer_accept(client->loop, fixture->listener);
    peer_expect(again, "PING");
    peer_close(again);
}

static void a_server_that_is_still_loading_is_tried_again(void **state)
{
    struct fixture *fixture = *state;
    struct client *client = &fixture->client;
    struct peer *again;

    peer_expect(fixture->peer, "PING");
    peer_say(fixture->peer, "-LOADING Redis is loading the dataset in memory\r\n");
    UNTIL(client->loop, client->downs == 1);
    assert_non_null(strstr(client->reason, "LOADING"));
    again = peer_accept(client->loop, fixture->listener);
    peer_expect(again, "PING");
    peer_say(again, "+PONG\r\n");
    UNTIL(client->loop, client->is_up);
    peer_close(again);
}

static void commands_of_one_turn_leave_together(void **state)
{
    struct fixture *fixture = *state;
    struct client *client = greeted(fixture);
    struct call calls[3];
    char bytes[256];
    ssize_t size;

    assert_int_equal(call_send(client, &calls[0], "GET a", 0), GW_OK);
    assert_int_equal(call_send(client, &calls[1], "GET b", 0), GW_OK);
    assert_int_equal(call_send(client, &calls[2], "GET c", 0), GW_OK);
    gw_loop_turn(client->loop, 0);
    size = recv(fixture->peer->fd, bytes, sizeof(bytes), 0);
    assert_int_equal(size, 3 * (sizeof("*2\r\n$3\r\nGET\r\n$1\r\na\r\n") - 1));
    peer_say(fixture->peer, "$1\r\n1\r\n$-1\r\n-ERR no\r\n");
    UNTIL(client->loop, calls[2].times == 1);
    assert_string_equal(calls[0].text, "1");
    assert_int_equal(calls[1].reply.kind, GW_REDIS_NIL);
    assert_int_equal(calls[2].reply.kind, GW_REDIS_ERROR);
}

#define PLAYED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        PLAYED(what_is_no_answer_breaks_it),
        PLAYED(an_array_that_claims_too_many_items_breaks_it),
        PLAYED(arrays_in_arrays_share_one_budget),
        PLAYED(a_text_that_claims_to_be_endless_breaks_it_at_the_limit),
        PLAYED(an_answer_nobody_asked_for_breaks_it),
        PLAYED(an_answer_may_come_byte_by_byte),
        PLAYED(a_greeting_that_is_never_answered_is_given_up),
        PLAYED(a_server_that_is_still_loading_is_tried_again),
        PLAYED(commands_of_one_turn_leave_together),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/redis/commands", tests, NULL, NULL);
}
