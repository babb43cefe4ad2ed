/* SPDX-License-Identifier: MIT */
/*
 * stream - a connection we open: TCP, TLS over TCP, or a unix socket.
 *
 * Nothing is buffered here: the owner reads and writes when it is told that it can. The peer of
 * a TLS stream is the host it was opened for, or the handshake fails. Everything belongs to the
 * loop's thread.
 */
#ifndef LIB_NET_STREAM_H
#define LIB_NET_STREAM_H

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "lib/net/fd.h"
#include "lib/net/tls.h"

struct gw_stream_ops {
    void (*on_open)(void *owner); /* connected, and the handshake is done */
    /* Refused, unreachable, or, when `is_tls`, not the peer we trust. The stream is of no use. */
    void (*on_fail)(void *owner, bool is_tls, const char *text);
    void (*on_readable)(void *owner);
    void (*on_writable)(void *owner); /* once, after a write that was cut short */
};

/* Who must be at the other end of TLS. All of it must live as long as the stream. */
struct gw_stream_peer {
    SSL_CTX *tls;                     /* NULL: clear text */
    const char *host;                 /* to be verified; a name or a literal address */
    uint16_t port;                    /* tells the sessions of one host apart */
    struct gw_tls_sessions *sessions; /* NULL: each handshake is a full one */
};

struct gw_stream {
    struct gw_loop *loop;
    const struct gw_stream_ops *ops;
    void *owner;
    int fd;
    struct gw_fd *watch;
    SSL *ssl;                   /* NULL: clear text */
    SSL *outer;                 /* around `ssl`, when there are two; NULL otherwise */
    struct gw_stream_peer peer; /* of `ssl` */
    bool is_open;
    bool is_reading;
    int reason;           /* errno of a connect that failed at once */
    struct gw_task again; /* TLS holds bytes that the kernel does not know of */
};

struct gw_stream_target {
    const struct sockaddr_storage *address;
    socklen_t address_size;
    struct gw_stream_peer peer;
};

void gw_stream_init(struct gw_stream *stream, struct gw_loop *loop, const struct gw_stream_ops *ops,
                    void *owner);
/* Begins to connect. on_open or on_fail follows, but not inside this call. */
void gw_stream_connect(struct gw_stream *stream, const struct gw_stream_target *target);
/*
 * TLS from now on, inside of what is there, for a peer behind a proxy; open, and nothing unread.
 * on_open or on_fail follows once more, but not inside this call.
 */
void gw_stream_secure(struct gw_stream *stream, const struct gw_stream_peer *peer);
void gw_stream_close(struct gw_stream *stream); /* no call-outs any more; harmless if closed */

void gw_stream_read_start(struct gw_stream *stream);
void gw_stream_read_stop(struct gw_stream *stream);

#define GW_STREAM_AGAIN (-1) /* nothing to read, or no room to write, for the moment */
#define GW_STREAM_ERROR (-2) /* reset, or broken TLS; ret 0 of a read is a proper end */

ssize_t gw_stream_read(struct gw_stream *stream, void *at, size_t size);
/* Bytes taken; asks for on_writable when that is not all of them. */
ssize_t gw_stream_write(struct gw_stream *stream, const struct iovec *vecs, int count);

/* A context for calling: verifies peers against `ca_file`, or the system's store if NULL. */
SSL_CTX *gw_stream_tls_new(const char *ca_file);

#endif
