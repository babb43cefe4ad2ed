/* SPDX-License-Identifier: MIT */
/*
 * watch - the stream of updates from the control plane, and how they become snapshots.
 *
 * Belongs to its loop's thread, which must not be a worker's: a large update takes a while. For
 * this room only; the rest of the data plane talks to the subscriber.
 */
#ifndef DATAPLANE_SNAPSHOT_WATCH_H
#define DATAPLANE_SNAPSHOT_WATCH_H

#include "dataplane/snapshot/holder.h"
#include "lib/codec/keyring.h"
#include "lib/rpc/rpc_client.h"

#define WATCH_METHOD "/millrace.snapshot.v1.Snapshots/Watch"

struct watch_conf {
    struct gw_loop *loop;
    struct gw_rpc_client *client;
    struct holder *holder;
    const struct gw_keyring *ring;
    const char *node, *instance, *build; /* borrowed for good */
    int64_t started_wall_us;
};

struct watch_ops {
    void (*on_open)(void *owner);                  /* the control plane took us */
    void (*on_lost)(void *owner, const char *why); /* it is away, or refused us */
    void (*on_applied)(void *owner, const struct snapshot *snapshot); /* in use now; borrowed */
    void (*on_refused)(void *owner, const struct gw_version *version, const char *why);
};

struct watch;

struct watch *watch_new(const struct watch_conf *conf, const struct watch_ops *ops, void *owner);
void watch_free(struct watch *watch); /* ended, and its client closed */
void watch_start(struct watch *watch);
void watch_end(struct watch *watch); /* tries no more; closing the client ends what is open */

/* What the next report says besides the version; sends one if `is_draining` changed. */
void watch_set_load(struct watch *watch, uint64_t open_requests, bool is_draining);

#endif
