/* SPDX-License-Identifier: MIT */
/*
 * http_server - listen, requests in, streamed replies out.
 *
 * HTTP/1.1 and HTTP/2 (clear text with prior knowledge, or by ALPN over TLS). A request is
 * handed over when its body is complete. What h2o 2.2.5 lets through and we refuse is in the
 * essay of serve/server.c. One server per loop; several loops may listen on the same address
 * (SO_REUSEPORT). Everything here belongs to the loop's thread.
 */
#ifndef LIB_NET_HTTP_SERVER_H
#define LIB_NET_HTTP_SERVER_H

#include <stdint.h>
#include <sys/socket.h>

#include "lib/base/arena.h"
#include "lib/net/http.h"
#include "lib/net/loop.h"

struct gw_http_server;
struct gw_http_request;
struct gw_tls_server; /* lib/net/tls.h */

struct gw_http_service {
    /*
     * A complete request. The service must reply, now or later; until then the request belongs
     * to it. Must not reply with an unbounded loop inside the call.
     */
    void (*on_request)(void *owner, struct gw_http_request *request);
    void *owner;
};

struct gw_http_server_conf {
    size_t body_max;              /* larger bodies are answered 413 before they are read */
    int64_t head_timeout_us;      /* from the first byte (or idle keep-alive) to a whole head */
    int64_t body_idle_timeout_us; /* longest silence inside a request body */
    size_t connections_max;       /* further ones wait in the kernel's queue */
    struct gw_tls_server *tls;    /* NULL: clear text; borrowed for the server's life */
    bool reuse_port;              /* several loops on one address */
};

/*
 * Listens on `address`: "127.0.0.1:8080", "[::]:8080", "0.0.0.0:0" (any free port), or "/path"
 * (a unix socket; a stale one is replaced). GW_E_UNAVAILABLE with the address and the reason in
 * `fault` when it cannot be had, e.g. because the port is taken.
 */
enum gw_err gw_http_server_open(struct gw_loop *loop, const char *address,
                                const struct gw_http_server_conf *conf,
                                const struct gw_http_service *service,
                                struct gw_http_server **ret_server,
                                struct gw_fault *fault) GW_MUST_USE;

/* The port really bound (0 for a unix socket). */
uint16_t gw_http_server_port(const struct gw_http_server *server);

/*
 * No new connections; idle ones are closed; open requests go on, answered with "Connection:
 * close" or GOAWAY. `on_drained` runs once, later, when the last connection is gone.
 */
void gw_http_server_drain(struct gw_http_server *server, void (*on_drained)(void *owner),
                          void *owner);

/* Closes what is left, on_gone is called for open requests; frees the server on a later turn. */
void gw_http_server_close(struct gw_http_server *server);

size_t gw_http_server_connections(const struct gw_http_server *server);
size_t gw_http_server_requests(const struct gw_http_server *server); /* open now */

/* ---- A request -------------------------------------------------------------------------- */

/* All borrowed until the reply is finished, aborted, or on_gone was called. */
struct gw_text gw_http_request_method(const struct gw_http_request *request);
struct gw_text gw_http_request_target(const struct gw_http_request *request); /* path and query */
struct gw_text gw_http_request_authority(const struct gw_http_request *request);
struct gw_http_headers gw_http_request_headers(const struct gw_http_request *request);
struct gw_text gw_http_request_body(const struct gw_http_request *request);
/* Without port; empty for a unix socket. */
struct gw_text gw_http_request_peer(const struct gw_http_request *request);
bool gw_http_request_is_tls(const struct gw_http_request *request);
int gw_http_request_version(const struct gw_http_request *request); /* 10, 11 or 20 */
/* Lives exactly as long as the request; its ceiling is 1 MiB. */
struct gw_arena *gw_http_request_arena(struct gw_http_request *request);

struct gw_http_reply_ops {
    /* All that was given to gw_http_reply_send() is written; send more. Never inside a send. */
    void (*on_sent)(void *owner);
    /* The client left, or the server is closing: the request is gone when this returns. */
    void (*on_gone)(void *owner);
};

/*
 * Sets who is told about this request's fate, from now until the reply is finished. Set it
 * before returning from on_request() unless the reply was finished there.
 */
void gw_http_request_own(struct gw_http_request *request, const struct gw_http_reply_ops *ops,
                         void *owner);

/* ---- A reply ---------------------------------------------------------------------------- */

/*
 * The head. `length` is the body's length or GW_HTTP_LENGTH_UNKNOWN (then chunked, any status).
 * Content-Length, Connection, Date and Transfer-Encoding are ours: do not pass them. Header
 * bytes are copied. Nothing is written before the first send.
 */
void gw_http_reply_start(struct gw_http_request *request, int status,
                         struct gw_http_headers headers, uint64_t length);

/*
 * The next bytes, borrowed until on_sent() (or, after GW_HTTP_LAST, until on_gone() is no longer
 * possible: see gw_http_reply_send_copy() for bytes that cannot live so long). One send at a
 * time. After GW_HTTP_LAST the request is finished: neither on_sent nor on_gone is called any
 * more and the request must not be touched, so the last bytes must be copied or empty.
 */
void gw_http_reply_send(struct gw_http_request *request, struct gw_text bytes);
void gw_http_reply_finish(struct gw_http_request *request, struct gw_text copied_bytes);

/* Cuts the reply off so that the client notices (RST_STREAM, or a connection closed too early). */
void gw_http_reply_abort(struct gw_http_request *request);

/* Head and body at once; everything is copied; the request is finished. */
void gw_http_reply_whole(struct gw_http_request *request, int status,
                         struct gw_http_headers headers, struct gw_text body);

#endif
