/* SPDX-License-Identifier: MIT */
/*
 * roster - which data planes are connected, and what each runs.
 *
 * Written on the loop's thread, read by any: handlers run on pool threads.
 */
#ifndef CONTROLPLANE_PUBLISH_ROSTER_H
#define CONTROLPLANE_PUBLISH_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/list.h"
#include "lib/wire/version.h"

struct roster;

#define ROSTER_NAME_SIZE 129 /* longer names are cut */

struct roster_row {
    char node[ROSTER_NAME_SIZE];
    char instance[40];
    char build[40];
    struct gw_version running; /* number 0: nothing yet */
    int64_t connected_at_us;   /* wall clock, as the next */
    int64_t last_seen_us;
    bool draining;
    uint64_t open_requests;
};

/* Embedded in whoever stands in the roster. */
struct roster_entry {
    struct gw_list link;
    struct roster_row row;
};

struct roster *roster_new(void);
void roster_free(struct roster *roster); /* nobody stands in it any more */

void roster_enter(struct roster *roster, struct roster_entry *entry);
void roster_set(struct roster *roster, struct roster_entry *entry, const struct roster_row *row);
void roster_leave(struct roster *roster, struct roster_entry *entry);
void roster_set_current(struct roster *roster, const struct gw_version *version);

size_t roster_count(struct roster *roster);

/* A copy of at most `room` rows, oldest connection first, and the version published. */
size_t roster_read(struct roster *roster, struct roster_row *rows, size_t room,
                   struct gw_version *ret_current);

#endif
