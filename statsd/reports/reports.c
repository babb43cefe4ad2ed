/* SPDX-License-Identifier: MIT */
#include "statsd/reports/reports.h"

#include "lib/base/check.h"

static const struct gw_rest_route ROUTES[] = {
    {"GET", "/api/v1/usage-logs", GW_REST_READ, reports_logs},
    {"GET", "/api/v1/usage/hourly", GW_REST_READ, reports_hours},
};

const struct gw_rest_routes REPORT_ROUTES = {ROUTES, GW_COUNT(ROUTES)};
