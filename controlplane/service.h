/* SPDX-License-Identifier: MIT */
/*
 * service - the running control plane, from start to stop.
 */
#ifndef CONTROLPLANE_SERVICE_H
#define CONTROLPLANE_SERVICE_H

#include "controlplane/conf.h"
#include "lib/daemon/daemon.h"

struct service;

/* Listens; the database may come later. */
enum gw_err service_start(struct gw_daemon *daemon, struct service **ret_service,
                          struct gw_fault *fault) GW_MUST_USE;
void service_drain(struct service *service); /* ends in gw_daemon_drained() */
void service_stop(struct service *service);
void service_metrics(struct service *service, enum gw_metrics_format format, struct gw_buf *out);

#endif
