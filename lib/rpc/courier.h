/* SPDX-License-Identifier: MIT */
/*
 * courier - the thread on gRPC's completion queue; mails what happened to the loop that asked.
 *
 * One per process, made before any other thread of ours talks gRPC and after signals are
 * blocked. It runs none of our logic.
 */
#ifndef LIB_RPC_COURIER_H
#define LIB_RPC_COURIER_H

struct gw_courier;

struct gw_courier *gw_courier_new(void);
void gw_courier_free(struct gw_courier *courier); /* all clients and servers are closed */

#endif
