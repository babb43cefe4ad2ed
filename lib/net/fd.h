/* SPDX-License-Identifier: MIT */
/*
 * fd - watches a file descriptor that belongs to somebody else.
 *
 * For sockets opened inside other libraries. The watch never reads, writes or closes the
 * descriptor. Everything belongs to the loop's thread.
 */
#ifndef LIB_NET_FD_H
#define LIB_NET_FD_H

#include "lib/net/loop.h"

struct gw_fd;

struct gw_fd_ops {
    /* Something can be read, or the peer is gone; repeated each turn for as long as it is true. */
    void (*on_readable)(void *owner);
    /* Once for each gw_fd_write_once(); also when the peer is gone. NULL if never asked for. */
    void (*on_writable)(void *owner);
};

/* Watches nothing yet. `fd` is made non-blocking and must be one that epoll accepts. */
struct gw_fd *gw_fd_watch(struct gw_loop *loop, int fd, const struct gw_fd_ops *ops, void *owner);

void gw_fd_read_start(struct gw_fd *watch); /* harmless if started */
void gw_fd_read_stop(struct gw_fd *watch);
void gw_fd_write_once(struct gw_fd *watch); /* harmless if asked already */

/*
 * Ends the watch; no call-out happens any more, not even one that is due in this turn. Always
 * before the descriptor is closed. May be called inside a call-out; NULL is fine.
 */
void gw_fd_unwatch(struct gw_fd *watch);

#endif
