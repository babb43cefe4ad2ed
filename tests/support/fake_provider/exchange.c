/* SPDX-License-Identifier: MIT */
#include "tests/support/fake_provider/exchange.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define EVENTS_MAX ((size_t)64 << 20)
#define US_PER_MS  1000

void exchange_event(struct exchange *exchange)
{
    gw_buf_append(&exchange->ends,
                  (struct gw_text){(const char *)&exchange->events.len, sizeof(size_t)});
}

static size_t event_count(const struct exchange *exchange)
{
    return exchange->ends.len / sizeof(size_t);
}

static size_t end_of(const struct exchange *exchange, size_t event)
{
    return event == 0 ? 0 : ((const size_t *)(const void *)exchange->ends.at)[event - 1];
}

/* ---- Death ------------------------------------------------------------------------------ */

static void free_exchange(struct gw_task *task)
{
    struct exchange *exchange = GW_CONTAINER(task, struct exchange, death);

    gw_buf_fini(&exchange->text);
    gw_buf_fini(&exchange->events);
    gw_buf_fini(&exchange->ends);
    gw_free(exchange);
}

static void die(struct exchange *exchange)
{
    gw_timer_stop(exchange->provider->loop, &exchange->timer);
    gw_loop_later(exchange->provider->loop, &exchange->death);
}

static void record(const struct exchange *exchange)
{
    struct gw_text target = gw_http_request_target(exchange->request);
    const struct script *script = &exchange->script;
    char line[1024];
    int len;

    if (exchange->provider->record_fd < 0) {
        return;
    }
    len = snprintf(line, sizeof(line),
                   "{\"id\":\"%s\",\"target\":\"%.200s\",\"model\":\"%.200s\",\"status\":%" PRId64
                   ",\"stream\":%s,\"events\":%zu,\"in\":%" PRId64 ",\"out\":%" PRId64 "}\n",
                   exchange->id, gw_arena_text(gw_http_request_arena(exchange->request), target).at,
                   gw_arena_text(gw_http_request_arena(exchange->request), script->model).at,
                   script->status, script->streams ? "true" : "false", event_count(exchange),
                   script->tokens_in, script->tokens_out);
    if (len > 0 && write(exchange->provider->record_fd, line, (size_t)len) < 0) {
        perror("could not record"); /* and goes on: a test looks for the line */
    }
}

/* ---- Events ----------------------------------------------------------------------------- */

static void send_next(struct exchange *exchange)
{
    const struct script *script = &exchange->script;
    size_t count = event_count(exchange), last = count;

    if ((int64_t)last > script->cut) {
        last = (size_t)script->cut;
    }
    if ((int64_t)last > script->stall) {
        last = (size_t)script->stall;
    }
    if (exchange->sent == last && (int64_t)last == script->stall) {
        return; /* until the client leaves */
    }
    if (exchange->sent == last && last < count) {
        gw_http_reply_abort(exchange->request);
        die(exchange);
    } else if (exchange->sent == last) {
        record(exchange);
        gw_http_reply_finish(exchange->request, GW_TEXT_NONE);
        die(exchange);
    } else {
        size_t from = end_of(exchange, exchange->sent);

        exchange->sent = script->delay_ms > 0 ? exchange->sent + 1 : last;
        gw_http_reply_send(
            exchange->request,
            (struct gw_text){exchange->events.at + from, end_of(exchange, exchange->sent) - from});
    }
}

static void on_sent(void *owner)
{
    struct exchange *exchange = owner;

    if (exchange->script.delay_ms > 0 && exchange->sent < event_count(exchange)) {
        gw_timer_start(exchange->provider->loop, &exchange->timer,
                       exchange->script.delay_ms * US_PER_MS);
    } else {
        send_next(exchange);
    }
}

static void on_gone(void *owner)
{
    die(owner);
}

static const struct gw_http_reply_ops OPS = {on_sent, on_gone};

/* ---- Head ------------------------------------------------------------------------------- */

static void begin(struct exchange *exchange)
{
    struct gw_http_header headers[] = {
        {GW_TEXT("Content-Type"), gw_text_of(exchange->content_type)},
        {GW_TEXT("request-id"), gw_text_of(exchange->id)},
        {GW_TEXT("x-request-id"), gw_text_of(exchange->id)},
        {GW_TEXT("Cache-Control"), GW_TEXT("no-cache")},
        {GW_TEXT("Retry-After"), GW_TEXT_NONE},
    };
    const struct script *script = &exchange->script;
    size_t count = sizeof(headers) / sizeof(headers[0]) - (script->retry_after < 0);
    bool is_whole = event_count(exchange) == 1;
    char seconds[24];

    snprintf(seconds, sizeof(seconds), "%" PRId64, script->retry_after);
    headers[4].value = gw_text_of(seconds);
    gw_http_reply_start(exchange->request, (int)script->status,
                        (struct gw_http_headers){headers, count},
                        is_whole ? exchange->events.len : GW_HTTP_LENGTH_UNKNOWN);
    send_next(exchange);
}

static void on_timer(struct gw_timer *timer)
{
    struct exchange *exchange = GW_CONTAINER(timer, struct exchange, timer);

    if (exchange->sent == 0 && exchange->script.first_ms >= 0) {
        exchange->script.first_ms = -1;
        begin(exchange);
    } else {
        send_next(exchange);
    }
}

/* ---- Which answer ----------------------------------------------------------------------- */

struct route {
    const char *path; /* a prefix if it ends with a slash */
    void (*answer)(struct exchange *exchange);
    void (*error)(struct exchange *exchange);
};

static const struct route ROUTES[] = {
    {"/v1/messages", anthropic_answer, anthropic_error},
    {"/v1/messages/", anthropic_answer, anthropic_error},
    {"/v1/chat/completions", chat_answer, openai_error},
    {"/v1/responses", responses_answer, openai_error},
    {"/v1/embeddings", embeddings_answer, openai_error},
    {"/v1beta/models/", gemini_answer, gemini_error},
    {"/v1/models/", gemini_answer, gemini_error},
};

static const struct route *route_of(struct gw_text path)
{
    for (size_t i = 0; i < sizeof(ROUTES) / sizeof(ROUTES[0]); i++) {
        struct gw_text known = gw_text_of(ROUTES[i].path);

        if (gw_text_eq(path, known) ||
            (known.at[known.len - 1] == '/' && gw_text_starts_with(path, known))) {
            return &ROUTES[i];
        }
    }
    return NULL;
}

void exchange_open(struct provider *provider, struct gw_http_request *request)
{
    struct gw_text target = gw_http_request_target(request);
    struct exchange *exchange = GW_NEW(struct exchange);
    const struct route *route = route_of((struct gw_text){target.at, gw_text_find(target, '?')});

    exchange->provider = provider;
    exchange->request = request;
    exchange->content_type = "application/json";
    gw_buf_init(&exchange->text, EVENTS_MAX);
    gw_buf_init(&exchange->events, EVENTS_MAX);
    gw_buf_init(&exchange->ends, EVENTS_MAX);
    gw_timer_init(&exchange->timer, on_timer);
    gw_task_init(&exchange->death, free_exchange);
    snprintf(exchange->id, sizeof(exchange->id), "req_%d_%" PRIu64, (int)getpid(),
             ++provider->count);
    script_read(gw_http_request_body(request), provider->delay_ms, &exchange->script);
    gw_http_request_own(request, &OPS, exchange);

    if (route == NULL) {
        exchange->script.status = 404;
        route = &ROUTES[2];
    }
    if (exchange->script.status >= 400) {
        route->error(exchange);
    } else {
        script_append_text(&exchange->script, &exchange->text);
        route->answer(exchange);
    }
    if (exchange->script.first_ms > 0) {
        gw_timer_start(provider->loop, &exchange->timer, exchange->script.first_ms * US_PER_MS);
    } else {
        exchange->script.first_ms = -1;
        begin(exchange);
    }
}
