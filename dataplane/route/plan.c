/* SPDX-License-Identifier: MIT */
/*
 * Only the best tier is drawn from: the lowest priority among those not tried yet. Within it each
 * provider is drawn with probability weight / sum of weights. One pass does both: a provider
 * of a better tier throws away what was collected, and one of the same tier takes the place
 * of the one held so far with probability weight / sum including it, which comes to the same as
 * one draw over the whole tier.
 */
#include "dataplane/route/plan.h"

#include "dataplane/route/eligible.h"

void plan_init(struct plan *plan, const struct snapshot *snapshot, const struct caller *caller,
               enum dialect dialect, uint64_t seed)
{
    plan->snapshot = snapshot;
    plan->caller = caller;
    plan->dialect = dialect;
    plan->dice = seed;
    plan->count = 0;
}

/* splitmix64: small, and good enough to spread load. */
static uint64_t roll(struct plan *plan)
{
    uint64_t z = (plan->dice += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static bool was_chosen(const struct plan *plan, const struct snapshot_provider *provider)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->chosen[i] == provider) {
            return true;
        }
    }
    return false;
}

struct draw {
    const struct snapshot_provider *held;
    uint64_t weights; /* of the tier so far */
};

static void consider(struct plan *plan, const struct snapshot_provider *provider, struct draw *draw)
{
    uint32_t weight = provider->row->weight == 0 ? 1 : provider->row->weight;

    if (draw->held != NULL && provider->row->priority > draw->held->row->priority) {
        return;
    }
    if (draw->held == NULL || provider->row->priority < draw->held->row->priority) {
        draw->held = provider;
        draw->weights = weight;
        return;
    }
    draw->weights += weight;
    if (roll(plan) % draw->weights < weight) {
        draw->held = provider;
    }
}

const struct snapshot_provider *plan_next(struct plan *plan)
{
    const enum gw_provider_type *type = eligible_types(plan->dialect);
    struct draw draw = {NULL, 0};

    if (plan->count == PLAN_CHOICES_MAX) {
        return NULL;
    }
    for (; *type != 0; type++) {
        struct snapshot_providers all = snapshot_providers_of(plan->snapshot, *type);

        for (size_t i = 0; i < all.count; i++) {
            if (eligible_is(&all.at[i], plan->caller) && !was_chosen(plan, &all.at[i])) {
                consider(plan, &all.at[i], &draw);
            }
        }
    }
    if (draw.held != NULL) {
        plan->chosen[plan->count++] = draw.held;
    }
    return draw.held;
}
