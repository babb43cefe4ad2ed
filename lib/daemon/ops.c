/* SPDX-License-Identifier: MIT */
#include "lib/daemon/ops.h"

#include "lib/base/check.h"
#include "lib/net/http_server.h"
#include "lib/units/clock.h"

#define BODY_MAX        1024 /* nobody sends one */
#define CONNECTIONS_MAX 64
#define TIMEOUT_US      (10 * GW_US_PER_SECOND)
#define PAGE_MAX        ((size_t)4 * 1024 * 1024)

struct gw_ops {
    struct gw_http_server *server;
    struct gw_ops_source source;
};

/* ---- Answers ---------------------------------------------------------------------------- */

static void reply(struct gw_http_request *request, int status, const char *content_type,
                  struct gw_text body)
{
    const struct gw_http_header headers[] = {
        {GW_TEXT("Content-Type"), gw_text_of(content_type)},
        {GW_TEXT("Cache-Control"), GW_TEXT("no-store")},
    };

    gw_http_reply_whole(request, status, (struct gw_http_headers){headers, GW_COUNT(headers)},
                        body);
}

static void reply_json(struct gw_http_request *request, int status, struct gw_text body)
{
    reply(request, status, "application/json", body);
}

static void answer_health(struct gw_ops *ops, struct gw_http_request *request)
{
    (void)ops;
    reply_json(request, 200, GW_TEXT("{\"status\":\"ok\"}"));
}

static void answer_ready(struct gw_ops *ops, struct gw_http_request *request)
{
    struct gw_buf body;
    bool is_ready;

    gw_buf_init(&body, PAGE_MAX);
    is_ready = gw_ready_print(ops->source.ready, &body);
    reply_json(request, is_ready ? 200 : 503, gw_buf_text(&body));
    gw_buf_fini(&body);
}

static enum gw_metrics_format format_for(const struct gw_http_request *request)
{
    struct gw_text accept = gw_http_find(gw_http_request_headers(request), GW_TEXT("accept"));

    return gw_text_find_text(accept, GW_TEXT("application/openmetrics-text")) < accept.len
               ? GW_METRICS_OPENMETRICS
               : GW_METRICS_PROMETHEUS;
}

static void answer_metrics(struct gw_ops *ops, struct gw_http_request *request)
{
    enum gw_metrics_format format = format_for(request);
    struct gw_buf page;

    gw_buf_init(&page, PAGE_MAX);
    ops->source.print_metrics(ops->source.owner, format, &page);
    gw_metrics_print_end(format, &page);
    if (page.err == GW_OK) {
        reply(request, 200, gw_metrics_content_type(format), gw_buf_text(&page));
    } else {
        reply_json(request, 500, GW_TEXT("{\"error\":\"the page is too large\"}"));
    }
    gw_buf_fini(&page);
}

/* ---- Requests --------------------------------------------------------------------------- */

struct route {
    const char *path;
    void (*answer)(struct gw_ops *ops, struct gw_http_request *request);
};

static const struct route ROUTES[] = {
    {"/healthz", answer_health}, {"/health", answer_health},   {"/livez", answer_health},
    {"/readyz", answer_ready},   {"/metrics", answer_metrics},
};

static void on_request(void *owner, struct gw_http_request *request)
{
    struct gw_text path = gw_http_request_target(request);
    struct gw_text method = gw_http_request_method(request);
    size_t i;

    path.len = gw_text_find(path, '?');
    if (!gw_text_eq(method, GW_TEXT("GET")) && !gw_text_eq(method, GW_TEXT("HEAD"))) {
        reply_json(request, 405, GW_TEXT("{\"error\":\"only GET and HEAD are answered here\"}"));
        return;
    }
    for (i = 0; i < GW_COUNT(ROUTES); i++) {
        if (gw_text_eq(path, gw_text_of(ROUTES[i].path))) {
            ROUTES[i].answer(owner, request);
            return;
        }
    }
    reply_json(request, 404, GW_TEXT("{\"error\":\"there is only /healthz, /readyz, /metrics\"}"));
}

/* ---- Life ------------------------------------------------------------------------------- */

enum gw_err gw_ops_open(struct gw_loop *loop, const char *address,
                        const struct gw_ops_source *source, struct gw_ops **ret_ops,
                        struct gw_fault *fault)
{
    struct gw_http_server_conf conf = {
        .body_max = BODY_MAX,
        .head_timeout_us = TIMEOUT_US,
        .body_idle_timeout_us = TIMEOUT_US,
        .connections_max = CONNECTIONS_MAX,
    };
    struct gw_ops *ops = GW_NEW(struct gw_ops);
    struct gw_http_service service = {on_request, ops};
    enum gw_err err;

    ops->source = *source;
    err = gw_http_server_open(loop, address, &conf, &service, &ops->server, fault);
    if (err != GW_OK) {
        gw_free(ops);
        return err;
    }
    *ret_ops = ops;
    return GW_OK;
}

/* Every request is answered inside on_request(), so nothing asks for `ops` after this. */
void gw_ops_close(struct gw_ops *ops)
{
    if (ops != NULL) {
        gw_http_server_close(ops->server);
        gw_free(ops);
    }
}
