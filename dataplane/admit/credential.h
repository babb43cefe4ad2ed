/* SPDX-License-Identifier: MIT */
/*
 * credential - where a key may be presented (spec 01 §5.1). Pure; any thread.
 */
#ifndef DATAPLANE_ADMIT_CREDENTIAL_H
#define DATAPLANE_ADMIT_CREDENTIAL_H

#include "lib/net/http.h"

enum credential_is {
    CREDENTIAL_GIVEN,
    CREDENTIAL_ABSENT,
    CREDENTIAL_CONFLICT, /* different ones in one request */
};

/* *ret_key is set for CREDENTIAL_GIVEN only; borrowed. `query` without '?'. */
enum credential_is credential_find(struct gw_http_headers headers, struct gw_text query,
                                   struct gw_text *ret_key);

/* Whether a header may carry a client's key: such a header never travels to a provider. */
bool credential_is_header(struct gw_text name);

#endif
