/* SPDX-License-Identifier: MIT */
#include "dataplane/neighbours.h"

#include <stdio.h>
#include <unistd.h>

#include "dataplane/metrics.h"
#include "dataplane/snapshot/by_hand.h"
#include "dataplane/snapshot/last_good.h"
#include "lib/base/check.h"
#include "lib/redis/redis.h"
#include "lib/units/clock.h"

#define LAST_GOOD_FILE "snapshot.last-good"

#define PART_SNAPSHOT     "snapshot"
#define PART_CONTROLPLANE "controlplane"
#define PART_STATSD       "statsd"
#define PART_REDIS        "redis"

struct neighbours {
    struct gw_daemon *daemon;
    struct gw_metrics *metrics;
    struct gw_keyring *keyring;
    struct holder *holder;
    struct gw_redis *redis;         /* NULL: not configured */
    char *snapshot_file;            /* NULL: there is a control plane */
    _Atomic int64_t snapshot_at_us; /* monotonic, when the one in use was taken over; 0: none */
};

/* ---- The configuration ------------------------------------------------------------------ */

/* A snapshot is in use from now on; any thread. */
static void take_over(struct neighbours *neighbours, const struct snapshot *own_snapshot,
                      const char *from)
{
    gw_log(GW_LOG_INFO, "snapshot", GW_LOG_STR("from", from),
           GW_LOG_UINT("version", snapshot_version(own_snapshot).number),
           GW_LOG_UINT("keys", snapshot_count_keys(own_snapshot)),
           GW_LOG_UINT("providers", snapshot_count_providers(own_snapshot)),
           GW_LOG_UINT("unopened", snapshot_count_unopened(own_snapshot)));
    holder_put(neighbours->holder, own_snapshot);
    neighbours->snapshot_at_us = gw_clock_monotonic_us();
    gw_ready_set(gw_daemon_ready(neighbours->daemon), PART_SNAPSHOT, GW_READY_YES, NULL);
}

static enum gw_err read_by_hand(struct neighbours *neighbours, struct gw_fault *fault)
{
    const struct snapshot *snapshot;
    struct gw_keyring *fresh = NULL;

    GW_TRY(by_hand_read(neighbours->snapshot_file, neighbours->keyring, &fresh, &snapshot, fault));
    if (neighbours->keyring == NULL) {
        neighbours->keyring = fresh;
    }
    take_over(neighbours, snapshot, "file");
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

/* ---- Redis ------------------------------------------------------------------------------ */

static void on_redis(void *owner, enum gw_redis_is is, const char *reason)
{
    struct neighbours *neighbours = owner;
    bool is_up = is == GW_REDIS_UP;

    if (gw_ready_set(gw_daemon_ready(neighbours->daemon), PART_REDIS,
                     is_up ? GW_READY_YES : GW_READY_NO, reason)) {
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

static enum gw_err open_all(struct neighbours *neighbours, const struct dataplane_conf *conf,
                            struct gw_fault *fault)
{
    gw_ready_declare(gw_daemon_ready(neighbours->daemon), PART_SNAPSHOT, GW_READY_REQUIRED);
    GW_TRY(read_keyring(neighbours, conf, fault));
    if (conf->snapshot_file[0] != '\0') {
        neighbours->snapshot_file = gw_must_strdup(conf->snapshot_file);
        GW_TRY(read_by_hand(neighbours, fault));
    }
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
    err = open_all(neighbours, conf, fault);
    if (err != GW_OK) {
        neighbours_close(neighbours);
        return err;
    }
    *ret_neighbours = neighbours;
    return GW_OK;
}

void neighbours_drain(struct neighbours *neighbours)
{
    (void)neighbours;
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
    if (neighbours == NULL) {
        return;
    }
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
    (void)neighbours;
    return NULL;
}

const struct gw_keyring *neighbours_keyring(const struct neighbours *neighbours)
{
    return neighbours->keyring;
}

void neighbours_measure(struct neighbours *neighbours)
{
    const struct snapshot *snapshot = holder_get(neighbours->holder);

    if (snapshot != NULL) {
        gw_metric_set(neighbours->metrics, METRIC_SNAPSHOT_VERSION, 0,
                      (int64_t)snapshot_version(snapshot).number);
        gw_metric_set(neighbours->metrics, METRIC_SNAPSHOT_AGE, 0,
                      gw_clock_monotonic_us() - neighbours->snapshot_at_us);
        snapshot_unref(snapshot);
    }
}
