/* SPDX-License-Identifier: MIT */
/* What the desk says about itself. */
#include "lib/base/check.h"
#include "statsd/desk/desk.h"
#include "statsd/desk/openapi.h"

/* GET /api/v1/health */
static enum gw_err health(struct gw_rest_call *call, struct gw_fault *fault)
{
    struct gw_json_out out;

    (void)fault;
    gw_rest_reply_begin(call, &out);
    gw_json_open_object(&out);
    gw_json_put_str(&out, "status", "ok");
    gw_json_put_str(&out, "apiVersion", "1.0.0");
    gw_json_close_object(&out);
    return gw_rest_reply_end(call, &out, 200);
}

/* GET /api/v1/openapi.json */
static enum gw_err openapi(struct gw_rest_call *call, struct gw_fault *fault)
{
    (void)fault;
    gw_buf_clear(&call->reply);
    GW_TRY(gw_buf_append(&call->reply, openapi_document()));
    gw_rest_add_header(call, GW_TEXT("Content-Type"), GW_TEXT("application/json"));
    call->status = 200;
    return GW_OK;
}

static const struct gw_rest_route ROUTES[] = {
    {"GET", "/api/v1/health", GW_REST_PUBLIC, health},
    {"GET", "/api/v1/openapi.json", GW_REST_PUBLIC, openapi},
};

const struct gw_rest_routes DESK_ROUTES = {ROUTES, GW_COUNT(ROUTES)};
