/* SPDX-License-Identifier: MIT */
/*
 * known - digests of keys that were good a moment ago.
 *
 * A key's digest takes longer than anything else about admission, and most requests come from
 * few keys. Only digests are kept, each under a keyed hash of its key, never a key. What a
 * digest stands for is looked up in the snapshot every time, so a key that is withdrawn is
 * withdrawn. Belongs to one worker's thread.
 */
#ifndef DATAPLANE_ADMIT_KNOWN_H
#define DATAPLANE_ADMIT_KNOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/codec/digest.h"

struct known;

/* How a key is found again: nobody outside can choose keys that share one. */
struct known_tag {
    uint64_t at[2];
};

struct known *known_new(void);
void known_free(struct known *known);

struct known_tag known_tag(const struct known *known, struct gw_text key);
bool known_find(const struct known *known, struct known_tag tag, struct gw_digest *ret_digest);
/* The key of that tag was good. */
void known_keep(struct known *known, struct known_tag tag, const struct gw_digest *digest);

#endif
