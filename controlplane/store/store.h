/* SPDX-License-Identifier: MIT */
/*
 * store - rows, and the rules about what may be stored.
 *
 * Sequential code on pool threads, each with a store of its own. Rules live here, not in the
 * handlers, so that they hold for every way in. A change is one transaction:
 *
 *     store_begin()    takes the lock on the configuration's version: changes happen one by one
 *     ...
 *     store_commit()   now it has a number, and every control plane is told
 *     store_end()      always; rolls back what was not committed
 */
#ifndef CONTROLPLANE_STORE_STORE_H
#define CONTROLPLANE_STORE_STORE_H

#include "lib/base/arena.h"
#include "lib/codec/keyring.h"
#include "lib/pg/pg.h"

struct store {
    struct gw_pg *pg;
    const struct gw_keyring *keyring;
    const char *rule; /* the rule the last call was refused by ("DUPLICATE_NAME"), or NULL */
};

void store_init(struct store *store, struct gw_pg *pg, const struct gw_keyring *keyring);

enum gw_err store_begin(struct store *store, struct gw_fault *fault) GW_MUST_USE;
enum gw_err store_commit(struct store *store, struct gw_fault *fault) GW_MUST_USE;
void store_end(struct store *store);

/* Remembers which rule refused, for the caller's answer; returns GW_E_INVALID. */
enum gw_err store_refuse(struct store *store, const char *rule, struct gw_fault *fault);

/* "%text%" for ILIKE, with its own % and _ meaning themselves. */
struct gw_text store_like(struct gw_text text, struct gw_arena *arena);

/* First four characters, six bullets, last four; bullets alone when there are eight or fewer. */
#define STORE_BULLETS "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2"
struct gw_text store_mask(struct gw_text secret, struct gw_arena *arena);

/* Whose If-Match does not fit gets GW_E_CONFLICT. Asked inside the transaction, so it holds. */
struct store_match {
    bool (*fits)(const void *asker, int64_t revision);
    const void *asker;
};
enum gw_err store_check_match(const struct store_match *match, int64_t revision,
                              struct gw_fault *fault) GW_MUST_USE;

#endif
