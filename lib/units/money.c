/* SPDX-License-Identifier: MIT */
/*
 * Sums are held as sign and magnitude while they are worked on, and the magnitude never passes
 * 2^127 - 1, so that every amount has its negative. The products are taken apart by hand
 * instead of with __builtin_mul_overflow(), for which clang wants a function of its own runtime.
 */
#include "lib/units/money.h"

__extension__ typedef unsigned __int128 uint128;

#define MAGNITUDE_MAX ((~(uint128)0) >> 1)
#define EXPONENT_MAX  9999 /* further ones are beyond everything held */

struct number {
    bool negative;
    uint128 magnitude;
};

static struct number taken_apart(struct gw_money money)
{
    if (money.units < 0) {
        return (struct number){true, (uint128)0 - (uint128)money.units};
    }
    return (struct number){false, (uint128)money.units};
}

static struct gw_money put_together(bool negative, uint128 magnitude)
{
    return (struct gw_money){negative ? -(gw_int128)magnitude : (gw_int128)magnitude};
}

/* a * b, or false when it passes MAGNITUDE_MAX. */
static bool multiplied(uint128 a, uint64_t b, uint128 *ret_product)
{
    uint128 high = (a >> 64) * b;
    uint128 low = (uint128)(uint64_t)a * b;

    if (high > (MAGNITUDE_MAX >> 64)) {
        return false;
    }
    high <<= 64;
    if (low > MAGNITUDE_MAX - high) {
        return false;
    }
    *ret_product = high + low;
    return true;
}

/* ---- Reading ---------------------------------------------------------------------------- */

/* A decimal while it is read: magnitude * 10^exponent. */
struct reading {
    bool negative;
    uint128 magnitude;
    int exponent;
    int zeros; /* seen, but not multiplied in: they may be the last digits */
};

static bool take_digit(struct reading *reading, unsigned digit)
{
    uint128 magnitude = reading->magnitude;

    if (digit == 0 || magnitude == 0) {
        reading->zeros += digit == 0 && magnitude != 0;
        reading->magnitude = magnitude == 0 ? digit : magnitude;
        return true;
    }
    for (; reading->zeros >= 0; reading->zeros--) {
        if (!multiplied(magnitude, 10, &magnitude)) {
            return false;
        }
    }
    reading->zeros = 0;
    if (digit > MAGNITUDE_MAX - magnitude) {
        return false;
    }
    reading->magnitude = magnitude + digit;
    return true;
}

static bool is_digit(struct gw_text text)
{
    return text.len > 0 && text.at[0] >= '0' && text.at[0] <= '9';
}

/* The digits `rest` begins with; at least one. `behind_point` is 1 in the fraction, or 0. */
static enum gw_err take_digits(struct reading *reading, struct gw_text *rest, int behind_point)
{
    if (!is_digit(*rest)) {
        return GW_E_INVALID;
    }
    for (; is_digit(*rest); *rest = gw_text_skip(*rest, 1)) {
        if (!take_digit(reading, (unsigned)(rest->at[0] - '0'))) {
            return reading->exponent > -GW_MONEY_PLACES ? GW_E_TOO_LARGE : GW_E_INVALID;
        }
        reading->exponent -= behind_point;
    }
    return GW_OK;
}

static enum gw_err take_exponent(struct reading *reading, struct gw_text text)
{
    int64_t exponent;

    if (text.len > 0 && text.at[0] == '+') {
        text = gw_text_skip(text, 1);
        if (!is_digit(text)) {
            return GW_E_INVALID;
        }
    }
    GW_TRY(gw_text_to_i64(text, &exponent));
    if (exponent > EXPONENT_MAX) {
        return reading->magnitude == 0 ? GW_OK : GW_E_TOO_LARGE;
    }
    if (exponent < -EXPONENT_MAX) {
        return reading->magnitude == 0 ? GW_OK : GW_E_INVALID;
    }
    reading->exponent += (int)exponent;
    return GW_OK;
}

enum exponent {
    REFUSED,
    READ,
};

/* Longer texts are not numbers anybody means; also keeps the counts above far from int's end. */
#define TEXT_MAX 512

static enum gw_err take_decimal(struct gw_text text, enum exponent exponent,
                                struct reading *ret_reading)
{
    struct reading reading = {0};

    if (text.len > TEXT_MAX) {
        return GW_E_INVALID;
    }
    if (text.len > 0 && (text.at[0] == '-' || text.at[0] == '+')) {
        reading.negative = text.at[0] == '-';
        text = gw_text_skip(text, 1);
    }
    GW_TRY(take_digits(&reading, &text, 0));
    if (text.len > 0 && text.at[0] == '.') {
        text = gw_text_skip(text, 1);
        GW_TRY(take_digits(&reading, &text, 1));
    }
    reading.exponent += reading.zeros;
    if (text.len > 0) {
        if (exponent == REFUSED || (text.at[0] != 'e' && text.at[0] != 'E')) {
            return GW_E_INVALID;
        }
        GW_TRY(take_exponent(&reading, gw_text_skip(text, 1)));
    }
    *ret_reading = reading;
    return GW_OK;
}

/* The magnitude as a count of 10^-places. */
static enum gw_err scaled(const struct reading *reading, int places, uint128 *ret_units)
{
    uint128 units = reading->magnitude;
    int shift = reading->exponent + places;

    for (; units != 0 && shift < 0; shift++) {
        if (units % 10 != 0) {
            return GW_E_INVALID;
        }
        units /= 10;
    }
    for (; units != 0 && shift > 0; shift--) {
        if (!multiplied(units, 10, &units)) {
            return GW_E_TOO_LARGE;
        }
    }
    *ret_units = units;
    return GW_OK;
}

static enum gw_err parse_money(struct gw_text text, enum exponent exponent,
                               struct gw_money *ret_money)
{
    struct reading reading;
    uint128 units;

    GW_TRY(take_decimal(text, exponent, &reading));
    GW_TRY(scaled(&reading, GW_MONEY_PLACES, &units));
    *ret_money = put_together(reading.negative, units);
    return GW_OK;
}

enum gw_err gw_money_parse(struct gw_text text, struct gw_money *ret_money)
{
    return parse_money(text, REFUSED, ret_money);
}

enum gw_err gw_money_parse_scientific(struct gw_text text, struct gw_money *ret_money)
{
    return parse_money(text, READ, ret_money);
}

enum gw_err gw_factor_parse(struct gw_text text, struct gw_factor *ret_factor)
{
    struct reading reading;
    uint128 units;

    GW_TRY(take_decimal(text, REFUSED, &reading));
    GW_TRY(scaled(&reading, GW_FACTOR_PLACES, &units));
    if (units > INT64_MAX) {
        return GW_E_TOO_LARGE;
    }
    ret_factor->billionths = reading.negative ? -(int64_t)units : (int64_t)units;
    return GW_OK;
}

/* ---- Writing ---------------------------------------------------------------------------- */

static size_t format_units(struct number number, int places, char ret_text[GW_MONEY_TEXT_SIZE])
{
    char digits[GW_MONEY_TEXT_SIZE]; /* the last one first */
    size_t count = 0, len = 0;

    do {
        digits[count++] = (char)('0' + (int)(number.magnitude % 10));
        number.magnitude /= 10;
    } while (number.magnitude > 0 || count <= (size_t)places);

    if (number.negative) {
        ret_text[len++] = '-';
    }
    while (count > 0) {
        if (count == (size_t)places) {
            ret_text[len++] = '.';
        }
        ret_text[len++] = digits[--count];
    }
    ret_text[len] = '\0';
    return len;
}

static size_t without_zeros(char *text, size_t len)
{
    while (text[len - 1] == '0') {
        len--;
    }
    if (text[len - 1] == '.') {
        len--;
    }
    text[len] = '\0';
    return len;
}

size_t gw_money_format_fixed(struct gw_money money, char ret_text[GW_MONEY_TEXT_SIZE])
{
    return format_units(taken_apart(money), GW_MONEY_PLACES, ret_text);
}

size_t gw_money_format(struct gw_money money, char ret_text[GW_MONEY_TEXT_SIZE])
{
    return without_zeros(ret_text, gw_money_format_fixed(money, ret_text));
}

size_t gw_factor_format(struct gw_factor factor, char ret_text[GW_MONEY_TEXT_SIZE])
{
    struct number number = taken_apart((struct gw_money){factor.billionths});

    return without_zeros(ret_text, format_units(number, GW_FACTOR_PLACES, ret_text));
}

/* ---- Reckoning -------------------------------------------------------------------------- */

int gw_money_compare(struct gw_money a, struct gw_money b)
{
    return (a.units > b.units) - (a.units < b.units);
}

static enum gw_err checked(bool overflowed, gw_int128 units, struct gw_money *ret_money)
{
    /* The one value that has no negative. */
    if (overflowed || units < -(gw_int128)MAGNITUDE_MAX) {
        return GW_E_TOO_LARGE;
    }
    ret_money->units = units;
    return GW_OK;
}

enum gw_err gw_money_add(struct gw_money a, struct gw_money b, struct gw_money *ret_sum)
{
    gw_int128 units;
    bool overflowed = __builtin_add_overflow(a.units, b.units, &units);

    return checked(overflowed, units, ret_sum);
}

enum gw_err gw_money_sub(struct gw_money a, struct gw_money b, struct gw_money *ret_difference)
{
    gw_int128 units;
    bool overflowed = __builtin_sub_overflow(a.units, b.units, &units);

    return checked(overflowed, units, ret_difference);
}

static uint64_t size_of(int64_t number)
{
    return number < 0 ? (uint64_t)0 - (uint64_t)number : (uint64_t)number;
}

enum gw_err gw_money_times(struct gw_money money, int64_t count, struct gw_money *ret_product)
{
    struct number number = taken_apart(money);
    uint128 product;

    if (!multiplied(number.magnitude, size_of(count), &product)) {
        return GW_E_TOO_LARGE;
    }
    *ret_product = put_together(number.negative != (count < 0), product);
    return GW_OK;
}

enum gw_err gw_money_scale(struct gw_money money, struct gw_factor factor,
                           struct gw_money *ret_product)
{
    struct number number = taken_apart(money);
    uint64_t one = (uint64_t)GW_FACTOR_ONE.billionths;
    uint64_t by = size_of(factor.billionths);
    /* The exact part, and what is left of it: the second product is below 10^9 * 2^63. */
    uint128 product;
    uint128 rest = ((number.magnitude % one) * by + one / 2) / one;

    if (!multiplied(number.magnitude / one, by, &product) || rest > MAGNITUDE_MAX - product) {
        return GW_E_TOO_LARGE;
    }
    *ret_product = put_together(number.negative != (factor.billionths < 0), product + rest);
    return GW_OK;
}
