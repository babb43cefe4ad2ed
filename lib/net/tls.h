/* SPDX-License-Identifier: MIT */
/*
 * tls - contexts for our listeners and for the origins we call.
 *
 * The host name of every peer we call is verified by us, on full handshakes and on resumed
 * sessions: libh2o 2.2.5 does it on neither (see the essay in stream.c).
 */
#ifndef LIB_NET_TLS_H
#define LIB_NET_TLS_H

#include "lib/base/err.h"
#include "lib/base/text.h"

struct gw_tls_server;

/* PEM files; the chain begins with the server's own certificate. */
enum gw_err gw_tls_server_open(const char *certificate_file, const char *key_file,
                               struct gw_tls_server **ret_tls, struct gw_fault *fault) GW_MUST_USE;
void gw_tls_server_close(struct gw_tls_server *tls);

#endif
