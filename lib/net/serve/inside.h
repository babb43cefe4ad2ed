/* SPDX-License-Identifier: MIT */
/*
 * inside - the HTTP server's structures, shared by the files that make it up.
 *
 *     server.c       listening, draining, closing
 *     connection.c   one connection: is its client still there, is it too slow or abusive
 *     request.c      a request as h2o hands it over, judged and given to the service
 *     reply.c        the way back
 */
#ifndef LIB_NET_SERVE_INSIDE_H
#define LIB_NET_SERVE_INSIDE_H

#include "lib/net/fd.h"
#include "lib/net/http_server.h"
#include "lib/net/loop_inside.h"

#define PEER_TEXT_SIZE 64 /* an IPv6 address with a scope */

struct gw_http_server {
    struct gw_loop *loop;
    struct gw_http_server_conf conf;
    struct gw_http_service service;

    h2o_globalconf_t globals;
    h2o_context_t context;
    h2o_accept_ctx_t accept;
    h2o_socket_t *listener; /* NULL once draining */
    uint16_t port;
    char *unix_path;
    struct gw_timer accept_again; /* after the process ran out of descriptors */

    struct gw_list connections;
    size_t connection_count;
    struct gw_list requests; /* not over yet */
    size_t request_count;
    struct gw_list lingering; /* struct farewell: closed by us, still being read from */
    size_t lingering_count;
    struct gw_timer sweep;

    bool is_draining;
    bool is_closing;
    void (*on_drained)(void *owner);
    void *drain_owner;
    struct gw_task settle; /* looks whether draining or closing is over */
};

/* What a connection without an open request is doing, as far as can be seen from outside h2o. */
enum connection_phase { CONNECTION_IDLE, CONNECTION_HEAD, CONNECTION_BODY };

struct connection {
    struct gw_list link; /* in server->connections */
    struct gw_http_server *server;
    h2o_socket_t *sock;
    size_t requests;                 /* open */
    struct gw_http_request *waiting; /* HTTP/1: the open one */

    enum connection_phase phase;
    int64_t phase_since_us;
    size_t phase_size;      /* bytes that were in the input buffer when we last looked */
    uint64_t phase_arrived; /* bytes the kernel had received by then */

    uint32_t resets; /* HTTP/2 requests ended early, since resets_since_us */
    int64_t resets_since_us;
    bool is_abusive; /* refused whatever it asks, until it is gone */

    int linger_fd; /* -1, or a copy of the socket to go on reading from after h2o closed it */
    char peer[PEER_TEXT_SIZE];
};

struct gw_http_request {
    h2o_generator_t generator;
    struct gw_list link; /* in server->requests */
    h2o_req_t *h2o;
    struct connection *connection;
    struct gw_http_server *server;
    const struct gw_http_reply_ops *ops;
    void *owner;
    struct gw_http_headers headers;
    struct gw_arena arena;

    uint64_t length; /* of the body announced, or GW_HTTP_LENGTH_UNKNOWN */
    uint64_t given;  /* body bytes passed on so far */
    bool is_started; /* the head was given */
    bool is_written; /* h2o has begun to write */
    bool is_chunked; /* we write the framing of chunks */
    bool is_bodiless;
    bool is_sending; /* a send waits for on_sent */
    bool is_over;    /* finished, aborted, or the owner was told that the client is gone */
    bool is_cut;     /* to be cut off as soon as h2o lets us */
    bool is_watched; /* the socket tells us when the client leaves (HTTP/1) */
    char chunk_head[24];
    char *copy;           /* HTTP/2: what is being sent, see reply.c */
    struct gw_task sent;  /* on_sent for a send that h2o did not need to see */
    struct gw_timer look; /* at a client that sent more while it waits */
};

/* ---- connection.c ------------------------------------------------------------------ */

void gw_connection_open(struct gw_http_server *server, h2o_socket_t *sock);
struct connection *gw_connection_of(h2o_req_t *req);
/* The kernel ends it both ways; h2o then finds out by itself. */
void gw_connection_kick(struct connection *connection);
/* After its close, what the client still sends is read for a moment, so that it sees our answer. */
void gw_connection_linger(struct connection *connection);
void gw_connection_sweep(struct gw_timer *timer);
void gw_connection_count_reset(struct connection *connection);
void gw_connection_end_lingering(struct gw_http_server *server);
/* Whether the peer has closed or reset its side. */
bool gw_connection_is_left(const struct connection *connection);

/* ---- server.c ---------------------------------------------------------------------- */

void gw_server_connection_gone(struct gw_http_server *server);

/* ---- request.c --------------------------------------------------------------------- */

int gw_request_take_over(h2o_handler_t *handler, h2o_req_t *req); /* h2o's on_req */
void gw_request_unwatch(struct gw_http_request *request);
/* Tells the owner, then ends what is left. */
void gw_request_lost(struct gw_http_request *request);
void gw_request_lose_all(struct gw_http_server *server);
/* From now on the owner is not told anything any more. */
void gw_request_over(struct gw_http_request *request);

/* ---- reply.c ----------------------------------------------------------------------- */

void gw_reply_proceed(h2o_generator_t *generator, h2o_req_t *req);
void gw_reply_sent_task(struct gw_task *task);
void gw_reply_cut(struct gw_http_request *request);

#endif
