/* SPDX-License-Identifier: MIT */
#include "lib/base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void gw_check_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "check failed: %s (%s:%d)\n", what, file, line);
    abort();
}

void *gw_must_alloc(size_t size)
{
    void *at = calloc(1, size == 0 ? 1 : size);

    GW_CHECK(at != NULL);
    return at;
}

void *gw_must_realloc(void *at, size_t size)
{
    void *moved = realloc(at, size == 0 ? 1 : size);

    GW_CHECK(moved != NULL);
    return moved;
}

char *gw_must_strdup(const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(gw_must_alloc(size), text, size);
}

void gw_free(void *at)
{
    free(at);
}
