/* SPDX-License-Identifier: MIT */
/*
 * rows - rows on their way into "unnest($1, $2, ...)": one array per column.
 *
 * Cells are put from left to right, and every row gets all its cells. Used by the writer's
 * thread.
 */
#ifndef STATSD_SINK_ROWS_H
#define STATSD_SINK_ROWS_H

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/pg/pg.h"

#define ROWS_COLUMNS_MAX 40
#define ROWS_MAX         500                 /* rows of one statement */
#define ROWS_BYTES_MAX   ((size_t)1 << 20)   /* and about how much text; then it is full */
#define ROWS_CELL_MAX    ((size_t)128 << 10) /* of one text */

struct rows {
    struct gw_arena arena;
    struct gw_text *cells[ROWS_COLUMNS_MAX];
    size_t width;
    size_t count; /* whole rows */
    size_t next;  /* column of the next cell */
    size_t bytes; /* of the texts */
};

void rows_init(struct rows *rows, size_t width);
void rows_fini(struct rows *rows);
void rows_clear(struct rows *rows);
bool rows_is_full(const struct rows *rows); /* send them before the next row */

/*
 * Valid UTF-8 without zero bytes, as lib/wire lets texts in; at most ROWS_CELL_MAX bytes,
 * borrowed until rows_run().
 */
void rows_put_text(struct rows *rows, struct gw_text text);
void rows_put_copy(struct rows *rows, struct gw_text text);
void rows_put_str(struct rows *rows, const char *text); /* a constant; NULL is SQL NULL */
void rows_put_i64(struct rows *rows, int64_t number);
void rows_put_i64_or_null(struct rows *rows, int64_t number, int64_t null);
void rows_put_uuid(struct rows *rows, const uint8_t id[16]);
void rows_put_null(struct rows *rows);

/*
 * Runs `sql` with one array parameter per column and forgets the rows. Without rows it does
 * nothing; then *ret_rows, which may be NULL, stays as it is.
 */
enum gw_err rows_run(struct rows *rows, struct gw_pg *pg, const char *sql,
                     struct gw_pg_rows **ret_rows, struct gw_fault *fault) GW_MUST_USE;

#endif
