/* SPDX-License-Identifier: MIT */
/*
 * relay - configuration resources, passed on to the control plane over admin.v1.
 *
 * Belongs to the loop's thread.
 */
#ifndef STATSD_DESK_RELAY_H
#define STATSD_DESK_RELAY_H

#include "lib/rest/rest.h"
#include "lib/rpc/rpc_client.h"

struct relay;

struct relay_ops {
    /* Whether the control plane answers; told when it changes, and once at the start. */
    void (*on_controlplane)(void *owner, bool is_there, const char *why);
};

/* `client` NULL: there is none, and every call is answered 503. It outlives the relay. */
struct relay *relay_new(struct gw_loop *loop, struct gw_rpc_client *client,
                        const struct relay_ops *ops, void *owner);
void relay_free(struct relay *relay); /* the client is closed */
void relay_stop(struct relay *relay); /* asks the control plane for its health no more */

/* What lies below these paths is the control plane's; ended by NULL. */
extern const char *const RELAY_PREFIXES[];
bool relay_owns(struct gw_text path);

/* Answers `call`, later; `done` runs once. The call stays where it is until then. */
void relay_call(struct relay *relay, struct gw_rest_call *call, void (*done)(void *owner),
                void *owner);

#endif
