/* SPDX-License-Identifier: MIT */
/*
 * A stream asks gRPC for several things at a time, each with a batch of its own, and lives until
 * the last of them has come back:
 *
 *     opened      client: head out, head of the answer in        server: head out
 *     receiving   the next message; asked for only when the last one was handed on
 *     sending     the one message on its way
 *     finishing   client: no more messages from us               server: the status
 *     over        client: the peer's status                      server: the peer knows, or left
 *
 *                  opened            end(GW_OK), or on a server
 *     +---------+          +------+  the peer sent its last     +--------+
 *     | OPENING | -------> | OPEN | --------------------------> | ENDING |
 *     +---------+          +------+                             +--------+
 *          |                  |  \                                  |
 *          | end(failure),    |   `--- cancelled, lost ---.         | over, and
 *          | no connection    | end(failure)               \        | all batches back
 *          v                  v                             v       v
 *     +-----------+                                        +------------+
 *     | CANCELLED | -------------------------------------> | on_done(), |
 *     +-----------+            all batches back            |   freed    |
 *                                                          +------------+
 *
 *   OPENING    client only; messages may be given to send already
 *   OPEN       messages flow
 *   ENDING     nothing more is handed on; a message being sent gets out first, but the peer gets
 *              PATIENCE_US for it and for its part of the ending
 *   CANCELLED  the peer is told at once, whatever was on its way
 *
 * Flow control is asking: gRPC reads from the wire only into a message that was asked for, so a
 * paused stream costs one message and one window, and the peer's send stays unfinished. The one
 * that was asked for before the pause waits in `held`.
 *
 * Everything here runs on the loop's thread. That batches of one call are never started by two
 * threads is what gRPC requires, too.
 */
#include "lib/rpc/stream.h"

#include <stdio.h>

#include "lib/base/check.h"
#include "lib/rpc/status.h"
#include "lib/units/clock.h"

#define PATIENCE_US (5 * GW_US_PER_SECOND)

enum state { OPENING, OPEN, ENDING, CANCELLED };

struct gw_rpc_stream {
    struct gw_list link; /* in keeper->streams */
    struct gw_rpc_keeper *keeper;
    grpc_call *call;
    const struct gw_rpc_stream_ops *ops;
    void *owner;
    bool is_client;
    enum state state;

    struct gw_rpc_batch opened, receiving, sending, finishing, over;
    unsigned out; /* of these five */
    bool is_receiving, is_sending, is_finishing;
    bool has_all; /* the peer's last message was received */
    bool is_over; /* `over` came back */
    bool is_ours; /* who ended it: err and why are what we said */
    bool is_paused;
    grpc_byte_buffer *incoming; /* gRPC puts it there */
    grpc_byte_buffer *held;     /* came during a pause */
    grpc_byte_buffer *outgoing;

    grpc_metadata_array head, trailer;
    grpc_status_code status; /* client: the peer's */
    grpc_slice details;
    int is_cancelled; /* server: gRPC sets it with `over` */
    enum gw_err err;
    char why[GW_RPC_WHY_SIZE];

    struct gw_timer patience;
    struct gw_task resumed;
    struct gw_task done;
};

/* MOVES[from][to]: the arrows in the drawing above, and no others. */
static const bool MOVES[4][4] = {
    [OPENING] = {[OPEN] = true, [ENDING] = true, [CANCELLED] = true},
    [OPEN] = {[ENDING] = true, [CANCELLED] = true},
    [ENDING] = {[CANCELLED] = true},
};

/* The only place that assigns `state`. */
static void enter(struct gw_rpc_stream *stream, enum state to)
{
    GW_CHECK(MOVES[stream->state][to]);
    stream->state = to;
}

static void start(struct gw_rpc_stream *stream, struct gw_rpc_batch *batch, const grpc_op *ops,
                  size_t count)
{
    stream->out++;
    gw_rpc_batch_start(batch, stream->call, ops, count);
}

/* ---- Ending ----------------------------------------------------------------------------- */

static bool may_be_done(const struct gw_rpc_stream *stream)
{
    if (stream->out > 0 || !stream->is_over) {
        return false;
    }
    /* A client whose peer ended in order has still to hand on what came before that. */
    return stream->state != OPEN || !stream->is_client || stream->status != GRPC_STATUS_OK ||
           (stream->has_all && stream->held == NULL);
}

static void finish(struct gw_rpc_stream *stream)
{
    grpc_slice why = grpc_slice_from_copied_string(stream->why);
    grpc_op op = {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT};

    if (!stream->is_client) {
        op.op = GRPC_OP_SEND_STATUS_FROM_SERVER;
        op.data.send_status_from_server.status = gw_rpc_status(stream->err);
        op.data.send_status_from_server.status_details = &why;
    }
    stream->is_finishing = true;
    start(stream, &stream->finishing, &op, 1);
    grpc_slice_unref(why);
}

/* After everything that happened: is it time for the next step towards the end? */
static void move_on(struct gw_rpc_stream *stream)
{
    if (stream->state == ENDING && !stream->is_sending && !stream->is_finishing &&
        !stream->is_over) {
        finish(stream);
    }
    if (may_be_done(stream)) {
        gw_loop_later(stream->keeper->loop, &stream->done);
    }
}

static void set_why(struct gw_rpc_stream *stream, enum gw_err err, const char *why)
{
    stream->is_ours = true;
    stream->err = err;
    snprintf(stream->why, sizeof(stream->why), "%s", why == NULL ? "" : why);
}

static void drop_held(struct gw_rpc_stream *stream)
{
    if (stream->held != NULL) {
        grpc_byte_buffer_destroy(stream->held);
        stream->held = NULL;
    }
}

static void cancel(struct gw_rpc_stream *stream, enum gw_err err, const char *why)
{
    if (stream->state == CANCELLED) {
        return;
    }
    set_why(stream, err, why);
    enter(stream, CANCELLED);
    drop_held(stream);
    gw_timer_stop(stream->keeper->loop, &stream->patience);
    grpc_call_cancel_with_status(stream->call, gw_rpc_status(err), stream->why, NULL);
}

static void on_patience(struct gw_timer *timer)
{
    struct gw_rpc_stream *stream = GW_CONTAINER(timer, struct gw_rpc_stream, patience);

    if (stream->state == OPENING) {
        cancel(stream, GW_E_UNAVAILABLE, "no connection yet");
    } else if (stream->state == ENDING) {
        cancel(stream, GW_E_TIMEOUT, "peer did not take part in the ending");
    }
    move_on(stream);
}

/* What the owner is told. */
static void conclude(struct gw_rpc_stream *stream)
{
    if (stream->is_client) {
        if (!stream->is_ours || stream->err == GW_OK) {
            stream->err = gw_rpc_err(stream->status);
            gw_rpc_why(&stream->details, stream->why);
        }
    } else if (stream->is_cancelled && (!stream->is_ours || stream->err == GW_OK)) {
        stream->err = GW_E_CLOSED;
        snprintf(stream->why, sizeof(stream->why), "peer cancelled the call or went away");
    }
}

static void free_stream(struct gw_rpc_stream *stream)
{
    struct gw_rpc_keeper *keeper = stream->keeper;

    gw_timer_stop(keeper->loop, &stream->patience);
    gw_list_unlink(&stream->resumed.link);
    gw_list_unlink(&stream->done.link);
    gw_list_unlink(&stream->link);
    drop_held(stream);
    grpc_metadata_array_destroy(&stream->head);
    grpc_metadata_array_destroy(&stream->trailer);
    grpc_slice_unref(stream->details);
    grpc_call_unref(stream->call);
    gw_free(stream);
    keeper->on_gone(keeper);
}

static void on_done_task(struct gw_task *task)
{
    struct gw_rpc_stream *stream = GW_CONTAINER(task, struct gw_rpc_stream, done);

    GW_CHECK(stream->out == 0);
    conclude(stream);
    stream->ops->on_done(stream->owner, stream->err, stream->why);
    free_stream(stream);
}

void gw_rpc_stream_end(struct gw_rpc_stream *stream, enum gw_err err, const char *why)
{
    if (stream->state == ENDING || stream->state == CANCELLED) {
        return; /* ended already */
    }
    if (stream->is_client && err != GW_OK) {
        cancel(stream, err, why);
        move_on(stream);
        return;
    }
    set_why(stream, err, why);
    enter(stream, ENDING);
    drop_held(stream);
    gw_timer_start(stream->keeper->loop, &stream->patience, PATIENCE_US);
    gw_rpc_stream_resume(stream); /* what still comes is dropped, but has to be taken */
    move_on(stream);
}

/* ---- Receiving -------------------------------------------------------------------------- */

/* Once the call is over, only a client whose peer ended in order has something left to take. */
static bool may_come_more(const struct gw_rpc_stream *stream)
{
    if (stream->has_all || stream->state == OPENING || stream->state == CANCELLED) {
        return false;
    }
    return !stream->is_over ||
           (stream->is_client && stream->state == OPEN && stream->status == GRPC_STATUS_OK);
}

static void receive(struct gw_rpc_stream *stream)
{
    grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};

    if (stream->is_receiving || stream->is_paused || stream->held != NULL ||
        !may_come_more(stream)) {
        return;
    }
    op.data.recv_message.recv_message = &stream->incoming;
    stream->is_receiving = true;
    start(stream, &stream->receiving, &op, 1);
}

static void hand_on(struct gw_rpc_stream *stream, grpc_byte_buffer *own_message)
{
    grpc_slice slice = gw_rpc_message_take(own_message);

    stream->ops->on_message(stream->owner, gw_rpc_slice_text(&slice));
    grpc_slice_unref(slice);
}

static void on_received(struct gw_rpc_batch *batch, bool is_ok)
{
    struct gw_rpc_stream *stream = GW_CONTAINER(batch, struct gw_rpc_stream, receiving);
    grpc_byte_buffer *message = stream->incoming;

    stream->out--;
    stream->is_receiving = false;
    stream->incoming = NULL;
    if (!is_ok || message == NULL) {
        stream->has_all = true;
        if (!stream->is_client && stream->state == OPEN) {
            gw_rpc_stream_end(stream, GW_OK, "");
            stream->is_ours = false;
        }
    } else if (stream->state != OPEN) {
        grpc_byte_buffer_destroy(message);
    } else if (stream->is_paused) {
        stream->held = message;
    } else {
        hand_on(stream, message);
    }
    receive(stream);
    move_on(stream);
}

void gw_rpc_stream_pause(struct gw_rpc_stream *stream)
{
    stream->is_paused = true;
}

static void on_resumed(struct gw_task *task)
{
    struct gw_rpc_stream *stream = GW_CONTAINER(task, struct gw_rpc_stream, resumed);
    grpc_byte_buffer *message = stream->held;

    if (stream->is_paused) {
        return; /* again, meanwhile */
    }
    if (message != NULL) {
        stream->held = NULL;
        hand_on(stream, message);
    }
    receive(stream);
    move_on(stream);
}

void gw_rpc_stream_resume(struct gw_rpc_stream *stream)
{
    stream->is_paused = false;
    gw_loop_later(stream->keeper->loop, &stream->resumed); /* never inside the caller's call */
}

/* ---- Sending ---------------------------------------------------------------------------- */

bool gw_rpc_stream_may_send(const struct gw_rpc_stream *stream)
{
    return !stream->is_sending && !stream->is_over &&
           (stream->state == OPENING || stream->state == OPEN);
}

static void on_sent(struct gw_rpc_batch *batch, bool is_ok)
{
    struct gw_rpc_stream *stream = GW_CONTAINER(batch, struct gw_rpc_stream, sending);

    stream->out--;
    stream->is_sending = false;
    grpc_byte_buffer_destroy(stream->outgoing);
    stream->outgoing = NULL;
    if (is_ok && gw_rpc_stream_may_send(stream) && stream->ops->on_sent != NULL) {
        stream->ops->on_sent(stream->owner);
    }
    move_on(stream);
}

void gw_rpc_stream_send(struct gw_rpc_stream *stream, struct gw_text message)
{
    grpc_op op = {.op = GRPC_OP_SEND_MESSAGE};

    GW_CHECK(!stream->is_sending);
    if (!gw_rpc_stream_may_send(stream)) {
        return; /* on_done will say why */
    }
    stream->outgoing = gw_rpc_message(message);
    op.data.send_message.send_message = stream->outgoing;
    stream->is_sending = true;
    start(stream, &stream->sending, &op, 1);
}

/* ---- The other batches ------------------------------------------------------------------ */

static void on_opened(struct gw_rpc_batch *batch, bool is_ok)
{
    struct gw_rpc_stream *stream = GW_CONTAINER(batch, struct gw_rpc_stream, opened);

    stream->out--;
    if (is_ok && stream->state == OPENING && !stream->is_over) {
        gw_timer_stop(stream->keeper->loop, &stream->patience);
        enter(stream, OPEN);
        if (stream->ops->on_open != NULL) {
            stream->ops->on_open(stream->owner);
        }
    }
    receive(stream);
    move_on(stream);
}

static void on_finished(struct gw_rpc_batch *batch, bool is_ok)
{
    struct gw_rpc_stream *stream = GW_CONTAINER(batch, struct gw_rpc_stream, finishing);

    (void)is_ok; /* `over` tells */
    stream->out--;
    move_on(stream);
}

static void on_over(struct gw_rpc_batch *batch, bool is_ok)
{
    struct gw_rpc_stream *stream = GW_CONTAINER(batch, struct gw_rpc_stream, over);

    (void)is_ok; /* this one always succeeds */
    stream->out--;
    stream->is_over = true;
    gw_timer_stop(stream->keeper->loop, &stream->patience);
    receive(stream);
    move_on(stream);
}

/* ---- Life ------------------------------------------------------------------------------- */

static struct gw_rpc_stream *new_stream(struct gw_rpc_keeper *keeper, grpc_call *own_call)
{
    struct gw_rpc_stream *stream = GW_NEW(struct gw_rpc_stream);

    stream->keeper = keeper;
    stream->call = own_call;
    gw_list_init(&stream->link);
    gw_list_push_back(&keeper->streams, &stream->link);
    gw_rpc_batch_init(&stream->opened, keeper->loop, on_opened);
    gw_rpc_batch_init(&stream->receiving, keeper->loop, on_received);
    gw_rpc_batch_init(&stream->sending, keeper->loop, on_sent);
    gw_rpc_batch_init(&stream->finishing, keeper->loop, on_finished);
    gw_rpc_batch_init(&stream->over, keeper->loop, on_over);
    grpc_metadata_array_init(&stream->head);
    grpc_metadata_array_init(&stream->trailer);
    stream->details = grpc_empty_slice();
    gw_timer_init(&stream->patience, on_patience);
    gw_task_init(&stream->resumed, on_resumed);
    gw_task_init(&stream->done, on_done_task);
    return stream;
}

struct gw_rpc_stream *gw_rpc_stream_of_client(struct gw_rpc_keeper *keeper, grpc_call *own_call,
                                              const struct gw_rpc_opening *opening,
                                              const struct gw_rpc_stream_ops *ops, void *owner)
{
    struct gw_rpc_stream *stream = new_stream(keeper, own_call);
    grpc_op over = {.op = GRPC_OP_RECV_STATUS_ON_CLIENT};
    grpc_op heads[2] = {{.op = GRPC_OP_SEND_INITIAL_METADATA, .flags = opening->flags},
                        {.op = GRPC_OP_RECV_INITIAL_METADATA}};

    stream->is_client = true;
    stream->state = OPENING;
    stream->ops = ops;
    stream->owner = owner;
    over.data.recv_status_on_client.trailing_metadata = &stream->trailer;
    over.data.recv_status_on_client.status = &stream->status;
    over.data.recv_status_on_client.status_details = &stream->details;
    heads[0].data.send_initial_metadata.metadata = (grpc_metadata *)opening->metadata;
    heads[0].data.send_initial_metadata.count = opening->metadata_count;
    heads[1].data.recv_initial_metadata.recv_initial_metadata = &stream->head;
    start(stream, &stream->over, &over, 1);
    start(stream, &stream->opened, heads, 2);
    gw_timer_start(keeper->loop, &stream->patience, opening->patience_us);
    return stream;
}

struct gw_rpc_stream *gw_rpc_stream_of_server(struct gw_rpc_keeper *keeper, grpc_call *own_call)
{
    struct gw_rpc_stream *stream = new_stream(keeper, own_call);
    grpc_op over = {.op = GRPC_OP_RECV_CLOSE_ON_SERVER};
    grpc_op head = {.op = GRPC_OP_SEND_INITIAL_METADATA};

    stream->state = OPEN;
    over.data.recv_close_on_server.cancelled = &stream->is_cancelled;
    start(stream, &stream->over, &over, 1);
    start(stream, &stream->opened, &head, 1);
    receive(stream);
    return stream;
}

void gw_rpc_stream_serve(struct gw_rpc_stream *stream, const struct gw_rpc_stream_ops *ops,
                         void *owner)
{
    stream->ops = ops;
    stream->owner = owner;
}

static void on_nothing(void *owner, enum gw_err err, const char *why)
{
    (void)owner;
    (void)err;
    (void)why;
}

void gw_rpc_stream_refuse(struct gw_rpc_stream *stream, enum gw_err err, const char *why)
{
    static const struct gw_rpc_stream_ops NOBODY = {.on_done = on_nothing};

    stream->ops = &NOBODY;
    gw_rpc_stream_end(stream, err, why);
}

void gw_rpc_streams_cancel(struct gw_rpc_keeper *keeper)
{
    GW_LIST_EACH (&keeper->streams, node) {
        struct gw_rpc_stream *stream = GW_CONTAINER(node, struct gw_rpc_stream, link);

        cancel(stream, GW_E_CLOSED, "closed by us");
        move_on(stream);
    }
}
