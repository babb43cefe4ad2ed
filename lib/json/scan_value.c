/* SPDX-License-Identifier: MIT */
/*
 * What the texts that scan.c finds mean.
 */
#include "lib/json/scan.h"

#define REPLACEMENT 0xfffd

static int hex_value(char byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    byte = (char)(byte | 0x20);
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* The four digits of \uXXXX at `at`, or -1. */
static int32_t unit_at(struct gw_text text, size_t at)
{
    int32_t unit = 0;

    if (text.len - at < 6 || text.at[at] != '\\' || text.at[at + 1] != 'u') {
        return -1;
    }
    for (size_t i = 2; i < 6; i++) {
        int digit = hex_value(text.at[at + i]);

        if (digit < 0) {
            return -1;
        }
        unit = unit * 16 + digit;
    }
    return unit;
}

static void append_point(struct gw_buf *out, uint32_t point)
{
    if (point < 0x80) {
        gw_buf_append_byte(out, (char)point);
        return;
    }
    if (point < 0x800) {
        gw_buf_append_byte(out, (char)(0xc0 | point >> 6));
    } else if (point < 0x10000) {
        gw_buf_append_byte(out, (char)(0xe0 | point >> 12));
        gw_buf_append_byte(out, (char)(0x80 | (point >> 6 & 0x3f)));
    } else {
        gw_buf_append_byte(out, (char)(0xf0 | point >> 18));
        gw_buf_append_byte(out, (char)(0x80 | (point >> 12 & 0x3f)));
        gw_buf_append_byte(out, (char)(0x80 | (point >> 6 & 0x3f)));
    }
    gw_buf_append_byte(out, (char)(0x80 | (point & 0x3f)));
}

/* Appends the point that \uXXXX at `at` stands for, and tells how long it was written. */
static size_t unescape_unit(struct gw_text text, size_t at, struct gw_buf *out)
{
    int32_t first = unit_at(text, at), second;

    if (first < 0) {
        append_point(out, REPLACEMENT);
        return 2;
    }
    if (first < 0xd800 || first > 0xdfff) {
        append_point(out, (uint32_t)first);
        return 6;
    }
    second = first < 0xdc00 ? unit_at(text, at + 6) : -1;
    if (second < 0xdc00 || second > 0xdfff) {
        append_point(out, REPLACEMENT);
        return 6;
    }
    append_point(out, 0x10000u + ((uint32_t)(first - 0xd800) << 10) + (uint32_t)(second - 0xdc00));
    return 12;
}

static char plain_escape(char byte)
{
    switch (byte) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return byte;
    }
}

enum gw_err gw_scan_unescape(struct gw_text text, struct gw_buf *out)
{
    size_t at = 0;

    while (at < text.len) {
        size_t plain = gw_text_find(gw_text_skip(text, at), '\\');

        gw_buf_append(out, (struct gw_text){text.at + at, plain});
        at += plain;
        if (at == text.len) {
            break;
        }
        if (at + 1 < text.len && text.at[at + 1] == 'u') {
            at += unescape_unit(text, at, out);
        } else if (at + 1 < text.len) {
            gw_buf_append_byte(out, plain_escape(text.at[at + 1]));
            at += 2;
        } else {
            at++; /* a text that was cut inside an escape */
        }
    }
    return out->err;
}

bool gw_scan_to_u64(struct gw_text number, uint64_t *ret_value)
{
    size_t point = gw_text_find(number, '.');

    for (size_t i = point + 1; i < number.len; i++) {
        if (number.at[i] != '0') {
            return false;
        }
    }
    return gw_text_to_u64((struct gw_text){number.at, point}, ret_value) == GW_OK;
}
