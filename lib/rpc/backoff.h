/* SPDX-License-Identifier: MIT */
/*
 * backoff - how long to wait before the next attempt.
 *
 * From 100 ms, doubling, up to 2 s; of each wait the second half is drawn by lot, so that a
 * thousand data planes do not come back to a restarted server in one step.
 */
#ifndef LIB_RPC_BACKOFF_H
#define LIB_RPC_BACKOFF_H

#include <stdint.h>

struct gw_backoff {
    unsigned attempts;
    uint64_t lot;
};

void gw_backoff_init(struct gw_backoff *backoff);
int64_t gw_backoff_next_us(struct gw_backoff *backoff);
void gw_backoff_reset(struct gw_backoff *backoff); /* it worked */

#endif
