/* SPDX-License-Identifier: MIT */
/*
 * last_good - the snapshot to start from when there is no control plane.
 *
 * Reading and writing block: last_good_read() is for the start, and the keeper has a thread of
 * its own, which writes the newest snapshot it was given, no more often than once a second.
 */
#ifndef DATAPLANE_SNAPSHOT_LAST_GOOD_H
#define DATAPLANE_SNAPSHOT_LAST_GOOD_H

#include "dataplane/snapshot/snapshot.h"
#include "lib/codec/keyring.h"

/*
 *   GW_E_ABSENT   there is no such file
 *   GW_E_INVALID  it was sealed with a key that is not in the ring
 *   GW_E_CORRUPT  the file is damaged; it is then better to start with nothing
 */
enum gw_err last_good_read(const char *path, const struct gw_keyring *ring,
                           const struct snapshot **ret_snapshot,
                           struct gw_fault *fault) GW_MUST_USE;
enum gw_err last_good_write(const char *path, const struct gw_keyring *ring,
                            const struct snapshot *snapshot, struct gw_fault *fault) GW_MUST_USE;

struct last_good;

/* `told` runs on the keeper's thread after each write: GW_OK, or what went wrong. */
typedef void (*last_good_told)(void *owner, enum gw_err err, const char *text);
struct last_good *last_good_new(const char *path, const struct gw_keyring *ring,
                                last_good_told told, void *owner);
void last_good_free(struct last_good *keeper); /* writes what still waits, first; NULL is fine */
/* Any thread; takes its own reference. */
void last_good_keep(struct last_good *keeper, const struct snapshot *snapshot);

#endif
