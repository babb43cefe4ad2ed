/* SPDX-License-Identifier: MIT */
/*
 * ask - what the client wants, read from its request.
 *
 * Made once per request and not changed afterwards. All texts are borrowed from the request or
 * its arena; the body is scanned once and never copied. Pure but for the arena.
 */
#ifndef DATAPLANE_FRONT_ASK_H
#define DATAPLANE_FRONT_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/front/language.h"
#include "dataplane/front/refuse.h"
#include "dataplane/front/surface.h"
#include "lib/base/arena.h"
#include "lib/net/http.h"

#define ASK_MODEL_MAX 256

/* What came over the wire. */
struct ask_request {
    struct gw_text method;
    struct gw_text target; /* path and query */
    struct gw_http_headers headers;
    struct gw_text body;
};

struct ask {
    struct ask_request request;
    struct gw_text path;  /* without query, as written */
    struct gw_text query; /* without '?' */
    struct surface surface;
    enum dialect dialect;
    enum language language;
    struct gw_text model;      /* empty: none was named */
    struct gw_text user_agent; /* empty: none */
    bool wants_stream;
    bool is_json;   /* the body is a JSON object, whatever its type says */
    bool is_coded;  /* the body has a content coding and was not looked into */
    bool was_coded; /* it had one, which is undone; its header goes no further */
};

/*
 * REFUSAL_NONE, or why it cannot be served; `ret_ask` is filled as far as it goes in any case, so
 * that a refusal can be written. *ret_detail may be set to more for the client (in `arena`).
 */
enum refusal ask_read(const struct ask_request *request, struct gw_arena *arena,
                      struct ask *ret_ask, const char **ret_detail);

/* Whether a media type claims to be JSON, of whatever kind. */
bool ask_is_json_type(struct gw_text type);

/*
 * What the body says, once more: after its coding was undone (decode.h). Returns and sets what
 * ask_read() does.
 */
enum refusal ask_read_body(struct ask *ask, struct gw_arena *arena, const char **ret_detail);

/* The envelope this client understands. */
enum refuse_shape ask_refuse_shape(const struct ask *ask);

#endif
