/* SPDX-License-Identifier: MIT */
/*
 * groups - lists of group names as people write them: "b, a,a".
 */
#ifndef CONTROLPLANE_STORE_GROUPS_H
#define CONTROLPLANE_STORE_GROUPS_H

#include "lib/base/arena.h"
#include "lib/wire/config.h"

/*
 * Cuts at commas, full-width commas and line ends; trims; leaves out what is empty or was there
 * before. False when there are more than GW_GROUPS_MAX: the rest is left out.
 */
bool groups_split(struct gw_text text, struct gw_groups *ret_groups);

void groups_sort(struct gw_groups *groups);

/* "a,b" */
struct gw_text groups_join(const struct gw_groups *groups, struct gw_arena *arena);

/* What a key or user is stored with: sorted, each once, "default" when there is none. */
struct gw_text groups_normalise(struct gw_text text, struct gw_arena *arena);

#endif
