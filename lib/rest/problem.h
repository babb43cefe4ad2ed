/* SPDX-License-Identifier: MIT */
/*
 * problem - refusing, as RFC 9457 and spec 03 §3.2 want it.
 *
 * Each of these writes the reply; the handler then returns GW_OK. What the client is told is what
 * it did or can do; reasons that are ours go to the log.
 */
#ifndef LIB_REST_PROBLEM_H
#define LIB_REST_PROBLEM_H

#include "lib/json/json_in.h"
#include "lib/rest/rest.h"

#define GW_REST_PROBLEM_PREFIX "urn:millrace:problem:"

/* The code of a status when there is no better one: 404 is "resource.not_found". */
const char *gw_rest_default_code(int status);
const char *gw_rest_title(int status);

/* `code` NULL: the status' own. `detail` NULL: the title says it all. Texts are constants. */
void gw_rest_refuse(struct gw_rest_call *call, int status, const char *code, const char *detail);

/* One value for a translated message. */
struct gw_rest_param {
    const char *name;
    struct gw_text value;
};
void gw_rest_refuse_with(struct gw_rest_call *call, int status, const char *code,
                         const char *detail, const struct gw_rest_param *params, size_t count);

/* 400 request.validation_failed with every field that is wrong. */
void gw_rest_refuse_fields(struct gw_rest_call *call, const struct gw_json_problems *problems);

/* For an error nobody has turned into something better: status and code by the error alone. */
void gw_rest_refuse_err(struct gw_rest_call *call, enum gw_err err);

#endif
