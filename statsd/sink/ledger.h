/* SPDX-License-Identifier: MIT */
/*
 * ledger - batches of usage events, into PostgreSQL, each event exactly once.
 *
 * Plain blocking code for the writer's thread. Knows nothing of streams.
 */
#ifndef STATSD_SINK_LEDGER_H
#define STATSD_SINK_LEDGER_H

#include "lib/wire/usage.h"

/* How far from now an exchange may have begun; intake refuses what lies outside. */
#define LEDGER_OLDEST_US (INT64_C(400) * 24 * 3600 * 1000000)
#define LEDGER_NEWEST_US (INT64_C(24) * 3600 * 1000000)

#define LEDGER_BATCHES_MAX 256 /* of one transaction */

struct ledger;

/* What a transaction did. */
struct ledger_tally {
    uint64_t counted;  /* ends that are now rows of the ledger */
    uint64_t begun;    /* beginnings without an end so far */
    uint64_t repeated; /* had been counted before, by their number */
    uint64_t known;    /* new numbers for requests the ledger has already */
    uint64_t missing;  /* numbers jumped over */
    uint64_t late;     /* events that came into a gap */
    uint64_t lost;     /* numbers given up by their sender */
};

struct ledger *ledger_new(const char *conninfo);
void ledger_free(struct ledger *ledger);

/*
 * All of it or nothing; on GW_OK it is committed. GW_E_INVALID: a batch holds what cannot be
 * stored. GW_E_UNAVAILABLE also while the schema is older than this program. After any failure
 * the same batches may be given again, alone or with others.
 */
enum gw_err ledger_write(struct ledger *ledger, const struct gw_usage_batch *const *batches,
                         size_t count, struct ledger_tally *ret_tally,
                         struct gw_fault *fault) GW_MUST_USE;

/* Whether ledger_write() would find a database and a schema. */
enum gw_err ledger_check(struct ledger *ledger, struct gw_fault *fault) GW_MUST_USE;

/* Partitions for every moment in the span, and nothing else. */
enum gw_err ledger_ensure(struct ledger *ledger, int64_t from_us, int64_t until_us,
                          struct gw_fault *fault) GW_MUST_USE;

#endif
