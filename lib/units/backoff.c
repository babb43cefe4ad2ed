/* SPDX-License-Identifier: MIT */
#include "lib/units/backoff.h"

#include <sys/random.h>

#include "lib/units/clock.h"

void gw_backoff_init(struct gw_backoff *backoff, int64_t first_us, int64_t most_us)
{
    *backoff = (struct gw_backoff){.first_us = first_us, .most_us = most_us};
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
    int64_t wait_us = backoff->first_us;

    for (unsigned i = 0; i < backoff->attempts && wait_us < backoff->most_us; i++) {
        wait_us *= 2;
    }
    if (wait_us < backoff->most_us) {
        backoff->attempts++;
    } else {
        wait_us = backoff->most_us;
    }
    return wait_us / 2 + (int64_t)(draw(backoff) % (uint64_t)(wait_us / 2 + 1));
}

void gw_backoff_reset(struct gw_backoff *backoff)
{
    backoff->attempts = 0;
}
