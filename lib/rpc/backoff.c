/* SPDX-License-Identifier: MIT */
#include "lib/rpc/backoff.h"

#include <sys/random.h>

#include "lib/units/clock.h"

#define FIRST_US (100 * GW_US_PER_MS)
#define MOST_US  (2 * GW_US_PER_SECOND)

void gw_backoff_init(struct gw_backoff *backoff)
{
    *backoff = (struct gw_backoff){.attempts = 0};
    if (getrandom(&backoff->lot, sizeof(backoff->lot), GRND_NONBLOCK) < 0 || backoff->lot == 0) {
        backoff->lot = (uint64_t)gw_clock_monotonic_us() | 1; /* early at boot; good enough here */
    }
}

/* xorshift64: nothing secret hangs on it. */
static uint64_t draw(struct gw_backoff *backoff)
{
    backoff->lot ^= backoff->lot << 13;
    backoff->lot ^= backoff->lot >> 7;
    backoff->lot ^= backoff->lot << 17;
    return backoff->lot;
}

int64_t gw_backoff_next_us(struct gw_backoff *backoff)
{
    int64_t wait_us = FIRST_US;

    for (unsigned i = 0; i < backoff->attempts && wait_us < MOST_US; i++) {
        wait_us *= 2;
    }
    if (wait_us < MOST_US) {
        backoff->attempts++;
    } else {
        wait_us = MOST_US;
    }
    return wait_us / 2 + (int64_t)(draw(backoff) % (uint64_t)(wait_us / 2 + 1));
}

void gw_backoff_reset(struct gw_backoff *backoff)
{
    backoff->attempts = 0;
}
