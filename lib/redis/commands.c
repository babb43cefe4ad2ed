/* SPDX-License-Identifier: MIT */
/*
 * Commands wait in `pending` in the order they were sent, which is the order of the answers. One
 * that ran out of time is answered and stays in its place with nobody to call, to swallow its
 * answer. When a connection breaks, nobody can know what was executed; all that were pending
 * go to `ended` and are told on a later turn. A server that has been silent for as long as a
 * command may take is taken for dead.
 *
 * Commands are formatted here, not by hiredis: that is ten lines, and saves a copy of each.
 */
#include "lib/redis/inside.h"

#define READ_SIZE ((size_t)16 * 1024)
#define READS_MAX 16 /* in one turn, so that others get theirs */

/* ---- Ends ------------------------------------------------------------------------------- */

void gw_redis_end_all(struct gw_redis *redis)
{
    struct gw_list *node;

    while ((node = gw_list_pop_front(&redis->pending)) != NULL) {
        struct gw_redis_call *command = GW_CONTAINER(node, struct gw_redis_call, link);

        gw_timer_stop(redis->loop, &command->limit);
        gw_list_push_back(&redis->ended, node);
    }
    redis->pending_count = 0;
    gw_loop_later(redis->loop, &redis->settle);
}

/* Tells those whose command ended; what ends meanwhile waits for the next turn. */
static void run_settle(struct gw_task *task)
{
    struct gw_redis *redis = GW_CONTAINER(task, struct gw_redis, settle);
    struct gw_list *node;

    gw_list_push_back(&redis->ended, &redis->ended_mark);
    while ((node = gw_list_pop_front(&redis->ended)) != &redis->ended_mark) {
        struct gw_redis_call *command = GW_CONTAINER(node, struct gw_redis_call, link);

        if (command->done != NULL) {
            command->done(command->owner, GW_E_UNAVAILABLE, NULL);
        }
        gw_free(command);
    }
    if (!gw_list_is_empty(&redis->ended)) {
        gw_loop_later(redis->loop, &redis->settle);
    } else if (redis->state == GW_REDIS_CLOSED) {
        gw_redis_free(redis);
    }
}

/* ---- Sending ---------------------------------------------------------------------------- */

static void write_out(struct gw_redis *redis)
{
    while (redis->out.len > 0) {
        struct iovec bytes = {redis->out.at, redis->out.len};
        ssize_t size = gw_stream_write(&redis->stream, &bytes, 1);

        if (size == GW_STREAM_ERROR) {
            gw_redis_break_off(redis, "connection broke while writing");
            return;
        }
        if (size <= 0) {
            return; /* on_writable follows */
        }
        gw_buf_consume(&redis->out, (size_t)size);
    }
}

static void run_flush(struct gw_task *task)
{
    struct gw_redis *redis = GW_CONTAINER(task, struct gw_redis, flush);

    if (gw_redis_is_connected(redis)) {
        write_out(redis);
    }
}

void gw_redis_on_writable(void *owner)
{
    struct gw_redis *redis = owner;

    if (gw_redis_is_connected(redis)) {
        write_out(redis);
    }
}

static void on_limit(struct gw_timer *timer)
{
    struct gw_redis_call *command = GW_CONTAINER(timer, struct gw_redis_call, limit);
    struct gw_redis *redis = command->redis;
    gw_redis_done_fn *done = command->done;
    bool is_silent = gw_loop_now_us(redis->loop) - redis->heard_us >=
                     redis->conf.command_timeout_us;

    command->done = NULL;
    done(command->owner, GW_E_TIMEOUT, NULL);
    if (is_silent && redis->state == GW_REDIS_SERVING) {
        gw_redis_break_off(redis, "server does not answer");
    }
}

static size_t formatted_size(const struct gw_text *args, size_t count)
{
    size_t size = 32, i; /* each head is a sign, at most twenty digits, and line ends */

    for (i = 0; i < count && size <= GW_REDIS_OUT_MAX; i++) {
        size += 32 + (args[i].len < GW_REDIS_OUT_MAX ? args[i].len : GW_REDIS_OUT_MAX);
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

struct gw_redis_call *gw_redis_queue(struct gw_redis *redis, const struct gw_text *args,
                                     size_t count)
{
    struct gw_redis_call *command = GW_NEW(struct gw_redis_call);

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
    struct gw_redis_call *command;

    GW_CHECK(count > 0);
    if (redis->state != GW_REDIS_SERVING) {
        return GW_E_UNAVAILABLE;
    }
    if (size > GW_REDIS_OUT_MAX) {
        return GW_E_TOO_LARGE;
    }
    if (redis->pending_count >= redis->conf.pending_max ||
        size > GW_REDIS_OUT_MAX - redis->out.len) {
        return GW_E_FULL;
    }
    command = gw_redis_queue(redis, args, count);
    command->done = done;
    command->owner = owner;
    gw_timer_start(redis->loop, &command->limit,
                   timeout_us == 0 ? redis->conf.command_timeout_us : timeout_us);
    return GW_OK;
}

/* ---- Receiving -------------------------------------------------------------------------- */

/* The next answer goes to the oldest command. False when nothing more can be handed out now. */
static bool hand_out(struct gw_redis *redis)
{
    struct gw_redis_reply reply;
    struct gw_fault fault;
    struct gw_redis_call *command;
    struct gw_list *node;
    void *raw = NULL;

    if (gw_redis_reader_next(redis->reader, &raw, &fault) != GW_OK) {
        gw_redis_break_off(redis, fault.text);
        return false;
    }
    if (raw == NULL) {
        return false;
    }
    node = gw_list_pop_front(&redis->pending);
    if (node == NULL) {
        gw_redis_reader_release(raw);
        gw_redis_break_off(redis, "server answers what nobody asked");
        return false;
    }
    redis->pending_count--;
    command = GW_CONTAINER(node, struct gw_redis_call, link);
    gw_timer_stop(redis->loop, &command->limit);
    reply = gw_redis_reply_of(raw);
    if (command->done != NULL) {
        command->done(command->owner, GW_OK, &reply);
    }
    gw_free(command);
    gw_redis_reader_release(raw);
    return gw_redis_is_connected(redis); /* a call-back may have closed it */
}

void gw_redis_on_readable(void *owner)
{
    struct gw_redis *redis = owner;
    char bytes[READ_SIZE];
    int turn;

    for (turn = 0; turn < READS_MAX && gw_redis_is_connected(redis); turn++) {
        ssize_t size = gw_stream_read(&redis->stream, bytes, sizeof(bytes));

        if (size == GW_STREAM_AGAIN) {
            return;
        }
        if (size <= 0) {
            gw_redis_break_off(redis,
                               size == 0 ? "server closed the connection" : "connection broke");
            return;
        }
        redis->heard_us = gw_loop_now_us(redis->loop);
        if (gw_redis_reader_feed(redis->reader, (struct gw_text){bytes, (size_t)size}) != GW_OK) {
            gw_redis_break_off(redis, "server's answer is larger than the limit");
            return;
        }
        while (hand_out(redis)) {
        }
    }
}

/* ---- Life ------------------------------------------------------------------------------- */

void gw_redis_commands_init(struct gw_redis *redis)
{
    gw_buf_init(&redis->out, GW_REDIS_OUT_MAX);
    gw_list_init(&redis->pending);
    gw_list_init(&redis->ended);
    gw_list_init(&redis->ended_mark);
    gw_task_init(&redis->flush, run_flush);
    gw_task_init(&redis->settle, run_settle);
}
