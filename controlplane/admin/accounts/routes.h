/* SPDX-License-Identifier: MIT */
#ifndef CONTROLPLANE_ADMIN_ACCOUNTS_ROUTES_H
#define CONTROLPLANE_ADMIN_ACCOUNTS_ROUTES_H

#include "lib/rest/router.h"

extern const struct gw_rest_routes USER_ROUTES;
extern const struct gw_rest_routes KEY_ROUTES;

#endif
