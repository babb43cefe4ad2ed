/* SPDX-License-Identifier: MIT */
/*
 * Our listeners' side of TLS. The calling side lives in stream.c: it is not built on h2o's
 * sockets, because h2o 2.2.5 checks the peer's name only when the handshake ends with nothing to
 * write, which on TLS 1.3 and on resumed sessions is never.
 */
#include "lib/net/tls.h"

#include <openssl/err.h>

#include "lib/net/loop_inside.h"
#include "lib/net/tls_inside.h"

struct gw_tls_server {
    SSL_CTX *context;
};

SSL_CTX *gw_tls_server_context(struct gw_tls_server *tls)
{
    return tls->context;
}

void gw_tls_reason(char *ret_text, size_t size)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);

    snprintf(ret_text, size, "%s", reason == NULL ? "unknown reason" : reason);
    ERR_clear_error();
}

static enum gw_err fail(struct gw_fault *fault, const char *what, const char *file)
{
    char reason[160];

    gw_tls_reason(reason, sizeof(reason));
    return gw_fail(fault, GW_E_INVALID, "cannot use %s \"%s\": %s", what, file, reason);
}

enum gw_err gw_tls_server_open(const char *certificate_file, const char *key_file,
                               struct gw_tls_server **ret_tls, struct gw_fault *fault)
{
    static const unsigned char SESSIONS[] = "gw";
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    enum gw_err err;

    GW_CHECK(context != NULL);
    ERR_clear_error();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_id_context(context, SESSIONS, sizeof(SESSIONS) - 1);

    if (SSL_CTX_use_certificate_chain_file(context, certificate_file) != 1) {
        err = fail(fault, "certificate file", certificate_file);
        goto out;
    }
    if (SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        err = fail(fault, "key file", key_file);
        goto out;
    }
    h2o_ssl_register_alpn_protocols(context, h2o_http2_alpn_protocols);
    *ret_tls = GW_NEW(struct gw_tls_server);
    (*ret_tls)->context = context;
    return GW_OK;

out:
    SSL_CTX_free(context);
    return err;
}

void gw_tls_server_close(struct gw_tls_server *tls)
{
    if (tls != NULL) {
        SSL_CTX_free(tls->context); /* connections hold references of their own */
        gw_free(tls);
    }
}
