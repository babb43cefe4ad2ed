/* SPDX-License-Identifier: MIT */
/*
 * From h2o's request to ours.
 *
 * While a request waits for its answer, h2o does not look at an HTTP/1 socket, so a client that
 * has left would be noticed when the answer is written: for a provider that thinks for a minute,
 * a minute too late. We therefore put our own read call-back on the socket, with h2o told not to
 * read (the request's body points into the buffer it would read into). When it fires, the kernel
 * says whether the client has closed its side. If not, these are pipelined bytes, or a record of
 * TLS that may announce the end: we stop listening, or we would be called without end, and look
 * again every 100 ms. A client that closes only its sending side counts as gone.
 *
 * A request's memory is h2o's: it dies when h2o disposes of it, which is the one place that always
 * runs. `is_over` says that the owner has heard the last of it.
 */
#include "lib/net/serve/guard.h"
#include "lib/net/serve/inside.h"
#include "lib/units/clock.h"

#define LOOK_EVERY_US (100 * GW_US_PER_MS)
#define ARENA_MAX     ((size_t)1 << 20)
#define HTTP2         0x200

/* ---- The client that waits -------------------------------------------------------------- */

static void on_client_event(h2o_socket_t *sock, const char *err);

static void watch(struct gw_http_request *request)
{
    h2o_socket_t *sock = request->connection->sock;

    request->is_watched = true;
    h2o_socket_dont_read(sock, 1);
    h2o_socket_read_start(sock, on_client_event);
}

void gw_request_unwatch(struct gw_http_request *request)
{
    h2o_socket_t *sock = request->connection->sock;

    if (request->is_watched) {
        request->is_watched = false;
        h2o_socket_dont_read(sock, 0);
        h2o_socket_read_stop(sock);
        gw_timer_stop(request->server->loop, &request->look);
    }
}

static void look(struct gw_http_request *request)
{
    if (gw_connection_is_left(request->connection)) {
        gw_request_lost(request);
    } else {
        h2o_socket_read_stop(request->connection->sock);
        gw_timer_start(request->server->loop, &request->look, LOOK_EVERY_US);
    }
}

static void on_client_event(h2o_socket_t *sock, const char *err)
{
    struct connection *connection = sock->on_close.data;

    (void)err;
    look(connection->waiting);
}

static void look_again(struct gw_timer *timer)
{
    look(GW_CONTAINER(timer, struct gw_http_request, look));
}

/* ---- Ends ------------------------------------------------------------------------------- */

void gw_request_over(struct gw_http_request *request)
{
    if (!request->is_over) {
        request->is_over = true;
        gw_list_unlink(&request->link);
        request->server->request_count--;
    }
}

static void tell_gone(struct gw_http_request *request)
{
    if (!request->is_over) {
        gw_request_over(request);
        if (request->ops != NULL) {
            request->ops->on_gone(request->owner);
        }
    }
}

void gw_request_lost(struct gw_http_request *request)
{
    gw_request_unwatch(request);
    tell_gone(request);
    if (request->h2o->version < HTTP2) {
        gw_connection_kick(request->connection);
        gw_reply_cut(request);
    }
}

void gw_request_lose_all(struct gw_http_server *server)
{
    struct gw_list *node;

    while ((node = gw_list_pop_front(&server->requests)) != NULL) {
        gw_request_lost(GW_CONTAINER(node, struct gw_http_request, link));
    }
}

/* h2o is done with the request, for whatever reason. */
static void dispose(void *at)
{
    struct gw_http_request *request = at;
    struct connection *connection = request->connection;

    if (!request->is_over && request->h2o->version >= HTTP2) {
        gw_connection_count_reset(connection);
    }
    gw_timer_stop(request->server->loop, &request->look);
    gw_list_unlink(&request->sent.link);
    tell_gone(request);
    if (connection->waiting == request) {
        connection->waiting = NULL;
    }
    connection->requests--;
    connection->phase = CONNECTION_IDLE;
    connection->phase_since_us = gw_loop_now_us(request->server->loop);
    gw_free(request->copy);
    gw_arena_fini(&request->arena);
}

/* ---- Judging ---------------------------------------------------------------------------- */

static const char *what_is_wrong(h2o_req_t *req, int *ret_status)
{
    const h2o_headers_t *headers = &req->headers;

    if (gw_connection_of(req)->is_abusive) {
        *ret_status = 429;
        return "too many requests were cancelled";
    }
    *ret_status = 400;
    if (req->path.len == 0 || req->path.base[0] != '/') {
        return "target is not a path";
    }
    for (size_t i = 0; i < headers->size; i++) {
        if (headers->entries[i].name->len == 0) {
            return "header without a name";
        }
    }
    if (req->version < HTTP2) {
        h2o_buffer_t *input = gw_connection_of(req)->sock->input;

        return gw_http_guard_head((struct gw_text){input->bytes, input->size});
    }
    return NULL;
}

static void refuse(h2o_req_t *req, int status, const char *why)
{
    if (req->version < HTTP2) {
        gw_connection_linger(gw_connection_of(req));
    }
    h2o_send_error_generic(req, status, gw_http_reason(status), why,
                           H2O_SEND_ERROR_HTTP1_CLOSE_CONNECTION);
}

static void lend_headers(struct gw_http_request *request)
{
    const h2o_headers_t *from = &request->h2o->headers;
    struct gw_http_header *to = h2o_mem_alloc_pool(&request->h2o->pool,
                                                   (from->size + 1) * sizeof(*to));

    for (size_t i = 0; i < from->size; i++) {
        const h2o_header_t *header = &from->entries[i];

        to[i].name.at = header->orig_name != NULL ? header->orig_name : header->name->base;
        to[i].name.len = header->name->len;
        to[i].value.at = header->value.base == NULL ? "" : header->value.base;
        to[i].value.len = header->value.len;
    }
    request->headers = (struct gw_http_headers){to, from->size};
}

static struct gw_http_request *new_request(h2o_req_t *req)
{
    struct gw_http_request *request = h2o_mem_alloc_shared(&req->pool,
                                                           sizeof(struct gw_http_request), dispose);

    memset(request, 0, sizeof(*request));
    request->h2o = req;
    request->connection = gw_connection_of(req);
    request->server = request->connection->server;
    request->generator.proceed = gw_reply_proceed;
    gw_arena_init(&request->arena, ARENA_MAX);
    gw_task_init(&request->sent, gw_reply_sent_task);
    gw_timer_init(&request->look, look_again);
    gw_list_init(&request->link);
    gw_list_push_back(&request->server->requests, &request->link);
    request->server->request_count++;
    request->connection->requests++;
    lend_headers(request);
    return request;
}

int gw_request_take_over(h2o_handler_t *handler, h2o_req_t *req)
{
    struct gw_http_server *server = gw_connection_of(req)->server;
    struct connection *connection = gw_connection_of(req);
    struct gw_http_request *request;
    const char *why;
    int status;

    (void)handler;
    why = what_is_wrong(req, &status);
    if (why == NULL && req->entity.len > server->conf.body_max) {
        why = "request body is too large";
        status = 413;
    }
    if (why != NULL) {
        refuse(req, status, why);
        return 0;
    }
    request = new_request(req);
    if (req->version < HTTP2) {
        connection->waiting = request;
    }
    server->service.on_request(server->service.owner, request);
    /* If it was answered at once, h2o may have disposed of it, and even of the connection. */
    return 0;
}

/* ---- Asking ----------------------------------------------------------------------------- */

static struct gw_text text_of(h2o_iovec_t vec)
{
    return (struct gw_text){vec.base == NULL ? "" : vec.base, vec.len};
}

struct gw_text gw_http_request_method(const struct gw_http_request *request)
{
    return text_of(request->h2o->method);
}

struct gw_text gw_http_request_target(const struct gw_http_request *request)
{
    return text_of(request->h2o->path);
}

struct gw_text gw_http_request_authority(const struct gw_http_request *request)
{
    const h2o_hostconf_t *fallback = request->server->globals.hosts[0];

    /* Without a Host header h2o puts the name of its own configuration there. */
    if (request->h2o->authority.base == fallback->authority.hostport.base) {
        return GW_TEXT("");
    }
    return text_of(request->h2o->authority);
}

struct gw_http_headers gw_http_request_headers(const struct gw_http_request *request)
{
    return request->headers;
}

struct gw_text gw_http_request_body(const struct gw_http_request *request)
{
    return text_of(request->h2o->entity);
}

struct gw_text gw_http_request_peer(const struct gw_http_request *request)
{
    return gw_text_of(request->connection->peer);
}

bool gw_http_request_is_tls(const struct gw_http_request *request)
{
    return request->connection->sock->ssl != NULL;
}

int gw_http_request_version(const struct gw_http_request *request)
{
    switch (request->h2o->version) {
    case 0x100:
        return 10;
    case 0x101:
        return 11;
    default:
        return 20;
    }
}

struct gw_arena *gw_http_request_arena(struct gw_http_request *request)
{
    return &request->arena;
}

void gw_http_request_own(struct gw_http_request *request, const struct gw_http_reply_ops *ops,
                         void *owner)
{
    request->ops = ops;
    request->owner = owner;
    if (request->h2o->version < HTTP2 && !request->is_watched) {
        watch(request);
    }
}
