/* SPDX-License-Identifier: MIT */
/*
 * record - what is written down about an exchange: usage, metrics, the access log.
 */
#ifndef DATAPLANE_RECORD_H
#define DATAPLANE_RECORD_H

#include "dataplane/exchange.h"

/* Before a request leaves for a provider. GW_E_FULL: it could not be written down. */
enum gw_err record_begun(struct exchange *exchange) GW_MUST_USE;

struct record_end {
    enum gw_outcome outcome;
    const char *error; /* short, static; NULL: none */
};

/* What an answer came to, once it has ended in that way. */
struct record_end record_judge(const struct exchange *exchange, enum flow_end end);

/*
 * The status that stands in the records for it (spec 02 §14.1): mostly the one the client was
 * answered; another when the answer broke off or nobody was there to read it.
 */
int record_status(const struct exchange *exchange, enum gw_outcome outcome);

/* Once per exchange, before its client sees the end. */
void record_ended(struct exchange *exchange, const struct record_end *end);

#endif
