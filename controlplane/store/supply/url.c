/* SPDX-License-Identifier: MIT */
#include "controlplane/store/supply/url.h"

#include <ctype.h>

static bool is_plain(struct gw_text text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] <= ' ' || text.at[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

static struct gw_text take_until(struct gw_text *text, const char *stops)
{
    struct gw_text head = {text->at, 0};

    while (head.len < text->len && strchr(stops, text->at[head.len]) == NULL) {
        head.len++;
    }
    *text = gw_text_skip(*text, head.len);
    return head;
}

static bool parse_port(struct gw_text text, struct url *url)
{
    uint64_t port;

    if (text.len == 0 || gw_text_eq(text, GW_TEXT(":"))) {
        return true;
    }
    url->port = gw_text_skip(text, 1);
    return text.at[0] == ':' && gw_text_to_u64(url->port, &port) == GW_OK && port > 0 &&
           port < 65536;
}

/* "host", "host:port" or "[::1]:port" */
static bool parse_authority(struct gw_text text, struct url *url)
{
    size_t end;

    if (text.len > 0 && text.at[0] == '[') {
        end = gw_text_find(text, ']');
        if (end == text.len) {
            return false;
        }
        url->host = (struct gw_text){text.at + 1, end - 1};
        text = gw_text_skip(text, end + 1);
    } else {
        url->host = take_until(&text, ":");
    }
    return url->host.len > 0 && parse_port(text, url);
}

/* Where the login ends: the last '@', since a password may hold one. */
static void cut_login(struct gw_text *authority, struct url *url)
{
    for (size_t i = authority->len; i > 0; i--) {
        if (authority->at[i - 1] == '@') {
            url->login = (struct gw_text){authority->at, i - 1};
            *authority = gw_text_skip(*authority, i);
            return;
        }
    }
}

bool url_parse(struct gw_text text, struct url *ret_url)
{
    struct url url = {.login = GW_TEXT_NONE};
    struct gw_text authority;
    size_t scheme_len = gw_text_find_text(text, GW_TEXT("://"));

    if (!is_plain(text) || scheme_len == text.len) {
        return false;
    }
    url.scheme = (struct gw_text){text.at, scheme_len};
    if (!gw_text_eq_nocase(url.scheme, GW_TEXT("http")) &&
        !gw_text_eq_nocase(url.scheme, GW_TEXT("https"))) {
        return false;
    }
    url.rest = gw_text_skip(text, scheme_len + 3);
    authority = take_until(&url.rest, "/?#");
    cut_login(&authority, &url);
    if (!parse_authority(authority, &url)) {
        return false;
    }
    *ret_url = url;
    return true;
}

/* ---- Writing ---------------------------------------------------------------------------- */

static struct gw_text lower(struct gw_text text, struct gw_arena *arena)
{
    struct gw_text copy = gw_arena_text(arena, text);

    for (size_t i = 0; i < copy.len; i++) {
        ((char *)copy.at)[i] = (char)tolower((unsigned char)copy.at[i]);
    }
    return copy;
}

static const char *bracket(struct gw_text host, const char *which)
{
    return gw_text_find(host, ':') < host.len ? which : "";
}

struct gw_text url_without_login(const struct url *url, struct gw_arena *arena)
{
    struct gw_text scheme = lower(url->scheme, arena);

    return gw_text_of(gw_arena_fmt(arena, "%.*s://%s%.*s%s%s%.*s%.*s", GW_TEXT_ARG(scheme),
                                   bracket(url->host, "["), GW_TEXT_ARG(url->host),
                                   bracket(url->host, "]"), url->port.len > 0 ? ":" : "",
                                   GW_TEXT_ARG(url->port), GW_TEXT_ARG(url->rest)));
}

struct gw_text url_redacted(struct gw_text without_login, struct gw_arena *arena)
{
    size_t at = gw_text_find_text(without_login, GW_TEXT("://"));
    struct gw_text rest = gw_text_skip(without_login, at < without_login.len ? at + 3 : at);

    return gw_text_of(gw_arena_fmt(arena, "%.*s://" URL_REDACTED_LOGIN "@%.*s", (int)at,
                                   without_login.at, GW_TEXT_ARG(rest)));
}

struct gw_text url_domain(const struct url *url, struct gw_arena *arena)
{
    struct gw_text host = lower(url->host, arena);

    if (gw_text_starts_with(host, GW_TEXT("www.")) && host.len > 4) {
        host = gw_text_skip(host, 4);
    }
    return gw_text_of(gw_arena_fmt(arena, "%.*s%s%.*s", GW_TEXT_ARG(host),
                                   url->port.len > 0 ? ":" : "", GW_TEXT_ARG(url->port)));
}
