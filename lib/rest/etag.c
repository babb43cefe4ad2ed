/* SPDX-License-Identifier: MIT */
#include "lib/rest/etag.h"

#include <inttypes.h>

void gw_rest_add_etag(struct gw_rest_call *call, int64_t revision)
{
    const char *etag = gw_arena_fmt(call->arena, "\"%" PRId64 "\"", revision);

    gw_rest_add_header(call, GW_TEXT("ETag"), gw_text_of(etag));
}

bool gw_rest_if_match(const struct gw_rest_call *call, int64_t revision)
{
    const char *wanted = gw_arena_fmt(call->arena, "\"%" PRId64 "\"", revision);
    struct gw_text rest = gw_text_trim(call->if_match), tag;

    if (rest.len == 0 || gw_text_eq(rest, GW_TEXT("*"))) {
        return true;
    }
    while (rest.len > 0) {
        if (!gw_text_cut(rest, ',', &tag, &rest)) {
            tag = rest;
            rest = GW_TEXT_NONE;
        }
        tag = gw_text_trim(tag);
        /* A proxy that compresses makes tags weak; the revision in it is as good as before. */
        if (gw_text_starts_with(tag, GW_TEXT("W/"))) {
            tag = gw_text_skip(tag, 2);
        }
        if (gw_text_eq(tag, gw_text_of(wanted))) {
            return true;
        }
    }
    return false;
}
