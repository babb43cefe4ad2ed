/* SPDX-License-Identifier: MIT */
/*
 * Connections that wait for the next call are kept per origin, the one used last in front, so that
 * what is not needed stays at the back and expires. They are watched for reading all the
 * time: a peer that closes is noticed at once, and taking a connection costs no system call. One
 * that says something nobody asked for is closed.
 */
#include "lib/net/call/inside.h"

#define SESSIONS_MAX 256 /* peers whose TLS sessions are kept */

/* ---- Origins ---------------------------------------------------------------------------- */

static struct gw_list *bucket_of(struct gw_http_client *client, const struct gw_http_origin *key)
{
    return &client->origins[(gw_text_hash(key->host) + key->port) % ORIGIN_BUCKETS];
}

/* Credentials count: a proxy may give each user another way out. */
static bool is_same_proxy(const struct gw_http_proxy *a, const struct gw_http_proxy *b)
{
    if (a == NULL || b == NULL) {
        return a == b;
    }
    return a->kind == b->kind && a->port == b->port && gw_text_eq(a->host, b->host) &&
           gw_text_eq(a->user, b->user) && gw_text_eq(a->password, b->password);
}

static bool is_same(const struct origin *origin, const struct gw_http_origin *key,
                    const struct gw_http_proxy *proxy)
{
    return origin->port == key->port && origin->is_tls == key->tls &&
           gw_text_eq(gw_text_of(origin->host), key->host) && is_same_proxy(origin->proxy, proxy);
}

static struct gw_text copy_of(struct gw_text text)
{
    char *at = gw_must_alloc(text.len + 1);

    if (text.len > 0) {
        memcpy(at, text.at, text.len);
    }
    return (struct gw_text){at, text.len};
}

static void forget_text(struct gw_text text)
{
    OPENSSL_cleanse((char *)text.at, text.len);
    gw_free((char *)text.at);
}

static struct gw_http_proxy *copy_of_proxy(const struct gw_http_proxy *proxy)
{
    struct gw_http_proxy *copy = GW_NEW(struct gw_http_proxy);

    *copy = *proxy;
    copy->host = copy_of(proxy->host);
    copy->user = copy_of(proxy->user);
    copy->password = copy_of(proxy->password);
    return copy;
}

static void proxy_free(struct gw_http_proxy *proxy)
{
    if (proxy != NULL) {
        forget_text(proxy->host);
        forget_text(proxy->user);
        forget_text(proxy->password);
        gw_free(proxy);
    }
}

struct origin *gw_origin_get(struct gw_http_client *client, const struct gw_http_origin *key,
                             const struct gw_http_proxy *proxy)
{
    struct gw_list *bucket = bucket_of(client, key);
    struct origin *origin;

    GW_LIST_EACH (bucket, node) {
        origin = GW_CONTAINER(node, struct origin, link);
        if (is_same(origin, key, proxy)) {
            origin->calls++;
            return origin;
        }
    }
    origin = GW_NEW(struct origin);
    origin->client = client;
    origin->host = gw_text_dup(key->host);
    origin->port = key->port;
    origin->is_tls = key->tls;
    origin->proxy = proxy == NULL ? NULL : copy_of_proxy(proxy);
    origin->calls = 1;
    gw_list_init(&origin->link);
    gw_list_init(&origin->idle);
    gw_list_init(&origin->resolving);
    gw_list_push_front(bucket, &origin->link);
    return origin;
}

const char *gw_origin_hop(const struct origin *origin)
{
    return origin->proxy == NULL ? origin->host : origin->proxy->host.at;
}

static uint16_t port_of_hop(const struct origin *origin)
{
    return origin->proxy == NULL ? origin->port : origin->proxy->port;
}

static void forget_if_unused(struct origin *origin)
{
    if (origin->calls > 0 || origin->idle_count > 0) {
        return;
    }
    if (origin->resolve != NULL) {
        gw_resolve_cancel(origin->resolve);
    }
    gw_list_unlink(&origin->link);
    proxy_free(origin->proxy);
    gw_free(origin->host);
    gw_free(origin);
}

void gw_origin_release(struct origin *origin)
{
    origin->calls--;
    forget_if_unused(origin);
}

/* ---- Connections ------------------------------------------------------------------------ */

static void conn_free(struct gw_task *task)
{
    struct conn *conn = GW_CONTAINER(task, struct conn, death);

    gw_free(conn);
}

void gw_conn_close(struct conn *conn)
{
    gw_stream_close(&conn->stream);
    proxy_talk_free(conn->talk);
    conn->talk = NULL;
    conn->call = NULL;
    gw_loop_later(conn->origin->client->loop, &conn->death);
}

static void leave_pool(struct conn *conn)
{
    gw_list_unlink(&conn->link);
    gw_list_unlink(&conn->all_link);
    conn->origin->idle_count--;
}

static void drop_idle(struct conn *conn)
{
    struct origin *origin = conn->origin;

    leave_pool(conn);
    gw_conn_close(conn);
    forget_if_unused(origin);
}

/* TLS may have housekeeping of its own; anything else is an end or a surprise. */
static void look_at_idle(struct conn *conn)
{
    char byte;

    if (gw_stream_read(&conn->stream, &byte, 1) != GW_STREAM_AGAIN) {
        drop_idle(conn);
    }
}

static void on_readable(void *owner)
{
    struct conn *conn = owner;

    if (conn->talk != NULL) {
        gw_way_readable(conn);
    } else if (conn->call != NULL) {
        gw_call_readable(conn->call);
    } else {
        look_at_idle(conn);
    }
}

static void on_writable(void *owner)
{
    struct conn *conn = owner;

    if (conn->talk != NULL) {
        gw_way_writable(conn);
    } else if (conn->call != NULL) {
        gw_call_writable(conn->call);
    }
}

static const struct gw_stream_ops STREAM_OPS = {gw_way_open, gw_way_fail, on_readable, on_writable};

struct conn *gw_conn_reuse(struct origin *origin, struct gw_http_call *call)
{
    struct conn *conn;

    if (gw_list_is_empty(&origin->idle)) {
        return NULL;
    }
    conn = GW_CONTAINER(origin->idle.next, struct conn, link);
    leave_pool(conn);
    conn->call = call;
    conn->is_used = true;
    return conn;
}

struct gw_stream_peer gw_client_peer(struct gw_http_client *client, const char *host, uint16_t port)
{
    if (client->tls == NULL) {
        client->tls = gw_stream_tls_new(client->ca_file);
        client->sessions = gw_tls_sessions_new(SESSIONS_MAX);
    }
    return (struct gw_stream_peer){client->tls, host, port, client->sessions};
}

static bool is_tls_to_hop(const struct origin *origin)
{
    return origin->proxy == NULL ? origin->is_tls : origin->proxy->kind == GW_HTTP_PROXY_HTTPS;
}

struct conn *gw_conn_open(struct origin *origin, struct gw_http_call *call, size_t address)
{
    struct conn *conn = GW_NEW(struct conn);
    struct gw_stream_target target = {
        .address = &origin->addresses.at[address],
        .address_size = origin->addresses.size[address],
    };

    if (is_tls_to_hop(origin)) {
        target.peer = gw_client_peer(origin->client, gw_origin_hop(origin), port_of_hop(origin));
    }
    conn->origin = origin;
    conn->call = call;
    conn->is_through = origin->proxy == NULL;
    gw_list_init(&conn->link);
    gw_list_init(&conn->all_link);
    gw_task_init(&conn->death, conn_free);
    gw_stream_init(&conn->stream, origin->client->loop, &STREAM_OPS, conn);
    gw_stream_connect(&conn->stream, &target);
    return conn;
}

/* ---- Waiting ---------------------------------------------------------------------------- */

static void start_expiry(struct gw_http_client *client)
{
    struct conn *oldest;
    int64_t due_us;

    if (!gw_timer_is_running(&client->expiry) && !gw_list_is_empty(&client->idle)) {
        oldest = GW_CONTAINER(client->idle.next, struct conn, all_link);
        due_us = oldest->idle_since_us + client->conf.idle_timeout_us;
        gw_timer_start(client->loop, &client->expiry, due_us - gw_loop_now_us(client->loop));
    }
}

static void expire(struct gw_timer *timer)
{
    struct gw_http_client *client = GW_CONTAINER(timer, struct gw_http_client, expiry);
    int64_t since_us = gw_loop_now_us(client->loop) - client->conf.idle_timeout_us;

    while (!gw_list_is_empty(&client->idle)) {
        struct conn *oldest = GW_CONTAINER(client->idle.next, struct conn, all_link);

        if (oldest->idle_since_us > since_us) {
            break;
        }
        drop_idle(oldest);
    }
    start_expiry(client);
}

void gw_conn_keep(struct conn *conn)
{
    struct origin *origin = conn->origin;
    struct gw_http_client *client = origin->client;

    if (client->conf.idle_per_origin_max == 0) {
        gw_conn_close(conn);
        return;
    }
    conn->call = NULL;
    conn->idle_since_us = gw_loop_now_us(client->loop);
    gw_list_push_front(&origin->idle, &conn->link);
    gw_list_push_back(&client->idle, &conn->all_link);
    origin->idle_count++;
    if (origin->idle_count > client->conf.idle_per_origin_max) {
        drop_idle(GW_CONTAINER(origin->idle.prev, struct conn, link)); /* the coldest */
    }
    start_expiry(client);
}

/* ---- Addresses -------------------------------------------------------------------------- */

static void resolved(void *owner, const struct gw_addresses *addresses, const char *text)
{
    struct origin *origin = owner;
    struct gw_list waiting, *node;

    origin->resolve = NULL;
    origin->addresses = *addresses;
    gw_list_init(&waiting);
    while ((node = gw_list_pop_front(&origin->resolving)) != NULL) {
        gw_list_push_back(&waiting, node);
    }
    origin->calls++; /* it must outlive the last of them */
    while ((node = gw_list_pop_front(&waiting)) != NULL) {
        gw_call_resolved(GW_CONTAINER(node, struct gw_http_call, link),
                         addresses->count == 0 ? text : NULL);
    }
    gw_origin_release(origin);
}

bool gw_origin_knows(struct origin *origin, const char **ret_text)
{
    const char *host = gw_origin_hop(origin);
    uint16_t port = port_of_hop(origin);

    *ret_text = NULL;
    return gw_resolve_literal(host, port, &origin->addresses) ||
           gw_resolver_knows(origin->client->resolver, host, port, &origin->addresses, ret_text);
}

void gw_origin_doubt(struct origin *origin)
{
    gw_resolver_doubt(origin->client->resolver, gw_origin_hop(origin));
}

void gw_origin_resolve(struct origin *origin, struct gw_http_call *call)
{
    gw_list_push_back(&origin->resolving, &call->link);
    if (origin->resolve == NULL) {
        origin->resolve = gw_resolve_start(origin->client->resolver, gw_origin_hop(origin),
                                           port_of_hop(origin), resolved, origin);
    }
}

/* ---- Life ------------------------------------------------------------------------------- */

struct gw_http_client *gw_http_client_new(struct gw_loop *loop,
                                          const struct gw_http_client_conf *conf)
{
    struct gw_http_client *client = GW_NEW(struct gw_http_client);

    client->loop = loop;
    client->conf = *conf;
    client->ca_file = conf->ca_file == NULL ? NULL : gw_must_strdup(conf->ca_file);
    client->conf.ca_file = client->ca_file;
    for (size_t i = 0; i < ORIGIN_BUCKETS; i++) {
        gw_list_init(&client->origins[i]);
    }
    client->resolver = gw_resolver_new(loop);
    gw_list_init(&client->idle);
    gw_timer_init(&client->expiry, expire);
    client->scratch = gw_must_alloc(READ_SIZE);
    return client;
}

void gw_http_client_free(struct gw_http_client *client)
{
    if (client == NULL) {
        return;
    }
    GW_CHECK(client->call_count == 0);
    while (!gw_list_is_empty(&client->idle)) {
        drop_idle(GW_CONTAINER(client->idle.next, struct conn, all_link));
    }
    for (size_t i = 0; i < ORIGIN_BUCKETS; i++) {
        GW_LIST_EACH (&client->origins[i], node) {
            forget_if_unused(GW_CONTAINER(node, struct origin, link));
        }
    }
    gw_resolver_free(client->resolver);
    gw_timer_stop(client->loop, &client->expiry);
    gw_tls_sessions_free(client->sessions);
    SSL_CTX_free(client->tls);
    gw_free(client->ca_file);
    gw_free(client->scratch);
    gw_free(client->spare);
    gw_free(client);
}
