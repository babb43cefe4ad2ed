/* SPDX-License-Identifier: MIT */
#include "lib/base/err.h"

#include <string.h>

#include "tests/support/cmocka_first.h"

static void every_error_has_its_words_and_a_status(void **state)
{
    static const enum gw_err ALL[] = {
#define GW_ERR(name, word, http, retry, text) GW_E_##name,
#include "lib/base/err.def"
#undef GW_ERR
    };
    size_t i, other;

    (void)state;
    for (i = 0; i < sizeof(ALL) / sizeof(ALL[0]); i++) {
        assert_true(gw_err_http(ALL[i]) >= 400 && gw_err_http(ALL[i]) < 600);
        assert_true(strlen(gw_err_text(ALL[i])) > 0);
        for (other = 0; other < i; other++) {
            assert_string_not_equal(gw_err_name(ALL[i]), gw_err_name(ALL[other]));
        }
    }
}

static void no_error_is_200(void **state)
{
    (void)state;
    assert_string_equal(gw_err_name(GW_OK), "ok");
    assert_int_equal(gw_err_http(GW_OK), 200);
    assert_false(gw_err_may_retry(GW_OK));
}

static void what_nobody_changed_may_only_be_retried_if_it_was_bad_luck(void **state)
{
    (void)state;
    assert_true(gw_err_may_retry(GW_E_TIMEOUT));
    assert_true(gw_err_may_retry(GW_E_UNAVAILABLE));
    assert_false(gw_err_may_retry(GW_E_INVALID));
    assert_false(gw_err_may_retry(GW_E_CONFLICT));
    assert_int_equal(gw_err_http(GW_E_TOO_LARGE), 413);
}

static void failing_explains_and_hands_the_error_back(void **state)
{
    struct gw_fault fault;

    (void)state;
    assert_int_equal(gw_fail(&fault, GW_E_IO, "could not read \"%s\"", "x"), GW_E_IO);
    assert_string_equal(fault.text, "could not read \"x\"");
    assert_int_equal(gw_fail(NULL, GW_E_IO, "nobody listens"), GW_E_IO);
}

static void an_explanation_without_end_is_cut(void **state)
{
    struct gw_fault fault;
    char words[1000];

    (void)state;
    memset(words, 'w', sizeof(words) - 1);
    words[sizeof(words) - 1] = '\0';
    gw_fail(&fault, GW_E_IO, "%s", words);
    assert_int_equal(strlen(fault.text), sizeof(fault.text) - 1);
}

static enum gw_err tried(enum gw_err err, int *reached)
{
    GW_TRY(err);
    (*reached)++;
    return GW_OK;
}

static void trying_returns_on_failure_only(void **state)
{
    int reached = 0;

    (void)state;
    assert_int_equal(tried(GW_E_FULL, &reached), GW_E_FULL);
    assert_int_equal(reached, 0);
    assert_int_equal(tried(GW_OK, &reached), GW_OK);
    assert_int_equal(reached, 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_its_words_and_a_status),
        cmocka_unit_test(no_error_is_200),
        cmocka_unit_test(what_nobody_changed_may_only_be_retried_if_it_was_bad_luck),
        cmocka_unit_test(failing_explains_and_hands_the_error_back),
        cmocka_unit_test(an_explanation_without_end_is_cut),
        cmocka_unit_test(trying_returns_on_failure_only),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/base/err", tests, NULL, NULL);
}
