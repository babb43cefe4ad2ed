/* SPDX-License-Identifier: MIT */
/*
 * cors - the headers that let browsers talk to us; on every response (spec 01 §2.1).
 */
#ifndef DATAPLANE_FRONT_CORS_H
#define DATAPLANE_FRONT_CORS_H

#include <stdbool.h>

#include "lib/net/http.h"

#define CORS_HEADERS_MAX 6

/* Writes up to CORS_HEADERS_MAX headers and returns how many; values are borrowed from `asked`. */
size_t cors_headers(struct gw_http_headers asked, struct gw_http_header ret_headers[]);

/* Whether a provider's header of that name would contradict ours. */
bool cors_is_ours(struct gw_text name);

#endif
