/* SPDX-License-Identifier: MIT */
/*
 * The table below is the whole order of things. A room that joins later (guards, sessions, replay,
 * quotas) is one function here and one word in each row that it concerns. Rows differ where
 * spec 01 §4 says that endpoints do.
 */
#include "dataplane/steps.h"

#include "dataplane/admit/admit.h"
#include "dataplane/exchange.h"
#include "dataplane/front/decode.h"
#include "lib/units/clock.h"

/* ---- Answered here ---------------------------------------------------------------------- */

static enum step_says pong(struct exchange *exchange)
{
    exchange_answer(exchange, 200, GW_TEXT("application/json"), GW_TEXT("{\"status\":\"pong\"}"));
    return STEP_DONE;
}

static enum step_says preflight(struct exchange *exchange)
{
    exchange_answer(exchange, 204, GW_TEXT_NONE, GW_TEXT_NONE);
    return STEP_DONE;
}

static enum step_says hello(struct exchange *exchange)
{
    exchange_answer(exchange, 200, GW_TEXT_NONE, GW_TEXT_NONE);
    return STEP_DONE;
}

static enum step_says nothing_here(struct exchange *exchange)
{
    exchange_refuse(exchange, REFUSAL_UNKNOWN_PATH, NULL);
    return STEP_DONE;
}

/* ---- On the way to a provider ----------------------------------------------------------- */

static enum step_says admit(struct exchange *exchange)
{
    const struct plane *plane = exchange->worker->plane;
    struct admit_result result = {.retry_after_us = 0};
    struct admit_with with = {.snapshot = exchange->snapshot,
                              .keyring = plane->keyring,
                              .abuse = plane->abuse,
                              .known = exchange->worker->known,
                              .client_ip = exchange->client_ip,
                              .wall_us = exchange->started_wall_us,
                              .now_us = exchange->started_us};
    enum refusal refusal;

    if (exchange->snapshot == NULL) {
        exchange_refuse(exchange, REFUSAL_NOT_READY, NULL);
        return STEP_DONE;
    }
    refusal = admit_check(&exchange->ask, &with, &result);
    exchange->caller = result.caller;
    if (refusal == REFUSAL_LOCKED) {
        exchange_refuse_later(exchange, refusal, result.retry_after_us);
        return STEP_DONE;
    }
    if (refusal != REFUSAL_NONE) {
        exchange_refuse(exchange, refusal, NULL);
        return STEP_DONE;
    }
    exchange->is_admitted = true;
    return STEP_NEXT;
}

static enum step_says decode(struct exchange *exchange)
{
    const char *detail = NULL;
    enum refusal refusal;

    gw_buf_init(&exchange->plain, exchange->worker->plane->body_max);
    refusal = decode_body(&exchange->ask, gw_http_request_arena(exchange->request),
                          &exchange->plain, &detail);
    if (refusal != REFUSAL_NONE) {
        exchange_refuse(exchange, refusal, detail);
        return STEP_DONE;
    }
    return STEP_NEXT;
}

static enum step_says route(struct exchange *exchange)
{
    plan_init(&exchange->plan, exchange->snapshot, &exchange->caller, exchange->ask.dialect,
              exchange->worker->dice++);
    return STEP_NEXT;
}

static enum step_says ask_provider(struct exchange *exchange)
{
    exchange_ask_provider(exchange);
    return STEP_DONE;
}

/* ---- The order -------------------------------------------------------------------------- */

step_fn *const *steps_of(const struct surface *surface)
{
    static step_fn *const PING[] = {pong, NULL};
    static step_fn *const PREFLIGHT[] = {preflight, NULL};
    static step_fn *const HELLO[] = {hello, NULL};
    static step_fn *const UNKNOWN[] = {nothing_here, NULL};
    static step_fn *const DEFAULT[] = {admit, decode, route, ask_provider, NULL};
    static step_fn *const RAW[] = {admit, decode, route, ask_provider, NULL};

    switch (surface->kind) {
    case SURFACE_PING:
        return PING;
    case SURFACE_PREFLIGHT:
        return PREFLIGHT;
    case SURFACE_HELLO:
        return HELLO;
    case SURFACE_UNKNOWN:
        return UNKNOWN;
    case SURFACE_PROXY:
        return surface->policy == SURFACE_RAW ? RAW : DEFAULT;
    }
    return UNKNOWN;
}
