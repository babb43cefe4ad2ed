/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/conf/inside.h"

static enum gw_err read_all(int fd, const char *path, struct gw_buf *out, struct gw_fault *fault)
{
    char piece[4096];

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

enum gw_err gw_conf_slurp(const char *path, struct gw_buf *out, struct gw_fault *fault)
{
    /* Not to be held up by a pipe nobody writes into. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum gw_err err;

    if (fd < 0) {
        return gw_fail(fault, errno == ENOENT ? GW_E_ABSENT : GW_E_IO,
                       "could not open file \"%s\": %m", path);
    }
    err = read_all(fd, path, out, fault);
    close(fd);
    return err;
}
