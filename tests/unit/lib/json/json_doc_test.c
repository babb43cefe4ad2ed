/* SPDX-License-Identifier: MIT */
#include "lib/json/json_in.h"

#include <stdlib.h>

#include "tests/support/cmocka_first.h"
#include "tests/unit/lib/json/reading.h"

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

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_json_is_refused_with_its_place),
        cmocka_unit_test(a_refusal_shows_nothing_of_the_document),
        cmocka_unit_test(size_depth_and_number_of_values_are_bounded),
        cmocka_unit_test(the_size_limit_is_the_callers),
        READING(brackets_inside_texts_do_not_nest),
        READING(a_document_that_is_no_object_is_told_once),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/json/json_doc", tests, NULL, NULL);
}
