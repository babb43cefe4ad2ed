/* SPDX-License-Identifier: MIT */
/*
 * worker - one thread: a loop, a listener, a client for providers, and the exchanges between.
 *
 * Everything of a worker belongs to its thread, but for worker_start() to worker_join(), which the
 * main thread calls. What workers share is in struct plane and does not change while they run.
 */
#ifndef DATAPLANE_WORKER_H
#define DATAPLANE_WORKER_H

#include <pthread.h>

#include "dataplane/admit/abuse.h"
#include "dataplane/admit/client_ip.h"
#include "dataplane/admit/known.h"
#include "dataplane/attempt/attempt.h"
#include "dataplane/conf.h"
#include "dataplane/meter/meter.h"
#include "dataplane/metrics.h"
#include "dataplane/snapshot/holder.h"
#include "lib/codec/keyring.h"
#include "lib/net/http_server.h"

#define WORKER_SPARES_MAX 256

/* What all workers share; all of it may be used by any thread. */
struct plane {
    struct holder *holder;
    struct meter *meter; /* NULL: nobody to tell usage to */
    struct abuse *abuse;
    struct gw_metrics *metrics;
    const struct gw_keyring *keyring;
    struct attempt_limits limits;
    struct client_ip_rules client_ip;
    size_t body_max; /* of a request, on the wire and decompressed */
    enum conf_when_full when_full;
    enum conf_access_log access_log;
};

struct worker_conf {
    const char *listen;
    struct gw_http_server_conf server;
    struct gw_http_client_conf client;
};

struct worker_ops {
    /* The last exchange is over and no connection is left; on the worker's thread. */
    void (*on_drained)(void *owner);
};

struct worker {
    const struct plane *plane;
    const struct worker_ops *ops;
    void *owner;
    pthread_t thread;
    bool is_running;
    struct gw_loop *loop;
    struct gw_http_server *server;
    struct gw_http_client *client;
    struct gw_list exchanges; /* not over yet */
    struct gw_list spares;    /* memory of exchanges that are */
    size_t spare_count;
    struct known *known;
    uint64_t dice; /* seeds of routing draws */
    bool is_draining, has_drained, is_stopping;
    bool is_server_empty; /* of connections, while draining */
    struct gw_mail drain_mail, stop_mail;
};

/* Opens the listener; the thread does not run yet. GW_E_UNAVAILABLE when the address is taken. */
enum gw_err worker_open(const struct plane *plane, const struct worker_conf *conf,
                        const struct worker_ops *ops, void *owner, struct worker **ret_worker,
                        struct gw_fault *fault) GW_MUST_USE;
void worker_start(struct worker *worker);
void worker_drain(struct worker *worker); /* on_drained follows; any thread, once */
void worker_join(struct worker *worker);  /* cuts off what is open, waits for the thread's end */
void worker_free(struct worker *worker);  /* joined, or never started */

/* ---- For exchanges ---------------------------------------------------------------------- */

/* An exchange has left `exchanges`. */
void worker_exchange_over(struct worker *worker);

#endif
