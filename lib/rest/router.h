/* SPDX-License-Identifier: MIT */
/*
 * router - from method and path to a handler.
 *
 * Tables are constants, one per subject. A pattern has parameters in braces, each a whole segment
 * or what stands before a verb:
 *
 *     {"GET",  "/api/v1/users/{id}",        GW_REST_ADMIN, user_get}
 *     {"POST", "/api/v1/users/{id}:enable", GW_REST_ADMIN, user_enable}
 *
 * A colon in a path begins a verb, so "/users/7:enable" is never the user "7:enable"; in a value
 * it is written %3A. Where several patterns fit, the one with the earlier literal wins:
 * "/users/tags" before "/users/{id}".
 */
#ifndef LIB_REST_ROUTER_H
#define LIB_REST_ROUTER_H

#include "lib/rest/rest.h"

/* An error becomes a problem document unless the handler has replied; `fault` is for the log. */
typedef enum gw_err (*gw_rest_handler)(struct gw_rest_call *call, struct gw_fault *fault);

struct gw_rest_route {
    const char *method;
    const char *pattern;
    enum gw_rest_access access;
    gw_rest_handler handler;
};

struct gw_rest_routes {
    const struct gw_rest_route *at;
    size_t count;
};

/* Around every handler that is run. Both may be NULL. */
struct gw_rest_hooks {
    /* True: it has replied itself (an answer given before under this Idempotency-Key). */
    bool (*before)(void *owner, struct gw_rest_call *call);
    void (*after)(void *owner, struct gw_rest_call *call);
    void *owner;
};

/*
 * Answers the call: when this returns, call->status is set. What a handler failed with is in
 * `fault` and returned, for the log; GW_OK when there is nothing to tell.
 */
enum gw_err gw_rest_dispatch(const struct gw_rest_routes *tables, size_t table_count,
                             const struct gw_rest_hooks *hooks, struct gw_rest_call *call,
                             struct gw_fault *fault);

/* Whether some table has that path, with any method: to tell what is ours from what is not. */
bool gw_rest_has_path(const struct gw_rest_routes *tables, size_t table_count, struct gw_text path);

#endif
