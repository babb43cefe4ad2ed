/* SPDX-License-Identifier: MIT */
/*
 * http - words shared by our HTTP server and client.
 */
#ifndef LIB_NET_HTTP_H
#define LIB_NET_HTTP_H

#include "lib/base/text.h"

struct gw_http_header {
    struct gw_text name; /* as it was written; compare without case */
    struct gw_text value;
};

struct gw_http_headers {
    const struct gw_http_header *at;
    size_t count;
};

/* The first header of that name, or GW_TEXT_NONE (at == NULL). */
struct gw_text gw_http_find(struct gw_http_headers headers, struct gw_text name);

const char *gw_http_reason(int status); /* "Not Found"; "Unknown" if it is */

/* Whether the length of a message is known before its last byte. */
#define GW_HTTP_LENGTH_UNKNOWN UINT64_MAX

enum gw_http_end {
    GW_HTTP_MORE, /* more will follow */
    GW_HTTP_LAST, /* that was all */
};

#endif
