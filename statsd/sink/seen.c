/* SPDX-License-Identifier: MIT */
/*
 * The numbers of a spool, from 1 on:
 *
 *      1            open gap              below
 *      |  counted   |        |   counted    |  never heard of
 *   ---+------------+--------+--------------+------------------
 *
 * An event at `below` moves it by one. An event past it leaves a gap behind. An event before it
 * counts only if it lies in an open gap, which it cuts in two. A gap that the sender gives up is
 * closed as lost and is not opened again: what arrives for it later is not counted, because the
 * sender may have reported its loss elsewhere already.
 *
 * A number that was jumped over may have been forged upwards. That loses nothing: the honest
 * events that follow fall into the gap and are counted there.
 */
#include "statsd/sink/seen.h"

#include <string.h>

#include "lib/base/check.h"

static const char *const STATE_NAMES[] = {
    [SEEN_OPEN] = "open",
    [SEEN_FILLED] = "filled",
    [SEEN_LOST] = "lost",
};

const char *seen_state_name(enum seen_state state)
{
    return STATE_NAMES[state];
}

/* ---- Life ------------------------------------------------------------------------------- */

void seen_init(struct seen *seen, uint64_t below)
{
    *seen = (struct seen){.below = below};
}

void seen_fini(struct seen *seen)
{
    gw_free(seen->open);
    gw_free(seen->closed);
    *seen = (struct seen){.below = seen->below};
}

/* Opens a place at `index` of a growing array. */
static struct seen_range *insert_at(struct seen_range **at, size_t *count, size_t *room,
                                    size_t index)
{
    if (*count == *room) {
        *room = *room == 0 ? 8 : 2 * *room;
        *at = gw_must_realloc(*at, *room * sizeof(**at));
    }
    memmove(*at + index + 1, *at + index, (*count - index) * sizeof(**at));
    (*count)++;
    return *at + index;
}

void seen_add_open(struct seen *seen, uint64_t first, uint64_t last, int64_t found_us)
{
    *insert_at(&seen->open, &seen->open_count, &seen->open_room,
               seen->open_count) = (struct seen_range){first, last, found_us, SEEN_OPEN};
}

/* ---- Gaps ------------------------------------------------------------------------------- */

static void open_gap(struct seen *seen, uint64_t first, uint64_t last, int64_t now_us)
{
    seen_add_open(seen, first, last, now_us);
    seen->gaps_changed = true;
}

/* Neighbours that went the same way become one range. */
static void close_range(struct seen *seen, struct seen_range range)
{
    struct seen_range *last = seen->closed_count == 0 ? NULL
                                                      : &seen->closed[seen->closed_count - 1];

    seen->gaps_changed = true;
    if (last != NULL && last->state == range.state && last->last + 1 == range.first &&
        last->found_us == range.found_us) {
        last->last = range.last;
        return;
    }
    *insert_at(&seen->closed, &seen->closed_count, &seen->closed_room, seen->closed_count) = range;
}

static void remove_open(struct seen *seen, size_t index)
{
    seen->open_count--;
    memmove(seen->open + index, seen->open + index + 1,
            (seen->open_count - index) * sizeof(*seen->open));
}

/* The place of the first gap that ends at `seq` or later. */
static size_t find_open(const struct seen *seen, uint64_t seq)
{
    size_t low = 0, high = seen->open_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (seen->open[middle].last < seq) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Takes one number out of a gap that holds it. */
static void fill(struct seen *seen, size_t index, uint64_t seq)
{
    struct seen_range whole = seen->open[index];

    close_range(seen, (struct seen_range){seq, seq, whole.found_us, SEEN_FILLED});
    if (whole.first == whole.last) {
        remove_open(seen, index);
    } else if (seq == whole.first) {
        seen->open[index].first = seq + 1;
    } else if (seq == whole.last) {
        seen->open[index].last = seq - 1;
    } else {
        seen->open[index].last = seq - 1;
        *insert_at(&seen->open, &seen->open_count, &seen->open_room,
                   index + 1) = (struct seen_range){seq + 1, whole.last, whole.found_us, SEEN_OPEN};
    }
}

/* ---- Events ----------------------------------------------------------------------------- */

bool seen_take(struct seen *seen, uint64_t seq, int64_t now_us)
{
    size_t index;

    if (seq >= seen->below) {
        if (seq > seen->below) {
            open_gap(seen, seen->below, seq - 1, now_us);
        }
        seen->below = seq + 1;
        return true;
    }
    index = find_open(seen, seq);
    if (index == seen->open_count || seen->open[index].first > seq) {
        return false;
    }
    fill(seen, index, seq);
    return true;
}

void seen_lose(struct seen *seen, uint64_t below, int64_t now_us)
{
    while (seen->open_count > 0 && seen->open[0].first < below) {
        struct seen_range range = seen->open[0];

        if (range.last >= below) {
            seen->open[0].first = below;
            range.last = below - 1;
        } else {
            remove_open(seen, 0);
        }
        range.state = SEEN_LOST;
        close_range(seen, range);
    }
    if (seen->below < below) {
        close_range(seen, (struct seen_range){seen->below, below - 1, now_us, SEEN_LOST});
        seen->below = below;
    }
}

enum gw_err seen_may_take(const struct seen *seen, uint64_t first, size_t count,
                          struct gw_fault *fault)
{
    size_t index = find_open(seen, first);
    bool jumps = first > seen->below;
    bool splits = index < seen->open_count && seen->open[index].first < first &&
                  first + count - 1 < seen->open[index].last;

    if (count > 0 && (jumps || splits) && seen->open_count >= SEEN_GAPS_MAX) {
        return gw_fail(fault, GW_E_INVALID,
                       "batch from %llu on: its spool has %zu open gaps already",
                       (unsigned long long)first, seen->open_count);
    }
    return GW_OK;
}
