/* SPDX-License-Identifier: MIT */
/*
 * compiled - one update, packed and ready to be sent: immutable, counted.
 *
 * Made on a pool thread, then handed to the loop, where all that share it count it.
 */
#ifndef CONTROLPLANE_COMPILE_COMPILED_H
#define CONTROLPLANE_COMPILE_COMPILED_H

#include "lib/base/text.h"
#include "lib/wire/version.h"

struct compiled;

struct compiled *compiled_ref(struct compiled *compiled);
void compiled_unref(struct compiled *compiled); /* NULL is fine */

/* From which version it leads to which; a base of number 0 is from nothing. */
struct gw_version compiled_base(const struct compiled *compiled);
struct gw_version compiled_version(const struct compiled *compiled);
static inline bool compiled_is_full(const struct compiled *compiled)
{
    return compiled_base(compiled).number == 0;
}

/* Messages to be sent in order. None: base and version are the same. */
size_t compiled_parts(const struct compiled *compiled);
struct gw_text compiled_part(const struct compiled *compiled, size_t place);
size_t compiled_size(const struct compiled *compiled); /* of all parts */

bool version_eq(const struct gw_version *a, const struct gw_version *b);

#endif
