/* SPDX-License-Identifier: MIT */
/*
 * inside - what the files of this room share. Not for others.
 *
 *     redis.c      the connection: its states, connecting, greeting
 *     commands.c   what goes through it: queue, writing, reading, and how commands end
 *     reader.c     bytes to answers
 */
#ifndef LIB_REDIS_INSIDE_H
#define LIB_REDIS_INSIDE_H

#include "lib/base/check.h"
#include "lib/net/resolve.h"
#include "lib/net/stream.h"
#include "lib/redis/reader.h"
#include "lib/redis/redis.h"
#include "lib/units/backoff.h"

#define GW_REDIS_OUT_MAX ((size_t)16 * 1024 * 1024) /* formatted and not written yet */

enum gw_redis_state {
    GW_REDIS_RESTING,
    GW_REDIS_SEEKING,
    GW_REDIS_CONNECTING,
    GW_REDIS_GREETING,
    GW_REDIS_SERVING,
    GW_REDIS_CLOSED,
};

struct gw_redis {
    struct gw_loop *loop;
    struct gw_redis_conf conf; /* its texts are copies */
    struct gw_redis_watch watch;
    char *host;
    uint16_t port;

    enum gw_redis_state state;
    struct gw_backoff backoff;
    bool was_told; /* that it is down, for the reason in `reason` */
    char reason[sizeof(((struct gw_fault *)0)->text)];

    struct gw_resolver *resolver;
    struct gw_resolve *resolve;
    struct gw_addresses addresses;
    size_t next_address;
    struct gw_stream stream;
    struct gw_redis_reader *reader;
    struct gw_buf out;
    int64_t heard_us; /* when bytes last came, or the oldest pending command began to wait */

    struct gw_list pending;
    size_t pending_count;
    struct gw_list ended_mark; /* stands in `ended` behind those to be told in this turn */
    struct gw_list ended;

    struct gw_timer pause;
    struct gw_timer limit; /* of an attempt to connect */
    struct gw_task flush;
    struct gw_task settle;
};

struct gw_redis_call {
    struct gw_list link;
    struct gw_redis *redis;
    gw_redis_done_fn *done; /* NULL: nobody waits any more */
    void *owner;
    struct gw_timer limit;
};

/* ---- redis.c ---- */

/* The connection is lost, or could not be made. Calls the watch, so it comes last. */
void gw_redis_break_off(struct gw_redis *redis, const char *reason);
void gw_redis_free(struct gw_redis *redis); /* closed, and nobody is left to tell */
bool gw_redis_is_connected(const struct gw_redis *redis);

/* ---- commands.c ---- */

void gw_redis_commands_init(struct gw_redis *redis);

/* Whatever the state. The caller sets `done` and `owner`. */
struct gw_redis_call *gw_redis_queue(struct gw_redis *redis, const struct gw_text *args,
                                     size_t count);
/* All that are pending end GW_E_UNAVAILABLE, on a later turn. */
void gw_redis_end_all(struct gw_redis *redis);

void gw_redis_on_readable(void *redis);
void gw_redis_on_writable(void *redis);

#endif
