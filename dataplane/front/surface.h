/* SPDX-License-Identifier: MIT */
/*
 * surface - paths: what kind of endpoint, and its policy (spec 01 §2.1 to 2.4).
 *
 * Pure; any thread.
 */
#ifndef DATAPLANE_FRONT_SURFACE_H
#define DATAPLANE_FRONT_SURFACE_H

#include <stdbool.h>

#include "dataplane/dialect/dialect.h"
#include "lib/base/text.h"

enum surface_kind {
    SURFACE_PROXY,     /* goes to a provider */
    SURFACE_PING,      /* answered here, without a key */
    SURFACE_PREFLIGHT, /* a browser asks whether it may */
    SURFACE_HELLO,     /* a client asks whether anybody is there */
    SURFACE_UNKNOWN,   /* outside of what we serve */
};

enum surface_policy {
    SURFACE_DEFAULT,
    SURFACE_RAW, /* relayed as it is: no retry, no billing */
};

enum surface_tier {
    SURFACE_USAGE_NONE,
    SURFACE_USAGE_OPTIONAL,
    SURFACE_USAGE_REQUIRED, /* a conversation: its body is JSON and its answer tells its usage */
};

struct surface {
    enum surface_kind kind;
    enum surface_policy policy;
    enum surface_tier tier;
    bool is_known;        /* in the catalogue: `dialect` is settled by the path alone */
    enum dialect dialect; /* of the path, or the fallback */
    struct gw_text model; /* named in the path; borrowed from it */
};

#define SURFACE_PATH_MAX 1024 /* longer ones are not in the catalogue */

/* `path` without its query, as the client wrote it. */
void surface_classify(struct gw_text method, struct gw_text path, struct surface *ret_surface);

#endif
