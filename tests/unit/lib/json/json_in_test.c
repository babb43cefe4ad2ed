/* SPDX-License-Identifier: MIT */
#include "lib/json/json_in.h"

#include <stdlib.h>

#include "tests/support/cmocka_first.h"

/* One document being read. */
struct fixture {
    struct gw_arena arena;
    struct gw_json_doc *doc;
    struct gw_json_problems problems;
    struct gw_json_in in;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    gw_arena_init(&fixture->arena, 65536);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    gw_json_doc_free(fixture->doc);
    gw_arena_fini(&fixture->arena);
    free(fixture);
    return 0;
}

static struct gw_json_in *reading(struct fixture *fixture, const char *json)
{
    struct gw_fault fault;

    gw_json_doc_free(fixture->doc);
    fixture->doc = NULL;
    if (gw_json_parse(gw_text_of(json), 65536, &fixture->doc, &fault) != GW_OK) {
        print_error("%s\n", fault.text);
        fail();
    }
    gw_json_problems_init(&fixture->problems, &fixture->arena);
    gw_json_in_root(&fixture->in, fixture->doc, &fixture->problems);
    return &fixture->in;
}

static void expect_no_problem(struct fixture *fixture)
{
    gw_json_in_end(&fixture->in);
    if (fixture->problems.count > 0) {
        print_error("%s %s\n", fixture->problems.at[0].path, fixture->problems.at[0].message);
        fail();
    }
}

static void expect_problem(struct fixture *fixture, size_t index, const char *path,
                           const char *code)
{
    assert_true(index < fixture->problems.count);
    assert_string_equal(fixture->problems.at[index].path, path);
    assert_string_equal(fixture->problems.at[index].code, code);
}

/* The only problem there is. */
static void expect_one(struct fixture *fixture, const char *path, const char *code)
{
    gw_json_in_end(&fixture->in);
    assert_int_equal(fixture->problems.count, 1);
    expect_problem(fixture, 0, path, code);
}

/* ---- Documents -------------------------------------------------------------------------- */

static void expect_refused(struct gw_text json, enum gw_err err, const char *reason)
{
    struct gw_json_doc *doc = NULL;
    struct gw_fault fault = {""};

    assert_int_equal(gw_json_parse(json, 1000000, &doc, &fault), err);
    assert_null(doc);
    if (strstr(fault.text, reason) == NULL) {
        print_error("\"%s\" and not \"%s\"\n", fault.text, reason);
        fail();
    }
}

static void what_is_not_json_is_refused_with_its_place(void **state)
{
    (void)state;
    expect_refused(GW_TEXT_NONE, GW_E_INVALID, "it ends too early");
    expect_refused(GW_TEXT("{\"a\": 1,\n \"b\": x}"), GW_E_INVALID, "line 2, column");
    expect_refused(GW_TEXT("{\"a\": 1"), GW_E_INVALID, "it ends too early");
    expect_refused(GW_TEXT("{} {}"), GW_E_INVALID, "something follows");
    expect_refused(GW_TEXT("{\"a\":1,\"a\":2}"), GW_E_INVALID, "a name stands twice");
    expect_refused(GW_TEXT("{\"a\":\"\xff\"}"), GW_E_INVALID, "not valid UTF-8");
    expect_refused(GW_TEXT("{\"a\":1e999}"), GW_E_INVALID, "a number is too large");
    expect_refused(GW_TEXT("{\"a\\u0000b\":1}"), GW_E_INVALID, "a zero character");
    expect_refused(GW_TEXT("{'a':1}"), GW_E_INVALID, "it is not JSON");
    expect_refused(GW_TEXT("NaN"), GW_E_INVALID, "it is not JSON");
}

static void a_refusal_shows_nothing_of_the_document(void **state)
{
    struct gw_json_doc *doc;
    struct gw_fault fault;

    (void)state;
    assert_int_equal(gw_json_parse(GW_TEXT("{\"key\": sk-secret}"), 1000, &doc, &fault),
                     GW_E_INVALID);
    assert_null(strstr(fault.text, "secret"));
}

static void size_depth_and_number_of_values_are_bounded(void **state)
{
    char *json = malloc(500000);

    (void)state;
    expect_refused((struct gw_text){memset(json, ' ', 500000), 500000}, GW_E_INVALID, "too early");
    memset(json, '[', 33);
    expect_refused((struct gw_text){json, 33}, GW_E_INVALID, "nested deeper than 32 levels");
    memset(json, ',', 200000);
    json[0] = '[';
    expect_refused((struct gw_text){json, 200000}, GW_E_TOO_LARGE, "more than 131072 values");
    free(json);
}

static void the_size_limit_is_the_callers(void **state)
{
    struct gw_json_doc *doc = NULL;
    struct gw_fault fault;

    (void)state;
    assert_int_equal(gw_json_parse(GW_TEXT("{\"a\":1}"), 6, &doc, &fault), GW_E_TOO_LARGE);
    assert_int_equal(gw_json_parse(GW_TEXT("{\"a\":1}"), 7, &doc, &fault), GW_OK);
    gw_json_doc_free(doc);
}

static void brackets_inside_texts_do_not_nest(void **state)
{
    struct fixture *fixture = *state;
    struct gw_text text;

    reading(fixture, "{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[\"}");
    assert_int_equal(gw_json_in_text(&fixture->in, "a", GW_JSON_REQUIRED, 1, 64, &text),
                     GW_JSON_VALUE);
    expect_no_problem(fixture);
}

static void a_document_that_is_no_object_is_told_once(void **state)
{
    struct fixture *fixture = *state;
    struct gw_text text;

    reading(fixture, "[1]");
    assert_int_equal(gw_json_in_text(&fixture->in, "a", GW_JSON_REQUIRED, 1, 64, &text),
                     GW_JSON_ABSENT);
    expect_one(fixture, "[]", "invalid_type");
}

/* ---- Fields ----------------------------------------------------------------------------- */

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

/* ---- Inside ----------------------------------------------------------------------------- */

static void a_problem_names_the_whole_way_to_it(void **state)
{
    struct fixture *fixture = *state;
    struct gw_json_in *in = reading(
        fixture, "{\"limits\":{\"rpm\":-1},\"rules\":[{\"id\":1},{\"id\":\"x\",\"y\":0}]}");
    struct gw_json_in limits, rule;
    struct gw_json_array rules;
    int64_t number;
    size_t i;

    assert_int_equal(gw_json_in_object(in, "limits", GW_JSON_REQUIRED, &limits), GW_JSON_VALUE);
    gw_json_in_int(&limits, "rpm", GW_JSON_REQUIRED, 0, 10, &number);
    gw_json_in_end(&limits);
    assert_int_equal(gw_json_in_array(in, "rules", GW_JSON_REQUIRED, 10, &rules), GW_JSON_VALUE);
    assert_int_equal(rules.count, 2);
    for (i = 0; i < rules.count; i++) {
        assert_true(gw_json_array_object(&rules, i, &rule));
        gw_json_in_int(&rule, "id", GW_JSON_REQUIRED, 0, 10, &number);
        gw_json_in_end(&rule);
    }
    gw_json_in_end(in);
    assert_int_equal(fixture->problems.count, 3);
    expect_problem(fixture, 0, "[\"limits\",\"rpm\"]", "too_small");
    expect_problem(fixture, 1, "[\"rules\",1,\"id\"]", "invalid_type");
    expect_problem(fixture, 2, "[\"rules\",1]", "unrecognized_keys");
}

static void items_of_arrays_are_checked_one_by_one(void **state)
{
    struct fixture *fixture = *state;
    struct gw_json_in *in = reading(fixture, "{\"a\":[\"x\",\"\",5],\"b\":[1,200],\"c\":[{},[]]}");
    struct gw_json_array array;
    struct gw_json_in item;
    struct gw_text text;
    int64_t number;

    assert_int_equal(gw_json_in_array(in, "a", GW_JSON_REQUIRED, 3, &array), GW_JSON_VALUE);
    assert_true(gw_json_array_text(&array, 0, 1, 5, &text));
    assert_false(gw_json_array_text(&array, 1, 1, 5, &text));
    assert_false(gw_json_array_text(&array, 2, 1, 5, &text));
    assert_int_equal(gw_json_in_array(in, "b", GW_JSON_REQUIRED, 3, &array), GW_JSON_VALUE);
    assert_true(gw_json_array_int(&array, 0, 1, 100, &number));
    assert_false(gw_json_array_int(&array, 1, 1, 100, &number));
    assert_int_equal(gw_json_in_array(in, "c", GW_JSON_REQUIRED, 3, &array), GW_JSON_VALUE);
    assert_true(gw_json_array_object(&array, 0, &item));
    assert_false(gw_json_array_object(&array, 1, &item));
    gw_json_in_end(&item);
    assert_int_equal(fixture->problems.count, 4);
    expect_problem(fixture, 0, "[\"a\",1]", "too_small");
    expect_problem(fixture, 1, "[\"a\",2]", "invalid_type");
    expect_problem(fixture, 2, "[\"b\",1]", "too_big");
    expect_problem(fixture, 3, "[\"c\",1]", "invalid_type");
}

static void an_array_has_a_most(void **state)
{
    struct fixture *fixture = *state;
    struct gw_json_in *in = reading(fixture, "{\"a\":[1,2,3],\"b\":{}}");
    struct gw_json_array array;

    assert_int_equal(gw_json_in_array(in, "a", GW_JSON_REQUIRED, 2, &array), GW_JSON_WRONG);
    assert_int_equal(gw_json_in_array(in, "b", GW_JSON_REQUIRED, 2, &array), GW_JSON_WRONG);
    expect_problem(fixture, 0, "[\"a\"]", "too_big");
    expect_problem(fixture, 1, "[\"b\"]", "invalid_type");
}

static void an_object_that_is_not_there_tells_nothing_about_its_fields(void **state)
{
    struct fixture *fixture = *state;
    struct gw_json_in *in = reading(fixture, "{}");
    struct gw_json_in inner;
    int64_t number;

    assert_int_equal(gw_json_in_object(in, "limits", GW_JSON_OPTIONAL, &inner), GW_JSON_ABSENT);
    assert_int_equal(gw_json_in_int(&inner, "rpm", GW_JSON_REQUIRED, 0, 10, &number),
                     GW_JSON_ABSENT);
    gw_json_in_end(&inner);
    expect_no_problem(fixture);
}

static void a_map_has_names_of_the_senders_choice(void **state)
{
    struct fixture *fixture = *state;
    struct gw_json_in *in = reading(fixture, "{\"headers\":{\"x-a\":\"1\",\"x-b\":2}}");
    const char *names[4];
    struct gw_json_in map;
    struct gw_text text;

    gw_json_in_object(in, "headers", GW_JSON_REQUIRED, &map);
    assert_int_equal(gw_json_in_names(&map, 1, names), 0);
    expect_problem(fixture, 0, "[\"headers\"]", "too_big");
    assert_int_equal(gw_json_in_names(&map, 4, names), 2);
    assert_string_equal(names[0], "x-a");
    assert_int_equal(gw_json_in_text(&map, names[0], GW_JSON_REQUIRED, 0, 9, &text), GW_JSON_VALUE);
    assert_int_equal(gw_json_in_text(&map, names[1], GW_JSON_REQUIRED, 0, 9, &text), GW_JSON_WRONG);
    expect_problem(fixture, 1, "[\"headers\",\"x-b\"]", "invalid_type");
    gw_json_in_end(&map);
    assert_int_equal(fixture->problems.count, 2);
}

/* ---- Problems --------------------------------------------------------------------------- */

static void problems_are_written_as_clients_expect_them(void **state)
{
    struct fixture *fixture = *state;
    struct gw_json_in *in = reading(fixture, "{\"a\":1}");
    struct gw_json_out out;
    struct gw_buf buf;
    struct gw_text text;

    gw_json_in_text(in, "a", GW_JSON_REQUIRED, 1, 2, &text);
    gw_json_in_wrong(in, "b", GW_JSON_CODE_CUSTOM, "is \"taken\"");
    gw_json_problems_add(&fixture->problems, "id", GW_JSON_CODE_TYPE, "must be an integer");
    gw_json_problems_add(&fixture->problems, NULL, GW_JSON_CODE_CUSTOM, "never");
    gw_buf_init(&buf, 4096);
    gw_json_out_init(&out, &buf);
    gw_json_problems_write(&fixture->problems, &out);
    assert_int_equal(gw_json_out_end(&out), GW_OK);
    assert_string_equal(
        buf.at, "[{\"path\":[\"a\"],\"code\":\"invalid_type\",\"message\":\"must be a text\"},"
                "{\"path\":[\"b\"],\"code\":\"custom\",\"message\":\"is \\\"taken\\\"\"},"
                "{\"path\":[\"id\"],\"code\":\"invalid_type\",\"message\":\"must be an integer\"},"
                "{\"path\":[],\"code\":\"custom\",\"message\":\"never\"}]");
    gw_buf_fini(&buf);
}

static void problems_are_kept_up_to_a_number_and_counted_beyond(void **state)
{
    struct fixture *fixture = *state;
    int i;

    reading(fixture, "{}");
    for (i = 0; i < GW_JSON_PROBLEMS_MAX + 10; i++) {
        gw_json_problems_add(&fixture->problems, "a", GW_JSON_CODE_CUSTOM, "wrong");
    }
    assert_int_equal(fixture->problems.count, GW_JSON_PROBLEMS_MAX);
    assert_int_equal(fixture->problems.left_out, 10);
}

static void a_small_arena_loses_problems_but_counts_them(void **state)
{
    struct fixture *fixture = *state;
    int i;

    reading(fixture, "{}");
    fixture->arena.max = fixture->arena.total + 30;
    for (i = 0; i < 10; i++) {
        gw_json_problems_add(&fixture->problems, "a", GW_JSON_CODE_CUSTOM, "wrong");
    }
    assert_int_equal(fixture->problems.count + fixture->problems.left_out, 10);
    assert_true(fixture->problems.left_out > 0 && fixture->problems.count > 0);
}

#define READING(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_json_is_refused_with_its_place),
        cmocka_unit_test(a_refusal_shows_nothing_of_the_document),
        cmocka_unit_test(size_depth_and_number_of_values_are_bounded),
        cmocka_unit_test(the_size_limit_is_the_callers),
        READING(brackets_inside_texts_do_not_nest),
        READING(a_document_that_is_no_object_is_told_once),
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
        READING(a_problem_names_the_whole_way_to_it),
        READING(items_of_arrays_are_checked_one_by_one),
        READING(an_array_has_a_most),
        READING(an_object_that_is_not_there_tells_nothing_about_its_fields),
        READING(a_map_has_names_of_the_senders_choice),
        READING(problems_are_written_as_clients_expect_them),
        READING(problems_are_kept_up_to_a_number_and_counted_beyond),
        READING(a_small_arena_loses_problems_but_counts_them),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/json/json_in", tests, NULL, NULL);
}
