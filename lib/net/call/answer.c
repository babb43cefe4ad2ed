/* SPDX-License-Identifier: MIT */
/*
 * Reads go into one scratch buffer per client, are decoded there in place, and what is the
 * body's is copied into `in`; take() swaps `in` with `out`. Copying sounds wasteful, but what
 * streams send are small events, and a stream that waits for the next one then holds on to
 * a few hundred bytes instead of a read buffer. A read that fills half the scratch buffer or
 * more is not copied: the call keeps the buffer and the client takes another.
 */
#include "lib/net/call/inside.h"

#define WINDOW ((size_t)256 << 10)

/* ---- Ends ------------------------------------------------------------------------------- */

/* Nothing more belongs to this answer; `extra` bytes were read that belong to none. */
static void complete(struct gw_http_call *call, size_t extra)
{
    struct conn *conn = call->conn;

    call->state = CALL_ENDING;
    gw_timer_stop(call->client->loop, &call->timer);
    call->conn = NULL;
    if (call->keeps_alive && extra == 0 && call->sent == call->send_size) {
        gw_stream_read_start(&conn->stream);
        gw_conn_keep(conn);
    } else {
        gw_conn_close(conn);
    }
}

void gw_call_end_if_taken(struct gw_http_call *call)
{
    if (call->state == CALL_ENDING && call->in.len == 0) {
        call->state = CALL_OVER;
        call->ops->on_end(call->owner);
    }
}

/* ---- Body ------------------------------------------------------------------------------- */

void gw_call_recycle(struct gw_http_client *client, struct bytes *bytes)
{
    if (bytes->room == READ_SIZE && client->spare == NULL) {
        client->spare = bytes->at;
    } else {
        gw_free(bytes->at);
    }
    *bytes = (struct bytes){0};
}

static void append(struct bytes *bytes, struct gw_text text)
{
    if (text.len == 0) {
        return;
    }
    if (bytes->len == 0) {
        bytes->start = 0;
    }
    if (bytes->start + bytes->len + text.len > bytes->room) {
        size_t room = bytes->start + bytes->len + text.len;

        room += room < KEEP_MAX ? room / 4 : room / 2;
        bytes->at = gw_must_realloc(bytes->at, room);
        bytes->room = room;
    }
    memcpy(bytes->at + bytes->start + bytes->len, text.at, text.len);
    bytes->len += text.len;
}

/* Makes bytes in the scratch buffer the call's. */
static void keep(struct gw_http_call *call, struct gw_text text)
{
    struct gw_http_client *client = call->client;

    if (text.len < READ_SIZE / 2 || call->in.len > 0) {
        append(&call->in, text);
        return;
    }
    gw_free(call->in.at);
    call->in = (struct bytes){.at = client->scratch,
                              .start = (size_t)(text.at - client->scratch),
                              .len = text.len,
                              .room = READ_SIZE};
    client->scratch = client->spare != NULL ? client->spare : gw_must_realloc(NULL, READ_SIZE);
    client->spare = NULL;
}

static void tell(struct gw_http_call *call)
{
    if (call->in.len > 0 && !call->is_told) {
        call->is_told = true;
        call->is_telling = true;
        call->ops->on_body(call->owner);
        call->is_telling = false;
    }
    if (!call->is_closed) {
        gw_call_end_if_taken(call);
    }
}

static void hold_back(struct gw_http_call *call)
{
    if (call->state == CALL_BODY && call->in.len >= WINDOW && !call->is_paused) {
        call->is_paused = true;
        call->phase_due_us = INT64_MAX;
        gw_stream_read_stop(&call->conn->stream);
    }
}

/* `size` bytes of framed body at `at`, in the scratch buffer. */
static void on_body_bytes(struct gw_http_call *call, char *at, size_t size)
{
    enum gw_http_chunks_result result;
    struct gw_text body = {at, size};
    size_t used = size;

    call->phase_due_us = gw_call_due_in(call, call->timeouts.idle_us);
    if (call->body == GW_HTTP_BODY_CHUNKED) {
        result = gw_http_chunks_decode(&call->chunks, at, size, &body, &used);
        if (result == GW_HTTP_CHUNKS_BAD) {
            gw_call_fail(call, GW_HTTP_FAILURE_PROTOCOL, "broken chunks");
            return;
        }
        keep(call, body);
        if (result == GW_HTTP_CHUNKS_END) {
            complete(call, size - used);
        }
    } else if (call->body == GW_HTTP_BODY_LENGTH) {
        used = body.len = size > call->left ? (size_t)call->left : size;
        call->left -= used;
        keep(call, body);
        if (call->left == 0) {
            complete(call, size - used);
        }
    } else {
        keep(call, body);
    }
    hold_back(call);
    tell(call);
}

/* ---- Head ------------------------------------------------------------------------------- */

static void on_head(struct gw_http_call *call, struct gw_http_head *head, struct gw_text rest)
{
    struct gw_http_client *client = call->client;
    struct gw_http_answer answer = {
        .status = head->status,
        .headers = {head->headers, head->header_count},
        .length = head->body == GW_HTTP_BODY_NONE || head->body == GW_HTTP_BODY_LENGTH
                      ? head->length
                      : GW_HTTP_LENGTH_UNKNOWN,
    };

    call->times.head_us = gw_call_now_us(call) - call->opened_us;
    call->body = head->body;
    call->left = head->length;
    call->keeps_alive = head->keeps_alive;
    gw_http_chunks_init(&call->chunks);
    call->ops->on_head(call->owner, &answer);
    if (call->is_closed) {
        return;
    }
    if (rest.len > 0 && (rest.at < client->scratch || rest.at > client->scratch + READ_SIZE)) {
        rest.at = memcpy(client->scratch, rest.at, rest.len); /* the head came in pieces */
    }
    call->in.len = 0;
    gw_call_enter(call, CALL_BODY, call->timeouts.idle_us);
    if (head->body == GW_HTTP_BODY_NONE) {
        complete(call, rest.len);
        tell(call);
    } else if (rest.len > 0) {
        on_body_bytes(call, client->scratch + (rest.at - client->scratch), rest.len);
    }
}

/* Everything that has come and is not yet understood. */
static void on_head_bytes(struct gw_http_call *call, struct gw_text raw)
{
    struct gw_http_head head;
    const char *bad;
    size_t size;

    while ((size = gw_http_head_size(raw, &call->scanned)) > 0) {
        call->scanned = 0;
        bad = size > GW_HTTP_HEAD_MAX
                  ? "head is too large"
                  : gw_http_head_parse((struct gw_text){raw.at, size}, call->is_to_head, &head);
        if (bad != NULL) {
            gw_call_fail(call, GW_HTTP_FAILURE_PROTOCOL, bad);
            return;
        }
        raw = gw_text_skip(raw, size);
        if (head.status >= 200) {
            on_head(call, &head, raw);
            return;
        }
    }
    if (raw.len > GW_HTTP_HEAD_MAX) {
        gw_call_fail(call, GW_HTTP_FAILURE_PROTOCOL, "head is too large");
        return;
    }
    if (call->in.len == 0) {
        append(&call->in, raw);
    } else { /* what is left of it stands in there already */
        call->in.start += call->in.len - raw.len;
        call->in.len = raw.len;
    }
}

/* ---- Reading ---------------------------------------------------------------------------- */

void gw_call_closed(struct gw_http_call *call, bool is_proper)
{
    if (call->state == CALL_BODY) {
        if (call->body == GW_HTTP_BODY_UNTIL_CLOSE && is_proper) {
            complete(call, 0);
            tell(call);
            return;
        }
        gw_call_fail(call, GW_HTTP_FAILURE_TRUNCATED, "closed inside the body");
        return;
    }
    if (call->conn->is_used && !call->is_answered && !call->was_retried) {
        /* It died while it waited for us, and nobody has seen this request. */
        call->was_retried = true;
        call->sent = 0;
        gw_call_drop_conn(call);
        gw_call_begin(call);
        return;
    }
    if (call->sent < call->send_size) {
        gw_call_fail(call, GW_HTTP_FAILURE_SEND, "closed while the request was written");
    } else {
        gw_call_fail(call, GW_HTTP_FAILURE_CLOSED,
                     call->is_answered ? "closed inside the head" : "closed without an answer");
    }
}

/* False when there was nothing to read. */
bool gw_call_readable(struct gw_http_call *call)
{
    struct gw_http_client *client = call->client;
    ssize_t count = gw_stream_read(&call->conn->stream, client->scratch, READ_SIZE);

    if (count == GW_STREAM_AGAIN) {
        return false;
    }
    if (count <= 0) {
        gw_call_closed(call, count == 0);
    } else if (call->state == CALL_BODY) {
        on_body_bytes(call, client->scratch, (size_t)count);
    } else {
        struct gw_text raw = {client->scratch, (size_t)count};

        call->is_answered = true;
        if (call->in.len > 0) {
            append(&call->in, raw);
            raw = (struct gw_text){call->in.at + call->in.start, call->in.len};
        }
        on_head_bytes(call, raw);
    }
    return true;
}
