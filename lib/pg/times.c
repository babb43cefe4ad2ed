/* SPDX-License-Identifier: MIT */
/*
 * timestamptz as text. Every connection is set to UTC and ISO style, so there is one form:
 * "2026-11-22 20:30:50.123456+00", with the fraction left out when it is zero.
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "lib/pg/inside.h"
#include "lib/units/clock.h"

void gw_pg_time_format(int64_t wall_us, char ret_text[GW_PG_TIME_SIZE])
{
    int64_t seconds = wall_us / GW_US_PER_SECOND, rest = wall_us % GW_US_PER_SECOND;
    struct tm tm;
    time_t at;

    if (rest < 0) {
        rest += GW_US_PER_SECOND;
        seconds--;
    }
    at = (time_t)seconds;
    if (gmtime_r(&at, &tm) == NULL || tm.tm_year > 290000) {
        snprintf(ret_text, GW_PG_TIME_SIZE, "%s", wall_us < 0 ? "-infinity" : "infinity");
        return;
    }
    snprintf(ret_text, GW_PG_TIME_SIZE, "%04d-%02d-%02d %02d:%02d:%02d.%06" PRId64 "+00",
             tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, rest);
}

/* Digits after the point, as millionths. */
static int64_t fraction(const char *at)
{
    int64_t value = 0, weight = GW_US_PER_SECOND / 10;

    for (; *at >= '0' && *at <= '9' && weight > 0; at++, weight /= 10) {
        value += (*at - '0') * weight;
    }
    return value;
}

int64_t gw_pg_time_parse(const char *text)
{
    struct tm tm = {0};
    int used = 0;

    if (text[0] == 'i') {
        return INT64_MAX;
    }
    if (text[0] == '-') {
        return INT64_MIN;
    }
    if (sscanf(text, "%9d-%2d-%2d %2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
               &tm.tm_min, &tm.tm_sec, &used) != 6) {
        return 0;
    }
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    return (int64_t)timegm(&tm) * GW_US_PER_SECOND +
           (text[used] == '.' ? fraction(text + used + 1) : 0);
}
