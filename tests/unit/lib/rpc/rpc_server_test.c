/* SPDX-License-Identifier: MIT */
#include "tests/support/rpc_pair.h"

/* ---- Addresses -------------------------------------------------------------------------- */

static enum gw_err open_second(struct world *world, const char *listen, struct gw_fault *fault)
{
    struct gw_rpc_server_conf conf = {.listen = listen};
    struct gw_rpc_server *server;

    return gw_rpc_server_open(world->courier, world->loop, &conf, METHODS, GW_COUNT(METHODS), world,
                              &server, fault);
}

static void an_address_that_is_taken_is_named(void **state)
{
    struct world *world = *state;
    struct gw_fault fault;
    char listen[64];

    open_server(world, &(struct gw_rpc_server_conf){.listen = "127.0.0.1:0"});
    snprintf(listen, sizeof(listen), "127.0.0.1:%d", gw_rpc_server_port(world->server));
    assert_int_equal(open_second(world, listen, &fault), GW_E_UNAVAILABLE);
    assert_non_null(strstr(fault.text, listen));
    close_server(world);

    open_server(world, &(struct gw_rpc_server_conf){.listen = world->address});
    assert_int_equal(open_second(world, world->address, &fault), GW_E_UNAVAILABLE);
    assert_non_null(strstr(fault.text, world->address));
    assert_int_equal(open_second(world, "nonsense", &fault), GW_E_INVALID);
    assert_int_equal(open_second(world, "unix:relative", &fault), GW_E_INVALID);
    assert_int_equal(open_second(world, "127.0.0.1:99999", &fault), GW_E_INVALID);
    assert_int_equal(open_second(world, "192.0.2.1:0", &fault), GW_E_UNAVAILABLE); /* not ours */
}

static void a_socket_left_behind_is_replaced(void **state)
{
    struct world *world = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", world->address + 5);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
    assert_int_equal(access(address.sun_path, F_OK), 0);
    open_server(world, &(struct gw_rpc_server_conf){.listen = world->address});
    open_client(world, &(struct gw_rpc_client_conf){.target = world->address});
    assert_int_equal(ask(world, "/test.v1.Echo/Ask", GW_TEXT("x"), GW_US_PER_SECOND).err, GW_OK);
}

/* ---- Closing ---------------------------------------------------------------------------- */

static void a_server_closes_while_calls_are_open(void **state)
{
    struct world *world = *state;
    struct asked asked = {.world = world};
    struct talk *talk = &world->talks[0];

    start_talk(world, "/test.v1.Echo/Talk", talk);
    gw_rpc_call(world->client, "/test.v1.Echo/Ask", GW_TEXT("wait"), 60 * GW_US_PER_SECOND,
                on_reply, &asked);
    UNTIL(world, talk->is_open && world->waiting != NULL);
    gw_rpc_server_close(world->server, on_server_closed, world);
    UNTIL(world, talk->is_done && world->served.is_done && asked.is_done);
    assert_int_equal(world->served.err, GW_E_CLOSED);
    assert_int_not_equal(talk->err, GW_OK);
    assert_int_not_equal(asked.err, GW_OK);
    assert_false(world->is_server_closed); /* a question is still unanswered */
    gw_rpc_answer(world->waiting, GW_OK, GW_TEXT("late"), "");
    UNTIL(world, world->is_server_closed);
    world->server = NULL;
}

static void a_client_closes_while_calls_are_open(void **state)
{
    struct world *world = *state;
    struct asked asked = {.world = world};
    struct talk *talk = &world->talks[0];

    start_talk(world, "/test.v1.Echo/Talk", talk);
    gw_rpc_call(world->client, "/test.v1.Echo/Ask", GW_TEXT("wait"), 60 * GW_US_PER_SECOND,
                on_reply, &asked);
    UNTIL(world, talk->is_open && world->waiting != NULL);
    close_client(world);
    assert_true(talk->is_done);
    assert_int_equal(talk->err, GW_E_CLOSED);
    assert_true(asked.is_done);
    assert_int_equal(asked.err, GW_E_CLOSED);
    UNTIL(world, world->served.is_done);
    assert_int_equal(world->served.err, GW_E_CLOSED);
    gw_rpc_answer(world->waiting, GW_OK, GW_TEXT("late"), "");
}

static void what_is_asked_of_a_closing_client_ends_as_well(void **state)
{
    struct world *world = *state;
    struct talk *talk = &world->talks[0];
    struct asked asked = {.world = world};

    gw_rpc_client_close_then(world->client, on_client_closed, world);
    gw_rpc_call(world->client, "/test.v1.Echo/Ask", GW_TEXT("x"), GW_US_PER_SECOND, on_reply,
                &asked);
    start_talk(world, "/test.v1.Echo/Talk", talk);
    UNTIL(world, world->is_client_closed);
    world->client = NULL;
    assert_true(asked.is_done);
    assert_int_equal(asked.err, GW_E_CLOSED);
    assert_true(talk->is_done);
    assert_int_equal(talk->err, GW_E_CLOSED);
}

static void a_client_closes_before_its_stream_is_open(void **state)
{
    struct world *world = *state;
    struct talk *talk = &world->talks[0];

    open_client(world, &(struct gw_rpc_client_conf){.target = world->address});
    start_talk(world, "/test.v1.Echo/Talk", talk);
    close_client(world);
    assert_true(talk->is_done);
    assert_false(talk->is_open);
}

/* ---- Health ----------------------------------------------------------------------------- */

#define CHECK "/grpc.health.v1.Health/Check"
#define WATCH "/grpc.health.v1.Health/Watch"

static void health_is_told_without_a_token(void **state)
{
    struct world *world = *state;
    struct asked asked;

    close_client(world);
    open_client(world, &(struct gw_rpc_client_conf){.target = world->address});
    asked = ask(world, CHECK, GW_TEXT(""), GW_US_PER_SECOND);
    assert_int_equal(asked.reply_len, 2);
    assert_memory_equal(asked.reply, "\x08\x02", 2);
    gw_rpc_server_set_serving(world->server, true);
    asked = ask(world, CHECK, GW_TEXT("\x0a\x0ctest.v1.Echo"), GW_US_PER_SECOND);
    assert_int_equal(asked.err, GW_OK);
    assert_memory_equal(asked.reply, "\x08\x01", 2);
    assert_int_equal(ask(world, CHECK, GW_TEXT("\x0a\x04test"), GW_US_PER_SECOND).err, GW_E_ABSENT);
    assert_int_equal(ask(world, CHECK, GW_TEXT("\x0a\x7ftest"), GW_US_PER_SECOND).err,
                     GW_E_INVALID);
}

static void changes_of_health_are_told_to_who_watches(void **state)
{
    struct world *world = *state;
    struct talk *talk = &world->talks[0], *stranger = &world->talks[1];

    start_talk(world, WATCH, talk);
    gw_rpc_stream_send(talk->stream, GW_TEXT(""));
    UNTIL(world, talk->received == 1);
    assert_memory_equal(talk->last, "\x08\x02", 2);
    gw_rpc_server_set_serving(world->server, true);
    UNTIL(world, talk->received == 2);
    assert_memory_equal(talk->last, "\x08\x01", 2);
    start_talk(world, WATCH, stranger);
    gw_rpc_stream_send(stranger->stream, GW_TEXT("\x0a\x01x"));
    UNTIL(world, stranger->received == 1);
    assert_memory_equal(stranger->last, "\x08\x03", 2);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ALONE(an_address_that_is_taken_is_named),
        ALONE(a_socket_left_behind_is_replaced),
        WITH_BOTH(a_server_closes_while_calls_are_open),
        WITH_BOTH(a_client_closes_while_calls_are_open),
        WITH_BOTH(what_is_asked_of_a_closing_client_ends_as_well),
        ALONE(a_client_closes_before_its_stream_is_open),
        WITH_BOTH(health_is_told_without_a_token),
        WITH_BOTH(changes_of_health_are_told_to_who_watches),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/rpc/rpc_server", tests, NULL, NULL);
}
