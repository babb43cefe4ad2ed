/* SPDX-License-Identifier: MIT */
#include "lib/json/json_out.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/check.h"
#include "lib/base/utf8.h"
#include "lib/units/clock.h"

/* ---- Structure -------------------------------------------------------------------------- */

void gw_json_out_init(struct gw_json_out *out, struct gw_buf *buf)
{
    *out = (struct gw_json_out){.buf = buf};
}

enum gw_err gw_json_out_end(struct gw_json_out *out)
{
    GW_CHECK(out->depth == 0 && !out->after_key);
    return out->buf->err;
}

static uint32_t level_bit(const struct gw_json_out *out)
{
    return UINT32_C(1) << (out->depth - 1);
}

/* Before a value or a key: the comma, where one is due. */
static void separate(struct gw_json_out *out)
{
    if (out->depth == 0) {
        return;
    }
    if (out->has_items & level_bit(out)) {
        gw_buf_append_byte(out->buf, ',');
    }
    out->has_items |= level_bit(out);
}

static void before_value(struct gw_json_out *out)
{
    if (out->after_key) {
        out->after_key = false;
        return;
    }
    GW_CHECK(out->depth == 0 || !(out->is_object & level_bit(out)));
    separate(out);
}

static void open_level(struct gw_json_out *out, char bracket)
{
    before_value(out);
    GW_CHECK(out->depth < GW_JSON_DEPTH_MAX);
    out->depth++;
    out->has_items &= ~level_bit(out);
    if (bracket == '{') {
        out->is_object |= level_bit(out);
    } else {
        out->is_object &= ~level_bit(out);
    }
    gw_buf_append_byte(out->buf, bracket);
}

static void close_level(struct gw_json_out *out, char bracket)
{
    GW_CHECK(out->depth > 0 && !out->after_key);
    GW_CHECK(!(out->is_object & level_bit(out)) == (bracket == ']'));
    out->depth--;
    gw_buf_append_byte(out->buf, bracket);
}

void gw_json_open_object(struct gw_json_out *out)
{
    open_level(out, '{');
}

void gw_json_close_object(struct gw_json_out *out)
{
    close_level(out, '}');
}

void gw_json_open_array(struct gw_json_out *out)
{
    open_level(out, '[');
}

void gw_json_close_array(struct gw_json_out *out)
{
    close_level(out, ']');
}

void gw_json_key_text(struct gw_json_out *out, struct gw_text key)
{
    GW_CHECK(out->depth > 0 && (out->is_object & level_bit(out)) && !out->after_key);
    separate(out);
    gw_json_quote(key, out->buf);
    gw_buf_append_byte(out->buf, ':');
    out->after_key = true;
}

void gw_json_key(struct gw_json_out *out, const char *key)
{
    gw_json_key_text(out, gw_text_of(key));
}

/* ---- Texts ------------------------------------------------------------------------------ */

static bool is_plain(unsigned char byte)
{
    return byte >= ' ' && byte < 0x80 && byte != '"' && byte != '\\';
}

static void append_escaped(unsigned char byte, struct gw_buf *buf)
{
    static const char SHORT[][2] = {{'"', '"'},  {'\\', '\\'}, {'\n', 'n'}, {'\r', 'r'},
                                    {'\t', 't'}, {'\b', 'b'},  {'\f', 'f'}};
    size_t i;

    for (i = 0; i < GW_COUNT(SHORT); i++) {
        if ((char)byte == SHORT[i][0]) {
            gw_buf_append_byte(buf, '\\');
            gw_buf_append_byte(buf, SHORT[i][1]);
            return;
        }
    }
    gw_buf_appendf(buf, "\\u%04x", byte);
}

/* The first character, which is not plain. Returns how many bytes it took. */
static size_t append_special(struct gw_text text, struct gw_buf *buf)
{
    size_t size = gw_utf8_size(text);

    if (size == 0) {
        gw_buf_append_str(buf, "\xef\xbf\xbd");
        return 1;
    }
    if (size == 1) {
        append_escaped((unsigned char)text.at[0], buf);
    } else {
        gw_buf_append(buf, (struct gw_text){text.at, size});
    }
    return size;
}

void gw_json_quote(struct gw_text text, struct gw_buf *buf)
{
    gw_buf_append_byte(buf, '"');
    while (text.len > 0 && buf->err == GW_OK) {
        size_t count = 0;

        while (count < text.len && is_plain((unsigned char)text.at[count])) {
            count++;
        }
        gw_buf_append(buf, (struct gw_text){text.at, count});
        text = gw_text_skip(text, count);
        if (text.len > 0) {
            text = gw_text_skip(text, append_special(text, buf));
        }
    }
    gw_buf_append_byte(buf, '"');
}

void gw_json_text(struct gw_json_out *out, struct gw_text text)
{
    before_value(out);
    gw_json_quote(text, out->buf);
}

void gw_json_str(struct gw_json_out *out, const char *text)
{
    if (text == NULL) {
        gw_json_null(out);
    } else {
        gw_json_text(out, gw_text_of(text));
    }
}

/* ---- Other values ----------------------------------------------------------------------- */

void gw_json_raw(struct gw_json_out *out, struct gw_text json)
{
    before_value(out);
    gw_buf_append(out->buf, json);
}

void gw_json_int(struct gw_json_out *out, int64_t number)
{
    before_value(out);
    gw_buf_appendf(out->buf, "%" PRId64, number);
}

void gw_json_uint(struct gw_json_out *out, uint64_t number)
{
    before_value(out);
    gw_buf_appendf(out->buf, "%" PRIu64, number);
}

void gw_json_double(struct gw_json_out *out, double number)
{
    char text[GW_JSON_DOUBLE_SIZE];

    if (!isfinite(number)) {
        gw_json_null(out);
        return;
    }
    gw_json_format_double(number, text);
    gw_json_raw(out, gw_text_of(text));
}

void gw_json_format_double(double number, char ret_text[GW_JSON_DOUBLE_SIZE])
{
    int digits;

    /* Fifteen digits always survive, seventeen always suffice. */
    for (digits = 15; digits <= 17; digits++) {
        snprintf(ret_text, GW_JSON_DOUBLE_SIZE, "%.*g", digits, number);
        if (strtod(ret_text, NULL) == number) {
            return;
        }
    }
}

void gw_json_bool(struct gw_json_out *out, bool flag)
{
    gw_json_raw(out, flag ? GW_TEXT("true") : GW_TEXT("false"));
}

void gw_json_null(struct gw_json_out *out)
{
    gw_json_raw(out, GW_TEXT("null"));
}

void gw_json_money(struct gw_json_out *out, struct gw_money money)
{
    char text[GW_MONEY_TEXT_SIZE];

    gw_money_format(money, text);
    gw_json_str(out, text);
}

void gw_json_time(struct gw_json_out *out, int64_t wall_us)
{
    char text[GW_CLOCK_TEXT_SIZE];

    gw_clock_format(wall_us, text);
    gw_json_str(out, text);
}

/* ---- Key and value ---------------------------------------------------------------------- */

void gw_json_put_text(struct gw_json_out *out, const char *key, struct gw_text text)
{
    gw_json_key(out, key);
    gw_json_text(out, text);
}

void gw_json_put_str(struct gw_json_out *out, const char *key, const char *text)
{
    gw_json_key(out, key);
    gw_json_str(out, text);
}

void gw_json_put_int(struct gw_json_out *out, const char *key, int64_t number)
{
    gw_json_key(out, key);
    gw_json_int(out, number);
}

void gw_json_put_uint(struct gw_json_out *out, const char *key, uint64_t number)
{
    gw_json_key(out, key);
    gw_json_uint(out, number);
}

void gw_json_put_bool(struct gw_json_out *out, const char *key, bool flag)
{
    gw_json_key(out, key);
    gw_json_bool(out, flag);
}

void gw_json_put_null(struct gw_json_out *out, const char *key)
{
    gw_json_key(out, key);
    gw_json_null(out);
}

void gw_json_put_money(struct gw_json_out *out, const char *key, struct gw_money money)
{
    gw_json_key(out, key);
    gw_json_money(out, money);
}

void gw_json_put_time(struct gw_json_out *out, const char *key, int64_t wall_us)
{
    gw_json_key(out, key);
    gw_json_time(out, wall_us);
}
