/* SPDX-License-Identifier: MIT */
/*
 * warn - looks, a moment after a change, for what would route nowhere, and logs it once.
 *
 * The loop's thread; the pool's context is a struct gw_pg.
 */
#ifndef CONTROLPLANE_WARN_H
#define CONTROLPLANE_WARN_H

#include "lib/net/loop.h"
#include "lib/net/pool.h"

struct warn;

struct warn *warn_new(struct gw_loop *loop, struct gw_pool *pool);
void warn_free(struct warn *warn); /* what the pool still does is dropped when it comes */
void warn_changed(struct warn *warn);

#endif
