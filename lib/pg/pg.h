/* SPDX-License-Identifier: MIT */
/*
 * pg - PostgreSQL: connection, parameters, rows, transactions.
 *
 * Plain blocking calls for threads that may wait (lib/net/pool.h). A connection belongs to one
 * thread. A broken connection is opened again by the next gw_pg_begin() or gw_pg_run() outside a
 * transaction; inside one the transaction is lost and GW_E_UNAVAILABLE says so.
 */
#ifndef LIB_PG_PG_H
#define LIB_PG_PG_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/text.h"

struct gw_pg;
struct gw_pg_rows;

/* `conninfo` as libpq reads it. Never fails: the first use connects. */
struct gw_pg *gw_pg_new(const char *conninfo, const char *application_name);
void gw_pg_free(struct gw_pg *pg);

/* Parameters in text form; at == NULL is SQL NULL. Build with the helpers below. */
#define GW_PG_ARGS_MAX 64
struct gw_pg_args {
    struct gw_text at[GW_PG_ARGS_MAX];
    size_t stored[GW_PG_ARGS_MAX]; /* 1 + place in `store`; 0: `at` is borrowed */
    size_t count;
    struct gw_buf store; /* numbers, bytes and arrays as text; owned */
};

void gw_pg_args_init(struct gw_pg_args *args);
void gw_pg_args_fini(struct gw_pg_args *args);
void gw_pg_add_text(struct gw_pg_args *args, struct gw_text value); /* borrowed */
void gw_pg_add_i64(struct gw_pg_args *args, int64_t value);
void gw_pg_add_bool(struct gw_pg_args *args, bool value);
void gw_pg_add_time(struct gw_pg_args *args, int64_t wall_us);       /* 0 is SQL NULL */
void gw_pg_add_bytes(struct gw_pg_args *args, struct gw_text value); /* bytea */
void gw_pg_add_text_array(struct gw_pg_args *args, const struct gw_text *values, size_t count);
void gw_pg_add_null(struct gw_pg_args *args);

/*
 * Runs one statement with $1, $2 …; statements are prepared once per connection by their text's
 * address, so `sql` must be a constant. `args` may be NULL; `ret_rows` may be NULL.
 *
 *   GW_E_UNAVAILABLE  no connection, or it broke
 *   GW_E_EXISTS       unique violation          GW_E_CONFLICT  serialization, deadlock
 *   GW_E_INVALID      check, foreign key, not-null, out of range: `fault` names the constraint
 *   GW_E_FORBIDDEN    the role may not          GW_E_TIMEOUT   longer than statement_timeout
 *   GW_E_TOO_LARGE    the parameters            GW_E_INTERNAL  anything else
 *
 * After a failure inside a transaction only gw_pg_rollback() is of use. Statements may take 60 s
 * and an open transaction may idle as long, unless `conninfo` has options of its own.
 */
enum gw_err gw_pg_run(struct gw_pg *pg, const char *sql, struct gw_pg_args *args,
                      struct gw_pg_rows **ret_rows, struct gw_fault *fault) GW_MUST_USE;
/* A script of several statements without parameters (migrations). */
enum gw_err gw_pg_script(struct gw_pg *pg, const char *sql, struct gw_fault *fault) GW_MUST_USE;

enum gw_err gw_pg_begin(struct gw_pg *pg, struct gw_fault *fault) GW_MUST_USE;
enum gw_err gw_pg_begin_snapshot(struct gw_pg *pg, struct gw_fault *fault)
    GW_MUST_USE; /* repeatable read, read only */
enum gw_err gw_pg_commit(struct gw_pg *pg, struct gw_fault *fault) GW_MUST_USE;
void gw_pg_rollback(struct gw_pg *pg); /* harmless outside a transaction */
/* Whether a transaction is open and no statement in it has failed. */
bool gw_pg_is_inside(const struct gw_pg *pg);

/* The constraint or column the last failure named; empty if none. Until the next call. */
const char *gw_pg_constraint(const struct gw_pg *pg);

size_t gw_pg_count(const struct gw_pg_rows *rows);
size_t gw_pg_changed(const struct gw_pg_rows *rows); /* rows inserted, updated or deleted */
bool gw_pg_is_null(const struct gw_pg_rows *rows, size_t row, int column);
struct gw_text gw_pg_text(const struct gw_pg_rows *rows, size_t row, int column); /* borrowed */
int64_t gw_pg_i64(const struct gw_pg_rows *rows, size_t row, int column);
bool gw_pg_bool(const struct gw_pg_rows *rows, size_t row, int column);
/* Microseconds since 1970; 0 for NULL; infinity is the largest number there is. */
int64_t gw_pg_time(const struct gw_pg_rows *rows, size_t row, int column);
/* The elements of a text array, copied into `arena`; at most `most`. NULL gives none. */
size_t gw_pg_text_array(const struct gw_pg_rows *rows, size_t row, int column, size_t most,
                        struct gw_text *ret_values, struct gw_arena *arena);
/* Decoded bytea, appended to `buf`. */
enum gw_err gw_pg_bytes(const struct gw_pg_rows *rows, size_t row, int column, struct gw_buf *buf);
void gw_pg_rows_free(struct gw_pg_rows *rows); /* NULL is fine */

#endif
