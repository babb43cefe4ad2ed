/* SPDX-License-Identifier: MIT */
/*
 * steps - which rooms a request passes, by kind of endpoint.
 */
#ifndef DATAPLANE_STEPS_H
#define DATAPLANE_STEPS_H

#include "dataplane/front/surface.h"

struct exchange;

enum step_says {
    STEP_NEXT, /* go on with the next one */
    STEP_DONE, /* the exchange is in other hands: answered, refused, or waiting for a provider */
};

typedef enum step_says step_fn(struct exchange *exchange);

/* Ended by NULL; the last one says STEP_DONE. */
step_fn *const *steps_of(const struct surface *surface);

#endif
