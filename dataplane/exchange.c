/* SPDX-License-Identifier: MIT */
/*
 *                        the next candidate
 *                            +-----+
 *                            v     |
 *   ---> STEPS ----------> ATTEMPT +---- answer ---> STREAM ---- over ----> GONE
 *          |                 |                         |                    ^ ^ ^
 *          | answered or     | no candidate left, or   | the client         | | |
 *          | refused here    | the client left         | left               | | |
 *          |                 |                         v                    | | |
 *          |                 |                        LEFT ---- over -------+ | |
 *          |                 +------------------------------------------------+ |
 *          +--------------------------------------------------------------------+
 *
 *   STEPS    walking the rooms; waits for nothing
 *   ATTEMPT  a provider was asked; nothing has reached the client
 *   STREAM   the answer is on its way; from here on nothing can be hidden from the client
 *   LEFT     the client is gone, the rest of the answer is read for what it costs
 *   GONE     everything was given back; the memory goes at the end of the turn
 *
 * What happened is written down once, by settle(), before the client sees the end of its answer.
 * The request dies with its client, so LEFT works on copies of the few texts that are still needed.
 */
#include "dataplane/exchange.h"

#include <stdio.h>

#include "dataplane/record.h"
#include "dataplane/reply.h"
#include "dataplane/steps.h"
#include "lib/base/check.h"
#include "lib/report/log.h"
#include "lib/units/clock.h"

/* MOVES[from][to]: the arrows in the drawing above, and no others. */
static const bool MOVES[EXCHANGE_STATES][EXCHANGE_STATES] = {
    [EXCHANGE_STEPS] = {[EXCHANGE_ATTEMPT] = true, [EXCHANGE_GONE] = true},
    [EXCHANGE_ATTEMPT] =
        {[EXCHANGE_ATTEMPT] = true, [EXCHANGE_STREAM] = true, [EXCHANGE_GONE] = true},
    [EXCHANGE_STREAM] = {[EXCHANGE_LEFT] = true, [EXCHANGE_GONE] = true},
    [EXCHANGE_LEFT] = {[EXCHANGE_GONE] = true},
};

static void die(struct gw_task *task);

/* The only place that assigns `state`. */
static void enter(struct exchange *exchange, enum exchange_state to)
{
    struct gw_metrics *metrics = exchange->worker->plane->metrics;

    GW_CHECK(MOVES[exchange->state][to]);
    if (exchange->state == EXCHANGE_LEFT) {
        gw_metric_move(metrics, METRIC_DRAINING, 0, -1);
    }
    exchange->state = to;
    if (to == EXCHANGE_LEFT) {
        gw_metric_move(metrics, METRIC_DRAINING, 0, 1);
    }
    if (to == EXCHANGE_GONE) {
        gw_loop_later(exchange->worker->loop, &exchange->death);
    }
}

/* ---- Settling --------------------------------------------------------------------------- */

static void settle(struct exchange *exchange, enum gw_outcome outcome, const char *error)
{
    struct record_end end = {outcome, error};

    GW_CHECK(!exchange->is_settled);
    exchange->is_settled = true;
    record_ended(exchange, &end);
}

static void begin_try(struct exchange *exchange)
{
    struct exchange_try *one = &exchange->tries[exchange->try_count++];

    *one = (struct exchange_try){.provider_id = exchange->provider->row->id,
                                 .started_us = gw_loop_now_us(exchange->worker->loop) -
                                               exchange->started_us};
}

static void end_try(struct exchange *exchange, const char *reason, const char *error)
{
    struct exchange_try *one = &exchange->tries[exchange->try_count - 1];

    one->ended_us = gw_loop_now_us(exchange->worker->loop) - exchange->started_us;
    one->reason = reason;
    one->error = error;
}

/* ---- Answers of our own ----------------------------------------------------------------- */

static void finish_here(struct exchange *exchange, const struct reply *reply, struct gw_text body)
{
    struct gw_http_request *request = exchange->request;

    exchange->request = NULL;
    gw_http_reply_whole(request, exchange->status, reply_headers(reply), body);
    enter(exchange, EXCHANGE_GONE);
}

void exchange_answer(struct exchange *exchange, int status, struct gw_text type,
                     struct gw_text body)
{
    struct reply reply;

    exchange->status = status;
    reply_init(&reply, exchange);
    if (type.len > 0) {
        reply_add(&reply, GW_TEXT("content-type"), type);
    }
    settle(exchange, GW_OUTCOME_SUCCESS, NULL);
    finish_here(exchange, &reply, body);
}

static enum gw_outcome outcome_of(enum refusal refusal)
{
    return refusal == REFUSAL_UNREACHABLE || refusal == REFUSAL_TIMEOUT ? GW_OUTCOME_PROVIDER_FAILED
                                                                        : GW_OUTCOME_REFUSED;
}

static void refuse(struct exchange *exchange, enum refusal refusal, const char *detail,
                   struct reply *reply)
{
    struct refuse_with with = {.shape = ask_refuse_shape(&exchange->ask),
                               .language = exchange->ask.language,
                               .detail = detail,
                               .request_id = exchange->id.text};
    struct gw_buf body;

    gw_buf_init(&body, REFUSE_BODY_MAX);
    refuse_write(refusal, &with, &body);
    exchange->status = refuse_status(refusal);
    reply_add(reply, GW_TEXT("content-type"), GW_TEXT(REFUSE_CONTENT_TYPE));
    metrics_count_refusal(exchange->worker->plane->metrics, exchange->status);
    settle(exchange, outcome_of(refusal), refuse_type(refusal));
    finish_here(exchange, reply, gw_buf_text(&body));
    gw_buf_fini(&body);
}

void exchange_refuse(struct exchange *exchange, enum refusal refusal, const char *detail)
{
    struct reply reply;

    reply_init(&reply, exchange);
    if (refusal == REFUSAL_NO_WEBSOCKET) {
        reply_add(&reply, GW_TEXT("upgrade"), GW_TEXT("HTTP/1.1"));
    }
    refuse(exchange, refusal, detail, &reply);
}

void exchange_refuse_later(struct exchange *exchange, enum refusal refusal, int64_t retry_after_us)
{
    int64_t seconds = (retry_after_us + GW_US_PER_SECOND - 1) / GW_US_PER_SECOND;
    struct reply reply;
    char text[24];

    snprintf(text, sizeof(text), "%lld", (long long)seconds);
    reply_init(&reply, exchange);
    reply_add(&reply, GW_TEXT("retry-after"), gw_text_of(text));
    refuse(exchange, refusal, NULL, &reply);
}

/* ---- An answer on its way --------------------------------------------------------------- */

static void on_settle(void *owner, enum flow_end end)
{
    struct exchange *exchange = owner;
    struct record_end judged = record_judge(exchange, end);

    exchange->status = record_status(exchange, judged.outcome);
    end_try(exchange,
            judged.outcome == GW_OUTCOME_SUCCESS          ? "request_success"
            : judged.outcome == GW_OUTCOME_PROVIDER_ERROR ? "retry_failed"
                                                          : "system_error",
            judged.error);
    settle(exchange, judged.outcome, judged.error);
}

static void on_over(void *owner)
{
    struct exchange *exchange = owner;

    exchange->request = NULL;
    attempt_close(&exchange->attempt);
    enter(exchange, EXCHANGE_GONE);
}

static const struct flow_ops FLOW_OPS = {on_settle, on_over};

static void start_reader(struct exchange *exchange, const struct attempt_answer *answer)
{
    enum reader_shape shape = READER_NOTHING;

    if (answer->status >= 200 && answer->status < 300) {
        shape = reader_shape_of(gw_http_find(answer->headers, GW_TEXT("content-type")),
                                gw_http_find(answer->headers, GW_TEXT("content-encoding")));
    }
    reader_init(&exchange->reader, exchange->ask.dialect, shape);
}

/* What a HEAD is told about: the length of a body that does not come. */
static uint64_t length_of(const struct exchange *exchange, const struct attempt_answer *answer)
{
    uint64_t length = answer->length;

    if (gw_text_eq(exchange->ask.request.method, GW_TEXT("HEAD")) &&
        gw_text_to_u64(gw_http_find(answer->headers, GW_TEXT("content-length")), &length) !=
            GW_OK) {
        return GW_HTTP_LENGTH_UNKNOWN;
    }
    return length;
}

static void on_answer(void *owner, const struct attempt_answer *answer)
{
    struct exchange *exchange = owner;
    struct flow_between between = {.loop = exchange->worker->loop,
                                   .request = exchange->request,
                                   .attempt = &exchange->attempt,
                                   .reader = &exchange->reader};
    struct reply reply;

    exchange->status = answer->status;
    exchange->tries[exchange->try_count - 1].status = answer->status;
    reply_init(&reply, exchange);
    reply_pass_on(&reply, answer);
    start_reader(exchange, answer);
    flow_init(&exchange->flow, &between, &FLOW_OPS, exchange);
    gw_http_reply_start(exchange->request, answer->status, reply_headers(&reply),
                        length_of(exchange, answer));
    enter(exchange, EXCHANGE_STREAM);
}

/* ---- Attempts --------------------------------------------------------------------------- */

static void on_body(void *owner)
{
    flow_bytes_wait(&((struct exchange *)owner)->flow);
}

static void on_end(void *owner)
{
    flow_provider_ended(&((struct exchange *)owner)->flow);
}

static bool is_timeout(enum gw_http_failure failure)
{
    return failure == GW_HTTP_FAILURE_CONNECT_TIMEOUT ||
           failure == GW_HTTP_FAILURE_FIRST_BYTE_TIMEOUT ||
           failure == GW_HTTP_FAILURE_IDLE_TIMEOUT || failure == GW_HTTP_FAILURE_TOTAL_TIMEOUT;
}

static void on_fail(void *owner, enum gw_http_failure failure, const char *text)
{
    struct exchange *exchange = owner;

    exchange->failure = failure;
    metrics_count_failure(exchange->worker->plane->metrics, failure);
    gw_log_limited(GW_LOG_WARN, "provider_failed", GW_LOG_STR("request", exchange->id.text),
                   GW_LOG_UINT("provider", exchange->provider->row->id),
                   GW_LOG_STR("failure", gw_http_failure_name(failure)),
                   GW_LOG_STR("reason", text));
    if (exchange->state != EXCHANGE_ATTEMPT) {
        flow_provider_failed(&exchange->flow);
        return;
    }
    attempt_close(&exchange->attempt);
    end_try(exchange, "system_error", gw_http_failure_name(failure));
    if (attempt_is_harmless(failure)) {
        exchange_ask_provider(exchange);
    } else {
        exchange_refuse(exchange, is_timeout(failure) ? REFUSAL_TIMEOUT : REFUSAL_UNREACHABLE,
                        NULL);
    }
}

static const struct attempt_ops ATTEMPT_OPS = {on_answer, on_body, on_end, on_fail};

/* ---- The client ------------------------------------------------------------------------- */

static void on_sent(void *owner)
{
    flow_sent(&((struct exchange *)owner)->flow);
}

/* What the record still needs of a request that is about to die. */
static void keep_texts(struct exchange *exchange)
{
    struct gw_text *texts[] = {&exchange->ask.model, &exchange->ask.path, &exchange->ask.user_agent,
                               &exchange->ask.request.method, &exchange->id.of_client};
    size_t size = 1;
    char *at;

    for (size_t i = 0; i < GW_COUNT(texts); i++) {
        size += texts[i]->len;
    }
    at = exchange->kept = gw_must_alloc(size);
    for (size_t i = 0; i < GW_COUNT(texts); i++) {
        if (texts[i]->len > 0) {
            texts[i]->at = memcpy(at, texts[i]->at, texts[i]->len);
            at += texts[i]->len;
        }
    }
}

static void on_gone(void *owner)
{
    struct exchange *exchange = owner;

    exchange->request = NULL;
    if (exchange->state == EXCHANGE_STREAM) {
        keep_texts(exchange);
        enter(exchange, EXCHANGE_LEFT);
        flow_client_left(&exchange->flow);
        return;
    }
    attempt_close(&exchange->attempt);
    end_try(exchange, "client_abort", NULL);
    exchange->status = record_status(exchange, GW_OUTCOME_CLIENT_LEFT);
    settle(exchange, GW_OUTCOME_CLIENT_LEFT, "client_left");
    enter(exchange, EXCHANGE_GONE);
}

static const struct gw_http_reply_ops REPLY_OPS = {on_sent, on_gone};

/* ---- Asking providers ------------------------------------------------------------------- */

static bool open_attempt(struct exchange *exchange)
{
    struct worker *worker = exchange->worker;
    struct attempt_with with = {.loop = worker->loop,
                                .client = worker->client,
                                .limits = &worker->plane->limits,
                                .ask = &exchange->ask,
                                .provider = exchange->provider,
                                .wall_us = exchange->started_wall_us};
    struct gw_fault fault = {""};
    enum gw_err err;

    begin_try(exchange);
    attempt_init(&exchange->attempt, &ATTEMPT_OPS, exchange);
    err = attempt_open(&exchange->attempt, &with, &fault);
    if (err != GW_OK) {
        end_try(exchange, "system_error", "cannot_be_asked");
        gw_log_limited(GW_LOG_WARN, "provider_unusable",
                       GW_LOG_UINT("provider", exchange->provider->row->id), GW_LOG_FAULT(&fault));
    }
    return err == GW_OK;
}

/* The first time: from now on the client can leave, and there is somebody to be told. */
static void start_waiting(struct exchange *exchange)
{
    if (exchange->state == EXCHANGE_STEPS) {
        gw_http_request_own(exchange->request, &REPLY_OPS, exchange);
    }
    enter(exchange, EXCHANGE_ATTEMPT);
}

void exchange_ask_provider(struct exchange *exchange)
{
    const struct snapshot_provider *next;

    while ((next = plan_next(&exchange->plan)) != NULL) {
        exchange->provider = next;
        if (record_begun(exchange) != GW_OK &&
            exchange->worker->plane->when_full == CONF_FULL_REFUSE) {
            exchange_refuse(exchange, REFUSAL_FULL, NULL);
            return;
        }
        if (open_attempt(exchange)) {
            start_waiting(exchange);
            return;
        }
    }
    exchange_refuse(exchange,
                    exchange->try_count == 0        ? REFUSAL_NO_PROVIDER
                    : is_timeout(exchange->failure) ? REFUSAL_TIMEOUT
                                                    : REFUSAL_UNREACHABLE,
                    NULL);
}

/* ---- Life ------------------------------------------------------------------------------- */

static struct exchange *new_exchange(struct worker *worker)
{
    struct gw_list *spare = gw_list_pop_front(&worker->spares);
    struct exchange *exchange;

    if (spare != NULL) {
        worker->spare_count--;
        exchange = GW_CONTAINER(spare, struct exchange, link);
        memset(exchange, 0, offsetof(struct exchange, flow)); /* the rest begins with an answer */
    } else {
        exchange = GW_NEW(struct exchange);
    }
    exchange->worker = worker;
    gw_list_init(&exchange->link);
    gw_list_push_back(&worker->exchanges, &exchange->link);
    gw_task_init(&exchange->death, die);
    exchange->started_us = gw_loop_now_us(worker->loop);
    exchange->started_wall_us = gw_clock_wall_us();
    gw_metric_move(worker->plane->metrics, METRIC_OPEN, 0, 1);
    return exchange;
}

static void die(struct gw_task *task)
{
    struct exchange *exchange = GW_CONTAINER(task, struct exchange, death);
    struct worker *worker = exchange->worker;

    snapshot_unref(exchange->snapshot);
    gw_free(exchange->kept);
    gw_buf_fini(&exchange->plain);
    gw_list_unlink(&exchange->link);
    gw_metric_move(worker->plane->metrics, METRIC_OPEN, 0, -1);
    if (worker->spare_count < WORKER_SPARES_MAX) {
        gw_list_push_front(&worker->spares, &exchange->link);
        worker->spare_count++;
    } else {
        gw_free(exchange);
    }
    worker_exchange_over(worker);
}

void exchange_free_spare(struct exchange *exchange)
{
    gw_free(exchange);
}

void exchange_begin(void *owner, struct gw_http_request *request)
{
    struct worker *worker = owner;
    struct exchange *exchange = new_exchange(worker);
    struct ask_request asked = {.method = gw_http_request_method(request),
                                .target = gw_http_request_target(request),
                                .headers = gw_http_request_headers(request),
                                .body = gw_http_request_body(request)};
    const char *detail = NULL;
    step_fn *const *step;
    enum refusal refusal;

    exchange->request = request;
    exchange->snapshot = holder_get(worker->plane->holder);
    refusal = ask_read(&asked, gw_http_request_arena(request), &exchange->ask, &detail);
    request_id_make(asked.headers, exchange->started_wall_us, &exchange->id);
    client_ip_find(&worker->plane->client_ip, asked.headers, gw_http_request_peer(request),
                   exchange->client_ip);
    if (refusal != REFUSAL_NONE) {
        exchange_refuse(exchange, refusal, detail);
        return;
    }
    for (step = steps_of(&exchange->ask.surface); (*step)(exchange) == STEP_NEXT; step++) {
    }
}

void exchange_cut_off(struct exchange *exchange)
{
    switch (exchange->state) {
    case EXCHANGE_STREAM:
    case EXCHANGE_LEFT:
        flow_give_up(&exchange->flow);
        break;
    case EXCHANGE_ATTEMPT: /* the server has told it that its client is gone */
    case EXCHANGE_STEPS:
    case EXCHANGE_GONE:
        break;
    }
}
