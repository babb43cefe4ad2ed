/* SPDX-License-Identifier: MIT */
/*
 * courier - the thread on gRPC's completion queue; mails what happened to the loop that asked.
 *
 * One per process, made before any other thread of ours talks gRPC and after signals are
 * blocked. It runs none of our logic. A process that forks does so before: a child forked later
 * never gets a connection.
 *
 * A loop with clients or servers on it runs until all of them have told that they are closed.
 */
#ifndef LIB_RPC_COURIER_H
#define LIB_RPC_COURIER_H

struct gw_courier;

struct gw_courier *gw_courier_new(void);
void gw_courier_free(struct gw_courier *courier); /* all clients and servers are closed */

/*
 * What gRPC itself complains about (a handshake that failed, say), for the log: `say` runs on any
 * thread and must not call lib/rpc. No more than ten lines in ten seconds reach it. NULL: nobody
 * wants to know, which is also how a process begins.
 */
void gw_courier_on_complaint(void (*say)(const char *text));

#endif
