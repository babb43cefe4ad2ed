/* SPDX-License-Identifier: MIT */
/*
 * Where a request goes:
 *
 *     /api/...   signing in, health, OpenAPI    answered here, on the loop
 *                reports                        on a thread with a database connection
 *                configuration                  to the control plane (relay.h)
 *                anything else                  404
 *     the rest   the console's files            from memory
 *
 * Before a report or a configuration resource the caller is checked: a credential, a valid one,
 * and with a cookie a CSRF token for whatever is no GET (spec 03 §2.4). Roles are the business
 * of the routes.
 */
#include "statsd/desk/desk.h"

#include "lib/base/check.h"
#include "lib/report/log.h"
#include "lib/rest/problem.h"
#include "lib/units/clock.h"
#include "statsd/desk/visit.h"
#include "statsd/reports/reports.h"

#define HEAD_TIMEOUT_US      (30 * GW_US_PER_SECOND)
#define BODY_IDLE_TIMEOUT_US (30 * GW_US_PER_SECOND)
#define VISITS_MAX           1024
#define SITE_ARENA_MAX       ((size_t)4 << 20)

struct desk {
    struct desk_parts parts;
    struct gw_http_server *server;
    struct site *site; /* NULL: none */
    struct gw_list visits;
    size_t visit_count;
    struct gw_rest_routes own[2];
    struct gw_task freeing; /* of visits that are over */
    struct gw_list over;
    void (*closed)(void *owner);
    void *closed_owner;
    struct gw_task closing;
};

/* ---- Life of a visit -------------------------------------------------------------------- */

static void run_freeing(struct gw_task *task)
{
    struct desk *desk = GW_CONTAINER(task, struct desk, freeing);
    struct gw_list *node;

    while ((node = gw_list_pop_front(&desk->over)) != NULL) {
        struct visit *visit = GW_CONTAINER(node, struct visit, link);

        visit_fini(visit);
        gw_free(visit);
        desk->visit_count--;
    }
    if (desk->closed != NULL && desk->visit_count == 0) {
        gw_loop_later(desk->parts.loop, &desk->closing);
    }
}

/* The visit has its answer. It dies on a later turn, because somebody of it is calling us. */
static void finish(struct visit *visit)
{
    struct desk *desk = visit->desk;

    visit_reply(visit);
    gw_list_unlink(&visit->link);
    gw_list_push_back(&desk->over, &visit->link);
    gw_loop_later(desk->parts.loop, &desk->freeing);
}

static void on_gone(void *owner)
{
    struct visit *visit = owner;

    visit->request = NULL; /* whoever makes the answer finishes the visit */
}

static const struct gw_http_reply_ops WAITING = {.on_gone = on_gone};

/* ---- The caller ------------------------------------------------------------------------- */

static bool is_safe(struct gw_text method)
{
    return gw_text_eq(method, GW_TEXT("GET")) || gw_text_eq(method, GW_TEXT("HEAD"));
}

/* False: refused. */
static bool check_caller(struct visit *visit)
{
    struct gw_rest_call *call = &visit->call;
    const struct login_call *who = &visit->login;

    switch (who->caller.is) {
    case CALLER_UNKNOWN:
        gw_rest_refuse(call, 401, "auth.missing", "a credential is needed");
        return false;
    case CALLER_WRONG:
        gw_rest_refuse(call, 401, "auth.invalid", "the credential is not valid");
        return false;
    case CALLER_KNOWN:
        break;
    }
    if (!is_safe(call->method) &&
        !caller_may_change(who->login->signer, &who->caller, who->headers, who->now_us)) {
        gw_rest_refuse(call, 403, "auth.csrf_invalid", "a CSRF token is needed, or a fresh one");
        return false;
    }
    return true;
}

/* ---- The API ---------------------------------------------------------------------------- */

static void answer_here(struct visit *visit)
{
    struct desk *desk = visit->desk;

    visit->call.context = &visit->login;
    visit->err = gw_rest_dispatch(desk->own, GW_COUNT(desk->own), NULL, &visit->call,
                                  &visit->fault);
    if (visit->call.status == 401 && visit->login.caller.is == CALLER_WRONG &&
        visit->call.principal.access == GW_REST_PUBLIC &&
        !gw_text_ends_with(visit->call.path, GW_TEXT("/login"))) {
        gw_rest_refuse(&visit->call, 401, "auth.invalid", "the credential is not valid");
    }
    finish(visit);
}

static void work_report(struct gw_job *job, void *context)
{
    struct visit *visit = GW_CONTAINER(job, struct visit, job);

    visit->call.context = context;
    visit->err = gw_rest_dispatch(&REPORT_ROUTES, 1, NULL, &visit->call, &visit->fault);
}

static void report_done(struct gw_job *job)
{
    finish(GW_CONTAINER(job, struct visit, job));
}

static void answer_report(struct visit *visit)
{
    struct desk *desk = visit->desk;

    gw_http_request_own(visit->request, &WAITING, visit);
    visit->job = (struct gw_job){
        .loop = desk->parts.loop, .work = work_report, .done = report_done};
    if (gw_pool_submit(desk->parts.readers, &visit->job) != GW_OK) {
        gw_rest_refuse(&visit->call, 503, NULL, "too many reports are waiting");
        finish(visit);
    }
}

static void relay_done(void *owner)
{
    finish(owner);
}

static void answer_relayed(struct visit *visit)
{
    gw_http_request_own(visit->request, &WAITING, visit);
    relay_call(visit->desk->parts.relay, &visit->call, relay_done, visit);
}

static void answer_api(struct visit *visit)
{
    struct desk *desk = visit->desk;
    struct gw_text path = visit->call.path;
    bool is_report = gw_rest_has_path(&REPORT_ROUTES, 1, path);

    if (gw_rest_has_path(desk->own, GW_COUNT(desk->own), path)) {
        answer_here(visit);
    } else if (!is_report && !relay_owns(path)) {
        gw_rest_refuse(&visit->call, 404, NULL, NULL);
        finish(visit);
    } else if (!check_caller(visit)) {
        finish(visit);
    } else if (is_report) {
        answer_report(visit);
    } else {
        answer_relayed(visit);
    }
}

static void visit_api(struct desk *desk, struct gw_http_request *request)
{
    struct visit *visit = GW_NEW(struct visit);

    visit_init(visit, request, desk->parts.login);
    visit->desk = desk;
    gw_list_push_back(&desk->visits, &visit->link);
    desk->visit_count++;
    if (desk->visit_count > VISITS_MAX) {
        gw_rest_refuse(&visit->call, 503, NULL, "too many requests are open");
        finish(visit);
    } else {
        answer_api(visit);
    }
}

/* ---- The console ------------------------------------------------------------------------ */

static void visit_site(struct desk *desk, struct gw_http_request *request, struct gw_text path)
{
    const struct site_ask ask = {
        .method = gw_http_request_method(request),
        .path = path,
        .headers = gw_http_request_headers(request),
        .is_secure = desk->parts.login->conf.secure_cookies,
    };
    struct site_reply reply;
    struct gw_arena arena;

    gw_arena_init(&arena, SITE_ARENA_MAX);
    site_answer(desk->site, &ask, &arena, &reply);
    gw_http_reply_whole(request, reply.status,
                        (struct gw_http_headers){reply.headers, reply.header_count}, reply.body);
    gw_arena_fini(&arena);
}

static void on_request(void *owner, struct gw_http_request *request)
{
    struct gw_text target = gw_http_request_target(request), path, query;
    struct desk *desk = owner;

    if (!gw_text_cut(target, '?', &path, &query)) {
        path = target;
    }
    if (gw_text_starts_with(path, GW_TEXT("/api/")) || gw_text_eq(path, GW_TEXT("/api"))) {
        visit_api(desk, request);
    } else {
        visit_site(desk, request, path);
    }
}

/* ---- Life ------------------------------------------------------------------------------- */

static void run_closing(struct gw_task *task)
{
    struct desk *desk = GW_CONTAINER(task, struct desk, closing);

    desk->closed(desk->closed_owner);
}

enum gw_err desk_open(const struct desk_conf *conf, const struct desk_parts *parts,
                      struct desk **ret_desk, struct gw_fault *fault)
{
    const struct gw_http_server_conf server_conf = {
        .body_max = VISIT_BODY_MAX,
        .head_timeout_us = HEAD_TIMEOUT_US,
        .body_idle_timeout_us = BODY_IDLE_TIMEOUT_US,
        .connections_max = conf->connections_max,
        .tls = conf->tls,
    };
    struct desk *desk = GW_NEW(struct desk);
    const struct gw_http_service service = {.on_request = on_request, .owner = desk};
    enum gw_err err;

    desk->parts = *parts;
    desk->own[0] = DESK_ROUTES;
    desk->own[1] = LOGIN_ROUTES;
    gw_list_init(&desk->visits);
    gw_list_init(&desk->over);
    gw_task_init(&desk->freeing, run_freeing);
    gw_task_init(&desk->closing, run_closing);
    err = gw_http_server_open(parts->loop, conf->listen, &server_conf, &service, &desk->server,
                              fault);
    if (err != GW_OK) {
        gw_free(desk);
        return err;
    }
    *ret_desk = desk;
    return GW_OK;
}

int desk_port(const struct desk *desk)
{
    return gw_http_server_port(desk->server);
}

void desk_set_site(struct desk *desk, struct site *own_site)
{
    site_free(desk->site);
    desk->site = own_site;
}

void desk_drain(struct desk *desk, void (*drained)(void *owner), void *owner)
{
    gw_http_server_drain(desk->server, drained, owner);
}

void desk_close(struct desk *desk, void (*closed)(void *owner), void *owner)
{
    GW_CHECK(desk->closed == NULL);
    desk->closed = closed;
    desk->closed_owner = owner;
    gw_http_server_close(desk->server);
    gw_loop_later(desk->parts.loop, &desk->freeing);
}

void desk_free(struct desk *desk)
{
    if (desk != NULL) {
        site_free(desk->site);
        gw_free(desk);
    }
}
