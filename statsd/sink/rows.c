/* SPDX-License-Identifier: MIT */
#include "statsd/sink/rows.h"

#include <inttypes.h>

#include "lib/base/check.h"
#include "lib/codec/digest.h"

/* Less than ROWS_BYTES_MAX are in use when the last row begins; then comes at most one row. */
#define ARENA_MAX (ROWS_BYTES_MAX + (ROWS_COLUMNS_MAX + 1) * (ROWS_CELL_MAX + 64))

void rows_init(struct rows *rows, size_t width)
{
    GW_CHECK(width <= ROWS_COLUMNS_MAX);
    *rows = (struct rows){.width = width};
    for (size_t column = 0; column < width; column++) {
        rows->cells[column] = gw_must_alloc(ROWS_MAX * sizeof(struct gw_text));
    }
    gw_arena_init(&rows->arena, ARENA_MAX);
}

void rows_fini(struct rows *rows)
{
    for (size_t column = 0; column < rows->width; column++) {
        gw_free(rows->cells[column]);
    }
    gw_arena_fini(&rows->arena);
}

void rows_clear(struct rows *rows)
{
    GW_CHECK(rows->next == 0);
    gw_arena_fini(&rows->arena);
    gw_arena_init(&rows->arena, ARENA_MAX);
    rows->count = 0;
    rows->bytes = 0;
}

bool rows_is_full(const struct rows *rows)
{
    return rows->count == ROWS_MAX || rows->bytes >= ROWS_BYTES_MAX;
}

/* ---- Cells ------------------------------------------------------------------------------ */

static void put(struct rows *rows, struct gw_text cell)
{
    GW_CHECK(rows->count < ROWS_MAX && cell.len <= ROWS_CELL_MAX);
    rows->bytes += cell.len;
    rows->cells[rows->next][rows->count] = cell;
    rows->next++;
    if (rows->next == rows->width) {
        rows->next = 0;
        rows->count++;
    }
}

void rows_put_text(struct rows *rows, struct gw_text text)
{
    put(rows, text.at == NULL ? GW_TEXT("") : text);
}

void rows_put_copy(struct rows *rows, struct gw_text text)
{
    put(rows, gw_arena_text(&rows->arena, text));
}

void rows_put_str(struct rows *rows, const char *text)
{
    put(rows, gw_text_of(text));
}

void rows_put_i64(struct rows *rows, int64_t number)
{
    put(rows, gw_text_of(gw_arena_fmt(&rows->arena, "%" PRId64, number)));
}

void rows_put_i64_or_null(struct rows *rows, int64_t number, int64_t null)
{
    if (number == null) {
        rows_put_null(rows);
    } else {
        rows_put_i64(rows, number);
    }
}

void rows_put_uuid(struct rows *rows, const uint8_t id[16])
{
    char *text = gw_arena_alloc(&rows->arena, 33);

    gw_hex((struct gw_text){(const char *)id, 16}, text);
    put(rows, (struct gw_text){text, 32});
}

void rows_put_null(struct rows *rows)
{
    put(rows, GW_TEXT_NONE);
}

enum gw_err rows_run(struct rows *rows, struct gw_pg *pg, const char *sql,
                     struct gw_pg_rows **ret_rows, struct gw_fault *fault)
{
    struct gw_pg_args args;
    enum gw_err err;

    if (rows->count == 0) {
        return GW_OK;
    }
    gw_pg_args_init(&args);
    for (size_t column = 0; column < rows->width; column++) {
        gw_pg_add_text_array(&args, rows->cells[column], rows->count);
    }
    err = gw_pg_run(pg, sql, &args, ret_rows, fault);
    gw_pg_args_fini(&args);
    rows_clear(rows);
    return err;
}
