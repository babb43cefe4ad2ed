/* SPDX-License-Identifier: MIT */
/*
 * arena - memory that is forgotten all at once.
 *
 * For everything that lives exactly as long as one exchange, one call or one snapshot. An arena
 * has a ceiling for the sum of what it hands out, so that nothing a peer sends can make it grow
 * without end: gw_arena_try() says no, the others check. One thread at a time.
 */
#ifndef LIB_BASE_ARENA_H
#define LIB_BASE_ARENA_H

#include <stddef.h>

#include "lib/base/err.h"
#include "lib/base/text.h"

struct gw_arena_block;

struct gw_arena {
    struct gw_arena_block *blocks; /* newest first */
    size_t used;                   /* in the newest block */
    size_t total;                  /* handed out in all */
    size_t max;
};

void gw_arena_init(struct gw_arena *arena, size_t max);
void gw_arena_fini(struct gw_arena *arena);

/* Zeroed, aligned for any type. Passing the ceiling is a bug: bound outside sizes first. */
void *gw_arena_alloc(struct gw_arena *arena, size_t size) __attribute__((returns_nonnull));
void *gw_arena_try(struct gw_arena *arena, size_t size); /* NULL when past the ceiling */

struct gw_text gw_arena_text(struct gw_arena *arena,
                             struct gw_text text); /* zero-terminated copy */
const char *gw_arena_str(struct gw_arena *arena, const char *zero_terminated);
const char *gw_arena_fmt(struct gw_arena *arena, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#define GW_ARENA_NEW(arena, type)          ((type *)gw_arena_alloc(arena, sizeof(type)))
#define GW_ARENA_ARRAY(arena, type, count) ((type *)gw_arena_alloc(arena, sizeof(type) * (count)))

#endif
