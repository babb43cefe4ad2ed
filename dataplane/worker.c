/* SPDX-License-Identifier: MIT */
/*
 * A worker that drains is empty when its last exchange is over and its last connection is closed.
 * An exchange may outlive its connection (the client left, the cost is still read), so both are
 * waited for.
 */
#include "dataplane/worker.h"

#include "dataplane/exchange.h"
#include "lib/base/check.h"
#include "lib/codec/random.h"

enum gw_err worker_open(const struct plane *plane, const struct worker_conf *conf,
                        const struct worker_ops *ops, void *owner, struct worker **ret_worker,
                        struct gw_fault *fault)
{
    struct worker *worker = GW_NEW(struct worker);
    struct gw_http_service service = {.on_request = exchange_begin, .owner = worker};
    enum gw_err err;

    worker->plane = plane;
    worker->ops = ops;
    worker->owner = owner;
    gw_list_init(&worker->exchanges);
    gw_list_init(&worker->spares);
    gw_random_bytes(&worker->dice, sizeof(worker->dice));
    worker->known = known_new();
    worker->loop = gw_loop_new();
    worker->client = gw_http_client_new(worker->loop, &conf->client);
    err = gw_http_server_open(worker->loop, conf->listen, &conf->server, &service, &worker->server,
                              fault);
    if (err != GW_OK) {
        worker_free(worker);
        return err;
    }
    *ret_worker = worker;
    return GW_OK;
}

void worker_free(struct worker *worker)
{
    struct gw_list *spare;

    if (worker == NULL) {
        return;
    }
    GW_CHECK(!worker->is_running && gw_list_is_empty(&worker->exchanges));
    if (worker->server != NULL) {
        gw_http_server_close(worker->server);
    }
    gw_http_client_free(worker->client);
    gw_loop_free(worker->loop);
    while ((spare = gw_list_pop_front(&worker->spares)) != NULL) {
        exchange_free_spare(GW_CONTAINER(spare, struct exchange, link));
    }
    known_free(worker->known);
    gw_free(worker);
}

/* ---- The thread ------------------------------------------------------------------------- */

static void *run(void *argument)
{
    struct worker *worker = argument;

    gw_loop_run(worker->loop);
    return NULL;
}

void worker_start(struct worker *worker)
{
    GW_CHECK(pthread_create(&worker->thread, NULL, run, worker) == 0);
    worker->is_running = true;
}

/* ---- Draining --------------------------------------------------------------------------- */

static void look_whether_drained(struct worker *worker)
{
    if (worker->is_draining && !worker->has_drained && worker->is_server_empty &&
        gw_list_is_empty(&worker->exchanges)) {
        worker->has_drained = true;
        worker->ops->on_drained(worker->owner);
    }
}

static void on_server_drained(void *owner)
{
    struct worker *worker = owner;

    worker->is_server_empty = true;
    look_whether_drained(worker);
}

static void drain(struct gw_mail *mail)
{
    struct worker *worker = GW_CONTAINER(mail, struct worker, drain_mail);

    worker->is_draining = true;
    gw_http_server_drain(worker->server, on_server_drained, worker);
}

void worker_drain(struct worker *worker)
{
    worker->drain_mail = (struct gw_mail){.deliver = drain};
    gw_list_init(&worker->drain_mail.link);
    gw_loop_post(worker->loop, &worker->drain_mail);
}

/* ---- Stopping --------------------------------------------------------------------------- */

static void stop_if_empty(struct worker *worker)
{
    if (worker->is_stopping && gw_list_is_empty(&worker->exchanges)) {
        gw_loop_stop(worker->loop);
    }
}

void worker_exchange_over(struct worker *worker)
{
    look_whether_drained(worker);
    stop_if_empty(worker);
}

static void stop(struct gw_mail *mail)
{
    struct worker *worker = GW_CONTAINER(mail, struct worker, stop_mail);

    worker->is_stopping = true;
    gw_http_server_close(worker->server);
    worker->server = NULL;
    GW_LIST_EACH (&worker->exchanges, node) {
        exchange_cut_off(GW_CONTAINER(node, struct exchange, link));
    }
    stop_if_empty(worker);
}

void worker_join(struct worker *worker)
{
    if (!worker->is_running) {
        return;
    }
    worker->stop_mail = (struct gw_mail){.deliver = stop};
    gw_list_init(&worker->stop_mail.link);
    gw_loop_post(worker->loop, &worker->stop_mail);
    pthread_join(worker->thread, NULL);
    worker->is_running = false;
}
