/* SPDX-License-Identifier: MIT */
/*
 * From an origin to a connection. The guard is asked about each address at the moment it is
 * connected to, so that a name which means something else with each question gains nothing.
 */
#include <stdio.h>

#include "lib/net/call/inside.h"

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

static void fail_forbidden(struct gw_http_call *call)
{
    const struct origin *origin = call->origin;
    char text[400];

    snprintf(text, sizeof(text), "\"%s\" has a %s address, which is not allowed", origin->host,
             gw_guard_class_name(gw_guard_classify(&origin->addresses.at[0])));
    gw_call_fail(call, GW_HTTP_FAILURE_FORBIDDEN, text);
}

/* Addresses share what is left of the time, so that a dead first one leaves some for others. */
static void connect_next(struct gw_http_call *call)
{
    size_t address = call->next_address++;
    int64_t share = (int64_t)(call->origin->addresses.count - address);

    call->state = CALL_CONNECTING;
    call->address_due_us = INT64_MAX;
    if (call->phase_due_us != INT64_MAX && find_next(call)) {
        int64_t now_us = gw_call_now_us(call);

        call->address_due_us = now_us + (call->phase_due_us - now_us) / share;
    }
    gw_call_arm(call);
    call->conn = gw_conn_open(call->origin, call, address);
}

static void connect_first(struct gw_http_call *call)
{
    if (find_next(call)) {
        connect_next(call);
    } else {
        fail_forbidden(call);
    }
}

void gw_call_address_late(struct gw_http_call *call)
{
    gw_call_drop_conn(call);
    connect_next(call); /* there is one, or there were no such deadline */
}

void gw_call_not_connected(struct gw_http_call *call, bool is_tls, const char *text)
{
    gw_call_drop_conn(call);
    if (!is_tls && find_next(call)) {
        connect_next(call);
        return;
    }
    call->origin->addresses_until_us = 0; /* perhaps it has moved */
    gw_call_fail(call, is_tls ? GW_HTTP_FAILURE_TLS : GW_HTTP_FAILURE_CONNECT, text);
}

void gw_call_connected(struct gw_http_call *call)
{
    call->times.connected_us = gw_call_now_us(call) - call->opened_us;
    gw_call_start_sending(call);
}

void gw_call_resolved(struct gw_http_call *call, const char *text)
{
    if (text != NULL) {
        gw_call_fail(call, GW_HTTP_FAILURE_DNS, text);
        return;
    }
    connect_first(call);
}

void gw_call_begin(struct gw_http_call *call)
{
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
    gw_call_enter(call, CALL_RESOLVING, call->timeouts.connect_us);
    call->next_address = 0;
    if (gw_origin_has_addresses(call->origin)) {
        connect_first(call);
    } else {
        gw_origin_resolve(call->origin, call);
    }
}
