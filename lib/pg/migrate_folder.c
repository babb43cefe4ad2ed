/* SPDX-License-Identifier: MIT */
/* The files of a folder, read whole, for gw_pg_migrate_files(). */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>

#include "lib/base/check.h"
#include "lib/pg/inside.h"
#include "lib/pg/migrate.h"

#define FILES_MAX 9999
#define FILE_MAX  ((size_t)4 * 1024 * 1024)

struct folder {
    const char *path;
    struct gw_pg_file *files; /* names and texts are owned */
    size_t count;
};

static enum gw_err check_content(const char *path, FILE *file, const struct gw_buf *content,
                                 struct gw_fault *fault)
{
    if (content->err != GW_OK) {
        return gw_fail(fault, content->err, "file \"%s\": %s", path, gw_err_text(content->err));
    }
    if (ferror(file) || content->len == 0) {
        return gw_fail(fault, GW_E_IO, "could not read \"%s\"", path);
    }
    if (memchr(content->at, '\0', content->len) != NULL) {
        return gw_fail(fault, GW_E_INVALID, "file \"%s\" has a zero byte", path);
    }
    return GW_OK;
}

static enum gw_err read_file(const char *path, struct gw_buf *content, struct gw_fault *fault)
{
    FILE *file = fopen(path, "re");
    char block[8192];
    size_t got;
    enum gw_err err;

    if (file == NULL) {
        return gw_fail(fault, GW_E_ABSENT, "could not open \"%s\": %s", path, strerror(errno));
    }
    while (content->err == GW_OK && (got = fread(block, 1, sizeof(block), file)) > 0) {
        gw_buf_append(content, (struct gw_text){block, got});
    }
    err = check_content(path, file, content, fault);
    fclose(file);
    return err;
}

static enum gw_err add(struct folder *folder, const char *name, struct gw_fault *fault)
{
    struct gw_buf content;
    char path[4096];
    enum gw_err err;

    if (folder->count == FILES_MAX) {
        return gw_fail(fault, GW_E_TOO_LARGE, "folder \"%s\" has too many files", folder->path);
    }
    snprintf(path, sizeof(path), "%s/%s", folder->path, name);
    gw_buf_init(&content, FILE_MAX);
    err = read_file(path, &content, fault);
    if (err == GW_OK) {
        folder->files[folder->count++] = (struct gw_pg_file){gw_must_strdup(name),
                                                             gw_buf_take(&content)};
    }
    gw_buf_fini(&content);
    return err;
}

static enum gw_err read_folder(struct folder *folder, struct gw_fault *fault)
{
    DIR *dir = opendir(folder->path);
    struct dirent *entry;
    enum gw_err err = GW_OK;

    if (dir == NULL) {
        return gw_fail(fault, GW_E_ABSENT, "could not read folder \"%s\": %s", folder->path,
                       strerror(errno));
    }
    while (err == GW_OK && (entry = readdir(dir)) != NULL) {
        if (gw_pg_migration_number(entry->d_name) > 0) {
            err = add(folder, entry->d_name, fault);
        }
    }
    closedir(dir);
    return err;
}

enum gw_err gw_pg_migrate(struct gw_pg *pg, const char *folder_path,
                          struct gw_pg_migrated *ret_migrated, struct gw_fault *fault)
{
    struct folder folder = {.path = folder_path};
    struct gw_pg_files files;
    enum gw_err err;

    folder.files = gw_must_alloc(FILES_MAX * sizeof(folder.files[0]));
    err = read_folder(&folder, fault);
    if (err == GW_OK) {
        files = (struct gw_pg_files){folder.files, folder.count};
        err = gw_pg_migrate_files(pg, &files, ret_migrated, fault);
    }
    for (size_t i = 0; i < folder.count; i++) {
        gw_free((char *)folder.files[i].name);
        gw_free((char *)folder.files[i].sql);
    }
    gw_free(folder.files);
    return err;
}
