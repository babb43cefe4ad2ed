/* SPDX-License-Identifier: MIT */
/*
 * guard - what h2o's parser lets through and we refuse. Any thread; no state.
 */
#ifndef LIB_NET_SERVE_GUARD_H
#define LIB_NET_SERVE_GUARD_H

#include "lib/base/text.h"

/*
 * Judges the bytes of an HTTP/1 request that h2o has accepted, from its first line to the empty
 * line at least. NULL when they may pass, or the reason why not.
 */
const char *gw_http_guard_head(struct gw_text raw);

/* Whether the bytes contain a whole head. */
bool gw_http_guard_has_head(struct gw_text raw);

#endif
