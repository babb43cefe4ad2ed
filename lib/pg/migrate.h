/* SPDX-License-Identifier: MIT */
/*
 * migrate - apply the numbered files of a folder in order, each once.
 *
 * Blocks, possibly for long: while another program migrates, it waits. Give it a connection that
 * is used for nothing else at the time.
 */
#ifndef LIB_PG_MIGRATE_H
#define LIB_PG_MIGRATE_H

#include "lib/pg/pg.h"

struct gw_pg_migrated {
    size_t applied;     /* by this call */
    int newest;         /* number of the newest file in the folder */
    int newest_applied; /* in the database; greater when a newer program was here */
};

/*
 * Applies what `folder` has and the database has not, one transaction per file "NNNN_name.sql".
 * Other names in the folder are ignored.
 *
 *   GW_E_ABSENT    no such folder, or no migration in it
 *   GW_E_CONFLICT  a file differs from what was applied under its number, or would have to be
 *                  applied before one that is there already; nothing was changed
 *   GW_E_INVALID   two files with one number, or a file that ends its transaction itself
 *   GW_E_TOO_LARGE a file of more than 4 MiB
 *   and what gw_pg_run() says; the file is named, and the ones before it stay applied
 */
enum gw_err gw_pg_migrate(struct gw_pg *pg, const char *folder, struct gw_pg_migrated *ret_migrated,
                          struct gw_fault *fault) GW_MUST_USE;

/*
 * Only looks: GW_OK when nothing is left to apply, GW_E_UNAVAILABLE when something is, because
 * whoever is to apply it has not yet; and the failures above.
 */
enum gw_err gw_pg_migrate_check(struct gw_pg *pg, const char *folder,
                                struct gw_fault *fault) GW_MUST_USE;

/* Runs a script that may be run again and again (grants), in one transaction. */
enum gw_err gw_pg_run_file(struct gw_pg *pg, const char *path, struct gw_fault *fault) GW_MUST_USE;

#endif
