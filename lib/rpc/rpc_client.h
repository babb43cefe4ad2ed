/* SPDX-License-Identifier: MIT */
/*
 * rpc_client - calls to another daemon's gRPC server.
 *
 * Messages are packed bytes; lib/wire makes and reads them. Everything here belongs to the
 * loop's thread, callbacks run there, never inside the call that asked for them.
 */
#ifndef LIB_RPC_RPC_CLIENT_H
#define LIB_RPC_RPC_CLIENT_H

#include "lib/base/err.h"
#include "lib/base/text.h"
#include "lib/net/loop.h"
#include "lib/rpc/courier.h"

/* Waits between attempts to open a stream again, for lib/units/backoff.h. */
#define GW_RPC_WAIT_FIRST_US INT64_C(100000)
#define GW_RPC_WAIT_MOST_US  INT64_C(2000000)

struct gw_rpc_client; /* one channel; reconnects by itself with backoff and jitter */
struct gw_rpc_stream; /* one open call, either end */

struct gw_rpc_client_conf {
    const char *target; /* "host:port", "[::1]:port" or "unix:/path" */
    const char *token;  /* shown to the server as "authorization: Bearer"; NULL: none */
    const char *ca_file, *certificate_file, *key_file; /* all NULL: clear text */
};

enum gw_err gw_rpc_client_open(struct gw_courier *courier, struct gw_loop *loop,
                               const struct gw_rpc_client_conf *conf,
                               struct gw_rpc_client **ret_client,
                               struct gw_fault *fault) GW_MUST_USE;
/*
 * Its calls end first: their on_done and done run (GW_E_CLOSED), then `closed`, once, later. The
 * loop must run until then. What is asked of it in between ends with GW_E_CLOSED, too.
 */
void gw_rpc_client_close_then(struct gw_rpc_client *client, void (*closed)(void *owner),
                              void *owner);
void gw_rpc_client_close(struct gw_rpc_client *client); /* for who need not know; NULL is fine */

/*
 * One question, one answer. `done` runs exactly once: GW_OK with the reply's bytes (borrowed),
 * or GW_E_UNAVAILABLE, GW_E_TIMEOUT, GW_E_UNAUTHENTICATED, GW_E_TOO_LARGE, GW_E_INTERNAL or what
 * the server said, with a sentence in `why`. A peer that cannot be reached is told at once.
 * `why` is for the log: it may come from gRPC and name addresses and files.
 */
typedef void (*gw_rpc_done)(void *owner, enum gw_err err, struct gw_text reply, const char *why);
void gw_rpc_call(struct gw_rpc_client *client, const char *method, struct gw_text request,
                 int64_t timeout_us, gw_rpc_done done, void *owner);

struct gw_rpc_stream_ops {
    void (*on_open)(void *owner); /* the peer accepted the call; client end only, may be NULL */
    /* A message, borrowed. The next one is asked for when this returns (see pause). */
    void (*on_message)(void *owner, struct gw_text message);
    /* The message given to gw_rpc_stream_send() is on its way. May be NULL. */
    void (*on_sent)(void *owner);
    /* The call is over and will be freed when this returns. GW_OK: the peer ended it in order. */
    void (*on_done)(void *owner, enum gw_err err, const char *why);
};

/*
 * A stream both ways. Not retried: open a new one from on_done, after a timer
 * (lib/units/backoff.h).
 *
 * While the last attempt to connect has failed, a new stream waits up to two seconds for the
 * connection, so that it opens the moment the peer is back; otherwise it fails at once.
 */
struct gw_rpc_stream *gw_rpc_stream_open(struct gw_rpc_client *client, const char *method,
                                         const struct gw_rpc_stream_ops *ops, void *owner);

/* Either end, from here on. One send at a time: wait for on_sent. The bytes are copied. */
bool gw_rpc_stream_may_send(const struct gw_rpc_stream *stream);
void gw_rpc_stream_send(struct gw_rpc_stream *stream, struct gw_text message); /* from open on */
void gw_rpc_stream_pause(struct gw_rpc_stream *stream);  /* no further on_message ... */
void gw_rpc_stream_resume(struct gw_rpc_stream *stream); /* ... until here; holds the peer back */
/*
 * Ends it: in order (GW_OK), or with a failure; a server's is told to the peer. No on_message or
 * on_sent from here on; on_done still runs, later. Harmless when it is ending already.
 */
void gw_rpc_stream_end(struct gw_rpc_stream *stream, enum gw_err err, const char *why);

#endif
