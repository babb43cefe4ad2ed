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

/*
 * Frees replaced snapshots that no request uses any more; how many are still used. Not on a
 * worker's thread: a large one takes a while. holder_put() does it, too.
 */
size_t holder_sweep(struct holder *holder);

#endif
