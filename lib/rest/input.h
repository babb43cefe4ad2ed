/* SPDX-License-Identifier: MIT */
/*
 * input - path parameters, query and body of a call, checked together.
 *
 * Everything that is wrong is gathered and told at once:
 *
 *     gw_rest_input_init(&input, call);
 *     gw_rest_input_id(&input, 0, "id", &id);
 *     gw_rest_query_int(&input, "limit", 1, 100, &limit);
 *     in = gw_rest_input_body(&input);                    lib/json/json_in.h
 *     if (in != NULL) { gw_json_in_text(in, "name", ...); ... }
 *     if (gw_rest_input_accept(&input)) {
 *         ... all of it is good ...
 *     }
 *     gw_rest_input_fini(&input);
 *
 * Values are borrowed until gw_rest_input_fini().
 */
#ifndef LIB_REST_INPUT_H
#define LIB_REST_INPUT_H

#include "lib/json/json_in.h"
#include "lib/rest/rest.h"

struct gw_rest_input {
    struct gw_rest_call *call;
    struct gw_json_problems problems;
    struct gw_json_doc *doc;
    struct gw_json_in in;
    bool refused; /* the body cannot be read at all, and that has been answered */
};

void gw_rest_input_init(struct gw_rest_input *input, struct gw_rest_call *call);
void gw_rest_input_fini(struct gw_rest_input *input);

/* Path parameter `place` as a positive number. */
void gw_rest_input_id(struct gw_rest_input *input, size_t place, const char *name, int64_t *ret_id);

/*
 * The body, to be read field by field; what was not asked for is told as unknown when the input
 * is accepted. NULL, and already refused: 415 when it is not said to be JSON, 400
 * request.malformed_json when it is none, 413 when it is too large.
 */
struct gw_json_in *gw_rest_input_body(struct gw_rest_input *input);

/* True when nothing is wrong. Otherwise the call is answered 400 request.validation_failed. */
bool gw_rest_input_accept(struct gw_rest_input *input);

/* ---- Query parameters ------------------------------------------------------------------- */

/*
 * Percent signs and '+' are decoded. Absent or empty leaves the output as it was, which is how a
 * fallback is given, and returns false; so does a wrong one, which is told. One that is given
 * twice is wrong. Parameters nobody asks for are ignored.
 */
bool gw_rest_query_text(struct gw_rest_input *input, const char *name, size_t most,
                        struct gw_text *ret_text);
bool gw_rest_query_int(struct gw_rest_input *input, const char *name, int64_t least, int64_t most,
                       int64_t *ret_number);
bool gw_rest_query_bool(struct gw_rest_input *input, const char *name, bool *ret_flag);
/* One of `words`, ended by NULL; gives its place. */
bool gw_rest_query_enum(struct gw_rest_input *input, const char *name, const char *const *words,
                        size_t *ret_place);
/* ISO 8601 with 'Z' or an offset, as microseconds since 1970. */
bool gw_rest_query_time(struct gw_rest_input *input, const char *name, int64_t *ret_wall_us);

/* Decodes %XX, and '+' as a space if `plus_is_space`; GW_E_INVALID for a bad escape or %00. */
enum gw_rest_plus { GW_REST_PLUS_IS_PLUS, GW_REST_PLUS_IS_SPACE };
enum gw_err gw_rest_percent_decode(struct gw_text text, enum gw_rest_plus plus,
                                   struct gw_arena *arena, struct gw_text *ret_text) GW_MUST_USE;

#endif
