/* SPDX-License-Identifier: MIT */
/*
 * version - which state of the configuration (proto/snapshot.proto, message Version).
 */
#ifndef LIB_WIRE_VERSION_H
#define LIB_WIRE_VERSION_H

#include <stdint.h>

#define GW_EPOCH_SIZE 37 /* a UUID's text and its zero */

struct gw_version {
    char epoch[GW_EPOCH_SIZE]; /* empty: nothing yet */
    uint64_t number;           /* 0: nothing yet */
};

#endif
