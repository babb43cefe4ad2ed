/* SPDX-License-Identifier: MIT */
/*
 * tls_inside - what the other files of this room need to know about TLS.
 */
#ifndef LIB_NET_TLS_INSIDE_H
#define LIB_NET_TLS_INSIDE_H

#include <openssl/ssl.h>

#include "lib/net/tls.h"

SSL_CTX *gw_tls_server_context(struct gw_tls_server *tls);

/* Why OpenSSL failed last on this thread; forgets it. */
void gw_tls_reason(char *ret_text, size_t size);

#endif
