/* SPDX-License-Identifier: MIT */
/*
 * One thread runs the loop with everything that talks over the network. Two pools block on
 * PostgreSQL and mail their results, so that a slow list never holds up a change on its way:
 *
 *     statsd      --gRPC--> call ----> callers ---> PostgreSQL    admin > store
 *     data planes --gRPC--> publish -> compilers -> PostgreSQL    compile
 *                           changes <- NOTIFY -----/
 *
 * Draining lets open calls end and refuses new ones; data planes stay connected until the stop.
 * Stopping closes the listener and the server, and ends the loop when the server is gone.
 */
#include "controlplane/service.h"

#include <pthread.h>

#include "controlplane/admin/answer/answer.h"
#include "controlplane/admin/call.h"
#include "controlplane/figures.h"
#include "controlplane/publish/changes.h"
#include "controlplane/schema.h"
#include "controlplane/warn.h"
#include "lib/base/check.h"
#include "lib/units/clock.h"

#define COMPILERS 2 /* one may be at work on everything while another makes a difference */

struct service {
    struct gw_daemon *daemon;
    struct gw_loop *loop;
    struct gw_courier *courier;
    struct gw_metrics *metrics;
    struct gw_keyring *keyring;
    struct roster *roster;
    struct gw_pool *callers, *compilers;
    struct publish *publish;
    struct changes *changes;
    struct warn *warn;
    struct call_desk desk;
    struct gw_rpc_server *server;
    char *database; /* ours: the settings die with the second reload */
    bool may_migrate;

    pthread_t thread;
    struct gw_mail drain_mail, stop_mail, last_mail;
    bool is_draining; /* the loop's, as the next */
    size_t open_calls;
};

/* ---- The pools' contexts ---------------------------------------------------------------- */

static void *caller_new(void *owner)
{
    struct service *service = owner;
    struct answer_context *context = GW_NEW(struct answer_context);

    store_init(&context->store, gw_pg_new(service->database, "millrace-controlplane"),
               service->keyring);
    context->roster = service->roster;
    return context;
}

static void caller_free(void *at)
{
    struct answer_context *context = at;

    gw_pg_free(context->store.pg);
    gw_free(context);
}

static void *compiler_new(void *owner)
{
    struct service *service = owner;

    return gw_pg_new(service->database, "millrace-controlplane-publish");
}

static void compiler_free(void *at)
{
    gw_pg_free(at);
}

static const struct gw_pool_ops CALLERS = {caller_new, caller_free};
static const struct gw_pool_ops COMPILING = {compiler_new, compiler_free};

/* ---- Publishing ------------------------------------------------------------------------- */

static void on_connected(void *owner, const struct roster_row *row)
{
    (void)owner;
    gw_log(GW_LOG_INFO, "dataplane_connected", GW_LOG_STR("node", row->node),
           GW_LOG_STR("instance", row->instance), GW_LOG_STR("build", row->build),
           GW_LOG_UINT("version", row->running.number));
}

static void on_left(void *owner, const struct roster_row *row, enum gw_err err, const char *why)
{
    (void)owner;
    gw_log(GW_LOG_INFO, "dataplane_left", GW_LOG_STR("node", row->node),
           GW_LOG_STR("instance", row->instance), err == GW_OK ? GW_LOG_NOTHING : GW_LOG_ERR(err),
           err == GW_OK ? GW_LOG_NOTHING : GW_LOG_STR("reason", why));
}

static void on_refused(void *owner, const struct roster_row *row, const struct gw_version *version,
                       struct gw_text text)
{
    struct service *service = owner;

    gw_metric_count(service->metrics, FIGURE_UPDATES_REFUSED, 0);
    gw_log_limited(GW_LOG_ERROR, "update_refused", GW_LOG_STR("node", row->node),
                   GW_LOG_UINT("version", version->number),
                   GW_LOG_UINT("running", row->running.number), GW_LOG_TEXT("reason", text));
}

static void on_sent(void *owner, const struct compiled *compiled)
{
    struct service *service = owner;
    size_t kind = compiled_is_full(compiled) ? FIGURE_FULL : FIGURE_DIFFERENCE;

    gw_metric_count(service->metrics, FIGURE_UPDATES_SENT,
                    gw_metric_series(service->metrics, FIGURE_UPDATES_SENT, kind, 0));
    gw_metric_add(service->metrics, FIGURE_UPDATE_BYTES, 0, compiled_size(compiled));
}

static void on_failed(void *owner, enum gw_err err, const char *why)
{
    struct service *service = owner;

    gw_metric_count(service->metrics, FIGURE_PUBLISH_FAILURES, 0);
    gw_log_limited(GW_LOG_ERROR, "publish_failed", GW_LOG_ERR(err), GW_LOG_STR("reason", why));
}

static void on_nonsense(void *owner, const char *why)
{
    (void)owner;
    gw_log_limited(GW_LOG_WARN, "report_refused", GW_LOG_STR("reason", why));
}

static const struct publish_ops PUBLISH_OPS = {
    .connected = on_connected,
    .left = on_left,
    .refused = on_refused,
    .sent = on_sent,
    .not_compiled = on_failed,
    .nonsense = on_nonsense,
};

/* ---- Changes ---------------------------------------------------------------------------- */

/* On the pool. */
static enum gw_err prepare(void *owner, struct gw_pg *pg, struct gw_fault *fault)
{
    const struct service *service = owner;
    struct gw_pg_migrated migrated;

    if (!service->may_migrate) {
        return gw_pg_migrate_check(pg, &SCHEMA_MIGRATIONS, fault);
    }
    GW_TRY(schema_migrate(pg, &migrated, fault));
    if (migrated.applied > 0) {
        gw_log(GW_LOG_INFO, "migrated", GW_LOG_UINT("files", migrated.applied),
               GW_LOG_INT("newest", migrated.newest_applied));
    }
    return GW_OK;
}

static void on_database(void *owner, bool is_there, const char *why)
{
    struct service *service = owner;
    struct gw_ready *ready = gw_daemon_ready(service->daemon);

    bool changed = gw_ready_set(ready, "postgresql", is_there ? GW_READY_YES : GW_READY_NO, why);

    if (!is_there) {
        gw_log_limited(GW_LOG_WARN, "database_away", GW_LOG_STR("reason", why));
    } else if (changed) {
        gw_log(GW_LOG_INFO, "database_there");
    }
    gw_rpc_server_set_serving(service->server, is_there && !service->is_draining);
}

static void on_published(void *owner, const struct compiled *compiled, int64_t took_us)
{
    struct service *service = owner;
    struct gw_version version = compiled_version(compiled);

    gw_metric_count(service->metrics, FIGURE_PUBLISHED, 0);
    gw_metric_observe(service->metrics, FIGURE_PUBLISH_TIME, 0, took_us);
    gw_log(GW_LOG_INFO, "published", GW_LOG_UINT("version", version.number),
           GW_LOG_UINT("bytes", compiled_size(compiled)), GW_LOG_INT("took_us", took_us));
    warn_changed(service->warn);
}

static const struct changes_ops CHANGES_OPS = {on_database, on_published, on_failed};

/* ---- Calls ------------------------------------------------------------------------------ */

static void check_drained(struct service *service)
{
    if (service->is_draining && service->open_calls == 0) {
        gw_daemon_drained(service->daemon);
    }
}

static void on_answered(void *owner, const struct call_result *result)
{
    struct service *service = owner;
    size_t class = result->status / 100 - 1;
    enum gw_log_level level = result->status >= 500      ? GW_LOG_ERROR
                              : result->may_have_changed ? GW_LOG_INFO
                                                         : GW_LOG_DEBUG;

    gw_metric_count(service->metrics, FIGURE_CALLS,
                    gw_metric_series(service->metrics, FIGURE_CALLS, class < 5 ? class : 4, 0));
    gw_metric_observe(service->metrics, FIGURE_CALL_TIME, 0, result->took_us);
    gw_log(level, "call", GW_LOG_TEXT("method", result->method), GW_LOG_TEXT("path", result->path),
           GW_LOG_INT("status", result->status), GW_LOG_INT("took_us", result->took_us),
           GW_LOG_TEXT("request_id", result->request_id),
           result->err == GW_OK ? GW_LOG_NOTHING : GW_LOG_STR("reason", result->why));
    if (result->may_have_changed && service->changes != NULL) {
        changes_wake(service->changes);
    }
    service->open_calls--;
    check_drained(service);
}

static void on_call(void *owner, struct gw_rpc_question *question, struct gw_text request)
{
    struct service *service = owner;

    if (service->is_draining) {
        gw_rpc_answer(question, GW_E_UNAVAILABLE, GW_TEXT_NONE, "the control plane is stopping");
        return;
    }
    if (call_take(&service->desk, question, request)) {
        service->open_calls++;
    }
}

static enum gw_err on_watch(void *owner, struct gw_rpc_stream *stream,
                            const struct gw_rpc_stream_ops **ret_ops, void **ret_owner)
{
    struct service *service = owner;

    return publish_accept(service->publish, stream, ret_ops, ret_owner);
}

static const struct gw_rpc_method METHODS[] = {
    {.name = CALL_METHOD, .on_question = on_call},
    {.name = PUBLISH_METHOD, .on_stream = on_watch},
};

/* "" is how a setting says "none". */
static const char *none_if_empty(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

static enum gw_err open_server(struct service *service, const struct controlplane_conf *conf,
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
    gw_rpc_server_set_serving(service->server, false); /* until the database is there */
    gw_log(GW_LOG_INFO, "listening", GW_LOG_STR("address", conf->listen),
           GW_LOG_INT("port", gw_rpc_server_port(service->server)));
    return GW_OK;
}

/* ---- Stopping --------------------------------------------------------------------------- */

static void deliver_drain(struct gw_mail *mail)
{
    struct service *service = GW_CONTAINER(mail, struct service, drain_mail);

    service->is_draining = true;
    gw_rpc_server_set_serving(service->server, false);
    check_drained(service);
}

void service_drain(struct service *service)
{
    gw_loop_post(service->loop, &service->drain_mail);
}

static void server_closed(void *owner)
{
    struct service *service = owner;

    gw_loop_stop(service->loop);
}

static void deliver_stop(struct gw_mail *mail)
{
    struct service *service = GW_CONTAINER(mail, struct service, stop_mail);

    changes_free(service->changes);
    service->changes = NULL;
    gw_rpc_server_close(service->server, server_closed, service);
}

static void stop_loop(struct gw_mail *mail)
{
    struct service *service = GW_CONTAINER(mail, struct service, last_mail);

    gw_loop_stop(service->loop);
}

/*
 * The loop does not run any more. What the pools still do is mailed to it, finds nobody and
 * frees itself; for that the loop runs once more, as far as the last mail.
 */
static void free_all(struct service *service)
{
    warn_free(service->warn);
    publish_free(service->publish);
    gw_pool_free(service->callers);
    gw_pool_free(service->compilers);
    service->last_mail.deliver = stop_loop;
    gw_loop_post(service->loop, &service->last_mail);
    gw_loop_run(service->loop);
    gw_loop_free(service->loop);
    gw_courier_free(service->courier);
    roster_free(service->roster);
    gw_keyring_free(service->keyring);
    gw_metrics_free(service->metrics);
    gw_wipe(service->database, strlen(service->database));
    gw_free(service->database);
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

static void complain(const char *text)
{
    gw_log_limited(GW_LOG_WARN, "grpc", GW_LOG_STR("reason", text));
}

static struct service *make(struct gw_daemon *daemon, struct gw_keyring *own_keyring)
{
    const struct controlplane_conf *conf = gw_daemon_values(daemon);
    struct service *service = GW_NEW(struct service);

    service->daemon = daemon;
    service->keyring = own_keyring;
    service->database = gw_must_strdup(conf->database.text);
    service->may_migrate = conf->migrate;
    service->drain_mail.deliver = deliver_drain;
    service->stop_mail.deliver = deliver_stop;
    service->loop = gw_loop_new();
    service->courier = gw_courier_new();
    service->metrics = gw_metrics_new(FIGURE_TABLE, FIGURES);
    service->roster = roster_new();
    service->callers = gw_pool_new(conf->threads, &CALLERS, service);
    service->compilers = gw_pool_new(COMPILERS, &COMPILING, service);
    service->publish = publish_new(service->loop, service->compilers, service->roster, &PUBLISH_OPS,
                                   service);
    service->warn = warn_new(service->loop, service->compilers);
    service->desk = (struct call_desk){service->loop, service->callers, on_answered, service};
    return service;
}

enum gw_err service_start(struct gw_daemon *daemon, struct service **ret_service,
                          struct gw_fault *fault)
{
    const struct controlplane_conf *conf = gw_daemon_values(daemon);
    struct changes_conf changes_conf = {.prepare = prepare};
    struct gw_keyring *keyring;
    struct service *service;
    enum gw_err err;

    GW_TRY(gw_keyring_parse(gw_text_of(conf->keyring.text), &keyring, fault));
    gw_courier_on_complaint(complain);
    service = make(daemon, keyring);
    gw_ready_declare(gw_daemon_ready(daemon), "postgresql", GW_READY_REQUIRED);
    err = open_server(service, conf, fault);
    if (err != GW_OK) {
        free_all(service);
        return err;
    }
    changes_conf.database = service->database;
    service->changes = changes_new(service->loop, service->compilers, service->publish,
                                   &changes_conf, &CHANGES_OPS, service);
    GW_CHECK(pthread_create(&service->thread, NULL, run, service) == 0);
    *ret_service = service;
    return GW_OK;
}

/* ---- While running ---------------------------------------------------------------------- */

void service_metrics(struct service *service, enum gw_metrics_format format, struct gw_buf *out)
{
    struct gw_version version;

    (void)roster_read(service->roster, NULL, 0, &version);
    gw_metric_set(service->metrics, FIGURE_VERSION, 0, (int64_t)version.number);
    gw_metric_set(service->metrics, FIGURE_DATAPLANES, 0, (int64_t)roster_count(service->roster));
    gw_metrics_print(service->metrics, format, out);
}
