/* SPDX-License-Identifier: MIT */
/*
 * One connection, and how it comes back:
 *
 *     --> RESTING -- pause over --> SEEKING -- addresses --> CONNECTING -- connected --> GREETING
 *            ^                         |                         |                          |
 *            |                         | unknown name            | none left                |
 * answered |                         v                         v                          v
 *            +-------------------------+----------- broken ------+------------------------- UP
 *
 *     gw_redis_close(), in any state --> CLOSED
 *
 *   RESTING     waiting for the next attempt; the pause doubles with each one that fails
 *   SEEKING     the host's name is being looked up
 *   CONNECTING  one address after the other
 *   GREETING    AUTH, SELECT and PING are on their way; nobody else may send
 *   UP          commands are taken
 *   CLOSED      the last call-backs are due, then it is freed
 *
 * Commands wait in `pending` in the order they were sent, which is the order of the answers. One
 * that ran out of time is answered and stays in its place with nobody to call, to swallow its
 * answer. When a connection breaks, nobody can know what was executed; all that were pending
 * go to `ended` and are told on a later turn. A server that has been silent for as long as a
 * command may take is taken for dead.
 *
 * Commands are formatted here, not by hiredis: that is ten lines, and saves a copy of each.
 */
#include "lib/redis/redis.h"

#include <stdio.h>
#include <sys/random.h>

#include "lib/base/check.h"
#include "lib/net/resolve.h"
#include "lib/net/stream.h"
#include "lib/redis/reader.h"

#define PORT_FALLBACK 6379
#define OUT_MAX       ((size_t)16 * 1024 * 1024) /* formatted and not written yet */
#define READ_SIZE     ((size_t)16 * 1024)
#define READS_MAX     16 /* in one turn, so that others get theirs */

enum state {
    RESTING,
    SEEKING,
    CONNECTING,
    GREETING,
    UP,
    CLOSED,
};

#define TO(state) (1u << (state))

static const unsigned MOVES[] = {
    [RESTING] = TO(SEEKING) | TO(CLOSED),
    [SEEKING] = TO(CONNECTING) | TO(RESTING) | TO(CLOSED),
    [CONNECTING] = TO(GREETING) | TO(RESTING) | TO(CLOSED),
    [GREETING] = TO(UP) | TO(RESTING) | TO(CLOSED),
    [UP] = TO(RESTING) | TO(CLOSED),
    [CLOSED] = 0,
};

struct gw_redis {
    struct gw_loop *loop;
    struct gw_redis_conf conf; /* its texts are copies */
    struct gw_redis_watch watch;
    char *host;
    uint16_t port;

    enum state state;
    unsigned attempts; /* failed ones in a row */
    bool was_told;     /* that it is down, for the reason in `reason` */
    char reason[sizeof(((struct gw_fault *)0)->text)];

    struct gw_resolve *resolve;
    struct gw_addresses addresses;
    size_t next_address;
    struct gw_stream stream;
    struct gw_redis_reader *reader;
    struct gw_buf out;
    int64_t heard_us; /* when bytes last came, or the oldest pending command began to wait */

    struct gw_list pending;
    size_t pending_count;
    struct gw_list ended;

    struct gw_timer pause;
    struct gw_timer limit; /* of an attempt to connect */
    struct gw_task flush;
    struct gw_task settle;
};

struct command {
    struct gw_list link;
    struct gw_redis *redis;
    gw_redis_done_fn *done; /* NULL: nobody waits any more */
    void *owner;
    struct gw_timer limit;
};

static void enter(struct gw_redis *redis, enum state state)
{
    GW_CHECK(MOVES[redis->state] & TO(state));
    redis->state = state;
}

/* ---- Ends ------------------------------------------------------------------------------- */

static void end_all(struct gw_redis *redis)
{
    struct gw_list *node;

    while ((node = gw_list_pop_front(&redis->pending)) != NULL) {
        struct command *command = GW_CONTAINER(node, struct command, link);

        gw_timer_stop(redis->loop, &command->limit);
        gw_list_push_back(&redis->ended, node);
    }
    redis->pending_count = 0;
    gw_loop_later(redis->loop, &redis->settle);
}

static void free_redis(struct gw_redis *redis)
{
    gw_list_unlink(&redis->flush.link);
    gw_redis_reader_free(redis->reader);
    gw_buf_fini(&redis->out);
    gw_free((void *)(uintptr_t)redis->conf.user);
    gw_free((void *)(uintptr_t)redis->conf.password);
    gw_free(redis->host);
    gw_free(redis);
}

/* Tells those whose command ended; what ends meanwhile waits for the next turn. */
static void run_settle(struct gw_task *task)
{
    struct gw_redis *redis = GW_CONTAINER(task, struct gw_redis, settle);
    struct gw_list end, *node;

    gw_list_init(&end);
    gw_list_push_back(&redis->ended, &end);
    while ((node = gw_list_pop_front(&redis->ended)) != &end) {
        struct command *command = GW_CONTAINER(node, struct command, link);

        if (command->done != NULL) {
            command->done(command->owner, GW_E_UNAVAILABLE, NULL);
        }
        gw_free(command);
    }
    if (!gw_list_is_empty(&redis->ended)) {
        gw_loop_later(redis->loop, &redis->settle);
    } else if (redis->state == CLOSED) {
        free_redis(redis);
    }
}

static int64_t pause_us(const struct gw_redis *redis)
{
    unsigned doublings = redis->attempts < 30 ? redis->attempts : 30;
    int64_t pause = redis->conf.pause_least_us;
    uint32_t lot = 0;

    while (doublings-- > 0 && pause < redis->conf.pause_most_us) {
        pause *= 2;
    }
    pause = pause < redis->conf.pause_most_us ? pause : redis->conf.pause_most_us;
    (void)getrandom(&lot, sizeof(lot), GRND_NONBLOCK); /* without it there is no jitter */
    return pause / 2 + (int64_t)((double)lot / UINT32_MAX * (double)(pause - pause / 2));
}

/* Gives back all that belongs to one connection. */
static void hang_up(struct gw_redis *redis)
{
    gw_resolve_cancel(redis->resolve);
    redis->resolve = NULL;
    gw_stream_close(&redis->stream);
    gw_timer_stop(redis->loop, &redis->limit);
    gw_buf_clear(&redis->out);
    end_all(redis);
}

/* The connection is lost, or could not be made. Calls the watch, so it comes last. */
static void break_off(struct gw_redis *redis, const char *reason)
{
    bool is_news = !redis->was_told || strcmp(redis->reason, reason) != 0;

    hang_up(redis);
    enter(redis, RESTING);
    gw_timer_start(redis->loop, &redis->pause, pause_us(redis));
    redis->attempts++;
    redis->was_told = true;
    snprintf(redis->reason, sizeof(redis->reason), "%s", reason);
    if (is_news) {
        redis->watch.on_state(redis->watch.owner, GW_REDIS_DOWN, redis->reason);
    }
}

/* ---- Sending ---------------------------------------------------------------------------- */

static void write_out(struct gw_redis *redis)
{
    while (redis->out.len > 0) {
        struct iovec bytes = {redis->out.at, redis->out.len};
        ssize_t size = gw_stream_write(&redis->stream, &bytes, 1);

        if (size == GW_STREAM_ERROR) {
            break_off(redis, "connection broke while writing");
            return;
        }
        if (size <= 0) {
            return; /* on_writable follows */
        }
        gw_buf_consume(&redis->out, (size_t)size);
    }
}

static bool is_connected(const struct gw_redis *redis)
{
    return redis->state == GREETING || redis->state == UP;
}

static void run_flush(struct gw_task *task)
{
    struct gw_redis *redis = GW_CONTAINER(task, struct gw_redis, flush);

    if (is_connected(redis)) {
        write_out(redis);
    }
}

static void on_writable(void *owner)
{
    struct gw_redis *redis = owner;

    if (is_connected(redis)) {
        write_out(redis);
    }
}

static void on_limit(struct gw_timer *timer)
{
    struct command *command = GW_CONTAINER(timer, struct command, limit);
    struct gw_redis *redis = command->redis;
    gw_redis_done_fn *done = command->done;
    bool is_silent = gw_loop_now_us(redis->loop) - redis->heard_us >=
                     redis->conf.command_timeout_us;

    command->done = NULL;
    done(command->owner, GW_E_TIMEOUT, NULL);
    if (is_silent && redis->state == UP) {
        break_off(redis, "server does not answer");
    }
}

static size_t formatted_size(const struct gw_text *args, size_t count)
{
    size_t size = 32, i; /* each head is a sign, at most twenty digits, and line ends */

    for (i = 0; i < count && size <= OUT_MAX; i++) {
        size += 32 + (args[i].len < OUT_MAX ? args[i].len : OUT_MAX);
    }
    return size;
}

static void format(struct gw_buf *out, const struct gw_text *args, size_t count)
{
    size_t i;

    gw_buf_appendf(out, "*%zu\r\n", count);
    for (i = 0; i < count; i++) {
        gw_buf_appendf(out, "$%zu\r\n", args[i].len);
        gw_buf_append(out, args[i]);
        gw_buf_append(out, GW_TEXT("\r\n"));
    }
}

static struct command *queue(struct gw_redis *redis, const struct gw_text *args, size_t count)
{
    struct command *command = GW_NEW(struct command);

    if (redis->pending_count == 0) {
        redis->heard_us = gw_loop_now_us(redis->loop);
    }
    command->redis = redis;
    gw_list_init(&command->link);
    gw_timer_init(&command->limit, on_limit);
    gw_list_push_back(&redis->pending, &command->link);
    redis->pending_count++;
    format(&redis->out, args, count);
    gw_loop_later(redis->loop, &redis->flush);
    return command;
}

enum gw_err gw_redis_command(struct gw_redis *redis, const struct gw_text *args, size_t count,
                             int64_t timeout_us, gw_redis_done_fn *done, void *owner)
{
    size_t size = formatted_size(args, count);
    struct command *command;

    GW_CHECK(count > 0);
    if (redis->state != UP) {
        return GW_E_UNAVAILABLE;
    }
    if (size > OUT_MAX) {
        return GW_E_TOO_LARGE;
    }
    if (redis->pending_count >= redis->conf.pending_max || size > OUT_MAX - redis->out.len) {
        return GW_E_FULL;
    }
    command = queue(redis, args, count);
    command->done = done;
    command->owner = owner;
    gw_timer_start(redis->loop, &command->limit,
                   timeout_us == 0 ? redis->conf.command_timeout_us : timeout_us);
    return GW_OK;
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
        queue(redis, auth, count)->done = greeted;
    }
    if (redis->conf.database != 0) {
        snprintf(database, sizeof(database), "%u", redis->conf.database);
        choose[1] = gw_text_of(database);
        queue(redis, choose, 2)->done = greeted;
    }
    queue(redis, &ping, 1)->done = greeted;
    GW_LIST_EACH (&redis->pending, node) {
        GW_CONTAINER(node, struct command, link)->owner = redis;
    }
}

static void greeted(void *owner, enum gw_err err, const struct gw_redis_reply *reply)
{
    struct gw_redis *redis = owner;
    struct gw_fault fault;

    if (err != GW_OK || redis->state != GREETING) {
        return; /* it broke before */
    }
    if (reply->kind == GW_REDIS_ERROR) {
        gw_fail(&fault, GW_E_UNAVAILABLE, "server refused the greeting: %.*s",
                (int)(reply->text.len < 160 ? reply->text.len : 160), reply->text.at);
        break_off(redis, fault.text);
    } else if (redis->pending_count == 0) {
        enter(redis, UP);
        gw_timer_stop(redis->loop, &redis->limit);
        redis->attempts = 0;
        redis->was_told = false;
        redis->watch.on_state(redis->watch.owner, GW_REDIS_UP, "");
    }
}

/* ---- Receiving -------------------------------------------------------------------------- */

/* The next answer goes to the oldest command. False when nothing more can be handed out now. */
static bool hand_out(struct gw_redis *redis)
{
    struct gw_redis_reply reply;
    struct gw_fault fault;
    struct command *command;
    struct gw_list *node;
    void *raw = NULL;

    if (gw_redis_reader_next(redis->reader, &raw, &fault) != GW_OK) {
        break_off(redis, fault.text);
        return false;
    }
    if (raw == NULL) {
        return false;
    }
    node = gw_list_pop_front(&redis->pending);
    if (node == NULL) {
        gw_redis_reader_release(raw);
        break_off(redis, "server answers what nobody asked");
        return false;
    }
    redis->pending_count--;
    command = GW_CONTAINER(node, struct command, link);
    gw_timer_stop(redis->loop, &command->limit);
    reply = gw_redis_reply_of(raw);
    if (command->done != NULL) {
        command->done(command->owner, GW_OK, &reply);
    }
    gw_free(command);
    gw_redis_reader_release(raw);
    return is_connected(redis); /* a call-back may have closed it */
}

static void on_readable(void *owner)
{
    struct gw_redis *redis = owner;
    char bytes[READ_SIZE];
    int turn;

    for (turn = 0; turn < READS_MAX && is_connected(redis); turn++) {
        ssize_t size = gw_stream_read(&redis->stream, bytes, sizeof(bytes));

        if (size == GW_STREAM_AGAIN) {
            return;
        }
        if (size <= 0) {
            break_off(redis, size == 0 ? "server closed the connection" : "connection broke");
            return;
        }
        redis->heard_us = gw_loop_now_us(redis->loop);
        if (gw_redis_reader_feed(redis->reader, (struct gw_text){bytes, (size_t)size}) != GW_OK) {
            break_off(redis, "server's answer is larger than the limit");
            return;
        }
        while (hand_out(redis)) {
        }
    }
}

/* ---- Connecting ------------------------------------------------------------------------- */

static void connect_next(struct gw_redis *redis)
{
    size_t i = redis->next_address++;
    struct gw_stream_target target = {&redis->addresses.at[i], redis->addresses.size[i], NULL,
                                      NULL};

    gw_stream_connect(&redis->stream, &target);
}

static void on_open(void *owner)
{
    struct gw_redis *redis = owner;

    enter(redis, GREETING);
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
        break_off(redis, text);
    }
}

static const struct gw_stream_ops STREAM_OPS = {
    .on_open = on_open,
    .on_fail = on_fail,
    .on_readable = on_readable,
    .on_writable = on_writable,
};

static void found(void *owner, const struct gw_addresses *addresses, const char *text)
{
    struct gw_redis *redis = owner;

    redis->resolve = NULL;
    if (addresses->count == 0) {
        break_off(redis, text);
        return;
    }
    enter(redis, CONNECTING);
    redis->addresses = *addresses;
    redis->next_address = 0;
    connect_next(redis);
}

static void seek(struct gw_timer *timer)
{
    struct gw_redis *redis = GW_CONTAINER(timer, struct gw_redis, pause);
    struct gw_addresses addresses;

    enter(redis, SEEKING);
    gw_timer_start(redis->loop, &redis->limit, redis->conf.connect_timeout_us);
    if (gw_resolve_literal(redis->host, redis->port, &addresses)) {
        found(redis, &addresses, "");
    } else {
        redis->resolve = gw_resolve_start(redis->loop, redis->host, redis->port, found, redis);
    }
}

static void on_connect_limit(struct gw_timer *timer)
{
    break_off(GW_CONTAINER(timer, struct gw_redis, limit), "could not connect in time");
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
    gw_buf_init(&redis->out, OUT_MAX);
    gw_list_init(&redis->pending);
    gw_list_init(&redis->ended);
    gw_stream_init(&redis->stream, loop, &STREAM_OPS, redis);
    gw_timer_init(&redis->pause, seek);
    gw_timer_init(&redis->limit, on_connect_limit);
    gw_task_init(&redis->flush, run_flush);
    gw_task_init(&redis->settle, run_settle);
    gw_timer_start(loop, &redis->pause, 0);
    *ret_redis = redis;
    return GW_OK;
}

void gw_redis_close(struct gw_redis *redis)
{
    if (redis == NULL || redis->state == CLOSED) {
        return;
    }
    gw_timer_stop(redis->loop, &redis->pause);
    hang_up(redis);
    enter(redis, CLOSED);
}

bool gw_redis_is_up(const struct gw_redis *redis)
{
    return redis->state == UP;
}
