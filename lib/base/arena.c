/* SPDX-License-Identifier: MIT */
/*
 * Blocks in a chain, the newest first; only the newest is carved from. What does not fit into
 * an ordinary block gets one of its own, put behind the newest so that carving goes on there.
 */
#include "lib/base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>

#include "lib/base/check.h"

#define BLOCK_ROOM ((size_t)4096 - 2 * sizeof(void *)) /* a page with its header */
#define LARGE      (BLOCK_ROOM / 4)                    /* from here on a block of its own */

struct gw_arena_block {
    struct gw_arena_block *older;
    alignas(max_align_t) char bytes[];
};

void gw_arena_init(struct gw_arena *arena, size_t max)
{
    *arena = (struct gw_arena){.max = max};
}

void gw_arena_fini(struct gw_arena *arena)
{
    while (arena->blocks != NULL) {
        struct gw_arena_block *older = arena->blocks->older;

        gw_free(arena->blocks);
        arena->blocks = older;
    }
    gw_arena_init(arena, arena->max);
}

static struct gw_arena_block *new_block(size_t room)
{
    return gw_must_alloc(sizeof(struct gw_arena_block) + room);
}

static void *large(struct gw_arena *arena, size_t size)
{
    struct gw_arena_block *block = new_block(size);

    if (arena->blocks == NULL) {
        arena->blocks = block;
        arena->used = BLOCK_ROOM; /* nothing more fits beside it */
        return block->bytes;
    }
    block->older = arena->blocks->older;
    arena->blocks->older = block;
    return block->bytes;
}

void *gw_arena_try(struct gw_arena *arena, size_t size)
{
    struct gw_arena_block *block;
    size_t align = alignof(max_align_t);

    if (size > arena->max - arena->total) {
        return NULL;
    }
    arena->total += size;
    size = (size + align - 1) / align * align;
    if (size >= LARGE) {
        return large(arena, size);
    }
    if (arena->blocks == NULL || size > BLOCK_ROOM - arena->used) {
        block = new_block(BLOCK_ROOM);
        block->older = arena->blocks;
        arena->blocks = block;
        arena->used = 0;
    }
    arena->used += size;
    return arena->blocks->bytes + arena->used - size;
}

void *gw_arena_alloc(struct gw_arena *arena, size_t size)
{
    void *at = gw_arena_try(arena, size);

    GW_CHECK(at != NULL);
    return at;
}

struct gw_text gw_arena_text(struct gw_arena *arena, struct gw_text text)
{
    char *copy = gw_arena_alloc(arena, text.len + 1);

    if (text.len > 0) {
        memcpy(copy, text.at, text.len);
    }
    return (struct gw_text){copy, text.len};
}

const char *gw_arena_str(struct gw_arena *arena, const char *zero_terminated)
{
    return gw_arena_text(arena, gw_text_of(zero_terminated)).at;
}

const char *gw_arena_fmt(struct gw_arena *arena, const char *fmt, ...)
{
    va_list args, again;
    char *at;
    int size;

    va_start(args, fmt);
    va_copy(again, args);
    size = vsnprintf(NULL, 0, fmt, args);
    GW_CHECK(size >= 0);
    at = gw_arena_alloc(arena, (size_t)size + 1);
    vsnprintf(at, (size_t)size + 1, fmt, again);
    va_end(again);
    va_end(args);
    return at;
}
