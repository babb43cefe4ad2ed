/* SPDX-License-Identifier: MIT */
/*
 * abuse - too many wrong keys, from one address or with one key (spec 01 §5.2).
 *
 * One per process, shared by all workers; any thread. Bounded: of the scopes that failed, the
 * longest untouched are forgotten first. The time is an argument.
 */
#ifndef DATAPLANE_ADMIT_ABUSE_H
#define DATAPLANE_ADMIT_ABUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/codec/digest.h"

#define ABUSE_CAPACITY  10000
#define ABUSE_FAILURES  20
#define ABUSE_WINDOW_US (INT64_C(300) * 1000000)
#define ABUSE_LOCK_US   (INT64_C(600) * 1000000)

struct abuse;

struct abuse *abuse_new(size_t capacity);
void abuse_free(struct abuse *abuse);

/* True while no scope has failed lately: then nothing below needs to be asked. Costs nothing. */
bool abuse_is_quiet(const struct abuse *abuse);

/* A scope is named by a digest, so that nobody can choose names that collide. */
bool abuse_is_locked(struct abuse *abuse, const struct gw_digest *scope, int64_t now_us,
                     int64_t *ret_left_us);
void abuse_failed(struct abuse *abuse, const struct gw_digest *scope, int64_t now_us);
void abuse_passed(struct abuse *abuse, const struct gw_digest *scope);
size_t abuse_count(const struct abuse *abuse); /* scopes remembered */

#endif
