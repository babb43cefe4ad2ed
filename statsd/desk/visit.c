/* SPDX-License-Identifier: MIT */
#include "statsd/desk/visit.h"

#include "lib/base/check.h"
#include "lib/codec/random.h"
#include "lib/report/log.h"
#include "lib/units/clock.h"
#include "statsd/sink/figures.h"

#define ARENA_MAX   (VISIT_BODY_MAX + ((size_t)1 << 20))
#define HEADERS_MAX (GW_REST_HEADERS_MAX + 12)

static const struct gw_http_header API_HEADERS[] = {
    {GW_TEXT("X-API-Version"), GW_TEXT("1.0.0")},
    {GW_TEXT("Cache-Control"), GW_TEXT("no-store")},
    {GW_TEXT("X-Content-Type-Options"), GW_TEXT("nosniff")},
    {GW_TEXT("X-Frame-Options"), GW_TEXT("DENY")},
    {GW_TEXT("Referrer-Policy"), GW_TEXT("strict-origin-when-cross-origin")},
    {GW_TEXT("X-DNS-Prefetch-Control"), GW_TEXT("off")},
    {GW_TEXT("Content-Security-Policy-Report-Only"),
     GW_TEXT("default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' "
             "'unsafe-inline'; frame-ancestors 'none'")},
};

/* ---- In --------------------------------------------------------------------------------- */

static struct gw_text copy_header(struct visit *visit, struct gw_http_headers headers,
                                  const char *name)
{
    return gw_arena_text(&visit->arena, gw_http_find(headers, gw_text_of(name)));
}

static void copy_target(struct visit *visit)
{
    struct gw_rest_call *call = &visit->call;
    struct gw_text target = gw_arena_text(&visit->arena, gw_http_request_target(visit->request));

    if (!gw_text_cut(target, '?', &call->path, &call->query)) {
        call->path = target;
    }
}

static void copy_call(struct visit *visit, struct gw_http_headers headers)
{
    struct gw_rest_call *call = &visit->call;
    char *id = gw_arena_alloc(&visit->arena, GW_UUID_TEXT_SIZE);

    gw_random_uuid7(visit->login.now_us, id);
    call->request_id = gw_text_of(id);
    call->method = gw_arena_text(&visit->arena, gw_http_request_method(visit->request));
    copy_target(visit);
    call->body = gw_arena_text(&visit->arena, gw_http_request_body(visit->request));
    call->content_type = copy_header(visit, headers, "content-type");
    call->if_match = copy_header(visit, headers, "if-match");
    call->idempotency_key = copy_header(visit, headers, "idempotency-key");
    call->shows_internal = gw_text_eq(gw_http_find(headers, GW_TEXT("x-millrace-dashboard-compat")),
                                      GW_TEXT("1"));
}

void visit_init(struct visit *visit, struct gw_http_request *request, struct login *login)
{
    struct gw_http_headers headers = gw_http_request_headers(request);
    struct login_call *who = &visit->login;

    gw_list_init(&visit->link);
    visit->request = request;
    visit->began_us = gw_clock_monotonic_us();
    gw_arena_init(&visit->arena, ARENA_MAX);
    gw_rest_call_init(&visit->call, &visit->arena);
    *who = (struct login_call){.login = login,
                               .headers = headers,
                               .host = gw_http_request_authority(request),
                               .now_us = gw_clock_wall_us()};
    copy_call(visit, headers);
    caller_identify(login->signer, headers, who->now_us, &visit->arena, &who->caller);
    visit->call.principal = who->caller.principal;
    visit->call.principal.client_ip = caller_address(headers, gw_http_request_peer(request),
                                                     login->conf.believe, &visit->arena);
    visit->call.principal.user_agent = copy_header(visit, headers, "user-agent");
}

void visit_fini(struct visit *visit)
{
    gw_rest_call_fini(&visit->call);
    gw_arena_fini(&visit->arena);
}

/* ---- Out -------------------------------------------------------------------------------- */

static void log_reply(const struct visit *visit, int64_t took_us)
{
    const struct gw_rest_call *call = &visit->call;
    bool is_read = gw_text_eq(call->method, GW_TEXT("GET")) ||
                   gw_text_eq(call->method, GW_TEXT("HEAD"));
    enum gw_log_level level = visit->err != GW_OK || call->status >= 500 ? GW_LOG_WARN
                              : is_read                                  ? GW_LOG_DEBUG
                                                                         : GW_LOG_INFO;

    gw_log(level, "request", GW_LOG_TEXT("request", call->request_id),
           GW_LOG_TEXT("method", call->method), GW_LOG_TEXT("path", call->path),
           GW_LOG_INT("status", call->status), GW_LOG_INT("took_us", took_us),
           GW_LOG_TEXT("client_ip", call->principal.client_ip),
           visit->err == GW_OK ? GW_LOG_NOTHING : GW_LOG_ERR(visit->err),
           visit->err == GW_OK ? GW_LOG_NOTHING : GW_LOG_FAULT(&visit->fault));
}

static void count_reply(const struct visit *visit, int64_t took_us)
{
    struct gw_metrics *metrics = visit->login.login->metrics;
    int status = visit->call.status;
    enum figure_call group = status < 300   ? CALL_2XX
                             : status < 400 ? CALL_3XX
                             : status < 500 ? CALL_4XX
                                            : CALL_5XX;

    gw_metric_count(metrics, FIGURE_CALLS, gw_metric_series(metrics, FIGURE_CALLS, group, 0));
    gw_metric_observe(metrics, FIGURE_CALL_TIME, 0, took_us);
}

static size_t gather_headers(const struct visit *visit, struct gw_http_header *headers)
{
    const struct gw_rest_call *call = &visit->call;
    size_t count = 0;

    for (size_t i = 0; i < call->header_count; i++) {
        headers[count++] = (struct gw_http_header){call->headers[i].name, call->headers[i].value};
    }
    for (size_t i = 0; i < GW_COUNT(API_HEADERS); i++) {
        headers[count++] = API_HEADERS[i];
    }
    headers[count++] = (struct gw_http_header){GW_TEXT("X-Request-Id"), call->request_id};
    if (visit->login.login->conf.secure_cookies) {
        headers[count++] = (struct gw_http_header){GW_TEXT("Strict-Transport-Security"),
                                                   GW_TEXT("max-age=31536000; includeSubDomains")};
    }
    return count;
}

void visit_reply(struct visit *visit)
{
    struct gw_http_header headers[HEADERS_MAX];
    int64_t took_us = gw_clock_monotonic_us() - visit->began_us;
    struct gw_http_request *request = visit->request;
    size_t count;

    log_reply(visit, took_us);
    count_reply(visit, took_us);
    if (request == NULL) {
        return; /* the client did not wait */
    }
    count = gather_headers(visit, headers);
    visit->request = NULL;
    gw_http_reply_whole(request, visit->call.status, (struct gw_http_headers){headers, count},
                        gw_buf_text(&visit->call.reply));
}
