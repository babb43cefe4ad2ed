/* SPDX-License-Identifier: MIT */
/*
 * Each neighbour's room keeps its own connection, on a thread of its own; this is where they are
 * started with our settings, where what they say becomes log lines and readiness, and where they
 * are ended in the right order: usage is shipped before the channel to statsd goes.
 */
#include "dataplane/neighbours.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/metrics.h"
#include "dataplane/snapshot/by_hand.h"
#include "dataplane/snapshot/subscriber.h"
#include "lib/base/check.h"
#include "lib/redis/redis.h"
#include "lib/units/clock.h"

#define LAST_GOOD_FILE    "last-good-snapshot"
#define LOOK_EVERY_US     GW_US_PER_SECOND
#define FLUSH_PATIENCE_US (5 * GW_US_PER_SECOND) /* for the last usage, when stopping */

#define PART_SNAPSHOT     "snapshot"
#define PART_CONTROLPLANE "controlplane"
#define PART_STATSD       "statsd"
#define PART_REDIS        "redis"

struct neighbours {
    struct gw_daemon *daemon;
    struct gw_metrics *metrics;
    struct gw_keyring *keyring;
    struct holder *holder;
    struct gw_courier *courier;
    struct subscriber *subscriber; /* NULL: the configuration is written by hand */
    struct meter *meter;           /* NULL: usage goes nowhere */
    struct gw_redis *redis;        /* NULL: not configured */
    char *snapshot_file;           /* by hand; NULL: there is a control plane */
    int64_t by_hand_at_us;         /* monotonic, when it was taken over */
    struct gw_timer look;
    bool is_draining;
    char node[256];
};

static bool set_part(struct neighbours *neighbours, const char *part, enum gw_ready_is is,
                     const char *text)
{
    return gw_ready_set(gw_daemon_ready(neighbours->daemon), part, is, text);
}

/* ---- The configuration ------------------------------------------------------------------ */

static enum gw_err read_by_hand(struct neighbours *neighbours, struct gw_fault *fault)
{
    const struct snapshot *snapshot;
    struct gw_keyring *fresh = NULL;

    GW_TRY(by_hand_read(neighbours->snapshot_file, neighbours->keyring, &fresh, &snapshot, fault));
    if (neighbours->keyring == NULL) {
        neighbours->keyring = fresh;
    }
    gw_log(GW_LOG_INFO, "snapshot", GW_LOG_STR("from", neighbours->snapshot_file),
           GW_LOG_UINT("users", snapshot_count_users(snapshot)),
           GW_LOG_UINT("keys", snapshot_count_keys(snapshot)),
           GW_LOG_UINT("providers", snapshot_count_providers(snapshot)));
    holder_put(neighbours->holder, snapshot);
    neighbours->by_hand_at_us = gw_clock_monotonic_us();
    set_part(neighbours, PART_SNAPSHOT, GW_READY_YES, NULL);
    return GW_OK;
}

static enum gw_err read_keyring(struct neighbours *neighbours, const struct dataplane_conf *conf,
                                struct gw_fault *fault)
{
    if (conf->keyring.text[0] == '\0') {
        return GW_OK; /* allowed with a file by hand only; it brings a ring of its own */
    }
    return gw_keyring_parse(gw_text_of(conf->keyring.text), &neighbours->keyring, fault);
}

/* ---- The control plane ------------------------------------------------------------------ */

/* From threads of the subscriber. */
static void subscriber_says(void *owner, enum subscriber_event event, const char *text)
{
    struct neighbours *neighbours = owner;

    switch (event) {
    case SUBSCRIBER_CONNECTED:
        set_part(neighbours, PART_CONTROLPLANE, GW_READY_YES, NULL);
        gw_log(GW_LOG_INFO, "controlplane_up");
        break;
    case SUBSCRIBER_LOST:
        set_part(neighbours, PART_CONTROLPLANE, GW_READY_NO, text);
        gw_log(GW_LOG_WARN, "controlplane_down", GW_LOG_STR("reason", text));
        break;
    case SUBSCRIBER_APPLIED:
        set_part(neighbours, PART_SNAPSHOT, GW_READY_YES, NULL);
        gw_log(GW_LOG_INFO, "snapshot", GW_LOG_STR("from", "controlplane"),
               GW_LOG_STR("holds", text));
        break;
    case SUBSCRIBER_STARTED_FROM:
        set_part(neighbours, PART_SNAPSHOT, GW_READY_YES, NULL);
        gw_log(GW_LOG_INFO, "snapshot", GW_LOG_STR("from", "disk"), GW_LOG_STR("holds", text));
        break;
    case SUBSCRIBER_REFUSED:
        gw_log(GW_LOG_ERROR, "snapshot_refused", GW_LOG_STR("reason", text));
        break;
    case SUBSCRIBER_FILE_FAILED:
        gw_log(GW_LOG_WARN, "last_good_failed", GW_LOG_STR("reason", text));
        break;
    }
}

static const char *or_null(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

static struct gw_rpc_client_conf channel_to(const char *target, const struct dataplane_conf *conf)
{
    return (struct gw_rpc_client_conf){.target = target,
                                       .token = or_null(conf->service_token.text),
                                       .ca_file = or_null(conf->tls_ca),
                                       .certificate_file = or_null(conf->tls_certificate),
                                       .key_file = or_null(conf->tls_key)};
}

static enum gw_err open_subscriber(struct neighbours *neighbours, const struct dataplane_conf *conf,
                                   struct gw_fault *fault)
{
    struct subscriber_conf with = {.courier = neighbours->courier,
                                   .controlplane = channel_to(conf->controlplane_target, conf),
                                   .holder = neighbours->holder,
                                   .ring = neighbours->keyring,
                                   .node = neighbours->node};
    struct gw_buf path;
    enum gw_err err;

    gw_ready_declare(gw_daemon_ready(neighbours->daemon), PART_CONTROLPLANE, GW_READY_OPTIONAL);
    (void)mkdir(conf->data_dir, 0700); /* if it cannot be had, the subscriber says so */
    gw_buf_init(&path, 4096);
    gw_buf_appendf(&path, "%s/%s", conf->data_dir, LAST_GOOD_FILE);
    with.last_good_file = path.at;
    err = subscriber_open(&with, subscriber_says, neighbours, &neighbours->subscriber, fault);
    gw_buf_fini(&path);
    return err;
}

/* ---- Statsd ----------------------------------------------------------------------------- */

/* From the meter's thread. */
static void meter_says(void *owner, enum meter_event event, const char *text)
{
    struct neighbours *neighbours = owner;

    switch (event) {
    case METER_CONNECTED:
        set_part(neighbours, PART_STATSD, GW_READY_YES, NULL);
        gw_log(GW_LOG_INFO, "statsd_up");
        break;
    case METER_LOST:
        set_part(neighbours, PART_STATSD, GW_READY_NO, text);
        gw_log(GW_LOG_WARN, "statsd_down", GW_LOG_STR("reason", text));
        break;
    case METER_ODD:
        gw_log_limited(GW_LOG_ERROR, "statsd_odd", GW_LOG_STR("what", text));
        break;
    }
}

static enum gw_err open_meter(struct neighbours *neighbours, const struct dataplane_conf *conf,
                              struct gw_fault *fault)
{
    struct meter_conf with = {.courier = neighbours->courier,
                              .statsd = channel_to(conf->statsd_target, conf),
                              .node = neighbours->node};

    if (conf->statsd_target[0] == '\0') {
        return GW_OK;
    }
    gw_ready_declare(gw_daemon_ready(neighbours->daemon), PART_STATSD, GW_READY_OPTIONAL);
    return meter_open(&with, meter_says, neighbours, &neighbours->meter, fault);
}

/* ---- Redis ------------------------------------------------------------------------------ */

static void on_redis(void *owner, enum gw_redis_is is, const char *reason)
{
    struct neighbours *neighbours = owner;
    bool is_up = is == GW_REDIS_UP;

    if (set_part(neighbours, PART_REDIS, is_up ? GW_READY_YES : GW_READY_NO, reason)) {
        gw_log(is_up ? GW_LOG_INFO : GW_LOG_WARN, is_up ? "redis_up" : "redis_down",
               is_up ? GW_LOG_NOTHING : GW_LOG_STR("reason", reason));
    }
}

static enum gw_err open_redis(struct neighbours *neighbours, const struct dataplane_conf *conf,
                              struct gw_fault *fault)
{
    struct gw_redis_conf with = {.address = conf->redis_target,
                                 .password = conf->redis_password.text,
                                 .connect_timeout_us = 2 * GW_US_PER_SECOND,
                                 .command_timeout_us = GW_US_PER_SECOND,
                                 .pause_least_us = 100 * GW_US_PER_MS,
                                 .pause_most_us = 5 * GW_US_PER_SECOND,
                                 .pending_max = 1024,
                                 .reply_max = (size_t)1 << 20};
    struct gw_redis_watch watch = {on_redis, neighbours};

    if (conf->redis_target[0] == '\0') {
        return GW_OK;
    }
    gw_ready_declare(gw_daemon_ready(neighbours->daemon), PART_REDIS, GW_READY_OPTIONAL);
    return gw_redis_open(gw_daemon_loop(neighbours->daemon), &with, &watch, &neighbours->redis,
                         fault);
}

/* ---- Life ------------------------------------------------------------------------------- */

/* What nobody waits for: replaced snapshots are freed, and the control plane is told our load. */
static void look_around(struct neighbours *neighbours)
{
    holder_sweep(neighbours->holder);
    if (neighbours->subscriber != NULL) {
        int64_t open = gw_metric_value(neighbours->metrics, METRIC_OPEN, 0);

        subscriber_set_load(neighbours->subscriber, open > 0 ? (uint64_t)open : 0,
                            neighbours->is_draining);
    }
}

static void on_look(struct gw_timer *timer)
{
    struct neighbours *neighbours = GW_CONTAINER(timer, struct neighbours, look);

    look_around(neighbours);
    gw_timer_start(gw_daemon_loop(neighbours->daemon), timer, LOOK_EVERY_US);
}

static void name_node(struct neighbours *neighbours, const struct dataplane_conf *conf)
{
    if (conf->node[0] != '\0') {
        snprintf(neighbours->node, sizeof(neighbours->node), "%s", conf->node);
    } else if (gethostname(neighbours->node, sizeof(neighbours->node) - 1) != 0) {
        snprintf(neighbours->node, sizeof(neighbours->node), "dataplane");
    }
}

static void complain(const char *text)
{
    gw_log(GW_LOG_WARN, "grpc", GW_LOG_STR("text", text));
}

static enum gw_err open_all(struct neighbours *neighbours, const struct dataplane_conf *conf,
                            struct gw_fault *fault)
{
    gw_ready_declare(gw_daemon_ready(neighbours->daemon), PART_SNAPSHOT, GW_READY_REQUIRED);
    GW_TRY(read_keyring(neighbours, conf, fault));
    if (conf->snapshot_file[0] != '\0') {
        neighbours->snapshot_file = gw_must_strdup(conf->snapshot_file);
        GW_TRY(read_by_hand(neighbours, fault));
    } else {
        GW_TRY(open_subscriber(neighbours, conf, fault));
    }
    GW_TRY(open_meter(neighbours, conf, fault));
    return open_redis(neighbours, conf, fault);
}

enum gw_err neighbours_open(struct gw_daemon *daemon, const struct dataplane_conf *conf,
                            struct gw_metrics *metrics, struct neighbours **ret_neighbours,
                            struct gw_fault *fault)
{
    struct neighbours *neighbours = GW_NEW(struct neighbours);
    enum gw_err err;

    neighbours->daemon = daemon;
    neighbours->metrics = metrics;
    neighbours->holder = holder_new();
    neighbours->courier = gw_courier_new();
    gw_courier_on_complaint(complain);
    gw_timer_init(&neighbours->look, on_look);
    name_node(neighbours, conf);
    err = open_all(neighbours, conf, fault);
    if (err != GW_OK) {
        neighbours_close(neighbours);
        return err;
    }
    gw_timer_start(gw_daemon_loop(daemon), &neighbours->look, LOOK_EVERY_US);
    *ret_neighbours = neighbours;
    return GW_OK;
}

void neighbours_drain(struct neighbours *neighbours)
{
    neighbours->is_draining = true;
    look_around(neighbours);
}

void neighbours_reload(struct neighbours *neighbours)
{
    struct gw_fault fault;

    if (neighbours->snapshot_file != NULL && read_by_hand(neighbours, &fault) != GW_OK) {
        gw_log(GW_LOG_ERROR, "snapshot_refused", GW_LOG_FAULT(&fault));
    }
}

void neighbours_close(struct neighbours *neighbours)
{
    size_t lost;

    if (neighbours == NULL) {
        return;
    }
    gw_timer_stop(gw_daemon_loop(neighbours->daemon), &neighbours->look);
    lost = meter_close(neighbours->meter, FLUSH_PATIENCE_US);
    if (lost > 0) {
        gw_log(GW_LOG_ERROR, "usage_lost", GW_LOG_UINT("events", lost));
    }
    subscriber_close(neighbours->subscriber);
    gw_courier_free(neighbours->courier);
    if (neighbours->redis != NULL) {
        gw_redis_close(neighbours->redis);
    }
    holder_free(neighbours->holder);
    gw_keyring_free(neighbours->keyring);
    gw_free(neighbours->snapshot_file);
    gw_free(neighbours);
}

struct holder *neighbours_holder(struct neighbours *neighbours)
{
    return neighbours->holder;
}

struct meter *neighbours_meter(struct neighbours *neighbours)
{
    return neighbours->meter;
}

const struct gw_keyring *neighbours_keyring(const struct neighbours *neighbours)
{
    return neighbours->keyring;
}

static void measure_snapshot(struct neighbours *neighbours)
{
    const struct snapshot *snapshot = holder_get(neighbours->holder);
    struct subscriber_status status = {.applied_us = neighbours->by_hand_at_us};
    int64_t now_us = gw_clock_monotonic_us();

    if (neighbours->subscriber != NULL) {
        subscriber_status(neighbours->subscriber, &status);
    }
    if (snapshot != NULL) {
        gw_metric_set(neighbours->metrics, METRIC_SNAPSHOT_VERSION, 0,
                      (int64_t)snapshot_version(snapshot).number);
        gw_metric_set(neighbours->metrics, METRIC_SNAPSHOT_AGE, 0,
                      status.applied_us == 0 ? 0 : now_us - status.applied_us);
        snapshot_unref(snapshot);
    }
}

void neighbours_measure(struct neighbours *neighbours)
{
    struct meter_status status;

    measure_snapshot(neighbours);
    if (neighbours->meter != NULL) {
        meter_status(neighbours->meter, &status);
        gw_metric_set(neighbours->metrics, METRIC_USAGE_UNCONFIRMED, 0,
                      (int64_t)status.unconfirmed);
        gw_metric_set(neighbours->metrics, METRIC_USAGE_OLDEST, 0, status.oldest_us);
        gw_metric_set(neighbours->metrics, METRIC_USAGE_BYTES, 0, (int64_t)status.bytes);
    }
}
