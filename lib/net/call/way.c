/* SPDX-License-Identifier: MIT */
/*
 * A connection until it may carry a request. Directly that is when the stream is open. Behind a
 * proxy the stream is opened twice: to the proxy, to which is then talked, and, if the origin
 * speaks TLS, once more through it.
 */
#include <stdio.h>

#include "lib/net/call/inside.h"

static void fail_at_proxy(struct conn *conn, const char *text)
{
    gw_call_not_connected(conn->call, GW_HTTP_FAILURE_PROXY, text);
}

static void pass_through(struct conn *conn)
{
    const struct origin *origin = conn->origin;

    proxy_talk_free(conn->talk);
    conn->talk = NULL;
    conn->is_through = true;
    gw_stream_read_stop(&conn->stream);
    if (origin->is_tls) {
        struct gw_stream_peer peer = gw_client_peer(origin->client, origin->host, origin->port);

        gw_stream_secure(&conn->stream, &peer);
    } else {
        gw_call_connected(conn->call);
    }
}

void gw_way_writable(struct conn *conn)
{
    struct gw_text text = proxy_talk_say(conn->talk);
    struct iovec vec = {(char *)text.at, text.len};
    ssize_t written;

    if (text.len == 0) {
        return;
    }
    written = gw_stream_write(&conn->stream, &vec, 1);
    if (written < 0) {
        fail_at_proxy(conn, "closed the connection");
        return;
    }
    proxy_talk_said(conn->talk, (size_t)written); /* on_writable comes if that was not all */
}

static void hear(struct conn *conn, size_t count)
{
    const char *text;

    switch (proxy_talk_heard(conn->talk, count, &text)) {
    case PROXY_MORE:
        gw_way_writable(conn);
        break;
    case PROXY_DONE:
        pass_through(conn);
        break;
    case PROXY_FAILED: {
        char reason[160];

        snprintf(reason, sizeof(reason), "%s", text); /* the talk dies with the connection */
        fail_at_proxy(conn, reason);
        break;
    }
    }
}

void gw_way_readable(struct conn *conn)
{
    size_t size;
    char *at = proxy_talk_room(conn->talk, &size);
    ssize_t count = gw_stream_read(&conn->stream, at, size);

    if (count == 0 || count == GW_STREAM_ERROR) {
        fail_at_proxy(conn, "closed the connection");
    } else if (count > 0) {
        hear(conn, (size_t)count);
    }
}

static void start_talk(struct conn *conn)
{
    const struct origin *origin = conn->origin;
    const char *text;

    conn->talk = proxy_talk_new(origin->proxy, origin->host, origin->port, &text);
    if (conn->talk == NULL) {
        fail_at_proxy(conn, text);
        return;
    }
    gw_stream_read_start(&conn->stream);
    gw_way_writable(conn);
}

void gw_way_open(void *owner)
{
    struct conn *conn = owner;

    if (conn->is_through) {
        gw_call_connected(conn->call);
    } else {
        start_talk(conn);
    }
}

void gw_way_fail(void *owner, bool is_tls, const char *text)
{
    struct conn *conn = owner;

    gw_call_not_connected(conn->call, is_tls ? GW_HTTP_FAILURE_TLS : GW_HTTP_FAILURE_CONNECT, text);
}
