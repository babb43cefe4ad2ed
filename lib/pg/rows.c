/* SPDX-License-Identifier: MIT */
/*
 * Rows as libpq keeps them, read as what they are. A column of another type than the caller thinks
 * is a bug of ours; it reads as 0 or as nothing rather than ending the process, since a schema
 * may be newer than the program.
 */
#include <limits.h>
#include <stdlib.h>

#include "lib/base/check.h"
#include "lib/pg/inside.h"

struct gw_pg_rows {
    PGresult *result;
};

struct gw_pg_rows *gw_pg_rows_new(PGresult *own_result)
{
    struct gw_pg_rows *rows = GW_NEW(struct gw_pg_rows);

    rows->result = own_result;
    return rows;
}

void gw_pg_rows_free(struct gw_pg_rows *rows)
{
    if (rows == NULL) {
        return;
    }
    PQclear(rows->result);
    gw_free(rows);
}

size_t gw_pg_count(const struct gw_pg_rows *rows)
{
    return (size_t)PQntuples(rows->result);
}

size_t gw_pg_changed(const struct gw_pg_rows *rows)
{
    const char *text = PQcmdTuples(rows->result);

    return text[0] == '\0' ? 0 : strtoul(text, NULL, 10);
}

/* ---- One value -------------------------------------------------------------------------- */

bool gw_pg_is_null(const struct gw_pg_rows *rows, size_t row, int column)
{
    GW_CHECK(row < gw_pg_count(rows) && column >= 0 && column < PQnfields(rows->result));
    return PQgetisnull(rows->result, (int)row, column) != 0;
}

struct gw_text gw_pg_text(const struct gw_pg_rows *rows, size_t row, int column)
{
    if (gw_pg_is_null(rows, row, column)) {
        return GW_TEXT_NONE;
    }
    return (struct gw_text){PQgetvalue(rows->result, (int)row, column),
                            (size_t)PQgetlength(rows->result, (int)row, column)};
}

int64_t gw_pg_i64(const struct gw_pg_rows *rows, size_t row, int column)
{
    int64_t value = 0;

    if (gw_text_to_i64(gw_pg_text(rows, row, column), &value) != GW_OK) {
        return 0;
    }
    return value;
}

bool gw_pg_bool(const struct gw_pg_rows *rows, size_t row, int column)
{
    return gw_text_eq(gw_pg_text(rows, row, column), GW_TEXT("t"));
}

int64_t gw_pg_time(const struct gw_pg_rows *rows, size_t row, int column)
{
    if (gw_pg_is_null(rows, row, column)) {
        return 0;
    }
    return gw_pg_time_parse(PQgetvalue(rows->result, (int)row, column));
}

static int nibble(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

enum gw_err gw_pg_bytes(const struct gw_pg_rows *rows, size_t row, int column, struct gw_buf *buf)
{
    struct gw_text text = gw_pg_text(rows, row, column);
    void *room;
    char *to;

    if (text.at == NULL || !gw_text_starts_with(text, GW_TEXT("\\x")) || text.len % 2 != 0) {
        return text.at == NULL ? GW_OK : GW_E_CORRUPT;
    }
    text = gw_text_skip(text, 2);
    GW_TRY(gw_buf_reserve(buf, text.len / 2, &room));
    to = room;
    for (size_t i = 0; i < text.len; i += 2) {
        int high = nibble(text.at[i]), low = nibble(text.at[i + 1]);

        if (high < 0 || low < 0) {
            return GW_E_CORRUPT;
        }
        *to++ = (char)(high << 4 | low);
    }
    buf->len += text.len / 2;
    return GW_OK;
}

/* ---- Arrays ----------------------------------------------------------------------------- */

/*
 * One element of "{a,"b \" c",NULL}", at *at; *at is left at the ',' or '}' behind it. Elements
 * need quotes when they have anything but plain characters.
 */
static struct gw_text read_element(const char **at, struct gw_arena *arena)
{
    const char *from = *at;
    size_t len = 0;
    bool quoted = *from == '"';
    char *copy;

    if (!quoted) {
        len = strcspn(from, ",}");
        *at = from + len;
        return gw_arena_text(arena, (struct gw_text){from, len});
    }
    copy = gw_arena_alloc(arena, strlen(from) + 1);
    for (from++; *from != '\0' && *from != '"'; from++) {
        if (*from == '\\' && from[1] != '\0') {
            from++;
        }
        copy[len++] = *from;
    }
    *at = *from == '"' ? from + 1 : from;
    return (struct gw_text){copy, len};
}

size_t gw_pg_text_array(const struct gw_pg_rows *rows, size_t row, int column, size_t most,
                        struct gw_text *ret_values, struct gw_arena *arena)
{
    struct gw_text text = gw_pg_text(rows, row, column);
    const char *at = text.at;
    size_t count = 0;

    if (text.len < 2 || *at != '{') {
        return 0;
    }
    at++;
    while (*at != '\0' && *at != '}' && count < most) {
        ret_values[count++] = read_element(&at, arena);
        if (*at == ',') {
            at++;
        }
    }
    return count;
}
