/* SPDX-License-Identifier: MIT */
/*
 * caller - who asks: what admit found out and later rooms need. Borrowed from the snapshot.
 */
#ifndef DATAPLANE_ADMIT_CALLER_H
#define DATAPLANE_ADMIT_CALLER_H

#include "lib/wire/config.h"

struct caller {
    const struct gw_config_key *key;
    const struct gw_config_user *user;
};

#endif
