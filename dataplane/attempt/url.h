/* SPDX-License-Identifier: MIT */
/*
 * url - a provider's base and a client's path make the address (spec 02 §4). Pure; any thread.
 */
#ifndef DATAPLANE_ATTEMPT_URL_H
#define DATAPLANE_ATTEMPT_URL_H

#include "lib/base/text.h"

/*
 * Appends path and query for the provider. `base` is what stands behind the host in its URL;
 * `path` and `query` are the client's. A query in `base` is lost, and so is the client's `key`:
 * it is a key of ours.
 */
void url_join(struct gw_text base, struct gw_text path, struct gw_text query, struct gw_buf *out);

#endif
