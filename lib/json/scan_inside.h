/* SPDX-License-Identifier: MIT */
/*
 * scan_inside - what scan.c and scan_token.c share.
 */
#ifndef LIB_JSON_SCAN_INSIDE_H
#define LIB_JSON_SCAN_INSIDE_H

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

/* In scan_token.c. Where to go on, or NULL if this is not JSON; `end` where more must come. */
const char *gw_scan_in_number(struct gw_scan *scan, const char *at, const char *end,
                              uint64_t offset);
/* The same for one byte; false if this is not JSON. */
bool gw_scan_in_escape(struct gw_scan *scan, char byte);
bool gw_scan_in_hex(struct gw_scan *scan, char byte);
bool gw_scan_in_literal(struct gw_scan *scan, const char *at, uint64_t offset);

/* In scan.c. A scalar is complete; `at` points behind its text, `end` is the offset behind it. */
void gw_scan_end_scalar(struct gw_scan *scan, enum gw_scan_kind kind, const char *at, uint64_t end);

#endif
