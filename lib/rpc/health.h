/* SPDX-License-Identifier: MIT */
/*
 * health - grpc.health.v1 at the server's end. For the sources of lib/rpc only.
 */
#ifndef LIB_RPC_HEALTH_H
#define LIB_RPC_HEALTH_H

#include "lib/rpc/rpc_server.h"

struct gw_rpc_health;

/* `methods` are borrowed: the services they belong to are the ones that have a health. */
struct gw_rpc_health *gw_rpc_health_new(struct gw_loop *loop, const struct gw_rpc_method *methods,
                                        size_t method_count);
void gw_rpc_health_free(struct gw_rpc_health *health); /* no stream of it is open */
void gw_rpc_health_set(struct gw_rpc_health *health, bool is_serving);

/* Check and Watch; both take the health as their owner. */
extern const struct gw_rpc_method GW_RPC_HEALTH_METHODS[2];

#endif
