/* SPDX-License-Identifier: MIT */
/*
 * The way back. What h2o demands of whoever sends, and how it is met:
 *
 *  - One h2o_send() at a time; the bytes must stay until `proceed`. An owner that aborts takes its
 *    bytes away at once, though. On HTTP/1 that is harmless, because we shut the socket down and
 *    the kernel refuses the write before it looks at the bytes. On HTTP/2 other streams go on, so
 *    there we send from a copy of our own.
 *  - After a final h2o_send() the request may be gone already, so it is the last thing we do.
 *  - An empty h2o_send() ends an HTTP/1 answer whatever state it was given. Sends of nothing are
 *    therefore answered by a task.
 *  - h2o writes chunks for status 200 only and closes the connection after other answers without
 *    a length. We write the framing ourselves; h2o leaves an answer alone that has a
 *    Transfer-Encoding, except that it has decided by then to close.
 */
#include "lib/net/serve/inside.h"

#define HTTP2 0x200

/* ---- Head ------------------------------------------------------------------------------- */

static bool is_bodiless(const struct gw_http_request *request, int status)
{
    h2o_iovec_t method = request->h2o->method;

    return status == 204 || status == 304 || h2o_memis(method.base, method.len, H2O_STRLIT("HEAD"));
}

/* One allocation for all: the names' structs, then each name twice, as it is and in lower case. */
static void copy_headers(h2o_req_t *req, struct gw_http_headers headers)
{
    h2o_headers_t *into = &req->res.headers;
    size_t size = headers.count * sizeof(h2o_iovec_t);
    h2o_iovec_t *names;
    char *at;

    for (size_t i = 0; i < headers.count; i++) {
        size += 2 * headers.at[i].name.len + headers.at[i].value.len;
    }
    names = h2o_mem_alloc_pool(&req->pool, size + 1);
    at = (char *)(names + headers.count);
    h2o_vector_reserve(&req->pool, into, headers.count + 1);
    for (size_t i = 0; i < headers.count; i++) {
        struct gw_text name = headers.at[i].name, value = headers.at[i].value;
        h2o_header_t *header = &into->entries[into->size++];

        memcpy(at, name.at, name.len);
        header->orig_name = at;
        at += name.len;
        memcpy(at, name.at, name.len);
        h2o_strtolower(at, name.len);
        names[i] = h2o_iovec_init(at, name.len);
        header->name = &names[i];
        at += name.len;
        h2o_memcpy(at, value.at, value.len);
        header->value = h2o_iovec_init(at, value.len);
        at += value.len;
    }
}

void gw_http_reply_start(struct gw_http_request *request, int status,
                         struct gw_http_headers headers, uint64_t length)
{
    h2o_req_t *req = request->h2o;

    GW_CHECK(!request->is_started && !request->is_over);
    GW_CHECK(status >= 200 && status <= 999);
    request->is_started = true;
    request->length = length;
    request->is_bodiless = is_bodiless(request, status);
    req->res.status = status;
    req->res.reason = gw_http_reason(status);
    copy_headers(req, headers);
    if (length != GW_HTTP_LENGTH_UNKNOWN && status != 204 && status != 304) {
        req->res.content_length = length;
    } else if (req->version == 0x101 && !request->is_bodiless) {
        request->is_chunked = true;
        h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_TRANSFER_ENCODING, NULL,
                       H2O_STRLIT("chunked"));
    }
}

/* Before the first write: the last moment to decide whether the connection stays. */
static void begin(struct gw_http_request *request)
{
    h2o_req_t *req = request->h2o;
    bool stays = req->http1_is_persistent && !request->server->is_draining;

    if (req->version == 0x100 && req->res.content_length == SIZE_MAX && !request->is_bodiless) {
        stays = false; /* its end is the end of the body */
    }
    request->is_written = true;
    h2o_start_response(req, &request->generator);
    req->http1_is_persistent = stays;
}

/* ---- Body ------------------------------------------------------------------------------- */

static h2o_iovec_t chunk_head(struct gw_http_request *request, size_t size)
{
    char *at = request->chunk_head + sizeof(request->chunk_head);

    *--at = '\n';
    *--at = '\r';
    do {
        *--at = "0123456789abcdef"[size % 16];
        size /= 16;
    } while (size > 0);
    return h2o_iovec_init(at, (size_t)(request->chunk_head + sizeof(request->chunk_head) - at));
}

/* The pieces of one write; returns their number. */
static size_t frame(struct gw_http_request *request, struct gw_text bytes, enum gw_http_end end,
                    h2o_iovec_t vecs[3])
{
    size_t count = 0;

    if (bytes.len > 0) {
        if (request->is_chunked) {
            vecs[count++] = chunk_head(request, bytes.len);
        }
        vecs[count++] = h2o_iovec_init(bytes.at, bytes.len);
    }
    if (request->is_chunked && end == GW_HTTP_LAST) {
        vecs[count++] = bytes.len > 0 ? h2o_iovec_init(H2O_STRLIT("\r\n0\r\n\r\n"))
                                      : h2o_iovec_init(H2O_STRLIT("0\r\n\r\n"));
    } else if (request->is_chunked && bytes.len > 0) {
        vecs[count++] = h2o_iovec_init(H2O_STRLIT("\r\n"));
    }
    return count;
}

/* What of `bytes` belongs to the answer: nothing of a HEAD's, no more than was announced. */
static struct gw_text allowed(struct gw_http_request *request, struct gw_text bytes)
{
    if (request->is_bodiless) {
        return GW_TEXT_NONE;
    }
    if (bytes.len > request->length - request->given) {
        bytes.len = request->length - request->given;
    }
    request->given += bytes.len;
    return bytes;
}

static void write_more(struct gw_http_request *request, struct gw_text bytes)
{
    h2o_iovec_t vecs[3];
    size_t count;

    request->is_sending = true;
    if (bytes.len == 0 && request->is_written) {
        gw_loop_later(request->server->loop, &request->sent);
        return;
    }
    if (bytes.len > 0 && request->h2o->version >= HTTP2) {
        request->copy = memcpy(gw_must_alloc(bytes.len), bytes.at, bytes.len);
        bytes.at = request->copy;
    }
    count = frame(request, bytes, GW_HTTP_MORE, vecs);
    if (!request->is_written) {
        begin(request);
    }
    h2o_send(request->h2o, vecs, count, H2O_SEND_STATE_IN_PROGRESS);
}

void gw_http_reply_send(struct gw_http_request *request, struct gw_text bytes)
{
    GW_CHECK(request->is_started && !request->is_over && !request->is_sending);
    write_more(request, allowed(request, bytes));
}

void gw_http_reply_finish(struct gw_http_request *request, struct gw_text copied_bytes)
{
    h2o_req_t *req = request->h2o;
    h2o_iovec_t vecs[3];
    size_t count;

    GW_CHECK(request->is_started && !request->is_over && !request->is_sending);
    copied_bytes = allowed(request, copied_bytes);
    if (request->length != GW_HTTP_LENGTH_UNKNOWN && request->given < request->length &&
        !request->is_bodiless && req->res.content_length != SIZE_MAX) {
        gw_http_reply_abort(request); /* less than was announced: the client must notice */
        return;
    }
    if (copied_bytes.len > 0) {
        copied_bytes.at = memcpy(h2o_mem_alloc_pool(&req->pool, copied_bytes.len), copied_bytes.at,
                                 copied_bytes.len);
    }
    gw_request_unwatch(request);
    gw_request_over(request);
    count = frame(request, copied_bytes, GW_HTTP_LAST, vecs);
    if (!request->is_written) {
        begin(request);
    }
    h2o_send(req, vecs, count, H2O_SEND_STATE_FINAL);
}

void gw_http_reply_whole(struct gw_http_request *request, int status,
                         struct gw_http_headers headers, struct gw_text body)
{
    gw_http_reply_start(request, status, headers, body.len);
    gw_http_reply_finish(request, body);
}

/* ---- Sent ------------------------------------------------------------------------------- */

static void sent(struct gw_http_request *request)
{
    request->is_sending = false;
    gw_free(request->copy);
    request->copy = NULL;
    if (request->is_cut) {
        gw_reply_cut(request);
    } else if (!request->is_over && request->ops != NULL && request->ops->on_sent != NULL) {
        request->ops->on_sent(request->owner);
    }
}

void gw_reply_proceed(h2o_generator_t *generator, h2o_req_t *req)
{
    (void)req;
    sent(GW_CONTAINER(generator, struct gw_http_request, generator));
}

void gw_reply_sent_task(struct gw_task *task)
{
    sent(GW_CONTAINER(task, struct gw_http_request, sent));
}

/* ---- Cutting off ------------------------------------------------------------------------ */

void gw_reply_cut(struct gw_http_request *request)
{
    h2o_req_t *req = request->h2o;

    if (request->is_sending && !gw_list_is_linked(&request->sent.link)) {
        request->is_cut = true; /* in sent(), unless h2o sees the socket's end before */
        return;
    }
    if (!request->is_started) {
        req->res.status = 502;
        req->res.reason = gw_http_reason(502);
    }
    if (!request->is_written) {
        begin(request);
    }
    req->http1_is_persistent = 0;
    h2o_send(req, NULL, 0, H2O_SEND_STATE_ERROR);
}

void gw_http_reply_abort(struct gw_http_request *request)
{
    struct linger at_once = {.l_onoff = 1};

    GW_CHECK(!request->is_over);
    gw_request_unwatch(request);
    gw_request_over(request);
    if (request->h2o->version == 0x100 && request->length == GW_HTTP_LENGTH_UNKNOWN) {
        /* The body's end is the connection's: only a reset tells that it came too early. */
        setsockopt(h2o_socket_get_fd(request->connection->sock), SOL_SOCKET, SO_LINGER, &at_once,
                   sizeof(at_once));
    } else if (request->h2o->version < HTTP2) {
        gw_connection_kick(request->connection);
    }
    gw_reply_cut(request);
}
