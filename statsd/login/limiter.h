/* SPDX-License-Identifier: MIT */
/*
 * limiter - who failed to sign in too often has to wait (spec 03 §2.3).
 *
 * Ten failures of one address within five minutes lock it out for fifteen. Belongs to one
 * thread; the time is an argument.
 */
#ifndef STATSD_LOGIN_LIMITER_H
#define STATSD_LOGIN_LIMITER_H

#include <stdint.h>

#include "lib/base/text.h"

#define LIMITER_ADDRESSES_MAX 10000

struct limiter;

struct limiter *limiter_new(void);
void limiter_free(struct limiter *limiter);

/* Seconds until `address` may try again, rounded up; 0: now. */
int64_t limiter_wait_seconds(struct limiter *limiter, struct gw_text address, int64_t now_us);
void limiter_fail(struct limiter *limiter, struct gw_text address, int64_t now_us);
void limiter_succeed(struct limiter *limiter, struct gw_text address);

#endif
