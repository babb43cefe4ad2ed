/* SPDX-License-Identifier: MIT */
/*
 * neighbours - the control plane, statsd and Redis, and what we know when they are away.
 *
 * Main thread only, but what the getters return may be used by any. Only a configuration is
 * required to be ready; everything else is reported (architecture: traffic goes on).
 */
#ifndef DATAPLANE_NEIGHBOURS_H
#define DATAPLANE_NEIGHBOURS_H

#include "dataplane/conf.h"
#include "dataplane/meter/meter.h"
#include "dataplane/snapshot/holder.h"
#include "lib/codec/keyring.h"
#include "lib/report/counter.h"

struct neighbours;

/* Connects later, by itself. Fails for what is wrong here: a keyring, a file, a folder. */
enum gw_err neighbours_open(struct gw_daemon *daemon, const struct dataplane_conf *conf,
                            struct gw_metrics *metrics, struct neighbours **ret_neighbours,
                            struct gw_fault *fault) GW_MUST_USE;
void neighbours_reload(struct neighbours *neighbours); /* a configuration by hand is read again */
void neighbours_drain(struct neighbours *neighbours);  /* they are told that we are leaving */
void neighbours_close(struct neighbours *neighbours);  /* no worker runs any more; NULL is fine */

struct holder *neighbours_holder(struct neighbours *neighbours);
struct meter *neighbours_meter(struct neighbours *neighbours); /* NULL: usage goes nowhere */
const struct gw_keyring *neighbours_keyring(const struct neighbours *neighbours);

void neighbours_measure(struct neighbours *neighbours); /* refreshes the gauges */

#endif
