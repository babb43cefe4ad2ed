/* SPDX-License-Identifier: MIT */
#include "lib/codec/random.h"

#include <string.h>

#include "tests/support/cmocka_first.h"

static void tokens_are_hex_and_differ(void **state)
{
    char one[33], other[33], shortest[3];

    (void)state;
    gw_random_hex(16, one);
    gw_random_hex(16, other);
    assert_int_equal(strlen(one), 32);
    assert_int_equal(strspn(one, "0123456789abcdef"), 32);
    assert_string_not_equal(one, other);
    gw_random_hex(1, shortest);
    assert_int_equal(strspn(shortest, "0123456789abcdef"), 2);
}

static const char DIGITS[] = "0123456789abcdef";

static void every_hex_digit_turns_up(void **state)
{
    unsigned seen = 0;
    char token[129];
    int i, round;

    (void)state;
    for (round = 0; round < 20; round++) {
        gw_random_hex(64, token);
        for (i = 0; i < 128; i++) {
            seen |= 1u << (strchr(DIGITS, token[i]) - DIGITS);
        }
    }
    assert_int_equal(seen, 0xffff);
}

static void a_limit_is_never_reached_and_all_below_it_is(void **state)
{
    unsigned seen = 0;
    int i;

    (void)state;
    for (i = 0; i < 2000; i++) {
        uint32_t number = gw_random_below(6);

        assert_true(number < 6);
        seen |= 1u << number;
    }
    assert_int_equal(seen, 63);
    assert_int_equal(gw_random_below(1), 0);
}

static void an_id_carries_its_time_version_and_variant(void **state)
{
    char id[GW_UUID_TEXT_SIZE];

    (void)state;
    gw_random_uuid7(INT64_C(0x017f22e279b0) * 1000 + 999, id);
    assert_int_equal(strlen(id), 36);
    assert_memory_equal(id, "017f22e2-79b0-7", 15);
    assert_non_null(strchr("89ab", id[19]));
    assert_int_equal(strspn(id, "0123456789abcdef-"), 36);
}

static void ids_of_later_times_sort_later(void **state)
{
    char earlier[GW_UUID_TEXT_SIZE], later[GW_UUID_TEXT_SIZE];
    int i;

    (void)state;
    for (i = 0; i < 50; i++) {
        gw_random_uuid7(INT64_C(1700000000000000) + i * 1000, earlier);
        gw_random_uuid7(INT64_C(1700000000000000) + (i + 1) * 1000, later);
        assert_true(strcmp(earlier, later) < 0);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_hex_and_differ),
        cmocka_unit_test(every_hex_digit_turns_up),
        cmocka_unit_test(a_limit_is_never_reached_and_all_below_it_is),
        cmocka_unit_test(an_id_carries_its_time_version_and_variant),
        cmocka_unit_test(ids_of_later_times_sort_later),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/codec/random", tests, NULL, NULL);
}
