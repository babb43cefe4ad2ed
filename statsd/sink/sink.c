/* SPDX-License-Identifier: MIT */
/*
 *              a batch
 *   --> IDLE ----------> GATHERING
 *        ^                   | old enough, or enough of them
 *        | nothing left      v        it failed for a reason that may pass
 *        +--------------- WRITING ----------------------------------------> RESTING
 *                          ^  |  ^                                             |
 *                          +--+  +---------------------------------------------+
 *                     more to write                  its rest is over
 *
 *   IDLE       nothing is held
 *   GATHERING  batches wait for company, at most flush_delay
 *   WRITING    the writer's thread has a transaction
 *   RESTING    the database is away; batches wait, and beyond hold_max their senders, too
 *
 * When a transaction fails because of what is in it, each of its batches is written alone, so
 * that only the one to blame is given back (`alone` counts how many are still to go).
 *
 * Nothing is confirmed before the commit has returned. A batch whose commit got lost is written
 * again, and the marks of the ledger say that it is there already.
 *
 * A tick asks the database how it is, because somebody wants to know even when nothing is
 * written, and has the coming months' partitions made.
 */
#include "statsd/sink/sink.h"

#include "lib/base/check.h"
#include "lib/net/pool.h"
#include "lib/report/log.h"
#include "lib/units/clock.h"
#include "statsd/sink/figures.h"
#include "statsd/sink/ledger.h"

#define EVENTS_MAX       8192 /* of one transaction, unless one batch alone has more */
#define REST_LEAST_US    (100 * GW_US_PER_MS)
#define REST_MOST_US     (5 * GW_US_PER_SECOND)
#define TICK_US          (2 * GW_US_PER_SECOND)
#define ENSURE_EVERY_US  GW_US_PER_HOUR
#define ENSURE_AHEAD_US  (INT64_C(62) * 24 * GW_US_PER_HOUR)
#define ENSURE_BEHIND_US (INT64_C(1) * 24 * GW_US_PER_HOUR)

enum sink_state { SINK_IDLE, SINK_GATHERING, SINK_WRITING, SINK_RESTING };

static const bool MOVES[4][4] = {
    [SINK_IDLE] = {[SINK_GATHERING] = true},
    [SINK_GATHERING] = {[SINK_WRITING] = true},
    [SINK_WRITING] =
        {[SINK_IDLE] = true, [SINK_GATHERING] = true, [SINK_WRITING] = true, [SINK_RESTING] = true},
    [SINK_RESTING] = {[SINK_WRITING] = true, [SINK_IDLE] = true},
};

/* What the writer's thread is given, and what it found. */
struct writing {
    struct gw_job job;
    struct gw_list batches;
    size_t count;
    const struct gw_usage_batch *usage[LEDGER_BATCHES_MAX];
    struct ledger_tally tally;
    int64_t took_us;
    enum gw_err err;
    struct gw_fault fault;
};

struct checking {
    struct gw_job job;
    bool is_running;
    bool ensures; /* partitions as well */
    enum gw_err err;
    struct gw_fault fault;
};

struct sink {
    struct gw_loop *loop;
    struct sink_conf conf;
    struct gw_metrics *metrics;
    const struct sink_ops *ops;
    void *owner;
    struct gw_pool *writer;

    enum sink_state state;
    struct gw_list waiting;
    size_t waiting_events;
    size_t held_bytes, held_batches; /* waiting and being written */
    bool was_full;
    size_t alone;
    int64_t rest_us;
    struct gw_timer timer; /* of GATHERING and RESTING */
    struct writing writing;

    struct gw_timer tick;
    struct checking checking;
    int64_t ensured_at_us; /* monotonic; 0: never */
    bool is_there, is_there_told;

    void (*closed)(void *owner);
    void *closed_owner;
    struct gw_task closing;
};

static void advance(struct sink *sink);

/* The only place that assigns `state`. */
static void enter(struct sink *sink, enum sink_state to)
{
    GW_CHECK(MOVES[sink->state][to]);
    sink->state = to;
}

/* ---- The database's state --------------------------------------------------------------- */

static void tell_database(struct sink *sink, bool is_there, const char *why)
{
    if (sink->is_there_told && sink->is_there == is_there) {
        return;
    }
    if (is_there) {
        gw_log(GW_LOG_INFO, "database_is_there");
    } else {
        gw_log(GW_LOG_WARN, "database_is_away", GW_LOG_STR("reason", why));
    }
    sink->is_there = is_there;
    sink->is_there_told = true;
    if (sink->ops != NULL && sink->ops->on_database != NULL) {
        sink->ops->on_database(sink->owner, is_there, why);
    }
}

static void work_check(struct gw_job *job, void *context)
{
    struct checking *checking = GW_CONTAINER(job, struct checking, job);
    int64_t now_us = gw_clock_wall_us();

    if (checking->ensures) {
        checking->err = ledger_ensure(context, now_us - ENSURE_BEHIND_US, now_us + ENSURE_AHEAD_US,
                                      &checking->fault);
    } else {
        checking->err = ledger_check(context, &checking->fault);
    }
}

static void check_done(struct gw_job *job)
{
    struct sink *sink = GW_CONTAINER(job, struct sink, checking.job);
    struct checking *checking = &sink->checking;

    checking->is_running = false;
    if (checking->err == GW_OK && checking->ensures) {
        sink->ensured_at_us = gw_loop_now_us(sink->loop);
    }
    tell_database(sink, checking->err == GW_OK, checking->err == GW_OK ? "" : checking->fault.text);
    advance(sink);
}

static void fire_tick(struct gw_timer *timer)
{
    struct sink *sink = GW_CONTAINER(timer, struct sink, tick);
    struct checking *checking = &sink->checking;
    int64_t now_us = gw_loop_now_us(sink->loop);

    gw_timer_start(sink->loop, timer, TICK_US);
    if (checking->is_running || sink->state == SINK_WRITING) {
        return;
    }
    checking->ensures = sink->ensured_at_us == 0 || now_us - sink->ensured_at_us >= ENSURE_EVERY_US;
    checking->is_running = gw_pool_submit(sink->writer, &checking->job) == GW_OK;
}

/* ---- Giving back ------------------------------------------------------------------------ */

static void show_held(struct sink *sink)
{
    gw_metric_set(sink->metrics, FIGURE_HELD_BYTES, 0, (int64_t)sink->held_bytes);
    gw_metric_set(sink->metrics, FIGURE_HELD_BATCHES, 0, (int64_t)sink->held_batches);
}

static void give_back(struct sink *sink, struct sink_batch *batch, enum gw_err err, const char *why)
{
    sink->held_bytes -= batch->size;
    sink->held_batches--;
    batch->done(batch, err, why);
}

static void give_back_all(struct sink *sink, struct gw_list *batches, enum gw_err err,
                          const char *why)
{
    struct gw_list *node;

    while ((node = gw_list_pop_front(batches)) != NULL) {
        give_back(sink, GW_CONTAINER(node, struct sink_batch, link), err, why);
    }
    show_held(sink);
}

static void tell_room(struct sink *sink)
{
    if (sink->was_full && sink->held_bytes <= sink->conf.hold_max / 2) {
        sink->was_full = false;
        if (sink->ops != NULL && sink->ops->on_room != NULL) {
            sink->ops->on_room(sink->owner);
        }
    }
}

/* ---- Writing ---------------------------------------------------------------------------- */

static void work_write(struct gw_job *job, void *context)
{
    struct writing *writing = GW_CONTAINER(job, struct writing, job);
    int64_t began_us = gw_clock_monotonic_us();

    writing->tally = (struct ledger_tally){0};
    writing->err = ledger_write(context, writing->usage, writing->count, &writing->tally,
                                &writing->fault);
    writing->took_us = gw_clock_monotonic_us() - began_us;
}

/* Moves what one transaction takes from `waiting` to `writing`. */
static void fill_writing(struct sink *sink)
{
    struct writing *writing = &sink->writing;
    size_t most = sink->alone > 0 ? 1 : LEDGER_BATCHES_MAX, events = 0;
    struct gw_list *node;

    writing->count = 0;
    while (writing->count < most && (node = gw_list_pop_front(&sink->waiting)) != NULL) {
        struct sink_batch *batch = GW_CONTAINER(node, struct sink_batch, link);

        if (writing->count > 0 && events + batch->usage.count > EVENTS_MAX) {
            gw_list_push_front(&sink->waiting, node);
            break;
        }
        events += batch->usage.count;
        writing->usage[writing->count++] = &batch->usage;
        gw_list_push_back(&writing->batches, node);
    }
    sink->waiting_events -= events;
}

static void write_now(struct sink *sink)
{
    gw_timer_stop(sink->loop, &sink->timer);
    enter(sink, SINK_WRITING);
    fill_writing(sink);
    /* One thread and two kinds of jobs, one of each at a time: there is always a place. */
    GW_CHECK(gw_pool_submit(sink->writer, &sink->writing.job) == GW_OK);
}

/* The batches of a transaction that did not happen, in front of the others again. */
static void take_back(struct sink *sink)
{
    struct gw_list *batches = &sink->writing.batches;

    while (!gw_list_is_empty(batches)) {
        struct gw_list *node = batches->prev;

        gw_list_unlink(node);
        gw_list_push_front(&sink->waiting, node);
        sink->waiting_events += GW_CONTAINER(node, struct sink_batch, link)->usage.count;
    }
}

static void count_flush(struct sink *sink, enum figure_flush end)
{
    gw_metric_count(sink->metrics, FIGURE_FLUSHES,
                    gw_metric_series(sink->metrics, FIGURE_FLUSHES, end, 0));
    gw_metric_observe(sink->metrics, FIGURE_FLUSH_TIME, 0, sink->writing.took_us);
}

static void count_events(struct sink *sink, const struct ledger_tally *tally)
{
    const uint64_t amounts[] = {
        [EVENT_COUNTED] = tally->counted,   [EVENT_BEGUN] = tally->begun,
        [EVENT_REPEATED] = tally->repeated, [EVENT_KNOWN] = tally->known,
        [EVENT_LATE] = tally->late,
    };

    for (size_t i = 0; i < GW_COUNT(amounts); i++) {
        gw_metric_add(sink->metrics, FIGURE_EVENTS,
                      gw_metric_series(sink->metrics, FIGURE_EVENTS, i, 0), amounts[i]);
    }
    gw_metric_add(sink->metrics, FIGURE_MISSING, 0, tally->missing);
    gw_metric_add(sink->metrics, FIGURE_LOST, 0, tally->lost);
    if (tally->missing > 0 || tally->lost > 0 || tally->known > 0) {
        gw_log_limited(GW_LOG_WARN, "usage_irregular", GW_LOG_UINT("missing", tally->missing),
                       GW_LOG_UINT("lost", tally->lost), GW_LOG_UINT("known", tally->known));
    }
}

static void on_written(struct sink *sink)
{
    count_flush(sink, FLUSH_COMMITTED);
    count_events(sink, &sink->writing.tally);
    tell_database(sink, true, "");
    sink->rest_us = 0;
    sink->alone -= sink->alone > 0 ? 1 : 0;
    give_back_all(sink, &sink->writing.batches, GW_OK, "");
    tell_room(sink);
}

/* It may work later without anyone changing the batches. */
static bool may_pass(enum gw_err err)
{
    return gw_err_may_retry(err) || err == GW_E_CONFLICT || err == GW_E_FORBIDDEN;
}

static void on_refused(struct sink *sink)
{
    struct writing *writing = &sink->writing;

    count_flush(sink, FLUSH_REFUSED);
    if (writing->count > 1) {
        sink->alone += writing->count;
        take_back(sink);
        return;
    }
    sink->alone -= sink->alone > 0 ? 1 : 0;
    give_back_all(sink, &writing->batches, writing->err, writing->fault.text);
    tell_room(sink);
}

static void on_failed(struct sink *sink)
{
    struct writing *writing = &sink->writing;

    count_flush(sink, FLUSH_RETRIED);
    if (writing->err != GW_E_CONFLICT) {
        tell_database(sink, false, writing->fault.text);
    }
    take_back(sink);
    sink->rest_us = sink->rest_us == 0 ? REST_LEAST_US : 2 * sink->rest_us;
    sink->rest_us = sink->rest_us > REST_MOST_US ? REST_MOST_US : sink->rest_us;
    enter(sink, SINK_RESTING);
    gw_timer_start(sink->loop, &sink->timer, sink->rest_us);
}

static void write_done(struct gw_job *job)
{
    struct sink *sink = GW_CONTAINER(job, struct sink, writing.job);

    if (sink->writing.err == GW_OK) {
        on_written(sink);
    } else if (may_pass(sink->writing.err)) {
        on_failed(sink);
    } else {
        on_refused(sink);
    }
    advance(sink);
}

/* ---- Moving on -------------------------------------------------------------------------- */

static void close_if_done(struct sink *sink)
{
    bool is_idle = sink->state != SINK_WRITING && !sink->checking.is_running;

    if (sink->closed != NULL && is_idle && sink->state == SINK_IDLE) {
        gw_loop_later(sink->loop, &sink->closing);
    }
}

/* Closing: what the database does not take now goes back to its senders. */
static void give_up(struct sink *sink)
{
    gw_timer_stop(sink->loop, &sink->timer);
    sink->waiting_events = 0;
    give_back_all(sink, &sink->waiting, GW_E_UNAVAILABLE, "the service is stopping");
    enter(sink, SINK_IDLE);
}

/* After every event: what comes next from here. */
static void advance(struct sink *sink)
{
    bool is_empty = gw_list_is_empty(&sink->waiting);
    bool is_urgent = sink->alone > 0 || sink->closed != NULL ||
                     sink->waiting_events >= sink->conf.flush_events;

    switch (sink->state) {
    case SINK_IDLE:
        break;
    case SINK_WRITING:
        if (!gw_list_is_empty(&sink->writing.batches)) {
            break; /* still out */
        }
        if (is_empty) {
            enter(sink, SINK_IDLE);
        } else if (is_urgent) {
            write_now(sink);
        } else {
            enter(sink, SINK_GATHERING);
            gw_timer_start(sink->loop, &sink->timer, sink->conf.flush_delay_us);
        }
        break;
    case SINK_GATHERING:
        if (is_urgent) {
            write_now(sink);
        }
        break;
    case SINK_RESTING:
        if (sink->closed != NULL) {
            give_up(sink);
        }
        break;
    }
    close_if_done(sink);
}

static void fire_timer(struct gw_timer *timer)
{
    write_now(GW_CONTAINER(timer, struct sink, timer));
}

void sink_put(struct sink *sink, struct sink_batch *batch)
{
    GW_CHECK(sink->closed == NULL);
    gw_list_init(&batch->link);
    gw_list_push_back(&sink->waiting, &batch->link);
    sink->waiting_events += batch->usage.count;
    sink->held_bytes += batch->size;
    sink->held_batches++;
    sink->was_full = sink->was_full || sink->held_bytes >= sink->conf.hold_max;
    show_held(sink);
    if (sink->state == SINK_IDLE) {
        enter(sink, SINK_GATHERING);
        gw_timer_start(sink->loop, &sink->timer, sink->conf.flush_delay_us);
    }
    advance(sink);
}

bool sink_has_room(const struct sink *sink)
{
    return !sink->was_full;
}

/* ---- Life ------------------------------------------------------------------------------- */

static void *context_new(void *owner)
{
    return ledger_new(owner);
}

static void context_free(void *context)
{
    ledger_free(context);
}

static void run_closing(struct gw_task *task)
{
    struct sink *sink = GW_CONTAINER(task, struct sink, closing);

    sink->closed(sink->closed_owner);
}

struct sink *sink_new(struct gw_loop *loop, const struct sink_conf *conf,
                      struct gw_metrics *metrics)
{
    static const struct gw_pool_ops OPS = {context_new, context_free};
    struct sink *sink = GW_NEW(struct sink);

    sink->loop = loop;
    sink->conf = *conf;
    sink->metrics = metrics;
    gw_list_init(&sink->waiting);
    gw_list_init(&sink->writing.batches);
    sink->writing.job = (struct gw_job){.loop = loop, .work = work_write, .done = write_done};
    sink->checking.job = (struct gw_job){.loop = loop, .work = work_check, .done = check_done};
    gw_timer_init(&sink->timer, fire_timer);
    gw_timer_init(&sink->tick, fire_tick);
    gw_task_init(&sink->closing, run_closing);
    /* The copy: conf is gone when the thread reads it. */
    sink->writer = gw_pool_new(1, &OPS, (void *)(uintptr_t)sink->conf.database);
    gw_timer_start(loop, &sink->tick, 0);
    return sink;
}

void sink_set_ops(struct sink *sink, const struct sink_ops *ops, void *owner)
{
    sink->ops = ops;
    sink->owner = owner;
}

void sink_close(struct sink *sink, void (*closed)(void *owner), void *owner)
{
    GW_CHECK(sink->closed == NULL);
    sink->closed = closed;
    sink->closed_owner = owner;
    gw_timer_stop(sink->loop, &sink->tick); /* a check that runs is waited for */
    advance(sink);
}

void sink_free(struct sink *sink)
{
    if (sink != NULL) {
        gw_pool_free(sink->writer);
        gw_free(sink);
    }
}
