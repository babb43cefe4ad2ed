/* SPDX-License-Identifier: MIT */
/*
 * http_client - one request to one origin over HTTP/1.1; our own engine on the loop's sockets.
 *
 * Every failure keeps its name: refused, timed out (which timer), closed early, not HTTP. An
 * answer that ends before its framing says so is a failure, never an end. Idle connections are
 * kept per origin. One client per loop; everything belongs to the loop's thread.
 */
#ifndef LIB_NET_HTTP_CLIENT_H
#define LIB_NET_HTTP_CLIENT_H

#include <stdint.h>

#include "lib/net/guard.h"
#include "lib/net/http.h"
#include "lib/net/loop.h"

struct gw_http_client; /* the pools of one loop */
struct gw_http_call;   /* one request and its answer */

/* Where to. Texts are borrowed for the time of the call that takes them. */
struct gw_http_origin {
    struct gw_text host; /* name, IPv4, IPv6 without brackets, or "/path" of a unix socket */
    uint16_t port;
    bool tls;
};

/* Splits "https://host:port/base?x" ; GW_E_INVALID when it is no such URL. Borrows from `url`. */
enum gw_err gw_http_origin_parse(struct gw_text url, struct gw_http_origin *ret_origin,
                                 struct gw_text *ret_rest) GW_MUST_USE;

/*
 * ---- Egress proxies. Origins of both kinds are tunnelled: CONNECT, or SOCKS. Names are resolved
 * by the proxy, so the guard sees its addresses, but only those of origins that are written as
 * addresses, or are called localhost.
 */

enum gw_http_proxy_kind {
    GW_HTTP_PROXY_HTTP,
    GW_HTTP_PROXY_HTTPS,  /* TLS to the proxy, and the origin's own inside */
    GW_HTTP_PROXY_SOCKS5, /* RFC 1928, 1929 */
    GW_HTTP_PROXY_SOCKS4, /* 4a for names; shows the user, has no password, knows no IPv6 */
};

struct gw_http_proxy {
    enum gw_http_proxy_kind kind;
    struct gw_text host; /* name, IPv4, or IPv6 without brackets */
    uint16_t port;
    struct gw_text user; /* empty: no credentials */
    struct gw_text password;
};

/* Where the parser puts user and password, which are percent-encoded in URLs. */
struct gw_http_proxy_room {
    char user[255], password[255];
};

/*
 * "http|https|socks5|socks4://[user[:password]@]host[:port]"; ports 80, 443 and 1080 unless given.
 * GW_E_INVALID when it is no such URL. Borrows from `url` and `room`.
 */
enum gw_err gw_http_proxy_parse(struct gw_text url, struct gw_http_proxy_room *room,
                                struct gw_http_proxy *ret_proxy) GW_MUST_USE;

struct gw_http_client_conf {
    size_t idle_per_origin_max;
    int64_t idle_timeout_us;
    const char *ca_file; /* PEM; NULL: the system's store */
    /* What may be connected to, borrowed for the client's life; NULL: everything. */
    const struct gw_guard *guard;
};

struct gw_http_client *gw_http_client_new(struct gw_loop *loop,
                                          const struct gw_http_client_conf *conf);
void gw_http_client_free(struct gw_http_client *client); /* no calls open; idle connections close */

/* 0 means no limit. All in microseconds. */
struct gw_http_timeouts {
    int64_t connect_us;    /* DNS, TCP and TLS together */
    int64_t first_byte_us; /* from the request sent to the head of the answer */
    int64_t idle_us;       /* between two reads of the body; not while paused */
    int64_t total_us;      /* from open to end */
};

/* What happened, in words that survive translation into a status and a breaker decision. */
enum gw_http_failure {
    GW_HTTP_FAILURE_DNS,
    GW_HTTP_FAILURE_CONNECT, /* refused, unreachable */
    GW_HTTP_FAILURE_CONNECT_TIMEOUT,
    GW_HTTP_FAILURE_TLS,  /* handshake or certificate */
    GW_HTTP_FAILURE_SEND, /* closed or reset while the request was written */
    GW_HTTP_FAILURE_FIRST_BYTE_TIMEOUT,
    GW_HTTP_FAILURE_CLOSED,    /* closed or reset before the whole head */
    GW_HTTP_FAILURE_TRUNCATED, /* closed or reset inside the body */
    GW_HTTP_FAILURE_IDLE_TIMEOUT,
    GW_HTTP_FAILURE_TOTAL_TIMEOUT,
    GW_HTTP_FAILURE_PROTOCOL,  /* not HTTP, or ambiguous framing */
    GW_HTTP_FAILURE_FORBIDDEN, /* the guard refuses each of the host's addresses; none was tried */
    GW_HTTP_FAILURE_PROXY,     /* it cannot be reached, does not let us in, or makes no sense */
};
const char *gw_http_failure_name(enum gw_http_failure failure); /* "connect_timeout" */

struct gw_http_answer {
    int status;                     /* 200..599; 1xx are swallowed */
    struct gw_http_headers headers; /* borrowed during on_head */
    uint64_t length;                /* or GW_HTTP_LENGTH_UNKNOWN */
};

/* None of these runs before gw_http_call_open() has returned. */
struct gw_http_call_ops {
    void (*on_head)(void *owner, const struct gw_http_answer *answer);
    /*
     * Decoded body bytes are waiting: take them with gw_http_call_take(). Called again when more
     * arrive after a take. Not called while nothing new arrived.
     */
    void (*on_body)(void *owner);
    /* The body is complete and all of it was taken. The call is over. */
    void (*on_end)(void *owner);
    /* The call is over. `text` says more, for the log; borrowed. */
    void (*on_fail)(void *owner, enum gw_http_failure failure, const char *text);
};

struct gw_http_send {
    struct gw_http_origin origin;
    const struct gw_http_proxy *proxy; /* NULL: none; copied */
    struct gw_text method;
    struct gw_text target;          /* path and query */
    struct gw_http_headers headers; /* with Host; without Content-Length, Connection, T-E */
    const struct gw_text *body;     /* pieces, borrowed until on_head, on_fail or close */
    size_t body_count;
    bool has_body; /* false: no Content-Length (GET, HEAD) */
    struct gw_http_timeouts timeouts;
};

/*
 * Starts the call; heads are copied, body pieces borrowed. Connecting begins on a later turn, so
 * that a client that cancels at once costs nothing. A connection taken from the pool that turns
 * out dead before a byte of answer is replaced once by a new one.
 */
struct gw_http_call *gw_http_call_open(struct gw_http_client *client,
                                       const struct gw_http_send *send,
                                       const struct gw_http_call_ops *ops, void *owner);

/*
 * All decoded bytes that are there, without copying: borrowed until the next take or the close.
 * Not taking is how the caller holds the provider back: beyond a window (256 KiB) the socket is
 * no longer read.
 */
struct gw_text gw_http_call_take(struct gw_http_call *call);

/*
 * Whether the framing says that what the next take returns, or the last one returned, are the last
 * bytes: on_end follows. Lets a relay write the end together with them.
 */
bool gw_http_call_is_complete(const struct gw_http_call *call);

/* Ends the call at any time, also after on_end/on_fail; always needed exactly once. */
void gw_http_call_close(struct gw_http_call *call);

/* For records: microseconds since open, -1 while it has not happened. */
struct gw_http_call_times {
    int64_t connected_us; /* 0 for a pooled connection */
    int64_t sent_us;
    int64_t head_us;
};
struct gw_http_call_times gw_http_call_times(const struct gw_http_call *call);

#endif
