/* SPDX-License-Identifier: MIT */
/*
 * Two programs may start at once, so all of this happens under an advisory lock of the session,
 * which PostgreSQL gives back by itself if we die. Each file and its record are one transaction:
 * there is no half-applied file to mend.
 *
 * A number that is in the database but not among the files is fine: a newer version of the program
 * was here, and migrations are written so that the previous version still works.
 */
#include "lib/pg/migrate.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/check.h"
#include "lib/pg/inside.h"

struct migration {
    int number;
    const char *name;
    struct gw_text sql;
};

/* Sorted by number. */
struct set {
    struct migration *at;
    size_t count;
};

/* ---- The files -------------------------------------------------------------------------- */

int gw_pg_migration_number(const char *name)
{
    struct gw_text text = gw_text_of(name);
    uint64_t number;

    if (text.len < 10 || name[4] != '_' || !gw_text_ends_with(text, GW_TEXT(".sql")) ||
        gw_text_to_u64((struct gw_text){name, 4}, &number) != GW_OK) {
        return 0;
    }
    return (int)number;
}

static int by_number(const void *a, const void *b)
{
    return ((const struct migration *)a)->number - ((const struct migration *)b)->number;
}

static enum gw_err check_numbers(const struct set *set, struct gw_fault *fault)
{
    if (set->count == 0) {
        return gw_fail(fault, GW_E_ABSENT, "there are no migrations");
    }
    for (size_t i = 1; i < set->count; i++) {
        if (set->at[i].number == set->at[i - 1].number) {
            return gw_fail(fault, GW_E_INVALID, "migrations \"%s\" and \"%s\" have one number",
                           set->at[i - 1].name, set->at[i].name);
        }
    }
    return GW_OK;
}

static void set_fini(struct set *set)
{
    gw_free(set->at);
}

static enum gw_err set_init(struct set *set, const struct gw_pg_files *files,
                            struct gw_fault *fault)
{
    enum gw_err err;

    set->count = 0;
    set->at = gw_must_alloc((files->count + 1) * sizeof(set->at[0]));
    for (size_t i = 0; i < files->count; i++) {
        int number = gw_pg_migration_number(files->at[i].name);

        if (number > 0) {
            set->at[set->count++] = (struct migration){number, files->at[i].name,
                                                       gw_text_of(files->at[i].sql)};
        }
    }
    qsort(set->at, set->count, sizeof(set->at[0]), by_number);
    err = check_numbers(set, fault);
    if (err != GW_OK) {
        set_fini(set);
    }
    return err;
}

/* ---- What was applied ------------------------------------------------------------------- */

static const char CREATE_TABLE[] = "create table if not exists schema_migration ("
                                   " number integer primary key,"
                                   " name text not null,"
                                   " checksum text not null,"
                                   " applied_at timestamptz not null default now())";

static bool applied_row(const struct gw_pg_rows *applied, int number, size_t *ret_row)
{
    for (size_t row = 0; row < gw_pg_count(applied); row++) {
        if (gw_pg_i64(applied, row, 0) == number) {
            *ret_row = row;
            return true;
        }
    }
    return false;
}

static int newest_of(const struct gw_pg_rows *applied)
{
    size_t count = gw_pg_count(applied);

    return count == 0 ? 0 : (int)gw_pg_i64(applied, count - 1, 0);
}

/* Whether the file is, byte for byte, what was applied; PostgreSQL makes the sum. */
static enum gw_err check_unchanged(struct gw_pg *pg, const struct gw_pg_rows *applied, size_t row,
                                   const struct migration *migration, struct gw_fault *fault)
{
    struct gw_pg_args args;
    struct gw_pg_rows *rows = NULL;
    enum gw_err err;

    gw_pg_args_init(&args);
    gw_pg_add_text(&args, migration->sql);
    err = gw_pg_run(pg, "select encode(sha256(convert_to($1, 'UTF8')), 'hex')", &args, &rows,
                    fault);
    if (err == GW_OK && !gw_text_eq(gw_pg_text(rows, 0, 0), gw_pg_text(applied, row, 1))) {
        err = gw_fail(fault, GW_E_CONFLICT, "migration \"%s\" is not what was applied",
                      migration->name);
    }
    gw_pg_rows_free(rows);
    gw_pg_args_fini(&args);
    return err;
}

static enum gw_err read_applied(struct gw_pg *pg, struct gw_pg_rows **ret_rows,
                                struct gw_fault *fault)
{
    return gw_pg_run(pg, "select number, checksum from schema_migration order by number", NULL,
                     ret_rows, fault);
}

/* Compares every file with the records; *ret_pending is the first that is not applied. */
static enum gw_err compare(struct gw_pg *pg, const struct set *set,
                           const struct gw_pg_rows *applied, size_t *ret_pending,
                           struct gw_fault *fault)
{
    size_t row, pending = set->count;

    for (size_t i = 0; i < set->count; i++) {
        const struct migration *file = &set->at[i];

        if (applied_row(applied, file->number, &row)) {
            GW_TRY(check_unchanged(pg, applied, row, file, fault));
        } else if (file->number < newest_of(applied)) {
            return gw_fail(fault, GW_E_CONFLICT, "migration \"%s\" comes too late: %d is applied",
                           file->name, newest_of(applied));
        } else if (pending == set->count) {
            pending = i;
        }
    }
    *ret_pending = pending;
    return GW_OK;
}

/* ---- Applying --------------------------------------------------------------------------- */

static enum gw_err record(struct gw_pg *pg, const struct migration *migration,
                          struct gw_fault *fault)
{
    struct gw_pg_args args;
    enum gw_err err;

    gw_pg_args_init(&args);
    gw_pg_add_i64(&args, migration->number);
    gw_pg_add_text(&args, gw_text_of(migration->name));
    gw_pg_add_text(&args, migration->sql);
    err = gw_pg_run(pg,
                    "insert into schema_migration (number, name, checksum)"
                    " values ($1, $2, encode(sha256(convert_to($3, 'UTF8')), 'hex'))",
                    &args, NULL, fault);
    gw_pg_args_fini(&args);
    return err;
}

static enum gw_err apply_inside(struct gw_pg *pg, const struct migration *migration,
                                struct gw_fault *fault)
{
    GW_TRY(gw_pg_begin(pg, fault));
    GW_TRY(gw_pg_script(pg, "set local lock_timeout = '30s'", fault));
    GW_TRY(gw_pg_script(pg, migration->sql.at, fault));
    if (!gw_pg_is_inside(pg)) {
        return gw_fail(fault, GW_E_INVALID, "it ends its transaction itself");
    }
    GW_TRY(record(pg, migration, fault));
    return gw_pg_commit(pg, fault);
}

static enum gw_err apply(struct gw_pg *pg, const struct migration *migration,
                         struct gw_fault *fault)
{
    struct gw_fault inner = {""};
    enum gw_err err = apply_inside(pg, migration, &inner);

    gw_pg_rollback(pg);
    if (err != GW_OK) {
        gw_fail(fault, err, "migration \"%s\": %.180s", migration->name, inner.text);
    }
    return err;
}

static enum gw_err migrate_locked(struct gw_pg *pg, const struct set *set,
                                  struct gw_pg_migrated *migrated, struct gw_fault *fault)
{
    struct gw_pg_rows *applied = NULL;
    size_t next = 0;
    enum gw_err err;

    err = gw_pg_script(pg, CREATE_TABLE, fault);
    err = err != GW_OK ? err : read_applied(pg, &applied, fault);
    err = err != GW_OK ? err : compare(pg, set, applied, &next, fault);
    migrated->newest = set->at[set->count - 1].number;
    for (; err == GW_OK && next < set->count; next++) {
        err = apply(pg, &set->at[next], fault);
        migrated->applied += err == GW_OK;
    }
    if (err == GW_OK) {
        int newest = newest_of(applied);

        migrated->newest_applied = newest > migrated->newest ? newest : migrated->newest;
    }
    gw_pg_rows_free(applied);
    return err;
}

enum gw_err gw_pg_migrate_files(struct gw_pg *pg, const struct gw_pg_files *files,
                                struct gw_pg_migrated *ret_migrated, struct gw_fault *fault)
{
    struct gw_pg_migrated migrated = {0};
    struct set set;
    enum gw_err err;

    GW_TRY(set_init(&set, files, fault));
    /* The number is this product's own; any other program of it asks for the same one. */
    err = gw_pg_script(pg, "set statement_timeout = 0; select pg_advisory_lock(7810772410)", fault);
    if (err == GW_OK) {
        err = migrate_locked(pg, &set, &migrated, fault);
        /* On a connection that broke, the lock is gone already. */
        if (gw_pg_script(pg, "reset statement_timeout; select pg_advisory_unlock_all()", NULL) !=
                GW_OK &&
            err == GW_OK) {
            err = gw_fail(fault, GW_E_UNAVAILABLE, "lost the database after migrating");
        }
    }
    set_fini(&set);
    if (err == GW_OK) {
        *ret_migrated = migrated;
    }
    return err;
}

static enum gw_err find_pending(struct gw_pg *pg, const struct set *set, size_t *ret_pending,
                                struct gw_fault *fault)
{
    struct gw_pg_rows *rows;
    enum gw_err err;
    bool is_there;

    GW_TRY(gw_pg_run(pg, "select to_regclass('schema_migration') is not null", NULL, &rows, fault));
    is_there = gw_pg_bool(rows, 0, 0);
    gw_pg_rows_free(rows);
    *ret_pending = 0;
    if (!is_there) {
        return GW_OK;
    }
    GW_TRY(read_applied(pg, &rows, fault));
    err = compare(pg, set, rows, ret_pending, fault);
    gw_pg_rows_free(rows);
    return err;
}

enum gw_err gw_pg_migrate_check(struct gw_pg *pg, const struct gw_pg_files *files,
                                struct gw_fault *fault)
{
    struct set set;
    size_t pending;
    enum gw_err err;

    GW_TRY(set_init(&set, files, fault));
    err = find_pending(pg, &set, &pending, fault);
    if (err == GW_OK && pending < set.count) {
        err = gw_fail(fault, GW_E_UNAVAILABLE, "migration \"%s\" is not applied yet",
                      set.at[pending].name);
    }
    set_fini(&set);
    return err;
}
