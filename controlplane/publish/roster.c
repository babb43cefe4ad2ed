/* SPDX-License-Identifier: MIT */
#include "controlplane/publish/roster.h"

#include <pthread.h>
#include <string.h>

struct roster {
    pthread_mutex_t mutex; /* guards all below, and the rows of entries in the list */
    struct gw_list entries;
    size_t count;
    struct gw_version current;
};

struct roster *roster_new(void)
{
    struct roster *roster = GW_NEW(struct roster);

    pthread_mutex_init(&roster->mutex, NULL);
    gw_list_init(&roster->entries);
    return roster;
}

void roster_free(struct roster *roster)
{
    if (roster == NULL) {
        return;
    }
    GW_CHECK(roster->count == 0);
    pthread_mutex_destroy(&roster->mutex);
    gw_free(roster);
}

void roster_enter(struct roster *roster, struct roster_entry *entry)
{
    pthread_mutex_lock(&roster->mutex);
    gw_list_init(&entry->link);
    gw_list_push_back(&roster->entries, &entry->link);
    roster->count++;
    pthread_mutex_unlock(&roster->mutex);
}

void roster_set(struct roster *roster, struct roster_entry *entry, const struct roster_row *row)
{
    pthread_mutex_lock(&roster->mutex);
    entry->row = *row;
    pthread_mutex_unlock(&roster->mutex);
}

void roster_leave(struct roster *roster, struct roster_entry *entry)
{
    pthread_mutex_lock(&roster->mutex);
    gw_list_unlink(&entry->link);
    roster->count--;
    pthread_mutex_unlock(&roster->mutex);
}

void roster_set_current(struct roster *roster, const struct gw_version *version)
{
    pthread_mutex_lock(&roster->mutex);
    roster->current = *version;
    pthread_mutex_unlock(&roster->mutex);
}

size_t roster_count(struct roster *roster)
{
    size_t count;

    pthread_mutex_lock(&roster->mutex);
    count = roster->count;
    pthread_mutex_unlock(&roster->mutex);
    return count;
}

size_t roster_read(struct roster *roster, struct roster_row *rows, size_t room,
                   struct gw_version *ret_current)
{
    size_t count = 0;

    pthread_mutex_lock(&roster->mutex);
    GW_LIST_EACH (&roster->entries, node) {
        if (count < room) {
            rows[count++] = GW_CONTAINER(node, struct roster_entry, link)->row;
        }
    }
    *ret_current = roster->current;
    pthread_mutex_unlock(&roster->mutex);
    return count;
}
