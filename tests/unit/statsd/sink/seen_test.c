/* SPDX-License-Identifier: MIT */
#include "statsd/sink/seen.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka_first.h"

static void numbers_in_order_are_each_taken_once(void **state)
{
    struct seen seen;

    (void)state;
    seen_init(&seen, 1);
    for (uint64_t seq = 1; seq <= 5; seq++) {
        assert_true(seen_take(&seen, seq, 0));
        assert_false(seen_take(&seen, seq, 0));
    }
    assert_int_equal(seen.below, 6);
    assert_false(seen.gaps_changed);
    seen_fini(&seen);
}

static void a_jump_leaves_a_gap_that_late_numbers_fill(void **state)
{
    struct seen seen;

    (void)state;
    seen_init(&seen, 1);
    assert_true(seen_take(&seen, 10, 77));
    assert_int_equal(seen.open_count, 1);
    assert_int_equal(seen.open[0].first, 1);
    assert_int_equal(seen.open[0].last, 9);
    assert_int_equal(seen.open[0].found_us, 77);

    assert_true(seen_take(&seen, 5, 80));
    assert_int_equal(seen.open_count, 2);
    assert_int_equal(seen.open[0].last, 4);
    assert_int_equal(seen.open[1].first, 6);
    assert_int_equal(seen.open[1].found_us, 77);
    assert_false(seen_take(&seen, 5, 80));

    assert_true(seen_take(&seen, 6, 80));
    assert_int_equal(seen.closed_count, 1);
    assert_int_equal(seen.closed[0].first, 5);
    assert_int_equal(seen.closed[0].last, 6);
    assert_int_equal(seen.closed[0].state, SEEN_FILLED);
    seen_fini(&seen);
}

static void what_the_sender_gave_up_is_lost_and_stays_lost(void **state)
{
    struct seen seen;

    (void)state;
    seen_init(&seen, 1);
    assert_true(seen_take(&seen, 10, 1));
    seen_lose(&seen, 8, 2);
    assert_int_equal(seen.open_count, 1);
    assert_int_equal(seen.open[0].first, 8);
    assert_int_equal(seen.closed_count, 1);
    assert_int_equal(seen.closed[0].state, SEEN_LOST);
    assert_int_equal(seen.closed[0].last, 7);
    assert_false(seen_take(&seen, 3, 3));
    assert_true(seen_take(&seen, 9, 3));

    seen_lose(&seen, 20, 4);
    assert_int_equal(seen.open_count, 0);
    assert_int_equal(seen.below, 20);
    assert_false(seen_take(&seen, 12, 5));
    assert_true(seen_take(&seen, 20, 5));
    seen_fini(&seen);
}

static void the_last_gap_too_many_is_refused_and_filling_goes_on(void **state)
{
    struct seen seen;
    uint64_t seq = 2;

    (void)state;
    seen_init(&seen, 1);
    for (int i = 0; i < SEEN_GAPS_MAX; i++, seq += 4) {
        assert_int_equal(seen_may_take(&seen, seq, 1, NULL), GW_OK);
        assert_true(seen_take(&seen, seq, 0));
    }
    assert_int_equal(seen.open_count, SEEN_GAPS_MAX);
    assert_int_equal(seen_may_take(&seen, seq, 1, NULL), GW_E_INVALID); /* jumps */
    assert_int_equal(seen_may_take(&seen, 4, 1, NULL), GW_E_INVALID);   /* splits 3..5 */
    assert_int_equal(seen_may_take(&seen, 3, 1, NULL), GW_OK);
    assert_int_equal(seen_may_take(&seen, seen.below, 1, NULL), GW_OK);
    seen_fini(&seen);
}

/* Whatever order runs of numbers come in, each number counts once and the gaps are the rest. */
static void any_order_of_overlapping_runs_counts_each_number_once(void **state)
{
    enum { NUMBERS = 300 };
    unsigned seed = 12345;

    (void)state;
    for (int round = 0; round < 200; round++) {
        bool taken[NUMBERS + 1] = {false};
        struct seen seen;
        uint64_t missing = 0, open = 0;

        seen_init(&seen, 1);
        for (int run = 0; run < 40; run++) {
            uint64_t first = 1 + (uint64_t)rand_r(&seed) % NUMBERS;
            uint64_t last = first + (uint64_t)rand_r(&seed) % 20;

            for (uint64_t seq = first; seq <= last && seq <= NUMBERS; seq++) {
                assert_int_equal(seen_take(&seen, seq, 0), !taken[seq]);
                taken[seq] = true;
            }
        }
        for (uint64_t seq = 1; seq < seen.below; seq++) {
            missing += taken[seq] ? 0 : 1;
        }
        for (size_t i = 0; i < seen.open_count; i++) {
            assert_true(i == 0 || seen.open[i - 1].last + 1 < seen.open[i].first);
            open += seen.open[i].last - seen.open[i].first + 1;
        }
        assert_int_equal(open, missing);
        seen_fini(&seen);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_in_order_are_each_taken_once),
        cmocka_unit_test(a_jump_leaves_a_gap_that_late_numbers_fill),
        cmocka_unit_test(what_the_sender_gave_up_is_lost_and_stays_lost),
        cmocka_unit_test(the_last_gap_too_many_is_refused_and_filling_goes_on),
        cmocka_unit_test(any_order_of_overlapping_runs_counts_each_number_once),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("statsd/sink/seen", tests, NULL, NULL);
}
