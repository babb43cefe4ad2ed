/* SPDX-License-Identifier: MIT */
/*
 * scan_inside - what scan.c and scan_token.c share.
 */
#ifndef LIB_JSON_SCAN_INSIDE_H
#define LIB_JSON_SCAN_INSIDE_H

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "lib/json/scan.h"

enum scan_state {
    SCAN_VALUE,
    SCAN_FIRST_ITEM,
    SCAN_KEY,
    SCAN_FIRST_KEY,
    SCAN_COLON,
    SCAN_COMMA,
    SCAN_STRING,
    SCAN_ESCAPE,
    SCAN_HEX,
    SCAN_NUMBER,
    SCAN_LITERAL,
    SCAN_DONE,
    SCAN_BROKEN,
};

/* Places in a number. Those up to SCAN_NUMBER_LAST_GOOD may be its end. */
enum scan_place {
    SCAN_NUMBER_ZERO,
    SCAN_NUMBER_WHOLE,
    SCAN_NUMBER_FRACTION,
    SCAN_NUMBER_EXPONENT,
    SCAN_NUMBER_LAST_GOOD = SCAN_NUMBER_EXPONENT,
    SCAN_NUMBER_MINUS,
    SCAN_NUMBER_POINT,
    SCAN_NUMBER_E,
    SCAN_NUMBER_SIGN,
};

/* The first byte that is not plain string content: a quote, a backslash or a control. */
static inline const char *gw_scan_skip_plain(const char *at, const char *end)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'),
                  control = _mm_set1_epi8(0x1f);

    for (; end - at >= 16; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i stop = _mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, slash)),
            _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
        int mask = _mm_movemask_epi8(stop);

        if (mask != 0) {
            return at + __builtin_ctz((unsigned)mask);
        }
    }
#endif
    while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20) {
        at++;
    }
    return at;
}

/* No member of an object is the table's "[]", whatever it is called. */
static inline const struct gw_scan_name *gw_scan_look_up(const struct gw_scan_name *table,
                                                         struct gw_text name)
{
    for (; table->name != NULL; table++) {
        if (table->name[0] == name.at[0] && strncmp(table->name, name.at, name.len) == 0 &&
            table->name[name.len] == '\0') {
            return table->name[0] == '[' ? NULL : table;
        }
    }
    return NULL;
}

/* In scan_token.c. Where to go on; the offending byte, and SCAN_BROKEN, if this is not JSON. */
const char *gw_scan_in_number(struct gw_scan *scan, const char *at, const char *end,
                              uint64_t offset);
/* The same for one byte; false if this is not JSON. */
bool gw_scan_in_escape(struct gw_scan *scan, char byte);
bool gw_scan_in_hex(struct gw_scan *scan, char byte);
bool gw_scan_in_literal(struct gw_scan *scan, const char *at, uint64_t offset);

/* The same for a name written with escapes: "mod\u0065l" is "model". */
const struct gw_scan_name *gw_scan_look_up_escaped(const struct gw_scan_name *table,
                                                   struct gw_text written);

/* In scan.c. A scalar is complete; `at` points behind its text, `end` is the offset behind it. */
void gw_scan_end_scalar(struct gw_scan *scan, enum gw_scan_kind kind, const char *at, uint64_t end);

#endif
