/* SPDX-License-Identifier: MIT */
#include "dataplane/admit/credential.h"

#include "tests/support/cmocka_first.h"

#define KEY "sk-0123456789abcdef0123456789abcdef"

static struct gw_http_header headers[4];
static size_t count;

static void none(void)
{
    count = 0;
}

static void with(const char *name, const char *value)
{
    headers[count++] = (struct gw_http_header){gw_text_of(name), gw_text_of(value)};
}

static enum credential_is find(const char *query, struct gw_text *ret_key)
{
    return credential_find((struct gw_http_headers){headers, count}, gw_text_of(query), ret_key);
}

static void assert_given(const char *query)
{
    struct gw_text key;

    assert_int_equal(find(query, &key), CREDENTIAL_GIVEN);
    assert_true(gw_text_eq(key, GW_TEXT(KEY)));
}

static void s01_017_a_key_may_be_presented_in_four_places(void **state)
{
    (void)state;
    none(), with("Authorization", "Bearer " KEY), assert_given("");
    none(), with("authorization", "bearer   " KEY " "), assert_given("");
    none(), with("X-Api-Key", " " KEY), assert_given("");
    none(), with("x-goog-api-key", KEY), assert_given("");
    none(), assert_given("alt=sse&key=" KEY);
}

static void s01_018_several_places_must_agree(void **state)
{
    struct gw_text key;

    (void)state;
    none(), with("authorization", "Bearer " KEY), with("x-api-key", KEY), assert_given("key=" KEY);
    none(), with("authorization", "Bearer " KEY), with("x-api-key", "other");
    assert_int_equal(find("", &key), CREDENTIAL_CONFLICT);
    none(), with("x-api-key", KEY), with("x-api-key", "other");
    assert_int_equal(find("", &key), CREDENTIAL_CONFLICT);
    none(), with("x-api-key", KEY);
    assert_int_equal(find("key=other", &key), CREDENTIAL_CONFLICT);
}

static void s01_019_googles_header_makes_the_query_count_for_nothing(void **state)
{
    (void)state;
    none(), with("x-goog-api-key", KEY), assert_given("key=other");
    none(), with("x-goog-api-key", " "), assert_given("key=" KEY);
}

static void s01_020_other_schemes_are_no_key(void **state)
{
    struct gw_text key;

    (void)state;
    none(), with("authorization", "Basic " KEY);
    assert_int_equal(find("", &key), CREDENTIAL_ABSENT);
    none(), with("authorization", "Bearer"), with("x-api-key", "\t ");
    assert_int_equal(find("key=&monkey=" KEY, &key), CREDENTIAL_ABSENT);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s01_017_a_key_may_be_presented_in_four_places),
        cmocka_unit_test(s01_018_several_places_must_agree),
        cmocka_unit_test(s01_019_googles_header_makes_the_query_count_for_nothing),
        cmocka_unit_test(s01_020_other_schemes_are_no_key),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("admit/credential", tests, NULL, NULL);
}
