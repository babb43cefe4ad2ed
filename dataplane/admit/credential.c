/* SPDX-License-Identifier: MIT */
#include "dataplane/admit/credential.h"

#define AUTHORIZATION GW_TEXT("authorization")
#define X_API_KEY     GW_TEXT("x-api-key")
#define X_GOOG        GW_TEXT("x-goog-api-key")
#define BEARER        GW_TEXT("bearer ")

bool credential_is_header(struct gw_text name)
{
    return gw_text_eq_nocase(name, AUTHORIZATION) || gw_text_eq_nocase(name, X_API_KEY) ||
           gw_text_eq_nocase(name, X_GOOG);
}

/* The key in a header of that name; empty if it holds none. */
static struct gw_text key_in(struct gw_text name, struct gw_text value)
{
    if (gw_text_eq_nocase(name, AUTHORIZATION)) {
        return gw_text_starts_with_nocase(value, BEARER) ? gw_text_trim(gw_text_skip(value, 7))
                                                         : GW_TEXT_NONE;
    }
    return gw_text_trim(value);
}

static struct gw_text key_in_query(struct gw_text query)
{
    while (query.len > 0) {
        struct gw_text one = query, rest = GW_TEXT_NONE;

        (void)gw_text_cut(query, '&', &one, &rest);
        if (gw_text_starts_with(one, GW_TEXT("key=")) && one.len > 4) {
            return gw_text_skip(one, 4);
        }
        query = rest;
    }
    return GW_TEXT_NONE;
}

/* False if another key was seen before. */
static bool note(struct gw_text *key, struct gw_text found)
{
    if (found.len == 0) {
        return true;
    }
    if (key->len > 0) {
        return gw_text_eq(*key, found);
    }
    *key = found;
    return true;
}

enum credential_is credential_find(struct gw_http_headers headers, struct gw_text query,
                                   struct gw_text *ret_key)
{
    struct gw_text key = GW_TEXT_NONE;
    bool has_goog = false;

    for (size_t i = 0; i < headers.count; i++) {
        struct gw_text name = headers.at[i].name, found;

        /* All three have one of two first letters; nearly all other headers are told by that. */
        if ((name.at[0] | 0x20) != 'a' && (name.at[0] | 0x20) != 'x') {
            continue;
        }
        if (!credential_is_header(name)) {
            continue;
        }
        found = key_in(name, headers.at[i].value);
        has_goog |= found.len > 0 && gw_text_eq_nocase(name, X_GOOG);
        if (!note(&key, found)) {
            return CREDENTIAL_CONFLICT;
        }
    }
    if (!has_goog && !note(&key, key_in_query(query))) {
        return CREDENTIAL_CONFLICT;
    }
    if (key.len == 0) {
        return CREDENTIAL_ABSENT;
    }
    *ret_key = key;
    return CREDENTIAL_GIVEN;
}
