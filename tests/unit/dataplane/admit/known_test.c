/* SPDX-License-Identifier: MIT */
#include "dataplane/admit/known.h"

#include <stdio.h>

#include "tests/support/cmocka_first.h"

static struct gw_digest digest_of(int number)
{
    struct gw_digest digest = {{0}};

    memcpy(digest.at, &number, sizeof(number));
    return digest;
}

static struct known_tag tag_of(const struct known *known, int number)
{
    char key[64];

    snprintf(key, sizeof(key), "sk-%d", number);
    return known_tag(known, gw_text_of(key));
}

static void what_was_kept_is_found(void **state)
{
    struct known *known = known_new();
    struct gw_digest kept = digest_of(1), found;

    (void)state;
    assert_false(known_find(known, tag_of(known, 1), &found));
    known_keep(known, tag_of(known, 1), &kept);
    assert_true(known_find(known, tag_of(known, 1), &found));
    assert_memory_equal(&found, &kept, sizeof(kept));
    assert_false(known_find(known, tag_of(known, 2), &found));
    known_free(known);
}

static void what_comes_later_may_push_out_but_never_mix_up(void **state)
{
    struct known *known = known_new();
    struct gw_digest found;
    int still = 0;

    (void)state;
    for (int i = 0; i < 5000; i++) {
        struct gw_digest kept = digest_of(i);

        known_keep(known, tag_of(known, i), &kept);
    }
    for (int i = 0; i < 5000; i++) {
        struct gw_digest kept = digest_of(i);

        if (known_find(known, tag_of(known, i), &found)) {
            assert_memory_equal(&found, &kept, sizeof(kept));
            still++;
        }
    }
    assert_in_range(still, 500, 1024);
    known_free(known);
}

/* Each byte of a key counts, and where it ends. */
static void keys_that_are_nearly_the_same_differ(void **state)
{
    static const char *const KEYS[] = {"",         "a",         "b",         "aaaaaaa",
                                       "aaaaaaaa", "aaaaaaaab", "baaaaaaaa", "aaaaaaaaa"};
    struct known *known = known_new();

    (void)state;
    for (size_t i = 0; i < 8; i++) {
        struct known_tag a = known_tag(known, gw_text_of(KEYS[i]));

        for (size_t j = 0; j < 8; j++) {
            struct known_tag b = known_tag(known, gw_text_of(KEYS[j]));

            assert_int_equal(memcmp(&a, &b, sizeof(a)) == 0, i == j);
        }
    }
    known_free(known);
}

static void each_table_has_a_secret_of_its_own(void **state)
{
    struct known *one = known_new(), *other = known_new();
    struct known_tag a = tag_of(one, 1), b = tag_of(other, 1);

    (void)state;
    assert_memory_not_equal(&a, &b, sizeof(a));
    known_free(one);
    known_free(other);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_kept_is_found),
        cmocka_unit_test(what_comes_later_may_push_out_but_never_mix_up),
        cmocka_unit_test(keys_that_are_nearly_the_same_differ),
        cmocka_unit_test(each_table_has_a_secret_of_its_own),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("admit/known", tests, NULL, NULL);
}
