/* SPDX-License-Identifier: MIT */
/*
 * What h2o does not tell us about a connection, found out from beside it:
 *
 *  - Is it too slow? h2o has one timer for idling, head and body together. Ours look at the input
 *    buffer now and then, see which of the three it is, and end the connection through the
 *    kernel: h2o then reads an end of file and cleans up by itself.
 *  - Is it abusive? HTTP/2 lets a client start and cancel requests at no cost to itself (rapid
 *    reset). So many ended requests in so short a time, and the connection ends with them.
 *  - Will the client see our answer? Closing a socket with unread input makes the kernel send a
 *    reset, which can overtake the answer that says why we closed. A copy of the descriptor is
 *    then kept and read from until the client is done, for a moment at most.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/net/serve/guard.h"
#include "lib/net/serve/inside.h"
#include "lib/units/clock.h"

#define RESETS_MAX       200
#define RESETS_WINDOW_US (10 * GW_US_PER_SECOND)
#define LINGER_US        (2 * GW_US_PER_SECOND)
#define LINGER_BYTES_MAX ((size_t)64 << 20)
#define LINGERING_MAX    1024
#define SWEEP_MIN_US     (10 * GW_US_PER_MS)
#define SWEEP_MAX_US     GW_US_PER_SECOND
#define SWEEP_DRAIN_US   (50 * GW_US_PER_MS)

/* ---- Lingering -------------------------------------------------------------------------- */

struct farewell {
    struct gw_list link;
    struct gw_http_server *server;
    struct gw_fd *watch;
    struct gw_timer end;
    size_t bytes;
    int fd;
};

static void farewell_close(struct farewell *farewell)
{
    gw_fd_unwatch(farewell->watch);
    gw_timer_stop(farewell->server->loop, &farewell->end);
    gw_list_unlink(&farewell->link);
    farewell->server->lingering_count--;
    close(farewell->fd);
    gw_free(farewell);
}

static void farewell_read(void *owner)
{
    struct farewell *farewell = owner;
    char nowhere[16384];
    ssize_t count = recv(farewell->fd, nowhere, sizeof(nowhere), MSG_DONTWAIT);

    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    farewell->bytes += count > 0 ? (size_t)count : 0;
    if (count <= 0 || farewell->bytes > LINGER_BYTES_MAX) {
        farewell_close(farewell);
    }
}

static void farewell_end(struct gw_timer *timer)
{
    farewell_close(GW_CONTAINER(timer, struct farewell, end));
}

static const struct gw_fd_ops FAREWELL_OPS = {.on_readable = farewell_read};

static void farewell_open(struct gw_http_server *server, int fd)
{
    struct farewell *farewell;

    shutdown(fd, SHUT_WR); /* the answer's end; h2o's close could not say it */
    if (server->is_closing || server->lingering_count == LINGERING_MAX) {
        close(fd);
        return;
    }
    farewell = GW_NEW(struct farewell);
    farewell->server = server;
    farewell->fd = fd;
    gw_list_init(&farewell->link);
    gw_list_push_back(&server->lingering, &farewell->link);
    server->lingering_count++;
    gw_timer_init(&farewell->end, farewell_end);
    gw_timer_start(server->loop, &farewell->end, LINGER_US);
    farewell->watch = gw_fd_watch(server->loop, fd, &FAREWELL_OPS, farewell);
    gw_fd_read_start(farewell->watch);
}

void gw_connection_end_lingering(struct gw_http_server *server)
{
    GW_LIST_EACH (&server->lingering, node) {
        farewell_close(GW_CONTAINER(node, struct farewell, link));
    }
}

void gw_connection_linger(struct connection *connection)
{
    if (connection->linger_fd < 0) {
        int fd = h2o_socket_get_fd(connection->sock);

        connection->linger_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0); /* -1: then it does not */
    }
}

/* ---- Life ------------------------------------------------------------------------------- */

static void on_close(void *data)
{
    struct connection *connection = data;
    struct gw_http_server *server = connection->server;

    gw_list_unlink(&connection->link);
    if (connection->linger_fd >= 0) {
        farewell_open(server, connection->linger_fd);
    }
    gw_free(connection);
    gw_server_connection_gone(server);
}

static void write_peer(struct connection *connection)
{
    struct sockaddr_storage address;
    const void *at = NULL;

    if (h2o_socket_getpeername(connection->sock, (struct sockaddr *)&address) == 0) {
        return;
    }
    if (address.ss_family == AF_INET) {
        at = &((struct sockaddr_in *)&address)->sin_addr;
    } else if (address.ss_family == AF_INET6) {
        at = &((struct sockaddr_in6 *)&address)->sin6_addr;
    }
    if (at != NULL) {
        inet_ntop(address.ss_family, at, connection->peer, sizeof(connection->peer));
    }
}

void gw_connection_open(struct gw_http_server *server, h2o_socket_t *sock)
{
    struct connection *connection = GW_NEW(struct connection);

    connection->server = server;
    connection->sock = sock;
    connection->linger_fd = -1;
    connection->phase_since_us = gw_loop_now_us(server->loop);
    gw_list_init(&connection->link);
    gw_list_push_back(&server->connections, &connection->link);
    server->connection_count++;
    write_peer(connection);
    sock->on_close.cb = on_close;
    sock->on_close.data = connection;
}

struct connection *gw_connection_of(h2o_req_t *req)
{
    return req->conn->callbacks->get_socket(req->conn)->on_close.data;
}

void gw_connection_kick(struct connection *connection)
{
    shutdown(h2o_socket_get_fd(connection->sock), SHUT_RDWR);
}

bool gw_connection_is_left(const struct connection *connection)
{
    struct pollfd look = {.fd = h2o_socket_get_fd(connection->sock), .events = POLLRDHUP};

    return poll(&look, 1, 0) == 1 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void gw_connection_count_reset(struct connection *connection)
{
    int64_t now_us = gw_loop_now_us(connection->server->loop);

    if (now_us - connection->resets_since_us > RESETS_WINDOW_US) {
        connection->resets_since_us = now_us;
        connection->resets = 0;
    }
    if (++connection->resets == RESETS_MAX) {
        connection->is_abusive = true; /* the kernel still holds bytes of it, with more requests */
        gw_connection_kick(connection);
    }
}

/* ---- Too slow --------------------------------------------------------------------------- */

/* How many bytes have come in, as the kernel counts; 0 where it does not (unix sockets). */
static uint64_t arrived(const struct connection *connection)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof(info);

    if (getsockopt(h2o_socket_get_fd(connection->sock), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
        return 0;
    }
    return info.tcpi_bytes_received;
}

static bool has_unread(const struct connection *connection)
{
    int bytes = 0;

    return ioctl(h2o_socket_get_fd(connection->sock), FIONREAD, &bytes) == 0 && bytes > 0;
}

static enum connection_phase phase_of(const struct connection *connection)
{
    h2o_buffer_t *input = connection->sock->input;

    if (input->size == 0) {
        return CONNECTION_IDLE;
    }
    if (connection->phase == CONNECTION_BODY) {
        return CONNECTION_BODY; /* until its request was delivered */
    }
    return gw_http_guard_has_head((struct gw_text){input->bytes, input->size}) ? CONNECTION_BODY
                                                                               : CONNECTION_HEAD;
}

/* Looks once; true when its time is over. */
static bool is_overdue(struct connection *connection, int64_t now_us)
{
    const struct gw_http_server_conf *conf = &connection->server->conf;
    enum connection_phase phase = phase_of(connection);
    size_t size = connection->sock->input->size;
    int64_t limit_us = phase == CONNECTION_BODY ? conf->body_idle_timeout_us
                                                : conf->head_timeout_us;

    if (phase != connection->phase ||
        (phase == CONNECTION_BODY && size != connection->phase_size)) {
        connection->phase = phase;
        connection->phase_size = size;
        connection->phase_since_us = now_us;
        return false;
    }
    if (now_us - connection->phase_since_us < limit_us) {
        return false;
    }
    if (phase == CONNECTION_IDLE) {
        /* An HTTP/2 upload and a TLS handshake look idle, too: h2o takes their bytes at once. */
        uint64_t count = arrived(connection);

        if (count != connection->phase_arrived) {
            connection->phase_arrived = count;
            connection->phase_since_us = now_us;
            return false;
        }
    }
    return true;
}

static int64_t sweep_every_us(const struct gw_http_server *server)
{
    int64_t every_us = server->conf.head_timeout_us < server->conf.body_idle_timeout_us
                           ? server->conf.head_timeout_us / 4
                           : server->conf.body_idle_timeout_us / 4;

    if (server->is_draining || every_us < SWEEP_MIN_US) {
        return server->is_draining ? SWEEP_DRAIN_US : SWEEP_MIN_US;
    }
    return every_us > SWEEP_MAX_US ? SWEEP_MAX_US : every_us;
}

void gw_connection_sweep(struct gw_timer *timer)
{
    struct gw_http_server *server = GW_CONTAINER(timer, struct gw_http_server, sweep);
    int64_t now_us = gw_loop_now_us(server->loop);

    GW_LIST_EACH (&server->connections, node) {
        struct connection *connection = GW_CONTAINER(node, struct connection, link);

        if (connection->requests > 0) {
            continue;
        }
        if (is_overdue(connection, now_us) ||
            (server->is_draining && connection->phase == CONNECTION_IDLE &&
             !has_unread(connection))) {
            gw_connection_kick(connection);
        }
    }
    if (server->connection_count > 0) {
        gw_timer_start(server->loop, timer, sweep_every_us(server));
    }
}
