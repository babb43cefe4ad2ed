/* SPDX-License-Identifier: MIT */
/*
 * holder - the snapshot in use; swap, ref.
 *
 * One per process. The subscriber (or the file given by hand) puts snapshots in; workers take a
 * reference when a request begins.
 */
#ifndef DATAPLANE_SNAPSHOT_HOLDER_H
#define DATAPLANE_SNAPSHOT_HOLDER_H

#include "dataplane/snapshot/snapshot.h"

struct holder;

struct holder *holder_new(void);
void holder_free(struct holder *holder);
/* A reference to the snapshot in use, to be given back with snapshot_unref(); NULL: none yet. */
const struct snapshot *holder_get(struct holder *holder);
/* Takes over the caller's reference. */
void holder_put(struct holder *holder, const struct snapshot *own_snapshot);

#endif
