/* SPDX-License-Identifier: MIT */
/*
 * intake - the streams of data planes: batches to the sink, receipts back.
 *
 * Serves usage.v1.Usage/Ship. Belongs to the loop's thread.
 */
#ifndef STATSD_INTAKE_INTAKE_H
#define STATSD_INTAKE_INTAKE_H

#include "lib/rpc/rpc_server.h"
#include "statsd/sink/sink.h"

#define INTAKE_METHOD "/millrace.usage.v1.Usage/Ship"

struct intake;

/* Both outlive the intake. */
struct intake *intake_new(struct gw_loop *loop, struct sink *sink, struct gw_metrics *metrics);
void intake_on_room(struct intake *intake); /* the sink's on_room */

/* For the row of INTAKE_METHOD. */
enum gw_err intake_accept(struct intake *intake, struct gw_rpc_stream *stream,
                          const struct gw_rpc_stream_ops **ret_ops, void **ret_owner) GW_MUST_USE;

/*
 * Takes no further batch; ends each stream when what it has sent is confirmed, or given back by
 * the sink. `closed` runs, once, later, when the last stream is gone.
 */
void intake_close(struct intake *intake, void (*closed)(void *owner), void *owner);
void intake_free(struct intake *intake); /* closed, or its loop does not run any more */

#endif
