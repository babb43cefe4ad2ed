/* SPDX-License-Identifier: MIT */
/*
 * json_out - write JSON without building a tree.
 *
 * Calls follow the text from left to right; commas are put in by themselves. Texts are written as
 * valid UTF-8: a byte that is not becomes U+FFFD. The buffer remembers running into its
 * ceiling; ask once, with gw_json_out_end(). One thread at a time.
 *
 *     gw_json_out_init(&out, &buf);
 *     gw_json_open_object(&out);
 *     gw_json_put_text(&out, "name", name);
 *     gw_json_key(&out, "items");
 *     gw_json_open_array(&out);
 *     gw_json_int(&out, 7);
 *     gw_json_close_array(&out);
 *     gw_json_close_object(&out);
 *     err = gw_json_out_end(&out);
 */
#ifndef LIB_JSON_JSON_OUT_H
#define LIB_JSON_JSON_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/text.h"
#include "lib/units/money.h"

#define GW_JSON_DEPTH_MAX 32

struct gw_json_out {
    struct gw_buf *buf;
    uint32_t is_object; /* bit d: level d is an object */
    uint32_t has_items; /* bit d: level d needs a comma before the next */
    int depth;
    bool after_key;
};

void gw_json_out_init(struct gw_json_out *out, struct gw_buf *buf); /* appends to `buf` */
/* GW_OK, or GW_E_TOO_LARGE. What is left open, or a key without value, is a bug of ours. */
enum gw_err gw_json_out_end(struct gw_json_out *out) GW_MUST_USE;

void gw_json_open_object(struct gw_json_out *out);
void gw_json_close_object(struct gw_json_out *out);
void gw_json_open_array(struct gw_json_out *out);
void gw_json_close_array(struct gw_json_out *out);
void gw_json_key(struct gw_json_out *out, const char *key);
void gw_json_key_text(struct gw_json_out *out, struct gw_text key);

void gw_json_text(struct gw_json_out *out, struct gw_text text);
void gw_json_str(struct gw_json_out *out, const char *text); /* NULL writes null */
void gw_json_int(struct gw_json_out *out, int64_t number);
void gw_json_uint(struct gw_json_out *out, uint64_t number);
void gw_json_double(struct gw_json_out *out, double number); /* not finite writes null */
void gw_json_bool(struct gw_json_out *out, bool flag);
void gw_json_null(struct gw_json_out *out);
void gw_json_money(struct gw_json_out *out, struct gw_money money); /* "12.5", a text */
void gw_json_time(struct gw_json_out *out, int64_t wall_us);        /* "2026-11-22T20:30:50.123Z" */
/* A value that is JSON already; the caller vouches for it. */
void gw_json_raw(struct gw_json_out *out, struct gw_text json);

/* Key and value at once. */
void gw_json_put_text(struct gw_json_out *out, const char *key, struct gw_text text);
void gw_json_put_str(struct gw_json_out *out, const char *key, const char *text);
void gw_json_put_int(struct gw_json_out *out, const char *key, int64_t number);
void gw_json_put_uint(struct gw_json_out *out, const char *key, uint64_t number);
void gw_json_put_bool(struct gw_json_out *out, const char *key, bool flag);
void gw_json_put_null(struct gw_json_out *out, const char *key);
void gw_json_put_money(struct gw_json_out *out, const char *key, struct gw_money money);
void gw_json_put_time(struct gw_json_out *out, const char *key, int64_t wall_us);

/* The shortest decimal that reads back as `number`, which is finite. */
#define GW_JSON_DOUBLE_SIZE 32
void gw_json_format_double(double number, char ret_text[GW_JSON_DOUBLE_SIZE]);

/* One text as a JSON string with its quotes, outside of any document. */
void gw_json_quote(struct gw_text text, struct gw_buf *buf);

#endif
