/* SPDX-License-Identifier: MIT */
/*
 * Two programs may start at once, so all of this happens under an advisory lock of the session,
 * which PostgreSQL gives back by itself if we die. Each file and its record are one transaction:
 * there is no half-applied file to mend.
 *
 * A number that is in the database but not in the folder is fine: a newer version of the program
 * was here, and migrations are written so that the previous version still works.
 */
#include "lib/pg/migrate.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/check.h"

#define FILES_MAX 9999
#define FILE_MAX  ((size_t)4 * 1024 * 1024)

struct migration {
    int number;
    const char *name; /* "0001_accounts.sql" */
};

struct folder {
    const char *path;
    struct gw_arena arena;
    struct migration *files;
    size_t count;
};

/* ---- The folder ------------------------------------------------------------------------- */

/* The number of "NNNN_name.sql", or 0. */
static int number_of(const char *name)
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

static void folder_fini(struct folder *folder)
{
    gw_free(folder->files);
    gw_arena_fini(&folder->arena);
}

static enum gw_err read_names(struct folder *folder, DIR *dir, struct gw_fault *fault)
{
    struct dirent *entry;

    while ((entry = readdir(dir)) != NULL) {
        int number = number_of(entry->d_name);

        if (number == 0) {
            continue;
        }
        if (folder->count == FILES_MAX) {
            return gw_fail(fault, GW_E_TOO_LARGE, "folder \"%s\" has too many files", folder->path);
        }
        folder->files[folder->count++] = (struct migration){
            number, gw_arena_str(&folder->arena, entry->d_name)};
    }
    return GW_OK;
}

static enum gw_err check_names(struct folder *folder, struct gw_fault *fault)
{
    if (folder->count == 0) {
        return gw_fail(fault, GW_E_ABSENT, "folder \"%s\" has no migrations", folder->path);
    }
    qsort(folder->files, folder->count, sizeof(folder->files[0]), by_number);
    for (size_t i = 1; i < folder->count; i++) {
        if (folder->files[i].number == folder->files[i - 1].number) {
            return gw_fail(fault, GW_E_INVALID, "migrations \"%s\" and \"%s\" have one number",
                           folder->files[i - 1].name, folder->files[i].name);
        }
    }
    return GW_OK;
}

static enum gw_err folder_init(struct folder *folder, const char *path, struct gw_fault *fault)
{
    DIR *dir = opendir(path);
    enum gw_err err;

    *folder = (struct folder){.path = path};
    gw_arena_init(&folder->arena, FILES_MAX * 512);
    folder->files = gw_must_alloc(FILES_MAX * sizeof(folder->files[0]));
    if (dir == NULL) {
        err = gw_fail(fault, GW_E_ABSENT, "could not read folder \"%s\": %s", path,
                      strerror(errno));
    } else {
        err = read_names(folder, dir, fault);
        closedir(dir);
    }
    if (err == GW_OK) {
        err = check_names(folder, fault);
    }
    if (err != GW_OK) {
        folder_fini(folder);
    }
    return err;
}

static enum gw_err read_file(const char *path, struct gw_buf *out, struct gw_fault *fault)
{
    FILE *file = fopen(path, "re");
    char block[8192];
    size_t got;
    enum gw_err err;

    if (file == NULL) {
        return gw_fail(fault, GW_E_ABSENT, "could not open \"%s\": %s", path, strerror(errno));
    }
    while ((got = fread(block, 1, sizeof(block), file)) > 0) {
        gw_buf_append(out, (struct gw_text){block, got});
    }
    err = out->err;
    if (err != GW_OK) {
        gw_fail(fault, err, "file \"%s\": %s", path, gw_err_text(err));
    } else if (ferror(file) || out->len == 0) {
        err = gw_fail(fault, GW_E_IO, "could not read \"%s\"", path);
    } else if (memchr(out->at, '\0', out->len) != NULL) {
        err = gw_fail(fault, GW_E_INVALID, "file \"%s\" has a zero byte", path);
    }
    fclose(file);
    return err;
}

static enum gw_err read_migration(const struct folder *folder, const struct migration *migration,
                                  struct gw_buf *out, struct gw_fault *fault)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s", folder->path, migration->name);
    return read_file(path, out, fault);
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
                                   const struct migration *migration, struct gw_text content,
                                   struct gw_fault *fault)
{
    struct gw_pg_args args;
    struct gw_pg_rows *rows = NULL;
    enum gw_err err;

    gw_pg_args_init(&args);
    gw_pg_add_text(&args, content);
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
static enum gw_err compare(struct gw_pg *pg, const struct folder *folder,
                           const struct gw_pg_rows *applied, size_t *ret_pending,
                           struct gw_fault *fault)
{
    struct gw_buf content;
    enum gw_err err = GW_OK;
    size_t row, pending = folder->count;

    gw_buf_init(&content, FILE_MAX);
    for (size_t i = 0; i < folder->count && err == GW_OK; i++) {
        const struct migration *file = &folder->files[i];

        if (applied_row(applied, file->number, &row)) {
            gw_buf_clear(&content);
            err = read_migration(folder, file, &content, fault);
            err = err != GW_OK
                      ? err
                      : check_unchanged(pg, applied, row, file, gw_buf_text(&content), fault);
        } else if (file->number < newest_of(applied)) {
            err = gw_fail(fault, GW_E_CONFLICT, "migration \"%s\" comes too late: %d is applied",
                          file->name, newest_of(applied));
        } else if (pending == folder->count) {
            pending = i;
        }
    }
    gw_buf_fini(&content);
    *ret_pending = pending;
    return err;
}

/* ---- Applying --------------------------------------------------------------------------- */

static enum gw_err record(struct gw_pg *pg, const struct migration *migration,
                          struct gw_text content, struct gw_fault *fault)
{
    struct gw_pg_args args;
    enum gw_err err;

    gw_pg_args_init(&args);
    gw_pg_add_i64(&args, migration->number);
    gw_pg_add_text(&args, gw_text_of(migration->name));
    gw_pg_add_text(&args, content);
    err = gw_pg_run(pg,
                    "insert into schema_migration (number, name, checksum)"
                    " values ($1, $2, encode(sha256(convert_to($3, 'UTF8')), 'hex'))",
                    &args, NULL, fault);
    gw_pg_args_fini(&args);
    return err;
}

/* Says which file it was, in front of what went wrong. */
static enum gw_err name_file(enum gw_err err, const char *name, struct gw_fault *fault)
{
    struct gw_fault inner;

    if (fault == NULL) {
        return err;
    }
    inner = *fault;
    return gw_fail(fault, err, "migration \"%s\": %.180s", name, inner.text);
}

static enum gw_err apply_text(struct gw_pg *pg, const struct migration *migration,
                              struct gw_text content, struct gw_fault *fault)
{
    GW_TRY(gw_pg_begin(pg, fault));
    GW_TRY(gw_pg_script(pg, "set local lock_timeout = '30s'", fault));
    GW_TRY(gw_pg_script(pg, content.at, fault));
    if (!gw_pg_is_inside(pg)) {
        return gw_fail(fault, GW_E_INVALID, "it ends its transaction itself");
    }
    GW_TRY(record(pg, migration, content, fault));
    return gw_pg_commit(pg, fault);
}

static enum gw_err apply(struct gw_pg *pg, const struct folder *folder,
                         const struct migration *migration, struct gw_fault *fault)
{
    struct gw_buf content;
    enum gw_err err;

    gw_buf_init(&content, FILE_MAX);
    err = read_migration(folder, migration, &content, fault);
    if (err == GW_OK) {
        err = apply_text(pg, migration, gw_buf_text(&content), fault);
        gw_pg_rollback(pg);
        err = err == GW_OK ? err : name_file(err, migration->name, fault);
    }
    gw_buf_fini(&content);
    return err;
}

static enum gw_err migrate_locked(struct gw_pg *pg, const struct folder *folder,
                                  struct gw_pg_migrated *migrated, struct gw_fault *fault)
{
    struct gw_pg_rows *applied = NULL;
    size_t next = 0;
    enum gw_err err;

    err = gw_pg_script(pg, CREATE_TABLE, fault);
    err = err != GW_OK ? err : read_applied(pg, &applied, fault);
    err = err != GW_OK ? err : compare(pg, folder, applied, &next, fault);
    migrated->newest = folder->files[folder->count - 1].number;
    for (; err == GW_OK && next < folder->count; next++) {
        err = apply(pg, folder, &folder->files[next], fault);
        migrated->applied += err == GW_OK;
    }
    if (err == GW_OK) {
        int newest = newest_of(applied);

        migrated->newest_applied = newest > migrated->newest ? newest : migrated->newest;
    }
    gw_pg_rows_free(applied);
    return err;
}

enum gw_err gw_pg_migrate(struct gw_pg *pg, const char *folder_path,
                          struct gw_pg_migrated *ret_migrated, struct gw_fault *fault)
{
    struct gw_pg_migrated migrated = {0};
    struct folder folder;
    enum gw_err err;

    GW_TRY(folder_init(&folder, folder_path, fault));
    /* The number is this product's own; any other program of it asks for the same one. */
    err = gw_pg_script(pg, "set statement_timeout = 0; select pg_advisory_lock(7810772410)", fault);
    if (err == GW_OK) {
        err = migrate_locked(pg, &folder, &migrated, fault);
        /* On a connection that broke, the lock is gone already. */
        if (gw_pg_script(pg, "reset statement_timeout; select pg_advisory_unlock_all()", NULL) !=
                GW_OK &&
            err == GW_OK) {
            err = gw_fail(fault, GW_E_UNAVAILABLE, "lost the database after migrating");
        }
    }
    folder_fini(&folder);
    if (err == GW_OK) {
        *ret_migrated = migrated;
    }
    return err;
}

enum gw_err gw_pg_migrate_check(struct gw_pg *pg, const char *folder_path, struct gw_fault *fault)
{
    struct gw_pg_rows *rows = NULL;
    struct folder folder;
    size_t pending = 0;
    enum gw_err err;

    GW_TRY(folder_init(&folder, folder_path, fault));
    err = gw_pg_run(pg, "select to_regclass('schema_migration') is not null", NULL, &rows, fault);
    if (err == GW_OK && gw_pg_bool(rows, 0, 0)) {
        gw_pg_rows_free(rows);
        rows = NULL;
        err = read_applied(pg, &rows, fault);
        err = err != GW_OK ? err : compare(pg, &folder, rows, &pending, fault);
    }
    if (err == GW_OK && pending < folder.count) {
        err = gw_fail(fault, GW_E_UNAVAILABLE, "migration \"%s\" is not applied yet",
                      folder.files[pending].name);
    }
    gw_pg_rows_free(rows);
    folder_fini(&folder);
    return err;
}

enum gw_err gw_pg_run_file(struct gw_pg *pg, const char *path, struct gw_fault *fault)
{
    struct gw_buf content;
    enum gw_err err;

    gw_buf_init(&content, FILE_MAX);
    err = read_file(path, &content, fault);
    err = err != GW_OK ? err : gw_pg_script(pg, content.at, fault);
    gw_buf_fini(&content);
    return err == GW_OK ? err : name_file(err, path, fault);
}
