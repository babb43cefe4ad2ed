/* SPDX-License-Identifier: MIT */
/*
 * spool - usage events on their way to statsd.
 *
 * A bounded queue in memory between many exchanges, which put packed events in, and one shipper,
 * which hands them out and later hears that they arrived. spool_put() and the figures are for any
 * thread; everything else is the shipper's.
 */
#ifndef DATAPLANE_METER_SPOOL_H
#define DATAPLANE_METER_SPOOL_H

#include "lib/wire/usage.h"

struct spool;

struct spool *spool_new(size_t events_max, size_t bytes_max);
void spool_free(struct spool *spool); /* NULL is fine; events still inside are lost */

/* Drawn when the spool is made; never used again. */
const uint8_t *spool_id(const struct spool *spool);

/* ---- In --------------------------------------------------------------------------------- */

/*
 * Takes one packed event (gw_must_alloc() memory, the callee's even when this fails) and numbers
 * it. GW_E_FULL: no room; the number is used up and the event counted as lost.
 */
enum gw_err spool_put(struct spool *spool, char *own_bytes, size_t len, int64_t now_us) GW_MUST_USE;

/* ---- Out -------------------------------------------------------------------------------- */

/* Events with consecutive numbers, borrowed until they are confirmed. */
struct spool_run {
    uint64_t first_seq;
    size_t count;
};

/*
 * Hands out the oldest events not handed out yet, `count_max` at most, and no more than about
 * `bytes_max` of them. Their bytes are put into `ret_events`. A count of 0: there are none.
 */
struct spool_run spool_next(struct spool *spool, size_t count_max, size_t bytes_max,
                            struct gw_text *ret_events);

/* The connection broke: everything handed out but not confirmed is to be handed out again. */
void spool_rewind(struct spool *spool);

/*
 * Statsd has the events of these numbers for good; forget them. Numbers confirmed before are
 * fine. False, and nothing is done: some of them were never handed out.
 */
bool spool_confirm(struct spool *spool, uint64_t first_seq, uint64_t last_seq);
bool spool_is_confirmed(struct spool *spool, uint64_t first_seq, uint64_t last_seq);

/* Numbers below this are confirmed or lost for good; 0 while nothing was ever lost. */
uint64_t spool_lost_below(struct spool *spool);

/* ---- Figures ---------------------------------------------------------------------------- */

struct spool_figures {
    uint64_t put, lost, confirmed;
    size_t waiting; /* not handed out */
    size_t unconfirmed;
    size_t bytes;
    int64_t oldest_put_us; /* 0: empty */
};

void spool_figures(struct spool *spool, struct spool_figures *ret_figures);
size_t spool_waiting(struct spool *spool);

#endif
