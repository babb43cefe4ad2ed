/* SPDX-License-Identifier: MIT */
/*
 * Parameters on their way to libpq, which wants each one as text ended by a zero byte.
 *
 * What the helpers write themselves goes into one store; since that may move as it grows, only
 * places in it are kept. Borrowed texts are copied when the statement runs, all into one block.
 */
#include <inttypes.h>
#include <stdio.h>

#include "lib/base/check.h"
#include "lib/pg/inside.h"

#define STORE_MAX ((size_t)64 * 1024 * 1024) /* an ingest of some thousand rows fits well */

void gw_pg_args_init(struct gw_pg_args *args)
{
    args->count = 0;
    gw_buf_init(&args->store, STORE_MAX);
}

void gw_pg_args_fini(struct gw_pg_args *args)
{
    gw_buf_fini(&args->store);
    args->count = 0;
}

/* ---- One parameter ---------------------------------------------------------------------- */

static size_t next_place(struct gw_pg_args *args)
{
    GW_CHECK(args->count < GW_PG_ARGS_MAX);
    args->at[args->count] = GW_TEXT_NONE;
    args->stored[args->count] = 0;
    return args->count++;
}

/* The next parameter is what will be appended to the store, up to end_stored(). */
static void begin_stored(struct gw_pg_args *args)
{
    size_t place = next_place(args);

    args->stored[place] = args->store.len + 1;
}

static void end_stored(struct gw_pg_args *args)
{
    gw_buf_append_byte(&args->store, '\0');
}

void gw_pg_add_text(struct gw_pg_args *args, struct gw_text value)
{
    args->at[next_place(args)] = value;
}

void gw_pg_add_i64(struct gw_pg_args *args, int64_t value)
{
    begin_stored(args);
    gw_buf_appendf(&args->store, "%" PRId64, value);
    end_stored(args);
}

void gw_pg_add_bool(struct gw_pg_args *args, bool value)
{
    gw_pg_add_text(args, value ? GW_TEXT("t") : GW_TEXT("f"));
}

void gw_pg_add_time(struct gw_pg_args *args, int64_t wall_us)
{
    char text[GW_PG_TIME_SIZE];

    if (wall_us == 0) {
        gw_pg_add_null(args);
        return;
    }
    gw_pg_time_format(wall_us, text);
    begin_stored(args);
    gw_buf_append_str(&args->store, text);
    end_stored(args);
}

void gw_pg_add_bytes(struct gw_pg_args *args, struct gw_text value)
{
    static const char DIGITS[] = "0123456789abcdef";
    void *room;
    char *to;

    if (value.at == NULL) {
        gw_pg_add_null(args);
        return;
    }
    begin_stored(args);
    if (gw_buf_reserve(&args->store, 2 + 2 * value.len, &room) == GW_OK) {
        to = room;
        *to++ = '\\';
        *to++ = 'x';
        for (size_t i = 0; i < value.len; i++) {
            *to++ = DIGITS[(unsigned char)value.at[i] >> 4];
            *to++ = DIGITS[(unsigned char)value.at[i] & 15];
        }
        args->store.len += 2 + 2 * value.len;
    }
    end_stored(args);
}

/* One element in double quotes. A zero byte cannot be said in an array: remembered as an error. */
static void add_element(struct gw_buf *store, struct gw_text value)
{
    if (value.at == NULL) {
        gw_buf_append_str(store, "NULL");
        return;
    }
    gw_buf_append_byte(store, '"');
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] == '"' || value.at[i] == '\\') {
            gw_buf_append_byte(store, '\\');
        } else if (value.at[i] == '\0') {
            store->err = GW_E_INVALID;
        }
        gw_buf_append_byte(store, value.at[i]);
    }
    gw_buf_append_byte(store, '"');
}

void gw_pg_add_text_array(struct gw_pg_args *args, const struct gw_text *values, size_t count)
{
    begin_stored(args);
    gw_buf_append_byte(&args->store, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            gw_buf_append_byte(&args->store, ',');
        }
        add_element(&args->store, values[i]);
    }
    gw_buf_append_byte(&args->store, '}');
    end_stored(args);
}

void gw_pg_add_null(struct gw_pg_args *args)
{
    next_place(args);
}

/* ---- All of them, for libpq ------------------------------------------------------------- */

static enum gw_err check_borrowed(const struct gw_pg_args *args, size_t *ret_size,
                                  struct gw_fault *fault)
{
    size_t size = 0;

    for (size_t i = 0; i < args->count; i++) {
        const struct gw_text *text = &args->at[i];

        if (text->at == NULL) {
            continue;
        }
        if (text->len > 0 && memchr(text->at, '\0', text->len) != NULL) {
            return gw_fail(fault, GW_E_INVALID, "parameter %zu has a zero byte", i + 1);
        }
        size += text->len + 1;
    }
    if (size > STORE_MAX) {
        return gw_fail(fault, GW_E_TOO_LARGE, "parameters have %zu bytes", size);
    }
    *ret_size = size;
    return GW_OK;
}

enum gw_err gw_pg_values_init(struct gw_pg_values *values, const struct gw_pg_args *args,
                              struct gw_fault *fault)
{
    size_t size = 0;
    char *to;

    values->copies = NULL;
    if (args == NULL) {
        return GW_OK;
    }
    if (args->store.err != GW_OK) {
        return gw_fail(fault, args->store.err, "parameters: %s", gw_err_text(args->store.err));
    }
    GW_TRY(check_borrowed(args, &size, fault));
    to = values->copies = gw_must_alloc(size + 1);
    for (size_t i = 0; i < args->count; i++) {
        if (args->stored[i] > 0) {
            values->at[i] = args->store.at + (args->stored[i] - 1);
        } else if (args->at[i].at == NULL) {
            values->at[i] = NULL;
        } else {
            values->at[i] = memcpy(to, args->at[i].at, args->at[i].len);
            to += args->at[i].len + 1;
        }
    }
    return GW_OK;
}

void gw_pg_values_fini(struct gw_pg_values *values)
{
    gw_free(values->copies);
    values->copies = NULL;
}
