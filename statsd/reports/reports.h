/* SPDX-License-Identifier: MIT */
/*
 * reports - what the ledger and its sums say, for the API.
 *
 * Handlers run on a thread of a READER_POOL; call->context is its struct reader.
 */
#ifndef STATSD_REPORTS_REPORTS_H
#define STATSD_REPORTS_REPORTS_H

#include "lib/rest/router.h"

extern const struct gw_rest_routes REPORT_ROUTES;

/* GET /api/v1/usage-logs: requests one by one, newest first. */
enum gw_err reports_logs(struct gw_rest_call *call, struct gw_fault *fault);
/* GET /api/v1/usage/hourly: sums by hour. */
enum gw_err reports_hours(struct gw_rest_call *call, struct gw_fault *fault);

#endif
