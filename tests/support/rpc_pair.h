/* SPDX-License-Identifier: MIT */
/*
 * rpc_pair - server and client in one process, on one loop, over real sockets.
 *
 * The server echoes, fails, waits, pours; see on_echo() and on_served_message(). Tests run the
 * loop with UNTIL() a condition, which every call-back makes it look at again.
 */
#ifndef TESTS_SUPPORT_RPC_PAIR_H
#define TESTS_SUPPORT_RPC_PAIR_H

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
static inline void poke(struct world *world)
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

static inline void on_echo(void *owner, struct gw_rpc_question *question, struct gw_text request)
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

static inline void pour(struct served *served)
{
    if (served->is_pouring && served->sent < PIECE_COUNT &&
        gw_rpc_stream_may_send(served->stream)) {
        memcpy(served->world->piece, &served->sent, sizeof(served->sent));
        served->sent++;
        gw_rpc_stream_send(served->stream, (struct gw_text){served->world->piece, PIECE_SIZE});
    }
}

static inline void on_served_message(void *owner, struct gw_text message)
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

static inline void on_served_sent(void *owner)
{
    pour(owner);
}

static inline void on_served_done(void *owner, enum gw_err err, const char *why)
{
    struct served *served = owner;

    (void)why;
    served->stream = NULL;
    served->is_done = true;
    served->err = err;
    poke(served->world);
}

static inline enum gw_err on_stream(void *owner, struct gw_rpc_stream *stream,
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

static inline enum gw_err on_refused_stream(void *owner, struct gw_rpc_stream *stream,
                                            const struct gw_rpc_stream_ops **ret_ops,
                                            void **ret_owner)
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

static inline void on_reply(void *owner, enum gw_err err, struct gw_text reply, const char *why)
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

static inline struct asked ask(struct world *world, const char *method, struct gw_text request,
                               int64_t timeout_us)
{
    struct asked asked = {.world = world};

    gw_rpc_call(world->client, method, request, timeout_us, on_reply, &asked);
    UNTIL(world, asked.is_done);
    return asked;
}

static inline void on_talk_open(void *owner)
{
    struct talk *talk = owner;

    talk->is_open = true;
    poke(talk->world);
}

static inline void on_talk_message(void *owner, struct gw_text message)
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

static inline void on_talk_sent(void *owner)
{
    struct talk *talk = owner;

    poke(talk->world);
}

static inline void on_talk_done(void *owner, enum gw_err err, const char *why)
{
    struct talk *talk = owner;

    talk->is_done = true;
    talk->stream = NULL;
    talk->err = err;
    snprintf(talk->why, sizeof(talk->why), "%s", why);
    poke(talk->world);
}

static inline void start_talk(struct world *world, const char *method, struct talk *talk)
{
    static const struct gw_rpc_stream_ops OPS = {.on_open = on_talk_open,
                                                 .on_message = on_talk_message,
                                                 .on_sent = on_talk_sent,
                                                 .on_done = on_talk_done};

    *talk = (struct talk){.world = world};
    talk->stream = gw_rpc_stream_open(world->client, method, &OPS, talk);
}

static inline void say(struct talk *talk, const char *text)
{
    UNTIL(talk->world, gw_rpc_stream_may_send(talk->stream));
    gw_rpc_stream_send(talk->stream, gw_text_of(text));
}

/* ---- A world ---------------------------------------------------------------------------- */

static inline void on_late(struct gw_timer *timer)
{
    struct world *world = GW_CONTAINER(timer, struct world, late);

    world->is_late = true;
    poke(world);
}

static inline void on_server_closed(void *owner)
{
    struct world *world = owner;

    world->is_server_closed = true;
    poke(world);
}

static inline void on_client_closed(void *owner)
{
    struct world *world = owner;

    world->is_client_closed = true;
    poke(world);
}

static inline void open_server(struct world *world, const struct gw_rpc_server_conf *conf)
{
    struct gw_fault fault = {""};
    enum gw_err err = gw_rpc_server_open(world->courier, world->loop, conf, METHODS,
                                         GW_COUNT(METHODS), world, &world->server, &fault);

    if (err != GW_OK) {
        fail_msg("%s", fault.text);
    }
    world->is_server_closed = false;
}

static inline void open_client(struct world *world, const struct gw_rpc_client_conf *conf)
{
    struct gw_fault fault = {""};

    if (gw_rpc_client_open(world->courier, world->loop, conf, &world->client, &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
    world->is_client_closed = false;
}

static inline void close_server(struct world *world)
{
    gw_rpc_server_close(world->server, on_server_closed, world);
    UNTIL(world, world->is_server_closed);
    world->server = NULL;
}

static inline void close_client(struct world *world)
{
    gw_rpc_client_close_then(world->client, on_client_closed, world);
    UNTIL(world, world->is_client_closed);
    world->client = NULL;
}

/* Only the courier and the loop. */
static inline int set_up_empty(void **state)
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
static inline int set_up(void **state)
{
    struct world *world;

    set_up_empty(state);
    world = *state;
    open_server(world, &(struct gw_rpc_server_conf){.listen = world->address, .token = "t0ken"});
    open_client(world, &(struct gw_rpc_client_conf){.target = world->address, .token = "t0ken"});
    return 0;
}

static inline int tear_down(void **state)
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

#define WITH_BOTH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define ALONE(test)     cmocka_unit_test_setup_teardown(test, set_up_empty, tear_down)

#endif
