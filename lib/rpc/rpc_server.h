/* SPDX-License-Identifier: MIT */
/*
 * rpc_server - listen, accept calls by method name.
 *
 * Everything belongs to the loop's thread. The standard health check is answered here.
 */
#ifndef LIB_RPC_RPC_SERVER_H
#define LIB_RPC_RPC_SERVER_H

#include "lib/rpc/rpc_client.h"

struct gw_rpc_server;
struct gw_rpc_question; /* a unary call that waits for its answer */

/* One row per method; exactly one of the two functions is set. */
struct gw_rpc_method {
    const char *name; /* "/millrace.admin.v1.Admin/Call" */
    /*
     * Unary: answer now or later with gw_rpc_answer(), exactly once, also while the server
     * closes. `request` is borrowed until then.
     */
    void (*on_question)(void *owner, struct gw_rpc_question *question, struct gw_text request);
    /* Stream: set *ret_ops and *ret_owner for the new stream, or return an error to refuse it. It
     * is over when on_done ran; never after a refusal. */
    enum gw_err (*on_stream)(void *owner, struct gw_rpc_stream *stream,
                             const struct gw_rpc_stream_ops **ret_ops, void **ret_owner);
};

struct gw_rpc_server_conf {
    const char *listen; /* "127.0.0.1:9000", "0.0.0.0:0" or "unix:/path" */
    const char *token;  /* callers must show it; compared in constant time; NULL: none */
    /* All NULL: clear text. With a ca, callers must show a certificate it signed. */
    const char *ca_file, *certificate_file, *key_file;
};

/*
 * GW_E_UNAVAILABLE names the address when it cannot be had, GW_E_INVALID an address, token or
 * file that is none. Ports are never shared; a unix socket nobody listens on is replaced.
 */
enum gw_err gw_rpc_server_open(struct gw_courier *courier, struct gw_loop *loop,
                               const struct gw_rpc_server_conf *conf,
                               const struct gw_rpc_method *methods, size_t method_count,
                               void *owner, struct gw_rpc_server **ret_server,
                               struct gw_fault *fault) GW_MUST_USE;
int gw_rpc_server_port(const struct gw_rpc_server *server); /* 0 for a unix socket */
void gw_rpc_server_set_serving(struct gw_rpc_server *server, bool is_serving); /* for health */
/*
 * Refuses new calls, cancels open ones (their on_done runs), then `closed` runs, once, later. The
 * loop must run until then.
 */
void gw_rpc_server_close(struct gw_rpc_server *server, void (*closed)(void *owner), void *owner);

/* Answers and forgets the question. err other than GW_OK: `reply` is ignored, `why` is told. */
void gw_rpc_answer(struct gw_rpc_question *question, enum gw_err err, struct gw_text reply,
                   const char *why);

#endif
