/* SPDX-License-Identifier: MIT */
/*
 * Not part of publishing a change: reading all keys takes its time, and a finding is no reason to
 * hold anything back. So it waits until changes have paused, and says only what is new.
 */
#include "controlplane/warn.h"

#include "controlplane/compile/lint.h"
#include "lib/base/check.h"
#include "lib/report/log.h"
#include "lib/units/clock.h"

#define PAUSE_US (2 * GW_US_PER_SECOND)

struct warn {
    struct gw_loop *loop;
    struct gw_pool *pool;
    struct gw_timer timer;
    struct look *look; /* NULL: the pool has nothing to do */
    bool again;        /* something changed while it looked */
    uint64_t said[LINT_MAX];
    size_t said_count;
};

struct look {
    struct gw_job job;
    struct gw_task burial;
    struct warn *warn; /* NULL: gone */
    struct gw_arena arena;
    struct lint lint;
    struct gw_fault fault;
    enum gw_err err;
};

static void work(struct gw_job *job, void *context)
{
    struct look *look = GW_CONTAINER(job, struct look, job);

    look->err = lint_groups(context, &look->arena, &look->lint, &look->fault);
}

static void bury(struct gw_task *task)
{
    struct look *look = GW_CONTAINER(task, struct look, burial);

    gw_arena_fini(&look->arena);
    gw_free(look);
}

static bool was_said(const struct warn *warn, uint64_t group)
{
    for (size_t i = 0; i < warn->said_count; i++) {
        if (warn->said[i] == group) {
            return true;
        }
    }
    return false;
}

static void say(struct warn *warn, const struct lint *lint)
{
    uint64_t said[LINT_MAX];

    for (size_t i = 0; i < lint->count; i++) {
        said[i] = gw_text_hash(lint->at[i].group);
        if (!was_said(warn, said[i])) {
            gw_log(GW_LOG_WARN, "routes_nowhere", GW_LOG_TEXT("group", lint->at[i].group),
                   GW_LOG_INT("keys", lint->at[i].keys),
                   GW_LOG_STR("reason", "no enabled provider has this group"));
        }
    }
    memcpy(warn->said, said, lint->count * sizeof(said[0]));
    warn->said_count = lint->count;
}

static void done(struct gw_job *job)
{
    struct look *look = GW_CONTAINER(job, struct look, job);
    struct warn *warn = look->warn;

    gw_loop_later(job->loop, &look->burial);
    if (warn == NULL) {
        return;
    }
    warn->look = NULL;
    if (look->err == GW_OK) {
        say(warn, &look->lint);
    }
    if (warn->again) {
        warn_changed(warn);
    }
}

static void fire(struct gw_timer *timer)
{
    struct warn *warn = GW_CONTAINER(timer, struct warn, timer);
    struct look *look = GW_NEW(struct look);

    look->warn = warn;
    look->job.loop = warn->loop;
    look->job.work = work;
    look->job.done = done;
    gw_task_init(&look->burial, bury);
    gw_arena_init(&look->arena, 1024 * 1024);
    if (gw_pool_submit(warn->pool, &look->job) != GW_OK) {
        gw_loop_later(warn->loop, &look->burial);
        return; /* busy: at the next change, then */
    }
    warn->look = look;
    warn->again = false;
}

void warn_changed(struct warn *warn)
{
    if (warn->look != NULL) {
        warn->again = true;
    } else {
        gw_timer_start(warn->loop, &warn->timer, PAUSE_US);
    }
}

struct warn *warn_new(struct gw_loop *loop, struct gw_pool *pool)
{
    struct warn *warn = GW_NEW(struct warn);

    warn->loop = loop;
    warn->pool = pool;
    gw_timer_init(&warn->timer, fire);
    return warn;
}

void warn_free(struct warn *warn)
{
    if (warn == NULL) {
        return;
    }
    gw_timer_stop(warn->loop, &warn->timer);
    if (warn->look != NULL) {
        warn->look->warn = NULL;
    }
    gw_free(warn);
}
