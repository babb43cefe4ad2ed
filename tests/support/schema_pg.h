/* SPDX-License-Identifier: MIT */
/*
 * schema_pg - an empty database with the schema in it.
 */
#ifndef TESTS_SUPPORT_SCHEMA_PG_H
#define TESTS_SUPPORT_SCHEMA_PG_H

#include "lib/pg/migrate.h"
#include "tests/support/scratch_pg.h"

/* A connection to it, and how to connect as well; the text is replaced by the next call. */
static inline struct gw_pg *schema_pg(const char **ret_conninfo)
{
    const char *conninfo = scratch_pg();
    struct gw_pg *pg = gw_pg_new(conninfo, "test");
    struct gw_pg_migrated migrated;
    struct gw_fault fault = {""};

    if (gw_pg_migrate(pg, GW_SOURCE_DIR "/db/migrations", &migrated, &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
    *ret_conninfo = conninfo;
    return pg;
}

static inline void schema_run(struct gw_pg *pg, const char *sql)
{
    struct gw_fault fault = {""};

    if (gw_pg_script(pg, sql, &fault) != GW_OK) {
        fail_msg("%s: %s", sql, fault.text);
    }
}

/* One number; not for text that changes, since statements are prepared by their address. */
static inline int64_t schema_number(struct gw_pg *pg, const char *sql)
{
    struct gw_pg_rows *rows;
    struct gw_fault fault = {""};
    int64_t number;

    if (gw_pg_run(pg, sql, NULL, &rows, &fault) != GW_OK) {
        fail_msg("%s: %s", sql, fault.text);
    }
    number = gw_pg_count(rows) == 0 ? -1 : gw_pg_i64(rows, 0, 0);
    gw_pg_rows_free(rows);
    return number;
}

#endif
