/* SPDX-License-Identifier: MIT */
/*
 * metrics - everything the data plane counts, in one table.
 */
#ifndef DATAPLANE_METRICS_H
#define DATAPLANE_METRICS_H

#include "dataplane/dialect/dialect.h"
#include "lib/net/http_client.h"
#include "lib/report/counter.h"
#include "lib/wire/usage.h"

enum metric {
    METRIC_REQUESTS,
    METRIC_REFUSED,
    METRIC_OPEN,
    METRIC_DRAINING,
    METRIC_DURATION,
    METRIC_FIRST_CONTENT,
    METRIC_UPSTREAM_FAILURES,
    METRIC_BYTES,
    METRIC_TOKENS,
    METRIC_USAGE_LOST,
    METRIC_USAGE_UNCONFIRMED,
    METRIC_USAGE_OLDEST,
    METRIC_USAGE_BYTES,
    METRIC_SNAPSHOT_VERSION,
    METRIC_SNAPSHOT_AGE,
    METRICS,
};

/* Values of the label "kind" of METRIC_TOKENS. */
enum metric_tokens {
    METRIC_TOKENS_INPUT,
    METRIC_TOKENS_OUTPUT,
    METRIC_TOKENS_CACHE_READ,
    METRIC_TOKENS_CACHE_WRITE,
};

struct gw_metrics *metrics_new(void);

void metrics_count_end(struct gw_metrics *metrics, enum dialect dialect, enum gw_outcome outcome);
void metrics_count_refusal(struct gw_metrics *metrics, int status);
void metrics_count_failure(struct gw_metrics *metrics, enum gw_http_failure failure);
void metrics_count_tokens(struct gw_metrics *metrics, enum dialect dialect,
                          const struct gw_tokens *tokens);

#endif
