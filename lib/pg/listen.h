/* SPDX-License-Identifier: MIT */
/*
 * listen - LISTEN on a connection and a thread of its own; mail on NOTIFY.
 *
 * Reconnects by itself. Opened, closed and heard on the loop's thread.
 */
#ifndef LIB_PG_LISTEN_H
#define LIB_PG_LISTEN_H

#include "lib/base/text.h"
#include "lib/net/loop.h"

struct gw_pg_listen;

struct gw_pg_listen_ops {
    /*
     * Connected and listening. Whatever was notified before is not known: look for yourself.
     * Called again after each reconnection.
     */
    void (*on_up)(void *owner);
    /* The connection is not there; `why` is borrowed. Told once per outage, also at the start. */
    void (*on_down)(void *owner, const char *why);
    void (*on_notice)(void *owner, struct gw_text payload); /* borrowed */
};

/* `channel` is an SQL name without need of quotes. Nothing is called before this returns. */
struct gw_pg_listen *gw_pg_listen_open(struct gw_loop *loop, const char *conninfo,
                                       const char *channel, const struct gw_pg_listen_ops *ops,
                                       void *owner);
/*
 * Nothing is called any more. Waits for the thread, which is quick unless a name is being looked
 * up. The loop must run on until what was mailed before is delivered, or memory is lost.
 */
void gw_pg_listen_close(struct gw_pg_listen *listen);

#endif
