/* SPDX-License-Identifier: MIT */
/*
 * The caller was checked here, so the principal goes along and the control plane decides by it
 * alone. Its reply goes to the client as it is; without one the answer is 503, as a problem
 * document of ours. A mutation that timed out may have happened: the client is told to look.
 */
#include "statsd/desk/relay.h"

#include "lib/base/check.h"
#include "lib/report/log.h"
#include "lib/rest/problem.h"
#include "lib/units/clock.h"
#include "lib/wire/admin.h"
#include "lib/wire/health.h"

#define METHOD           "/millrace.admin.v1.Admin/Call"
#define TIMEOUT_US       (10 * GW_US_PER_SECOND)
#define HEALTH_EVERY_US  (2 * GW_US_PER_SECOND)
#define HEALTH_WAIT_US   (2 * GW_US_PER_SECOND)
#define REQUEST_MAX      ((size_t)4 << 20)
#define REPLY_MEMORY_MAX ((size_t)64 << 20)

const char *const RELAY_PREFIXES[] = {
    "/api/v1/users", "/api/v1/keys", "/api/v1/providers", "/api/v1/system", NULL,
};

struct relay {
    struct gw_loop *loop;
    struct gw_rpc_client *client;
    const struct relay_ops *ops;
    void *owner;
    struct gw_timer health;
    bool is_there, is_told, is_stopped;
};

struct passing {
    struct gw_rest_call *call;
    void (*done)(void *owner);
    void *owner;
    struct gw_loop *loop;
    struct gw_task later; /* for what is answered without asking */
};

bool relay_owns(struct gw_text path)
{
    for (size_t i = 0; RELAY_PREFIXES[i] != NULL; i++) {
        struct gw_text prefix = gw_text_of(RELAY_PREFIXES[i]);

        if (gw_text_starts_with(path, prefix) &&
            (path.len == prefix.len || path.at[prefix.len] == '/' || path.at[prefix.len] == ':')) {
            return true;
        }
    }
    return false;
}

/* ---- Passing on ------------------------------------------------------------------------- */

static enum gw_admin_role role_of(enum gw_rest_access access)
{
    switch (access) {
    case GW_REST_PUBLIC:
        return GW_ADMIN_PUBLIC;
    case GW_REST_READ:
        return GW_ADMIN_READ;
    case GW_REST_ADMIN:
        return GW_ADMIN_ADMIN;
    }
    return GW_ADMIN_PUBLIC;
}

static enum gw_err pack(const struct gw_rest_call *call, struct gw_buf *buf)
{
    const struct gw_admin_request request = {
        .method = call->method,
        .path = call->path,
        .query = call->query,
        .body = call->body,
        .content_type = call->content_type,
        .if_match = call->if_match,
        .idempotency_key = call->idempotency_key,
        .request_id = call->request_id,
        .shows_internal = call->shows_internal,
        .role = role_of(call->principal.access),
        .user_id = call->principal.user_id,
        .key_id = call->principal.key_id,
        .name = call->principal.name,
        .client_ip = call->principal.client_ip,
        .user_agent = call->principal.user_agent,
    };

    return gw_admin_request_pack(&request, buf);
}

static void refuse(struct gw_rest_call *call, enum gw_err err, const char *why)
{
    gw_log_limited(GW_LOG_WARN, "relay_failed", GW_LOG_TEXT("request", call->request_id),
                   GW_LOG_ERR(err), GW_LOG_STR("reason", why));
    if (gw_err_may_retry(err) || err == GW_E_UNAUTHENTICATED) {
        gw_rest_refuse(call, 503, NULL, "the control plane cannot be reached");
    } else if (err == GW_E_INVALID || err == GW_E_TOO_LARGE) {
        gw_rest_refuse_err(call, err);
    } else {
        gw_rest_refuse(call, 500, NULL, NULL);
    }
}

static enum gw_err take_reply(struct gw_rest_call *call, struct gw_text bytes,
                              struct gw_fault *fault)
{
    struct gw_admin_reply reply;
    struct gw_arena arena;
    enum gw_err err;

    gw_arena_init(&arena, REPLY_MEMORY_MAX);
    err = gw_admin_reply_unpack(bytes, &arena, &reply, fault);
    if (err == GW_OK) {
        gw_buf_clear(&call->reply);
        err = gw_buf_append(&call->reply, reply.body);
    }
    for (size_t i = 0; err == GW_OK && i < reply.header_count; i++) {
        gw_rest_add_header(call, gw_arena_text(call->arena, reply.headers[i].name),
                           gw_arena_text(call->arena, reply.headers[i].value));
    }
    if (err == GW_OK) {
        call->status = (int)reply.status;
    }
    gw_arena_fini(&arena);
    return err;
}

static void on_reply(void *owner, enum gw_err err, struct gw_text reply, const char *why)
{
    struct passing *passing = owner;
    struct gw_fault fault;

    if (err != GW_OK) {
        refuse(passing->call, err, why);
    } else if (take_reply(passing->call, reply, &fault) != GW_OK) {
        refuse(passing->call, GW_E_INTERNAL, fault.text);
    }
    passing->done(passing->owner);
    gw_free(passing);
}

static void run_later(struct gw_task *task)
{
    struct passing *passing = GW_CONTAINER(task, struct passing, later);

    passing->done(passing->owner);
    gw_free(passing);
}

void relay_call(struct relay *relay, struct gw_rest_call *call, void (*done)(void *owner),
                void *owner)
{
    struct passing *passing = GW_NEW(struct passing);
    struct gw_buf buf;
    enum gw_err err = GW_E_UNAVAILABLE;

    *passing = (struct passing){.call = call, .done = done, .owner = owner, .loop = relay->loop};
    gw_task_init(&passing->later, run_later);
    gw_buf_init(&buf, REQUEST_MAX);
    if (relay->client != NULL && !relay->is_stopped) {
        err = pack(call, &buf);
    }
    if (err == GW_OK) {
        gw_rpc_call(relay->client, METHOD, gw_buf_text(&buf), TIMEOUT_US, on_reply, passing);
    } else {
        refuse(call, err, "the request was not sent");
        gw_loop_later(relay->loop, &passing->later);
    }
    gw_buf_fini(&buf);
}

/* ---- Health ----------------------------------------------------------------------------- */

static void tell(struct relay *relay, bool is_there, const char *why)
{
    if (relay->is_told && relay->is_there == is_there) {
        return;
    }
    relay->is_told = true;
    relay->is_there = is_there;
    gw_log(is_there ? GW_LOG_INFO : GW_LOG_WARN,
           is_there ? "controlplane_is_there" : "controlplane_is_away",
           is_there ? GW_LOG_NOTHING : GW_LOG_STR("reason", why));
    relay->ops->on_controlplane(relay->owner, is_there, why);
}

static void on_health(void *owner, enum gw_err err, struct gw_text reply, const char *why)
{
    struct relay *relay = owner;
    enum gw_health_status status = GW_HEALTH_UNKNOWN;
    struct gw_fault fault = {""};

    if (relay->is_stopped) {
        return;
    }
    if (err == GW_OK && gw_health_answer_unpack(reply, &status, &fault) == GW_OK &&
        status == GW_HEALTH_SERVING) {
        tell(relay, true, "");
    } else {
        tell(relay, false, err == GW_OK ? "it is not ready" : why);
    }
    gw_timer_start(relay->loop, &relay->health, HEALTH_EVERY_US);
}

static void fire_health(struct gw_timer *timer)
{
    struct relay *relay = GW_CONTAINER(timer, struct relay, health);
    struct gw_buf buf;

    gw_buf_init(&buf, 64);
    GW_CHECK(gw_health_question_pack(GW_TEXT(""), &buf) == GW_OK);
    gw_rpc_call(relay->client, GW_HEALTH_CHECK, gw_buf_text(&buf), HEALTH_WAIT_US, on_health,
                relay);
    gw_buf_fini(&buf);
}

/* ---- Life ------------------------------------------------------------------------------- */

struct relay *relay_new(struct gw_loop *loop, struct gw_rpc_client *client,
                        const struct relay_ops *ops, void *owner)
{
    struct relay *relay = GW_NEW(struct relay);

    *relay = (struct relay){.loop = loop, .client = client, .ops = ops, .owner = owner};
    gw_timer_init(&relay->health, fire_health);
    if (client == NULL) {
        tell(relay, false, "controlplane.target is not set");
    } else {
        gw_timer_start(loop, &relay->health, 0);
    }
    return relay;
}

void relay_stop(struct relay *relay)
{
    relay->is_stopped = true;
    gw_timer_stop(relay->loop, &relay->health);
}

void relay_free(struct relay *relay)
{
    gw_free(relay);
}
