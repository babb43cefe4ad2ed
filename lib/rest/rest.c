/* SPDX-License-Identifier: MIT */
#include "lib/rest/rest.h"

#include <inttypes.h>

#include "lib/base/check.h"

void gw_rest_call_init(struct gw_rest_call *call, struct gw_arena *arena)
{
    memset(call, 0, sizeof(*call));
    call->arena = arena;
    gw_buf_init(&call->reply, GW_REST_REPLY_MAX);
}

void gw_rest_call_fini(struct gw_rest_call *call)
{
    gw_buf_fini(&call->reply);
}

void gw_rest_add_header(struct gw_rest_call *call, struct gw_text name, struct gw_text value)
{
    GW_CHECK(call->header_count < GW_REST_HEADERS_MAX);
    call->headers[call->header_count++] = (struct gw_rest_header){name, value};
}

void gw_rest_reply_begin(struct gw_rest_call *call, struct gw_json_out *ret_out)
{
    gw_buf_clear(&call->reply);
    gw_json_out_init(ret_out, &call->reply);
}

enum gw_err gw_rest_reply_end(struct gw_rest_call *call, struct gw_json_out *out, int status)
{
    GW_TRY(gw_json_out_end(out));
    gw_rest_add_header(call, GW_TEXT("Content-Type"), GW_TEXT("application/json"));
    call->status = status;
    return GW_OK;
}

void gw_rest_reply_empty(struct gw_rest_call *call, int status)
{
    gw_buf_clear(&call->reply);
    call->status = status;
}

void gw_rest_add_location(struct gw_rest_call *call, const char *path, int64_t id)
{
    const char *location = gw_arena_fmt(call->arena, "%s/%" PRId64, path, id);

    gw_rest_add_header(call, GW_TEXT("Location"), gw_text_of(location));
}
