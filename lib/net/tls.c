/* SPDX-License-Identifier: MIT */
/*
 * Our listeners' side of TLS. The calling side lives in stream.c: it is not built on h2o's
 * sockets, because h2o 2.2.5 checks the peer's name only when the handshake ends with nothing to
 * write, which on TLS 1.3 and on resumed sessions is never.
 */
#include "lib/net/tls.h"

#include <openssl/err.h>
#include <time.h>

#include "lib/base/text.h"
#include "lib/net/loop_inside.h"
#include "lib/net/tls_inside.h"

#define BUCKETS 128

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

/* ---- Sessions ---------------------------------------------------------------------------- */

struct kept {
    struct gw_list link; /* in its bucket */
    struct gw_list age;  /* the oldest first */
    SSL_SESSION *session;
    uint16_t port;
    char host[];
};

struct gw_tls_sessions {
    size_t max, count;
    struct gw_list ages;
    struct gw_list buckets[BUCKETS];
};

static struct gw_list *bucket_of(struct gw_tls_sessions *sessions, const char *host, uint16_t port)
{
    return &sessions->buckets[(gw_text_hash(gw_text_of(host)) + port) % BUCKETS];
}

static struct kept *find(struct gw_tls_sessions *sessions, const char *host, uint16_t port)
{
    GW_LIST_EACH (bucket_of(sessions, host, port), node) {
        struct kept *kept = GW_CONTAINER(node, struct kept, link);

        if (kept->port == port && strcmp(kept->host, host) == 0) {
            return kept;
        }
    }
    return NULL;
}

static void kept_free(struct gw_tls_sessions *sessions, struct kept *kept)
{
    gw_list_unlink(&kept->link);
    gw_list_unlink(&kept->age);
    SSL_SESSION_free(kept->session);
    gw_free(kept);
    sessions->count--;
}

struct gw_tls_sessions *gw_tls_sessions_new(size_t peers_max)
{
    struct gw_tls_sessions *sessions = GW_NEW(struct gw_tls_sessions);

    GW_CHECK(peers_max > 0);
    sessions->max = peers_max;
    gw_list_init(&sessions->ages);
    for (size_t i = 0; i < BUCKETS; i++) {
        gw_list_init(&sessions->buckets[i]);
    }
    return sessions;
}

void gw_tls_sessions_free(struct gw_tls_sessions *sessions)
{
    if (sessions == NULL) {
        return;
    }
    GW_LIST_EACH (&sessions->ages, age) {
        kept_free(sessions, GW_CONTAINER(age, struct kept, age));
    }
    gw_free(sessions);
}

static bool is_usable(const SSL_SESSION *session)
{
    return SSL_SESSION_is_resumable(session) &&
           (long)time(NULL) - SSL_SESSION_get_time(session) < SSL_SESSION_get_timeout(session);
}

struct ssl_session_st *gw_tls_sessions_find(struct gw_tls_sessions *sessions, const char *host,
                                            uint16_t port)
{
    struct kept *kept = find(sessions, host, port);

    if (kept == NULL) {
        return NULL;
    }
    if (!is_usable(kept->session)) {
        kept_free(sessions, kept);
        return NULL;
    }
    return kept->session;
}

void gw_tls_sessions_keep(struct gw_tls_sessions *sessions, const char *host, uint16_t port,
                          SSL_SESSION *session)
{
    size_t size = strlen(host) + 1;
    struct kept *kept;

    gw_tls_sessions_drop(sessions, host, port);
    if (sessions->count == sessions->max) {
        kept_free(sessions, GW_CONTAINER(sessions->ages.next, struct kept, age));
    }
    kept = gw_must_alloc(sizeof(*kept) + size);
    kept->session = session;
    kept->port = port;
    memcpy(kept->host, host, size);
    gw_list_init(&kept->link);
    gw_list_init(&kept->age);
    gw_list_push_front(bucket_of(sessions, host, port), &kept->link);
    gw_list_push_back(&sessions->ages, &kept->age);
    sessions->count++;
}

void gw_tls_sessions_drop(struct gw_tls_sessions *sessions, const char *host, uint16_t port)
{
    struct kept *kept = find(sessions, host, port);

    if (kept != NULL) {
        kept_free(sessions, kept);
    }
}
