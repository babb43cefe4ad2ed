/* SPDX-License-Identifier: MIT */
/*
 * event_rows - usage events as rows, and the statements that take them.
 *
 * The one list of what the ledger keeps of an event. Used by ledger.c.
 */
#ifndef STATSD_SINK_EVENT_ROWS_H
#define STATSD_SINK_EVENT_ROWS_H

#include "lib/wire/usage.h"
#include "statsd/sink/rows.h"

void event_rows_init_ended(struct rows *rows);
void event_rows_put_ended(struct rows *rows, const struct gw_usage_ended *ended,
                          const uint8_t *spool_id, uint64_t seq);
/* Into ledger and hourly sums; adds to *inserted how many the ledger did not have. */
enum gw_err event_rows_send_ended(struct rows *rows, struct gw_pg *pg, uint64_t *inserted,
                                  struct gw_fault *fault) GW_MUST_USE;

void event_rows_init_begun(struct rows *rows);
void event_rows_put_begun(struct rows *rows, const struct gw_usage_begun *begun,
                          const uint8_t *spool_id, uint64_t seq);
enum gw_err event_rows_send_begun(struct rows *rows, struct gw_pg *pg,
                                  struct gw_fault *fault) GW_MUST_USE;

#endif
