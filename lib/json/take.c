/* SPDX-License-Identifier: MIT */
/*
 * One value at a time: of the right type, within its bounds, or told.
 */
#include <stdio.h>
#include <time.h>

#include "lib/base/utf8.h"
#include "lib/json/inside.h"
#include "lib/units/clock.h"

static bool wrong(const struct gw_json_place *place, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static bool wrong(const struct gw_json_place *place, const char *code, const char *fmt, ...)
{
    char message[160];
    va_list args;

    va_start(args, fmt);
    vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    gw_json_problem_at(place->in, place->key, place->index, code, message);
    return false;
}

/* ---- Texts ------------------------------------------------------------------------------ */

static struct gw_text text_of(const json_t *value)
{
    return (struct gw_text){json_string_value(value), json_string_length(value)};
}

bool gw_json_take_text(const struct gw_json_place *place, const json_t *value, size_t least,
                       size_t most, struct gw_text *ret_text)
{
    struct gw_text text;
    size_t count;

    if (!json_is_string(value)) {
        return wrong(place, GW_JSON_CODE_TYPE, "must be a text");
    }
    text = text_of(value);
    if (gw_text_find(text, '\0') < text.len) {
        return wrong(place, GW_JSON_CODE_FORMAT, "may not have a zero character");
    }
    count = gw_utf8_count(text);
    if (count < least) {
        return wrong(place, GW_JSON_CODE_TOO_SMALL, "must have at least %zu character%s", least,
                     least == 1 ? "" : "s");
    }
    if (count > most) {
        return wrong(place, GW_JSON_CODE_TOO_BIG, "may have at most %zu characters", most);
    }
    *ret_text = text;
    return true;
}

bool gw_json_take_enum(const struct gw_json_place *place, const json_t *value,
                       const char *const *words, size_t *ret_place)
{
    struct gw_buf list;
    size_t i;

    if (!json_is_string(value)) {
        return wrong(place, GW_JSON_CODE_TYPE, "must be a text");
    }
    for (i = 0; words[i] != NULL; i++) {
        if (gw_text_eq(text_of(value), gw_text_of(words[i]))) {
            *ret_place = i;
            return true;
        }
    }
    gw_buf_init(&list, 512);
    for (i = 0; words[i] != NULL; i++) {
        gw_buf_appendf(&list, "%s\"%s\"", i == 0 ? "" : ", ", words[i]);
    }
    wrong(place, GW_JSON_CODE_VALUE, "must be one of %.120s", list.at == NULL ? "" : list.at);
    gw_buf_fini(&list);
    return false;
}

/* ---- Numbers ---------------------------------------------------------------------------- */

#define EXACT_MAX 9007199254740992.0 /* 2^53: below it a double is an integer or visibly not */

bool gw_json_take_int(const struct gw_json_place *place, const json_t *value, int64_t least,
                      int64_t most, int64_t *ret_number)
{
    int64_t number;

    if (json_is_real(value)) {
        double real = json_real_value(value);

        if (real > EXACT_MAX || real < -EXACT_MAX) {
            return wrong(place, real > 0 ? GW_JSON_CODE_TOO_BIG : GW_JSON_CODE_TOO_SMALL,
                         "must be between %lld and %lld", (long long)least, (long long)most);
        }
        number = (int64_t)real;
        if ((double)number != real) {
            return wrong(place, GW_JSON_CODE_TYPE, "must be an integer");
        }
    } else if (json_is_integer(value)) {
        number = json_integer_value(value);
    } else {
        return wrong(place, GW_JSON_CODE_TYPE, "must be an integer");
    }
    if (number < least) {
        return wrong(place, GW_JSON_CODE_TOO_SMALL, "must be at least %lld", (long long)least);
    }
    if (number > most) {
        return wrong(place, GW_JSON_CODE_TOO_BIG, "may be at most %lld", (long long)most);
    }
    *ret_number = number;
    return true;
}

/* A decimal in either form, as money is counted. */
static bool take_decimal(const struct gw_json_place *place, const json_t *value,
                         struct gw_money *ret_money)
{
    char number[GW_JSON_DOUBLE_SIZE];
    enum gw_err err;

    if (json_is_string(value)) {
        err = gw_money_parse(text_of(value), ret_money);
    } else if (json_is_integer(value)) {
        snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
        err = gw_money_parse(gw_text_of(number), ret_money);
    } else if (json_is_real(value)) {
        gw_json_format_double(json_real_value(value), number);
        err = gw_money_parse_scientific(gw_text_of(number), ret_money);
    } else {
        return wrong(place, GW_JSON_CODE_TYPE, "must be a decimal");
    }
    if (err == GW_E_TOO_LARGE) {
        return wrong(place, GW_JSON_CODE_TOO_BIG, "is too large");
    }
    return err == GW_OK || wrong(place, GW_JSON_CODE_FORMAT,
                                 "must be a decimal of at most %d places", GW_MONEY_PLACES);
}

bool gw_json_take_money(const struct gw_json_place *place, const json_t *value,
                        struct gw_money least, struct gw_money most, struct gw_money *ret_money)
{
    char bound[GW_MONEY_TEXT_SIZE];
    struct gw_money money;

    if (!take_decimal(place, value, &money)) {
        return false;
    }
    if (gw_money_compare(money, least) < 0) {
        gw_money_format(least, bound);
        return wrong(place, GW_JSON_CODE_TOO_SMALL, "must be at least %s", bound);
    }
    if (gw_money_compare(money, most) > 0) {
        gw_money_format(most, bound);
        return wrong(place, GW_JSON_CODE_TOO_BIG, "may be at most %s", bound);
    }
    *ret_money = money;
    return true;
}

#define UNITS_PER_BILLIONTH 1000000

static struct gw_money as_money(struct gw_factor factor)
{
    return (struct gw_money){(gw_int128)factor.billionths * UNITS_PER_BILLIONTH};
}

bool gw_json_take_factor(const struct gw_json_place *place, const json_t *value,
                         struct gw_factor least, struct gw_factor most,
                         struct gw_factor *ret_factor)
{
    struct gw_money money;

    if (!gw_json_take_money(place, value, as_money(least), as_money(most), &money)) {
        return false;
    }
    if (money.units % UNITS_PER_BILLIONTH != 0) {
        return wrong(place, GW_JSON_CODE_FORMAT, "must be a decimal of at most %d places",
                     GW_FACTOR_PLACES);
    }
    /* Between two factors, so it fits one. */
    ret_factor->billionths = (int64_t)(money.units / UNITS_PER_BILLIONTH);
    return true;
}

/* ---- Times ------------------------------------------------------------------------------ */

/* Digits from the head of *rest as a number; false if there are fewer. */
static bool take_digits(struct gw_text *rest, size_t count, int *ret_number)
{
    struct gw_text digits = {rest->at, count};
    uint64_t number;

    if (rest->len < count || gw_text_to_u64(digits, &number) != GW_OK) {
        return false;
    }
    *rest = gw_text_skip(*rest, count);
    *ret_number = (int)number;
    return true;
}

static bool take_byte(struct gw_text *rest, char byte)
{
    if (rest->len == 0 || rest->at[0] != byte) {
        return false;
    }
    *rest = gw_text_skip(*rest, 1);
    return true;
}

static bool take_date_and_time(struct gw_text *rest, struct tm *ret_parts)
{
    struct tm parts = {0}, same;
    bool is_good = take_digits(rest, 4, &parts.tm_year) && take_byte(rest, '-') &&
                   take_digits(rest, 2, &parts.tm_mon) && take_byte(rest, '-') &&
                   take_digits(rest, 2, &parts.tm_mday) &&
                   (take_byte(rest, 'T') || take_byte(rest, 't')) &&
                   take_digits(rest, 2, &parts.tm_hour) && take_byte(rest, ':') &&
                   take_digits(rest, 2, &parts.tm_min) && take_byte(rest, ':') &&
                   take_digits(rest, 2, &parts.tm_sec);

    if (!is_good) {
        return false;
    }
    parts.tm_year -= 1900;
    parts.tm_mon--;
    same = parts;
    timegm(&same); /* makes 1 March of 29 February where there is none */
    *ret_parts = parts;
    return same.tm_mday == parts.tm_mday && same.tm_mon == parts.tm_mon &&
           same.tm_hour == parts.tm_hour && same.tm_min == parts.tm_min &&
           same.tm_sec == parts.tm_sec;
}

/* ".123456789": one to nine digits, microseconds of them; nothing is fine, too. */
static bool take_fraction(struct gw_text *rest, int64_t *ret_us)
{
    int64_t scale = GW_US_PER_SECOND, us = 0;
    size_t count = 0;
    int digit;

    if (take_byte(rest, '.')) {
        while (count < 9 && take_digits(rest, 1, &digit)) {
            scale /= 10;
            us += digit * scale;
            count++;
        }
        if (count == 0) {
            return false;
        }
    }
    *ret_us = us;
    return true;
}

static bool take_offset(struct gw_text *rest, int64_t *ret_offset_us)
{
    int hours, minutes, sign;

    *ret_offset_us = 0;
    if (take_byte(rest, 'Z') || take_byte(rest, 'z')) {
        return true;
    }
    sign = take_byte(rest, '-') ? -1 : take_byte(rest, '+') ? 1 : 0;
    if (sign == 0 || !take_digits(rest, 2, &hours) || !take_byte(rest, ':') ||
        !take_digits(rest, 2, &minutes) || hours > 23 || minutes > 59) {
        return false;
    }
    *ret_offset_us = sign * (hours * 60 + minutes) * 60 * GW_US_PER_SECOND;
    return true;
}

bool gw_json_take_time(const struct gw_json_place *place, const json_t *value, int64_t *ret_wall_us)
{
    struct gw_text rest;
    int64_t us, offset_us;
    struct tm parts;

    if (!json_is_string(value)) {
        return wrong(place, GW_JSON_CODE_TYPE, "must be a text");
    }
    rest = text_of(value);
    if (!take_date_and_time(&rest, &parts) || !take_fraction(&rest, &us) ||
        !take_offset(&rest, &offset_us) || rest.len > 0) {
        return wrong(place, GW_JSON_CODE_FORMAT,
                     "must be a time with its zone, such as 2026-11-22T20:30:50Z");
    }
    *ret_wall_us = (int64_t)timegm(&parts) * GW_US_PER_SECOND + us - offset_us;
    return true;
}

/* ---- Whole values ----------------------------------------------------------------------- */

static void write_object(struct gw_json_out *out, const json_t *value)
{
    json_t *object = (json_t *)(uintptr_t)value;
    const char *key;
    json_t *member;

    gw_json_open_object(out);
    json_object_foreach(object, key, member)
    {
        gw_json_key(out, key);
        gw_json_write_value(out, member);
    }
    gw_json_close_object(out);
}

static void write_array(struct gw_json_out *out, const json_t *value)
{
    size_t i;

    gw_json_open_array(out);
    for (i = 0; i < json_array_size(value); i++) {
        gw_json_write_value(out, json_array_get(value, i));
    }
    gw_json_close_array(out);
}

void gw_json_write_value(struct gw_json_out *out, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_object(out, value);
        break;
    case JSON_ARRAY:
        write_array(out, value);
        break;
    case JSON_STRING:
        gw_json_text(out, text_of(value));
        break;
    case JSON_INTEGER:
        gw_json_int(out, json_integer_value(value));
        break;
    case JSON_REAL:
        gw_json_double(out, json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        gw_json_bool(out, json_is_true(value));
        break;
    case JSON_NULL:
        gw_json_null(out);
        break;
    }
}
