/* SPDX-License-Identifier: MIT */
/*
 * admit - who it is, or why not (spec 01 §5.5).
 *
 * Any thread; what it changes is the limiter, and what the worker knows.
 */
#ifndef DATAPLANE_ADMIT_ADMIT_H
#define DATAPLANE_ADMIT_ADMIT_H

#include "dataplane/admit/abuse.h"
#include "dataplane/admit/caller.h"
#include "dataplane/admit/known.h"
#include "dataplane/front/ask.h"
#include "dataplane/snapshot/snapshot.h"
#include "lib/codec/keyring.h"

struct admit_with {
    const struct snapshot *snapshot;
    const struct gw_keyring *keyring;
    struct abuse *abuse;
    struct known *known;   /* the worker's */
    const char *client_ip; /* "" when nobody knows */
    int64_t wall_us;       /* keys and users expire by this */
    int64_t now_us;        /* monotonic: the limiter's */
};

struct admit_result {
    struct caller caller;   /* set for REFUSAL_NONE; the key also for keys that may not be used */
    int64_t retry_after_us; /* set for REFUSAL_LOCKED */
};

enum refusal admit_check(const struct ask *ask, const struct admit_with *with,
                         struct admit_result *ret_result);

#endif
