/* SPDX-License-Identifier: MIT */
/*
 * An h2o socket that is told not to read. The loop's socket insists on closing its descriptor, so
 * the watch ends by exporting the descriptor and forgetting what was exported. h2o refuses to
 * export a socket that waits for writability; since we never write through it, taking its call-back
 * away first is safe: a disposed socket is skipped even if it is in the list of ready ones.
 */
#include "lib/net/fd.h"

#include "lib/net/loop_inside.h"

struct gw_fd {
    h2o_socket_t *sock;
    const struct gw_fd_ops *ops;
    void *owner;
};

static void on_readable(h2o_socket_t *sock, const char *err)
{
    struct gw_fd *watch = sock->data;

    (void)err;
    watch->ops->on_readable(watch->owner);
}

static void on_writable(h2o_socket_t *sock, const char *err)
{
    struct gw_fd *watch = sock->data;

    (void)err;
    watch->ops->on_writable(watch->owner);
}

struct gw_fd *gw_fd_watch(struct gw_loop *loop, int fd, const struct gw_fd_ops *ops, void *owner)
{
    struct gw_fd *watch = GW_NEW(struct gw_fd);

    watch->sock = h2o_evloop_socket_create(gw_loop_h2o(loop), fd, H2O_SOCKET_FLAG_DONT_READ);
    watch->sock->data = watch;
    watch->ops = ops;
    watch->owner = owner;
    return watch;
}

void gw_fd_read_start(struct gw_fd *watch)
{
    if (!h2o_socket_is_reading(watch->sock)) {
        h2o_socket_read_start(watch->sock, on_readable);
    }
}

void gw_fd_read_stop(struct gw_fd *watch)
{
    if (h2o_socket_is_reading(watch->sock)) {
        h2o_socket_read_stop(watch->sock);
    }
}

void gw_fd_write_once(struct gw_fd *watch)
{
    if (!h2o_socket_is_writing(watch->sock)) {
        h2o_socket_notify_write(watch->sock, on_writable);
    }
}

void gw_fd_unwatch(struct gw_fd *watch)
{
    h2o_socket_export_t forgotten;

    if (watch == NULL) {
        return;
    }
    watch->sock->_cb.write = NULL;
    h2o_socket_export(watch->sock, &forgotten);
    h2o_buffer_dispose(&forgotten.input);
    gw_free(watch);
}
