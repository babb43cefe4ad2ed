/* SPDX-License-Identifier: MIT */
/*
 * Server and client in one process, on one loop, over real sockets.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/check.h"
#include "lib/rpc/rpc_client.h"
#include "lib/rpc/rpc_server.h"
#include "lib/units/backoff.h"
#include "lib/units/clock.h"
#include "tests/support/cmocka_first.h"

#define LATE_US     (20 * GW_US_PER_SECOND)
#define PIECE_SIZE  ((size_t)64 * 1024)
#define PIECE_COUNT 2000

struct world;

/* The server's end of a stream. */
struct served {
    struct world *world;
    struct gw_rpc_stream *stream;
    size_t sent;     /* pieces */
    bool is_pouring; /* sends pieces as fast as it may */
    bool is_done;
    enum gw_err err;
};

/* The client's end of a stream. */
struct talk {
    struct world *world;
    struct gw_rpc_stream *stream;
    bool is_open, is_done;
    enum gw_err err;
    char why[300];
    size_t received;
    size_t wrong; /* pieces out of order */
    bool pauses_at_once;
    char last[64];
    size_t last_len;
};

struct world {
    struct gw_courier *courier;
    struct gw_loop *loop;
    struct gw_timer late;
    bool is_late;
    char folder[64];
    char address[96]; /* "unix:<folder>/s" */
    struct gw_rpc_server *server;
    struct gw_rpc_client *client;
    bool is_server_closed, is_client_closed;
    struct gw_rpc_question *waiting; /* a question that nobody answers yet */
    struct served served;
    size_t streams; /* that were served */
    struct talk talks[2];
    char piece[64 * 1024];
};

/* A call has come to something: let the test look. */
static void poke(struct world *world)
{
    gw_loop_stop(world->loop);
}

#define UNTIL(world, condition)                                                                    \
    do {                                                                                           \
        gw_timer_start((world)->loop, &(world)->late, LATE_US);                                    \
        while (!(condition)) {                                                                     \
            assert_false((world)->is_late);                                                        \
            gw_loop_run((world)->loop);                                                            \
        }                                                                                          \
    } while (0)

/* ---- The server's end ------------------------------------------------------------------- */

static void on_echo(void *owner, struct gw_rpc_question *question, struct gw_text request)
{
    struct world *world = owner;

    if (gw_text_eq(request, GW_TEXT("fail"))) {
        gw_rpc_answer(question, GW_E_ABSENT, GW_TEXT_NONE, "no such user");
    } else if (gw_text_eq(request, GW_TEXT("wait"))) {
        world->waiting = question;
        poke(world);
    } else {
        gw_rpc_answer(question, GW_OK, request, "");
    }
}

static void pour(struct served *served)
{
    if (served->is_pouring && served->sent < PIECE_COUNT &&
        gw_rpc_stream_may_send(served->stream)) {
        memcpy(served->world->piece, &served->sent, sizeof(served->sent));
        served->sent++;
        gw_rpc_stream_send(served->stream, (struct gw_text){served->world->piece, PIECE_SIZE});
    }
}

static void on_served_message(void *owner, struct gw_text message)
{
    struct served *served = owner;

    if (gw_text_eq(message, GW_TEXT("pour"))) {
        served->is_pouring = true;
        pour(served);
    } else if (gw_text_eq(message, GW_TEXT("refuse"))) {
        gw_rpc_stream_end(served->stream, GW_E_CONFLICT, "not this version");
    } else if (gw_text_eq(message, GW_TEXT("finish"))) {
        gw_rpc_stream_end(served->stream, GW_OK, "");
    } else {
        gw_rpc_stream_send(served->stream, message);
    }
}

static void on_served_sent(void *owner)
{
    pour(owner);
}

static void on_served_done(void *owner, enum gw_err err, const char *why)
{
    struct served *served = owner;

    (void)why;
    served->stream = NULL;
    served->is_done = true;
    served->err = err;
    poke(served->world);
}

static enum gw_err on_stream(void *owner, struct gw_rpc_stream *stream,
                             const struct gw_rpc_stream_ops **ret_ops, void **ret_owner)
{
    static const struct gw_rpc_stream_ops OPS = {
        .on_message = on_served_message, .on_sent = on_served_sent, .on_done = on_served_done};
    struct world *world = owner;

    world->served = (struct served){.world = world, .stream = stream};
    world->streams++;
    *ret_ops = &OPS;
    *ret_owner = &world->served;
    return GW_OK;
}

static enum gw_err on_refused_stream(void *owner, struct gw_rpc_stream *stream,
                                     const struct gw_rpc_stream_ops **ret_ops, void **ret_owner)
{
    (void)owner;
    (void)stream;
    (void)ret_ops;
    (void)ret_owner;
    return GW_E_FORBIDDEN;
}

static const struct gw_rpc_method METHODS[] = {
    {.name = "/test.v1.Echo/Ask", .on_question = on_echo},
    {.name = "/test.v1.Echo/Talk", .on_stream = on_stream},
    {.name = "/test.v1.Echo/Closed", .on_stream = on_refused_stream},
};

/* ---- The client's end ------------------------------------------------------------------- */

struct asked {
    struct world *world;
    bool is_done;
    enum gw_err err;
    char reply[64];
    size_t reply_len;
    char why[300];
};

static void on_reply(void *owner, enum gw_err err, struct gw_text reply, const char *why)
{
    struct asked *asked = owner;

    asked->is_done = true;
    asked->err = err;
    asked->reply_len = reply.len;
    if (reply.len > 0 && reply.len <= sizeof(asked->reply)) {
        memcpy(asked->reply, reply.at, reply.len);
    }
    snprintf(asked->why, sizeof(asked->why), "%s", why);
    poke(asked->world);
}

static struct asked ask(struct world *world, const char *method, struct gw_text request,
                        int64_t timeout_us)
{
    struct asked asked = {.world = world};

    gw_rpc_call(world->client, method, request, timeout_us, on_reply, &asked);
    UNTIL(world, asked.is_done);
    return asked;
}

static void on_talk_open(void *owner)
{
    struct talk *talk = owner;

    talk->is_open = true;
    poke(talk->world);
}

static void on_talk_message(void *owner, struct gw_text message)
{
    struct talk *talk = owner;
    size_t number;

    if (message.len == PIECE_SIZE) {
        memcpy(&number, message.at, sizeof(number));
        talk->wrong += number != talk->received;
    } else if (message.len <= sizeof(talk->last)) {
        memcpy(talk->last, message.at, message.len);
        talk->last_len = message.len;
    }
    talk->received++;
    if (talk->pauses_at_once) {
        talk->pauses_at_once = false;
        gw_rpc_stream_pause(talk->stream);
    }
    poke(talk->world);
}

static void on_talk_sent(void *owner)
{
    struct talk *talk = owner;

    poke(talk->world);
}

static void on_talk_done(void *owner, enum gw_err err, const char *why)
{
    struct talk *talk = owner;

    talk->is_done = true;
    talk->stream = NULL;
    talk->err = err;
    snprintf(talk->why, sizeof(talk->why), "%s", why);
    poke(talk->world);
}

static void start_talk(struct world *world, const char *method, struct talk *talk)
{
    static const struct gw_rpc_stream_ops OPS = {.on_open = on_talk_open,
                                                 .on_message = on_talk_message,
                                                 .on_sent = on_talk_sent,
                                                 .on_done = on_talk_done};

    *talk = (struct talk){.world = world};
    talk->stream = gw_rpc_stream_open(world->client, method, &OPS, talk);
}

static void say(struct talk *talk, const char *text)
{
    UNTIL(talk->world, gw_rpc_stream_may_send(talk->stream));
    gw_rpc_stream_send(talk->stream, gw_text_of(text));
}

/* ---- A world ---------------------------------------------------------------------------- */

static void on_late(struct gw_timer *timer)
{
    struct world *world = GW_CONTAINER(timer, struct world, late);

    world->is_late = true;
    poke(world);
}

static void on_server_closed(void *owner)
{
    struct world *world = owner;

    world->is_server_closed = true;
    poke(world);
}

static void on_client_closed(void *owner)
{
    struct world *world = owner;

    world->is_client_closed = true;
    poke(world);
}

static void open_server(struct world *world, const struct gw_rpc_server_conf *conf)
{
    struct gw_fault fault = {""};
    enum gw_err err = gw_rpc_server_open(world->courier, world->loop, conf, METHODS,
                                         GW_COUNT(METHODS), world, &world->server, &fault);

    if (err != GW_OK) {
        fail_msg("%s", fault.text);
    }
    world->is_server_closed = false;
}

static void open_client(struct world *world, const struct gw_rpc_client_conf *conf)
{
    struct gw_fault fault = {""};

    if (gw_rpc_client_open(world->courier, world->loop, conf, &world->client, &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
    world->is_client_closed = false;
}

static void close_server(struct world *world)
{
    gw_rpc_server_close(world->server, on_server_closed, world);
    UNTIL(world, world->is_server_closed);
    world->server = NULL;
}

static void close_client(struct world *world)
{
    gw_rpc_client_close_then(world->client, on_client_closed, world);
    UNTIL(world, world->is_client_closed);
    world->client = NULL;
}

/* Only the courier and the loop. */
static int set_up_empty(void **state)
{
    struct world *world = GW_NEW(struct world);

    world->courier = gw_courier_new();
    world->loop = gw_loop_new();
    gw_timer_init(&world->late, on_late);
    snprintf(world->folder, sizeof(world->folder), "/tmp/rpc_test.XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    snprintf(world->address, sizeof(world->address), "unix:%s/s", world->folder);
    *state = world;
    return 0;
}

/* With a server and a client on a unix socket. */
static int set_up(void **state)
{
    struct world *world;

    set_up_empty(state);
    world = *state;
    open_server(world, &(struct gw_rpc_server_conf){.listen = world->address, .token = "t0ken"});
    open_client(world, &(struct gw_rpc_client_conf){.target = world->address, .token = "t0ken"});
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    char command[128];

    if (world->client != NULL) {
        close_client(world);
    }
    if (world->server != NULL) {
        close_server(world);
    }
    gw_timer_stop(world->loop, &world->late);
    gw_courier_free(world->courier);
    gw_loop_free(world->loop);
    snprintf(command, sizeof(command), "rm -r %s", world->folder);
    assert_int_equal(system(command), 0);
    gw_free(world);
    return 0;
}

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

/* ---- Tokens ----------------------------------------------------------------------------- */

static void assert_refused_with(struct world *world, const char *token)
{
    struct asked asked;
    struct talk *talk = &world->talks[0];

    close_client(world);
    open_client(world, &(struct gw_rpc_client_conf){.target = world->address, .token = token});
    asked = ask(world, "/test.v1.Echo/Ask", GW_TEXT("x"), GW_US_PER_SECOND);
    assert_int_equal(asked.err, GW_E_UNAUTHENTICATED);
    start_talk(world, "/test.v1.Echo/Talk", talk);
    UNTIL(world, talk->is_done);
    assert_int_equal(talk->err, GW_E_UNAUTHENTICATED);
    assert_string_equal(talk->why, "token is missing or wrong");
}

static void who_shows_no_token_or_another_is_refused(void **state)
{
    struct world *world = *state;

    assert_refused_with(world, NULL);
    assert_refused_with(world, "t0keN");
    assert_refused_with(world, "t0ke");
    assert_refused_with(world, "t0kenn");
    assert_int_equal(world->streams, 0);
}

static void tokens_that_cannot_travel_are_refused_at_once(void **state)
{
    struct world *world = *state;
    struct gw_rpc_client_conf conf = {.target = world->address, .token = "a b"};
    struct gw_fault fault;

    assert_int_equal(gw_rpc_client_open(world->courier, world->loop, &conf, &world->client, &fault),
                     GW_E_INVALID);
    conf.token = "";
    assert_int_equal(gw_rpc_client_open(world->courier, world->loop, &conf, &world->client, &fault),
                     GW_E_INVALID);
}

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
    while (attempts < 3) { /* some of them fail, as they must */
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

/* ---- TLS -------------------------------------------------------------------------------- */

static void shell(struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void shell(struct world *world, const char *format, ...)
{
    char command[1024], line[1200];
    va_list args;

    va_start(args, format);
    vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    snprintf(line, sizeof(line), "cd %s && (%s) >log 2>&1 || (cat log; false)", world->folder,
             command);
    assert_int_equal(system(line), 0);
}

#define NEW_KEY "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"

static void make_certificates(struct world *world)
{
    shell(world, "openssl req -x509 " NEW_KEY " -keyout ca.key -out ca.pem -subj /CN=ca");
    for (size_t i = 0; i < 2; i++) {
        const char *name = i == 0 ? "server" : "client";

        shell(world,
              "openssl req " NEW_KEY " -keyout %s.key -out %s.csr -subj /CN=%s &&"
              " printf 'subjectAltName=DNS:localhost,IP:127.0.0.1' >ext &&"
              " openssl x509 -req -in %s.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
              " -extfile ext -out %s.pem",
              name, name, name, name, name);
    }
    shell(world, "openssl req -x509 " NEW_KEY " -keyout x.key -out x.pem -subj /CN=x");
}

struct paths {
    char ca[96], server[96], server_key[96], client[96], client_key[96], other[96];
};

static void name_paths(struct world *world, struct paths *paths)
{
    snprintf(paths->ca, sizeof(paths->ca), "%s/ca.pem", world->folder);
    snprintf(paths->server, sizeof(paths->server), "%s/server.pem", world->folder);
    snprintf(paths->server_key, sizeof(paths->server_key), "%s/server.key", world->folder);
    snprintf(paths->client, sizeof(paths->client), "%s/client.pem", world->folder);
    snprintf(paths->client_key, sizeof(paths->client_key), "%s/client.key", world->folder);
    snprintf(paths->other, sizeof(paths->other), "%s/x.pem", world->folder);
}

static enum gw_err ask_as(struct world *world, const struct gw_rpc_client_conf *conf)
{
    enum gw_err err;

    open_client(world, conf);
    err = ask(world, "/test.v1.Echo/Ask", GW_TEXT("x"), 10 * GW_US_PER_SECOND).err;
    close_client(world);
    return err;
}

static void with_tls_both_ends_must_show_who_they_are(void **state)
{
    struct world *world = *state;
    struct paths paths;
    char target[64];

    make_certificates(world);
    name_paths(world, &paths);
    open_server(world, &(struct gw_rpc_server_conf){.listen = "127.0.0.1:0",
                                                    .token = "t0ken",
                                                    .ca_file = paths.ca,
                                                    .certificate_file = paths.server,
                                                    .key_file = paths.server_key});
    snprintf(target, sizeof(target), "127.0.0.1:%d", gw_rpc_server_port(world->server));
    assert_int_equal(ask_as(world, &(struct gw_rpc_client_conf){.target = target,
                                                                .token = "t0ken",
                                                                .ca_file = paths.ca,
                                                                .certificate_file = paths.client,
                                                                .key_file = paths.client_key}),
                     GW_OK);
    assert_int_equal(ask_as(world, &(struct gw_rpc_client_conf){.target = target,
                                                                .ca_file = paths.ca,
                                                                .certificate_file = paths.client,
                                                                .key_file = paths.client_key}),
                     GW_E_UNAUTHENTICATED); /* a certificate does not replace the token */
    assert_int_equal(ask_as(world, &(struct gw_rpc_client_conf){.target = target,
                                                                .token = "t0ken",
                                                                .ca_file = paths.ca}),
                     GW_E_UNAVAILABLE); /* no certificate */
    assert_int_equal(ask_as(world, &(struct gw_rpc_client_conf){.target = target,
                                                                .token = "t0ken",
                                                                .ca_file = paths.other,
                                                                .certificate_file = paths.client,
                                                                .key_file = paths.client_key}),
                     GW_E_UNAVAILABLE); /* the server's is not the one expected */
    assert_int_equal(
        ask_as(world, &(struct gw_rpc_client_conf){.target = target, .token = "t0ken"}),
        GW_E_UNAVAILABLE); /* clear text */
}

static void files_that_are_no_certificates_are_named(void **state)
{
    struct world *world = *state;
    struct gw_fault fault;
    struct paths paths;
    struct gw_rpc_client_conf client = {.target = "127.0.0.1:1"};
    struct gw_rpc_server_conf server = {.listen = "127.0.0.1:0"};

    make_certificates(world);
    name_paths(world, &paths);
    client.ca_file = "/nonexistent/ca.pem";
    assert_int_equal(
        gw_rpc_client_open(world->courier, world->loop, &client, &world->client, &fault),
        GW_E_ABSENT);
    assert_non_null(strstr(fault.text, "/nonexistent/ca.pem"));
    client.ca_file = paths.client_key;
    assert_int_equal(
        gw_rpc_client_open(world->courier, world->loop, &client, &world->client, &fault),
        GW_E_INVALID);
    client.ca_file = paths.ca;
    client.certificate_file = paths.client;
    assert_int_equal(
        gw_rpc_client_open(world->courier, world->loop, &client, &world->client, &fault),
        GW_E_INVALID);
    server.certificate_file = paths.server;
    server.key_file = paths.client_key; /* another's */
    assert_int_not_equal(gw_rpc_server_open(world->courier, world->loop, &server, METHODS,
                                            GW_COUNT(METHODS), world, &world->server, &fault),
                         GW_OK);
    server.certificate_file = server.key_file = NULL;
    server.ca_file = paths.ca;
    assert_int_equal(gw_rpc_server_open(world->courier, world->loop, &server, METHODS,
                                        GW_COUNT(METHODS), world, &world->server, &fault),
                     GW_E_INVALID);
    world->server = NULL;
    world->client = NULL;
}

#define WITH_BOTH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define ALONE(test)     cmocka_unit_test_setup_teardown(test, set_up_empty, tear_down)

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
        WITH_BOTH(who_shows_no_token_or_another_is_refused),
        ALONE(tokens_that_cannot_travel_are_refused_at_once),
        WITH_BOTH(a_stream_carries_messages_both_ways_and_ends_in_order),
        WITH_BOTH(a_server_ends_a_stream_in_order_or_with_a_reason),
        WITH_BOTH(a_client_that_cancels_is_noticed),
        WITH_BOTH(a_receiver_that_pauses_holds_the_sender_back),
        WITH_BOTH(what_came_before_an_orderly_end_is_handed_on_after_a_pause),
        WITH_BOTH(a_server_that_comes_back_is_found_within_a_second),
        ALONE(an_address_that_is_taken_is_named),
        ALONE(a_socket_left_behind_is_replaced),
        WITH_BOTH(a_server_closes_while_calls_are_open),
        WITH_BOTH(a_client_closes_while_calls_are_open),
        ALONE(a_client_closes_before_its_stream_is_open),
        WITH_BOTH(health_is_told_without_a_token),
        WITH_BOTH(changes_of_health_are_told_to_who_watches),
        ALONE(with_tls_both_ends_must_show_who_they_are),
        ALONE(files_that_are_no_certificates_are_named),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/rpc/rpc", tests, NULL, NULL);
}
