/* SPDX-License-Identifier: MIT */
/*
 * money - exact US dollars, fifteen decimals.
 *
 * A count of 10^-15 dollars in 128 bits: about 1.7 * 10^23 dollars either way. No operation wraps
 * and none rounds silently; what does not fit is an error. Plain values; any thread.
 */
#ifndef LIB_UNITS_MONEY_H
#define LIB_UNITS_MONEY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/text.h"

/* The only place that names the type. */
__extension__ typedef __int128 gw_int128;

#define GW_MONEY_PLACES 15

struct gw_money {
    gw_int128 units; /* 10^-15 USD */
};

#define GW_MONEY_ZERO ((struct gw_money){0})

/* A dimensionless decimal that money is multiplied by, such as 1.25; nine places. */
#define GW_FACTOR_PLACES 9

struct gw_factor {
    int64_t billionths;
};

#define GW_FACTOR_ONE ((struct gw_factor){INT64_C(1000000000)})

/*
 * The whole text as [-+]digits[.digits], no spaces, no exponent. Zeros at the end of the fraction
 * may be more than the places kept.
 *
 *   GW_E_INVALID    not a decimal number, or one with more than fifteen places
 *   GW_E_TOO_LARGE  a number, but beyond what is held
 */
enum gw_err gw_money_parse(struct gw_text text, struct gw_money *ret_money) GW_MUST_USE;

/* The same, and an exponent ("2.5e-07") is read as well: for price lists made by programs. */
enum gw_err gw_money_parse_scientific(struct gw_text text, struct gw_money *ret_money) GW_MUST_USE;

/* As gw_money_parse(), with nine places. */
enum gw_err gw_factor_parse(struct gw_text text, struct gw_factor *ret_factor) GW_MUST_USE;

/* Both forms: sign, 24 digits, point, 15 digits, zero byte. */
#define GW_MONEY_TEXT_SIZE 48

/* "12.5", "0", "-0.000000000000001": no zeros at the end. Returns the length. */
size_t gw_money_format(struct gw_money money, char ret_text[GW_MONEY_TEXT_SIZE]);
/* "12.500000000000000": always fifteen places. Returns the length. */
size_t gw_money_format_fixed(struct gw_money money, char ret_text[GW_MONEY_TEXT_SIZE]);
size_t gw_factor_format(struct gw_factor factor, char ret_text[GW_MONEY_TEXT_SIZE]);

int gw_money_compare(struct gw_money a, struct gw_money b); /* below, equal to or above 0 */

/* GW_E_TOO_LARGE when the result does not fit. */
enum gw_err gw_money_add(struct gw_money a, struct gw_money b,
                         struct gw_money *ret_sum) GW_MUST_USE;
enum gw_err gw_money_sub(struct gw_money a, struct gw_money b,
                         struct gw_money *ret_difference) GW_MUST_USE;
enum gw_err gw_money_times(struct gw_money money, int64_t count,
                           struct gw_money *ret_product) GW_MUST_USE;
/* Rounded at fifteen places, halves away from zero. */
enum gw_err gw_money_scale(struct gw_money money, struct gw_factor factor,
                           struct gw_money *ret_product) GW_MUST_USE;

#endif
