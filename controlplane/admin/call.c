/* SPDX-License-Identifier: MIT */
/*
 * What cannot be understood or taken in is refused as a failed gRPC call, which statsd turns into
 * a problem document of its own; what a handler or the router says is a reply, whatever its
 * status.
 */
#include "controlplane/admin/call.h"

#include "controlplane/admin/api.h"
#include "lib/base/check.h"
#include "lib/codec/digest.h"
#include "lib/wire/admin.h"

#define ARENA_MAX ((size_t)128 * 1024 * 1024) /* the largest lists; most calls use some KiB */
#define REPLY_MAX (GW_REST_REPLY_MAX + 64 * 1024)

struct call {
    struct gw_job job;
    struct call_desk *desk;
    struct gw_rpc_question *question;
    struct gw_arena arena;
    struct gw_rest_call rest;
    struct gw_buf reply; /* packed */
    int64_t began_us;
    enum gw_err err;
    struct gw_fault fault;
};

static void call_free(struct call *call)
{
    /* A reply may hold a key in clear: it is shown once, and not left lying about. */
    if (call->reply.at != NULL) {
        gw_wipe(call->reply.at, call->reply.len);
    }
    if (call->rest.reply.at != NULL) {
        gw_wipe(call->rest.reply.at, call->rest.reply.len);
    }
    gw_buf_fini(&call->reply);
    gw_rest_call_fini(&call->rest);
    gw_arena_fini(&call->arena);
    gw_free(call);
}

/* ---- From and to the wire --------------------------------------------------------------- */

static enum gw_rest_access access_of(enum gw_admin_role role)
{
    switch (role) {
    case GW_ADMIN_PUBLIC:
        return GW_REST_PUBLIC;
    case GW_ADMIN_READ:
        return GW_REST_READ;
    case GW_ADMIN_ADMIN:
        return GW_REST_ADMIN;
    }
    return GW_REST_PUBLIC;
}

static enum gw_err read_request(struct call *call, struct gw_text bytes)
{
    struct gw_admin_request request;
    struct gw_rest_call *rest = &call->rest;

    GW_TRY(gw_admin_request_unpack(bytes, &call->arena, &request, &call->fault));
    rest->method = request.method;
    rest->path = request.path;
    rest->query = request.query;
    rest->body = request.body;
    rest->content_type = request.content_type;
    rest->if_match = request.if_match;
    rest->idempotency_key = request.idempotency_key;
    rest->request_id = request.request_id;
    rest->shows_internal = request.shows_internal && request.role == GW_ADMIN_ADMIN;
    rest->principal = (struct gw_rest_principal){
        .access = access_of(request.role),
        .user_id = request.user_id,
        .key_id = request.key_id,
        .name = request.name,
        .client_ip = request.client_ip,
        .user_agent = request.user_agent,
    };
    return GW_OK;
}

static enum gw_err pack_reply(struct call *call)
{
    struct gw_admin_reply reply = {
        .status = (uint32_t)call->rest.status,
        .header_count = call->rest.header_count,
        .body = gw_buf_text(&call->rest.reply),
    };

    _Static_assert(GW_REST_HEADERS_MAX <= GW_ADMIN_HEADERS_MAX, "every header fits");
    for (size_t i = 0; i < reply.header_count; i++) {
        reply.headers[i] = (struct gw_admin_header){call->rest.headers[i].name,
                                                    call->rest.headers[i].value};
    }
    return gw_admin_reply_pack(&reply, &call->reply);
}

/* ---- On the pool ------------------------------------------------------------------------ */

static void work(struct gw_job *job, void *context)
{
    struct call *call = GW_CONTAINER(job, struct call, job);

    call->err = api_answer(&call->rest, context, &call->fault);
}

/* ---- Back on the loop ------------------------------------------------------------------- */

static void report(const struct call *call)
{
    const struct call_result result = {
        .method = call->rest.method,
        .path = call->rest.path,
        .request_id = call->rest.request_id,
        .status = call->rest.status,
        .took_us = gw_loop_now_us(call->desk->loop) - call->began_us,
        .may_have_changed = api_may_have_changed(&call->rest),
        .err = call->err,
        .why = call->fault.text,
    };

    call->desk->answered(call->desk->owner, &result);
}

static void done(struct gw_job *job)
{
    struct call *call = GW_CONTAINER(job, struct call, job);
    enum gw_err err = pack_reply(call);

    if (err == GW_OK) {
        gw_rpc_answer(call->question, GW_OK, gw_buf_text(&call->reply), NULL);
    } else {
        gw_rpc_answer(call->question, err, GW_TEXT_NONE, "the reply is too large");
    }
    report(call);
    call_free(call);
}

bool call_take(struct call_desk *desk, struct gw_rpc_question *question, struct gw_text request)
{
    struct call *call = GW_NEW(struct call);
    enum gw_err err;

    call->desk = desk;
    call->question = question;
    call->began_us = gw_loop_now_us(desk->loop);
    call->job.loop = desk->loop;
    call->job.work = work;
    call->job.done = done;
    gw_arena_init(&call->arena, ARENA_MAX);
    gw_rest_call_init(&call->rest, &call->arena);
    gw_buf_init(&call->reply, REPLY_MAX);
    err = read_request(call, request);
    if (err == GW_OK) {
        err = gw_pool_submit(desk->pool, &call->job);
        gw_fail(&call->fault, err, "too many calls are waiting");
    }
    if (err == GW_OK) {
        return true;
    }
    gw_rpc_answer(question, err, GW_TEXT_NONE, call->fault.text);
    call_free(call);
    return false;
}
