/* SPDX-License-Identifier: MIT */
/*
 * An update is made once and shared by everyone who needs the same one: a change goes to all
 * feeds that have the version before it, and data planes that come back together (a restarted
 * control plane, a broken switch) mostly stand at the same version and are served by one order.
 *
 *     feed --wants from version b--> order(b) --pool--> compiled --> every feed that wants from b
 *
 * An order that fails is given again after a rest, for as long as somebody wants it. The last
 * few updates that lead to the current version are kept, so that most need no order at all.
 */
#include "controlplane/publish/publish.h"

#include <stdio.h>

#include "controlplane/compile/compile.h"
#include "controlplane/publish/feed.h"
#include "lib/base/check.h"
#include "lib/units/clock.h"

#define RECENT_MAX     4
#define RECENT_LARGEST ((size_t)64 * 1024 * 1024) /* larger ones are made anew */
#define REST_FIRST_US  (100 * GW_US_PER_MS)
#define REST_MOST_US   (5 * GW_US_PER_SECOND)
#define TEXTS_MAX      4096 /* of one report */

struct publish {
    struct gw_loop *loop;
    struct gw_pool *pool;
    struct roster *roster;
    const struct publish_ops *ops;
    void *owner;
    struct gw_version version;
    struct gw_list watchers;
    struct gw_list orders;
    struct compiled *recent[RECENT_MAX]; /* all lead to `version`; NULL: free */
    size_t next_recent;
};

/* One data plane's stream. */
struct watcher {
    struct gw_list link;
    struct publish *publish;
    struct gw_rpc_stream *stream;
    struct feed feed;
    struct roster_entry entry;
    struct roster_row row; /* the loop's own copy of what stands in the entry */
    struct gw_task burial;
};

/* One update being made. */
struct order {
    struct gw_list link;
    struct publish *publish; /* NULL: gone, and the pool has yet to give the order back */
    struct gw_job job;
    struct gw_timer rest;
    struct gw_task burial;
    int64_t rest_us;
    struct gw_version base;
    bool on_pool;    /* the pool has it; otherwise it rests */
    enum gw_err err; /* what the pool says, as the next two */
    struct gw_fault fault;
    struct compiled *compiled;
};

/* ---- Orders ----------------------------------------------------------------------------- */

static void bury_order(struct gw_task *task)
{
    struct order *order = GW_CONTAINER(task, struct order, burial);

    gw_free(order);
}

static void end_order(struct order *order)
{
    gw_list_unlink(&order->link);
    gw_loop_later(order->job.loop, &order->burial);
}

static bool is_wanted(const struct order *order)
{
    GW_LIST_EACH (&order->publish->watchers, node) {
        if (feed_wants(&GW_CONTAINER(node, struct watcher, link)->feed, &order->base)) {
            return true;
        }
    }
    return false;
}

static void remember(struct publish *publish, struct compiled *compiled)
{
    struct gw_version version = compiled_version(compiled);

    if (!version_eq(&version, &publish->version) || compiled_size(compiled) > RECENT_LARGEST) {
        return;
    }
    compiled_unref(publish->recent[publish->next_recent]);
    publish->recent[publish->next_recent] = compiled_ref(compiled);
    publish->next_recent = (publish->next_recent + 1) % RECENT_MAX;
}

static void forget_recent(struct publish *publish)
{
    for (size_t i = 0; i < RECENT_MAX; i++) {
        compiled_unref(publish->recent[i]);
        publish->recent[i] = NULL;
    }
}

static void give_all(struct publish *publish, const struct gw_version *base,
                     struct compiled *compiled)
{
    GW_LIST_EACH (&publish->watchers, node) {
        struct watcher *watcher = GW_CONTAINER(node, struct watcher, link);

        if (feed_wants(&watcher->feed, base)) {
            feed_give(&watcher->feed, compiled);
        }
    }
}

static void work(struct gw_job *job, void *context)
{
    struct order *order = GW_CONTAINER(job, struct order, job);

    order->err = compile_update(context, &order->base, &order->compiled, &order->fault);
}

static void rest_then_again(struct order *order)
{
    order->on_pool = false;
    order->rest_us = order->rest_us == 0 ? REST_FIRST_US : 2 * order->rest_us;
    order->rest_us = order->rest_us > REST_MOST_US ? REST_MOST_US : order->rest_us;
    gw_timer_start(order->publish->loop, &order->rest, order->rest_us);
}

static void submit(struct order *order)
{
    order->on_pool = true;
    order->compiled = NULL;
    if (gw_pool_submit(order->publish->pool, &order->job) != GW_OK) {
        rest_then_again(order);
    }
}

static void rested(struct gw_timer *timer)
{
    struct order *order = GW_CONTAINER(timer, struct order, rest);

    if (is_wanted(order)) {
        submit(order);
    } else {
        end_order(order);
    }
}

static void done(struct gw_job *job)
{
    struct order *order = GW_CONTAINER(job, struct order, job);
    struct publish *publish = order->publish;

    if (publish == NULL) {
        compiled_unref(order->compiled);
        end_order(order);
        return;
    }
    if (order->err != GW_OK) {
        if (publish->ops->not_compiled != NULL) {
            publish->ops->not_compiled(publish->owner, order->err, order->fault.text);
        }
        rest_then_again(order);
        return;
    }
    remember(publish, order->compiled);
    give_all(publish, &order->base, order->compiled);
    compiled_unref(order->compiled);
    end_order(order);
}

static bool has_order(const struct publish *publish, const struct gw_version *base)
{
    GW_LIST_EACH (&publish->orders, node) {
        if (version_eq(&GW_CONTAINER(node, struct order, link)->base, base)) {
            return true;
        }
    }
    return false;
}

static void give_order(struct publish *publish, const struct gw_version *base)
{
    struct order *order;

    if (has_order(publish, base)) {
        return;
    }
    order = GW_NEW(struct order);
    order->publish = publish;
    order->base = *base;
    order->job.loop = publish->loop;
    order->job.work = work;
    order->job.done = done;
    gw_timer_init(&order->rest, rested);
    gw_task_init(&order->burial, bury_order);
    gw_list_init(&order->link);
    gw_list_push_back(&publish->orders, &order->link);
    submit(order);
}

/* ---- A data plane ----------------------------------------------------------------------- */

static void feed_send(void *owner, struct gw_text message)
{
    struct watcher *watcher = owner;

    gw_rpc_stream_send(watcher->stream, message);
    if (watcher->feed.next_part == 1 && watcher->publish->ops->sent != NULL) {
        watcher->publish->ops->sent(watcher->publish->owner, watcher->feed.sending);
    }
}

static void feed_want(void *owner, const struct gw_version *base)
{
    struct watcher *watcher = owner;
    struct publish *publish = watcher->publish;

    for (size_t i = 0; i < RECENT_MAX; i++) {
        struct gw_version from;

        if (publish->recent[i] == NULL) {
            continue;
        }
        from = compiled_base(publish->recent[i]);
        if (version_eq(&from, base)) {
            feed_give(&watcher->feed, publish->recent[i]);
            return;
        }
    }
    give_order(publish, base);
}

static void feed_refused(void *owner, const struct gw_version *version, struct gw_text text)
{
    struct watcher *watcher = owner;
    struct publish *publish = watcher->publish;

    if (publish->ops->refused != NULL) {
        publish->ops->refused(publish->owner, &watcher->row, version, text);
    }
}

static const struct feed_ops FEED_OPS = {feed_send, feed_want, feed_refused};

static void copy(char *to, size_t size, struct gw_text text)
{
    snprintf(to, size, "%.*s", GW_TEXT_ARG(text));
}

static void note_report(struct watcher *watcher, const struct gw_report *report)
{
    struct publish *publish = watcher->publish;
    struct roster_row *row = &watcher->row;

    if (report->has_hello) {
        copy(row->node, sizeof(row->node), report->node);
        copy(row->instance, sizeof(row->instance), report->instance);
        copy(row->build, sizeof(row->build), report->build);
    }
    row->running = report->running;
    row->draining = report->draining;
    row->open_requests = report->open_requests;
    row->last_seen_us = gw_clock_wall_us();
    roster_set(publish->roster, &watcher->entry, row);
    if (watcher->feed.state == FEED_GREETING && report->has_hello &&
        publish->ops->connected != NULL) {
        publish->ops->connected(publish->owner, row);
    }
}

static void on_message(void *owner, struct gw_text message)
{
    struct watcher *watcher = owner;
    struct publish *publish = watcher->publish;
    struct gw_report report;
    struct gw_fault fault;
    struct gw_buf store;
    enum gw_err err;

    gw_buf_init(&store, TEXTS_MAX);
    err = gw_report_unpack(message, &store, &report, &fault);
    if (err == GW_OK) {
        note_report(watcher, &report);
        err = feed_report(&watcher->feed, &report, &fault);
    }
    if (err != GW_OK) {
        if (publish->ops->nonsense != NULL) {
            publish->ops->nonsense(publish->owner, fault.text);
        }
        gw_rpc_stream_end(watcher->stream, GW_E_INVALID, "the report cannot be understood");
    }
    gw_buf_fini(&store);
}

static void on_sent(void *owner)
{
    struct watcher *watcher = owner;

    feed_sent(&watcher->feed);
}

static void bury_watcher(struct gw_task *task)
{
    struct watcher *watcher = GW_CONTAINER(task, struct watcher, burial);

    feed_fini(&watcher->feed);
    gw_free(watcher);
}

static void on_done(void *owner, enum gw_err err, const char *why)
{
    struct watcher *watcher = owner;
    struct publish *publish = watcher->publish;

    gw_list_unlink(&watcher->link);
    roster_leave(publish->roster, &watcher->entry);
    if (watcher->feed.state != FEED_GREETING && publish->ops->left != NULL) {
        publish->ops->left(publish->owner, &watcher->row, err, why);
    }
    gw_loop_later(publish->loop, &watcher->burial);
}

static const struct gw_rpc_stream_ops STREAM_OPS = {
    .on_message = on_message,
    .on_sent = on_sent,
    .on_done = on_done,
};

enum gw_err publish_accept(struct publish *publish, struct gw_rpc_stream *stream,
                           const struct gw_rpc_stream_ops **ret_ops, void **ret_owner)
{
    struct watcher *watcher = GW_NEW(struct watcher);

    watcher->publish = publish;
    watcher->stream = stream;
    watcher->row.connected_at_us = watcher->row.last_seen_us = gw_clock_wall_us();
    watcher->entry.row = watcher->row;
    feed_init(&watcher->feed, &FEED_OPS, watcher, &publish->version);
    gw_task_init(&watcher->burial, bury_watcher);
    gw_list_init(&watcher->link);
    gw_list_push_back(&publish->watchers, &watcher->link);
    roster_enter(publish->roster, &watcher->entry);
    *ret_ops = &STREAM_OPS;
    *ret_owner = watcher;
    return GW_OK;
}

/* ---- Versions --------------------------------------------------------------------------- */

struct gw_version publish_version(const struct publish *publish)
{
    return publish->version;
}

static void set_version(struct publish *publish, const struct gw_version *version)
{
    publish->version = *version;
    roster_set_current(publish->roster, version);
    forget_recent(publish);
}

static void tell_all(struct publish *publish, struct compiled *compiled)
{
    GW_LIST_EACH (&publish->watchers, node) {
        feed_published(&GW_CONTAINER(node, struct watcher, link)->feed, &publish->version,
                       compiled);
    }
}

void publish_begin(struct publish *publish, const struct gw_version *version)
{
    set_version(publish, version);
    tell_all(publish, NULL);
}

void publish_advance(struct publish *publish, struct compiled *compiled)
{
    struct gw_version version = compiled_version(compiled);

    set_version(publish, &version);
    remember(publish, compiled);
    tell_all(publish, compiled);
}

/* ---- Life ------------------------------------------------------------------------------- */

struct publish *publish_new(struct gw_loop *loop, struct gw_pool *pool, struct roster *roster,
                            const struct publish_ops *ops, void *owner)
{
    struct publish *publish = GW_NEW(struct publish);

    publish->loop = loop;
    publish->pool = pool;
    publish->roster = roster;
    publish->ops = ops;
    publish->owner = owner;
    gw_list_init(&publish->watchers);
    gw_list_init(&publish->orders);
    return publish;
}

void publish_free(struct publish *publish)
{
    if (publish == NULL) {
        return;
    }
    GW_CHECK(gw_list_is_empty(&publish->watchers));
    GW_LIST_EACH (&publish->orders, node) {
        struct order *order = GW_CONTAINER(node, struct order, link);

        gw_timer_stop(publish->loop, &order->rest);
        gw_list_unlink(node);
        gw_free(order);
    }
    forget_recent(publish);
    gw_free(publish);
}
