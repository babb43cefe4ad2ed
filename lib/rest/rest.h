/* SPDX-License-Identifier: MIT */
/*
 * rest - the kit for REST handlers: one call, its caller, its reply.
 *
 * A call arrives over HTTP at statsd, or over admin.v1 at the control plane; handlers see the
 * same struct either way and run on a thread that may block. A handler that returns an error
 * need not reply: the router turns it into a problem document (spec 03 §3.2).
 */
#ifndef LIB_REST_REST_H
#define LIB_REST_REST_H

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/text.h"

enum gw_rest_access { GW_REST_PUBLIC, GW_REST_READ, GW_REST_ADMIN };

struct gw_rest_principal {
    enum gw_rest_access access; /* the highest tier this caller reaches */
    int64_t user_id;            /* -1: the administrator's token; 0: nobody */
    int64_t key_id;
    struct gw_text name;
    struct gw_text client_ip;
    struct gw_text user_agent;
};

struct gw_rest_header {
    struct gw_text name, value;
};

#define GW_REST_PARAMS_MAX  4
#define GW_REST_HEADERS_MAX 16

struct gw_rest_call {
    /* The request; borrowed for the call's life. */
    struct gw_text method;
    struct gw_text path;  /* not decoded, without query */
    struct gw_text query; /* without "?" */
    struct gw_text body;
    struct gw_text content_type;
    struct gw_text if_match;
    struct gw_text idempotency_key;
    struct gw_text request_id;
    struct gw_rest_principal principal;
    void *context; /* the service's own: a database connection, usually */

    /* From the router. */
    struct gw_text params[GW_REST_PARAMS_MAX]; /* decoded path parameters, in order */

    /* The reply; memory from `arena` or constants. */
    struct gw_arena *arena; /* as long as the call */
    int status;             /* 0 until a handler replied */
    struct gw_rest_header headers[GW_REST_HEADERS_MAX];
    size_t header_count;
    struct gw_buf reply; /* JSON */
};

void gw_rest_call_init(struct gw_rest_call *call, struct gw_arena *arena);
void gw_rest_call_fini(struct gw_rest_call *call);
void gw_rest_add_header(struct gw_rest_call *call, struct gw_text name, struct gw_text value);

#endif
