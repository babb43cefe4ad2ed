/* SPDX-License-Identifier: MIT */
/*
 * redis - asynchronous commands on our loop.
 *
 * One connection to one server, over TCP or a unix socket, kept up by itself: after a failure it
 * is tried again with growing pauses. Commands of one turn of the loop leave in one write; the
 * answers come in order. Everything here belongs to the loop's thread.
 */
#ifndef LIB_REDIS_REDIS_H
#define LIB_REDIS_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/text.h"
#include "lib/net/loop.h"

struct gw_redis;

struct gw_redis_conf {
    const char *address;        /* "127.0.0.1:6379", "[::1]:6379", or "/path" */
    const char *user;           /* NULL or "": none (AUTH password) */
    const char *password;       /* NULL or "": no AUTH */
    uint32_t database;          /* SELECT when not 0 */
    int64_t connect_timeout_us; /* to the answer of the last greeting */
    int64_t command_timeout_us; /* for a command without a limit of its own */
    int64_t pause_least_us;     /* between attempts: doubles from here ... */
    int64_t pause_most_us;      /* ... up to here, each with jitter */
    size_t pending_max;         /* commands waiting for an answer */
    size_t reply_max;           /* bytes of one answer and what came with it */
};

/* An answer. Texts and items are borrowed until the callback returns. */
enum gw_redis_kind {
    GW_REDIS_NIL,
    GW_REDIS_TEXT, /* a string or a status such as OK */
    GW_REDIS_INT,
    GW_REDIS_ARRAY,
    GW_REDIS_ERROR, /* what the server said is in `text` */
};

struct gw_redis_reply {
    enum gw_redis_kind kind;
    struct gw_text text;
    int64_t number;
    size_t count;
    const void *items; /* gw_redis_item() */
};

struct gw_redis_reply gw_redis_item(const struct gw_redis_reply *array, size_t index);

/*
 * Called exactly once for every command that was taken, on a later turn than gw_redis_command().
 * `reply` is NULL unless `err` is GW_OK. A server's error answer is GW_OK with GW_REDIS_ERROR.
 *
 *   GW_E_TIMEOUT      no answer in time; whether it was executed is unknown
 *   GW_E_UNAVAILABLE  the connection broke, or it was closed; the same
 */
typedef void gw_redis_done_fn(void *owner, enum gw_err err, const struct gw_redis_reply *reply);

enum gw_redis_is {
    GW_REDIS_DOWN,
    GW_REDIS_UP,
};

struct gw_redis_watch {
    /* `reason` says why it is down, "" when up. Never inside a call to this module. */
    void (*on_state)(void *owner, enum gw_redis_is is, const char *reason);
    void *owner;
};

/* Starts to connect; commands are refused until it is up. Texts of `conf` are copied. */
enum gw_err gw_redis_open(struct gw_loop *loop, const struct gw_redis_conf *conf,
                          const struct gw_redis_watch *watch, struct gw_redis **ret_redis,
                          struct gw_fault *fault) GW_MUST_USE;

/* What is pending is answered GW_E_UNAVAILABLE on a later turn; then it frees itself. The watch
 * is not called any more. */
void gw_redis_close(struct gw_redis *redis);

bool gw_redis_is_up(const struct gw_redis *redis);

/*
 * Sends a command; `args` are copied. `timeout_us` 0 means command_timeout_us.
 *
 *   GW_E_UNAVAILABLE  not connected; `done` is not called
 *   GW_E_FULL         pending_max are waiting, or 16 MiB to be written; `done` is not called
 *   GW_E_TOO_LARGE    this command alone has more than 16 MiB; `done` is not called
 */
enum gw_err gw_redis_command(struct gw_redis *redis, const struct gw_text *args, size_t count,
                             int64_t timeout_us, gw_redis_done_fn *done, void *owner) GW_MUST_USE;

#endif
