/* SPDX-License-Identifier: MIT */
/*
 * url - the URLs of providers and vendors, as operators write them.
 */
#ifndef CONTROLPLANE_STORE_SUPPLY_URL_H
#define CONTROLPLANE_STORE_SUPPLY_URL_H

#include "lib/base/arena.h"
#include "lib/base/text.h"

#define URL_REDACTED_LOGIN "REDACTED:REDACTED"

/* Borrowed from the text it was read from. */
struct url {
    struct gw_text scheme; /* as written */
    struct gw_text login;  /* "user:password"; at == NULL: none */
    struct gw_text host;   /* without brackets */
    struct gw_text port;   /* digits; at == NULL: none */
    struct gw_text rest;   /* path, query and fragment; may be empty */
};

/* False unless it is http or https with a host, and free of spaces and control characters. */
bool url_parse(struct gw_text text, struct url *ret_url);

/* The URL without its login; with URL_REDACTED_LOGIN in its place. */
struct gw_text url_without_login(const struct url *url, struct gw_arena *arena);
struct gw_text url_redacted(struct gw_text without_login, struct gw_arena *arena);

/* What providers are clustered by: lower-case host without "www.", and the port if it has one. */
struct gw_text url_domain(const struct url *url, struct gw_arena *arena);

#endif
