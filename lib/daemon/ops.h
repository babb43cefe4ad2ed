/* SPDX-License-Identifier: MIT */
/*
 * ops - /healthz, /readyz and /metrics of every daemon. Not for others.
 */
#ifndef LIB_DAEMON_OPS_H
#define LIB_DAEMON_OPS_H

#include "lib/daemon/ready.h"
#include "lib/net/loop.h"
#include "lib/report/counter.h"

struct gw_ops;

struct gw_ops_source {
    const struct gw_ready *ready; /* borrowed */
    /* Appends the whole page of /metrics. */
    void (*print_metrics)(void *owner, enum gw_metrics_format format, struct gw_buf *out);
    void *owner;
};

/* `source` is copied. GW_E_UNAVAILABLE when the address cannot be had. */
enum gw_err gw_ops_open(struct gw_loop *loop, const char *address,
                        const struct gw_ops_source *source, struct gw_ops **ret_ops,
                        struct gw_fault *fault) GW_MUST_USE;
/* Gone after the loop's last turns; NULL is fine. */
void gw_ops_close(struct gw_ops *ops);

#endif
