/* SPDX-License-Identifier: MIT */
/*
 *                     open                   accepted
 *     +---------+            +---------+               +----------+
 *     | WAITING | ---------> | OPENING | ------------> | SHIPPING | <--+ batches out,
 *     +---------+            +---------+               +----------+ ---+ receipts in
 *       ^    |                    |                         |
 *       |    |                    | over                    | over: the spool is rewound
 *       +----|--------------------+-------------------------+
 *            |
 *            | end, from any state
 *            v
 *        +-------+
 *        | ENDED |
 *        +-------+
 *
 * While SHIPPING, a batch goes out when it is full, or gather_us after its first event came in, or
 * at once while flushing and after a rewind; but never more than SHIPPER_BATCHES_MAX of which
 * something is unconfirmed. Receipts may come in any order, twice, for parts of batches, and for
 * events of an earlier connection: all of that is left to the spool, and a batch is over when
 * the spool says so.
 *
 * What statsd says is not believed: a receipt for another spool, or for numbers that were never
 * sent, is told and ignored, and one that does not parse ends the stream.
 *
 * The backoff starts again only when something was confirmed.
 */
#include "dataplane/meter/shipper.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/base/check.h"
#include "lib/units/backoff.h"
#include "lib/units/clock.h"

#define GATHER_US  (50 * GW_US_PER_MS)
#define SILENCE_US (120 * GW_US_PER_SECOND)
#define LEAST_US   (50 * GW_US_PER_MS) /* between the end of one attempt and the next */
#define PACKED_MAX ((size_t)4 * 1024 * 1024)

enum state { WAITING, OPENING, SHIPPING, ENDED };

struct shipper {
    struct shipper_conf conf;
    const struct shipper_ops *ops;
    void *owner;
    enum state state;
    struct gw_rpc_stream *stream;
    struct gw_backoff backoff;
    int64_t opened_us;
    struct gw_timer retry;
    struct gw_timer gather;
    struct gw_timer silence;
    bool is_flushing;
    bool is_in_a_hurry; /* what is in the spool now goes out without gathering */
    uint64_t told_lost; /* lost_below as this connection knows it */

    struct gw_usage_range batches[SHIPPER_BATCHES_MAX]; /* sent, not confirmed */
    size_t batch_count;
    struct gw_text events[SHIPPER_BATCH_MAX]; /* of the batch being packed */
};

/* MOVES[from][to]: the arrows in the drawing above, and no others. */
static const bool MOVES[4][4] = {
    [WAITING] = {[OPENING] = true, [ENDED] = true},
    [OPENING] = {[SHIPPING] = true, [WAITING] = true, [ENDED] = true},
    [SHIPPING] = {[WAITING] = true, [ENDED] = true},
};

/* The only place that assigns `state`. */
static void enter(struct shipper *shipper, enum state to)
{
    GW_CHECK(MOVES[shipper->state][to]);
    shipper->state = to;
}

/* ---- Batches ---------------------------------------------------------------------------- */

static void send_batch(struct shipper *shipper, const struct spool_run *run)
{
    struct gw_usage_batch_head head = {
        .node = gw_text_of(shipper->conf.node),
        .first_seq = run->first_seq,
        .lost_below = spool_lost_below(shipper->conf.spool),
    };
    struct gw_buf bytes;

    memcpy(head.spool_id, spool_id(shipper->conf.spool), GW_SPOOL_ID_SIZE);
    gw_buf_init(&bytes, PACKED_MAX);
    /* Events are cut to their ceilings, so that a batch cannot pass its own. */
    GW_CHECK(gw_usage_batch_pack(&head, shipper->events, run->count, &bytes) == GW_OK);
    gw_rpc_stream_send(shipper->stream, gw_buf_text(&bytes));
    gw_buf_fini(&bytes);
    shipper->told_lost = head.lost_below;
}

static bool may_send(const struct shipper *shipper)
{
    return shipper->state == SHIPPING && gw_rpc_stream_may_send(shipper->stream) &&
           shipper->batch_count < SHIPPER_BATCHES_MAX;
}

static void send_events(struct shipper *shipper)
{
    struct spool_run run = spool_next(shipper->conf.spool, SHIPPER_BATCH_MAX, SHIPPER_BYTES_MAX,
                                      shipper->events);

    if (run.count == 0) {
        return; /* all that waited had been confirmed meanwhile */
    }
    shipper->batches[shipper->batch_count++] = (struct gw_usage_range){
        run.first_seq, run.first_seq + run.count - 1};
    if (!gw_timer_is_running(&shipper->silence)) {
        gw_timer_start(shipper->conf.loop, &shipper->silence, shipper->conf.silence_us);
    }
    send_batch(shipper, &run);
}

/* Losses are told with the next batch; if there is none, with one that is empty. */
static void tell_losses(struct shipper *shipper)
{
    const struct spool_run nothing = {.count = 0};

    if (spool_lost_below(shipper->conf.spool) > shipper->told_lost) {
        send_batch(shipper, &nothing);
    }
}

/* Sends what should go now, and sees to it that the rest goes later. */
static void ship(struct shipper *shipper)
{
    size_t waiting = spool_waiting(shipper->conf.spool);

    if (waiting == 0) {
        shipper->is_in_a_hurry = false;
    }
    if (!may_send(shipper)) {
        return; /* on_sent or a receipt comes back here */
    }
    if (waiting == 0) {
        tell_losses(shipper);
    } else if (waiting >= SHIPPER_BATCH_MAX || shipper->is_flushing || shipper->is_in_a_hurry) {
        send_events(shipper);
    } else if (!gw_timer_is_running(&shipper->gather)) {
        gw_timer_start(shipper->conf.loop, &shipper->gather, shipper->conf.gather_us);
    }
}

static void on_gathered(struct gw_timer *timer)
{
    struct shipper *shipper = GW_CONTAINER(timer, struct shipper, gather);

    shipper->is_in_a_hurry = true;
    ship(shipper);
}

/* Flushed: everything is confirmed, and losses are told. */
static void check_empty(struct shipper *shipper)
{
    struct spool_figures figures;

    if (!shipper->is_flushing || shipper->state == ENDED) {
        return;
    }
    spool_figures(shipper->conf.spool, &figures);
    if (figures.unconfirmed > 0 ||
        (figures.lost > 0 && spool_lost_below(shipper->conf.spool) > shipper->told_lost) ||
        (shipper->stream != NULL && !gw_rpc_stream_may_send(shipper->stream))) {
        return;
    }
    shipper->ops->on_empty(shipper->owner);
}

void shipper_wake(struct shipper *shipper)
{
    ship(shipper);
}

void shipper_flush(struct shipper *shipper)
{
    shipper->is_flushing = true;
    ship(shipper);
    check_empty(shipper);
}

/* ---- Receipts --------------------------------------------------------------------------- */

static void drop_confirmed(struct shipper *shipper)
{
    size_t left = 0;

    for (size_t i = 0; i < shipper->batch_count; i++) {
        struct gw_usage_range batch = shipper->batches[i];

        if (!spool_is_confirmed(shipper->conf.spool, batch.first, batch.last)) {
            shipper->batches[left++] = batch;
        }
    }
    if (left < shipper->batch_count) {
        gw_backoff_reset(&shipper->backoff);
        gw_timer_stop(shipper->conf.loop, &shipper->silence);
        if (left > 0) {
            gw_timer_start(shipper->conf.loop, &shipper->silence, shipper->conf.silence_us);
        }
    }
    shipper->batch_count = left;
}

static void take_receipt(struct shipper *shipper, const struct gw_usage_receipt *receipt)
{
    char what[160];

    if (memcmp(receipt->spool_id, spool_id(shipper->conf.spool), GW_SPOOL_ID_SIZE) != 0) {
        shipper->ops->on_odd(shipper->owner, "receipt for another spool");
        return;
    }
    for (size_t i = 0; i < receipt->count; i++) {
        const struct gw_usage_range *range = &receipt->confirmed[i];

        if (!spool_confirm(shipper->conf.spool, range->first, range->last)) {
            snprintf(what, sizeof(what),
                     "receipt for events %" PRIu64 " to %" PRIu64 ", which were never sent",
                     range->first, range->last);
            shipper->ops->on_odd(shipper->owner, what);
        }
    }
    drop_confirmed(shipper);
    ship(shipper);
    check_empty(shipper);
}

static void on_message(void *owner, struct gw_text message)
{
    struct shipper *shipper = owner;
    struct gw_usage_receipt receipt;
    struct gw_fault fault = {""};
    enum gw_err err;

    if (shipper->state != SHIPPING) {
        return;
    }
    err = gw_usage_receipt_unpack(message, &receipt, &fault);
    if (err != GW_OK) {
        shipper->ops->on_odd(shipper->owner, fault.text);
        gw_rpc_stream_end(shipper->stream, err, fault.text);
        return;
    }
    take_receipt(shipper, &receipt);
}

/* ---- The stream ------------------------------------------------------------------------- */

static void on_open(void *owner)
{
    struct shipper *shipper = owner;

    if (shipper->state == OPENING) {
        enter(shipper, SHIPPING);
        shipper->is_in_a_hurry = true;
        shipper->ops->on_open(shipper->owner);
        ship(shipper);
    }
}

static void on_sent(void *owner)
{
    ship(owner);
    check_empty(owner);
}

static void on_silence(struct gw_timer *timer)
{
    struct shipper *shipper = GW_CONTAINER(timer, struct shipper, silence);

    if (shipper->state == SHIPPING) {
        gw_rpc_stream_end(shipper->stream, GW_E_TIMEOUT, "nothing was confirmed for too long");
    }
}

static void on_done(void *owner, enum gw_err err, const char *why)
{
    struct shipper *shipper = owner;
    int64_t spent_us = gw_loop_now_us(shipper->conf.loop) - shipper->opened_us;
    int64_t wait_us;

    shipper->stream = NULL;
    shipper->batch_count = 0;
    gw_timer_stop(shipper->conf.loop, &shipper->gather);
    gw_timer_stop(shipper->conf.loop, &shipper->silence);
    spool_rewind(shipper->conf.spool);
    if (shipper->state == ENDED) {
        return;
    }
    enter(shipper, WAITING);
    shipper->ops->on_lost(shipper->owner, err == GW_OK ? "statsd ended the stream" : why);
    wait_us = gw_backoff_next_us(&shipper->backoff) - spent_us;
    gw_timer_start(shipper->conf.loop, &shipper->retry, wait_us < LEAST_US ? LEAST_US : wait_us);
}

static void open_stream(struct gw_timer *timer)
{
    static const struct gw_rpc_stream_ops OPS = {
        .on_open = on_open, .on_message = on_message, .on_sent = on_sent, .on_done = on_done};
    struct shipper *shipper = GW_CONTAINER(timer, struct shipper, retry);

    enter(shipper, OPENING);
    shipper->opened_us = gw_loop_now_us(shipper->conf.loop);
    shipper->told_lost = 0;
    shipper->stream = gw_rpc_stream_open(shipper->conf.client, SHIPPER_METHOD, &OPS, shipper);
}

/* ---- Life ------------------------------------------------------------------------------- */

struct shipper *shipper_new(const struct shipper_conf *conf, const struct shipper_ops *ops,
                            void *owner)
{
    struct shipper *shipper = GW_NEW(struct shipper);

    shipper->conf = *conf;
    if (shipper->conf.gather_us == 0) {
        shipper->conf.gather_us = GATHER_US;
    }
    if (shipper->conf.silence_us == 0) {
        shipper->conf.silence_us = SILENCE_US;
    }
    shipper->ops = ops;
    shipper->owner = owner;
    shipper->state = WAITING;
    gw_backoff_init(&shipper->backoff, GW_RPC_WAIT_FIRST_US, GW_RPC_WAIT_MOST_US);
    gw_timer_init(&shipper->retry, open_stream);
    gw_timer_init(&shipper->gather, on_gathered);
    gw_timer_init(&shipper->silence, on_silence);
    return shipper;
}

void shipper_start(struct shipper *shipper)
{
    gw_timer_start(shipper->conf.loop, &shipper->retry, 0);
}

void shipper_end(struct shipper *shipper)
{
    enter(shipper, ENDED);
    gw_timer_stop(shipper->conf.loop, &shipper->retry);
    gw_timer_stop(shipper->conf.loop, &shipper->gather);
    gw_timer_stop(shipper->conf.loop, &shipper->silence);
}

void shipper_free(struct shipper *shipper)
{
    GW_CHECK(shipper == NULL || shipper->stream == NULL);
    gw_free(shipper);
}
