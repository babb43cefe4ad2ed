/* SPDX-License-Identifier: MIT */
/*
 * gRPC hands over calls only where it was asked for one, so ARRIVALS requests for a call are
 * always out. What arrives is looked up by its method, its token is compared, and it becomes a
 * question (question.c) or a stream (stream.c), or is refused.
 *
 * Closing, in the order that gRPC insists on: shutdown is announced, open calls are cancelled,
 * arrivals come back empty, calls end, the shutdown's own letter comes; only then is the server
 * destroyed.
 */
#include "lib/rpc/rpc_server.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/check.h"
#include "lib/rpc/channel.h"
#include "lib/rpc/health.h"
#include "lib/rpc/question.h"
#include "lib/rpc/secure.h"
#include "lib/rpc/stream.h"

#define ARRIVALS  32
#define CALLS_MAX 4096 /* open at a time, in all */

struct arrival {
    struct gw_rpc_batch batch;
    struct gw_rpc_server *server;
    grpc_call *call;
    grpc_call_details details;
    grpc_metadata_array metadata;
};

struct gw_rpc_server {
    struct gw_courier *courier;
    struct gw_loop *loop;
    grpc_server *grpc;
    const struct gw_rpc_method *methods;
    size_t method_count;
    void *owner;
    char *token;
    int port;
    struct gw_rpc_health *health;
    struct gw_rpc_keeper streams;
    size_t stream_count;
    struct gw_rpc_asker questions;
    struct arrival arrivals[ARRIVALS];
    size_t arrivals_out;
    bool is_closing, is_shut;
    struct gw_rpc_batch shutdown;
    void (*closed)(void *owner);
    void *closed_owner;
    struct gw_task gone;
};

/* ---- Closing ---------------------------------------------------------------------------- */

static void close_if_idle(struct gw_rpc_server *server)
{
    if (server->is_shut && server->arrivals_out == 0 && server->questions.open == 0 &&
        gw_list_is_empty(&server->streams.streams)) {
        gw_loop_later(server->loop, &server->gone);
    }
}

static void on_stream_gone(struct gw_rpc_keeper *keeper)
{
    struct gw_rpc_server *server = GW_CONTAINER(keeper, struct gw_rpc_server, streams);

    server->stream_count--;
    close_if_idle(server);
}

static void on_question_gone(struct gw_rpc_asker *asker)
{
    close_if_idle(GW_CONTAINER(asker, struct gw_rpc_server, questions));
}

static void on_shutdown(struct gw_rpc_batch *batch, bool is_ok)
{
    struct gw_rpc_server *server = GW_CONTAINER(batch, struct gw_rpc_server, shutdown);

    (void)is_ok;
    server->is_shut = true;
    close_if_idle(server);
}

static void free_server(struct gw_rpc_server *server)
{
    grpc_server_destroy(server->grpc);
    gw_rpc_health_free(server->health);
    if (server->token != NULL) {
        explicit_bzero(server->token, strlen(server->token));
    }
    gw_free(server->token);
    gw_free(server);
}

static void on_gone(struct gw_task *task)
{
    struct gw_rpc_server *server = GW_CONTAINER(task, struct gw_rpc_server, gone);
    void (*closed)(void *owner) = server->closed;
    void *owner = server->closed_owner;

    free_server(server);
    if (closed != NULL) {
        closed(owner);
    }
}

void gw_rpc_server_close(struct gw_rpc_server *server, void (*closed)(void *owner), void *owner)
{
    GW_CHECK(!server->is_closing);
    server->is_closing = true;
    server->closed = closed;
    server->closed_owner = owner;
    grpc_server_shutdown_and_notify(server->grpc, gw_courier_queue(server->courier),
                                    gw_rpc_batch_tag(&server->shutdown));
    grpc_server_cancel_all_calls(server->grpc);
    gw_rpc_streams_cancel(&server->streams);
}

/* ---- Calls ------------------------------------------------------------------------------ */

static const struct gw_rpc_method *find(const struct gw_rpc_method *methods, size_t count,
                                        struct gw_text name)
{
    for (size_t i = 0; i < count; i++) {
        if (gw_text_eq(name, gw_text_of(methods[i].name))) {
            return &methods[i];
        }
    }
    return NULL;
}

static bool has_token(const struct gw_rpc_server *server, const grpc_metadata_array *metadata)
{
    if (server->token == NULL) {
        return true;
    }
    for (size_t i = 0; i < metadata->count; i++) {
        if (gw_text_eq(gw_rpc_slice_text(&metadata->metadata[i].key), GW_TEXT("authorization"))) {
            return gw_rpc_token_is(gw_rpc_slice_text(&metadata->metadata[i].value), server->token);
        }
    }
    return false;
}

static void serve(struct gw_rpc_server *server, const struct gw_rpc_method *method, void *owner,
                  grpc_call *own_call)
{
    const struct gw_rpc_stream_ops *ops = NULL;
    struct gw_rpc_stream *stream;
    void *stream_owner = NULL;
    enum gw_err err;

    if (method->on_question != NULL) {
        gw_rpc_question_accept(&server->questions, own_call, method->on_question, owner);
        return;
    }
    server->stream_count++;
    stream = gw_rpc_stream_of_server(&server->streams, own_call);
    err = method->on_stream(owner, stream, &ops, &stream_owner);
    if (err != GW_OK) {
        gw_rpc_stream_refuse(stream, err, gw_err_text(err));
    } else {
        gw_rpc_stream_serve(stream, ops, stream_owner);
    }
}

/* Health is for whoever can connect: probes have no token. */
static void take_in(struct gw_rpc_server *server, const struct arrival *arrival)
{
    struct gw_text name = gw_rpc_slice_text(&arrival->details.method);
    const struct gw_rpc_method *method = find(GW_RPC_HEALTH_METHODS,
                                              GW_COUNT(GW_RPC_HEALTH_METHODS), name);

    if (server->is_closing) {
        gw_rpc_question_refuse(&server->questions, arrival->call, GW_E_UNAVAILABLE, "closing");
    } else if (server->questions.open + server->stream_count >= CALLS_MAX) {
        gw_rpc_question_refuse(&server->questions, arrival->call, GW_E_FULL, "too many calls");
    } else if (method != NULL) {
        serve(server, method, server->health, arrival->call);
    } else if (!has_token(server, &arrival->metadata)) {
        gw_rpc_question_refuse(&server->questions, arrival->call, GW_E_UNAUTHENTICATED,
                               "token is missing or wrong");
    } else if ((method = find(server->methods, server->method_count, name)) == NULL) {
        gw_rpc_question_unknown(&server->questions, arrival->call);
    } else {
        serve(server, method, server->owner, arrival->call);
    }
}

/* ---- Arrivals --------------------------------------------------------------------------- */

static void arm(struct arrival *arrival)
{
    grpc_completion_queue *queue = gw_courier_queue(arrival->server->courier);
    grpc_call_error error;

    grpc_call_details_init(&arrival->details);
    grpc_metadata_array_init(&arrival->metadata);
    arrival->server->arrivals_out++;
    error = grpc_server_request_call(arrival->server->grpc, &arrival->call, &arrival->details,
                                     &arrival->metadata, queue, queue,
                                     gw_rpc_batch_tag(&arrival->batch));
    GW_CHECK(error == GRPC_CALL_OK);
}

static void on_arrival(struct gw_rpc_batch *batch, bool is_ok)
{
    struct arrival *arrival = GW_CONTAINER(batch, struct arrival, batch);
    struct gw_rpc_server *server = arrival->server;

    server->arrivals_out--;
    if (is_ok) {
        take_in(server, arrival);
    }
    grpc_call_details_destroy(&arrival->details);
    grpc_metadata_array_destroy(&arrival->metadata);
    if (server->is_closing) {
        close_if_idle(server);
        return;
    }
    GW_CHECK(is_ok); /* only a shutdown brings one back empty */
    arm(arrival);
}

/* ---- Opening ---------------------------------------------------------------------------- */

/* gRPC takes a unix socket from whoever listens on it, so ask first whether somebody does. */
static bool is_taken(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    bool is_answered;
    int fd;

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return false;
    }
    is_answered = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
    close(fd);
    return is_answered;
}

static enum gw_err check_path(const char *listen, const char *path, struct gw_fault *fault)
{
    if (path[0] != '/' || strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
        return gw_fail(fault, GW_E_INVALID,
                       "cannot listen on \"%s\": path is not absolute or too long", listen);
    }
    if (is_taken(path)) {
        return gw_fail(fault, GW_E_UNAVAILABLE,
                       "could not listen on \"%s\": someone listens there already", listen);
    }
    return GW_OK;
}

static enum gw_err check_address(const char *listen, struct gw_fault *fault)
{
    const char *colon;
    uint64_t port;

    if (gw_text_starts_with(gw_text_of(listen), GW_TEXT("unix:"))) {
        return check_path(listen, listen + sizeof("unix:") - 1, fault);
    }
    colon = strrchr(listen, ':');
    if (colon == NULL || colon == listen) {
        return gw_fail(fault, GW_E_INVALID, "cannot listen on \"%s\": it is not host:port", listen);
    }
    /* gRPC takes a number that is too large for another, smaller one. */
    if (gw_text_to_u64(gw_text_of(colon + 1), &port) != GW_OK || port > UINT16_MAX) {
        return gw_fail(fault, GW_E_INVALID, "cannot listen on \"%s\": \"%s\" is no port", listen,
                       colon + 1);
    }
    return GW_OK;
}

/* The started server, or NULL. */
static grpc_server *open_grpc(struct gw_courier *courier, const char *listen,
                              grpc_server_credentials *credentials, int *ret_port)
{
    grpc_server *grpc = grpc_server_create(gw_rpc_server_args(), NULL);

    grpc_server_register_completion_queue(grpc, gw_courier_queue(courier), NULL);
    *ret_port = grpc_server_add_http2_port(grpc, listen, credentials);
    if (*ret_port == 0) {
        grpc_server_destroy(grpc); /* never started: nothing to shut down */
        return NULL;
    }
    grpc_server_start(grpc);
    return grpc;
}

static void init_server(struct gw_rpc_server *server)
{
    server->streams.loop = server->loop;
    server->streams.on_gone = on_stream_gone;
    gw_list_init(&server->streams.streams);
    server->questions.loop = server->loop;
    server->questions.on_gone = on_question_gone;
    gw_rpc_batch_init(&server->shutdown, server->loop, on_shutdown);
    gw_task_init(&server->gone, on_gone);
    for (size_t i = 0; i < ARRIVALS; i++) {
        server->arrivals[i].server = server;
        gw_rpc_batch_init(&server->arrivals[i].batch, server->loop, on_arrival);
        arm(&server->arrivals[i]);
    }
}

enum gw_err gw_rpc_server_open(struct gw_courier *courier, struct gw_loop *loop,
                               const struct gw_rpc_server_conf *conf,
                               const struct gw_rpc_method *methods, size_t method_count,
                               void *owner, struct gw_rpc_server **ret_server,
                               struct gw_fault *fault)
{
    const struct gw_rpc_files files = {conf->ca_file, conf->certificate_file, conf->key_file};
    grpc_server_credentials *credentials;
    struct gw_rpc_server *server;
    grpc_server *grpc;
    int port;

    GW_TRY(check_address(conf->listen, fault));
    GW_TRY(gw_rpc_token_check(conf->token, fault));
    GW_TRY(gw_rpc_server_credentials(&files, &credentials, fault));
    grpc = open_grpc(courier, conf->listen, credentials, &port);
    grpc_server_credentials_release(credentials);
    if (grpc == NULL) {
        return gw_fail(fault, GW_E_UNAVAILABLE,
                       "could not listen on \"%s\": address is taken, or not one of this host",
                       conf->listen);
    }
    server = GW_NEW(struct gw_rpc_server);
    server->courier = courier;
    server->loop = loop;
    server->grpc = grpc;
    server->methods = methods;
    server->method_count = method_count;
    server->owner = owner;
    server->token = conf->token == NULL ? NULL : gw_must_strdup(conf->token);
    server->port = gw_text_starts_with(gw_text_of(conf->listen), GW_TEXT("unix:")) ? 0 : port;
    server->health = gw_rpc_health_new(loop, methods, method_count);
    init_server(server);
    *ret_server = server;
    return GW_OK;
}

int gw_rpc_server_port(const struct gw_rpc_server *server)
{
    return server->port;
}

void gw_rpc_server_set_serving(struct gw_rpc_server *server, bool is_serving)
{
    gw_rpc_health_set(server->health, is_serving);
}
