/* SPDX-License-Identifier: MIT */
#include "dataplane/admit/abuse.h"

#include <pthread.h>

#include "tests/support/cmocka_first.h"

#define SECOND INT64_C(1000000)

static struct gw_digest scope(uint32_t number)
{
    struct gw_digest digest = {{0}};

    memcpy(digest.at, &number, sizeof(number));
    return digest;
}

static void fail_times(struct abuse *abuse, uint32_t number, int times, int64_t now_us)
{
    struct gw_digest name = scope(number);

    while (times-- > 0) {
        abuse_failed(abuse, &name, now_us);
    }
}

static bool is_locked(struct abuse *abuse, uint32_t number, int64_t now_us)
{
    struct gw_digest name = scope(number);
    int64_t left_us;

    return abuse_is_locked(abuse, &name, now_us, &left_us);
}

static void s01_025_the_twentieth_failure_locks_for_ten_minutes(void **state)
{
    struct abuse *abuse = abuse_new(16);
    struct gw_digest name = scope(1);
    int64_t left_us = 0;

    (void)state;
    fail_times(abuse, 1, 19, 0);
    assert_false(is_locked(abuse, 1, 0));
    fail_times(abuse, 1, 1, 299 * SECOND);
    assert_true(abuse_is_locked(abuse, &name, 300 * SECOND, &left_us));
    assert_int_equal(left_us, 599 * SECOND);
    assert_true(is_locked(abuse, 1, 899 * SECOND - 1));
    assert_false(is_locked(abuse, 1, 899 * SECOND));
    assert_false(is_locked(abuse, 2, 300 * SECOND));
    abuse_free(abuse);
}

static void s01_027_a_success_starts_the_count_anew(void **state)
{
    struct abuse *abuse = abuse_new(16);
    struct gw_digest name = scope(1);

    (void)state;
    fail_times(abuse, 1, 19, 0);
    abuse_passed(abuse, &name);
    assert_true(abuse_is_quiet(abuse));
    fail_times(abuse, 1, 19, 1);
    assert_false(is_locked(abuse, 1, 1));
    abuse_free(abuse);
}

static void failures_far_apart_do_not_add_up(void **state)
{
    struct abuse *abuse = abuse_new(16);

    (void)state;
    fail_times(abuse, 1, 19, 0);
    fail_times(abuse, 1, 19, 300 * SECOND);
    assert_false(is_locked(abuse, 1, 300 * SECOND));
    fail_times(abuse, 1, 1, 301 * SECOND);
    assert_true(is_locked(abuse, 1, 301 * SECOND));
    abuse_free(abuse);
}

static void what_means_nothing_any_more_is_forgotten(void **state)
{
    struct abuse *abuse = abuse_new(16);

    (void)state;
    fail_times(abuse, 1, 1, 0);
    fail_times(abuse, 2, 20, 0);
    assert_int_equal(abuse_count(abuse), 2);
    assert_false(is_locked(abuse, 3, 300 * SECOND));
    assert_int_equal(abuse_count(abuse), 1);
    assert_true(is_locked(abuse, 2, 300 * SECOND));
    assert_false(is_locked(abuse, 3, 600 * SECOND));
    assert_true(abuse_is_quiet(abuse));
    abuse_free(abuse);
}

static void a_full_table_forgets_the_longest_untouched(void **state)
{
    struct abuse *abuse = abuse_new(4);

    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        fail_times(abuse, i, 19, i);
    }
    fail_times(abuse, 0, 1, 10); /* locked, and touched last */
    fail_times(abuse, 100, 1, 11);
    assert_int_equal(abuse_count(abuse), 4);
    assert_true(is_locked(abuse, 0, 12));
    fail_times(abuse, 1, 1, 13); /* it was pushed out: this is its first again */
    assert_false(is_locked(abuse, 1, 14));
    for (uint32_t i = 1000; i < 9000; i++) {
        fail_times(abuse, i, 1, 20);
    }
    assert_int_equal(abuse_count(abuse), 4);
    abuse_free(abuse);
}

static void *hammer(void *at)
{
    struct abuse *abuse = at;

    for (uint32_t i = 0; i < 2000; i++) {
        struct gw_digest name = scope(i % 37);

        abuse_failed(abuse, &name, i);
        (void)is_locked(abuse, i % 41, i);
        if (i % 5 == 0) {
            abuse_passed(abuse, &name);
        }
    }
    return NULL;
}

static void many_threads_may_use_it_at_once(void **state)
{
    struct abuse *abuse = abuse_new(16);
    pthread_t threads[4];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, abuse), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_in_range(abuse_count(abuse), 0, 16);
    abuse_free(abuse);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s01_025_the_twentieth_failure_locks_for_ten_minutes),
        cmocka_unit_test(s01_027_a_success_starts_the_count_anew),
        cmocka_unit_test(failures_far_apart_do_not_add_up),
        cmocka_unit_test(what_means_nothing_any_more_is_forgotten),
        cmocka_unit_test(a_full_table_forgets_the_longest_untouched),
        cmocka_unit_test(many_threads_may_use_it_at_once),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("admit/abuse", tests, NULL, NULL);
}
