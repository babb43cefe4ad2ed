/* SPDX-License-Identifier: MIT */
/*
 * secret - how a provider is shown that we may call it (spec 02 §6). Pure; any thread.
 */
#ifndef DATAPLANE_ATTEMPT_SECRET_H
#define DATAPLANE_ATTEMPT_SECRET_H

#include "lib/net/http.h"
#include "lib/wire/config.h"

struct secret {
    enum gw_provider_type type;
    struct gw_text host; /* of the address called */
    struct gw_text text; /* a key, or for Google a JSON object with an access token */
    int64_t wall_us;     /* access tokens run out by this */
};

#define SECRET_HEADERS_MAX 3

struct secret_headers {
    struct gw_http_header at[SECRET_HEADERS_MAX];
    size_t count;
};

#define SECRET_ROOM 16 /* what `room` needs besides the secret's own length */

/*
 * Values are borrowed from `secret` and `room`; the latter must not grow any more.
 *
 *   GW_E_INVALID      it holds bytes no header can carry, or is no credential
 *   GW_E_UNAVAILABLE  its access token has run out
 */
enum gw_err secret_show(const struct secret *secret, struct gw_buf *room,
                        struct secret_headers *ret_headers, struct gw_fault *fault) GW_MUST_USE;

#endif
