/* SPDX-License-Identifier: MIT */
/*
 * meter - where exchanges hand in what they consumed.
 *
 * Any worker's thread. Numbering, keeping until confirmed, and shipping happen behind this.
 */
#ifndef DATAPLANE_METER_METER_H
#define DATAPLANE_METER_METER_H

#include "lib/wire/usage.h"

struct meter;

/*
 * Puts the event into the spool; everything it points at is copied. GW_E_FULL: statsd has been
 * away too long and the event is counted as lost.
 */
enum gw_err meter_put(struct meter *meter, const struct gw_usage_event *event) GW_MUST_USE;

#endif
