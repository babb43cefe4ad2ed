/* SPDX-License-Identifier: MIT */
#include "lib/rest/page.h"

#include "lib/base/check.h"
#include "lib/codec/digest.h"

#define CURSOR_MAX 2048 /* base64url of a sort value of a few hundred characters */

struct gw_text gw_rest_cursor_write(const struct gw_rest_cursor *cursor, struct gw_arena *arena)
{
    struct gw_buf json, text;
    struct gw_json_out out;
    struct gw_text kept;

    gw_buf_init(&json, CURSOR_MAX);
    gw_buf_init(&text, 2 * CURSOR_MAX);
    gw_json_out_init(&out, &json);
    gw_json_open_object(&out);
    if (cursor->value.at != NULL) {
        gw_json_put_text(&out, "v", cursor->value);
    }
    gw_json_put_int(&out, "r", cursor->rank);
    gw_json_put_int(&out, "id", cursor->id);
    gw_json_close_object(&out);
    GW_CHECK(gw_json_out_end(&out) == GW_OK);
    GW_CHECK(gw_base64url(gw_buf_text(&json), &text) == GW_OK);
    kept = gw_arena_text(arena, gw_buf_text(&text));
    gw_buf_fini(&text);
    gw_buf_fini(&json);
    return kept;
}

/* False unless every part is there and nothing else is. */
static bool read_cursor(struct gw_text json, struct gw_arena *arena, struct gw_rest_cursor *cursor)
{
    struct gw_json_problems problems;
    struct gw_json_doc *doc;
    struct gw_json_in in;

    if (gw_json_parse(json, CURSOR_MAX, &doc, NULL) != GW_OK) {
        return false;
    }
    gw_json_problems_init(&problems, arena);
    gw_json_in_root(&in, doc, &problems);
    if (gw_json_in_text(&in, "v", GW_JSON_OPTIONAL, 0, CURSOR_MAX, &cursor->value) ==
        GW_JSON_VALUE) {
        cursor->value = gw_arena_text(arena, cursor->value);
    }
    (void)gw_json_in_int(&in, "r", GW_JSON_REQUIRED, INT64_MIN, INT64_MAX, &cursor->rank);
    (void)gw_json_in_int(&in, "id", GW_JSON_REQUIRED, 1, INT64_MAX, &cursor->id);
    gw_json_in_end(&in);
    gw_json_doc_free(doc);
    return problems.count == 0;
}

void gw_rest_query_cursor(struct gw_rest_input *input, struct gw_rest_cursor *ret_cursor)
{
    struct gw_rest_cursor cursor = {0};
    struct gw_text text;
    struct gw_buf json;

    *ret_cursor = cursor;
    if (!gw_rest_query_text(input, "cursor", CURSOR_MAX, &text)) {
        return;
    }
    gw_buf_init(&json, CURSOR_MAX);
    if (gw_unbase64url(text, &json) == GW_OK &&
        read_cursor(gw_buf_text(&json), input->call->arena, &cursor)) {
        *ret_cursor = cursor;
    } else {
        gw_json_problems_add(&input->problems, "cursor", GW_JSON_CODE_FORMAT,
                             "is not a cursor of this list");
    }
    gw_buf_fini(&json);
}

void gw_rest_put_page_info(struct gw_json_out *out, struct gw_arena *arena,
                           const struct gw_rest_cursor *next, int64_t limit)
{
    gw_json_key(out, "pageInfo");
    gw_json_open_object(out);
    if (next == NULL) {
        gw_json_put_null(out, "nextCursor");
    } else {
        gw_json_put_text(out, "nextCursor", gw_rest_cursor_write(next, arena));
    }
    gw_json_put_bool(out, "hasMore", next != NULL);
    gw_json_put_int(out, "limit", limit);
    gw_json_close_object(out);
}
