/* SPDX-License-Identifier: MIT */
/*
 * clock - now; the only place that asks.
 *
 * Times are microseconds. Everything that decides by time takes the time as an argument, so that
 * tests need not wait; only the outermost callers ask here. Any thread.
 */
#ifndef LIB_UNITS_CLOCK_H
#define LIB_UNITS_CLOCK_H

#include <stdint.h>

#define GW_US_PER_MS     INT64_C(1000)
#define GW_US_PER_SECOND INT64_C(1000000)
#define GW_US_PER_HOUR   (INT64_C(3600) * GW_US_PER_SECOND)

int64_t gw_clock_wall_us(void);      /* since 1970-01-01 UTC; may jump */
int64_t gw_clock_monotonic_us(void); /* since some start; never goes back */

/* "2026-11-22T20:30:50.123Z" into `ret_text`; the form used in every API and log. */
#define GW_CLOCK_TEXT_SIZE 32
void gw_clock_format(int64_t wall_us, char ret_text[GW_CLOCK_TEXT_SIZE]);

#endif
