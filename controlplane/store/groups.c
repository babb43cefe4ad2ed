/* SPDX-License-Identifier: MIT */
#include "controlplane/store/groups.h"

#include <stdlib.h>

static const struct gw_text WIDE_COMMA = GW_TEXT("\xef\xbc\x8c");

/* Bytes of the separator at the start of `text`, 0 if there is none. */
static size_t separator(struct gw_text text)
{
    if (text.at[0] == ',' || text.at[0] == '\n' || text.at[0] == '\r') {
        return 1;
    }
    return gw_text_starts_with(text, WIDE_COMMA) ? WIDE_COMMA.len : 0;
}

static bool has(const struct gw_groups *groups, struct gw_text name)
{
    for (size_t i = 0; i < groups->count; i++) {
        if (gw_text_eq(groups->at[i], name)) {
            return true;
        }
    }
    return false;
}

bool groups_split(struct gw_text text, struct gw_groups *ret_groups)
{
    bool all = true;

    ret_groups->count = 0;
    while (text.len > 0) {
        struct gw_text name = {text.at, 0};

        while (name.len < text.len && separator(gw_text_skip(text, name.len)) == 0) {
            name.len++;
        }
        text = gw_text_skip(text, name.len);
        if (text.len > 0) {
            text = gw_text_skip(text, separator(text));
        }
        name = gw_text_trim(name);
        if (name.len == 0 || has(ret_groups, name)) {
            continue;
        }
        if (ret_groups->count == GW_GROUPS_MAX) {
            all = false;
            continue;
        }
        ret_groups->at[ret_groups->count++] = name;
    }
    return all;
}

static int by_bytes(const void *left, const void *right)
{
    const struct gw_text *a = left, *b = right;
    size_t shorter = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->at, b->at, shorter);

    if (order != 0) {
        return order;
    }
    return a->len < b->len ? -1 : a->len > b->len;
}

void groups_sort(struct gw_groups *groups)
{
    qsort(groups->at, groups->count, sizeof(groups->at[0]), by_bytes);
}

struct gw_text groups_join(const struct gw_groups *groups, struct gw_arena *arena)
{
    size_t size = 1;
    char *text, *to;

    for (size_t i = 0; i < groups->count; i++) {
        size += groups->at[i].len + 1;
    }
    text = to = gw_arena_alloc(arena, size);
    for (size_t i = 0; i < groups->count; i++) {
        if (i > 0) {
            *to++ = ',';
        }
        memcpy(to, groups->at[i].at, groups->at[i].len);
        to += groups->at[i].len;
    }
    return (struct gw_text){text, (size_t)(to - text)};
}

struct gw_text groups_normalise(struct gw_text text, struct gw_arena *arena)
{
    struct gw_groups groups;

    (void)groups_split(text, &groups);
    if (groups.count == 0) {
        return GW_TEXT("default");
    }
    groups_sort(&groups);
    return groups_join(&groups, arena);
}
