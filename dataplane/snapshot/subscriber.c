/* SPDX-License-Identifier: MIT */
/*
 * Glue: a thread, the client and the watch on it, the keeper of the file, and the figures that
 * other threads read. The machine is in watch.c.
 */
#include "dataplane/snapshot/subscriber.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>

#include "dataplane/snapshot/background.h"
#include "dataplane/snapshot/last_good.h"
#include "dataplane/snapshot/watch.h"
#include "lib/base/check.h"
#include "lib/codec/random.h"
#include "lib/units/clock.h"

struct subscriber {
    subscriber_said said;
    void *owner;
    struct background background;
    struct gw_rpc_client *client;
    struct watch *watch;
    struct last_good *keeper;
    char *node;
    char instance[GW_UUID_TEXT_SIZE];
    bool has_told_loss;
    struct gw_mail ending;

    pthread_mutex_t mutex; /* guards the rest */
    struct subscriber_status status;
    uint64_t open_requests;
    bool is_draining;
    bool is_load_posted;
    struct gw_mail load;
};

static void say(struct subscriber *subscriber, enum subscriber_event event, const char *text)
{
    if (subscriber->said != NULL) {
        subscriber->said(subscriber->owner, event, text);
    }
}

static void say_snapshot(struct subscriber *subscriber, enum subscriber_event event,
                         const struct snapshot *snapshot)
{
    struct gw_version version = snapshot_version(snapshot);
    char text[200];

    snprintf(text, sizeof(text),
             "version %" PRIu64 " of %s: %zu users, %zu keys, %zu providers, %zu without a secret",
             version.number, version.epoch, snapshot_count_users(snapshot),
             snapshot_count_keys(snapshot), snapshot_count_providers(snapshot),
             snapshot_count_unopened(snapshot));
    say(subscriber, event, text);
}

/* ---- What the watch tells --------------------------------------------------------------- */

static void set_connected(struct subscriber *subscriber, bool is_connected, const char *why)
{
    struct subscriber_status *status = &subscriber->status;

    pthread_mutex_lock(&subscriber->mutex);
    if (status->is_connected != is_connected) {
        status->is_connected = is_connected;
        status->changed_us = gw_clock_monotonic_us();
    }
    snprintf(status->why, sizeof(status->why), "%s", why);
    pthread_mutex_unlock(&subscriber->mutex);
}

static void on_open(void *owner)
{
    struct subscriber *subscriber = owner;

    subscriber->has_told_loss = false;
    set_connected(subscriber, true, "");
    say(subscriber, SUBSCRIBER_CONNECTED, "");
}

static void on_lost(void *owner, const char *why)
{
    struct subscriber *subscriber = owner;

    set_connected(subscriber, false, why);
    if (!subscriber->has_told_loss) {
        subscriber->has_told_loss = true;
        say(subscriber, SUBSCRIBER_LOST, why);
    }
}

static void set_version(struct subscriber *subscriber, const struct snapshot *snapshot)
{
    pthread_mutex_lock(&subscriber->mutex);
    subscriber->status.version = snapshot_version(snapshot);
    pthread_mutex_unlock(&subscriber->mutex);
}

static void on_applied(void *owner, const struct snapshot *snapshot)
{
    struct subscriber *subscriber = owner;

    set_version(subscriber, snapshot);
    pthread_mutex_lock(&subscriber->mutex);
    subscriber->status.applied++;
    subscriber->status.applied_us = gw_clock_monotonic_us();
    pthread_mutex_unlock(&subscriber->mutex);
    if (subscriber->keeper != NULL) {
        last_good_keep(subscriber->keeper, snapshot);
    }
    say_snapshot(subscriber, SUBSCRIBER_APPLIED, snapshot);
}

static void on_refused(void *owner, const struct gw_version *version, const char *why)
{
    struct subscriber *subscriber = owner;
    char text[sizeof(((struct gw_fault *)0)->text) + 40];

    pthread_mutex_lock(&subscriber->mutex);
    subscriber->status.refused++;
    pthread_mutex_unlock(&subscriber->mutex);
    snprintf(text, sizeof(text), "version %" PRIu64 ": %s", version->number, why);
    say(subscriber, SUBSCRIBER_REFUSED, text);
}

static void on_written(void *owner, enum gw_err err, const char *text)
{
    if (err != GW_OK) {
        say(owner, SUBSCRIBER_FILE_FAILED, text);
    }
}

/* ---- For other threads ------------------------------------------------------------------ */

void subscriber_status(struct subscriber *subscriber, struct subscriber_status *ret_status)
{
    pthread_mutex_lock(&subscriber->mutex);
    *ret_status = subscriber->status;
    pthread_mutex_unlock(&subscriber->mutex);
}

static void take_load(struct gw_mail *mail)
{
    struct subscriber *subscriber = GW_CONTAINER(mail, struct subscriber, load);
    uint64_t open_requests;
    bool is_draining;

    pthread_mutex_lock(&subscriber->mutex);
    open_requests = subscriber->open_requests;
    is_draining = subscriber->is_draining;
    subscriber->is_load_posted = false;
    pthread_mutex_unlock(&subscriber->mutex);
    watch_set_load(subscriber->watch, open_requests, is_draining);
}

void subscriber_set_load(struct subscriber *subscriber, uint64_t open_requests, bool is_draining)
{
    bool is_posted;

    pthread_mutex_lock(&subscriber->mutex);
    subscriber->open_requests = open_requests;
    subscriber->is_draining = is_draining;
    is_posted = subscriber->is_load_posted;
    subscriber->is_load_posted = true;
    pthread_mutex_unlock(&subscriber->mutex);
    if (!is_posted) {
        gw_loop_post(subscriber->background.loop, &subscriber->load);
    }
}

/* ---- Life ------------------------------------------------------------------------------- */

static void start_from_file(struct subscriber *subscriber, const struct subscriber_conf *conf)
{
    const struct snapshot *snapshot;
    struct gw_fault fault = {""};
    enum gw_err err = last_good_read(conf->last_good_file, conf->ring, &snapshot, &fault);

    if (err == GW_OK) {
        set_version(subscriber, snapshot);
        say_snapshot(subscriber, SUBSCRIBER_STARTED_FROM, snapshot);
        holder_put(conf->holder, snapshot);
    } else if (err != GW_E_ABSENT) {
        say(subscriber, SUBSCRIBER_FILE_FAILED, fault.text);
    }
}

static void free_subscriber(struct subscriber *subscriber)
{
    background_join(&subscriber->background);
    watch_free(subscriber->watch);
    background_fini(&subscriber->background);
    last_good_free(subscriber->keeper);
    pthread_mutex_destroy(&subscriber->mutex);
    gw_free(subscriber->node);
    gw_free(subscriber);
}

static void on_client_closed(void *owner)
{
    struct subscriber *subscriber = owner;

    gw_loop_stop(subscriber->background.loop);
}

static void end(struct gw_mail *mail)
{
    struct subscriber *subscriber = GW_CONTAINER(mail, struct subscriber, ending);

    watch_end(subscriber->watch);
    gw_rpc_client_close_then(subscriber->client, on_client_closed, subscriber);
}

static struct subscriber *new_subscriber(const struct subscriber_conf *conf, subscriber_said said,
                                         void *owner)
{
    struct subscriber *subscriber = GW_NEW(struct subscriber);

    subscriber->said = said;
    subscriber->owner = owner;
    subscriber->node = gw_must_strdup(conf->node);
    subscriber->status.changed_us = gw_clock_monotonic_us();
    subscriber->ending.deliver = end;
    subscriber->load.deliver = take_load;
    pthread_mutex_init(&subscriber->mutex, NULL);
    gw_random_uuid7(gw_clock_wall_us(), subscriber->instance);
    background_init(&subscriber->background);
    return subscriber;
}

static void start(struct subscriber *subscriber, const struct subscriber_conf *conf)
{
    static const struct watch_ops OPS = {
        .on_open = on_open, .on_lost = on_lost, .on_applied = on_applied, .on_refused = on_refused};
    const struct watch_conf watch = {
        .loop = subscriber->background.loop,
        .client = subscriber->client,
        .holder = conf->holder,
        .ring = conf->ring,
        .node = subscriber->node,
        .instance = subscriber->instance,
        .build = GW_VERSION,
        .started_wall_us = gw_clock_wall_us(),
    };

    if (conf->last_good_file != NULL && conf->last_good_file[0] != '\0') {
        start_from_file(subscriber, conf);
        subscriber->keeper = last_good_new(conf->last_good_file, conf->ring, on_written,
                                           subscriber);
    }
    subscriber->watch = watch_new(&watch, &OPS, subscriber);
    watch_start(subscriber->watch);
    background_start(&subscriber->background);
}

enum gw_err subscriber_open(const struct subscriber_conf *conf, subscriber_said said, void *owner,
                            struct subscriber **ret_subscriber, struct gw_fault *fault)
{
    struct subscriber *subscriber = new_subscriber(conf, said, owner);
    enum gw_err err = gw_rpc_client_open(conf->courier, subscriber->background.loop,
                                         &conf->controlplane, &subscriber->client, fault);

    if (err != GW_OK) {
        free_subscriber(subscriber);
        return err;
    }
    start(subscriber, conf);
    *ret_subscriber = subscriber;
    return GW_OK;
}

void subscriber_close(struct subscriber *subscriber)
{
    if (subscriber == NULL) {
        return;
    }
    gw_loop_post(subscriber->background.loop, &subscriber->ending);
    free_subscriber(subscriber);
}
