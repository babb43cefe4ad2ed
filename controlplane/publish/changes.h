/* SPDX-License-Identifier: MIT */
/*
 * changes - notices that the configuration changed, and has it published.
 *
 * Everything on the loop's thread. The pool's context is a struct gw_pg.
 */
#ifndef CONTROLPLANE_PUBLISH_CHANGES_H
#define CONTROLPLANE_PUBLISH_CHANGES_H

#include "controlplane/publish/publish.h"
#include "lib/pg/listen.h"
#include "lib/pg/pg.h"

#define CHANGES_CHANNEL "millrace_config"

struct changes;

struct changes_conf {
    const char *database; /* libpq's conninfo */
    /*
     * Brings the database to where it can be read (migrations); on the pool, after every
     * connection, until it says GW_OK.
     */
    enum gw_err (*prepare)(void *owner, struct gw_pg *pg, struct gw_fault *fault);
};

struct changes_ops {
    /* Whether the database is there and fit to be used; `why` not, borrowed. */
    void (*on_database)(void *owner, bool is_there, const char *why);
    /* A version was published; how long after it was noticed that there may be one. */
    void (*on_published)(void *owner, const struct compiled *compiled, int64_t took_us);
    /* It could not be made; it is tried again. */
    void (*on_failed)(void *owner, enum gw_err err, const char *why);
};

struct changes *changes_new(struct gw_loop *loop, struct gw_pool *pool, struct publish *publish,
                            const struct changes_conf *conf, const struct changes_ops *ops,
                            void *owner);
/* No call-outs any more. What the pool still does is dropped when it comes. */
void changes_free(struct changes *changes);

/* Something was changed here: do not wait to be told by the database. */
void changes_wake(struct changes *changes);

#endif
