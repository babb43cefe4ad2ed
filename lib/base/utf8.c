/* SPDX-License-Identifier: MIT */
#include "lib/base/utf8.h"

static bool is_tail(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Not the shortest form, a surrogate, or beyond the last character: told by the second byte. */
static bool is_out_of_range(unsigned char first, unsigned char second)
{
    return (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
           (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
}

size_t gw_utf8_size(struct gw_text text)
{
    const unsigned char *at = (const unsigned char *)text.at;
    size_t size, i;

    if (text.len == 0) {
        return 0;
    }
    if (at[0] < 0x80) {
        return 1;
    }
    if (at[0] < 0xc2 || at[0] > 0xf4) {
        return 0;
    }
    size = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    if (size > text.len || is_out_of_range(at[0], at[1])) {
        return 0;
    }
    for (i = 1; i < size; i++) {
        if (!is_tail(at[i])) {
            return 0;
        }
    }
    return size;
}

bool gw_utf8_is_valid(struct gw_text text)
{
    while (text.len > 0) {
        size_t size = gw_utf8_size(text);

        if (size == 0) {
            return false;
        }
        text = gw_text_skip(text, size);
    }
    return true;
}

size_t gw_utf8_count(struct gw_text text)
{
    size_t count = 0, i;

    for (i = 0; i < text.len; i++) {
        count += !is_tail((unsigned char)text.at[i]);
    }
    return count;
}
