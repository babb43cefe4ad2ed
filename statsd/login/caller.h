/* SPDX-License-Identifier: MIT */
/*
 * caller - who makes a request: the credential, the address, the origin.
 *
 * Pure functions over a request's headers; any thread.
 */
#ifndef STATSD_LOGIN_CALLER_H
#define STATSD_LOGIN_CALLER_H

#include "lib/net/http.h"
#include "lib/rest/rest.h"
#include "statsd/login/token.h"

enum caller_is {
    CALLER_UNKNOWN, /* no credential */
    CALLER_WRONG,   /* one that is not valid */
    CALLER_KNOWN,
};

struct caller {
    enum caller_is is;
    bool by_cookie;            /* mutations then need a CSRF token */
    struct gw_text credential; /* as it was shown; never for a log */
    struct gw_rest_principal principal;
};

/*
 * The first of "Authorization: Bearer", "X-Api-Key" and the cookie counts (spec 03 §2.4); a
 * wrong one is not followed by the next. Texts borrow from the headers or live in `arena`.
 */
void caller_identify(const struct token_signer *signer, struct gw_http_headers headers,
                     int64_t now_us, struct gw_arena *arena, struct caller *ret_caller);

/* Whether a mutation with this caller's credential may go on: always, if it came in a header. */
bool caller_may_change(const struct token_signer *signer, const struct caller *caller,
                       struct gw_http_headers headers, int64_t now_us);

/*
 * The address to count and to record (spec 03 §2.7): X-Real-IP, else the last entry of
 * X-Forwarded-For, else `peer`; the headers only if `believes_headers`. Lives in `arena`.
 */
enum caller_headers { CALLER_IGNORE_FORWARDED, CALLER_BELIEVE_FORWARDED };
struct gw_text caller_address(struct gw_http_headers headers, struct gw_text peer,
                              enum caller_headers believe, struct gw_arena *arena);

/* Whether signing in or out was asked for by a page of ours, or by no page (spec 03 §2.3). */
bool caller_is_same_origin(struct gw_http_headers headers, struct gw_text host);

#endif
