/* SPDX-License-Identifier: MIT */
/*
 * Folders are opened one inside the other and never through a link, so a link that leads out of
 * the root is not followed, even if it appears while we read.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/check.h"
#include "lib/codec/digest.h"
#include "statsd/site/inside.h"

#define FILES_MAX ((size_t)4096)
#define BYTES_MAX ((size_t)128 << 20)
#define DEPTH_MAX 8
#define PATH_SIZE 512

struct loading {
    struct site *site;
    size_t room, bytes;
};

/* ---- Files ------------------------------------------------------------------------------ */

static enum gw_err read_all(int fd, size_t size, char **ret_at, struct gw_fault *fault)
{
    char *at = gw_must_alloc(size + 1);
    size_t len = 0;

    while (len < size) {
        ssize_t got = read(fd, at + len, size - len);

        if (got <= 0 && errno != EINTR) {
            gw_free(at);
            return gw_fail(fault, GW_E_IO, "could not read: %s",
                           got == 0 ? "it became shorter" : strerror(errno));
        }
        len += got > 0 ? (size_t)got : 0;
    }
    *ret_at = at;
    return GW_OK;
}

static void add_file(struct loading *loading, const char *path, struct gw_text bytes)
{
    struct site *site = loading->site;
    struct gw_digest digest;

    if (site->count == loading->room) {
        loading->room = loading->room == 0 ? 64 : 2 * loading->room;
        site->files = gw_must_realloc(site->files, loading->room * sizeof(*site->files));
    }
    site->files[site->count] = (struct site_file){.path = gw_must_strdup(path)};
    site->files[site->count].forms[SITE_PLAIN] = bytes;
    gw_sha256(bytes, &digest);
    gw_hex((struct gw_text){(const char *)digest.at, 8}, site->files[site->count].tag);
    site->count++;
    loading->bytes += bytes.len;
}

static enum gw_err load_file(struct loading *loading, int folder, const char *name,
                             const char *path, struct gw_fault *fault)
{
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    struct stat about;
    char *at = NULL;
    enum gw_err err = GW_OK;

    if (fd < 0) {
        return errno == ELOOP
                   ? GW_OK
                   : gw_fail(fault, GW_E_IO, "could not open \"%s\": %s", path, strerror(errno));
    }
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        close(fd);
        return GW_OK;
    }
    if (loading->site->count >= FILES_MAX || (uint64_t)about.st_size > BYTES_MAX - loading->bytes) {
        err = gw_fail(fault, GW_E_TOO_LARGE, "more than %zu files or %zu MiB", FILES_MAX,
                      BYTES_MAX >> 20);
    } else {
        err = read_all(fd, (size_t)about.st_size, &at, fault);
    }
    close(fd);
    if (err == GW_OK) {
        add_file(loading, path, (struct gw_text){at, (size_t)about.st_size});
    }
    return err;
}

/* ---- Folders ---------------------------------------------------------------------------- */

static enum gw_err load_folder(struct loading *loading, int own_fd, const char *path, int depth,
                               struct gw_fault *fault);

static enum gw_err load_entry(struct loading *loading, int folder, const char *name,
                              const char *parent, int depth, struct gw_fault *fault)
{
    char path[PATH_SIZE];
    struct stat about;
    int fd;

    if (name[0] == '.') {
        return GW_OK;
    }
    if ((size_t)snprintf(path, sizeof(path), "%s/%s", parent, name) >= sizeof(path)) {
        return gw_fail(fault, GW_E_TOO_LARGE, "path below \"%.100s\" is too long", parent);
    }
    if (fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) != 0) {
        return GW_OK; /* gone meanwhile */
    }
    if (S_ISREG(about.st_mode)) {
        return load_file(loading, folder, name, path, fault);
    }
    if (!S_ISDIR(about.st_mode) || depth == DEPTH_MAX) {
        return GW_OK;
    }
    fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? GW_OK : load_folder(loading, fd, path, depth + 1, fault);
}

static enum gw_err load_folder(struct loading *loading, int own_fd, const char *path, int depth,
                               struct gw_fault *fault)
{
    DIR *folder = fdopendir(own_fd);
    enum gw_err err = GW_OK;
    struct dirent *entry;

    if (folder == NULL) {
        close(own_fd);
        return gw_fail(fault, GW_E_IO, "could not read a folder: %s", strerror(errno));
    }
    while (err == GW_OK && (entry = readdir(folder)) != NULL) {
        err = load_entry(loading, own_fd, entry->d_name, path, depth, fault);
    }
    closedir(folder);
    return err;
}

/* ---- Putting in order ------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct site_file *)a)->path, ((const struct site_file *)b)->path);
}

const struct site_file *site_find(const struct site *site, struct gw_text path)
{
    struct site_file wanted = {.path = NULL};
    const struct site_file *found;
    char copy[PATH_SIZE];

    if (path.len >= sizeof(copy) || memchr(path.at, '\0', path.len) != NULL) {
        return NULL;
    }
    memcpy(copy, path.at, path.len);
    copy[path.len] = '\0';
    wanted.path = copy;
    found = bsearch(&wanted, site->files, site->count, sizeof(wanted), compare);
    return found;
}

/* Hands "x.br" over to "x" as its compressed form; false if there is no "x". */
static bool attach_form(struct site *site, struct site_file *file, const char *suffix,
                        enum site_form form)
{
    struct gw_text path = gw_text_of(file->path);
    struct site_file *plain;

    if (!gw_text_ends_with(path, gw_text_of(suffix))) {
        return false;
    }
    path.len -= strlen(suffix);
    plain = (struct site_file *)(uintptr_t)site_find(site, path);
    if (plain == NULL || plain->forms[SITE_PLAIN].at == NULL) {
        return false;
    }
    plain->forms[form] = file->forms[SITE_PLAIN];
    file->forms[SITE_PLAIN] = GW_TEXT_NONE;
    return true;
}

static void put_in_order(struct site *site)
{
    size_t kept = 0;

    if (site->count > 0) {
        qsort(site->files, site->count, sizeof(*site->files), compare);
    }
    for (size_t i = 0; i < site->count; i++) {
        if (!attach_form(site, &site->files[i], ".br", SITE_BROTLI)) {
            attach_form(site, &site->files[i], ".gz", SITE_GZIP);
        }
    }
    for (size_t i = 0; i < site->count; i++) {
        if (site->files[i].forms[SITE_PLAIN].at != NULL) {
            site->files[kept++] = site->files[i];
        } else {
            gw_free(site->files[i].path);
        }
    }
    site->count = kept;
    site->index = site_find(site, GW_TEXT("/index.html"));
}

/* ---- Life ------------------------------------------------------------------------------- */

enum gw_err site_load(const char *root, struct site **ret_site, struct gw_fault *fault)
{
    struct loading loading = {.site = GW_NEW(struct site)};
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum gw_err err;

    if (fd < 0) {
        err = gw_fail(fault, errno == ENOENT ? GW_E_ABSENT : GW_E_IO,
                      "could not open folder \"%s\": %s", root, strerror(errno));
    } else {
        err = load_folder(&loading, fd, "", 0, fault);
    }
    if (err == GW_OK) {
        put_in_order(loading.site);
        if (loading.site->index == NULL) {
            err = gw_fail(fault, GW_E_INVALID, "folder \"%s\" has no index.html", root);
        }
    }
    if (err == GW_OK) {
        *ret_site = loading.site;
    } else {
        site_free(loading.site);
    }
    return err;
}

void site_free(struct site *site)
{
    if (site == NULL) {
        return;
    }
    for (size_t i = 0; i < site->count; i++) {
        for (size_t form = 0; form < SITE_FORMS; form++) {
            gw_free((void *)(uintptr_t)site->files[i].forms[form].at);
        }
        gw_free(site->files[i].path);
    }
    gw_free(site->files);
    gw_free(site);
}

size_t site_count(const struct site *site)
{
    return site->count;
}
