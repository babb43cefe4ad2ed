/* SPDX-License-Identifier: MIT */
/*
 * TLS runs on the socket's descriptor itself, so OpenSSL reads and writes as it needs to. Two
 * things follow. It may hold decrypted bytes while the kernel has none, and then epoll stays
 * silent: whoever stops reading early and starts again is called from a task. And a read may have
 * to write (a key update); the socket is then watched for writing and the read repeated.
 *
 * A resumed session brings no certificate that OpenSSL would look at again. It is kept under the
 * name it was verified for, and the certificate it came with is held against the name and the date
 * once more, so that a session can never stand for another peer, nor longer than its certificate.
 */
#include "lib/net/stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/net/tls_inside.h"

#define RECORD_MAX ((size_t)16384)

/* ---- TLS -------------------------------------------------------------------------------- */

/* With TLS 1.3 this comes some time after the handshake, and more than once. */
static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    const struct gw_stream_peer *peer = SSL_get_app_data(ssl);

    if (peer == NULL || peer->sessions == NULL) {
        return 0;
    }
    gw_tls_sessions_keep(peer->sessions, peer->host, peer->port, session);
    return 1;
}

SSL_CTX *gw_stream_tls_new(const char *ca_file)
{
    static const unsigned char PROTOCOLS[] = "\x08http/1.1";
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    GW_CHECK(context != NULL);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep_session);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1); /* header and body of a record in one read */
    SSL_CTX_set_alpn_protos(context, PROTOCOLS, sizeof(PROTOCOLS) - 1);
    ERR_clear_error();
    /* Without a store every handshake fails and says why; calls without TLS go on. */
    if (ca_file == NULL) {
        SSL_CTX_set_default_verify_paths(context);
    } else {
        SSL_CTX_load_verify_file(context, ca_file);
    }
    ERR_clear_error();
    return context;
}

static bool is_literal(const char *host)
{
    struct in6_addr nowhere;

    return inet_pton(AF_INET, host, &nowhere) == 1 || inet_pton(AF_INET6, host, &nowhere) == 1;
}

/* Records travel in the other's records, by a filter that OpenSSL has for it. */
static void set_inside(struct gw_stream *stream)
{
    BIO *filter = BIO_new(BIO_f_ssl());

    GW_CHECK(filter != NULL);
    BIO_set_ssl(filter, stream->outer, BIO_NOCLOSE);
    SSL_set_bio(stream->ssl, filter, filter);
}

static void set_name(SSL *ssl, const char *host)
{
    X509_VERIFY_PARAM *verify = SSL_get0_param(ssl);

    if (is_literal(host)) {
        X509_VERIFY_PARAM_set1_ip_asc(verify, host);
        return;
    }
    X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    GW_CHECK(X509_VERIFY_PARAM_set1_host(verify, host, 0) == 1);
    SSL_set_tlsext_host_name(ssl, host);
}

static void set_up_tls(struct gw_stream *stream, const struct gw_stream_peer *peer)
{
    SSL_SESSION *session = NULL;

    if (stream->ssl != NULL) {
        SSL_set_app_data(stream->ssl, NULL); /* `peer` is about to be another's */
        stream->outer = stream->ssl;
    }
    stream->peer = *peer;
    stream->ssl = SSL_new(peer->tls);
    GW_CHECK(stream->ssl != NULL);
    if (stream->outer == NULL) {
        GW_CHECK(SSL_set_fd(stream->ssl, stream->fd) == 1);
    } else {
        set_inside(stream);
    }
    SSL_set_connect_state(stream->ssl);
    SSL_set_app_data(stream->ssl, &stream->peer);
    set_name(stream->ssl, peer->host);
    if (peer->sessions != NULL) {
        session = gw_tls_sessions_find(peer->sessions, peer->host, peer->port);
    }
    if (session != NULL) {
        SSL_set_session(stream->ssl, session);
    }
}

/* What an SSL call that did not succeed has come to; arranges to be called again. */
static ssize_t tls_result(struct gw_stream *stream, int result)
{
    switch (SSL_get_error(stream->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return GW_STREAM_AGAIN;
    case SSL_ERROR_WANT_WRITE:
        gw_fd_write_once(stream->watch);
        return GW_STREAM_AGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    default:
        return GW_STREAM_ERROR;
    }
}

/* ---- Opening ---------------------------------------------------------------------------- */

static void fail(struct gw_stream *stream, bool is_tls, const char *text)
{
    gw_stream_close(stream);
    stream->ops->on_fail(stream->owner, is_tls, text);
}

static void drop_session(struct gw_stream *stream)
{
    if (stream->peer.sessions != NULL) {
        gw_tls_sessions_drop(stream->peer.sessions, stream->peer.host, stream->peer.port);
    }
}

static void fail_tls(struct gw_stream *stream)
{
    long verified = SSL_get_verify_result(stream->ssl);
    char reason[160], text[200];

    drop_session(stream); /* it may have been the reason */
    gw_tls_reason(reason, sizeof(reason));
    if (verified != X509_V_OK) {
        snprintf(text, sizeof(text), "certificate was not accepted: %s",
                 X509_verify_cert_error_string(verified));
    } else {
        snprintf(text, sizeof(text), "handshake failed: %s", reason);
    }
    fail(stream, true, text);
}

/* NULL, or what is wrong with the certificate that a resumed session stands for. */
static const char *judge_resumed(const struct gw_stream *stream)
{
    X509 *certificate = SSL_get0_peer_certificate(stream->ssl);
    const char *host = stream->peer.host;
    int matches;

    if (certificate == NULL || SSL_get_verify_result(stream->ssl) != X509_V_OK) {
        return "certificate was not accepted: not verified";
    }
    if (is_literal(host)) {
        matches = X509_check_ip_asc(certificate, host, 0);
    } else {
        matches = X509_check_host(certificate, host, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL);
    }
    if (matches != 1) {
        return "certificate was not accepted: hostname mismatch";
    }
    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0) {
        return "certificate was not accepted: certificate has expired";
    }
    return NULL;
}

static void open_now(struct gw_stream *stream)
{
    stream->is_open = true;
    gw_fd_read_stop(stream->watch);
    stream->ops->on_open(stream->owner);
}

static void shake_hands(struct gw_stream *stream)
{
    int result;

    ERR_clear_error();
    result = SSL_do_handshake(stream->ssl);
    if (result == 1) {
        const char *text = SSL_session_reused(stream->ssl) ? judge_resumed(stream) : NULL;

        if (text == NULL) {
            open_now(stream);
        } else {
            drop_session(stream);
            fail(stream, true, text);
        }
    } else if (tls_result(stream, result) == GW_STREAM_AGAIN) {
        gw_fd_read_start(stream->watch);
    } else {
        fail_tls(stream);
    }
}

static void on_connected(struct gw_stream *stream)
{
    int reason = 0;
    socklen_t size = sizeof(reason);

    getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &reason, &size);
    if (reason != 0) {
        fail(stream, false, strerror(reason));
    } else if (stream->ssl != NULL) {
        shake_hands(stream);
    } else {
        open_now(stream);
    }
}

static void on_writable(void *owner)
{
    struct gw_stream *stream = owner;

    if (stream->is_open) {
        if (stream->ssl != NULL && stream->is_reading) {
            gw_loop_later(stream->loop, &stream->again); /* it may have been a read that waited */
        }
        stream->ops->on_writable(stream->owner);
    } else if (stream->ssl != NULL && SSL_in_init(stream->ssl) && !SSL_in_before(stream->ssl)) {
        shake_hands(stream);
    } else {
        on_connected(stream);
    }
}

static void on_readable(void *owner)
{
    struct gw_stream *stream = owner;

    if (stream->is_open) {
        stream->ops->on_readable(stream->owner);
    } else {
        shake_hands(stream);
    }
}

static const struct gw_fd_ops FD_OPS = {on_readable, on_writable};

static void read_again(struct gw_task *task)
{
    struct gw_stream *stream = GW_CONTAINER(task, struct gw_stream, again);

    if (stream->fd < 0) {
        stream->ops->on_fail(stream->owner, false, strerror(stream->reason));
    } else if (stream->is_reading) {
        stream->ops->on_readable(stream->owner);
    }
}

void gw_stream_init(struct gw_stream *stream, struct gw_loop *loop, const struct gw_stream_ops *ops,
                    void *owner)
{
    *stream = (struct gw_stream){.loop = loop, .ops = ops, .owner = owner, .fd = -1};
    gw_task_init(&stream->again, read_again);
}

void gw_stream_connect(struct gw_stream *stream, const struct gw_stream_target *target)
{
    int on = 1;

    stream->fd = socket(target->address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (stream->fd < 0) {
        stream->reason = errno; /* out of descriptors, usually */
        gw_loop_later(stream->loop, &stream->again);
        return;
    }
    setsockopt(stream->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* unix sockets have none */
    if (connect(stream->fd, (const struct sockaddr *)target->address, target->address_size) != 0 &&
        errno != EINPROGRESS) {
        stream->reason = errno;
        close(stream->fd);
        stream->fd = -1;
        gw_loop_later(stream->loop, &stream->again);
        return;
    }
    stream->watch = gw_fd_watch(stream->loop, stream->fd, &FD_OPS, stream);
    if (target->peer.tls != NULL) {
        set_up_tls(stream, &target->peer);
    }
    gw_fd_write_once(stream->watch);
}

void gw_stream_secure(struct gw_stream *stream, const struct gw_stream_peer *peer)
{
    GW_CHECK(stream->is_open && stream->outer == NULL);
    gw_stream_read_stop(stream);
    stream->is_open = false;
    set_up_tls(stream, peer);
    gw_fd_write_once(stream->watch);
}

static void close_tls(SSL **ssl, bool is_open)
{
    if (*ssl != NULL) {
        if (is_open) {
            ERR_clear_error();
            SSL_shutdown(*ssl); /* says goodbye; does not wait for an answer */
            ERR_clear_error();
        }
        SSL_free(*ssl);
        *ssl = NULL;
    }
}

void gw_stream_close(struct gw_stream *stream)
{
    gw_list_unlink(&stream->again.link);
    gw_fd_unwatch(stream->watch);
    stream->watch = NULL;
    close_tls(&stream->ssl, stream->is_open);
    close_tls(&stream->outer, stream->is_open);
    if (stream->fd >= 0) {
        close(stream->fd);
        stream->fd = -1;
    }
    stream->is_open = stream->is_reading = false;
}

/* ---- Reading and writing ---------------------------------------------------------------- */

static bool has_pending(const struct gw_stream *stream)
{
    return SSL_has_pending(stream->ssl) ||
           (stream->outer != NULL && SSL_has_pending(stream->outer));
}

void gw_stream_read_start(struct gw_stream *stream)
{
    if (!stream->is_reading) {
        stream->is_reading = true;
        gw_fd_read_start(stream->watch);
        if (stream->ssl != NULL && has_pending(stream)) {
            gw_loop_later(stream->loop, &stream->again);
        }
    }
}

void gw_stream_read_stop(struct gw_stream *stream)
{
    if (stream->is_reading) {
        stream->is_reading = false;
        gw_fd_read_stop(stream->watch);
        gw_list_unlink(&stream->again.link);
    }
}

static ssize_t read_tls(struct gw_stream *stream, char *at, size_t size)
{
    size_t total = 0;

    ERR_clear_error();
    while (total < size) {
        size_t count;
        int result = SSL_read_ex(stream->ssl, at + total, size - total, &count);

        if (result != 1) {
            ssize_t outcome = tls_result(stream, result);

            return total > 0 ? (ssize_t)total : outcome; /* an end is found again next time */
        }
        total += count;
    }
    gw_loop_later(stream->loop, &stream->again); /* there may be more, inside */
    return (ssize_t)total;
}

ssize_t gw_stream_read(struct gw_stream *stream, void *at, size_t size)
{
    ssize_t count;

    if (stream->ssl != NULL) {
        return read_tls(stream, at, size);
    }
    do {
        count = read(stream->fd, at, size);
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        return errno == EAGAIN ? GW_STREAM_AGAIN : GW_STREAM_ERROR;
    }
    return count;
}

static ssize_t write_record(struct gw_stream *stream, const char *at, size_t size)
{
    size_t count;
    int result;

    ERR_clear_error();
    result = SSL_write_ex(stream->ssl, at, size, &count);
    if (result == 1) {
        return (ssize_t)count;
    }
    return tls_result(stream, result) == GW_STREAM_AGAIN ? GW_STREAM_AGAIN : GW_STREAM_ERROR;
}

/*
 * Small pieces go together into one record. After a record that could not be written OpenSSL
 * wants the same bytes again; since the caller offers what is left from the same place on, and
 * pieces are gathered the same way, it gets them.
 */
static ssize_t write_tls(struct gw_stream *stream, const struct iovec *vecs, int count)
{
    char record[RECORD_MAX];
    size_t total = 0, offset = 0;
    int vec = 0;

    for (;;) {
        size_t len = 0, at_offset = offset;
        ssize_t written;

        for (int at = vec; at < count && len < RECORD_MAX; at++, at_offset = 0) {
            size_t some = vecs[at].iov_len - at_offset;

            some = some > RECORD_MAX - len ? RECORD_MAX - len : some;
            memcpy(record + len, (const char *)vecs[at].iov_base + at_offset, some);
            len += some;
        }
        if (len == 0) {
            return (ssize_t)total;
        }
        written = write_record(stream, record, len);
        if (written < 0) {
            return written == GW_STREAM_AGAIN || total > 0 ? (ssize_t)total : written;
        }
        total += (size_t)written;
        offset += (size_t)written;
        while (vec < count && offset >= vecs[vec].iov_len) {
            offset -= vecs[vec++].iov_len;
        }
    }
}

ssize_t gw_stream_write(struct gw_stream *stream, const struct iovec *vecs, int count)
{
    ssize_t written;
    size_t size = 0;

    if (stream->ssl != NULL) {
        written = write_tls(stream, vecs, count);
    } else {
        do {
            written = writev(stream->fd, vecs, count);
        } while (written < 0 && errno == EINTR);
        if (written < 0) {
            written = errno == EAGAIN ? 0 : GW_STREAM_ERROR;
        }
    }
    for (int i = 0; i < count; i++) {
        size += vecs[i].iov_len;
    }
    if (written >= 0 && (size_t)written < size) {
        gw_fd_write_once(stream->watch);
    }
    return written;
}
