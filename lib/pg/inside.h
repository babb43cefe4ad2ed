/* SPDX-License-Identifier: MIT */
/*
 * inside - what the files of this room share.
 */
#ifndef LIB_PG_INSIDE_H
#define LIB_PG_INSIDE_H

#include <libpq-fe.h>

#include "lib/pg/pg.h"

/* Every parameter ended by a zero byte, as libpq wants it; NULL for SQL NULL. */
struct gw_pg_values {
    const char *at[GW_PG_ARGS_MAX];
    char *copies; /* owned */
};

/* GW_E_INVALID: a text with a zero byte inside; GW_E_TOO_LARGE: the store ran full. */
enum gw_err gw_pg_values_init(struct gw_pg_values *values, const struct gw_pg_args *args,
                              struct gw_fault *fault) GW_MUST_USE;
void gw_pg_values_fini(struct gw_pg_values *values);

struct gw_pg_rows *gw_pg_rows_new(PGresult *own_result);

/* An SQLSTATE as one of ours. */
enum gw_err gw_pg_err(const char *sqlstate);

/* Microseconds since 1970 <-> how PostgreSQL writes timestamptz in UTC and ISO style. */
#define GW_PG_TIME_SIZE 48
void gw_pg_time_format(int64_t wall_us, char ret_text[GW_PG_TIME_SIZE]);
int64_t gw_pg_time_parse(const char *text);

/* libpq's settings beyond `conninfo`: keywords and values, ended by NULL. */
#define GW_PG_PARAMETERS_MAX 12
struct gw_pg_parameters {
    const char *keywords[GW_PG_PARAMETERS_MAX];
    const char *values[GW_PG_PARAMETERS_MAX];
};
void gw_pg_parameters(struct gw_pg_parameters *parameters, const char *conninfo,
                      const char *application_name);

/* Notices go nowhere: lib/ does not write to the terminal. */
void gw_pg_ignore_notice(void *arg, const PGresult *result);

/* libpq's message without its line ends and "FATAL: " clutter, for a fault. */
enum gw_err gw_pg_connection_fault(PGconn *connection, const char *what, struct gw_fault *fault);

/* The number of "NNNN_name.sql", or 0. */
int gw_pg_migration_number(const char *name);

#endif
