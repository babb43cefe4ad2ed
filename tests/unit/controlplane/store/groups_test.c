/* SPDX-License-Identifier: MIT */
#include "controlplane/store/groups.h"

#include "controlplane/store/store.h"
#include "lib/base/check.h"
#include "tests/support/cmocka_first.h"

static void expect(const char *text, const char *wanted)
{
    struct gw_arena arena;

    gw_arena_init(&arena, 65536);
    assert_true(gw_text_eq(groups_normalise(gw_text_of(text), &arena), gw_text_of(wanted)));
    gw_arena_fini(&arena);
}

static void s03_071_groups_are_trimmed_sorted_and_each_there_once(void **state)
{
    (void)state;
    expect("b, a,a", "a,b");
    expect("\tx \n y,,x", "x,y");
    expect("\xe4\xb8\x80\xef\xbc\x8c"
           "b",
           "b,\xe4\xb8\x80");
    expect("ab,a,abc", "a,ab,abc");
    expect("*", "*");
}

static void no_group_is_the_default_one(void **state)
{
    (void)state;
    expect("", "default");
    expect(" , \n\xef\xbc\x8c,", "default");
    expect(NULL, "default");
}

static void more_groups_than_travel_are_noticed(void **state)
{
    struct gw_groups groups;
    struct gw_buf text;

    (void)state;
    gw_buf_init(&text, 1024);
    for (int i = 0; i < GW_GROUPS_MAX; i++) {
        gw_buf_appendf(&text, "g%d,", i);
    }
    assert_true(groups_split(gw_buf_text(&text), &groups));
    assert_int_equal(groups.count, GW_GROUPS_MAX);
    gw_buf_append_str(&text, "g0"); /* was there */
    assert_true(groups_split(gw_buf_text(&text), &groups));
    gw_buf_append_str(&text, ",more");
    assert_false(groups_split(gw_buf_text(&text), &groups));
    assert_int_equal(groups.count, GW_GROUPS_MAX);
    gw_buf_fini(&text);
}

static void a_mask_shows_four_characters_at_each_end_of_a_long_secret(void **state)
{
    static const char *const PAIRS[][2] = {
        {"123456789", "1234" STORE_BULLETS "6789"},
        {"12345678", STORE_BULLETS},
        {"", STORE_BULLETS},
        {"\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f-----\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f",
         "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f" STORE_BULLETS "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f"},
    };
    struct gw_arena arena;

    (void)state;
    gw_arena_init(&arena, 65536);
    for (size_t i = 0; i < GW_COUNT(PAIRS); i++) {
        assert_true(
            gw_text_eq(store_mask(gw_text_of(PAIRS[i][0]), &arena), gw_text_of(PAIRS[i][1])));
    }
    gw_arena_fini(&arena);
}

static void a_search_takes_its_wildcards_literally(void **state)
{
    struct gw_arena arena;

    (void)state;
    gw_arena_init(&arena, 65536);
    assert_true(gw_text_eq(store_like(GW_TEXT("50%_\\"), &arena), GW_TEXT("%50\\%\\_\\\\%")));
    gw_arena_fini(&arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s03_071_groups_are_trimmed_sorted_and_each_there_once),
        cmocka_unit_test(no_group_is_the_default_one),
        cmocka_unit_test(more_groups_than_travel_are_noticed),
        cmocka_unit_test(a_mask_shows_four_characters_at_each_end_of_a_long_secret),
        cmocka_unit_test(a_search_takes_its_wildcards_literally),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("controlplane/store/groups", tests, NULL, NULL);
}
