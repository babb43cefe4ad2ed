/* SPDX-License-Identifier: MIT */
#include "lib/rest/problem.h"

#include "lib/base/check.h"

static const struct {
    int status;
    const char *code;
    const char *title;
} STATUSES[] = {
    {400, "request.invalid", "Bad request"},
    {401, "auth.invalid", "Unauthorized"},
    {403, "auth.forbidden", "Forbidden"},
    {404, "resource.not_found", "Not found"},
    {405, "method.not_allowed", "Method not allowed"},
    {409, "resource.conflict", "Conflict"},
    {410, "resource.gone", "Gone"},
    {413, "request.too_large", "Content too large"},
    {415, "request.unsupported_media_type", "Unsupported media type"},
    {422, "request.unprocessable", "Unprocessable entity"},
    {429, "rate_limit.exceeded", "Too many requests"},
    {500, "internal.error", "Internal server error"},
    {503, "dependency.unavailable", "Service unavailable"},
};

const char *gw_rest_default_code(int status)
{
    for (size_t i = 0; i < GW_COUNT(STATUSES); i++) {
        if (STATUSES[i].status == status) {
            return STATUSES[i].code;
        }
    }
    return "internal.error";
}

const char *gw_rest_title(int status)
{
    for (size_t i = 0; i < GW_COUNT(STATUSES); i++) {
        if (STATUSES[i].status == status) {
            return STATUSES[i].title;
        }
    }
    return "Error";
}

/* ---- Writing ---------------------------------------------------------------------------- */

struct problem {
    int status;
    const char *code, *title, *detail; /* detail NULL: the title */
    const struct gw_rest_param *params;
    size_t param_count;
    const struct gw_json_problems *fields;
};

/* Codes are ours: letters, digits, '.', '_'. None of them needs escaping in a URN. */
static void put_head(const struct gw_rest_call *call, struct gw_json_out *out,
                     const struct problem *problem)
{
    const char *type = gw_arena_fmt(call->arena, GW_REST_PROBLEM_PREFIX "%s", problem->code);

    gw_json_put_str(out, "type", type);
    gw_json_put_str(out, "title", problem->title);
    gw_json_put_int(out, "status", problem->status);
    gw_json_put_str(out, "detail", problem->detail == NULL ? problem->title : problem->detail);
    gw_json_put_text(out, "instance", call->path);
    gw_json_put_str(out, "errorCode", problem->code);
}

static void refuse(struct gw_rest_call *call, const struct problem *problem)
{
    struct gw_json_out out;

    call->header_count = 0; /* what a handler had in mind for its success */
    gw_rest_reply_begin(call, &out);
    gw_json_open_object(&out);
    put_head(call, &out, problem);
    if (problem->param_count > 0) {
        gw_json_key(&out, "errorParams");
        gw_json_open_object(&out);
        for (size_t i = 0; i < problem->param_count; i++) {
            gw_json_put_text(&out, problem->params[i].name, problem->params[i].value);
        }
        gw_json_close_object(&out);
    }
    if (problem->fields != NULL) {
        gw_json_key(&out, "invalidParams");
        gw_json_problems_write(problem->fields, &out);
    }
    gw_json_put_text(&out, "requestId", call->request_id);
    gw_json_close_object(&out);
    GW_CHECK(gw_json_out_end(&out) == GW_OK); /* a few KiB */
    gw_rest_add_header(call, GW_TEXT("Content-Type"), GW_TEXT("application/problem+json"));
    if (problem->status == 405 && call->allowed != NULL) {
        gw_rest_add_header(call, GW_TEXT("Allow"), gw_text_of(call->allowed));
    }
    if (problem->status == 503) {
        gw_rest_add_header(call, GW_TEXT("Retry-After"), GW_TEXT("1"));
    }
    call->status = problem->status;
}

void gw_rest_refuse_with(struct gw_rest_call *call, int status, const char *code,
                         const char *detail, const struct gw_rest_param *params, size_t count)
{
    const struct problem problem = {
        .status = status,
        .code = code == NULL ? gw_rest_default_code(status) : code,
        .title = gw_rest_title(status),
        .detail = detail,
        .params = params,
        .param_count = count,
    };

    refuse(call, &problem);
}

void gw_rest_refuse(struct gw_rest_call *call, int status, const char *code, const char *detail)
{
    gw_rest_refuse_with(call, status, code, detail, NULL, 0);
}

void gw_rest_refuse_fields(struct gw_rest_call *call, const struct gw_json_problems *problems)
{
    const struct problem problem = {
        .status = 400,
        .code = "request.validation_failed",
        .title = "Validation failed",
        .fields = problems,
    };

    refuse(call, &problem);
}

void gw_rest_refuse_err(struct gw_rest_call *call, enum gw_err err)
{
    int status = gw_err_http(err);

    /* 504 says something about a gateway; here it is a service of ours that took too long. */
    gw_rest_refuse(call, status == 504 ? 503 : status, NULL, gw_err_text(err));
}
