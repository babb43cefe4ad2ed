/* SPDX-License-Identifier: MIT */
/*
 * One thread runs the loop with everything that talks over the network; the sink's writer and the
 * readers have threads of their own and mail their results.
 *
 *     data planes --gRPC--> intake > sink --writer--> PostgreSQL
 *                           answer ---------readers--/
 *     people, scripts --HTTP--> desk > reports -----/
 *                                    > relay --gRPC--> control plane
 *
 * Draining closes the ways in and writes what is held; stopping closes all there is, in any
 * order, and ends the loop when the last of it is gone (`open` counts).
 */
#include "statsd/service.h"

#include <pthread.h>
#include <stdatomic.h>

#include "lib/base/check.h"
#include "lib/net/tls.h"
#include "statsd/answer/answer.h"
#include "statsd/answer/reader.h"
#include "statsd/desk/desk.h"
#include "statsd/desk/openapi.h"
#include "statsd/intake/intake.h"
#include "statsd/sink/figures.h"

enum { PARTS_TO_DRAIN = 3 }; /* desk, intake, sink */

struct service {
    struct gw_daemon *daemon;
    struct gw_loop *loop;
    struct gw_courier *courier;
    struct gw_metrics *metrics;
    struct gw_pool *readers;
    struct sink *sink;
    struct intake *intake;
    struct answer *answer;
    struct gw_rpc_client *controlplane; /* NULL: no target is set */
    struct relay *relay;
    struct login login;
    struct gw_rpc_server *server;
    struct gw_tls_server *tls;
    struct desk *desk;
    char *base_url; /* ours: the settings die with the second reload */

    pthread_t thread;
    struct gw_mail drain_mail, stop_mail;
    bool is_draining, is_stopping; /* the loop's */
    size_t drained;
    size_t open;
};

struct site_mail {
    struct gw_mail mail;
    struct service *service;
    struct site *site;
};

/* ---- What is there ---------------------------------------------------------------------- */

static void set_part(struct service *service, const char *part, bool is_there, const char *why)
{
    gw_ready_set(gw_daemon_ready(service->daemon), part, is_there ? GW_READY_YES : GW_READY_NO,
                 why);
}

static void on_room(void *owner)
{
    struct service *service = owner;

    intake_on_room(service->intake);
}

static void on_database(void *owner, bool is_there, const char *why)
{
    set_part(owner, "postgresql", is_there, why);
}

static void on_controlplane(void *owner, bool is_there, const char *why)
{
    set_part(owner, "controlplane", is_there, why);
}

static const struct sink_ops SINK_OPS = {.on_room = on_room, .on_database = on_database};
static const struct relay_ops RELAY_OPS = {.on_controlplane = on_controlplane};

/* ---- gRPC ------------------------------------------------------------------------------- */

static enum gw_err on_usage(void *owner, struct gw_rpc_stream *stream,
                            const struct gw_rpc_stream_ops **ret_ops, void **ret_owner)
{
    return intake_accept(((struct service *)owner)->intake, stream, ret_ops, ret_owner);
}

static void on_sum(void *owner, struct gw_rpc_question *question, struct gw_text request)
{
    answer_question(((struct service *)owner)->answer, question, request);
}

static const struct gw_rpc_method METHODS[] = {
    {.name = INTAKE_METHOD, .on_stream = on_usage},
    {.name = ANSWER_METHOD, .on_question = on_sum},
};

/* "" is how a setting says "none". */
static const char *none_if_empty(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

static enum gw_err open_server(struct service *service, const struct statsd_conf *conf,
                               struct gw_fault *fault)
{
    const struct gw_rpc_server_conf server_conf = {
        .listen = conf->listen,
        .token = none_if_empty(conf->service_token.text),
        .ca_file = none_if_empty(conf->tls_ca),
        .certificate_file = none_if_empty(conf->tls_certificate),
        .key_file = none_if_empty(conf->tls_key),
    };

    GW_TRY(gw_rpc_server_open(service->courier, service->loop, &server_conf, METHODS,
                              GW_COUNT(METHODS), service, &service->server, fault));
    gw_rpc_server_set_serving(service->server, true);
    gw_log(GW_LOG_INFO, "listening", GW_LOG_STR("for", "usage"),
           GW_LOG_STR("address", conf->listen),
           GW_LOG_INT("port", gw_rpc_server_port(service->server)));
    return GW_OK;
}

static enum gw_err open_client(struct service *service, const struct statsd_conf *conf,
                               struct gw_fault *fault)
{
    const struct gw_rpc_client_conf client_conf = {
        .target = conf->controlplane_target,
        .token = none_if_empty(conf->service_token.text),
        .ca_file = none_if_empty(conf->tls_ca),
        .certificate_file = none_if_empty(conf->tls_certificate),
        .key_file = none_if_empty(conf->tls_key),
    };

    if (conf->controlplane_target[0] != '\0') {
        GW_TRY(gw_rpc_client_open(service->courier, service->loop, &client_conf,
                                  &service->controlplane, fault));
    }
    service->relay = relay_new(service->loop, service->controlplane, &RELAY_OPS, service);
    return GW_OK;
}

/* ---- HTTP ------------------------------------------------------------------------------- */

static struct site *load_site(const struct statsd_conf *conf)
{
    struct site *site = NULL;
    struct gw_fault fault;

    if (conf->web_dir[0] == '\0') {
        return NULL;
    }
    if (site_load(conf->web_dir, &site, &fault) != GW_OK) {
        gw_log(GW_LOG_WARN, "console_not_loaded", GW_LOG_FAULT(&fault));
        return NULL;
    }
    gw_log(GW_LOG_INFO, "console_loaded", GW_LOG_STR("folder", conf->web_dir),
           GW_LOG_UINT("files", site_count(site)));
    return site;
}

static void set_up_login(struct service *service, const struct statsd_conf *conf)
{
    const struct login_conf login_conf = {
        .admin_token = gw_text_of(conf->admin_token.text),
        .csrf_secret = gw_text_of(conf->csrf_secret.text),
        .session_ttl_us = conf->session_ttl_us,
        .logs_refresh_us = conf->logs_refresh_us,
        .secure_cookies = conf->secure_cookies,
        .believe = conf->forwarded_headers ? CALLER_BELIEVE_FORWARDED : CALLER_IGNORE_FORWARDED,
        .base_url = gw_text_of(service->base_url),
        .openapi_sha256 = gw_text_of(openapi_sha256()),
    };

    if (!login_has_admin(&login_conf)) {
        gw_log(GW_LOG_WARN, "nobody_can_sign_in", GW_LOG_STR("reason", "admin_token is not set"));
    }
    login_init(&service->login, &login_conf, service->metrics);
}

static enum gw_err open_desk(struct service *service, const struct statsd_conf *conf,
                             struct gw_fault *fault)
{
    struct desk_conf desk_conf = {.listen = conf->desk_listen,
                                  .connections_max = conf->connections_max};
    const struct desk_parts parts = {.loop = service->loop,
                                     .login = &service->login,
                                     .relay = service->relay,
                                     .readers = service->readers,
                                     .metrics = service->metrics};

    if (conf->desk_certificate[0] != '\0') {
        GW_TRY(gw_tls_server_open(conf->desk_certificate, conf->desk_key, &service->tls, fault));
        desk_conf.tls = service->tls;
    }
    GW_TRY(desk_open(&desk_conf, &parts, &service->desk, fault));
    desk_set_site(service->desk, load_site(conf));
    gw_log(GW_LOG_INFO, "listening", GW_LOG_STR("for", "console and API"),
           GW_LOG_STR("address", conf->desk_listen), GW_LOG_INT("port", desk_port(service->desk)));
    return GW_OK;
}

/* ---- Draining --------------------------------------------------------------------------- */

static void part_drained(void *owner)
{
    struct service *service = owner;

    service->drained++;
    if (service->drained == PARTS_TO_DRAIN && !service->is_stopping) {
        gw_daemon_drained(service->daemon);
    }
}

static void part_closed(void *owner)
{
    struct service *service = owner;

    GW_CHECK(service->open > 0);
    service->open--;
    if (service->open == 0) {
        gw_loop_stop(service->loop);
    }
}

static void intake_or_sink_closed(void *owner)
{
    struct service *service = owner;

    part_drained(service);
    part_closed(service);
}

/* The intake first, so that nothing comes after what the sink writes last. */
static void close_ways_in(struct service *service)
{
    if (service->is_draining) {
        return;
    }
    service->is_draining = true;
    intake_close(service->intake, intake_or_sink_closed, service);
    sink_close(service->sink, intake_or_sink_closed, service);
}

static void deliver_drain(struct gw_mail *mail)
{
    struct service *service = GW_CONTAINER(mail, struct service, drain_mail);

    gw_rpc_server_set_serving(service->server, false);
    close_ways_in(service);
    desk_drain(service->desk, part_drained, service);
}

void service_drain(struct service *service)
{
    gw_loop_post(service->loop, &service->drain_mail);
}

/* ---- Stopping --------------------------------------------------------------------------- */

/*
 * `open` counts what must be gone before the loop may end: intake and sink from the start, the
 * others as they are closed here.
 */
static void close_all(struct service *service)
{
    service->is_stopping = true;
    close_ways_in(service);
    if (service->relay != NULL) {
        relay_stop(service->relay);
    }
    if (service->desk != NULL) {
        service->open++;
        desk_close(service->desk, part_closed, service);
    }
    if (service->server != NULL) {
        service->open++;
        gw_rpc_server_close(service->server, part_closed, service);
    }
    if (service->controlplane != NULL) {
        service->open++;
        gw_rpc_client_close_then(service->controlplane, part_closed, service);
    }
    part_closed(service); /* the one that kept the loop from ending before we came here */
}

static void deliver_stop(struct gw_mail *mail)
{
    close_all(GW_CONTAINER(mail, struct service, stop_mail));
}

/* Everything is closed and the loop does not run. */
static void free_all(struct service *service)
{
    gw_pool_free(service->readers);
    sink_free(service->sink);
    intake_free(service->intake);
    answer_free(service->answer);
    relay_free(service->relay);
    desk_free(service->desk);
    login_fini(&service->login);
    gw_tls_server_close(service->tls);
    gw_loop_free(service->loop);
    gw_courier_free(service->courier);
    gw_metrics_free(service->metrics);
    gw_free(service->base_url);
    gw_free(service);
}

void service_stop(struct service *service)
{
    gw_loop_post(service->loop, &service->stop_mail);
    pthread_join(service->thread, NULL);
    free_all(service);
}

/* ---- Starting --------------------------------------------------------------------------- */

static void *run(void *argument)
{
    struct service *service = argument;

    gw_loop_run(service->loop);
    return NULL;
}

static void make_ledger_side(struct service *service, const struct statsd_conf *conf)
{
    const struct sink_conf sink_conf = {
        .database = conf->database,
        .flush_delay_us = conf->flush_delay_us,
        .flush_events = conf->flush_events,
        .hold_max = conf->hold_max,
    };

    service->readers = gw_pool_new(conf->readers, &READER_POOL, (void *)(uintptr_t)conf->database);
    service->sink = sink_new(service->loop, &sink_conf, service->metrics);
    service->intake = intake_new(service->loop, service->sink, service->metrics);
    service->answer = answer_new(service->loop, service->readers, service->metrics);
    sink_set_ops(service->sink, &SINK_OPS, service);
    service->open = 3; /* intake, sink, and the one that close_all() takes off */
}

static struct service *make(struct gw_daemon *daemon)
{
    struct service *service = GW_NEW(struct service);

    service->daemon = daemon;
    service->drain_mail.deliver = deliver_drain;
    service->stop_mail.deliver = deliver_stop;
    service->loop = gw_loop_new();
    service->courier = gw_courier_new();
    service->metrics = gw_metrics_new(FIGURE_TABLE, FIGURES);
    service->base_url = gw_must_strdup(
        ((const struct statsd_conf *)gw_daemon_values(daemon))->base_url);
    gw_ready_declare(gw_daemon_ready(daemon), "postgresql", GW_READY_REQUIRED);
    gw_ready_declare(gw_daemon_ready(daemon), "controlplane", GW_READY_OPTIONAL);
    return service;
}

static enum gw_err open_all(struct service *service, const struct statsd_conf *conf,
                            struct gw_fault *fault)
{
    GW_TRY(open_client(service, conf, fault));
    GW_TRY(open_server(service, conf, fault));
    return open_desk(service, conf, fault);
}

enum gw_err service_start(struct gw_daemon *daemon, struct service **ret_service,
                          struct gw_fault *fault)
{
    const struct statsd_conf *conf = gw_daemon_values(daemon);
    struct service *service = make(daemon);
    enum gw_err err;

    make_ledger_side(service, conf);
    set_up_login(service, conf);
    err = open_all(service, conf, fault);
    if (err != GW_OK) {
        close_all(service);
        gw_loop_run(service->loop);
        free_all(service);
        return err;
    }
    GW_CHECK(pthread_create(&service->thread, NULL, run, service) == 0);
    *ret_service = service;
    return GW_OK;
}

/* ---- While running ---------------------------------------------------------------------- */

static void deliver_site(struct gw_mail *mail)
{
    struct site_mail *site_mail = GW_CONTAINER(mail, struct site_mail, mail);

    desk_set_site(site_mail->service->desk, site_mail->site);
    gw_free(site_mail);
}

void service_reload(struct service *service, const struct statsd_conf *conf)
{
    struct site *site = load_site(conf);
    struct site_mail *site_mail;

    if (site == NULL && conf->web_dir[0] != '\0') {
        return; /* a folder that cannot be read now is no reason to forget what was in it */
    }
    site_mail = GW_NEW(struct site_mail);
    *site_mail = (struct site_mail){.service = service, .site = site};
    site_mail->mail.deliver = deliver_site;
    gw_loop_post(service->loop, &site_mail->mail);
}

void service_metrics(struct service *service, enum gw_metrics_format format, struct gw_buf *out)
{
    gw_metrics_print(service->metrics, format, out);
}
