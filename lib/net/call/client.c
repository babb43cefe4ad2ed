/* SPDX-License-Identifier: MIT */
/*
 *   NEW -> [RESOLVING] -> CONNECTING -> HEAD -> BODY -> ENDING -> OVER
 *    |                                   |  ^
 *    +---- a waiting connection ---------+  |
 *                                        +--+ 1xx, or once more on a fresh connection
 *
 *   NEW         nothing has happened; begins at the end of the turn
 *   RESOLVING   the host's addresses are asked for
 *   CONNECTING  one address after the other
 *   HEAD        the request is written, the head of the answer awaited; both at once, because a
 *               provider may refuse a body before it has read it
 *   BODY        the rest is decoded as it comes
 *   ENDING      whole, the connection given back; the owner has not taken everything
 *   OVER        on_end or on_fail was called, or the owner has closed the call
 *
 * Time. There is one timer per call, and deadlines beside it. Moving a deadline later, which
 * happens with each read, only writes a number; the timer fires in vain, sees it, and starts again.
 */
#include "lib/net/http_client.h"

#include "lib/net/call/inside.h"

#define VECS_MAX 64 /* in one write */

static const char *const FAILURES[] = {
    [GW_HTTP_FAILURE_DNS] = "dns",
    [GW_HTTP_FAILURE_CONNECT] = "connect",
    [GW_HTTP_FAILURE_CONNECT_TIMEOUT] = "connect_timeout",
    [GW_HTTP_FAILURE_TLS] = "tls",
    [GW_HTTP_FAILURE_SEND] = "send",
    [GW_HTTP_FAILURE_FIRST_BYTE_TIMEOUT] = "first_byte_timeout",
    [GW_HTTP_FAILURE_CLOSED] = "closed",
    [GW_HTTP_FAILURE_TRUNCATED] = "truncated",
    [GW_HTTP_FAILURE_IDLE_TIMEOUT] = "idle_timeout",
    [GW_HTTP_FAILURE_TOTAL_TIMEOUT] = "total_timeout",
    [GW_HTTP_FAILURE_PROTOCOL] = "protocol",
    [GW_HTTP_FAILURE_FORBIDDEN] = "forbidden_address",
    [GW_HTTP_FAILURE_PROXY] = "proxy",
};

const char *gw_http_failure_name(enum gw_http_failure failure)
{
    GW_CHECK((size_t)failure < GW_COUNT(FAILURES));
    return FAILURES[failure];
}

/* ---- Time ------------------------------------------------------------------------------- */

int64_t gw_call_now_us(const struct gw_http_call *call)
{
    return gw_loop_now_us(call->client->loop);
}

int64_t gw_call_due_in(const struct gw_http_call *call, int64_t delay_us)
{
    return delay_us <= 0 ? INT64_MAX : gw_call_now_us(call) + delay_us;
}

void gw_call_arm(struct gw_http_call *call)
{
    int64_t due_us = call->total_due_us;

    due_us = call->phase_due_us < due_us ? call->phase_due_us : due_us;
    due_us = call->address_due_us < due_us ? call->address_due_us : due_us;
    if (due_us == INT64_MAX ||
        (gw_timer_is_running(&call->timer) && call->timer.due_us <= due_us)) {
        return;
    }
    gw_timer_start(call->client->loop, &call->timer, due_us - gw_call_now_us(call));
}

void gw_call_enter(struct gw_http_call *call, enum call_state state, int64_t limit_us)
{
    call->state = state;
    call->phase_due_us = gw_call_due_in(call, limit_us);
    call->address_due_us = INT64_MAX;
    gw_call_arm(call);
}

/* ---- Ends ------------------------------------------------------------------------------- */

void gw_call_drop_conn(struct gw_http_call *call)
{
    if (call->conn != NULL) {
        gw_conn_close(call->conn);
        call->conn = NULL;
    }
    gw_list_unlink(&call->link);
}

void gw_call_fail(struct gw_http_call *call, enum gw_http_failure failure, const char *text)
{
    call->state = CALL_OVER;
    gw_timer_stop(call->client->loop, &call->timer);
    gw_call_drop_conn(call);
    call->ops->on_fail(call->owner, failure, text);
}

/* ---- Sending ---------------------------------------------------------------------------- */

/* The next pieces from where the last write stopped; returns their number. */
static int pieces(const struct gw_http_call *call, struct iovec vecs[VECS_MAX])
{
    size_t skip = call->sent;
    int count = 0;

    for (int i = 0; i < call->vec_count && count < VECS_MAX; i++) {
        struct iovec vec = call->vecs[i];

        if (skip >= vec.iov_len) {
            skip -= vec.iov_len;
            continue;
        }
        vec.iov_base = (char *)vec.iov_base + skip;
        vec.iov_len -= skip;
        skip = 0;
        vecs[count++] = vec;
    }
    return count;
}

static void send_more(struct gw_http_call *call)
{
    struct iovec vecs[VECS_MAX];
    ssize_t written = 1;

    while (call->sent < call->send_size && written > 0) {
        written = gw_stream_write(&call->conn->stream, vecs, pieces(call, vecs));
        if (written < 0) {
            /* It may have answered before it closed; if not, the read finds the end, too. */
            if (!gw_call_readable(call)) {
                gw_call_closed(call, false);
            }
            return;
        }
        call->sent += (size_t)written;
    }
    call->phase_due_us = gw_call_due_in(call, call->timeouts.first_byte_us);
    if (call->sent == call->send_size) {
        call->times.sent_us = gw_call_now_us(call) - call->opened_us;
    }
}

void gw_call_start_sending(struct gw_http_call *call)
{
    gw_stream_read_start(&call->conn->stream);
    gw_call_enter(call, CALL_HEAD, call->timeouts.first_byte_us);
    send_more(call);
}

void gw_call_writable(struct gw_http_call *call)
{
    if (call->state == CALL_HEAD) {
        send_more(call);
    }
}

static void on_timer(struct gw_timer *timer)
{
    struct gw_http_call *call = GW_CONTAINER(timer, struct gw_http_call, timer);
    int64_t now_us = gw_call_now_us(call);

    if (call->total_due_us <= now_us) {
        gw_call_fail(call, GW_HTTP_FAILURE_TOTAL_TIMEOUT, "the whole call took too long");
    } else if (call->phase_due_us <= now_us) {
        switch (call->state) {
        case CALL_RESOLVING:
        case CALL_CONNECTING:
            gw_call_connect_late(call);
            break;
        case CALL_HEAD:
            gw_call_fail(call, GW_HTTP_FAILURE_FIRST_BYTE_TIMEOUT, "no answer in time");
            break;
        case CALL_BODY:
            gw_call_fail(call, GW_HTTP_FAILURE_IDLE_TIMEOUT, "silent for too long inside the body");
            break;
        case CALL_NEW:
        case CALL_ENDING:
        case CALL_OVER:
            break;
        }
    } else if (call->address_due_us <= now_us) {
        gw_call_address_late(call);
    } else {
        gw_call_arm(call);
    }
}

/* ---- Opening ---------------------------------------------------------------------------- */

static void run(struct gw_task *task)
{
    struct gw_http_call *call = GW_CONTAINER(task, struct gw_http_call, task);

    if (call->is_closed) {
        gw_free(call->in.at);
        gw_free(call->out.at);
        gw_free(call);
    } else if (call->state == CALL_NEW) {
        gw_call_begin(call);
    } else {
        gw_call_end_if_taken(call);
    }
}

struct gw_http_call *gw_http_call_open(struct gw_http_client *client,
                                       const struct gw_http_send *send,
                                       const struct gw_http_call_ops *ops, void *owner)
{
    size_t vecs_size = (send->body_count + 1) * sizeof(struct iovec);
    size_t body_size = 0;
    /* Not zeroed as a whole: the head is written over most of it. */
    struct gw_http_call *call = gw_must_realloc(NULL,
                                                sizeof(*call) + vecs_size + gw_request_room(send));

    memset(call, 0, sizeof(*call));
    call->client = client;
    call->origin = gw_origin_get(client, &send->origin, send->proxy);
    call->ops = ops;
    call->owner = owner;
    call->timeouts = send->timeouts;
    call->is_to_head = gw_text_eq(send->method, GW_TEXT("HEAD"));
    for (size_t i = 0; i < send->body_count; i++) {
        call->vecs[i + 1] = (struct iovec){(void *)send->body[i].at, send->body[i].len};
        body_size += send->body[i].len;
    }
    call->vec_count = (int)send->body_count + 1;
    call->is_bad = !gw_request_write(send, body_size, (char *)call->vecs + vecs_size,
                                     &call->vecs[0]);
    call->send_size = call->vecs[0].iov_len + body_size;

    gw_list_init(&call->link);
    gw_timer_init(&call->timer, on_timer);
    call->opened_us = gw_call_now_us(call);
    call->total_due_us = gw_call_due_in(call, send->timeouts.total_us);
    call->phase_due_us = call->address_due_us = INT64_MAX;
    call->times = (struct gw_http_call_times){-1, -1, -1};
    client->call_count++;
    gw_task_init(&call->task, run);
    gw_loop_later(client->loop, &call->task);
    return call;
}

struct gw_text gw_http_call_take(struct gw_http_call *call)
{
    struct bytes taken = call->in;

    if (call->state < CALL_BODY || taken.len == 0) {
        return GW_TEXT_NONE;
    }
    call->in = call->out;
    call->in.len = call->in.start = 0;
    call->out = taken;
    if (call->in.room > KEEP_MAX) {
        gw_call_recycle(call->client, &call->in);
    }
    call->is_told = false;
    if (call->is_paused && call->state == CALL_BODY) {
        call->is_paused = false;
        call->phase_due_us = gw_call_due_in(call, call->timeouts.idle_us);
        gw_call_arm(call);
        gw_stream_read_start(&call->conn->stream);
    }
    if (call->state == CALL_ENDING && !call->is_telling) {
        gw_loop_later(call->client->loop, &call->task);
    }
    return (struct gw_text){taken.at + taken.start, taken.len};
}

bool gw_http_call_is_complete(const struct gw_http_call *call)
{
    return call->state == CALL_ENDING;
}

void gw_http_call_close(struct gw_http_call *call)
{
    GW_CHECK(!call->is_closed);
    call->is_closed = true;
    call->state = CALL_OVER;
    gw_timer_stop(call->client->loop, &call->timer);
    gw_call_drop_conn(call);
    gw_origin_release(call->origin);
    call->client->call_count--;
    gw_loop_later(call->client->loop, &call->task);
}

struct gw_http_call_times gw_http_call_times(const struct gw_http_call *call)
{
    return call->times;
}
