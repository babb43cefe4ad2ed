/* SPDX-License-Identifier: MIT */
/*
 * headers - which headers travel, in each direction (spec 02 §5.1, §13.1). Pure; any thread.
 */
#ifndef DATAPLANE_ATTEMPT_HEADERS_H
#define DATAPLANE_ATTEMPT_HEADERS_H

#include <stdbool.h>

#include "lib/net/http.h"

/* What Connection names besides itself, for the calls below; usually nothing. Borrowed. */
struct gw_text headers_hops(struct gw_http_headers headers);

/* Whether a client's header goes on to a provider. `hops` are the client's. */
bool headers_go_up(struct gw_text name, struct gw_text hops);

/* Whether a provider's header goes on to the client. `hops` are the provider's. */
bool headers_go_down(struct gw_text name, struct gw_text hops, int status);

#endif
