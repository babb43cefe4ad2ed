/* SPDX-License-Identifier: MIT */
/*
 * page - cursors: where a page of a sorted list ended.
 *
 * A cursor names the last row of a page by what the list is sorted by, so pages neither overlap
 * nor leave anything out while rows come and go. It is opaque to clients: base64url of JSON.
 */
#ifndef LIB_REST_PAGE_H
#define LIB_REST_PAGE_H

#include "lib/rest/input.h"

struct gw_rest_cursor {
    int64_t rank;         /* first thing sorted by, when it is a number */
    struct gw_text value; /* first thing sorted by, when it is a text */
    int64_t id;           /* the tie breaker; 0: from the beginning */
};

struct gw_text gw_rest_cursor_write(const struct gw_rest_cursor *cursor, struct gw_arena *arena);

/* The query parameter "cursor", if given; one that is not ours is a problem of the input. */
void gw_rest_query_cursor(struct gw_rest_input *input, struct gw_rest_cursor *ret_cursor);

/* Writes "pageInfo": {...}; `next` NULL: that was the last page. */
void gw_rest_put_page_info(struct gw_json_out *out, struct gw_arena *arena,
                           const struct gw_rest_cursor *next, int64_t limit);

#endif
