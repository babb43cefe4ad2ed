/* SPDX-License-Identifier: MIT */
/*
 * reading - one document being read, for the tests of this room.
 */
#ifndef TESTS_UNIT_LIB_JSON_READING_H
#define TESTS_UNIT_LIB_JSON_READING_H

#include <stdlib.h>

#include "lib/json/json_in.h"
#include "tests/support/cmocka_first.h"

/* One document being read. */
struct fixture {
    struct gw_arena arena;
    struct gw_json_doc *doc;
    struct gw_json_problems problems;
    struct gw_json_in in;
};

static __attribute__((unused)) int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    gw_arena_init(&fixture->arena, 65536);
    *state = fixture;
    return 0;
}

static __attribute__((unused)) int teardown(void **state)
{
    struct fixture *fixture = *state;

    gw_json_doc_free(fixture->doc);
    gw_arena_fini(&fixture->arena);
    free(fixture);
    return 0;
}

static __attribute__((unused)) struct gw_json_in *reading(struct fixture *fixture, const char *json)
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

static __attribute__((unused)) void expect_no_problem(struct fixture *fixture)
{
    gw_json_in_end(&fixture->in);
    if (fixture->problems.count > 0) {
        print_error("%s %s\n", fixture->problems.at[0].path, fixture->problems.at[0].message);
        fail();
    }
}

static __attribute__((unused)) void expect_problem(struct fixture *fixture, size_t index,
                                                   const char *path, const char *code)
{
    assert_true(index < fixture->problems.count);
    assert_string_equal(fixture->problems.at[index].path, path);
    assert_string_equal(fixture->problems.at[index].code, code);
}

/* The only problem there is. */
static __attribute__((unused)) void expect_one(struct fixture *fixture, const char *path,
                                               const char *code)
{
    gw_json_in_end(&fixture->in);
    assert_int_equal(fixture->problems.count, 1);
    expect_problem(fixture, 0, path, code);
}

#define READING(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
