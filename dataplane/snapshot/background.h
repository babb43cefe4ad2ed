/* SPDX-License-Identifier: MIT */
/*
 * background - a thread with a loop of its own, for work that must not hold up workers.
 */
#ifndef DATAPLANE_SNAPSHOT_BACKGROUND_H
#define DATAPLANE_SNAPSHOT_BACKGROUND_H

#include <pthread.h>

#include "lib/net/loop.h"

struct background {
    struct gw_loop *loop;
    pthread_t thread;
};

/* The loop is there but does not run yet: what belongs to it can be made on this thread. */
void background_init(struct background *background);
void background_start(struct background *background);
/* The loop was told to stop, or never started: waits for the thread. */
void background_join(struct background *background);
void background_fini(struct background *background); /* joined, everything on the loop is freed */

#endif
