/* SPDX-License-Identifier: MIT */
/*
 * A table of addresses, hashed under a key of this process: whoever chooses addresses cannot
 * choose where they go. Entries are also in a list, the one that failed longest ago first, from
 * which stale ones are dropped and, when the table is full, the first one.
 */
#include "statsd/login/limiter.h"

#include <string.h>

#include "lib/base/check.h"
#include "lib/base/list.h"
#include "lib/codec/digest.h"
#include "lib/codec/random.h"
#include "lib/units/clock.h"

#define FAILURES_MAX 10
#define WINDOW_US    (300 * GW_US_PER_SECOND)
#define LOCKOUT_US   (900 * GW_US_PER_SECOND)
#define SLOTS        16384 /* a power of two above LIMITER_ADDRESSES_MAX */

struct entry {
    struct gw_list by_age;
    struct entry *next; /* in the slot */
    struct gw_digest address;
    int failures;
    int64_t window_began_us;
    int64_t locked_until_us; /* 0: not */
};

struct limiter {
    struct gw_hmac *hmac;
    struct gw_list by_age;
    size_t count;
    struct entry *slots[SLOTS];
};

struct limiter *limiter_new(void)
{
    struct limiter *limiter = GW_NEW(struct limiter);
    char key[GW_DIGEST_SIZE];

    gw_random_bytes(key, sizeof(key));
    limiter->hmac = gw_hmac_new((struct gw_text){key, sizeof(key)});
    gw_list_init(&limiter->by_age);
    return limiter;
}

/* ---- Entries ---------------------------------------------------------------------------- */

static struct entry **slot_of(struct limiter *limiter, const struct gw_digest *address)
{
    uint32_t hash;

    memcpy(&hash, address->at, sizeof(hash));
    return &limiter->slots[hash % SLOTS];
}

static struct entry *find(struct limiter *limiter, struct gw_text text,
                          struct gw_digest *ret_address)
{
    struct entry *entry;

    gw_hmac_digest(limiter->hmac, text, ret_address);
    entry = *slot_of(limiter, ret_address);
    while (entry != NULL && memcmp(&entry->address, ret_address, sizeof(*ret_address)) != 0) {
        entry = entry->next;
    }
    return entry;
}

static void drop(struct limiter *limiter, struct entry *entry)
{
    struct entry **link = slot_of(limiter, &entry->address);

    while (*link != entry) {
        link = &(*link)->next;
    }
    *link = entry->next;
    gw_list_unlink(&entry->by_age);
    gw_free(entry);
    limiter->count--;
}

static bool is_stale(const struct entry *entry, int64_t now_us)
{
    return now_us >= entry->locked_until_us && now_us - entry->window_began_us >= WINDOW_US;
}

static struct entry *oldest(struct limiter *limiter)
{
    return GW_CONTAINER(limiter->by_age.next, struct entry, by_age);
}

static void make_room(struct limiter *limiter, int64_t now_us)
{
    while (limiter->count > 0 &&
           (is_stale(oldest(limiter), now_us) || limiter->count >= LIMITER_ADDRESSES_MAX)) {
        drop(limiter, oldest(limiter));
    }
}

static struct entry *add(struct limiter *limiter, const struct gw_digest *address)
{
    struct entry **slot = slot_of(limiter, address);
    struct entry *entry = GW_NEW(struct entry);

    entry->address = *address;
    entry->next = *slot;
    *slot = entry;
    gw_list_init(&entry->by_age);
    limiter->count++;
    return entry;
}

/* ---- Use -------------------------------------------------------------------------------- */

int64_t limiter_wait_seconds(struct limiter *limiter, struct gw_text address, int64_t now_us)
{
    struct gw_digest digest;
    struct entry *entry = find(limiter, address, &digest);

    if (entry == NULL || entry->locked_until_us <= now_us) {
        return 0;
    }
    return (entry->locked_until_us - now_us + GW_US_PER_SECOND - 1) / GW_US_PER_SECOND;
}

void limiter_fail(struct limiter *limiter, struct gw_text address, int64_t now_us)
{
    struct gw_digest digest;
    struct entry *entry = find(limiter, address, &digest);

    if (entry == NULL) {
        make_room(limiter, now_us);
        entry = add(limiter, &digest);
        entry->window_began_us = now_us;
    } else if (is_stale(entry, now_us) ||
               (entry->locked_until_us != 0 && now_us >= entry->locked_until_us)) {
        entry->failures = 0;
        entry->locked_until_us = 0;
        entry->window_began_us = now_us;
    }
    gw_list_unlink(&entry->by_age);
    gw_list_push_back(&limiter->by_age, &entry->by_age);
    entry->failures++;
    if (entry->failures >= FAILURES_MAX && entry->locked_until_us == 0) {
        entry->locked_until_us = now_us + LOCKOUT_US;
    }
}

void limiter_succeed(struct limiter *limiter, struct gw_text address)
{
    struct gw_digest digest;
    struct entry *entry = find(limiter, address, &digest);

    if (entry != NULL) {
        drop(limiter, entry);
    }
}

void limiter_free(struct limiter *limiter)
{
    if (limiter == NULL) {
        return;
    }
    while (limiter->count > 0) {
        drop(limiter, oldest(limiter));
    }
    gw_hmac_free(limiter->hmac);
    gw_free(limiter);
}
