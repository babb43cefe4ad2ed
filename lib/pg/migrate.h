/* SPDX-License-Identifier: MIT */
/*
 * migrate - apply numbered files in order, each once.
 *
 * Blocks, possibly for long: while another program migrates, it waits. Give it a connection that
 * is used for nothing else at the time.
 */
#ifndef LIB_PG_MIGRATE_H
#define LIB_PG_MIGRATE_H

#include "lib/pg/pg.h"

/* One file, as a program has it built in. */
struct gw_pg_file {
    const char *name; /* "0001_accounts.sql" */
    const char *sql;
};

struct gw_pg_files {
    const struct gw_pg_file *at; /* in any order */
    size_t count;
};

struct gw_pg_migrated {
    size_t applied;     /* by this call */
    int newest;         /* number of the newest file */
    int newest_applied; /* in the database; greater when a newer program was here */
};

/*
 * Applies what the database does not have, one transaction per file "NNNN_name.sql". Files with
 * other names are ignored.
 *
 *   GW_E_ABSENT    no migration among the files
 *   GW_E_CONFLICT  a file differs from what was applied under its number, or would have to be
 *                  applied before one that is there already; nothing was changed
 *   GW_E_INVALID   two files with one number, or a file that ends its transaction itself
 *   and what gw_pg_run() says; the file is named, and the ones before it stay applied
 */
enum gw_err gw_pg_migrate_files(struct gw_pg *pg, const struct gw_pg_files *files,
                                struct gw_pg_migrated *ret_migrated,
                                struct gw_fault *fault) GW_MUST_USE;

/*
 * Only looks: GW_OK when nothing is left to apply, GW_E_UNAVAILABLE when something is, because
 * whoever is to apply it has not yet; and the failures above.
 */
enum gw_err gw_pg_migrate_check(struct gw_pg *pg, const struct gw_pg_files *files,
                                struct gw_fault *fault) GW_MUST_USE;

/* With the files of a folder; GW_E_ABSENT: no such folder, GW_E_TOO_LARGE: 4 MiB for one file. */
enum gw_err gw_pg_migrate(struct gw_pg *pg, const char *folder, struct gw_pg_migrated *ret_migrated,
                          struct gw_fault *fault) GW_MUST_USE;

#endif
