/* SPDX-License-Identifier: MIT */
/*
 * backoff - how long to wait before the next attempt.
 *
 * Doubling from the first wait to the longest; of each the second half is drawn by lot, so that a
 * thousand data planes do not come back to a restarted server in one step.
 */
#ifndef LIB_UNITS_BACKOFF_H
#define LIB_UNITS_BACKOFF_H

#include <stdint.h>

struct gw_backoff {
    int64_t first_us, most_us;
    unsigned attempts;
    uint64_t lot;
};

void gw_backoff_init(struct gw_backoff *backoff, int64_t first_us, int64_t most_us);
int64_t gw_backoff_next_us(struct gw_backoff *backoff);
void gw_backoff_reset(struct gw_backoff *backoff); /* it worked */

#endif
