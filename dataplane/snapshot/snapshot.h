/* SPDX-License-Identifier: MIT */
/*
 * snapshot - what a data plane knows: immutable, counted, looked up by everyone.
 *
 * A snapshot never changes after it was published; a request keeps the one it began with. Any
 * thread may read; the count is atomic.
 */
#ifndef DATAPLANE_SNAPSHOT_SNAPSHOT_H
#define DATAPLANE_SNAPSHOT_SNAPSHOT_H

#include "lib/wire/config.h"
#include "lib/wire/version.h"

struct snapshot;

const struct snapshot *snapshot_ref(const struct snapshot *snapshot);
void snapshot_unref(const struct snapshot *snapshot);       /* NULL is fine */
bool snapshot_is_last_ref(const struct snapshot *snapshot); /* nobody else can take one any more */
struct gw_version snapshot_version(const struct snapshot *snapshot);
const struct gw_config_settings *snapshot_settings(const struct snapshot *snapshot);

/* NULL if there is none. Constant time in the digest's value; well under a microsecond. */
const struct gw_config_key *snapshot_key(const struct snapshot *snapshot,
                                         const uint8_t digest[GW_KEY_DIGEST_SIZE]);
const struct gw_config_user *snapshot_user(const struct snapshot *snapshot, uint64_t id);
const struct gw_config_provider *snapshot_provider(const struct snapshot *snapshot, uint64_t id);

/*
 * A provider as routing sees it: the row, and its credential opened from its seal (once, when
 * the snapshot was made). `secret` is empty when the seal could not be opened; such a provider
 * is never chosen.
 */
struct snapshot_provider {
    const struct gw_config_provider *row;
    struct gw_text secret;
};

/* All enabled providers of one type, ordered by id. */
struct snapshot_providers {
    const struct snapshot_provider *at;
    size_t count;
};
struct snapshot_providers snapshot_providers_of(const struct snapshot *snapshot,
                                                enum gw_provider_type type);

size_t snapshot_count_keys(const struct snapshot *snapshot);
size_t snapshot_count_users(const struct snapshot *snapshot);
size_t snapshot_count_providers(const struct snapshot *snapshot);
size_t snapshot_count_unopened(const struct snapshot *snapshot); /* enabled, without a secret */

#endif
