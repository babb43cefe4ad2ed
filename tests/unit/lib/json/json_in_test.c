/* SPDX-License-Identifier: MIT */
#include "lib/json/json_in.h"

#include "tests/support/cmocka_first.h"
#include "tests/unit/lib/json/reading.h"

static void absent_null_and_a_value_can_be_told_apart(void **state)
{
    struct fixture *fixture = *state;
    struct gw_json_in *in = reading(fixture, "{\"b\":null,\"c\":7}");
    int64_t number = -1;

    assert_int_equal(gw_json_in_int(in, "a", GW_JSON_NULLABLE, 0, 9, &number), GW_JSON_ABSENT);
    assert_int_equal(gw_json_in_int(in, "b", GW_JSON_NULLABLE, 0, 9, &number), GW_JSON_NULL);
    assert_int_equal(number, -1);
    assert_int_equal(gw_json_in_int(in, "c", GW_JSON_NULLABLE, 0, 9, &number), GW_JSON_VALUE);
    assert_int_equal(number, 7);
    expect_no_problem(fixture);
}

static void what_must_be_there_and_may_not_be_null_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct gw_json_in *in = reading(fixture, "{\"b\":null,\"d\":null}");
    bool flag;

    assert_int_equal(gw_json_in_bool(in, "a", GW_JSON_REQUIRED, &flag), GW_JSON_WRONG);
    assert_int_equal(gw_json_in_bool(in, "b", GW_JSON_REQUIRED, &flag), GW_JSON_WRONG);
    assert_int_equal(gw_json_in_bool(in, "c", GW_JSON_REQUIRED_NULLABLE, &flag), GW_JSON_WRONG);
    assert_int_equal(gw_json_in_bool(in, "d", GW_JSON_OPTIONAL, &flag), GW_JSON_WRONG);
    gw_json_in_end(in);
    assert_int_equal(fixture->problems.count, 4);
    expect_problem(fixture, 0, "[\"a\"]", "required");
    expect_problem(fixture, 1, "[\"b\"]", "invalid_type");
    expect_problem(fixture, 2, "[\"c\"]", "required");
    expect_problem(fixture, 3, "[\"d\"]", "invalid_type");
}

/* The code a value gets when it is read as a text of 2 to 4 characters; "" if none. */
static const char *text_code(struct fixture *fixture, const char *json)
{
    struct gw_json_in *in = reading(fixture, json);
    struct gw_text text;

    gw_json_in_text(in, "a", GW_JSON_REQUIRED, 2, 4, &text);
    gw_json_in_end(in);
    return fixture->problems.count == 0 ? "" : fixture->problems.at[0].code;
}

static void texts_are_bounded_in_characters(void **state)
{
    assert_string_equal(text_code(*state, "{\"a\":\"ab\"}"), "");
    assert_string_equal(text_code(*state, "{\"a\":\"\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80x\"}"), "");
    assert_string_equal(text_code(*state, "{\"a\":\"\xf0\x9f\x98\x80\"}"), "too_small");
    assert_string_equal(text_code(*state, "{\"a\":\"abcde\"}"), "too_big");
    assert_string_equal(text_code(*state, "{\"a\":5}"), "invalid_type");
    assert_string_equal(text_code(*state, "{\"a\":\"a\\u0000b\"}"), "invalid_format");
}

static const char *int_code(struct fixture *fixture, const char *json, int64_t expected)
{
    struct gw_json_in *in = reading(fixture, json);
    int64_t number = 0;

    if (gw_json_in_int(in, "a", GW_JSON_REQUIRED, -5, 100, &number) == GW_JSON_VALUE) {
        assert_int_equal(number, expected);
    }
    gw_json_in_end(in);
    return fixture->problems.count == 0 ? "" : fixture->problems.at[0].code;
}

static void integers_are_bounded(void **state)
{
    assert_string_equal(int_code(*state, "{\"a\":-5}", -5), "");
    assert_string_equal(int_code(*state, "{\"a\":100}", 100), "");
    assert_string_equal(int_code(*state, "{\"a\":7.0}", 7), "");
    assert_string_equal(int_code(*state, "{\"a\":1e2}", 100), "");
    assert_string_equal(int_code(*state, "{\"a\":101}", 0), "too_big");
    assert_string_equal(int_code(*state, "{\"a\":-6}", 0), "too_small");
    assert_string_equal(int_code(*state, "{\"a\":1e300}", 0), "too_big");
    assert_string_equal(int_code(*state, "{\"a\":-1e300}", 0), "too_small");
    assert_string_equal(int_code(*state, "{\"a\":7.5}", 0), "invalid_type");
    assert_string_equal(int_code(*state, "{\"a\":\"7\"}", 0), "invalid_type");
    assert_string_equal(int_code(*state, "{\"a\":true}", 0), "invalid_type");
}

static const char *money_code(struct fixture *fixture, const char *json, const char *expected)
{
    struct gw_money most, money;
    struct gw_json_in *in = reading(fixture, json);
    char text[GW_MONEY_TEXT_SIZE];

    assert_int_equal(gw_money_parse(GW_TEXT("1000"), &most), GW_OK);
    if (gw_json_in_money(in, "a", GW_JSON_REQUIRED, GW_MONEY_ZERO, most, &money) == GW_JSON_VALUE) {
        gw_money_format(money, text);
        assert_string_equal(text, expected);
    }
    gw_json_in_end(in);
    return fixture->problems.count == 0 ? "" : fixture->problems.at[0].code;
}

static void money_is_exact_as_text_and_as_number(void **state)
{
    assert_string_equal(money_code(*state, "{\"a\":\"0.100000000000001\"}", "0.100000000000001"),
                        "");
    assert_string_equal(money_code(*state, "{\"a\":0.1}", "0.1"), "");
    assert_string_equal(money_code(*state, "{\"a\":0.30000000000000004}", ""), "invalid_format");
    assert_string_equal(money_code(*state, "{\"a\":2.5e-07}", "0.00000025"), "");
    assert_string_equal(money_code(*state, "{\"a\":1000}", "1000"), "");
    assert_string_equal(money_code(*state, "{\"a\":1000.01}", ""), "too_big");
    assert_string_equal(money_code(*state, "{\"a\":\"-0.01\"}", ""), "too_small");
    assert_string_equal(money_code(*state, "{\"a\":\"1e3\"}", ""), "invalid_format");
    assert_string_equal(money_code(*state, "{\"a\":\"\"}", ""), "invalid_format");
    assert_string_equal(money_code(*state, "{\"a\":1e300}", ""), "too_big");
    assert_string_equal(money_code(*state, "{\"a\":[]}", ""), "invalid_type");
}

static void factors_have_nine_places(void **state)
{
    struct fixture *fixture = *state;
    struct gw_json_in *in = reading(fixture,
                                    "{\"a\":1.25,\"b\":\"0.000000001\",\"c\":1e-10,\"d\":100.5}");
    struct gw_factor none = {0}, most = {INT64_C(100000000000)}, factor;

    assert_int_equal(gw_json_in_factor(in, "a", GW_JSON_REQUIRED, none, most, &factor),
                     GW_JSON_VALUE);
    assert_int_equal(factor.billionths, 1250000000);
    assert_int_equal(gw_json_in_factor(in, "b", GW_JSON_REQUIRED, none, most, &factor),
                     GW_JSON_VALUE);
    assert_int_equal(factor.billionths, 1);
    gw_json_in_factor(in, "c", GW_JSON_REQUIRED, none, most, &factor);
    gw_json_in_factor(in, "d", GW_JSON_REQUIRED, none, most, &factor);
    assert_int_equal(fixture->problems.count, 2);
    expect_problem(fixture, 0, "[\"c\"]", "invalid_format");
    expect_problem(fixture, 1, "[\"d\"]", "too_big");
}

static void one_of_a_few_words(void **state)
{
    static const char *const WORDS[] = {"user", "admin", NULL};
    struct fixture *fixture = *state;
    struct gw_json_in *in = reading(fixture, "{\"a\":\"admin\",\"b\":\"Admin\",\"c\":1}");
    size_t place = 9;

    assert_int_equal(gw_json_in_enum(in, "a", GW_JSON_REQUIRED, WORDS, &place), GW_JSON_VALUE);
    assert_int_equal(place, 1);
    gw_json_in_enum(in, "b", GW_JSON_REQUIRED, WORDS, &place);
    gw_json_in_enum(in, "c", GW_JSON_REQUIRED, WORDS, &place);
    assert_int_equal(fixture->problems.count, 2);
    expect_problem(fixture, 0, "[\"b\"]", "invalid_value");
    assert_string_equal(fixture->problems.at[0].message, "must be one of \"user\", \"admin\"");
    expect_problem(fixture, 1, "[\"c\"]", "invalid_type");
}

static void bools_are_only_true_and_false(void **state)
{
    struct fixture *fixture = *state;
    struct gw_json_in *in = reading(fixture, "{\"a\":true,\"b\":false,\"c\":1}");
    bool a = false, b = true, c;

    assert_int_equal(gw_json_in_bool(in, "a", GW_JSON_REQUIRED, &a), GW_JSON_VALUE);
    assert_int_equal(gw_json_in_bool(in, "b", GW_JSON_REQUIRED, &b), GW_JSON_VALUE);
    assert_true(a && !b);
    assert_int_equal(gw_json_in_bool(in, "c", GW_JSON_REQUIRED, &c), GW_JSON_WRONG);
    expect_one(fixture, "[\"c\"]", "invalid_type");
}

/* -1 if it is refused. */
static int64_t time_of(struct fixture *fixture, const char *json)
{
    struct gw_json_in *in = reading(fixture, json);
    int64_t wall_us = -1;

    gw_json_in_time(in, "a", GW_JSON_REQUIRED, &wall_us);
    assert_int_equal(fixture->problems.count, wall_us == -1 ? 1 : 0);
    return wall_us;
}

static void times_carry_their_zone(void **state)
{
    int64_t expected = INT64_C(1700000000000000);

    assert_int_equal(time_of(*state, "{\"a\":\"2023-11-14T22:13:20Z\"}"), expected);
    assert_int_equal(time_of(*state, "{\"a\":\"2023-11-15T03:43:20+05:30\"}"), expected);
    assert_int_equal(time_of(*state, "{\"a\":\"2023-11-14T17:13:20-05:00\"}"), expected);
    assert_int_equal(time_of(*state, "{\"a\":\"2023-11-14T22:13:20.123456789Z\"}"),
                     expected + 123456);
    assert_int_equal(time_of(*state, "{\"a\":\"2024-02-29T00:00:00.5Z\"}"),
                     INT64_C(1709164800500000));
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const TEXTS[] = {
        "{\"a\":\"2023-11-14\"}",
        "{\"a\":\"2023-11-14T22:13:20\"}",
        "{\"a\":\"2023-02-29T00:00:00Z\"}",
        "{\"a\":\"2023-13-01T00:00:00Z\"}",
        "{\"a\":\"2023-00-10T00:00:00Z\"}",
        "{\"a\":\"2023-11-14T24:00:00Z\"}",
        "{\"a\":\"2023-11-14T22:13:60Z\"}",
        "{\"a\":\"2023-11-14T22:13:20.Z\"}",
        "{\"a\":\"2023-11-14T22:13:20.1234567890Z\"}",
        "{\"a\":\"2023-11-14T22:13:20+0530\"}",
        "{\"a\":\"2023-11-14T22:13:20Zx\"}",
        "{\"a\":\"\"}",
        "{\"a\":1700000000}",
    };
    size_t i;

    for (i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        assert_int_equal(time_of(*state, TEXTS[i]), -1);
    }
}

static void a_value_can_be_kept_as_it_came(void **state)
{
    struct fixture *fixture = *state;
    struct gw_json_in *in = reading(
        fixture, "{\"a\": {\"x\": [1, 0.1, \"\xc3\xbc\", null, true], \"y\": {}}}");
    struct gw_buf out;

    gw_buf_init(&out, 1000);
    assert_int_equal(gw_json_in_any(in, "a", GW_JSON_REQUIRED, &out), GW_JSON_VALUE);
    assert_string_equal(out.at, "{\"x\":[1,0.1,\"\xc3\xbc\",null,true],\"y\":{}}");
    expect_no_problem(fixture);
    gw_buf_fini(&out);
}

/* ---- Unknown keys ----------------------------------------------------------------------- */

static void what_nobody_asked_for_is_unknown(void **state)
{
    struct fixture *fixture = *state;
    struct gw_json_in *in = reading(fixture, "{\"name\":\"x\",\"foo\":1,\"b\\\"r\":2}");
    struct gw_text name;

    gw_json_in_text(in, "name", GW_JSON_REQUIRED, 1, 64, &name);
    expect_one(fixture, "[]", "unrecognized_keys");
    assert_non_null(strstr(fixture->problems.at[0].message, "\"foo\""));
}

static void many_unknown_keys_are_one_short_problem(void **state)
{
    struct fixture *fixture = *state;

    reading(fixture, "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1}");
    expect_one(fixture, "[]", "unrecognized_keys");
    assert_non_null(strstr(fixture->problems.at[0].message, " and more"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        READING(absent_null_and_a_value_can_be_told_apart),
        READING(what_must_be_there_and_may_not_be_null_is_told),
        READING(texts_are_bounded_in_characters),
        READING(integers_are_bounded),
        READING(money_is_exact_as_text_and_as_number),
        READING(factors_have_nine_places),
        READING(one_of_a_few_words),
        READING(bools_are_only_true_and_false),
        READING(times_carry_their_zone),
        READING(what_is_no_time_is_refused),
        READING(a_value_can_be_kept_as_it_came),
        READING(what_nobody_asked_for_is_unknown),
        READING(many_unknown_keys_are_one_short_problem),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/json/json_in", tests, NULL, NULL);
}
