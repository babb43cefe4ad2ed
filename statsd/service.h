/* SPDX-License-Identifier: MIT */
/*
 * service - statsd put together: its rooms on one loop, on a thread of its own.
 *
 * Made, stopped and freed on the main thread.
 */
#ifndef STATSD_SERVICE_H
#define STATSD_SERVICE_H

#include "statsd/conf.h"

struct service;

/* Listens and serves when it returns. */
enum gw_err service_start(struct gw_daemon *daemon, struct service **ret_service,
                          struct gw_fault *fault) GW_MUST_USE;

/* Takes nothing new, writes what it holds, then says gw_daemon_drained(). */
void service_drain(struct service *service);
/* The console's files, read again. */
void service_reload(struct service *service, const struct statsd_conf *conf);
/* Stops, whatever is open; joins the thread; frees. */
void service_stop(struct service *service);

void service_metrics(struct service *service, enum gw_metrics_format format, struct gw_buf *out);

#endif
