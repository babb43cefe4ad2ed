/* SPDX-License-Identifier: MIT */
#include "lib/codec/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_SIZE ((size_t)16 * 1024)

/* ---- Reading ---------------------------------------------------------------------------- */

static enum gw_err read_all(int fd, const char *path, struct gw_buf *out, struct gw_fault *fault)
{
    char piece[PIECE_SIZE];

    for (;;) {
        ssize_t size = read(fd, piece, sizeof(piece));

        if (size == 0) {
            return GW_OK;
        }
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            return gw_fail(fault, GW_E_IO, "could not read file \"%s\": %m", path);
        }
        if (gw_buf_append(out, (struct gw_text){piece, (size_t)size}) != GW_OK) {
            return gw_fail(fault, GW_E_TOO_LARGE, "file \"%s\" is larger than %zu bytes", path,
                           out->max);
        }
    }
}

static enum gw_err read_regular(int fd, const char *path, struct gw_buf *out,
                                struct gw_fault *fault)
{
    struct stat about;

    if (fstat(fd, &about) != 0) {
        return gw_fail(fault, GW_E_IO, "could not look at file \"%s\": %m", path);
    }
    if (!S_ISREG(about.st_mode)) {
        return gw_fail(fault, GW_E_INVALID, "\"%s\" is not a regular file", path);
    }
    return read_all(fd, path, out, fault);
}

enum gw_err gw_file_read(const char *path, struct gw_buf *out, struct gw_fault *fault)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* not to wait for a pipe's writer */
    enum gw_err err;

    if (fd < 0) {
        return gw_fail(fault, errno == ENOENT || errno == ENOTDIR ? GW_E_ABSENT : GW_E_IO,
                       "could not open file \"%s\": %m", path);
    }
    err = read_regular(fd, path, out, fault);
    close(fd);
    return err;
}

/* ---- Replacing -------------------------------------------------------------------------- */

static bool write_all(int fd, struct gw_text bytes)
{
    while (bytes.len > 0) {
        ssize_t size = write(fd, bytes.at, bytes.len);

        if (size < 0 && errno != EINTR) {
            return false;
        }
        bytes = gw_text_skip(bytes, size < 0 ? 0 : (size_t)size);
    }
    return true;
}

/* Into a new file of a name nobody knows; on failure it is gone again. */
static enum gw_err write_beside(char *name, struct gw_text bytes, mode_t mode,
                                struct gw_fault *fault)
{
    int fd = mkostemp(name, O_CLOEXEC);
    bool is_good;

    if (fd < 0) {
        return gw_fail(fault, GW_E_IO, "could not create file \"%s\": %m", name);
    }
    is_good = fchmod(fd, mode) == 0 && write_all(fd, bytes) && fsync(fd) == 0;
    if (!is_good) {
        gw_fail(fault, GW_E_IO, "could not write file \"%s\": %m", name);
        unlink(name);
    }
    close(fd);
    return is_good ? GW_OK : GW_E_IO;
}

static enum gw_err sync_folder_of(const char *path, struct gw_fault *fault)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    bool is_good;
    int fd;

    snprintf(folder, sizeof(folder), "%.*s", (int)len, path);
    fd = open(len == 0 ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    is_good = fd >= 0 && fsync(fd) == 0;
    if (!is_good) {
        gw_fail(fault, GW_E_IO, "could not sync folder \"%s\": %m", len == 0 ? "." : folder);
    }
    if (fd >= 0) {
        close(fd);
    }
    return is_good ? GW_OK : GW_E_IO;
}

enum gw_err gw_file_replace(const char *path, struct gw_text bytes, mode_t mode,
                            struct gw_fault *fault)
{
    char name[PATH_MAX];
    int len = snprintf(name, sizeof(name), "%s.XXXXXX", path);

    if (len < 0 || (size_t)len >= sizeof(name)) {
        return gw_fail(fault, GW_E_INVALID, "path of %zu characters is too long", strlen(path));
    }
    GW_TRY(write_beside(name, bytes, mode, fault));
    if (rename(name, path) != 0) {
        gw_fail(fault, GW_E_IO, "could not rename \"%s\" to \"%s\": %m", name, path);
        unlink(name);
        return GW_E_IO;
    }
    return sync_folder_of(path, fault);
}
