/* SPDX-License-Identifier: MIT */
/*
 * A hash table over a fixed array of entries, and a list that orders them by when they last
 * failed. The window begins with a scope's first failure; the twentieth inside it locks.
 */
#include "dataplane/admit/abuse.h"

#include <pthread.h>
#include <stdatomic.h>

#include "lib/base/check.h"
#include "lib/base/list.h"

struct entry {
    struct gw_list age; /* in `ages`, or in `free` */
    struct entry *next; /* in its bucket */
    struct gw_digest scope;
    int64_t window_began_us;
    int64_t failed_us;
    int64_t locked_until_us; /* 0: not locked */
    uint32_t failures;
};

struct abuse {
    pthread_mutex_t mutex; /* guards everything but `count` */
    struct gw_list ages;   /* longest untouched first */
    struct gw_list free;
    struct entry **buckets;
    size_t bucket_mask;
    _Atomic size_t count;
    struct entry entries[];
};

struct abuse *abuse_new(size_t capacity)
{
    struct abuse *abuse = gw_must_alloc(sizeof(*abuse) + capacity * sizeof(struct entry));
    size_t buckets = 16;

    while (buckets < capacity) {
        buckets *= 2;
    }
    pthread_mutex_init(&abuse->mutex, NULL);
    gw_list_init(&abuse->ages);
    gw_list_init(&abuse->free);
    abuse->buckets = gw_must_alloc(buckets * sizeof(struct entry *));
    abuse->bucket_mask = buckets - 1;
    for (size_t i = 0; i < capacity; i++) {
        gw_list_init(&abuse->entries[i].age);
        gw_list_push_back(&abuse->free, &abuse->entries[i].age);
    }
    return abuse;
}

void abuse_free(struct abuse *abuse)
{
    if (abuse != NULL) {
        pthread_mutex_destroy(&abuse->mutex);
        gw_free(abuse->buckets);
        gw_free(abuse);
    }
}

size_t abuse_count(const struct abuse *abuse)
{
    return atomic_load_explicit(&abuse->count, memory_order_relaxed);
}

bool abuse_is_quiet(const struct abuse *abuse)
{
    return abuse_count(abuse) == 0;
}

/* ---- With the mutex held ---------------------------------------------------------------- */

static struct entry **place_of_locked(struct abuse *abuse, const struct gw_digest *scope)
{
    uint64_t hash;
    struct entry **place;

    memcpy(&hash, scope->at, sizeof(hash));
    place = &abuse->buckets[hash & abuse->bucket_mask];
    while (*place != NULL && memcmp((*place)->scope.at, scope->at, GW_DIGEST_SIZE) != 0) {
        place = &(*place)->next;
    }
    return place;
}

static void forget_locked(struct abuse *abuse, struct entry **place)
{
    struct entry *entry = *place;

    *place = entry->next;
    gw_list_unlink(&entry->age);
    gw_list_push_front(&abuse->free, &entry->age);
    atomic_fetch_sub_explicit(&abuse->count, 1, memory_order_relaxed);
}

static bool is_stale(const struct entry *entry, int64_t now_us)
{
    return now_us >= entry->locked_until_us && now_us - entry->failed_us >= ABUSE_WINDOW_US;
}

/* Forgets what has no meaning any more; entries are in order, so this looks at one too many. */
static void sweep_locked(struct abuse *abuse, int64_t now_us)
{
    while (!gw_list_is_empty(&abuse->ages)) {
        struct entry *oldest = GW_CONTAINER(abuse->ages.next, struct entry, age);

        if (!is_stale(oldest, now_us)) {
            break;
        }
        forget_locked(abuse, place_of_locked(abuse, &oldest->scope));
    }
}

static struct entry *add_locked(struct abuse *abuse, const struct gw_digest *scope, int64_t now_us)
{
    struct entry **place, *entry;

    if (gw_list_is_empty(&abuse->free)) {
        entry = GW_CONTAINER(abuse->ages.next, struct entry, age);
        forget_locked(abuse, place_of_locked(abuse, &entry->scope));
    }
    entry = GW_CONTAINER(gw_list_pop_front(&abuse->free), struct entry, age);
    place = place_of_locked(abuse, scope);
    *entry = (struct entry){.scope = *scope, .window_began_us = now_us};
    gw_list_init(&entry->age);
    *place = entry;
    atomic_fetch_add_explicit(&abuse->count, 1, memory_order_relaxed);
    return entry;
}

/* ---- For everybody ---------------------------------------------------------------------- */

bool abuse_is_locked(struct abuse *abuse, const struct gw_digest *scope, int64_t now_us,
                     int64_t *ret_left_us)
{
    struct entry *entry;
    bool is_locked;

    pthread_mutex_lock(&abuse->mutex);
    entry = *place_of_locked(abuse, scope);
    is_locked = entry != NULL && now_us < entry->locked_until_us;
    if (is_locked) {
        *ret_left_us = entry->locked_until_us - now_us;
    }
    sweep_locked(abuse, now_us);
    pthread_mutex_unlock(&abuse->mutex);
    return is_locked;
}

void abuse_failed(struct abuse *abuse, const struct gw_digest *scope, int64_t now_us)
{
    struct entry *entry;

    pthread_mutex_lock(&abuse->mutex);
    sweep_locked(abuse, now_us);
    entry = *place_of_locked(abuse, scope);
    if (entry == NULL) {
        entry = add_locked(abuse, scope, now_us);
    }
    if (now_us - entry->window_began_us >= ABUSE_WINDOW_US) {
        entry->window_began_us = now_us;
        entry->failures = 0;
    }
    entry->failed_us = now_us;
    if (++entry->failures >= ABUSE_FAILURES) {
        entry->locked_until_us = now_us + ABUSE_LOCK_US;
        entry->failures = 0;
    }
    gw_list_unlink(&entry->age);
    gw_list_push_back(&abuse->ages, &entry->age);
    pthread_mutex_unlock(&abuse->mutex);
}

void abuse_passed(struct abuse *abuse, const struct gw_digest *scope)
{
    struct entry **place;

    pthread_mutex_lock(&abuse->mutex);
    place = place_of_locked(abuse, scope);
    if (*place != NULL) {
        forget_locked(abuse, place);
    }
    pthread_mutex_unlock(&abuse->mutex);
}
