/* SPDX-License-Identifier: MIT */
/*
 * index - makes a snapshot from the one before it and a set of update parts.
 *
 * A draft belongs to one thread; parts are added as they come, so that a large set is never held
 * twice. Nobody sees a draft before index_finish(), and a draft that fails leaves no trace.
 */
#ifndef DATAPLANE_SNAPSHOT_INDEX_H
#define DATAPLANE_SNAPSHOT_INDEX_H

#include "dataplane/snapshot/snapshot.h"
#include "lib/codec/keyring.h"
#include "lib/wire/update.h"

struct index_draft;

/* `previous` may be NULL. The keyring opens credentials and is borrowed until the end. */
struct index_draft *index_new(const struct snapshot *previous, const struct gw_keyring *ring);
void index_free(struct index_draft *draft);

/*
 * The next part; `part` is not needed afterwards.
 *
 *   GW_E_CONFLICT   the set is a change of another version than `previous`, or parts of two sets
 *                   were mixed
 *   GW_E_TOO_LARGE  more rows than a data plane holds
 *
 * After a failure the draft can only be freed.
 */
enum gw_err index_add(struct index_draft *draft, const struct gw_update *part,
                      struct gw_fault *fault) GW_MUST_USE;

/*
 * After the last part: the snapshot, with one reference. The draft is freed in any case.
 * GW_E_INVALID: two keys have the same digest.
 */
enum gw_err index_finish(struct index_draft *own_draft, const struct snapshot **ret_snapshot,
                         struct gw_fault *fault) GW_MUST_USE;

/* ---- The way back: a snapshot as parts of an update from nothing ------------------------- */

/* Every part is at most about `part_size`; the last one is marked. Stops at the first failure. */
enum gw_err index_parts(const struct snapshot *snapshot, size_t part_size,
                        enum gw_err (*take)(const struct gw_update *part, void *arg),
                        void *arg) GW_MUST_USE;

#endif
