/* SPDX-License-Identifier: MIT */
/*
 * Against a real server.
 */
#include "lib/redis/redis.h"

#include "tests/unit/lib/redis/server.h"

struct fixture {
    struct server server;
    struct client client;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    server_make_room(&fixture->server);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    client_close(&fixture->client);
    server_clear(&fixture->server);
    free(fixture);
    return 0;
}

static struct client *connected(struct fixture *fixture)
{
    struct gw_redis_conf conf = client_conf(fixture->server.socket);

    server_start(&fixture->server, NULL, NULL);
    client_open(&fixture->client, &conf);
    UNTIL(fixture->client.loop, fixture->client.is_up);
    return &fixture->client;
}

/* ---- Answers ---------------------------------------------------------------------------- */

static void every_kind_of_answer_arrives(void **state)
{
    struct client *client = connected(*state);
    struct call call;

    call_wait(client, &call, "SET a hello");
    assert_int_equal(call.reply.kind, GW_REDIS_TEXT);
    assert_string_equal(call.text, "OK");
    call_wait(client, &call, "GET a");
    assert_int_equal(call.reply.kind, GW_REDIS_TEXT);
    assert_string_equal(call.text, "hello");
    call_wait(client, &call, "GET nothing");
    assert_int_equal(call.reply.kind, GW_REDIS_NIL);
    call_wait(client, &call, "INCRBY n -7");
    assert_int_equal(call.reply.kind, GW_REDIS_INT);
    assert_int_equal(call.reply.number, -7);
    call_wait(client, &call, "INCR a");
    assert_int_equal(call.err, GW_OK);
    assert_int_equal(call.reply.kind, GW_REDIS_ERROR);
    assert_non_null(strstr(call.text, "not an integer"));
}

static void items_done(void *owner, enum gw_err err, const struct gw_redis_reply *reply)
{
    struct gw_redis_reply inner;

    assert_int_equal(err, GW_OK);
    assert_int_equal(reply->kind, GW_REDIS_ARRAY);
    assert_int_equal(reply->count, 3);
    assert_int_equal(gw_redis_item(reply, 0).number, 7);
    assert_true(gw_text_eq(gw_redis_item(reply, 1).text, GW_TEXT("x\0y")));
    inner = gw_redis_item(reply, 2);
    assert_int_equal(inner.kind, GW_REDIS_ARRAY);
    assert_int_equal(gw_redis_item(&inner, 0).kind, GW_REDIS_NIL);
    *(bool *)owner = true;
}

static void arrays_and_bytes_come_through(void **state)
{
    struct client *client = connected(*state);
    struct gw_text args[] = {GW_TEXT("EVAL"), GW_TEXT("return {7, ARGV[1], {false}}"), GW_TEXT("0"),
                             GW_TEXT("x\0y")};
    bool is_done = false;

    assert_int_equal(gw_redis_command(client->redis, args, 4, 0, items_done, &is_done), GW_OK);
    UNTIL(client->loop, is_done);
}

static void answers_come_in_order_and_once(void **state)
{
    struct client *client = connected(*state);
    static struct call calls[1000];
    size_t i;

    for (i = 0; i < 1000; i++) {
        assert_int_equal(call_send(client, &calls[i], "INCR n", 0), GW_OK);
        assert_int_equal(calls[i].times, 0);
    }
    UNTIL(client->loop, calls[999].times > 0);
    for (i = 0; i < 1000; i++) {
        assert_int_equal(calls[i].times, 1);
        assert_int_equal(calls[i].reply.number, i + 1);
    }
}

static void a_large_command_goes_out_in_pieces(void **state)
{
    struct fixture *fixture = *state;
    struct client *client = connected(fixture);
    size_t len = 8 * 1024 * 1024;
    char *value = malloc(len);
    struct gw_text set[] = {GW_TEXT("SET"), GW_TEXT("big"), {memset(value, 'v', len), len}};
    struct call call = {0};

    assert_int_equal(gw_redis_command(client->redis, set, 3, 0, call_done, &call), GW_OK);
    UNTIL(client->loop, call.times == 1);
    assert_string_equal(call.text, "OK");
    call_wait(client, &call, "STRLEN big");
    assert_int_equal(call.reply.number, len);
    free(value);
}

static void a_command_beyond_the_limit_is_not_taken(void **state)
{
    struct fixture *fixture = *state;
    struct client *client = connected(fixture);
    size_t len = 17 * 1024 * 1024;
    char *value = calloc(1, len);
    struct gw_text set[] = {GW_TEXT("SET"), GW_TEXT("big"), {value, len}};
    struct call call = {0};

    assert_int_equal(gw_redis_command(client->redis, set, 3, 0, call_done, &call), GW_E_TOO_LARGE);
    set[2].len = 9 * 1024 * 1024;
    assert_int_equal(gw_redis_command(client->redis, set, 3, 0, call_done, &call), GW_OK);
    assert_int_equal(gw_redis_command(client->redis, set, 3, 0, call_done, &call), GW_E_FULL);
    UNTIL(client->loop, call.times == 1);
    free(value);
}

static void only_so_many_may_wait(void **state)
{
    struct fixture *fixture = *state;
    struct gw_redis_conf conf = client_conf(fixture->server.socket);
    struct client *client = &fixture->client;
    struct call calls[4];

    conf.pending_max = 3;
    server_start(&fixture->server, NULL, NULL);
    client_open(client, &conf);
    UNTIL(client->loop, client->is_up);
    assert_int_equal(call_send(client, &calls[0], "PING", 0), GW_OK);
    assert_int_equal(call_send(client, &calls[1], "PING", 0), GW_OK);
    assert_int_equal(call_send(client, &calls[2], "PING", 0), GW_OK);
    assert_int_equal(call_send(client, &calls[3], "PING", 0), GW_E_FULL);
    UNTIL(client->loop, calls[2].times == 1);
    assert_int_equal(calls[3].times, 0);
    call_wait(client, &calls[3], "PING");
}

static void an_answer_beyond_the_limit_breaks_the_connection(void **state)
{
    struct fixture *fixture = *state;
    struct client *client = connected(fixture);
    struct gw_text eval[] = {GW_TEXT("EVAL"), GW_TEXT("return string.rep('x', 200000)"),
                             GW_TEXT("0")};
    struct call call = {0};

    assert_int_equal(gw_redis_command(client->redis, eval, 3, 0, call_done, &call), GW_OK);
    UNTIL(client->loop, call.times == 1);
    assert_int_equal(call.err, GW_E_UNAVAILABLE);
    assert_non_null(strstr(client->reason, "larger than the limit"));
    UNTIL(client->loop, client->is_up); /* and comes back */
}

/* ---- Greeting --------------------------------------------------------------------------- */

static void password_and_database_come_first(void **state)
{
    struct fixture *fixture = *state;
    struct gw_redis_conf conf = client_conf(fixture->server.socket);
    struct client *client = &fixture->client;
    char password[] = "pass word";
    struct call call;

    conf.password = password;
    conf.database = 3;
    server_start(&fixture->server, "--requirepass", "pass word");
    client_open(client, &conf);
    memset(password, 'x', sizeof(password) - 1); /* texts were copied */
    UNTIL(client->loop, client->is_up);
    call_wait(client, &call, "CLIENT INFO");
    assert_non_null(strstr(call.text, " db=3 "));
}

static void a_wrong_password_keeps_it_down_and_says_why(void **state)
{
    struct fixture *fixture = *state;
    struct gw_redis_conf conf = client_conf(fixture->server.socket);
    struct client *client = &fixture->client;
    struct call call;

    conf.user = "somebody";
    conf.password = "hunter2";
    server_start(&fixture->server, "--requirepass", "another");
    client_open(client, &conf);
    UNTIL(client->loop, client->downs > 0);
    assert_non_null(strstr(client->reason, "server refused the greeting: WRONGPASS"));
    assert_null(strstr(client->reason, "hunter2"));
    assert_int_equal(call_send(client, &call, "PING", 0), GW_E_UNAVAILABLE);
    scene_turn_for(client->loop, 60000); /* several more attempts: the same reason is old news */
    assert_int_equal(client->downs, 1);
    assert_int_equal(client->ups, 0);
}

/* ---- Coming and going ------------------------------------------------------------------- */

static void it_comes_up_when_the_server_does(void **state)
{
    struct fixture *fixture = *state;
    struct gw_redis_conf conf = client_conf(fixture->server.socket);
    struct client *client = &fixture->client;
    struct call call;

    client_open(client, &conf);
    assert_int_equal(call_send(client, &call, "PING", 0), GW_E_UNAVAILABLE);
    UNTIL(client->loop, client->downs == 1);
    assert_non_null(strstr(client->reason, "No such file"));
    server_start(&fixture->server, NULL, NULL);
    UNTIL(client->loop, client->is_up);
    call_wait(client, &call, "PING");
    assert_string_equal(call.text, "PONG");
}

static void what_was_pending_is_told_when_the_server_dies(void **state)
{
    struct fixture *fixture = *state;
    struct client *client = connected(fixture);
    struct call blocked, behind, late;

    assert_int_equal(call_send(client, &blocked, "BLPOP nothing 0", 0), GW_OK);
    assert_int_equal(call_send(client, &behind, "PING", 0), GW_OK);
    scene_turn_for(client->loop, 5000);
    server_stop(&fixture->server);
    UNTIL(client->loop, behind.times > 0);
    assert_int_equal(blocked.times, 1);
    assert_int_equal(blocked.err, GW_E_UNAVAILABLE);
    assert_int_equal(behind.err, GW_E_UNAVAILABLE);
    assert_int_equal(client->downs, 1);
    assert_int_equal(call_send(client, &late, "PING", 0), GW_E_UNAVAILABLE);

    server_start(&fixture->server, NULL, NULL);
    UNTIL(client->loop, client->ups == 2);
    call_wait(client, &late, "PING");
    assert_string_equal(late.text, "PONG");
    assert_int_equal(blocked.times + behind.times, 2);
}

static void a_late_answer_finds_nobody_and_harms_nobody(void **state)
{
    struct client *client = connected(*state);
    struct call slow, behind, next;

    assert_int_equal(call_send(client, &slow, "BLPOP list 1", 20000), GW_OK);
    UNTIL(client->loop, slow.times == 1);
    assert_int_equal(slow.err, GW_E_TIMEOUT);
    assert_int_equal(call_send(client, &behind, "ECHO behind", 0), GW_OK);
    UNTIL(client->loop, behind.times == 1); /* after the first one's answer, which is dropped */
    assert_string_equal(behind.text, "behind");
    assert_int_equal(slow.times, 1);
    assert_int_equal(client->downs, 0);
    call_wait(client, &next, "ECHO next");
    assert_string_equal(next.text, "next");
}

static void a_server_that_falls_silent_is_left(void **state)
{
    struct fixture *fixture = *state;
    struct gw_redis_conf conf = client_conf(fixture->server.socket);
    struct client *client = &fixture->client;
    struct call first, behind;

    conf.command_timeout_us = 30000;
    server_start(&fixture->server, NULL, NULL);
    client_open(client, &conf);
    UNTIL(client->loop, client->is_up);
    kill(fixture->server.pid, SIGSTOP);
    assert_int_equal(call_send(client, &first, "PING", 0), GW_OK);
    assert_int_equal(call_send(client, &behind, "PING", 5000000), GW_OK);
    UNTIL(client->loop, behind.times == 1);
    assert_int_equal(first.err, GW_E_TIMEOUT);
    assert_int_equal(behind.err, GW_E_UNAVAILABLE);
    assert_string_equal(client->reason, "server does not answer");
    kill(fixture->server.pid, SIGCONT);
    UNTIL(client->loop, client->is_up);
}

/* ---- Closing ---------------------------------------------------------------------------- */

static void closing_tells_what_is_pending_once(void **state)
{
    struct client *client = connected(*state);
    struct call blocked, unsent;

    assert_int_equal(call_send(client, &blocked, "BLPOP nothing 0", 0), GW_OK);
    scene_turn_for(client->loop, 5000);
    assert_int_equal(call_send(client, &unsent, "PING", 0), GW_OK);
    gw_redis_close(client->redis);
    assert_int_equal(blocked.times + unsent.times, 0); /* never inside */
    client->redis = NULL;
    UNTIL(client->loop, unsent.times == 1);
    assert_int_equal(blocked.times, 1);
    assert_int_equal(blocked.err, GW_E_UNAVAILABLE);
    assert_int_equal(client->downs, 0);
}

struct closer {
    struct client *client;
    int times;
};

static void close_done(void *owner, enum gw_err err, const struct gw_redis_reply *reply)
{
    struct closer *closer = owner;

    (void)err;
    (void)reply;
    closer->times++;
    gw_redis_close(closer->client->redis);
    closer->client->redis = NULL;
}

static void it_may_be_closed_inside_an_answer(void **state)
{
    struct client *client = connected(*state);
    struct closer closer = {client, 0};
    struct gw_text ping = GW_TEXT("PING");
    struct call behind;

    assert_int_equal(gw_redis_command(client->redis, &ping, 1, 0, close_done, &closer), GW_OK);
    assert_int_equal(call_send(client, &behind, "PING", 0), GW_OK);
    UNTIL(client->loop, behind.times == 1);
    assert_int_equal(closer.times, 1);
    assert_int_equal(behind.err, GW_E_UNAVAILABLE);
}

static void it_may_be_closed_when_it_is_told_that_it_is_down(void **state)
{
    struct fixture *fixture = *state;
    struct client *client = connected(fixture);
    struct call blocked;

    client->closes_when_down = true;
    assert_int_equal(call_send(client, &blocked, "BLPOP nothing 0", 0), GW_OK);
    scene_turn_for(client->loop, 5000);
    server_stop(&fixture->server);
    UNTIL(client->loop, blocked.times == 1);
    assert_int_equal(client->downs, 1);
    assert_null(client->redis);
}

/* ---- Addresses -------------------------------------------------------------------------- */

static void an_address_without_sense_is_refused(void **state)
{
    static const char *const ADDRESSES[] = {
        "", ":6379", "host:", "host:0", "host:70000", "host:port"};
    struct client *client = &((struct fixture *)*state)->client;
    struct gw_redis_watch watch = {client_on_state, client};
    struct gw_redis_conf conf = client_conf("");
    struct gw_fault fault;
    size_t i;

    client->loop = gw_loop_new();
    for (i = 0; i < sizeof(ADDRESSES) / sizeof(ADDRESSES[0]); i++) {
        conf.address = ADDRESSES[i];
        assert_int_equal(gw_redis_open(client->loop, &conf, &watch, &client->redis, &fault),
                         GW_E_INVALID);
        assert_non_null(strstr(fault.text, " has no "));
    }
}

static void a_refused_port_is_told(void **state)
{
    struct client *client = &((struct fixture *)*state)->client;
    struct gw_redis_conf conf;
    char address[32];
    uint16_t port;

    close(peer_listen(&port)); /* nobody listens there any more */
    snprintf(address, sizeof(address), "127.0.0.1:%u", port);
    conf = client_conf(address);
    client_open(client, &conf);
    UNTIL(client->loop, client->downs == 1);
    assert_string_equal(client->reason, "Connection refused");
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        SERVED(every_kind_of_answer_arrives),
        SERVED(arrays_and_bytes_come_through),
        SERVED(answers_come_in_order_and_once),
        SERVED(a_large_command_goes_out_in_pieces),
        SERVED(a_command_beyond_the_limit_is_not_taken),
        SERVED(only_so_many_may_wait),
        SERVED(an_answer_beyond_the_limit_breaks_the_connection),
        SERVED(password_and_database_come_first),
        SERVED(a_wrong_password_keeps_it_down_and_says_why),
        SERVED(it_comes_up_when_the_server_does),
        SERVED(what_was_pending_is_told_when_the_server_dies),
        SERVED(a_late_answer_finds_nobody_and_harms_nobody),
        SERVED(a_server_that_falls_silent_is_left),
        SERVED(closing_tells_what_is_pending_once),
        SERVED(it_may_be_closed_inside_an_answer),
        SERVED(it_may_be_closed_when_it_is_told_that_it_is_down),
        SERVED(an_address_without_sense_is_refused),
        SERVED(a_refused_port_is_told),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/redis/redis", tests, NULL, NULL);
}
