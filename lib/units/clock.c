/* SPDX-License-Identifier: MIT */
#include "lib/units/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_clock(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * GW_US_PER_SECOND + now.tv_nsec / 1000;
}

int64_t gw_clock_wall_us(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t gw_clock_monotonic_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

void gw_clock_format(int64_t wall_us, char ret_text[GW_CLOCK_TEXT_SIZE])
{
    int64_t us = wall_us % GW_US_PER_SECOND;
    time_t seconds = (time_t)(wall_us / GW_US_PER_SECOND);
    struct tm parts;
    size_t len;

    if (us < 0) {
        us += GW_US_PER_SECOND;
        seconds--;
    }
    gmtime_r(&seconds, &parts);
    len = strftime(ret_text, GW_CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(ret_text + len, GW_CLOCK_TEXT_SIZE - len, ".%03dZ", (int)(us / GW_US_PER_MS));
}
