/* SPDX-License-Identifier: MIT */
#include "lib/units/clock.h"

#include <string.h>
#include <time.h>

#include "tests/support/cmocka_first.h"

static void expect_format(int64_t wall_us, const char *text)
{
    char got[GW_CLOCK_TEXT_SIZE];

    gw_clock_format(wall_us, got);
    assert_string_equal(got, text);
}

static void times_are_written_in_utc_with_milliseconds(void **state)
{
    (void)state;
    expect_format(0, "1970-01-01T00:00:00.000Z");
    expect_format(INT64_C(1700000000123456), "2023-11-14T22:13:20.123Z");
    expect_format(INT64_C(1709164799999999), "2024-02-28T23:59:59.999Z");
    expect_format(INT64_C(1709164800000000), "2024-02-29T00:00:00.000Z");
}

static void times_before_1970_count_backwards(void **state)
{
    (void)state;
    expect_format(-1, "1969-12-31T23:59:59.999Z");
    expect_format(-1000000, "1969-12-31T23:59:59.000Z");
    expect_format(-1000001, "1969-12-31T23:59:58.999Z");
}

static void far_times_fit_the_text(void **state)
{
    char text[GW_CLOCK_TEXT_SIZE];

    (void)state;
    expect_format(INT64_C(253402300799999999), "9999-12-31T23:59:59.999Z");
    gw_clock_format(INT64_MAX, text);
    assert_true(strlen(text) < GW_CLOCK_TEXT_SIZE);
    gw_clock_format(INT64_MIN, text);
    assert_true(strlen(text) < GW_CLOCK_TEXT_SIZE);
}

static void the_wall_clock_is_the_systems(void **state)
{
    int64_t before_us = (int64_t)time(NULL) * GW_US_PER_SECOND;
    int64_t now_us = gw_clock_wall_us();

    (void)state;
    /* time() may be a tick behind the precise clock. */
    assert_true(now_us >= before_us && now_us < before_us + 60 * GW_US_PER_SECOND);
}

static void monotonic_time_never_goes_back(void **state)
{
    int64_t last_us = gw_clock_monotonic_us();
    int i;

    (void)state;
    for (i = 0; i < 10000; i++) {
        int64_t now_us = gw_clock_monotonic_us();

        assert_true(now_us >= last_us);
        last_us = now_us;
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_written_in_utc_with_milliseconds),
        cmocka_unit_test(times_before_1970_count_backwards),
        cmocka_unit_test(far_times_fit_the_text),
        cmocka_unit_test(the_wall_clock_is_the_systems),
        cmocka_unit_test(monotonic_time_never_goes_back),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/units/clock", tests, NULL, NULL);
}
