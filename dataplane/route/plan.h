/* SPDX-License-Identifier: MIT */
/*
 * plan - which providers may be asked, in which order.
 *
 * The next candidate is chosen when it is needed: most requests need one. What was chosen is
 * remembered, so that no provider is asked twice. Borrowed from the snapshot; one thread.
 */
#ifndef DATAPLANE_ROUTE_PLAN_H
#define DATAPLANE_ROUTE_PLAN_H

#include <stdbool.h>

#include "dataplane/admit/caller.h"
#include "dataplane/dialect/dialect.h"
#include "dataplane/snapshot/snapshot.h"

#define PLAN_CHOICES_MAX 20 /* providers tried for one request (spec 01 §16) */

struct plan {
    const struct snapshot *snapshot;
    const struct caller *caller;
    enum dialect dialect;
    uint64_t dice; /* state of this request's random numbers */
    const struct snapshot_provider *chosen[PLAN_CHOICES_MAX];
    size_t count;
};

/* `seed` decides every draw: the same seed and snapshot give the same order. */
void plan_init(struct plan *plan, const struct snapshot *snapshot, const struct caller *caller,
               enum dialect dialect, uint64_t seed);

/* The next candidate, or NULL if there is none left. */
const struct snapshot_provider *plan_next(struct plan *plan);

#endif
