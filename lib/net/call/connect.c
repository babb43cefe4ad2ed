/* SPDX-License-Identifier: MIT */
/*
 * From an origin to a connection. The guard is asked about each address at the moment it is
 * connected to, so that a name which means something else with each question gains nothing.
 */
#include <arpa/inet.h>
#include <stdio.h>

#include "lib/net/call/inside.h"
#include "lib/units/clock.h"

#define PATIENCE_US (5 * GW_US_PER_SECOND)

static bool is_allowed(const struct gw_http_call *call, size_t address)
{
    const struct gw_guard *guard = call->client->conf.guard;

    return guard == NULL || gw_guard_allows(guard, &call->origin->addresses.at[address]);
}

/* Forbidden addresses are passed over: one of a name's may be public and the others not. */
static bool find_next(struct gw_http_call *call)
{
    while (call->next_address < call->origin->addresses.count) {
        if (is_allowed(call, call->next_address)) {
            return true;
        }
        call->next_address++;
    }
    return false;
}

static void fail_forbidden(struct gw_http_call *call, const char *host, enum gw_guard_class class)
{
    char text[400];

    snprintf(text, sizeof(text), "\"%s\" has a %s address, which is not allowed", host,
             gw_guard_class_name(class));
    gw_call_fail(call, GW_HTTP_FAILURE_FORBIDDEN, text);
}

/*
 * What a proxy will make of the origin's host, as far as can be told: addresses in each way of
 * writing them, the strange old ones included, and the name that always means the proxy itself.
 */
static bool foresee(const struct origin *origin, struct gw_addresses *ret_addresses)
{
    struct gw_text host = gw_text_of(origin->host);
    struct in_addr four;
    char text[INET_ADDRSTRLEN];

    if (gw_resolve_literal(origin->host, origin->port, ret_addresses)) {
        return true;
    }
    if (gw_text_ends_with(host, GW_TEXT("."))) {
        host.len--;
    }
    if (gw_text_eq_nocase(host, GW_TEXT("localhost")) ||
        (host.len > 10 &&
         gw_text_eq_nocase(gw_text_skip(host, host.len - 10), GW_TEXT(".localhost")))) {
        return gw_resolve_literal("127.0.0.1", origin->port, ret_addresses);
    }
    if (inet_aton(origin->host, &four) == 0) {
        return false;
    }
    inet_ntop(AF_INET, &four, text, sizeof(text));
    return gw_resolve_literal(text, origin->port, ret_addresses);
}

/* Behind a proxy; false when the call has failed. */
static bool may_ask_for(struct gw_http_call *call)
{
    const struct gw_guard *guard = call->client->conf.guard;
    struct gw_addresses foreseen = {0};

    if (guard != NULL && foresee(call->origin, &foreseen) &&
        !gw_guard_allows(guard, &foreseen.at[0])) {
        fail_forbidden(call, call->origin->host, gw_guard_classify(&foreseen.at[0]));
        return false;
    }
    return true;
}

/*
 * Addresses share what is left of the time, so that a dead first one leaves some for others; and
 * while there are others none gets more than a few seconds.
 */
static void connect_next(struct gw_http_call *call)
{
    size_t address = call->next_address++;
    int64_t share = (int64_t)(call->origin->addresses.count - address);

    call->state = CALL_CONNECTING;
    call->address_due_us = INT64_MAX;
    if (call->phase_due_us != INT64_MAX && find_next(call)) {
        int64_t now_us = gw_call_now_us(call);

        int64_t patience_us = (call->phase_due_us - now_us) / share;

        call->address_due_us = now_us + (patience_us < PATIENCE_US ? patience_us : PATIENCE_US);
    }
    gw_call_arm(call);
    call->conn = gw_conn_open(call->origin, call, address);
}

static void connect_first(struct gw_http_call *call)
{
    if (find_next(call)) {
        connect_next(call);
    } else {
        fail_forbidden(call, gw_origin_hop(call->origin),
                       gw_guard_classify(&call->origin->addresses.at[0]));
    }
}

void gw_call_address_late(struct gw_http_call *call)
{
    call->address_due_us = INT64_MAX;
    if (find_next(call)) {
        gw_call_drop_conn(call);
        connect_next(call);
    } else {
        gw_call_arm(call); /* they have changed meanwhile; the present one may go on */
    }
}

/* Whether what went wrong did so on the way to a proxy, or at it. */
static bool is_at_proxy(const struct gw_http_call *call)
{
    return call->origin->proxy != NULL && (call->conn == NULL || !call->conn->is_through);
}

static void fail_at_proxy(struct gw_http_call *call, const char *reason)
{
    char text[500];

    snprintf(text, sizeof(text), "proxy \"%s\": %s", gw_origin_hop(call->origin), reason);
    gw_call_fail(call, GW_HTTP_FAILURE_PROXY, text);
}

void gw_call_not_connected(struct gw_http_call *call, enum gw_http_failure failure,
                           const char *text)
{
    bool was_at_proxy = is_at_proxy(call);

    gw_call_drop_conn(call);
    if (failure == GW_HTTP_FAILURE_CONNECT && find_next(call)) {
        connect_next(call);
        return;
    }
    gw_origin_doubt(call->origin);
    if (was_at_proxy) {
        fail_at_proxy(call, text);
    } else {
        gw_call_fail(call, failure, text);
    }
}

void gw_call_connect_late(struct gw_http_call *call)
{
    if (is_at_proxy(call)) {
        fail_at_proxy(call, "did not open the way in time");
    } else {
        gw_call_fail(call, GW_HTTP_FAILURE_CONNECT_TIMEOUT, "could not connect in time");
    }
}

void gw_call_connected(struct gw_http_call *call)
{
    call->times.connected_us = gw_call_now_us(call) - call->opened_us;
    gw_call_start_sending(call);
}

void gw_call_resolved(struct gw_http_call *call, const char *text)
{
    if (text == NULL) {
        connect_first(call);
    } else if (call->origin->proxy != NULL) {
        fail_at_proxy(call, text);
    } else {
        gw_call_fail(call, GW_HTTP_FAILURE_DNS, text);
    }
}

void gw_call_begin(struct gw_http_call *call)
{
    const char *text;

    if (call->is_bad) {
        gw_call_fail(call, GW_HTTP_FAILURE_SEND, "request head holds a control character");
        return;
    }
    call->conn = call->was_retried ? NULL : gw_conn_reuse(call->origin, call);
    if (call->conn != NULL) {
        call->times.connected_us = 0;
        gw_call_start_sending(call);
        return;
    }
    if (call->origin->proxy != NULL && !may_ask_for(call)) {
        return;
    }
    gw_call_enter(call, CALL_RESOLVING, call->timeouts.connect_us);
    call->next_address = 0;
    if (gw_origin_knows(call->origin, &text)) {
        gw_call_resolved(call, text);
    } else {
        gw_origin_resolve(call->origin, call);
    }
}
