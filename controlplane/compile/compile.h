/* SPDX-License-Identifier: MIT */
/*
 * compile - rows -> an update for data planes, in one consistent read.
 *
 * Blocks; for pool threads.
 */
#ifndef CONTROLPLANE_COMPILE_COMPILE_H
#define CONTROLPLANE_COMPILE_COMPILE_H

#include "controlplane/compile/compiled.h"
#include "lib/pg/pg.h"

/*
 * Which version the database has now. Draws a new epoch if it is not the database the epoch
 * belongs to; so ask after every connection that was lost.
 */
enum gw_err compile_claim(struct gw_pg *pg, struct gw_version *ret_version,
                          struct gw_fault *fault) GW_MUST_USE;

/*
 * What leads from `base` to the present: the changes since, or everything when `base` is of
 * another epoch, of the future, forgotten, or of number 0. Give it back with compiled_unref().
 */
enum gw_err compile_update(struct gw_pg *pg, const struct gw_version *base,
                           struct compiled **ret_compiled, struct gw_fault *fault) GW_MUST_USE;

/* Forgets old changes; whoever is further behind than that gets everything. */
enum gw_err compile_prune(struct gw_pg *pg, struct gw_fault *fault) GW_MUST_USE;

#endif
