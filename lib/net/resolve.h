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

/*
 * ---- Asking. A resolver belongs to one loop. It has at most a few threads, which end when there
 * is nothing to ask; it asks once for all who want the same name at the same time, and remembers
 * the answer for half a minute, or that there was none for a second.
 */

struct gw_resolver;
struct gw_resolve; /* one who waits */

struct gw_resolver *gw_resolver_new(struct gw_loop *loop);
/* Nobody waits any more. Threads that are inside a question end when they have its answer. */
void gw_resolver_free(struct gw_resolver *resolver);

/* `addresses` is empty on failure, which `text` explains. Borrowed during the call. */
typedef void gw_resolve_fn(void *owner, const struct gw_addresses *addresses, const char *text);

/* What is remembered; false when nothing is. *ret_text is NULL unless there are no addresses. */
bool gw_resolver_knows(struct gw_resolver *resolver, const char *host, uint16_t port,
                       struct gw_addresses *ret_addresses, const char **ret_text);
/* None of them answers: asks again soon. */
void gw_resolver_doubt(struct gw_resolver *resolver, const char *host);

/* `done` is called on the loop, later, once. */
struct gw_resolve *gw_resolve_start(struct gw_resolver *resolver, const char *host, uint16_t port,
                                    gw_resolve_fn *done, void *owner);
void gw_resolve_cancel(struct gw_resolve *resolve); /* `done` is not called any more */

#endif
