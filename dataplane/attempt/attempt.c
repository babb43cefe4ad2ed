/* SPDX-License-Identifier: MIT */
/*
 *               head of a stream         first byte
 *   ---> OPEN ------------------> HELD -------------> TOLD ---> closed
 *         |                        |                   ^
 *         | head of anything else  | its end           |
 *         +------------------------+-------------------+
 *
 *   OPEN   a head is awaited; the call's own timers watch
 *   HELD   `held` is set; the first byte is awaited until the provider's time for it is over
 *   TOLD   on_answer was called; what comes is the owner's to take
 *
 * A failure in any of them is told as on_fail and changes nothing here: the owner closes.
 */
#include "dataplane/attempt/attempt.h"

#include "lib/base/check.h"

/* ---- Holding a head --------------------------------------------------------------------- */

/* One allocation: the answer, its headers, their bytes. */
static struct attempt_answer *hold(const struct gw_http_answer *from)
{
    size_t size = sizeof(struct attempt_answer) + from->headers.count * sizeof(*from->headers.at);
    struct attempt_answer *held;
    struct gw_http_header *headers;
    char *at;

    for (size_t i = 0; i < from->headers.count; i++) {
        size += from->headers.at[i].name.len + from->headers.at[i].value.len;
    }
    held = gw_must_alloc(size);
    headers = (struct gw_http_header *)(held + 1);
    at = (char *)(headers + from->headers.count);
    for (size_t i = 0; i < from->headers.count; i++) {
        struct gw_text name = from->headers.at[i].name, value = from->headers.at[i].value;

        headers[i].name = (struct gw_text){memcpy(at, name.at, name.len), name.len};
        at += name.len;
        headers[i].value = (struct gw_text){at, value.len};
        if (value.len > 0) {
            memcpy(at, value.at, value.len);
        }
        at += value.len;
    }
    *held = (struct attempt_answer){from->status, {headers, from->headers.count}, from->length};
    return held;
}

static void tell_held(struct attempt *attempt)
{
    struct attempt_answer *held = attempt->held;

    if (held != NULL) {
        attempt->held = NULL;
        gw_timer_stop(attempt->loop, &attempt->first_byte);
        attempt->ops->on_answer(attempt->owner, held);
        gw_free(held);
    }
}

static void on_first_byte_late(struct gw_timer *timer)
{
    struct attempt *attempt = GW_CONTAINER(timer, struct attempt, first_byte);

    attempt->ops->on_fail(attempt->owner, GW_HTTP_FAILURE_FIRST_BYTE_TIMEOUT,
                          "head came, but no byte of the stream");
}

static void start_first_byte(struct attempt *attempt)
{
    int64_t left_us = attempt->opened_us + attempt->first_byte_us - gw_loop_now_us(attempt->loop);

    if (attempt->first_byte_us > 0) {
        gw_timer_start(attempt->loop, &attempt->first_byte, left_us > 0 ? left_us : 0);
    }
}

/* ---- The call --------------------------------------------------------------------------- */

static bool is_stream(const struct gw_http_answer *answer)
{
    struct gw_text type = gw_http_find(answer->headers, GW_TEXT("content-type"));

    return answer->status >= 200 && answer->status < 300 &&
           gw_text_starts_with_nocase(type, GW_TEXT("text/event-stream"));
}

static void on_head(void *owner, const struct gw_http_answer *answer)
{
    struct attempt *attempt = owner;
    struct attempt_answer told = {answer->status, answer->headers, answer->length};

    if (is_stream(answer)) {
        attempt->held = hold(answer);
        start_first_byte(attempt);
        return;
    }
    attempt->ops->on_answer(attempt->owner, &told);
}

static void on_body(void *owner)
{
    struct attempt *attempt = owner;

    tell_held(attempt);
    if (attempt->call != NULL) {
        attempt->ops->on_body(attempt->owner);
    }
}

static void on_end(void *owner)
{
    struct attempt *attempt = owner;

    tell_held(attempt);
    if (attempt->call != NULL) {
        attempt->ops->on_end(attempt->owner);
    }
}

static void on_fail(void *owner, enum gw_http_failure failure, const char *text)
{
    struct attempt *attempt = owner;

    attempt->ops->on_fail(attempt->owner, failure, text);
}

static const struct gw_http_call_ops CALL_OPS = {on_head, on_body, on_end, on_fail};

/* ---- Life ------------------------------------------------------------------------------- */

void attempt_init(struct attempt *attempt, const struct attempt_ops *ops, void *owner)
{
    *attempt = (struct attempt){.ops = ops, .owner = owner};
    gw_timer_init(&attempt->first_byte, on_first_byte_late);
}

static int64_t or_else(int64_t of_provider, int64_t fallback)
{
    return of_provider > 0 ? of_provider : fallback;
}

static struct gw_http_timeouts timeouts_of(const struct attempt_with *with)
{
    const struct gw_config_provider *row = with->provider->row;
    const struct attempt_limits *limits = with->limits;

    if (with->ask->wants_stream) {
        return (struct gw_http_timeouts){
            .connect_us = limits->connect_us,
            .first_byte_us = or_else(row->first_byte_timeout_us, limits->head_us),
            .idle_us = or_else(row->stream_idle_timeout_us, limits->idle_us)};
    }
    return (struct gw_http_timeouts){.connect_us = limits->connect_us,
                                     .first_byte_us = limits->head_us,
                                     .idle_us = limits->idle_us,
                                     .total_us = row->total_timeout_us};
}

enum gw_err attempt_open(struct attempt *attempt, const struct attempt_with *with,
                         struct gw_fault *fault)
{
    struct prepared prepared;
    struct gw_http_send send;

    GW_CHECK(attempt->call == NULL);
    GW_TRY(prepare(with->provider, with->ask, with->wall_us, &prepared, fault));
    send = (struct gw_http_send){
        .origin = prepared.origin,
        .method = with->ask->request.method,
        .target = prepared.target,
        .headers = {prepared.headers, prepared.header_count},
        .body = &prepared.body,
        .body_count = prepared.body.len > 0 ? 1 : 0,
        .has_body = prepared.has_body,
        .timeouts = timeouts_of(with),
    };
    attempt->loop = with->loop;
    attempt->wants_stream = with->ask->wants_stream;
    attempt->opened_us = gw_loop_now_us(with->loop);
    attempt->first_byte_us = send.timeouts.first_byte_us;
    attempt->call = gw_http_call_open(with->client, &send, &CALL_OPS, attempt);
    prepared_fini(&prepared);
    return GW_OK;
}

void attempt_close(struct attempt *attempt)
{
    if (attempt->call != NULL) {
        gw_timer_stop(attempt->loop, &attempt->first_byte);
        gw_http_call_close(attempt->call);
        attempt->call = NULL;
        gw_free(attempt->held);
        attempt->held = NULL;
    }
}

bool attempt_is_harmless(enum gw_http_failure failure)
{
    switch (failure) {
    case GW_HTTP_FAILURE_DNS:
    case GW_HTTP_FAILURE_CONNECT:
    case GW_HTTP_FAILURE_CONNECT_TIMEOUT:
    case GW_HTTP_FAILURE_TLS:
    case GW_HTTP_FAILURE_FORBIDDEN:
    case GW_HTTP_FAILURE_PROXY:
        return true;
    case GW_HTTP_FAILURE_SEND:
    case GW_HTTP_FAILURE_FIRST_BYTE_TIMEOUT:
    case GW_HTTP_FAILURE_CLOSED:
    case GW_HTTP_FAILURE_TRUNCATED:
    case GW_HTTP_FAILURE_IDLE_TIMEOUT:
    case GW_HTTP_FAILURE_TOTAL_TIMEOUT:
    case GW_HTTP_FAILURE_PROTOCOL:
        return false;
    }
    return false;
}
