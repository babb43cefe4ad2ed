/* SPDX-License-Identifier: MIT */
/*
 * publish - the current version, and everyone who is to have it.
 *
 * The owner of all feeds. Everything on the loop's thread; what reads the database runs on the
 * pool, whose context is a struct gw_pg.
 */
#ifndef CONTROLPLANE_PUBLISH_PUBLISH_H
#define CONTROLPLANE_PUBLISH_PUBLISH_H

#include "controlplane/compile/compiled.h"
#include "controlplane/publish/roster.h"
#include "lib/net/loop.h"
#include "lib/net/pool.h"
#include "lib/rpc/rpc_server.h"

#define PUBLISH_METHOD "/millrace.snapshot.v1.Snapshots/Watch"

struct publish;

/* What happened, for log and metrics. All may be NULL. */
struct publish_ops {
    void (*connected)(void *owner, const struct roster_row *row);
    /* `err` GW_OK: it ended the stream in order. */
    void (*left)(void *owner, const struct roster_row *row, enum gw_err err, const char *why);
    void (*refused)(void *owner, const struct roster_row *row, const struct gw_version *version,
                    struct gw_text text);
    void (*sent)(void *owner, const struct compiled *compiled); /* one update, to one data plane */
    void (*not_compiled)(void *owner, enum gw_err err, const char *why);
    void (*nonsense)(void *owner, const char *why); /* a report that cannot be read */
};

struct publish *publish_new(struct gw_loop *loop, struct gw_pool *pool, struct roster *roster,
                            const struct publish_ops *ops, void *owner);
/* All streams are over. What the pool still makes is dropped when it comes. */
void publish_free(struct publish *publish);

/* For the server's table of methods. `owner` of the table must be the struct publish. */
enum gw_err publish_accept(struct publish *publish, struct gw_rpc_stream *stream,
                           const struct gw_rpc_stream_ops **ret_ops, void **ret_owner);

struct gw_version publish_version(const struct publish *publish); /* number 0: none yet */

/* The first version, or one that nothing was made for: whoever is behind will ask. */
void publish_begin(struct publish *publish, const struct gw_version *version);
/* A new version; counts `compiled` itself. */
void publish_advance(struct publish *publish, struct compiled *compiled);

#endif
