/* SPDX-License-Identifier: MIT */
/*
 * lint - what is stored correctly and yet would route nowhere.
 *
 * Blocks; for pool threads.
 */
#ifndef CONTROLPLANE_COMPILE_LINT_H
#define CONTROLPLANE_COMPILE_LINT_H

#include "lib/base/arena.h"
#include "lib/pg/pg.h"

#define LINT_MAX 20 /* further ones are left out */

struct lint_finding {
    struct gw_text group;
    int64_t keys; /* enabled ones that name it */
};

struct lint {
    struct lint_finding at[LINT_MAX];
    size_t count;
};

/* Groups that enabled keys name and no enabled provider has. Texts live in `arena`. */
enum gw_err lint_groups(struct gw_pg *pg, struct gw_arena *arena, struct lint *ret_lint,
                        struct gw_fault *fault) GW_MUST_USE;

#endif
