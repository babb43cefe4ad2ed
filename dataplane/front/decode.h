/* SPDX-License-Identifier: MIT */
/*
 * decode - a compressed request body, undone once its sender is known (spec 01 §2.5, 02 §3.1).
 */
#ifndef DATAPLANE_FRONT_DECODE_H
#define DATAPLANE_FRONT_DECODE_H

#include "dataplane/front/ask.h"

/*
 * Decodes the ask's body into `plain`, whose ceiling is the limit, and reads it as ask_read() would
 * have. A body without a coding, or with one we do not know, is left as it is. *ret_detail as
 * there.
 */
enum refusal decode_body(struct ask *ask, struct gw_arena *arena, struct gw_buf *plain,
                         const char **ret_detail);

#endif
