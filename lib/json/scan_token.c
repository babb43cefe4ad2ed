/* SPDX-License-Identifier: MIT */
/*
 * The inside of escapes, numbers and literals, for scan.c; what is looked at less often.
 */
#include "lib/json/scan_inside.h"

static const char *const LITERALS[] = {
    [GW_SCAN_NULL] = "null", [GW_SCAN_FALSE] = "false", [GW_SCAN_TRUE] = "true"};

bool gw_scan_in_escape(struct gw_scan *scan, char byte)
{
    scan->state = SCAN_STRING;
    switch (byte) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return true;
    case 'u':
        scan->state = SCAN_HEX;
        scan->detail = 0;
        return true;
    default:
        return false;
    }
}

static inline int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    byte = (char)(byte | 0x20);
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

bool gw_scan_in_hex(struct gw_scan *scan, char byte)
{
    if (++scan->detail == 4) {
        scan->state = SCAN_STRING;
    }
    return hex_digit(byte) >= 0;
}

bool gw_scan_in_literal(struct gw_scan *scan, const char *at, uint64_t offset)
{
    enum gw_scan_kind kind = (enum gw_scan_kind)(scan->detail >> 4);
    unsigned seen = scan->detail & 15;

    if (*at != LITERALS[kind][seen]) {
        return false;
    }
    scan->detail++;
    if (LITERALS[kind][seen + 1] == '\0') {
        gw_scan_end_scalar(scan, kind, at + 1, offset + 1);
    }
    return true;
}

/* The place after `byte`, or -1 if the number does not go on with it. */
static int next_place(enum scan_place place, char byte)
{
    bool is_digit = byte >= '0' && byte <= '9';

    switch (place) {
    case SCAN_NUMBER_MINUS:
        return byte == '0' ? SCAN_NUMBER_ZERO : is_digit ? SCAN_NUMBER_WHOLE : -1;
    case SCAN_NUMBER_WHOLE:
        if (is_digit) {
            return SCAN_NUMBER_WHOLE;
        }
        __attribute__((fallthrough));
    case SCAN_NUMBER_ZERO:
        return byte == '.' ? SCAN_NUMBER_POINT : (byte | 0x20) == 'e' ? SCAN_NUMBER_E : -1;
    case SCAN_NUMBER_POINT:
        return is_digit ? SCAN_NUMBER_FRACTION : -1;
    case SCAN_NUMBER_FRACTION:
        return is_digit ? SCAN_NUMBER_FRACTION : (byte | 0x20) == 'e' ? SCAN_NUMBER_E : -1;
    case SCAN_NUMBER_E:
        if (byte == '+' || byte == '-') {
            return SCAN_NUMBER_SIGN;
        }
        __attribute__((fallthrough));
    case SCAN_NUMBER_SIGN:
    case SCAN_NUMBER_EXPONENT:
        return is_digit ? SCAN_NUMBER_EXPONENT : -1;
    }
    return -1;
}

/* Returns where the number ended, `end` if it may go on, the offending byte if it is broken. */
const char *gw_scan_in_number(struct gw_scan *scan, const char *at, const char *end,
                              uint64_t offset)
{
    const char *begin = at;

    while (scan->detail == SCAN_NUMBER_WHOLE && at < end && *at >= '0' && *at <= '9') {
        at++; /* nearly all of nearly all numbers */
    }
    for (; at < end; at++) {
        int place = next_place((enum scan_place)scan->detail, *at);

        if (place < 0) {
            break;
        }
        scan->detail = (uint8_t)place;
    }
    if (at == end) {
        return end;
    }
    if (scan->detail > SCAN_NUMBER_LAST_GOOD) {
        scan->state = SCAN_BROKEN;
        return at;
    }
    gw_scan_end_scalar(scan, GW_SCAN_NUMBER, at, offset + (uint64_t)(at - begin));
    return at;
}

const struct gw_scan_name *gw_scan_look_up_escaped(const struct gw_scan_name *table,
                                                   struct gw_text written)
{
    const struct gw_scan_name *name = NULL;
    struct gw_buf plain;

    gw_buf_init(&plain, GW_SCAN_CARRY_MAX);
    if (gw_scan_unescape(written, &plain) == GW_OK && plain.len > 0 &&
        memchr(plain.at, '\0', plain.len) == NULL) {
        name = gw_scan_look_up(table, gw_buf_text(&plain));
    }
    gw_buf_fini(&plain);
    return name;
}
