/* SPDX-License-Identifier: MIT */
/*
 * eligible - who may serve whom: the dialect's provider types, and groups. Pure; any thread.
 */
#ifndef DATAPLANE_ROUTE_ELIGIBLE_H
#define DATAPLANE_ROUTE_ELIGIBLE_H

#include <stdbool.h>

#include "dataplane/admit/caller.h"
#include "dataplane/dialect/dialect.h"
#include "dataplane/snapshot/snapshot.h"

/* The provider types that speak `dialect`, ended by 0 (spec 01 §9.3). */
const enum gw_provider_type *eligible_types(enum dialect dialect);

/* Whether the provider can be used at all, and the caller's groups let it be used. */
bool eligible_is(const struct snapshot_provider *provider, const struct caller *caller);

#endif
