/* SPDX-License-Identifier: MIT */
/*
 * list - intrusive doubly linked list.
 *
 * A node is a member of the object it links; a node that is in no list points at itself, so that
 * unlinking twice is harmless. The list's head is a node, too. One thread at a time.
 */
#ifndef LIB_BASE_LIST_H
#define LIB_BASE_LIST_H

#include <stdbool.h>

#include "lib/base/check.h"

struct gw_list {
    struct gw_list *next;
    struct gw_list *prev;
};

static inline void gw_list_init(struct gw_list *node)
{
    node->next = node->prev = node;
}

static inline bool gw_list_is_empty(const struct gw_list *list)
{
    return list->next == list;
}

static inline bool gw_list_is_linked(const struct gw_list *node)
{
    return node->next != node;
}

static inline void gw_list_unlink(struct gw_list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    gw_list_init(node);
}

static inline void gw_list_insert_before(struct gw_list *place, struct gw_list *node)
{
    GW_CHECK(!gw_list_is_linked(node));
    node->next = place;
    node->prev = place->prev;
    place->prev->next = node;
    place->prev = node;
}

static inline void gw_list_push_back(struct gw_list *list, struct gw_list *node)
{
    gw_list_insert_before(list, node);
}

static inline void gw_list_push_front(struct gw_list *list, struct gw_list *node)
{
    gw_list_insert_before(list->next, node);
}

/* The first node, unlinked, or NULL. */
static inline struct gw_list *gw_list_pop_front(struct gw_list *list)
{
    struct gw_list *node = list->next;

    if (node == list) {
        return NULL;
    }
    gw_list_unlink(node);
    return node;
}

/* `node` may be unlinked inside the loop, its neighbours may not. */
#define GW_LIST_EACH(list, node)                                                                   \
    for (struct gw_list *node = (list)->next, *gw_list_next = node->next; node != (list);          \
         node = gw_list_next, gw_list_next = node->next)

#endif
