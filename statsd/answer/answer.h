/* SPDX-License-Identifier: MIT */
/*
 * answer - how much has been spent: sums.v1, which quota leases are cut from.
 *
 * answer_read() is for a thread that may block; the rest belongs to the loop's thread.
 */
#ifndef STATSD_ANSWER_ANSWER_H
#define STATSD_ANSWER_ANSWER_H

#include "lib/net/pool.h"
#include "lib/pg/pg.h"
#include "lib/report/counter.h"
#include "lib/rpc/rpc_server.h"
#include "lib/wire/sums.h"

#define ANSWER_METHOD "/millrace.sums.v1.Sums/Read"

/* The exact sum over the window, from one view of the database. */
enum gw_err answer_read(struct gw_pg *pg, const struct gw_sum_question *question,
                        struct gw_sum_answer *ret_answer, struct gw_fault *fault) GW_MUST_USE;

struct answer;

/* `readers` is made with READER_POOL and outlives the answer. */
struct answer *answer_new(struct gw_loop *loop, struct gw_pool *readers,
                          struct gw_metrics *metrics);
/* For the row of ANSWER_METHOD. */
void answer_question(struct answer *answer, struct gw_rpc_question *question,
                     struct gw_text request);
void answer_free(struct answer *answer); /* every question is answered, or the loop has ended */

#endif
