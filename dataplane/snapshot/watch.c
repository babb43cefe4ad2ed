/* SPDX-License-Identifier: MIT */
/*
 *                     open                   accepted
 *     +---------+            +---------+               +----------+
 *     | WAITING | ---------> | OPENING | ------------> | WATCHING | <--+ an update, applied
 *     +---------+            +---------+               +----------+ ---+ or refused
 *       ^    |                    |                         |
 *       |    |                    | over                    | over
 *       +----|--------------------+-------------------------+
 *            |
 *            | end, from any state
 *            v
 *        +-------+
 *        | ENDED |
 *        +-------+
 *
 *   WAITING   for the next attempt; attempts begin at the intervals of lib/units/backoff.h,
 *             however long one takes
 *   OPENING   hello is on its way
 *   WATCHING  updates come
 *
 * An update comes in parts, which are added to a draft as they come. Three things can be wrong:
 *
 *   its content   the version is refused, with the reason, in the next report; the rest of its
 *                 parts is skipped, and what runs goes on running
 *   its base      we are not where the control plane thinks: a new stream begins, whose hello
 *                 says where we are
 *   its bytes     the same, as nothing that follows can be trusted
 *
 * The backoff starts again only when an update was applied, so that a control plane that takes us
 * and then sends nonsense is not asked ten times a second.
 */
#include "dataplane/snapshot/watch.h"

#include <stdio.h>

#include "dataplane/snapshot/index.h"
#include "lib/base/check.h"
#include "lib/units/backoff.h"
#include "lib/units/clock.h"

#define REPORT_MAX 4096
#define SWEEP_US   GW_US_PER_SECOND
#define LEAST_US   (50 * GW_US_PER_MS) /* between the end of one attempt and the next */

enum state { WAITING, OPENING, WATCHING, ENDED };

struct watch {
    struct watch_conf conf;
    const struct watch_ops *ops;
    void *owner;
    enum state state;
    struct gw_rpc_stream *stream;
    struct gw_backoff backoff;
    int64_t opened_us; /* when this attempt began */
    struct gw_timer retry;
    struct gw_timer sweep;

    struct index_draft *draft;  /* an update of which parts have come */
    struct gw_version skipping; /* number 0: nothing */

    struct gw_version refused;
    char refusal[sizeof(((struct gw_fault *)0)->text)];
    uint64_t open_requests;
    bool is_draining;
    bool has_report; /* something to tell */
    bool has_said_hello;
};

/* MOVES[from][to]: the arrows in the drawing above, and no others. */
static const bool MOVES[4][4] = {
    [WAITING] = {[OPENING] = true, [ENDED] = true},
    [OPENING] = {[WATCHING] = true, [WAITING] = true, [ENDED] = true},
    [WATCHING] = {[WAITING] = true, [ENDED] = true},
};

/* The only place that assigns `state`. */
static void enter(struct watch *watch, enum state to)
{
    GW_CHECK(MOVES[watch->state][to]);
    watch->state = to;
}

/* ---- Reports ---------------------------------------------------------------------------- */

static struct gw_version running(struct watch *watch)
{
    const struct snapshot *snapshot = holder_get(watch->conf.holder);
    struct gw_version version = {.number = 0};

    if (snapshot != NULL) {
        version = snapshot_version(snapshot);
        snapshot_unref(snapshot);
    }
    return version;
}

/* Sends what there is to tell, if the last report is out. */
static void report(struct watch *watch)
{
    struct gw_report message = {
        .has_hello = !watch->has_said_hello,
        .node = gw_text_of(watch->conf.node),
        .instance = gw_text_of(watch->conf.instance),
        .build = gw_text_of(watch->conf.build),
        .started_us = watch->conf.started_wall_us,
        .running = running(watch),
        .refused = watch->refused,
        .refusal = gw_text_of(watch->refusal),
        .draining = watch->is_draining,
        .open_requests = watch->open_requests,
    };
    struct gw_buf bytes;

    if (!watch->has_report || watch->stream == NULL || !gw_rpc_stream_may_send(watch->stream)) {
        return;
    }
    gw_buf_init(&bytes, REPORT_MAX);
    GW_CHECK(gw_report_pack(&message, &bytes) == GW_OK); /* its texts have ceilings */
    gw_rpc_stream_send(watch->stream, gw_buf_text(&bytes));
    gw_buf_fini(&bytes);
    watch->has_said_hello = true;
    watch->has_report = false;
    watch->refused.number = 0;
    watch->refusal[0] = '\0';
}

static void tell(struct watch *watch)
{
    watch->has_report = true;
    report(watch);
}

void watch_set_load(struct watch *watch, uint64_t open_requests, bool is_draining)
{
    watch->open_requests = open_requests;
    if (watch->is_draining != is_draining) {
        watch->is_draining = is_draining;
        tell(watch);
    }
}

/* ---- Updates ---------------------------------------------------------------------------- */

static void drop_draft(struct watch *watch)
{
    index_free(watch->draft);
    watch->draft = NULL;
}

static void refuse(struct watch *watch, const struct gw_version *version, const char *why)
{
    watch->refused = *version;
    snprintf(watch->refusal, sizeof(watch->refusal), "%s", why);
    watch->ops->on_refused(watch->owner, version, why);
    tell(watch);
}

static void apply(struct watch *watch, const struct snapshot *own_snapshot)
{
    gw_backoff_reset(&watch->backoff);
    holder_put(watch->conf.holder, snapshot_ref(own_snapshot));
    gw_timer_start(watch->conf.loop, &watch->sweep, SWEEP_US);
    watch->ops->on_applied(watch->owner, own_snapshot);
    tell(watch); /* last: who hears of it may ask us at once */
    snapshot_unref(own_snapshot);
}

static void begin_draft(struct watch *watch)
{
    const struct snapshot *current = holder_get(watch->conf.holder);

    watch->draft = index_new(current, watch->conf.ring);
    snapshot_unref(current);
}

/* The part was unpacked; the draft takes it, and becomes a snapshot with the last one. */
static enum gw_err take_part(struct watch *watch, const struct gw_update *part,
                             struct gw_fault *fault)
{
    const struct snapshot *snapshot;
    struct index_draft *draft;

    if (watch->draft == NULL) {
        begin_draft(watch);
    }
    GW_TRY(index_add(watch->draft, part, fault));
    if (!gw_update_is_last(part)) {
        return GW_OK;
    }
    draft = watch->draft;
    watch->draft = NULL;
    GW_TRY(index_finish(draft, &snapshot, fault));
    apply(watch, snapshot);
    return GW_OK;
}

/* Is this a part of an update that was refused? Forgets that update with its last part. */
static bool is_skipped(struct watch *watch, const struct gw_version *version, bool is_last)
{
    bool is_same = watch->skipping.number == version->number &&
                   strcmp(watch->skipping.epoch, version->epoch) == 0;

    if (is_last || !is_same) {
        watch->skipping.number = 0;
    }
    return is_same && version->number > 0;
}

/* What cannot be used: GW_E_INVALID and GW_E_TOO_LARGE are content, the rest ends the stream. */
static void on_bad_part(struct watch *watch, struct gw_text message, enum gw_err err,
                        const char *why)
{
    struct gw_version version;
    bool is_last;

    drop_draft(watch);
    if ((err != GW_E_INVALID && err != GW_E_TOO_LARGE) ||
        !gw_update_peek(message, &version, &is_last)) {
        gw_rpc_stream_end(watch->stream, err, why);
        return;
    }
    if (is_skipped(watch, &version, is_last)) {
        return;
    }
    if (!is_last) {
        watch->skipping = version;
    }
    refuse(watch, &version, why);
}

static void on_message(void *owner, struct gw_text message)
{
    struct watch *watch = owner;
    struct gw_fault fault = {""};
    struct gw_update *part;
    struct gw_version version;
    enum gw_err err;

    if (watch->state != WATCHING) {
        return;
    }
    err = gw_update_unpack(message, &part, &fault);
    if (err == GW_OK) {
        version = gw_update_version(part);
        if (!is_skipped(watch, &version, gw_update_is_last(part))) {
            err = take_part(watch, part, &fault);
        }
        gw_update_free(part);
    }
    if (err != GW_OK) {
        on_bad_part(watch, message, err, fault.text);
    }
}

/* ---- The stream ------------------------------------------------------------------------- */

static void on_open(void *owner)
{
    struct watch *watch = owner;

    if (watch->state == OPENING) {
        enter(watch, WATCHING);
        watch->ops->on_open(watch->owner);
    }
}

static void on_sent(void *owner)
{
    report(owner); /* what came up meanwhile */
}

static void on_done(void *owner, enum gw_err err, const char *why)
{
    struct watch *watch = owner;
    int64_t spent_us = gw_loop_now_us(watch->conf.loop) - watch->opened_us;
    int64_t wait_us;

    watch->stream = NULL;
    drop_draft(watch);
    if (watch->state == ENDED) {
        return;
    }
    enter(watch, WAITING);
    watch->ops->on_lost(watch->owner, err == GW_OK ? "control plane ended the stream" : why);
    wait_us = gw_backoff_next_us(&watch->backoff) - spent_us;
    gw_timer_start(watch->conf.loop, &watch->retry, wait_us < LEAST_US ? LEAST_US : wait_us);
}

static void open_stream(struct gw_timer *timer)
{
    static const struct gw_rpc_stream_ops OPS = {
        .on_open = on_open, .on_message = on_message, .on_sent = on_sent, .on_done = on_done};
    struct watch *watch = GW_CONTAINER(timer, struct watch, retry);

    enter(watch, OPENING);
    watch->opened_us = gw_loop_now_us(watch->conf.loop);
    watch->skipping.number = 0;
    watch->has_said_hello = false;
    watch->stream = gw_rpc_stream_open(watch->conf.client, WATCH_METHOD, &OPS, watch);
    tell(watch);
}

/* ---- Life ------------------------------------------------------------------------------- */

static void on_sweep(struct gw_timer *timer)
{
    struct watch *watch = GW_CONTAINER(timer, struct watch, sweep);

    if (holder_sweep(watch->conf.holder) > 0) {
        gw_timer_start(watch->conf.loop, &watch->sweep, SWEEP_US);
    }
}

struct watch *watch_new(const struct watch_conf *conf, const struct watch_ops *ops, void *owner)
{
    struct watch *watch = GW_NEW(struct watch);

    watch->conf = *conf;
    watch->ops = ops;
    watch->owner = owner;
    watch->state = WAITING;
    gw_backoff_init(&watch->backoff, GW_RPC_WAIT_FIRST_US, GW_RPC_WAIT_MOST_US);
    gw_timer_init(&watch->retry, open_stream);
    gw_timer_init(&watch->sweep, on_sweep);
    return watch;
}

void watch_start(struct watch *watch)
{
    gw_timer_start(watch->conf.loop, &watch->retry, 0);
}

void watch_end(struct watch *watch)
{
    enter(watch, ENDED);
    gw_timer_stop(watch->conf.loop, &watch->retry);
    gw_timer_stop(watch->conf.loop, &watch->sweep);
}

void watch_free(struct watch *watch)
{
    if (watch != NULL) {
        GW_CHECK(watch->stream == NULL);
        drop_draft(watch);
        gw_free(watch);
    }
}
