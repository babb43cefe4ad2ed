/* SPDX-License-Identifier: MIT */
#include "statsd/login/caller.h"

#include <arpa/inet.h>

#include "lib/rest/input.h"

#define COOKIE      "auth-token"
#define ADDRESS_MAX 64

/* ---- Credential ------------------------------------------------------------------------- */

/* The value of our cookie in one Cookie header; several headers are possible over HTTP/2. */
static bool cookie_in(struct gw_text header, struct gw_text *ret_value)
{
    struct gw_text rest = header, pair, name, value;

    while (rest.len > 0) {
        if (!gw_text_cut(rest, ';', &pair, &rest)) {
            pair = rest;
            rest = GW_TEXT_NONE;
        }
        if (gw_text_cut(gw_text_trim(pair), '=', &name, &value) &&
            gw_text_eq(name, GW_TEXT(COOKIE))) {
            *ret_value = gw_text_trim(value);
            return true;
        }
    }
    return false;
}

static bool find_cookie(struct gw_http_headers headers, struct gw_text *ret_value)
{
    for (size_t i = 0; i < headers.count; i++) {
        if (gw_text_eq_nocase(headers.at[i].name, GW_TEXT("cookie")) &&
            cookie_in(headers.at[i].value, ret_value)) {
            return true;
        }
    }
    return false;
}

static bool find_bearer(struct gw_http_headers headers, struct gw_text *ret_value)
{
    struct gw_text value = gw_http_find(headers, GW_TEXT("authorization"));

    if (!gw_text_starts_with_nocase(value, GW_TEXT("bearer "))) {
        return false;
    }
    *ret_value = gw_text_trim(gw_text_skip(value, sizeof("bearer ") - 1));
    return true;
}

/* True if there is a credential, wherever; an empty one is none. */
static bool find_credential(struct gw_http_headers headers, struct gw_arena *arena,
                            struct caller *caller)
{
    struct gw_text raw;

    if (find_bearer(headers, &caller->credential) && caller->credential.len > 0) {
        return true;
    }
    caller->credential = gw_text_trim(gw_http_find(headers, GW_TEXT("x-api-key")));
    if (caller->credential.len > 0) {
        return true;
    }
    if (!find_cookie(headers, &raw) || raw.len == 0) {
        return false;
    }
    caller->by_cookie = true;
    if (gw_rest_percent_decode(raw, GW_REST_PLUS_IS_PLUS, arena, &caller->credential) != GW_OK) {
        caller->credential = raw; /* will not be valid */
    }
    return true;
}

void caller_identify(const struct token_signer *signer, struct gw_http_headers headers,
                     int64_t now_us, struct gw_arena *arena, struct caller *ret_caller)
{
    struct caller caller = {.is = CALLER_UNKNOWN};

    if (find_credential(headers, arena, &caller)) {
        caller.is = CALLER_WRONG;
        if (token_is_admin(signer, caller.credential) ||
            token_is_session(signer, caller.credential, now_us)) {
            caller.is = CALLER_KNOWN;
            caller.principal.access = GW_REST_ADMIN;
            caller.principal.user_id = -1;
            caller.principal.name = GW_TEXT("Admin Token");
        }
    }
    *ret_caller = caller;
}

bool caller_may_change(const struct token_signer *signer, const struct caller *caller,
                       struct gw_http_headers headers, int64_t now_us)
{
    struct gw_text token = gw_http_find(headers, GW_TEXT("x-millrace-csrf"));

    if (!caller->by_cookie) {
        return true;
    }
    if (token.at == NULL) {
        token = gw_http_find(headers, GW_TEXT("x-cch-csrf"));
    }
    return token_is_csrf(signer, gw_text_trim(token), caller->credential, caller->principal.user_id,
                         now_us);
}

/* ---- Address ---------------------------------------------------------------------------- */

static bool is_address(struct gw_text text, struct gw_arena *arena, struct gw_text *ret_address)
{
    unsigned char bytes[16];
    struct gw_text copy;

    if (text.len == 0 || text.len > ADDRESS_MAX) {
        return false;
    }
    copy = gw_arena_text(arena, text);
    if (strlen(copy.at) != copy.len ||
        (inet_pton(AF_INET, copy.at, bytes) != 1 && inet_pton(AF_INET6, copy.at, bytes) != 1)) {
        return false;
    }
    *ret_address = copy;
    return true;
}

/* "192.0.2.1", "192.0.2.1:80", "2001:db8::1" or "[2001:db8::1]:80", without the port. */
static bool read_address(struct gw_text text, struct gw_arena *arena, struct gw_text *ret_address)
{
    struct gw_text head, tail;

    text = gw_text_trim(text);
    if (text.len > 0 && text.at[0] == '[') {
        return gw_text_cut(gw_text_skip(text, 1), ']', &head, &tail) &&
               is_address(head, arena, ret_address);
    }
    if (gw_text_cut(text, ':', &head, &tail) && gw_text_find(tail, ':') == tail.len) {
        return is_address(head, arena, ret_address);
    }
    return is_address(text, arena, ret_address);
}

/* The last entry that is not empty, over all headers of that name. */
static struct gw_text last_forwarded(struct gw_http_headers headers)
{
    struct gw_text last = GW_TEXT_NONE, rest, entry;

    for (size_t i = 0; i < headers.count; i++) {
        if (!gw_text_eq_nocase(headers.at[i].name, GW_TEXT("x-forwarded-for"))) {
            continue;
        }
        rest = headers.at[i].value;
        while (gw_text_cut(rest, ',', &entry, &rest)) {
            last = gw_text_trim(entry).len > 0 ? gw_text_trim(entry) : last;
        }
        last = gw_text_trim(rest).len > 0 ? gw_text_trim(rest) : last;
    }
    return last;
}

struct gw_text caller_address(struct gw_http_headers headers, struct gw_text peer,
                              enum caller_headers believe, struct gw_arena *arena)
{
    struct gw_text address;

    if (believe == CALLER_BELIEVE_FORWARDED &&
        (read_address(gw_http_find(headers, GW_TEXT("x-real-ip")), arena, &address) ||
         read_address(last_forwarded(headers), arena, &address))) {
        return address;
    }
    return peer.len == 0 ? GW_TEXT("unknown") : gw_arena_text(arena, peer);
}

/* ---- Origin ----------------------------------------------------------------------------- */

bool caller_is_same_origin(struct gw_http_headers headers, struct gw_text host)
{
    struct gw_text site = gw_http_find(headers, GW_TEXT("sec-fetch-site"));
    struct gw_text origin = gw_http_find(headers, GW_TEXT("origin"));
    size_t scheme;

    if (gw_text_eq(site, GW_TEXT("same-origin"))) {
        return true;
    }
    if (origin.at == NULL) {
        return !gw_text_eq(site, GW_TEXT("cross-site"));
    }
    scheme = gw_text_find_text(origin, GW_TEXT("://"));
    return scheme < origin.len && gw_text_eq_nocase(gw_text_skip(origin, scheme + 3), host);
}
