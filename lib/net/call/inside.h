/* SPDX-License-Identifier: MIT */
/*
 * inside - the HTTP client's structures, shared by the files that make it up.
 *
 *     client.c   a call: its time, its end, sending the request
 *     request.c  the head of a request
 *     connect.c  from an origin to a connection
 *     answer.c   the answer, from its first byte to its end
 *     origin.c   origins, their addresses, and connections that wait for the next call
 *     way.c      a connection until it may carry a request
 *     proxy.c    what is said to a proxy until the way is open
 *     url.c      origins and proxies as people write them
 */
#ifndef LIB_NET_CALL_INSIDE_H
#define LIB_NET_CALL_INSIDE_H

#include "lib/net/call/framing.h"
#include "lib/net/call/proxy.h"
#include "lib/net/guard.h"
#include "lib/net/http_client.h"
#include "lib/net/resolve.h"
#include "lib/net/stream.h"

#define ORIGIN_BUCKETS 1024
#define READ_SIZE      ((size_t)64 << 10)

struct gw_http_client {
    struct gw_loop *loop;
    struct gw_http_client_conf conf;
    char *ca_file;
    SSL_CTX *tls; /* made with the first call that needs it, as are the sessions */
    struct gw_tls_sessions *sessions;
    struct gw_resolver *resolver;
    struct gw_list origins[ORIGIN_BUCKETS];
    size_t call_count;

    struct gw_list idle; /* all waiting connections, the longest waiting first */
    struct gw_timer expiry;

    char *scratch; /* READ_SIZE bytes: where reads go before it is known how much there is */
    char *spare;   /* another of these, or NULL */
};

struct origin {
    struct gw_list link; /* in its bucket */
    struct gw_http_client *client;
    char *host;
    uint16_t port;
    bool is_tls;
    struct gw_http_proxy *proxy; /* NULL: none; its texts are ours */
    size_t calls;                /* that know this origin */

    struct gw_list idle; /* waiting connections, the one used last first */
    size_t idle_count;

    struct gw_addresses addresses; /* of the proxy where there is one */
    struct gw_resolve *resolve;    /* a question that is out, or NULL */
    struct gw_list resolving;      /* calls that wait for it */
};

struct conn {
    struct gw_list link;     /* in origin->idle */
    struct gw_list all_link; /* in client->idle */
    struct origin *origin;
    struct gw_stream stream;
    struct gw_http_call *call; /* NULL while it waits */
    struct proxy_talk *talk;   /* until the proxy has opened the way, or NULL */
    bool is_through;           /* speaks to the origin, not to a proxy */
    int64_t idle_since_us;
    bool is_used; /* has carried a call before the present one */
    struct gw_task death;
};

/* What is in the call's hands or on its way there. */
struct bytes {
    char *at;
    size_t start; /* of what is valid */
    size_t len;
    size_t room;
};

enum call_state {
    CALL_NEW,
    CALL_RESOLVING,
    CALL_CONNECTING,
    CALL_HEAD, /* sending, or waiting for the head */
    CALL_BODY,
    CALL_ENDING, /* whole, but not all taken */
    CALL_OVER,
};

struct gw_http_call {
    struct gw_task task; /* begin, end, or free: whatever is due at the end of the turn */
    struct gw_list link; /* in origin->resolving */
    struct gw_http_client *client;
    struct origin *origin;
    struct conn *conn;
    const struct gw_http_call_ops *ops;
    void *owner;
    enum call_state state;

    struct gw_timer timer;
    struct gw_http_timeouts timeouts;
    int64_t opened_us;
    int64_t total_due_us; /* INT64_MAX: no limit */
    int64_t phase_due_us;
    int64_t address_due_us; /* when the next address gets its chance */
    struct gw_http_call_times times;
    size_t next_address;

    size_t sent; /* of head and pieces together */
    size_t send_size;

    size_t scanned; /* of a head that came in pieces */
    enum gw_http_body body;
    uint64_t left;
    struct gw_http_chunks chunks;
    bool keeps_alive;

    bool is_to_head; /* the method is HEAD */
    bool was_retried;
    bool is_answered; /* a byte of answer has come */
    bool is_told;     /* on_body was called and nothing taken since */
    bool is_telling;  /* inside on_body */
    bool is_paused;
    bool is_closed; /* by its owner */
    bool is_bad;    /* the request cannot be sent as it is */

    struct bytes in;  /* decoded and not taken; before CALL_BODY a head in the making */
    struct bytes out; /* taken */

    int vec_count;
    struct iovec vecs[]; /* the head, then the body's pieces; the head's bytes follow */
};

/* ---- origin.c ---------------------------------------------------------------------- */

/* The one for that way to that origin; `proxy` may be NULL. */
struct origin *gw_origin_get(struct gw_http_client *client, const struct gw_http_origin *key,
                             const struct gw_http_proxy *proxy);
const char *gw_origin_hop(const struct origin *origin); /* the host that is connected to */
void gw_origin_release(struct origin *origin); /* by a call; forgets it when nobody needs it */

/* A waiting connection, now the call's, or NULL. */
struct conn *gw_conn_reuse(struct origin *origin, struct gw_http_call *call);
struct conn *gw_conn_open(struct origin *origin, struct gw_http_call *call, size_t address);
void gw_conn_keep(struct conn *conn);  /* the call is done with it; it waits for the next */
void gw_conn_close(struct conn *conn); /* freed later */
/* Whom to expect behind TLS; `host` is borrowed. */
struct gw_stream_peer gw_client_peer(struct gw_http_client *client, const char *host,
                                     uint16_t port);

/* Whether its addresses are known, or, when *ret_text is set, that there are none. */
bool gw_origin_knows(struct origin *origin, const char **ret_text);
void gw_origin_doubt(struct origin *origin); /* its addresses may be of no use any more */
/* gw_call_resolved() follows, later; unlink call->link to call it off. */
void gw_origin_resolve(struct origin *origin, struct gw_http_call *call);

/* ---- client.c ---------------------------------------------------------------------- */

#define KEEP_MAX ((size_t)4096) /* a larger buffer is not kept for the next event */

int64_t gw_call_now_us(const struct gw_http_call *call);
int64_t gw_call_due_in(const struct gw_http_call *call, int64_t delay_us); /* 0: never */
void gw_call_arm(struct gw_http_call *call); /* a deadline has come nearer */
void gw_call_enter(struct gw_http_call *call, enum call_state state, int64_t limit_us);
void gw_call_drop_conn(struct gw_http_call *call);
/* Over. The owner is told and may close the call. */
void gw_call_fail(struct gw_http_call *call, enum gw_http_failure failure, const char *text);
void gw_call_start_sending(struct gw_http_call *call);
void gw_call_writable(struct gw_http_call *call);

/* ---- request.c --------------------------------------------------------------------- */

size_t gw_request_room(const struct gw_http_send *send); /* enough for its head */
/* Writes the head at `at`; false when it cannot be sent. */
bool gw_request_write(const struct gw_http_send *send, size_t body_size, char *at,
                      struct iovec *ret_vec);

/* ---- connect.c --------------------------------------------------------------------- */

void gw_call_begin(struct gw_http_call *call);        /* or again, after a connection died */
void gw_call_address_late(struct gw_http_call *call); /* the next one's turn */
void gw_call_connected(struct gw_http_call *call);
/* After GW_HTTP_FAILURE_CONNECT, which stands for the proxy, too, the next address is tried. */
void gw_call_not_connected(struct gw_http_call *call, enum gw_http_failure failure,
                           const char *text);
void gw_call_connect_late(struct gw_http_call *call);
void gw_call_resolved(struct gw_http_call *call, const char *text); /* NULL: addresses are there */

/* ---- way.c ------------------------------------------------------------------------- */

void gw_way_open(void *owner);
void gw_way_fail(void *owner, bool is_tls, const char *text);
void gw_way_readable(struct conn *conn);
void gw_way_writable(struct conn *conn);

/* ---- answer.c ---------------------------------------------------------------------- */

/* Reads once; false when there was nothing. The owner may have closed the call after it. */
bool gw_call_readable(struct gw_http_call *call);
/* The connection has ended, properly or not. */
void gw_call_closed(struct gw_http_call *call, bool is_proper);
void gw_call_end_if_taken(struct gw_http_call *call);
void gw_call_recycle(struct gw_http_client *client, struct bytes *bytes);

#endif
