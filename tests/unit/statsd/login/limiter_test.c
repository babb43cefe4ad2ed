/* SPDX-License-Identifier: MIT */
#include "statsd/login/limiter.h"

#include <stdio.h>

#include "lib/units/clock.h"
#include "tests/support/cmocka_first.h"

#define SECONDS(count) ((count)*GW_US_PER_SECOND)
#define HERE           GW_TEXT("192.0.2.1")

static struct limiter *limiter;

static int make(void **state)
{
    (void)state;
    limiter = limiter_new();
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    limiter_free(limiter);
    return 0;
}

static void fail_times(int count, int64_t now_us)
{
    for (int i = 0; i < count; i++) {
        assert_int_equal(limiter_wait_seconds(limiter, HERE, now_us), 0);
        limiter_fail(limiter, HERE, now_us);
    }
}

static void s03_019_the_tenth_failure_locks_for_fifteen_minutes(void **state)
{
    (void)state;
    fail_times(10, SECONDS(1));
    assert_int_equal(limiter_wait_seconds(limiter, HERE, SECONDS(1)), 900);
    assert_int_equal(limiter_wait_seconds(limiter, HERE, SECONDS(901) - 1), 1);
    assert_int_equal(limiter_wait_seconds(limiter, HERE, SECONDS(901)), 0);
    assert_int_equal(limiter_wait_seconds(limiter, GW_TEXT("192.0.2.2"), SECONDS(1)), 0);
}

static void s03_020_a_success_forgets_the_failures_before_it(void **state)
{
    (void)state;
    fail_times(9, SECONDS(1));
    limiter_succeed(limiter, HERE);
    fail_times(9, SECONDS(2));
    assert_int_equal(limiter_wait_seconds(limiter, HERE, SECONDS(2)), 0);
}

static void failures_more_than_five_minutes_apart_do_not_add_up(void **state)
{
    (void)state;
    fail_times(9, SECONDS(0));
    fail_times(9, SECONDS(300));
    assert_int_equal(limiter_wait_seconds(limiter, HERE, SECONDS(300)), 0);
}

static void after_the_lock_counting_begins_anew(void **state)
{
    (void)state;
    fail_times(10, SECONDS(0));
    fail_times(9, SECONDS(900));
    assert_int_equal(limiter_wait_seconds(limiter, HERE, SECONDS(900)), 0);
    limiter_fail(limiter, HERE, SECONDS(900));
    assert_int_equal(limiter_wait_seconds(limiter, HERE, SECONDS(900)), 900);
}

static void a_flood_of_addresses_drops_the_oldest_and_stays_bounded(void **state)
{
    char address[32];

    (void)state;
    fail_times(10, SECONDS(0));
    for (int i = 0; i < LIMITER_ADDRESSES_MAX - 1; i++) {
        snprintf(address, sizeof(address), "10.0.%d.%d", i / 250, i % 250);
        limiter_fail(limiter, gw_text_of(address), SECONDS(1));
    }
    assert_true(limiter_wait_seconds(limiter, HERE, SECONDS(1)) > 0);
    limiter_fail(limiter, GW_TEXT("one more"), SECONDS(1));
    assert_int_equal(limiter_wait_seconds(limiter, HERE, SECONDS(1)), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(s03_019_the_tenth_failure_locks_for_fifteen_minutes),
        TEST(s03_020_a_success_forgets_the_failures_before_it),
        TEST(failures_more_than_five_minutes_apart_do_not_add_up),
        TEST(after_the_lock_counting_begins_anew),
        TEST(a_flood_of_addresses_drops_the_oldest_and_stays_bounded),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("statsd/login/limiter", tests, NULL, NULL);
}
