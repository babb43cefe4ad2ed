/* SPDX-License-Identifier: MIT */
/*
 * One connection, and how it comes back:
 *
 *  --> RESTING -- pause over --> SEEKING -- found --> CONNECTING -- connected --> GREETING
 *         ^                         |                     |                       |   |
 *         |                         | unknown name        | none left     refused |   | answered
 *         |                         v                     v                       v   v
 *         +-------------------------+---------------------+-----------------------+-- SERVING
 *                                                                          broken
 *
 *   gw_redis_close(), in any state --> CLOSED
 *
 *   RESTING     waiting for the next attempt; the pause doubles with each one that fails
 *   SEEKING     the host's name is being looked up
 *   CONNECTING  one address after the other
 *   GREETING    AUTH, SELECT and PING are on their way; nobody else may send
 *   SERVING     commands are taken
 *   CLOSED      the last call-backs are due, then it is freed
 */
#include "lib/redis/redis.h"

#include <stdio.h>

#include "lib/redis/inside.h"

#define PORT_FALLBACK 6379

#define TO(state) (1u << (state))

static const unsigned MOVES[] = {
    [GW_REDIS_RESTING] = TO(GW_REDIS_SEEKING) | TO(GW_REDIS_CLOSED),
    [GW_REDIS_SEEKING] = TO(GW_REDIS_CONNECTING) | TO(GW_REDIS_RESTING) | TO(GW_REDIS_CLOSED),
    [GW_REDIS_CONNECTING] = TO(GW_REDIS_GREETING) | TO(GW_REDIS_RESTING) | TO(GW_REDIS_CLOSED),
    [GW_REDIS_GREETING] = TO(GW_REDIS_SERVING) | TO(GW_REDIS_RESTING) | TO(GW_REDIS_CLOSED),
    [GW_REDIS_SERVING] = TO(GW_REDIS_RESTING) | TO(GW_REDIS_CLOSED),
    [GW_REDIS_CLOSED] = 0,
};

static void enter(struct gw_redis *redis, enum gw_redis_state state)
{
    GW_CHECK(MOVES[redis->state] & TO(state));
    redis->state = state;
}

bool gw_redis_is_connected(const struct gw_redis *redis)
{
    return redis->state == GW_REDIS_GREETING || redis->state == GW_REDIS_SERVING;
}

/* ---- Breaking --------------------------------------------------------------------------- */

void gw_redis_free(struct gw_redis *redis)
{
    gw_list_unlink(&redis->flush.link);
    gw_redis_reader_free(redis->reader);
    gw_buf_fini(&redis->out);
    gw_free((void *)(uintptr_t)redis->conf.user);
    gw_free((void *)(uintptr_t)redis->conf.password);
    gw_free(redis->host);
    gw_free(redis);
}

/* Gives back all that belongs to one connection. */
static void hang_up(struct gw_redis *redis)
{
    if (redis->resolve != NULL) {
        gw_resolve_cancel(redis->resolve);
        redis->resolve = NULL;
    }
    gw_stream_close(&redis->stream);
    gw_timer_stop(redis->loop, &redis->limit);
    gw_buf_clear(&redis->out);
    gw_redis_end_all(redis);
}

void gw_redis_break_off(struct gw_redis *redis, const char *reason)
{
    bool is_news = !redis->was_told || strcmp(redis->reason, reason) != 0;

    hang_up(redis);
    enter(redis, GW_REDIS_RESTING);
    gw_timer_start(redis->loop, &redis->pause, gw_backoff_next_us(&redis->backoff));
    redis->was_told = true;
    snprintf(redis->reason, sizeof(redis->reason), "%s", reason);
    if (is_news) {
        redis->watch.on_state(redis->watch.owner, GW_REDIS_DOWN, redis->reason);
    }
}

/* ---- Greeting --------------------------------------------------------------------------- */

static void greeted(void *owner, enum gw_err err, const struct gw_redis_reply *reply);

/* The answer of the last one opens the way; an error in any of them breaks it off. */
static void greet(struct gw_redis *redis)
{
    struct gw_text auth[3] = {GW_TEXT("AUTH")}, ping = GW_TEXT("PING");
    struct gw_text choose[2] = {GW_TEXT("SELECT")};
    char database[16];
    size_t count = 1;

    if (redis->conf.password != NULL) {
        if (redis->conf.user != NULL) {
            auth[count++] = gw_text_of(redis->conf.user);
        }
        auth[count++] = gw_text_of(redis->conf.password);
        gw_redis_queue(redis, auth, count)->done = greeted;
    }
    if (redis->conf.database != 0) {
        snprintf(database, sizeof(database), "%u", redis->conf.database);
        choose[1] = gw_text_of(database);
        gw_redis_queue(redis, choose, 2)->done = greeted;
    }
    gw_redis_queue(redis, &ping, 1)->done = greeted;
    GW_LIST_EACH (&redis->pending, node) {
        GW_CONTAINER(node, struct gw_redis_call, link)->owner = redis;
    }
}

static void greeted(void *owner, enum gw_err err, const struct gw_redis_reply *reply)
{
    struct gw_redis *redis = owner;
    struct gw_fault fault;

    if (err != GW_OK || redis->state != GW_REDIS_GREETING) {
        return; /* it broke before */
    }
    if (reply->kind == GW_REDIS_ERROR) {
        gw_fail(&fault, GW_E_UNAVAILABLE, "server refused the greeting: %.*s",
                (int)(reply->text.len < 160 ? reply->text.len : 160), reply->text.at);
        gw_redis_break_off(redis, fault.text);
    } else if (redis->pending_count == 0) {
        enter(redis, GW_REDIS_SERVING);
        gw_timer_stop(redis->loop, &redis->limit);
        gw_backoff_reset(&redis->backoff);
        redis->was_told = false;
        redis->watch.on_state(redis->watch.owner, GW_REDIS_UP, "");
    }
}

/* ---- Connecting ------------------------------------------------------------------------- */

static void connect_next(struct gw_redis *redis)
{
    size_t i = redis->next_address++;
    struct gw_stream_target target = {.address = &redis->addresses.at[i],
                                      .address_size = redis->addresses.size[i]};

    gw_stream_connect(&redis->stream, &target);
}

static void on_open(void *owner)
{
    struct gw_redis *redis = owner;

    enter(redis, GW_REDIS_GREETING);
    gw_redis_reader_free(redis->reader);
    redis->reader = gw_redis_reader_new(redis->conf.reply_max);
    gw_stream_read_start(&redis->stream);
    greet(redis);
}

static void on_fail(void *owner, bool is_tls, const char *text)
{
    struct gw_redis *redis = owner;

    (void)is_tls;
    if (redis->next_address < redis->addresses.count) {
        gw_stream_close(&redis->stream);
        connect_next(redis);
    } else {
        gw_redis_break_off(redis, text);
    }
}

static const struct gw_stream_ops STREAM_OPS = {
    .on_open = on_open,
    .on_fail = on_fail,
    .on_readable = gw_redis_on_readable,
    .on_writable = gw_redis_on_writable,
};

static void found(void *owner, const struct gw_addresses *addresses, const char *text)
{
    struct gw_redis *redis = owner;

    redis->resolve = NULL;
    if (addresses->count == 0) {
        gw_redis_break_off(redis, text);
        return;
    }
    enter(redis, GW_REDIS_CONNECTING);
    redis->addresses = *addresses;
    redis->next_address = 0;
    connect_next(redis);
}

static void seek(struct gw_timer *timer)
{
    struct gw_redis *redis = GW_CONTAINER(timer, struct gw_redis, pause);
    struct gw_addresses addresses;

    enter(redis, GW_REDIS_SEEKING);
    gw_timer_start(redis->loop, &redis->limit, redis->conf.connect_timeout_us);
    if (gw_resolve_literal(redis->host, redis->port, &addresses)) {
        found(redis, &addresses, "");
    } else {
        redis->resolve = gw_resolve_start(redis->resolver, redis->host, redis->port, found, redis);
    }
}

static void on_connect_limit(struct gw_timer *timer)
{
    gw_redis_break_off(GW_CONTAINER(timer, struct gw_redis, limit), "could not connect in time");
}

/* ---- Life ------------------------------------------------------------------------------- */

/* "host:port", "[::1]:port" or "/path" in its parts. */
static enum gw_err take_address(struct gw_redis *redis, const char *address, struct gw_fault *fault)
{
    struct gw_text host = gw_text_of(address), port = GW_TEXT_NONE;
    const char *colon = strrchr(address, ':');
    uint64_t number = PORT_FALLBACK;

    if (address[0] != '/' && colon != NULL) {
        host.len = (size_t)(colon - address);
        port = gw_text_of(colon + 1);
        if (gw_text_to_u64(port, &number) != GW_OK || number == 0 || number > UINT16_MAX) {
            return gw_fail(fault, GW_E_INVALID, "\"%.100s\" has no port", address);
        }
    }
    if (host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']') {
        host = (struct gw_text){host.at + 1, host.len - 2};
    }
    if (host.len == 0) {
        return gw_fail(fault, GW_E_INVALID, "\"%.100s\" has no host", address);
    }
    redis->host = gw_text_dup(host);
    redis->port = (uint16_t)number;
    return GW_OK;
}

static char *copied(const char *text)
{
    return text == NULL || *text == '\0' ? NULL : gw_must_strdup(text);
}

enum gw_err gw_redis_open(struct gw_loop *loop, const struct gw_redis_conf *conf,
                          const struct gw_redis_watch *watch, struct gw_redis **ret_redis,
                          struct gw_fault *fault)
{
    struct gw_redis *redis = GW_NEW(struct gw_redis);
    enum gw_err err = take_address(redis, conf->address, fault);

    if (err != GW_OK) {
        gw_free(redis);
        return err;
    }
    redis->loop = loop;
    redis->conf = *conf;
    redis->conf.address = NULL;
    redis->conf.user = copied(conf->user);
    redis->conf.password = copied(conf->password);
    redis->watch = *watch;
    redis->resolver = gw_resolver_new(loop);
    gw_redis_commands_init(redis);
    gw_backoff_init(&redis->backoff, conf->pause_least_us, conf->pause_most_us);
    gw_stream_init(&redis->stream, loop, &STREAM_OPS, redis);
    gw_timer_init(&redis->pause, seek);
    gw_timer_init(&redis->limit, on_connect_limit);
    gw_timer_start(loop, &redis->pause, 0);
    *ret_redis = redis;
    return GW_OK;
}

void gw_redis_close(struct gw_redis *redis)
{
    if (redis == NULL || redis->state == GW_REDIS_CLOSED) {
        return;
    }
    gw_timer_stop(redis->loop, &redis->pause);
    hang_up(redis);
    gw_resolver_free(redis->resolver);
    redis->resolver = NULL;
    enter(redis, GW_REDIS_CLOSED);
}

bool gw_redis_is_up(const struct gw_redis *redis)
{
    return redis->state == GW_REDIS_SERVING;
}
