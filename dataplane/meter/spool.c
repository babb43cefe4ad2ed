/* SPDX-License-Identifier: MIT */
/*
 * Usage is money, so an event may be delivered twice but must not vanish quietly.
 *
 * Every event gets the next number in an endless count, also one there is no room for: the hole it
 * leaves is how statsd learns of the loss. What was taken stands in a ring, in the order of the
 * numbers, and three places cut the ring into its parts:
 *
 *      oldest            next             end
 *        |  handed out,   |  waiting to    |
 *        |  unconfirmed   |  be handed out |  free slots
 *     ---+----------------+----------------+------------
 *       17  18  (x)  20     21  24  25            x: confirmed out of order, its bytes freed
 *                               `- 22, 23 found no room
 *
 *      oldest <= next <= end,   end - oldest <= capacity
 *
 * spool_put() moves `end`, spool_next() moves `next`, spool_confirm() moves `oldest` as far as all
 * is confirmed, and spool_rewind() puts `next` back to `oldest`. Neither places nor numbers wrap in
 * practice (a million events a second would take half a million years).
 *
 * Why a full spool refuses the new event instead of pushing out the oldest: the oldest may already
 * be on the wire, and what has been handed out must stay until its fate is known.
 *
 * A hole is told (spool_lost_below()) only when everything before it is confirmed, because statsd
 * takes it as "wait for nothing below", and a batch sent earlier may still have to be repeated.
 */
#include "dataplane/meter/spool.h"

#include <pthread.h>

#include "lib/base/check.h"
#include "lib/codec/random.h"

#define FIRST_ROOM    1024
#define FREED_AT_ONCE 64 /* events whose memory is given back between two holds of the mutex */

struct slot {
    uint64_t seq;
    char *bytes; /* NULL: confirmed */
    uint32_t len;
    int64_t put_us;
};

struct spool {
    uint8_t id[GW_SPOOL_ID_SIZE];
    size_t capacity, bytes_max;

    pthread_mutex_t mutex;      /* guards the rest */
    uint64_t oldest, next, end; /* places; place n is slots[n % room] */
    uint64_t next_seq;          /* the number of the next event */
    uint64_t handed_out;        /* the highest number that ever was */
    uint64_t passed;            /* the number of the last slot that left the ring */
    uint64_t lost_below;
    uint64_t put, lost, confirmed;
    size_t unconfirmed, bytes;
    size_t room; /* slots there are, up to the capacity: most spools never need many */
    struct slot *slots;
};

struct spool *spool_new(size_t events_max, size_t bytes_max)
{
    struct spool *spool = GW_NEW(struct spool);

    GW_CHECK(events_max > 0);
    spool->room = events_max < FIRST_ROOM ? events_max : FIRST_ROOM;
    spool->slots = gw_must_alloc(spool->room * sizeof(spool->slots[0]));
    spool->capacity = events_max;
    spool->bytes_max = bytes_max;
    spool->next_seq = 1;
    gw_random_bytes(spool->id, sizeof(spool->id));
    pthread_mutex_init(&spool->mutex, NULL);
    return spool;
}

static struct slot *slot_at(struct spool *spool, uint64_t place)
{
    return &spool->slots[place % spool->room];
}

void spool_free(struct spool *spool)
{
    if (spool == NULL) {
        return;
    }
    for (uint64_t place = spool->oldest; place < spool->end; place++) {
        gw_free(slot_at(spool, place)->bytes);
    }
    pthread_mutex_destroy(&spool->mutex);
    gw_free(spool->slots);
    gw_free(spool);
}

const uint8_t *spool_id(const struct spool *spool)
{
    return spool->id;
}

/* ---- In --------------------------------------------------------------------------------- */

static void grow_locked(struct spool *spool)
{
    size_t room = 2 * spool->room < spool->capacity ? 2 * spool->room : spool->capacity;
    struct slot *slots = gw_must_alloc(room * sizeof(slots[0]));

    for (uint64_t place = spool->oldest; place < spool->end; place++) {
        slots[place % room] = *slot_at(spool, place);
    }
    gw_free(spool->slots);
    spool->slots = slots;
    spool->room = room;
}

static bool put_locked(struct spool *spool, char *own_bytes, size_t len, int64_t now_us)
{
    uint64_t seq = spool->next_seq++;

    if (spool->end - spool->oldest == spool->capacity || len > spool->bytes_max - spool->bytes) {
        spool->lost++;
        return false;
    }
    if (spool->end - spool->oldest == spool->room) {
        grow_locked(spool);
    }
    *slot_at(spool, spool->end++) = (struct slot){
        .seq = seq, .bytes = own_bytes, .len = (uint32_t)len, .put_us = now_us};
    spool->put++;
    spool->unconfirmed++;
    spool->bytes += len;
    return true;
}

enum gw_err spool_put(struct spool *spool, char *own_bytes, size_t len, int64_t now_us)
{
    bool is_in;

    pthread_mutex_lock(&spool->mutex);
    is_in = put_locked(spool, own_bytes, len, now_us);
    pthread_mutex_unlock(&spool->mutex);
    if (!is_in) {
        gw_free(own_bytes);
        return GW_E_FULL;
    }
    return GW_OK;
}

/* ---- Out -------------------------------------------------------------------------------- */

static struct spool_run next_locked(struct spool *spool, size_t count_max, size_t bytes_max,
                                    struct gw_text *ret_events)
{
    struct spool_run run = {.count = 0};
    size_t bytes = 0;

    while (spool->next < spool->end && run.count < count_max && bytes < bytes_max) {
        const struct slot *slot = slot_at(spool, spool->next);
        bool follows = run.count > 0 && slot->seq == run.first_seq + run.count;

        if (run.count > 0 && (!follows || slot->bytes == NULL)) {
            break; /* a hole: lost, or confirmed before a rewind */
        }
        spool->next++;
        if (slot->bytes == NULL) {
            continue;
        }
        if (run.count == 0) {
            run.first_seq = slot->seq;
        }
        ret_events[run.count++] = (struct gw_text){slot->bytes, slot->len};
        bytes += slot->len;
        spool->handed_out = slot->seq > spool->handed_out ? slot->seq : spool->handed_out;
    }
    return run;
}

struct spool_run spool_next(struct spool *spool, size_t count_max, size_t bytes_max,
                            struct gw_text *ret_events)
{
    struct spool_run run;

    pthread_mutex_lock(&spool->mutex);
    run = next_locked(spool, count_max, bytes_max, ret_events);
    pthread_mutex_unlock(&spool->mutex);
    return run;
}

void spool_rewind(struct spool *spool)
{
    pthread_mutex_lock(&spool->mutex);
    spool->next = spool->oldest;
    pthread_mutex_unlock(&spool->mutex);
}

/* The first place whose number is not below `seq`; `end` if there is none. */
static uint64_t find_locked(struct spool *spool, uint64_t seq)
{
    uint64_t low = spool->oldest, high = spool->end;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (slot_at(spool, middle)->seq < seq) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void pass_confirmed_locked(struct spool *spool)
{
    while (spool->oldest < spool->end && slot_at(spool, spool->oldest)->bytes == NULL) {
        uint64_t seq = slot_at(spool, spool->oldest)->seq;

        if (seq > spool->passed + 1) {
            spool->lost_below = seq;
        }
        spool->passed = seq;
        spool->oldest++;
    }
    if (spool->next < spool->oldest) {
        spool->next = spool->oldest; /* confirmed before the rewound copy went out */
    }
}

/* Confirms from *first_seq on, some at a time; their memory is the caller's to free. */
static size_t confirm_locked(struct spool *spool, uint64_t *first_seq, uint64_t last_seq,
                             char *ret_bytes[FREED_AT_ONCE])
{
    uint64_t place = find_locked(spool, *first_seq);
    size_t count = 0;

    for (; place < spool->end && count < FREED_AT_ONCE; place++) {
        struct slot *slot = slot_at(spool, place);

        if (slot->seq > last_seq) {
            break;
        }
        *first_seq = slot->seq + 1;
        if (slot->bytes != NULL) {
            ret_bytes[count++] = slot->bytes;
            slot->bytes = NULL;
            spool->bytes -= slot->len;
            spool->unconfirmed--;
            spool->confirmed++;
        }
    }
    pass_confirmed_locked(spool);
    return count;
}

bool spool_confirm(struct spool *spool, uint64_t first_seq, uint64_t last_seq)
{
    char *bytes[FREED_AT_ONCE];
    bool was_sent;
    size_t count;

    do {
        pthread_mutex_lock(&spool->mutex);
        was_sent = last_seq <= spool->handed_out;
        count = was_sent ? confirm_locked(spool, &first_seq, last_seq, bytes) : 0;
        pthread_mutex_unlock(&spool->mutex);
        for (size_t i = 0; i < count; i++) {
            gw_free(bytes[i]);
        }
    } while (count == FREED_AT_ONCE);
    return was_sent;
}

bool spool_is_confirmed(struct spool *spool, uint64_t first_seq, uint64_t last_seq)
{
    bool is_confirmed = true;

    pthread_mutex_lock(&spool->mutex);
    for (uint64_t place = find_locked(spool, first_seq);
         place < spool->end && slot_at(spool, place)->seq <= last_seq; place++) {
        is_confirmed = is_confirmed && slot_at(spool, place)->bytes == NULL;
    }
    pthread_mutex_unlock(&spool->mutex);
    return is_confirmed;
}

uint64_t spool_lost_below(struct spool *spool)
{
    uint64_t front, lost_below;

    pthread_mutex_lock(&spool->mutex);
    front = spool->oldest == spool->end ? spool->next_seq : slot_at(spool, spool->oldest)->seq;
    if (front > spool->passed + 1) {
        spool->lost_below = front;
    }
    lost_below = spool->lost_below;
    pthread_mutex_unlock(&spool->mutex);
    return lost_below;
}

/* ---- Figures ---------------------------------------------------------------------------- */

void spool_figures(struct spool *spool, struct spool_figures *ret_figures)
{
    pthread_mutex_lock(&spool->mutex);
    *ret_figures = (struct spool_figures){
        .put = spool->put,
        .lost = spool->lost,
        .confirmed = spool->confirmed,
        .waiting = (size_t)(spool->end - spool->next),
        .unconfirmed = spool->unconfirmed,
        .bytes = spool->bytes,
        .oldest_put_us = spool->oldest == spool->end ? 0 : slot_at(spool, spool->oldest)->put_us,
    };
    pthread_mutex_unlock(&spool->mutex);
}

size_t spool_waiting(struct spool *spool)
{
    size_t waiting;

    pthread_mutex_lock(&spool->mutex);
    waiting = (size_t)(spool->end - spool->next);
    pthread_mutex_unlock(&spool->mutex);
    return waiting;
}
