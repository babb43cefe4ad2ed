/* SPDX-License-Identifier: MIT */
/*
 * The two messages are so small that they are read and written by hand here: a request is field 1,
 * the service's name; an answer is field 1, the status.
 */
#include "lib/rpc/health.h"

#include "lib/base/check.h"

enum status { SERVING = 1, NOT_SERVING = 2, SERVICE_UNKNOWN = 3 };

struct gw_rpc_health {
    struct gw_loop *loop;
    const struct gw_rpc_method *methods;
    size_t method_count;
    bool is_serving;
    struct gw_list watches;
};

struct watch {
    struct gw_list link;
    struct gw_rpc_health *health;
    struct gw_rpc_stream *stream;
    bool is_asked; /* the request has come */
    bool is_known;
    int told; /* the last status sent; 0: none yet */
};

/* ---- Messages --------------------------------------------------------------------------- */

/* The service a request names; false if it is no such request. */
static bool read_request(struct gw_text request, struct gw_text *ret_service)
{
    if (request.len == 0) {
        *ret_service = GW_TEXT("");
        return true;
    }
    if (request.len < 2 || request.at[0] != 0x0a || (unsigned char)request.at[1] >= 0x80 ||
        request.len != 2 + (size_t)request.at[1]) {
        return false;
    }
    *ret_service = gw_text_skip(request, 2);
    return true;
}

/* Is it the service of one of the methods "/service/method", or the server as a whole? */
static bool is_known(const struct gw_rpc_health *health, struct gw_text service)
{
    if (service.len == 0) {
        return true;
    }
    for (size_t i = 0; i < health->method_count; i++) {
        struct gw_text name = gw_text_skip(gw_text_of(health->methods[i].name), 1);

        if (gw_text_starts_with(name, service) && name.len > service.len &&
            name.at[service.len] == '/') {
            return true;
        }
    }
    return false;
}

static int status_now(const struct gw_rpc_health *health)
{
    return health->is_serving ? SERVING : NOT_SERVING;
}

/* ---- Check ------------------------------------------------------------------------------ */

static void on_check(void *owner, struct gw_rpc_question *question, struct gw_text request)
{
    const struct gw_rpc_health *health = owner;
    char answer[2] = {0x08, (char)status_now(health)};
    struct gw_text service;

    if (!read_request(request, &service)) {
        gw_rpc_answer(question, GW_E_INVALID, GW_TEXT_NONE, "not a health question");
        return;
    }
    if (!is_known(health, service)) {
        gw_rpc_answer(question, GW_E_ABSENT, GW_TEXT_NONE, "no such service");
        return;
    }
    gw_rpc_answer(question, GW_OK, (struct gw_text){answer, sizeof(answer)}, "");
}

/* ---- Watch ------------------------------------------------------------------------------ */

static void tell(struct watch *watch)
{
    int status = watch->is_known ? status_now(watch->health) : SERVICE_UNKNOWN;
    char answer[2] = {0x08, (char)status};

    if (!watch->is_asked || watch->told == status || !gw_rpc_stream_may_send(watch->stream)) {
        return;
    }
    watch->told = status;
    gw_rpc_stream_send(watch->stream, (struct gw_text){answer, sizeof(answer)});
}

static void on_watch_message(void *owner, struct gw_text message)
{
    struct watch *watch = owner;
    struct gw_text service;

    if (watch->is_asked || !read_request(message, &service)) {
        gw_rpc_stream_end(watch->stream, GW_E_INVALID, "not a health question");
        return;
    }
    watch->is_asked = true;
    watch->is_known = is_known(watch->health, service);
    tell(watch);
}

static void on_watch_sent(void *owner)
{
    tell(owner); /* it may have changed meanwhile */
}

static void on_watch_done(void *owner, enum gw_err err, const char *why)
{
    struct watch *watch = owner;

    (void)err;
    (void)why;
    gw_list_unlink(&watch->link);
    gw_free(watch);
}

static enum gw_err on_watch(void *owner, struct gw_rpc_stream *stream,
                            const struct gw_rpc_stream_ops **ret_ops, void **ret_owner)
{
    static const struct gw_rpc_stream_ops OPS = {
        .on_message = on_watch_message, .on_sent = on_watch_sent, .on_done = on_watch_done};
    struct gw_rpc_health *health = owner;
    struct watch *watch = GW_NEW(struct watch);

    watch->health = health;
    watch->stream = stream;
    gw_list_init(&watch->link);
    gw_list_push_back(&health->watches, &watch->link);
    *ret_ops = &OPS;
    *ret_owner = watch;
    return GW_OK;
}

const struct gw_rpc_method GW_RPC_HEALTH_METHODS[2] = {
    {.name = "/grpc.health.v1.Health/Check", .on_question = on_check},
    {.name = "/grpc.health.v1.Health/Watch", .on_stream = on_watch},
};

/* ---- Life ------------------------------------------------------------------------------- */

struct gw_rpc_health *gw_rpc_health_new(struct gw_loop *loop, const struct gw_rpc_method *methods,
                                        size_t method_count)
{
    struct gw_rpc_health *health = GW_NEW(struct gw_rpc_health);

    health->loop = loop;
    health->methods = methods;
    health->method_count = method_count;
    gw_list_init(&health->watches);
    return health;
}

void gw_rpc_health_free(struct gw_rpc_health *health)
{
    GW_CHECK(health == NULL || gw_list_is_empty(&health->watches));
    gw_free(health);
}

void gw_rpc_health_set(struct gw_rpc_health *health, bool is_serving)
{
    health->is_serving = is_serving;
    GW_LIST_EACH (&health->watches, node) {
        tell(GW_CONTAINER(node, struct watch, link));
    }
}
