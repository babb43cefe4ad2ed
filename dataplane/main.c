/* SPDX-License-Identifier: MIT */
/*
 * Start, drain and stop; in that order. The main thread's loop has the ops listener, the signals
 * and the connections to the neighbours; requests are the workers'.
 */
#include <stdio.h>
#include <sys/sysinfo.h>

#include "dataplane/conf.h"
#include "dataplane/neighbours.h"
#include "dataplane/worker.h"
#include "lib/base/check.h"
#include "lib/net/guard.h"
#include "lib/net/tls.h"
#include "lib/units/clock.h"

struct dataplane {
    struct gw_daemon *daemon;
    struct neighbours *neighbours;
    struct plane plane;
    char **client_ip_headers;
    struct gw_tls_server *tls;
    struct gw_guard *guard; /* of all that is called for providers' sake */
    struct worker **workers;
    size_t worker_count;
    _Atomic size_t workers_draining;
    char listen[280]; /* where the setting leaves the port to the system */
};

/* ---- Start ------------------------------------------------------------------------------ */

/* The settings may be read again; what the workers read lives as long as they do. */
static void copy_settings(struct dataplane *dataplane, const struct dataplane_conf *conf)
{
    struct plane *plane = &dataplane->plane;
    size_t count = conf->client_ip_headers.count;

    dataplane->client_ip_headers = gw_must_alloc((count + 1) * sizeof(char *));
    for (size_t i = 0; i < count; i++) {
        dataplane->client_ip_headers[i] = gw_must_strdup(conf->client_ip_headers.at[i]);
    }
    plane->client_ip = (struct client_ip_rules){(const char *const *)dataplane->client_ip_headers,
                                                count};
    plane->limits = (struct attempt_limits){.connect_us = conf->connect_timeout_us,
                                            .head_us = conf->head_timeout_us,
                                            .idle_us = conf->idle_timeout_us};
    plane->body_max = conf->request_max;
    plane->when_full = (enum conf_when_full)conf->usage_when_full;
    plane->access_log = (enum conf_access_log)conf->access_log;
}

static void on_drained(void *owner)
{
    struct dataplane *dataplane = owner;

    if (--dataplane->workers_draining == 0) {
        gw_daemon_drained(dataplane->daemon);
    }
}

static size_t count_workers(const struct dataplane_conf *conf)
{
    int cores = get_nprocs();

    if (conf->listen[0] == '/') {
        return 1; /* sockets in the file system cannot be shared by several listeners */
    }
    return conf->workers > 0 ? conf->workers : cores > 0 ? (size_t)cores : 1;
}

/* With port 0 the first worker was given one by the system, which the others share. */
static const char *name_port(struct dataplane *dataplane, const char *listen)
{
    const char *colon = strrchr(listen, ':');

    if (colon == NULL || strcmp(colon, ":0") != 0) {
        return listen;
    }
    snprintf(dataplane->listen, sizeof(dataplane->listen), "%.*s:%u", (int)(colon - listen), listen,
             gw_http_server_port(dataplane->workers[0]->server));
    return dataplane->listen;
}

static enum gw_err open_workers(struct dataplane *dataplane, const struct dataplane_conf *conf,
                                struct gw_fault *fault)
{
    static const struct worker_ops OPS = {on_drained};
    size_t count = count_workers(conf);
    struct worker_conf with = {
        .listen = conf->listen,
        .server = {.body_max = conf->request_max,
                   .head_timeout_us = conf->request_head_timeout_us,
                   .body_idle_timeout_us = conf->request_idle_timeout_us,
                   .connections_max = (conf->connections_max + count - 1) / count,
                   .tls = dataplane->tls,
                   .reuse_port = count > 1},
        .client = {.idle_per_origin_max = conf->keep_alive_max,
                   .idle_timeout_us = conf->keep_alive_us,
                   .ca_file = conf->ca_file[0] == '\0' ? NULL : conf->ca_file,
                   .guard = dataplane->guard},
    };

    dataplane->workers = gw_must_alloc(count * sizeof(struct worker *));
    for (size_t i = 0; i < count; i++) {
        if (i == 1) {
            with.listen = name_port(dataplane, conf->listen);
        }
        GW_TRY(
            worker_open(&dataplane->plane, &with, &OPS, dataplane, &dataplane->workers[i], fault));
        dataplane->worker_count++;
    }
    return GW_OK;
}

static void free_all(struct dataplane *dataplane)
{
    for (size_t i = 0; i < dataplane->worker_count; i++) {
        worker_free(dataplane->workers[i]);
    }
    gw_free(dataplane->workers);
    gw_tls_server_close(dataplane->tls);
    gw_guard_free(dataplane->guard);
    neighbours_close(dataplane->neighbours);
    abuse_free(dataplane->plane.abuse);
    gw_metrics_free(dataplane->plane.metrics);
    for (size_t i = 0; i < dataplane->plane.client_ip.count; i++) {
        gw_free(dataplane->client_ip_headers[i]);
    }
    gw_free(dataplane->client_ip_headers);
    gw_free(dataplane);
}

static enum gw_err open_all(struct dataplane *dataplane, const struct dataplane_conf *conf,
                            struct gw_fault *fault)
{
    struct plane *plane = &dataplane->plane;

    GW_TRY(neighbours_open(dataplane->daemon, conf, plane->metrics, &dataplane->neighbours, fault));
    plane->holder = neighbours_holder(dataplane->neighbours);
    plane->meter = neighbours_meter(dataplane->neighbours);
    plane->keyring = neighbours_keyring(dataplane->neighbours);
    if (conf->listen_certificate[0] != '\0') {
        GW_TRY(
            gw_tls_server_open(conf->listen_certificate, conf->listen_key, &dataplane->tls, fault));
    }
    GW_TRY(gw_guard_new(conf->outbound_allow.at, conf->outbound_allow.count, &dataplane->guard,
                        fault));
    return open_workers(dataplane, conf, fault);
}

static enum gw_err start(struct gw_daemon *daemon, void **ret_owner, struct gw_fault *fault)
{
    const struct dataplane_conf *conf = gw_daemon_values(daemon);
    struct dataplane *dataplane = GW_NEW(struct dataplane);
    enum gw_err err;

    dataplane->daemon = daemon;
    copy_settings(dataplane, conf);
    dataplane->plane.metrics = metrics_new();
    dataplane->plane.abuse = abuse_new(ABUSE_CAPACITY);
    err = open_all(dataplane, conf, fault);
    if (err != GW_OK) {
        free_all(dataplane);
        return err;
    }
    for (size_t i = 0; i < dataplane->worker_count; i++) {
        worker_start(dataplane->workers[i]);
    }
    gw_log(GW_LOG_INFO, "listening", GW_LOG_STR("address", conf->listen),
           GW_LOG_UINT("port", gw_http_server_port(dataplane->workers[0]->server)),
           GW_LOG_UINT("workers", dataplane->worker_count));
    *ret_owner = dataplane;
    return GW_OK;
}

static void reload(struct gw_daemon *daemon, void *owner)
{
    (void)daemon;
    neighbours_reload(((struct dataplane *)owner)->neighbours);
}

/* ---- End -------------------------------------------------------------------------------- */

static void drain(struct gw_daemon *daemon, void *owner)
{
    struct dataplane *dataplane = owner;

    (void)daemon;
    neighbours_drain(dataplane->neighbours);
    dataplane->workers_draining = dataplane->worker_count;
    for (size_t i = 0; i < dataplane->worker_count; i++) {
        worker_drain(dataplane->workers[i]);
    }
}

static void stop(struct gw_daemon *daemon, void *owner)
{
    struct dataplane *dataplane = owner;

    (void)daemon;
    for (size_t i = 0; i < dataplane->worker_count; i++) {
        worker_join(dataplane->workers[i]);
    }
    free_all(dataplane);
}

static void metrics(struct gw_daemon *daemon, void *owner, enum gw_metrics_format format,
                    struct gw_buf *out)
{
    struct dataplane *dataplane = owner;

    (void)daemon;
    if (dataplane != NULL) {
        neighbours_measure(dataplane->neighbours);
        gw_metrics_print(dataplane->plane.metrics, format, out);
    }
}

int main(int argc, char **argv)
{
    static const struct gw_daemon_program PROGRAM = {
        .name = "millrace-dataplane",
        .summary = "relays requests of AI coding tools to providers",
        .table = &DATAPLANE_TABLE,
        .conf_offset = offsetof(struct dataplane_conf, daemon),
        .check = dataplane_conf_check,
        .start = start,
        .reload = reload,
        .drain = drain,
        .stop = stop,
        .metrics = metrics,
    };

    return gw_daemon_main(argc, argv, &PROGRAM);
}
