/* SPDX-License-Identifier: MIT */
/*
 * h2o 2.2.5 parses, frames and writes; what it gets wrong is mended here and beside here. The
 * holes we know of, and where they are closed:
 *
 *     a client that leaves while its request waits is not noticed     request.c
 *     lax heads: two lengths, folded lines, absolute targets ...      guard.c, request.c
 *     rapid reset of HTTP/2 streams                                   connection.c
 *     one timer for idling, head and body                             connection.c
 *     an early answer is lost in a reset                              connection.c
 *     chunks only for status 200, else the connection is closed       reply.c
 *     request bodies beyond 32 MiB go to a file in /tmp               loop.c
 *     a chunked body of exactly the limit is refused                  below, body_max + 1
 *     idle keep-alive connections survive a shutdown                  below, drain
 *
 * Known and accepted: answers h2o gives before we are asked (400 to what is no HTTP, 413, 417) are
 * short plain text; trailers of requests are dropped; a head may have 100 lines at most; each
 * HTTP/2 frame of an unknown type costs a line on stderr, which is h2o's and cannot be turned off.
 *
 * Bodies are read whole before the service sees them, so body_max bounds what one request can
 * hold; the first kilobytes of a request live in h2o's input buffer until its answer has ended.
 */
#include "lib/net/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/net/serve/inside.h"
#include "lib/net/tls_inside.h"
#include "lib/units/clock.h"

#define BACKLOG         1024
#define ACCEPTS_MAX     16 /* in one turn, so that open connections get theirs */
#define ACCEPT_AGAIN_US (100 * GW_US_PER_MS)
#define HOST_MAX        256
#define NEVER_MS        (24 * 3600 * 1000) /* for timers of h2o that ours replace */

/* ---- Accepting -------------------------------------------------------------------------- */

static void on_accept(h2o_socket_t *listener, const char *err);

static void accept_start(struct gw_http_server *server)
{
    if (server->listener != NULL && !h2o_socket_is_reading(server->listener) &&
        server->connection_count < server->conf.connections_max) {
        h2o_socket_read_start(server->listener, on_accept);
    }
}

static void accept_again(struct gw_timer *timer)
{
    accept_start(GW_CONTAINER(timer, struct gw_http_server, accept_again));
}

static void on_accept(h2o_socket_t *listener, const char *err)
{
    struct gw_http_server *server = listener->data;

    if (err != NULL) {
        return;
    }
    for (int i = 0; i < ACCEPTS_MAX; i++) {
        h2o_socket_t *sock;

        if (server->connection_count >= server->conf.connections_max) {
            h2o_socket_read_stop(listener);
            return;
        }
        sock = h2o_evloop_socket_accept(listener);
        if (sock == NULL) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                h2o_socket_read_stop(listener); /* it would stay readable and the loop spin */
                gw_timer_start(server->loop, &server->accept_again, ACCEPT_AGAIN_US);
            }
            return;
        }
        gw_connection_open(server, sock);
        if (!gw_timer_is_running(&server->sweep)) {
            gw_timer_start(server->loop, &server->sweep, 0);
        }
        h2o_accept(&server->accept, sock);
    }
}

/* ---- Listening -------------------------------------------------------------------------- */

static enum gw_err fail_listen(struct gw_fault *fault, const char *address)
{
    return gw_fail(fault, GW_E_UNAVAILABLE, "could not listen on \"%s\": %s", address,
                   strerror(errno));
}

static enum gw_err listen_unix(const char *path, int *ret_fd, struct gw_fault *fault)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat old;
    int fd;

    if (strlen(path) >= sizeof(address.sun_path)) {
        return gw_fail(fault, GW_E_UNAVAILABLE, "cannot listen on \"%s\": path is too long", path);
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return fail_listen(fault, path);
    }
    if (stat(path, &old) == 0 && S_ISSOCK(old.st_mode)) {
        if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno == EAGAIN) {
            close(fd);
            errno = EADDRINUSE; /* somebody answers there: it is not stale */
            return fail_listen(fault, path);
        }
        unlink(path);
    }
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, BACKLOG) != 0) {
        enum gw_err err = fail_listen(fault, path);

        close(fd);
        return err;
    }
    *ret_fd = fd;
    return GW_OK;
}

/* "host:port" or "[host]:port" into two zero-terminated strings. */
static bool split_address(const char *address, char host[HOST_MAX], const char **ret_port)
{
    const char *colon = strrchr(address, ':');
    size_t len;

    if (colon == NULL || colon[1] == '\0') {
        return false;
    }
    *ret_port = colon + 1;
    if (address[0] == '[') {
        address++;
        colon--;
        if (colon <= address || *colon != ']') {
            return false;
        }
    }
    len = (size_t)(colon - address);
    if (len >= HOST_MAX) {
        return false;
    }
    memcpy(host, address, len);
    host[len] = '\0';
    return true;
}

static int bind_one(const struct addrinfo *info, const struct gw_http_server_conf *conf)
{
    int on = 1;
    int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    info->ai_protocol);

    if (fd < 0) {
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (conf->reuse_port) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    }
    if (bind(fd, info->ai_addr, info->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        int reason = errno;

        close(fd);
        errno = reason;
        return -1;
    }
    return fd;
}

static enum gw_err listen_tcp(const char *address, const struct gw_http_server_conf *conf,
                              int *ret_fd, struct gw_fault *fault)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *infos;
    char host[HOST_MAX];
    const char *port;
    int failed, fd;

    if (!split_address(address, host, &port)) {
        return gw_fail(fault, GW_E_UNAVAILABLE,
                       "cannot listen on \"%s\": it is neither host:port nor a path", address);
    }
    failed = getaddrinfo(host[0] == '\0' ? NULL : host, port, &hints, &infos);
    if (failed != 0) {
        return gw_fail(fault, GW_E_UNAVAILABLE, "could not listen on \"%s\": %s", address,
                       gai_strerror(failed));
    }
    fd = bind_one(infos, conf);
    if (fd < 0) {
        enum gw_err err = fail_listen(fault, address);

        freeaddrinfo(infos);
        return err;
    }
    freeaddrinfo(infos);
    *ret_fd = fd;
    return GW_OK;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof(address);

    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        return 0;
    }
    switch (address.ss_family) {
    case AF_INET:
        return ntohs(((struct sockaddr_in *)&address)->sin_port);
    case AF_INET6:
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    default:
        return 0;
    }
}

/* ---- Opening ---------------------------------------------------------------------------- */

/* Runs for answers that h2o gives by itself: they close the connection with input unread. */
static void on_own_error(h2o_filter_t *filter, h2o_req_t *req, h2o_ostream_t **slot)
{
    (void)filter;
    if (req->version < 0x200) {
        gw_connection_linger(gw_connection_of(req));
    }
    h2o_setup_next_ostream(req, slot);
}

static void set_up_h2o(struct gw_http_server *server)
{
    const struct gw_http_server_conf *conf = &server->conf;
    int64_t h2_idle_us = conf->head_timeout_us > conf->body_idle_timeout_us
                             ? conf->head_timeout_us
                             : conf->body_idle_timeout_us;
    h2o_hostconf_t *host;

    h2o_config_init(&server->globals);
    server->globals.server_name = h2o_iovec_init(NULL, 0);
    /* h2o refuses a chunked body that reaches the limit; ours is checked by the handler. */
    server->globals.max_request_entity_size = conf->body_max + 1;
    server->globals.handshake_timeout = (uint64_t)(conf->head_timeout_us / GW_US_PER_MS) + 1;
    server->globals.http1.req_timeout = NEVER_MS;
    server->globals.http2.idle_timeout = (uint64_t)(h2_idle_us / GW_US_PER_MS) + 1;

    host = h2o_config_register_host(&server->globals, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    h2o_create_handler(h2o_config_register_path(host, "/", 0), sizeof(h2o_handler_t))->on_req =
        gw_request_take_over;
    /* What does not begin with a slash matches no path. */
    h2o_create_handler(&host->fallback_path, sizeof(h2o_handler_t))->on_req = gw_request_take_over;
    h2o_create_filter(&host->fallback_path, sizeof(h2o_filter_t))->on_setup_ostream = on_own_error;

    h2o_context_init(&server->context, gw_loop_h2o(server->loop), &server->globals);
    server->accept.ctx = &server->context;
    server->accept.hosts = server->globals.hosts;
    server->accept.ssl_ctx = conf->tls == NULL ? NULL : gw_tls_server_context(conf->tls);
}

static void settle(struct gw_task *task);

enum gw_err gw_http_server_open(struct gw_loop *loop, const char *address,
                                const struct gw_http_server_conf *conf,
                                const struct gw_http_service *service,
                                struct gw_http_server **ret_server, struct gw_fault *fault)
{
    struct gw_http_server *server;
    int fd;

    if (address[0] == '/') {
        GW_TRY(listen_unix(address, &fd, fault));
    } else {
        GW_TRY(listen_tcp(address, conf, &fd, fault));
    }
    server = GW_NEW(struct gw_http_server);
    server->loop = loop;
    server->conf = *conf;
    server->service = *service;
    server->port = port_of(fd);
    server->unix_path = address[0] == '/' ? gw_must_strdup(address) : NULL;
    gw_list_init(&server->connections);
    gw_list_init(&server->requests);
    gw_list_init(&server->lingering);
    gw_timer_init(&server->sweep, gw_connection_sweep);
    gw_timer_init(&server->accept_again, accept_again);
    gw_task_init(&server->settle, settle);
    set_up_h2o(server);

    server->listener = h2o_evloop_socket_create(gw_loop_h2o(loop), fd, H2O_SOCKET_FLAG_DONT_READ);
    server->listener->data = server;
    accept_start(server);
    *ret_server = server;
    return GW_OK;
}

/* ---- Closing ---------------------------------------------------------------------------- */

static void stop_listening(struct gw_http_server *server)
{
    if (server->listener != NULL) {
        h2o_socket_close(server->listener);
        server->listener = NULL;
        if (server->unix_path != NULL) {
            unlink(server->unix_path);
        }
    }
    gw_timer_stop(server->loop, &server->accept_again);
}

static void free_server(struct gw_http_server *server)
{
    void *queue = server->context.queue;

    gw_timer_stop(server->loop, &server->sweep);
    gw_connection_end_lingering(server);
    h2o_timeout_unlink(&server->context.http2._graceful_shutdown_timeout);
    h2o_context_dispose(&server->context);
    gw_free(queue); /* which h2o destroys, but forgets to free */
    h2o_config_dispose(&server->globals);
    gw_free(server->unix_path);
    gw_free(server);
}

static void settle(struct gw_task *task)
{
    struct gw_http_server *server = GW_CONTAINER(task, struct gw_http_server, settle);

    if (server->connection_count > 0) {
        return;
    }
    if (server->is_closing) {
        free_server(server);
    } else if (server->is_draining && server->on_drained != NULL) {
        void (*on_drained)(void *owner) = server->on_drained;

        server->on_drained = NULL;
        on_drained(server->drain_owner);
    }
}

void gw_server_connection_gone(struct gw_http_server *server)
{
    server->connection_count--;
    accept_start(server);
    if (server->is_draining || server->is_closing) {
        gw_loop_later(server->loop, &server->settle);
    }
}

void gw_http_server_drain(struct gw_http_server *server, void (*on_drained)(void *owner),
                          void *owner)
{
    server->on_drained = on_drained;
    server->drain_owner = owner;
    if (!server->is_draining) {
        server->is_draining = true;
        stop_listening(server);
        h2o_context_request_shutdown(&server->context);
        if (server->connection_count > 0) {
            gw_timer_start(server->loop, &server->sweep, 0);
        }
    }
    gw_loop_later(server->loop, &server->settle);
}

void gw_http_server_close(struct gw_http_server *server)
{
    if (server == NULL || server->is_closing) {
        return;
    }
    server->is_closing = true;
    stop_listening(server);
    GW_LIST_EACH (&server->connections, node) {
        gw_connection_kick(GW_CONTAINER(node, struct connection, link));
    }
    gw_request_lose_all(server);
    gw_loop_later(server->loop, &server->settle);
}

/* ---- Asking ----------------------------------------------------------------------------- */

uint16_t gw_http_server_port(const struct gw_http_server *server)
{
    return server->port;
}

size_t gw_http_server_connections(const struct gw_http_server *server)
{
    return server->connection_count;
}

size_t gw_http_server_requests(const struct gw_http_server *server)
{
    return server->request_count;
}
