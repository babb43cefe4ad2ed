/* SPDX-License-Identifier: MIT */
/*
 * guard - which addresses we may connect to on behalf of somebody.
 *
 * URLs of providers, proxies and hooks come from people who may not be trusted with everything
 * that this machine can reach. Addresses that are not public are refused unless the operator has
 * allowed them. Asked about the address that is about to be connected to, never about a name: a
 * name may mean something else by then. A guard does not change; any thread may ask it.
 */
#ifndef LIB_NET_GUARD_H
#define LIB_NET_GUARD_H

#include <sys/socket.h>

#include "lib/base/err.h"
#include "lib/base/text.h"

enum gw_guard_class {
    GW_GUARD_PUBLIC,
    GW_GUARD_LOOPBACK,
    GW_GUARD_PRIVATE,    /* RFC 1918, unique local, site local */
    GW_GUARD_LINK_LOCAL, /* also zero-configuration IPv4 */
    GW_GUARD_METADATA,   /* where clouds tell a machine its secrets */
    GW_GUARD_SHARED,     /* behind a carrier's NAT */
    GW_GUARD_UNSPECIFIED,
    GW_GUARD_MULTICAST,
    GW_GUARD_BROADCAST,
    GW_GUARD_RESERVED, /* documentation, benchmarks, the future, what is no address for hosts */
    GW_GUARD_UNIX,     /* a socket in the file system */
};
const char *gw_guard_class_name(enum gw_guard_class class); /* "link-local" */

/* IPv6 that carries an IPv4 address (mapped, compatible, 6to4, NAT64) is what that address is. */
enum gw_guard_class gw_guard_classify(const struct sockaddr_storage *address);

struct gw_guard;

/*
 * `allowed`: CIDRs ("10.1.0.0/16", "fd00::/8"), single addresses, and the words "loopback",
 * "private" and "unix", which stand for the classes of these names and for no other: "private"
 * does not open the metadata services. GW_E_INVALID names what is none of these.
 */
enum gw_err gw_guard_new(const char *const *allowed, size_t count, struct gw_guard **ret_guard,
                         struct gw_fault *fault) GW_MUST_USE;
void gw_guard_free(struct gw_guard *guard);

/* Public addresses always; the others when allowed. */
bool gw_guard_allows(const struct gw_guard *guard, const struct sockaddr_storage *address);

#endif
