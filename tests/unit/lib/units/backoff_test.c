/* SPDX-License-Identifier: MIT */
#include "lib/units/backoff.h"

#include "lib/units/clock.h"
#include "tests/support/cmocka_first.h"

static void waits_double_up_to_two_seconds(void **state)
{
    static const int64_t MOST_MS[] = {100, 200, 400, 800, 1600, 2000, 2000, 2000};
    struct gw_backoff backoff;

    (void)state;
    gw_backoff_init(&backoff, 100 * GW_US_PER_MS, 2 * GW_US_PER_SECOND);
    for (size_t i = 0; i < sizeof(MOST_MS) / sizeof(MOST_MS[0]); i++) {
        int64_t wait_us = gw_backoff_next_us(&backoff);

        assert_in_range(wait_us, MOST_MS[i] * GW_US_PER_MS / 2, MOST_MS[i] * GW_US_PER_MS);
    }
    gw_backoff_reset(&backoff);
    assert_in_range(gw_backoff_next_us(&backoff), 50 * GW_US_PER_MS, 100 * GW_US_PER_MS);
}

static void two_that_fail_together_do_not_come_back_together(void **state)
{
    struct gw_backoff a, b;
    int same = 0;

    (void)state;
    gw_backoff_init(&a, 100 * GW_US_PER_MS, 2 * GW_US_PER_SECOND);
    gw_backoff_init(&b, 100 * GW_US_PER_MS, 2 * GW_US_PER_SECOND);
    for (int i = 0; i < 20; i++) {
        same += gw_backoff_next_us(&a) == gw_backoff_next_us(&b);
    }
    assert_true(same < 3);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_double_up_to_two_seconds),
        cmocka_unit_test(two_that_fail_together_do_not_come_back_together),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/units/backoff", tests, NULL, NULL);
}
