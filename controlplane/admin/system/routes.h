/* SPDX-License-Identifier: MIT */
#ifndef CONTROLPLANE_ADMIN_SYSTEM_ROUTES_H
#define CONTROLPLANE_ADMIN_SYSTEM_ROUTES_H

#include "lib/rest/router.h"

extern const struct gw_rest_routes DATAPLANE_ROUTES;

#endif
