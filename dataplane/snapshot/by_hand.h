/* SPDX-License-Identifier: MIT */
/*
 * by_hand - a snapshot written as JSON, for tests and first steps.
 *
 *     {"users": [{"id": 1, "name": "u"}],
 *      "keys": [{"id": 1, "user_id": 1, "key": "sk-..."}],
 *      "providers": [{"id": 1, "name": "p", "type": "claude", "url": "http://127.0.0.1:9",
 *                     "key": "secret"}]}
 *
 * Also taken: users enabled, expires_at, groups; keys name, enabled, expires_at, groups;
 * providers enabled, weight, priority, groups, cost_multiplier, first_byte_timeout_ms,
 * stream_idle_timeout_ms, total_timeout_ms; "timezone". Groups are ["default"] unless given,
 * a provider's weight 1 and priority 0. A url may be "unix:/path", "unix:/path:/base".
 */
#ifndef DATAPLANE_SNAPSHOT_BY_HAND_H
#define DATAPLANE_SNAPSHOT_BY_HAND_H

#include "dataplane/snapshot/snapshot.h"
#include "lib/codec/keyring.h"

/*
 * Blocks. Keys are digested and credentials sealed under `ring`; without one (NULL) a fresh ring
 * is made and given out at *ret_ring, because client keys must be digested with the same. GW_OK,
 * GW_E_ABSENT, GW_E_INVALID (everything that is wrong, as far as it fits), GW_E_TOO_LARGE.
 */
enum gw_err by_hand_read(const char *path, const struct gw_keyring *ring,
                         struct gw_keyring **ret_ring, const struct snapshot **ret_snapshot,
                         struct gw_fault *fault) GW_MUST_USE;

#endif
