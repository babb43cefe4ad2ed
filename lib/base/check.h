/* SPDX-License-Identifier: MIT */
/*
 * check - for our own bugs, and memory that is there or the process is not.
 *
 * GW_CHECK ends the process when something that cannot happen has happened. Nothing that comes
 * from a client, a provider, a file or another daemon may trip one. Allocations made here
 * never return NULL: sizes that come from outside are bounded by the caller first.
 */
#ifndef LIB_BASE_CHECK_H
#define LIB_BASE_CHECK_H

#include <stddef.h>

#define GW_CHECK(what)                                                                             \
    do {                                                                                           \
        if (__builtin_expect(!(what), 0)) {                                                        \
            gw_check_failed(#what, __FILE__, __LINE__);                                            \
        }                                                                                          \
    } while (0)

void gw_check_failed(const char *what, const char *file, int line) __attribute__((noreturn, cold));

void *gw_must_alloc(size_t size)
    __attribute__((malloc, returns_nonnull, alloc_size(1))); /* zeroed */
void *gw_must_realloc(void *at, size_t size) __attribute__((returns_nonnull, alloc_size(2)));
char *gw_must_strdup(const char *text) __attribute__((malloc, returns_nonnull));
void gw_free(void *at); /* what the three above returned, or NULL */

#define GW_NEW(type)                          ((type *)gw_must_alloc(sizeof(type)))
#define GW_COUNT(array)                       (sizeof(array) / sizeof((array)[0]))
#define GW_CONTAINER(member_at, type, member) ((type *)((char *)(member_at)-offsetof(type, member)))

#endif
