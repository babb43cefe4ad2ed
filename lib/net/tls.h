/* SPDX-License-Identifier: MIT */
/*
 * tls - contexts for our listeners and for the origins we call.
 *
 * The host name of every peer we call is verified by us, on full handshakes and on resumed
 * sessions: libh2o 2.2.5 does it on neither (see the essay in stream.c).
 */
#ifndef LIB_NET_TLS_H
#define LIB_NET_TLS_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/text.h"

struct gw_tls_server;

/* PEM files; the chain begins with the server's own certificate. */
enum gw_err gw_tls_server_open(const char *certificate_file, const char *key_file,
                               struct gw_tls_server **ret_tls, struct gw_fault *fault) GW_MUST_USE;
void gw_tls_server_close(struct gw_tls_server *tls);

/*
 * ---- Sessions: what makes the next handshake with a peer shorter, by the peer's name and port.
 * One per peer, the last one given; a bounded number of peers. For one thread.
 */

struct gw_tls_sessions;

struct gw_tls_sessions *gw_tls_sessions_new(size_t peers_max);
void gw_tls_sessions_free(struct gw_tls_sessions *sessions);

/* Borrowed; NULL when there is none that can still be used. */
struct ssl_session_st *gw_tls_sessions_find(struct gw_tls_sessions *sessions, const char *host,
                                            uint16_t port);
void gw_tls_sessions_keep(struct gw_tls_sessions *sessions, const char *host, uint16_t port,
                          struct ssl_session_st *session); /* takes over the reference */
void gw_tls_sessions_drop(struct gw_tls_sessions *sessions, const char *host, uint16_t port);

#endif
