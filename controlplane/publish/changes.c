/* SPDX-License-Identifier: MIT */
/*
 *                 connected                  prepared, claimed
 *   --> AWAY ------------------> PREPARING --------------------> IDLE <------+
 *        ^ ^                      |   ^ ^      reconnected        |          |
 *        | |               failed |   | +-------------------------+          | published, or
 *        | |                      v   | rested                    v dirty    | nothing new
 *        | +------------------- RESTING <------------------- COMPILING ------+
 *        |  connection lost                  failed
 *        +----------------------------------------- IDLE: connection lost, which is looked at
 *                                                   only when nothing is on the pool
 *
 *   AWAY        no connection to listen on
 *   PREPARING   the pool migrates and reads which version there is
 *   IDLE        the published version is the database's, as far as we know
 *   COMPILING   the pool makes what leads on from the published version
 *   RESTING     something failed; again in a moment, from PREPARING
 *
 * `dirty` remembers that something may have changed. It is set by NOTIFY (another control plane,
 * or somebody with psql), by a change made through this process, which need not wait for its
 * own notice, and by the clock every few seconds, in case a notice got lost on its way. Changes
 * that come while the pool compiles become one update afterwards, so a burst costs no more than
 * a few. An update that leads from a version to itself is how nothing new looks.
 */
#include "controlplane/publish/changes.h"

#include "controlplane/compile/compile.h"
#include "lib/base/check.h"
#include "lib/units/clock.h"

#define REST_FIRST_US (100 * GW_US_PER_MS)
#define REST_MOST_US  (5 * GW_US_PER_SECOND)
#define LOOK_EVERY_US (5 * GW_US_PER_SECOND)
#define PRUNE_EVERY   720 /* looks: about an hour */

enum changes_state { AWAY, PREPARING, IDLE, COMPILING, RESTING };

/* MOVES[from][to]: the arrows in the drawing above, and no others. */
static const bool MOVES[5][5] = {
    [AWAY] = {[PREPARING] = true},
    [PREPARING] = {[IDLE] = true, [RESTING] = true},
    [IDLE] = {[COMPILING] = true, [PREPARING] = true, [AWAY] = true},
    [COMPILING] = {[IDLE] = true, [RESTING] = true},
    [RESTING] = {[PREPARING] = true, [AWAY] = true},
};

/* What the pool is asked to do; outlives `changes` when the pool is slow. */
struct errand {
    struct gw_job job;
    struct changes *changes; /* NULL: gone */
    struct gw_task burial;
    struct changes_conf conf;
    void *owner;
    struct gw_version base;
    int64_t since_us; /* when it was noticed that there is something to do */
    bool prune;
    enum gw_err err;
    struct gw_fault fault;
    struct gw_version version;
    struct compiled *compiled;
};

struct changes {
    struct gw_loop *loop;
    struct gw_pool *pool;
    struct publish *publish;
    struct changes_conf conf;
    const struct changes_ops *ops;
    void *owner;
    struct gw_pg_listen *listen;
    enum changes_state state;
    struct errand *errand; /* NULL unless PREPARING or COMPILING */
    bool is_up;            /* the connection that listens */
    bool reconnected;      /* it was lost and came back while the pool was at work */
    bool dirty;
    int64_t dirty_since_us;
    int64_t rest_us;
    struct gw_timer rest;
    struct gw_timer look;
    unsigned looks;
};

static void advance(struct changes *changes);

/* The only place that assigns `state`. */
static void enter(struct changes *changes, enum changes_state to)
{
    GW_CHECK(MOVES[changes->state][to]);
    changes->state = to;
}

static void set_there(struct changes *changes, bool is_there, const char *why)
{
    changes->ops->on_database(changes->owner, is_there, why);
}

/* ---- On the pool ------------------------------------------------------------------------ */

static void work_prepare(struct gw_job *job, void *context)
{
    struct errand *errand = GW_CONTAINER(job, struct errand, job);

    errand->err = errand->conf.prepare(errand->owner, context, &errand->fault);
    if (errand->err == GW_OK) {
        errand->err = compile_claim(context, &errand->version, &errand->fault);
    }
}

static void work_compile(struct gw_job *job, void *context)
{
    struct errand *errand = GW_CONTAINER(job, struct errand, job);

    errand->err = compile_update(context, &errand->base, &errand->compiled, &errand->fault);
    if (errand->err == GW_OK && errand->prune && compile_prune(context, NULL) != GW_OK) {
        return; /* again in an hour */
    }
}

static void set_dirty(struct changes *changes)
{
    if (!changes->dirty) {
        changes->dirty = true;
        changes->dirty_since_us = gw_loop_now_us(changes->loop);
    }
}

/* ---- What came back --------------------------------------------------------------------- */

static void bury(struct gw_task *task)
{
    struct errand *errand = GW_CONTAINER(task, struct errand, burial);

    gw_free(errand);
}

static void rest(struct changes *changes)
{
    enter(changes, RESTING);
    changes->rest_us = changes->rest_us == 0 ? REST_FIRST_US : 2 * changes->rest_us;
    changes->rest_us = changes->rest_us > REST_MOST_US ? REST_MOST_US : changes->rest_us;
    gw_timer_start(changes->loop, &changes->rest, changes->rest_us);
}

static void take_version(struct changes *changes, const struct gw_version *version)
{
    struct gw_version known = publish_version(changes->publish);

    changes->rest_us = 0;
    enter(changes, IDLE);
    if (changes->is_up) { /* not if it broke again meanwhile */
        set_there(changes, true, NULL);
    }
    if (known.number == 0 || strcmp(known.epoch, version->epoch) != 0) {
        publish_begin(changes->publish, version);
    } else {
        set_dirty(changes);
    }
}

static void take_update(struct changes *changes, const struct errand *errand)
{
    struct compiled *compiled = errand->compiled;
    struct gw_version known = publish_version(changes->publish);
    struct gw_version version = compiled_version(compiled);

    changes->rest_us = 0;
    enter(changes, IDLE);
    if (!version_eq(&known, &version)) {
        publish_advance(changes->publish, compiled);
        changes->ops->on_published(changes->owner, compiled,
                                   gw_loop_now_us(changes->loop) - errand->since_us);
    }
}

static void done(struct gw_job *job)
{
    struct errand *errand = GW_CONTAINER(job, struct errand, job);
    struct changes *changes = errand->changes;

    gw_loop_later(job->loop, &errand->burial);
    if (changes == NULL) {
        compiled_unref(errand->compiled);
        return;
    }
    changes->errand = NULL;
    if (errand->err != GW_OK) {
        set_dirty(changes);
        if (changes->state == PREPARING) {
            set_there(changes, false, errand->fault.text);
        } else {
            changes->ops->on_failed(changes->owner, errand->err, errand->fault.text);
        }
        rest(changes);
    } else if (errand->compiled != NULL) {
        take_update(changes, errand);
    } else {
        take_version(changes, &errand->version);
    }
    compiled_unref(errand->compiled);
    advance(changes);
}

/* ---- What is next ----------------------------------------------------------------------- */

static void send(struct changes *changes, enum changes_state state,
                 void (*work)(struct gw_job *job, void *context))
{
    struct errand *errand = GW_NEW(struct errand);

    errand->changes = changes;
    errand->conf = changes->conf;
    errand->owner = changes->owner;
    errand->base = publish_version(changes->publish);
    errand->since_us = changes->dirty_since_us;
    errand->prune = state == COMPILING && changes->looks >= PRUNE_EVERY;
    errand->job.loop = changes->loop;
    errand->job.work = work;
    errand->job.done = done;
    gw_task_init(&errand->burial, bury);
    enter(changes, state);
    if (gw_pool_submit(changes->pool, &errand->job) != GW_OK) {
        gw_loop_later(changes->loop, &errand->burial);
        rest(changes);
        return;
    }
    changes->errand = errand;
    changes->looks = errand->prune ? 0 : changes->looks;
}

/* Goes on as far as it can without waiting. */
static void advance(struct changes *changes)
{
    if (changes->errand != NULL) {
        return;
    }
    if (!changes->is_up && changes->state != AWAY) {
        gw_timer_stop(changes->loop, &changes->rest);
        enter(changes, AWAY);
        return;
    }
    switch (changes->state) {
    case AWAY:
        if (changes->is_up) {
            send(changes, PREPARING, work_prepare);
        }
        break;
    case IDLE:
        if (changes->reconnected) {
            changes->reconnected = false;
            send(changes, PREPARING, work_prepare);
        } else if (changes->dirty) {
            changes->dirty = false;
            send(changes, COMPILING, work_compile);
        }
        break;
    case PREPARING:
    case COMPILING:
    case RESTING:
        break; /* until the pool or the timer is done */
    }
}

static void rested(struct gw_timer *timer)
{
    struct changes *changes = GW_CONTAINER(timer, struct changes, rest);

    changes->reconnected = false;
    send(changes, PREPARING, work_prepare);
}

void changes_wake(struct changes *changes)
{
    set_dirty(changes);
    advance(changes);
}

static void look(struct gw_timer *timer)
{
    struct changes *changes = GW_CONTAINER(timer, struct changes, look);

    changes->looks++;
    gw_timer_start(changes->loop, &changes->look, LOOK_EVERY_US);
    changes_wake(changes);
}

/* ---- What is heard ---------------------------------------------------------------------- */

static void on_up(void *owner)
{
    struct changes *changes = owner;

    changes->is_up = true;
    changes->reconnected = changes->state != AWAY;
    changes_wake(changes);
}

static void on_down(void *owner, const char *why)
{
    struct changes *changes = owner;

    changes->is_up = false;
    set_there(changes, false, why);
    advance(changes);
}

static void on_notice(void *owner, struct gw_text payload)
{
    (void)payload; /* the version; which one is there is read together with the rows */
    changes_wake(owner);
}

static const struct gw_pg_listen_ops LISTEN_OPS = {on_up, on_down, on_notice};

/* ---- Life ------------------------------------------------------------------------------- */

struct changes *changes_new(struct gw_loop *loop, struct gw_pool *pool, struct publish *publish,
                            const struct changes_conf *conf, const struct changes_ops *ops,
                            void *owner)
{
    struct changes *changes = GW_NEW(struct changes);

    changes->loop = loop;
    changes->pool = pool;
    changes->publish = publish;
    changes->conf = *conf;
    changes->ops = ops;
    changes->owner = owner;
    changes->state = AWAY;
    gw_timer_init(&changes->rest, rested);
    gw_timer_init(&changes->look, look);
    gw_timer_start(loop, &changes->look, LOOK_EVERY_US);
    changes->listen = gw_pg_listen_open(loop, conf->database, CHANGES_CHANNEL, &LISTEN_OPS,
                                        changes);
    return changes;
}

void changes_free(struct changes *changes)
{
    if (changes == NULL) {
        return;
    }
    gw_pg_listen_close(changes->listen);
    gw_timer_stop(changes->loop, &changes->rest);
    gw_timer_stop(changes->loop, &changes->look);
    if (changes->errand != NULL) {
        changes->errand->changes = NULL;
    }
    gw_free(changes);
}
