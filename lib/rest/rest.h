/* SPDX-License-Identifier: MIT */
/*
 * rest - the kit for REST handlers: one call, its caller, its reply.
 *
 * A call arrives over HTTP at statsd, or over admin.v1 at the control plane; handlers see the
 * same struct either way and run on a thread that may block. A handler that returns an error
 * need not reply: the router turns it into a problem document (spec 03 §3.2).
 *
 *     router.h   which handler; access, 404, 405, HEAD
 *     input.h    path parameters, query and body, checked together
 *     problem.h  refusing
 *     page.h     cursors; etag.h revisions
 */
#ifndef LIB_REST_REST_H
#define LIB_REST_REST_H

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/text.h"
#include "lib/json/json_out.h"

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
    bool shows_internal; /* an administrator asked for what is hidden (spec 03 §3.5) */
    void *context;       /* the service's own: a database connection, usually */

    /* From the router. */
    struct gw_text params[GW_REST_PARAMS_MAX]; /* decoded path parameters, in order */
    const char *allowed;                       /* methods of the path, for 405; or NULL */

    /* The reply; memory from `arena` or constants. */
    struct gw_arena *arena; /* as long as the call */
    int status;             /* 0 until a handler replied */
    struct gw_rest_header headers[GW_REST_HEADERS_MAX];
    size_t header_count;
    struct gw_buf reply; /* JSON */
};

#define GW_REST_REPLY_MAX ((size_t)16 * 1024 * 1024)

void gw_rest_call_init(struct gw_rest_call *call, struct gw_arena *arena);
void gw_rest_call_fini(struct gw_rest_call *call);

/* Name and value must live as long as the call. One too many is a bug of ours. */
void gw_rest_add_header(struct gw_rest_call *call, struct gw_text name, struct gw_text value);

/* ---- Replying --------------------------------------------------------------------------- */

/*
 * Begins a reply; whatever was written before is forgotten. Write the document to *ret_out, then
 * end it. GW_E_TOO_LARGE from the end: more than GW_REST_REPLY_MAX.
 */
void gw_rest_reply_begin(struct gw_rest_call *call, struct gw_json_out *ret_out);
enum gw_err gw_rest_reply_end(struct gw_rest_call *call, struct gw_json_out *out,
                              int status) GW_MUST_USE;
void gw_rest_reply_empty(struct gw_rest_call *call, int status); /* 204, 304 */

/* Location of what was created: `path` (constant) and its id. */
void gw_rest_add_location(struct gw_rest_call *call, const char *path, int64_t id);

#endif
