/* SPDX-License-Identifier: MIT */
/*
 * One stream of a data plane:
 *
 *            too many batches out, or the sink is full
 *          +------+ --------------------------------------> +------+
 *   -----> | OPEN |                                         | HELD |
 *          +------+ <-------------------------------------- +------+
 *            |  |       receipts are gone and there is room    |
 *            |  |                                              |
 *            |  +---- a bad batch, or we stop ----+------------+
 *            |                                    v
 *            |                               +--------+
 *            |                               | ENDING |
 *            |                               +--------+
 *            |  the call is over (from HELD, too) |  the call is over
 *            +----------------+-------------------+
 *                             v
 *                         +------+
 *                         | GONE |  freed when the sink has given back its last batch
 *                         +------+
 *
 *   OPEN    batches are taken as they come
 *   HELD    nothing is read; gRPC's window holds the data plane back
 *   ENDING  we have said our last word
 *   GONE    no peer any more; batches may still be with the sink
 *
 * A batch is out from its arrival until its receipt is handed to gRPC. Receipts are put together
 * while an earlier one is being sent: one message per spool with all its ranges.
 *
 * A batch that cannot be right ends its stream with INVALID and is not guessed at: its sender
 * repeats it until somebody looks, and the log says what is wrong.
 */
#include "statsd/intake/intake.h"

#include <stdlib.h>

#include "lib/base/check.h"
#include "lib/report/log.h"
#include "lib/units/clock.h"
#include "statsd/sink/figures.h"
#include "statsd/sink/ledger.h"

#define OUT_MAX          GW_USAGE_RANGES_MAX /* so that one receipt can name all of them */
#define OUT_AGAIN        (OUT_MAX / 2)
#define BATCH_MEMORY_MAX ((size_t)64 << 20) /* an unpacked batch of 4 MiB is well below */
#define STREAMS_MAX      1024

enum stream_state { STREAM_OPEN, STREAM_HELD, STREAM_ENDING, STREAM_GONE };

static const bool MOVES[4][4] = {
    [STREAM_OPEN] = {[STREAM_HELD] = true, [STREAM_ENDING] = true, [STREAM_GONE] = true},
    [STREAM_HELD] = {[STREAM_OPEN] = true, [STREAM_ENDING] = true, [STREAM_GONE] = true},
    [STREAM_ENDING] = {[STREAM_GONE] = true},
};

/* A committed batch whose receipt has not been sent. */
struct confirmed {
    uint8_t spool_id[GW_SPOOL_ID_SIZE];
    struct gw_usage_range range;
};

struct stream {
    struct gw_list link; /* in intake->streams */
    struct intake *intake;
    struct gw_rpc_stream *rpc; /* NULL once GONE */
    enum stream_state state;
    char node[GW_USAGE_NODE_MAX + 1]; /* of the last batch; for the log */
    size_t in_sink;
    struct confirmed confirmed[OUT_MAX];
    size_t confirmed_count;
    struct gw_task freeing;
};

/* A batch with the sink, and the memory it lives in. */
struct shipment {
    struct sink_batch batch;
    struct gw_arena arena;
    struct stream *stream;
};

struct intake {
    struct gw_loop *loop;
    struct sink *sink;
    struct gw_metrics *metrics;
    struct gw_list streams;
    size_t stream_count;
    void (*closed)(void *owner);
    void *closed_owner;
    struct gw_task closing;
};

/* The only place that assigns `state`. */
static void enter(struct stream *stream, enum stream_state to)
{
    GW_CHECK(MOVES[stream->state][to]);
    stream->state = to;
}

static size_t out_count(const struct stream *stream)
{
    return stream->in_sink + stream->confirmed_count;
}

/* ---- Life of a stream ------------------------------------------------------------------- */

static void close_if_done(struct intake *intake)
{
    if (intake->closed != NULL && intake->stream_count == 0) {
        gw_loop_later(intake->loop, &intake->closing);
    }
}

static void run_freeing(struct gw_task *task)
{
    struct stream *stream = GW_CONTAINER(task, struct stream, freeing);
    struct intake *intake = stream->intake;

    gw_list_unlink(&stream->link);
    gw_free(stream);
    intake->stream_count--;
    gw_metric_set(intake->metrics, FIGURE_STREAMS, 0, (int64_t)intake->stream_count);
    close_if_done(intake);
}

static void free_if_done(struct stream *stream)
{
    if (stream->state == STREAM_GONE && stream->in_sink == 0) {
        gw_loop_later(stream->intake->loop, &stream->freeing);
    }
}

static void end(struct stream *stream, enum gw_err err, const char *why)
{
    if (stream->state == STREAM_OPEN || stream->state == STREAM_HELD) {
        enter(stream, STREAM_ENDING);
        gw_rpc_stream_end(stream->rpc, err, why);
    }
}

static void refuse(struct stream *stream, enum gw_err err, const char *why)
{
    gw_metric_count(stream->intake->metrics, FIGURE_STREAMS_REFUSED, 0);
    gw_log_limited(GW_LOG_ERROR, "usage_batch_refused", GW_LOG_STR("node", stream->node),
                   GW_LOG_ERR(err), GW_LOG_STR("reason", why));
    end(stream, err, why);
}

/* ---- Holding back ----------------------------------------------------------------------- */

static void hold_if_full(struct stream *stream)
{
    if (stream->state == STREAM_OPEN &&
        (out_count(stream) >= OUT_MAX || !sink_has_room(stream->intake->sink))) {
        enter(stream, STREAM_HELD);
        gw_rpc_stream_pause(stream->rpc);
    }
}

static void go_on_if_room(struct stream *stream)
{
    if (stream->state == STREAM_HELD && stream->intake->closed == NULL &&
        out_count(stream) <= OUT_AGAIN && sink_has_room(stream->intake->sink)) {
        enter(stream, STREAM_OPEN);
        gw_rpc_stream_resume(stream->rpc);
    }
}

void intake_on_room(struct intake *intake)
{
    GW_LIST_EACH (&intake->streams, node) {
        go_on_if_room(GW_CONTAINER(node, struct stream, link));
    }
}

/* We stop: nothing more is read, and a stream that waits for nothing ends. */
static void wind_up(struct stream *stream)
{
    if (stream->state == STREAM_OPEN) {
        enter(stream, STREAM_HELD);
        gw_rpc_stream_pause(stream->rpc);
    }
    if (stream->state == STREAM_HELD && out_count(stream) == 0 &&
        gw_rpc_stream_may_send(stream->rpc)) {
        end(stream, GW_E_UNAVAILABLE, "the service is stopping");
    }
}

/* ---- Receipts --------------------------------------------------------------------------- */

static int compare_ranges(const void *a, const void *b)
{
    uint64_t left = ((const struct gw_usage_range *)a)->first;
    uint64_t right = ((const struct gw_usage_range *)b)->first;

    return left < right ? -1 : left > right;
}

/* Ascending and not touching, as the contract wants them. */
static void merge_ranges(struct gw_usage_receipt *receipt)
{
    struct gw_usage_range *ranges = receipt->confirmed;
    size_t count = 0;

    qsort(ranges, receipt->count, sizeof(*ranges), compare_ranges);
    for (size_t i = 0; i < receipt->count; i++) {
        if (count > 0 && ranges[i].first <= ranges[count - 1].last + 1) {
            if (ranges[i].last > ranges[count - 1].last) {
                ranges[count - 1].last = ranges[i].last;
            }
        } else {
            ranges[count++] = ranges[i];
        }
    }
    receipt->count = count;
}

/* Moves all that is confirmed of the first spool into a receipt. */
static void take_receipt(struct stream *stream, struct gw_usage_receipt *receipt)
{
    size_t left = 0;

    *receipt = (struct gw_usage_receipt){.count = 0};
    memcpy(receipt->spool_id, stream->confirmed[0].spool_id, GW_SPOOL_ID_SIZE);
    for (size_t i = 0; i < stream->confirmed_count; i++) {
        if (memcmp(stream->confirmed[i].spool_id, receipt->spool_id, GW_SPOOL_ID_SIZE) == 0) {
            receipt->confirmed[receipt->count++] = stream->confirmed[i].range;
        } else {
            stream->confirmed[left++] = stream->confirmed[i];
        }
    }
    stream->confirmed_count = left;
    merge_ranges(receipt);
}

static void send_receipt(struct stream *stream)
{
    bool is_up = stream->state == STREAM_OPEN || stream->state == STREAM_HELD;
    struct gw_usage_receipt receipt;
    struct gw_buf buf;

    if (!is_up || stream->confirmed_count == 0 || !gw_rpc_stream_may_send(stream->rpc)) {
        return;
    }
    take_receipt(stream, &receipt);
    gw_buf_init(&buf, 64 * 1024);
    /* Only numbers that unpacking has let in: they pack. */
    GW_CHECK(gw_usage_receipt_pack(&receipt, &buf) == GW_OK);
    gw_rpc_stream_send(stream->rpc, gw_buf_text(&buf));
    gw_buf_fini(&buf);
}

static void after_receipts(struct stream *stream)
{
    send_receipt(stream);
    if (stream->intake->closed != NULL) {
        wind_up(stream);
    } else {
        go_on_if_room(stream);
    }
}

static void confirm(struct stream *stream, const struct gw_usage_batch *batch)
{
    struct confirmed *confirmed = &stream->confirmed[stream->confirmed_count];

    if (batch->count == 0) {
        return; /* it only told what is lost */
    }
    GW_CHECK(stream->confirmed_count < OUT_MAX);
    memcpy(confirmed->spool_id, batch->head.spool_id, GW_SPOOL_ID_SIZE);
    confirmed->range.first = batch->head.first_seq;
    confirmed->range.last = batch->head.first_seq + batch->count - 1;
    stream->confirmed_count++;
}

/* ---- Batches ---------------------------------------------------------------------------- */

static void shipment_free(struct shipment *shipment)
{
    gw_arena_fini(&shipment->arena);
    gw_free(shipment);
}

static void batch_done(struct sink_batch *batch, enum gw_err err, const char *why)
{
    struct shipment *shipment = GW_CONTAINER(batch, struct shipment, batch);
    struct stream *stream = shipment->stream;

    stream->in_sink--;
    if (stream->state == STREAM_GONE) {
        free_if_done(stream);
    } else if (err == GW_OK) {
        confirm(stream, &batch->usage);
        after_receipts(stream);
    } else if (err == GW_E_UNAVAILABLE) {
        after_receipts(stream);
    } else {
        refuse(stream, err, why);
    }
    shipment_free(shipment);
}

/* An exchange begun at a time nobody can have meant would need a partition of its own. */
static enum gw_err check_times(const struct gw_usage_batch *batch, struct gw_fault *fault)
{
    int64_t now_us = gw_clock_wall_us();

    for (size_t i = 0; i < batch->count; i++) {
        const struct gw_usage_event *event = &batch->events[i];
        int64_t at_us = event->is_end ? event->ended.started_us : event->begun.at_us;

        if (at_us < now_us - LEDGER_OLDEST_US || at_us > now_us + LEDGER_NEWEST_US) {
            char text[GW_CLOCK_TEXT_SIZE];

            gw_clock_format(at_us, text);
            return gw_fail(fault, GW_E_INVALID, "event %llu began at %s, which is too far from now",
                           (unsigned long long)(batch->head.first_seq + i), text);
        }
    }
    return GW_OK;
}

static void remember_node(struct stream *stream, struct gw_text node)
{
    size_t len = node.len < GW_USAGE_NODE_MAX ? node.len : GW_USAGE_NODE_MAX;

    if (len > 0) {
        memcpy(stream->node, node.at, len);
    }
    stream->node[len] = '\0';
}

static enum gw_err unpack(struct stream *stream, struct gw_text message, struct shipment *shipment,
                          struct gw_fault *fault)
{
    GW_TRY(gw_usage_batch_unpack(message, &shipment->arena, &shipment->batch.usage, fault));
    remember_node(stream, shipment->batch.usage.head.node);
    return check_times(&shipment->batch.usage, fault);
}

static void on_message(void *owner, struct gw_text message)
{
    struct stream *stream = owner;
    struct shipment *shipment;
    struct gw_fault fault;
    enum gw_err err;

    if (stream->state != STREAM_OPEN) {
        return; /* it was on its way when we ended; not confirmed, so it comes again */
    }
    shipment = GW_NEW(struct shipment);
    gw_arena_init(&shipment->arena, BATCH_MEMORY_MAX);
    err = unpack(stream, message, shipment, &fault);
    if (err != GW_OK) {
        shipment_free(shipment);
        refuse(stream, err == GW_E_CORRUPT ? GW_E_INVALID : err, fault.text);
        return;
    }
    shipment->stream = stream;
    shipment->batch.done = batch_done;
    shipment->batch.size = sizeof(*shipment) + shipment->arena.total;
    stream->in_sink++;
    sink_put(stream->intake->sink, &shipment->batch);
    hold_if_full(stream);
}

static void on_sent(void *owner)
{
    after_receipts(owner);
}

static void on_done(void *owner, enum gw_err err, const char *why)
{
    struct stream *stream = owner;

    gw_log(GW_LOG_INFO, "usage_stream_closed", GW_LOG_STR("node", stream->node), GW_LOG_ERR(err),
           GW_LOG_STR("reason", why));
    enter(stream, STREAM_GONE);
    stream->rpc = NULL;
    free_if_done(stream);
}

enum gw_err intake_accept(struct intake *intake, struct gw_rpc_stream *rpc,
                          const struct gw_rpc_stream_ops **ret_ops, void **ret_owner)
{
    static const struct gw_rpc_stream_ops OPS = {
        .on_message = on_message,
        .on_sent = on_sent,
        .on_done = on_done,
    };
    struct stream *stream;

    if (intake->closed != NULL) {
        return GW_E_UNAVAILABLE;
    }
    if (intake->stream_count >= STREAMS_MAX) {
        return GW_E_FULL;
    }
    stream = GW_NEW(struct stream);
    stream->intake = intake;
    stream->rpc = rpc;
    gw_list_init(&stream->link);
    gw_list_push_back(&intake->streams, &stream->link);
    gw_task_init(&stream->freeing, run_freeing);
    intake->stream_count++;
    gw_metric_set(intake->metrics, FIGURE_STREAMS, 0, (int64_t)intake->stream_count);
    gw_log(GW_LOG_INFO, "usage_stream_opened");
    *ret_ops = &OPS;
    *ret_owner = stream;
    return GW_OK;
}

/* ---- Life ------------------------------------------------------------------------------- */

static void run_closing(struct gw_task *task)
{
    struct intake *intake = GW_CONTAINER(task, struct intake, closing);

    intake->closed(intake->closed_owner);
}

struct intake *intake_new(struct gw_loop *loop, struct sink *sink, struct gw_metrics *metrics)
{
    struct intake *intake = GW_NEW(struct intake);

    intake->loop = loop;
    intake->sink = sink;
    intake->metrics = metrics;
    gw_list_init(&intake->streams);
    gw_task_init(&intake->closing, run_closing);
    return intake;
}

void intake_close(struct intake *intake, void (*closed)(void *owner), void *owner)
{
    GW_CHECK(intake->closed == NULL);
    intake->closed = closed;
    intake->closed_owner = owner;
    GW_LIST_EACH (&intake->streams, node) {
        wind_up(GW_CONTAINER(node, struct stream, link));
    }
    close_if_done(intake);
}

void intake_free(struct intake *intake)
{
    gw_free(intake);
}
