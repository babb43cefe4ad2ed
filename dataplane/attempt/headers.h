/* SPDX-License-Identifier: MIT */
/*
 * headers - which headers travel, in each direction (spec 02 §5.1, §13.1). Pure; any thread.
 */
#ifndef DATAPLANE_ATTEMPT_HEADERS_H
#define DATAPLANE_ATTEMPT_HEADERS_H

#include <stdbool.h>

#include "lib/net/http.h"

/* Whether a client's header goes on to a provider. `connection` is the client's header. */
bool headers_go_up(struct gw_text name, struct gw_text connection);

/* Whether a provider's header goes on to the client. `connection` is the provider's. */
bool headers_go_down(struct gw_text name, struct gw_text connection, int status);

#endif
