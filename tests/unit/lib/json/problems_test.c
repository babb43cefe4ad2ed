/* SPDX-License-Identifier: MIT */
#include "lib/json/json_in.h"

#include "tests/support/cmocka_first.h"
#include "tests/unit/lib/json/reading.h"

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

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
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
    return cmocka_run_group_tests_name("lib/json/problems", tests, NULL, NULL);
}
