/* SPDX-License-Identifier: MIT */
/*
 * etag - revisions of rows as ETag and If-Match.
 */
#ifndef LIB_REST_ETAG_H
#define LIB_REST_ETAG_H

#include "lib/rest/rest.h"

/* Adds ETag: "<revision>". */
void gw_rest_add_etag(struct gw_rest_call *call, int64_t revision);

/* Whether If-Match lets a change of a row of that revision pass. It does when it is absent. */
bool gw_rest_if_match(const struct gw_rest_call *call, int64_t revision);

#endif
