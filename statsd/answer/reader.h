/* SPDX-License-Identifier: MIT */
/*
 * reader - a connection to the database for a thread that answers questions.
 *
 * The context of a pool's thread (lib/net/pool.h), and used only there.
 */
#ifndef STATSD_ANSWER_READER_H
#define STATSD_ANSWER_READER_H

#include "lib/net/pool.h"
#include "lib/pg/pg.h"

struct reader;

/* For gw_pool_new(); its owner is the conninfo, borrowed for the pool's life. */
extern const struct gw_pool_ops READER_POOL;

/* GW_E_UNAVAILABLE: no database, or one whose schema is older than this program. */
enum gw_err reader_pg(struct reader *reader, struct gw_pg **ret_pg,
                      struct gw_fault *fault) GW_MUST_USE;

#endif
