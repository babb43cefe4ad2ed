/* SPDX-License-Identifier: MIT */
/*
 * resolve - from a host's name to its addresses, without holding up the loop.
 */
#ifndef LIB_NET_RESOLVE_H
#define LIB_NET_RESOLVE_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/net/loop.h"

#define GW_RESOLVE_MAX 8

struct gw_addresses {
    struct sockaddr_storage at[GW_RESOLVE_MAX];
    socklen_t size[GW_RESOLVE_MAX];
    size_t count;
};

/* A literal address, or "/path" of a unix socket: no asking needed. False if it is neither. */
bool gw_resolve_literal(const char *host, uint16_t port, struct gw_addresses *ret_addresses);

struct gw_resolve;

/* `addresses` is empty on failure, which `text` explains. Borrowed during the call. */
typedef void gw_resolve_fn(void *owner, const struct gw_addresses *addresses, const char *text);

/* Asks on a thread of its own; `done` is called on the loop, later, once. */
struct gw_resolve *gw_resolve_start(struct gw_loop *loop, const char *host, uint16_t port,
                                    gw_resolve_fn *done, void *owner);

/* `done` is not called any more. The thread may take its time to notice; nobody waits for it. */
void gw_resolve_cancel(struct gw_resolve *resolve);

#endif
