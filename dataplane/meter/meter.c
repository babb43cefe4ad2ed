/* SPDX-License-Identifier: MIT */
/*
 * Glue: the spool in the middle, workers on one side, on the other a thread with the shipper.
 *
 * The first event after a quiet time wakes the shipper by mail; until it has looked, further
 * events need not. So under load a put costs packing, one allocation and a short hold of the
 * spool's mutex, and the shipper is woken at most a hundred times a second.
 */
#include "dataplane/meter/meter.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "dataplane/meter/shipper.h"
#include "dataplane/meter/spool.h"
#include "dataplane/snapshot/background.h"
#include "lib/base/check.h"
#include "lib/units/clock.h"

#define EVENTS_MAX ((size_t)200 * 1000)
#define BYTES_MAX  ((size_t)128 * 1024 * 1024)
#define EVENT_MAX  ((size_t)128 * 1024) /* one packed event; its texts have ceilings below that */
#define LOOK_US    (10 * GW_US_PER_MS)  /* between being woken and looking, and then ... */
#define GATHER_US  (40 * GW_US_PER_MS)  /* ... what a batch that is not full may wait */

struct meter {
    meter_said said;
    void *owner;
    struct background background;
    struct gw_rpc_client *client;
    struct spool *spool;
    struct shipper *shipper;
    char *node;
    bool has_told_loss;

    atomic_bool is_woken;
    struct gw_mail waking;
    struct gw_timer look;

    int64_t patience_us; /* of meter_close() */
    bool is_closing;     /* the client is */
    struct gw_mail closing;
    struct gw_timer patience;

    pthread_mutex_t mutex; /* guards the rest */
    bool is_connected;
    int64_t changed_us;
    uint64_t odd;
    char why[256];
};

/* ---- In --------------------------------------------------------------------------------- */

enum gw_err meter_put(struct meter *meter, const struct gw_usage_event *event)
{
    struct gw_buf bytes;
    enum gw_err err;
    size_t len;

    gw_buf_init(&bytes, EVENT_MAX);
    err = gw_usage_event_pack(event, &bytes);
    if (err != GW_OK) {
        gw_buf_fini(&bytes);
        return err;
    }
    len = bytes.len;
    GW_TRY(spool_put(meter->spool, gw_buf_take(&bytes), len, gw_clock_monotonic_us()));
    if (!atomic_exchange_explicit(&meter->is_woken, true, memory_order_acq_rel)) {
        gw_loop_post(meter->background.loop, &meter->waking);
    }
    return GW_OK;
}

/* More events are welcome before the shipper looks: it gathers them anyway. */
static void on_waking(struct gw_mail *mail)
{
    struct meter *meter = GW_CONTAINER(mail, struct meter, waking);

    gw_timer_start(meter->background.loop, &meter->look, LOOK_US);
}

static void on_look(struct gw_timer *timer)
{
    struct meter *meter = GW_CONTAINER(timer, struct meter, look);

    atomic_store_explicit(&meter->is_woken, false, memory_order_release); /* before looking */
    shipper_wake(meter->shipper);
}

/* ---- What the shipper tells ------------------------------------------------------------- */

static void set_connected(struct meter *meter, bool is_connected, const char *why)
{
    pthread_mutex_lock(&meter->mutex);
    if (meter->is_connected != is_connected) {
        meter->is_connected = is_connected;
        meter->changed_us = gw_clock_monotonic_us();
    }
    snprintf(meter->why, sizeof(meter->why), "%s", why);
    pthread_mutex_unlock(&meter->mutex);
}

static void say(struct meter *meter, enum meter_event event, const char *text)
{
    if (meter->said != NULL) {
        meter->said(meter->owner, event, text);
    }
}

static void on_open(void *owner)
{
    struct meter *meter = owner;

    meter->has_told_loss = false;
    set_connected(meter, true, "");
    say(meter, METER_CONNECTED, "");
}

static void on_lost(void *owner, const char *why)
{
    struct meter *meter = owner;

    set_connected(meter, false, why);
    if (!meter->has_told_loss) {
        meter->has_told_loss = true;
        say(meter, METER_LOST, why);
    }
}

static void on_odd(void *owner, const char *what)
{
    struct meter *meter = owner;

    pthread_mutex_lock(&meter->mutex);
    meter->odd++;
    pthread_mutex_unlock(&meter->mutex);
    say(meter, METER_ODD, what);
}

void meter_status(struct meter *meter, struct meter_status *ret_status)
{
    struct spool_figures figures;

    spool_figures(meter->spool, &figures);
    *ret_status = (struct meter_status){
        .put = figures.put,
        .lost = figures.lost,
        .confirmed = figures.confirmed,
        .waiting = figures.waiting,
        .unconfirmed = figures.unconfirmed,
        .bytes = figures.bytes,
        .oldest_us = figures.oldest_put_us == 0 ? 0
                                                : gw_clock_monotonic_us() - figures.oldest_put_us,
    };
    pthread_mutex_lock(&meter->mutex);
    ret_status->is_connected = meter->is_connected;
    ret_status->changed_us = meter->changed_us;
    ret_status->odd = meter->odd;
    memcpy(ret_status->why, meter->why, sizeof(meter->why));
    pthread_mutex_unlock(&meter->mutex);
}

/* ---- Closing ---------------------------------------------------------------------------- */

static void on_client_closed(void *owner)
{
    struct meter *meter = owner;

    gw_loop_stop(meter->background.loop);
}

static void close_client(struct meter *meter)
{
    if (meter->is_closing) {
        return;
    }
    meter->is_closing = true;
    gw_timer_stop(meter->background.loop, &meter->patience);
    gw_timer_stop(meter->background.loop, &meter->look);
    shipper_end(meter->shipper);
    gw_rpc_client_close_then(meter->client, on_client_closed, meter);
}

static void on_empty(void *owner)
{
    close_client(owner);
}

static void on_patience(struct gw_timer *timer)
{
    close_client(GW_CONTAINER(timer, struct meter, patience));
}

static void on_closing(struct gw_mail *mail)
{
    struct meter *meter = GW_CONTAINER(mail, struct meter, closing);

    gw_timer_start(meter->background.loop, &meter->patience, meter->patience_us);
    shipper_flush(meter->shipper);
}

/* ---- Life ------------------------------------------------------------------------------- */

static size_t free_meter(struct meter *meter)
{
    struct spool_figures figures;

    background_join(&meter->background);
    spool_figures(meter->spool, &figures);
    shipper_free(meter->shipper);
    background_fini(&meter->background);
    spool_free(meter->spool);
    pthread_mutex_destroy(&meter->mutex);
    gw_free(meter->node);
    gw_free(meter);
    return figures.unconfirmed;
}

static struct meter *new_meter(const struct meter_conf *conf, meter_said said, void *owner)
{
    struct meter *meter = GW_NEW(struct meter);

    meter->said = said;
    meter->owner = owner;
    meter->node = gw_must_strdup(conf->node);
    meter->changed_us = gw_clock_monotonic_us();
    meter->spool = spool_new(conf->events_max == 0 ? EVENTS_MAX : conf->events_max,
                             conf->bytes_max == 0 ? BYTES_MAX : conf->bytes_max);
    meter->waking.deliver = on_waking;
    meter->closing.deliver = on_closing;
    gw_timer_init(&meter->look, on_look);
    gw_timer_init(&meter->patience, on_patience);
    pthread_mutex_init(&meter->mutex, NULL);
    background_init(&meter->background);
    return meter;
}

enum gw_err meter_open(const struct meter_conf *conf, meter_said said, void *owner,
                       struct meter **ret_meter, struct gw_fault *fault)
{
    static const struct shipper_ops OPS = {
        .on_open = on_open, .on_lost = on_lost, .on_odd = on_odd, .on_empty = on_empty};
    struct meter *meter = new_meter(conf, said, owner);
    enum gw_err err = gw_rpc_client_open(conf->courier, meter->background.loop, &conf->statsd,
                                         &meter->client, fault);

    if (err != GW_OK) {
        free_meter(meter);
        return err;
    }
    meter->shipper = shipper_new(&(struct shipper_conf){.loop = meter->background.loop,
                                                        .client = meter->client,
                                                        .spool = meter->spool,
                                                        .node = meter->node,
                                                        .gather_us = GATHER_US},
                                 &OPS, meter);
    shipper_start(meter->shipper);
    background_start(&meter->background);
    *ret_meter = meter;
    return GW_OK;
}

size_t meter_close(struct meter *meter, int64_t patience_us)
{
    if (meter == NULL) {
        return 0;
    }
    meter->patience_us = patience_us;
    gw_loop_post(meter->background.loop, &meter->closing);
    return free_meter(meter);
}
