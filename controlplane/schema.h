/* SPDX-License-Identifier: MIT */
/*
 * schema - the migrations and grants of db/, which are built into the program.
 */
#ifndef CONTROLPLANE_SCHEMA_H
#define CONTROLPLANE_SCHEMA_H

#include "lib/pg/migrate.h"

extern const struct gw_pg_files SCHEMA_MIGRATIONS; /* made by the build */
extern const char *const SCHEMA_GRANTS;

/* Brings the schema up to date and says who may use it. Blocks. */
enum gw_err schema_migrate(struct gw_pg *pg, struct gw_pg_migrated *ret_migrated,
                           struct gw_fault *fault) GW_MUST_USE;

#endif
