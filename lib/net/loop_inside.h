/* SPDX-License-Identifier: MIT */
/*
 * loop_inside - what the other files of this room need to know about a loop.
 */
#ifndef LIB_NET_LOOP_INSIDE_H
#define LIB_NET_LOOP_INSIDE_H

#include <h2o.h>

#include "lib/net/loop.h"

h2o_loop_t *gw_loop_h2o(struct gw_loop *loop);

#endif
