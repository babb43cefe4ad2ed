/* SPDX-License-Identifier: MIT */
/*
 * Origins and proxies as people write them.
 */
#include <ctype.h>

#include "lib/net/call/inside.h"

#define HOST_MAX 255

static bool is_host(struct gw_text host)
{
    for (size_t i = 0; i < host.len; i++) {
        if (!isalnum((unsigned char)host.at[i]) && memchr("-._", host.at[i], 3) == NULL) {
            return false;
        }
    }
    return host.len > 0 && host.len <= HOST_MAX;
}

static bool is_address6(struct gw_text host)
{
    for (size_t i = 0; i < host.len; i++) {
        if (!isxdigit((unsigned char)host.at[i]) && memchr(":.", host.at[i], 2) == NULL) {
            return false;
        }
    }
    return host.len > 1 && host.len < 46;
}

static bool is_rest(struct gw_text rest)
{
    for (size_t i = 0; i < rest.len; i++) {
        if ((unsigned char)rest.at[i] <= ' ' || rest.at[i] == 0x7f || rest.at[i] == '#') {
            return false;
        }
    }
    return rest.len == 0 || rest.at[0] == '/' || rest.at[0] == '?';
}

static enum gw_err parse_port(struct gw_text text, struct gw_http_origin *origin)
{
    uint64_t port;

    if (text.len == 0) {
        return GW_OK; /* the scheme's */
    }
    if (text.at[0] != ':') {
        return GW_E_INVALID;
    }
    GW_TRY(gw_text_to_u64(gw_text_skip(text, 1), &port));
    if (port < 1 || port > 65535) {
        return GW_E_INVALID;
    }
    origin->port = (uint16_t)port;
    return GW_OK;
}

static enum gw_err parse_authority(struct gw_text text, struct gw_http_origin *origin)
{
    size_t end;

    if (text.len > 0 && text.at[0] == '[') {
        end = gw_text_find(text, ']');
        origin->host = (struct gw_text){text.at + 1, end - 1};
        if (end == text.len || !is_address6(origin->host)) {
            return GW_E_INVALID;
        }
        return parse_port(gw_text_skip(text, end + 1), origin);
    }
    end = gw_text_find(text, ':');
    origin->host = (struct gw_text){text.at, end};
    if (!is_host(origin->host)) {
        return GW_E_INVALID;
    }
    return parse_port(gw_text_skip(text, end), origin);
}

/* "unix:/path/to.sock", and ":/base" behind it where needed. */
static enum gw_err parse_unix(struct gw_text text, struct gw_http_origin *origin,
                              struct gw_text *rest)
{
    size_t end = gw_text_find(text, ':');

    origin->host = (struct gw_text){text.at, end};
    *rest = gw_text_skip(text, end == text.len ? end : end + 1);
    if (end < 2 || text.at[0] != '/' || end > HOST_MAX || !is_rest(*rest) ||
        memchr(text.at, 0, end) != NULL) {
        return GW_E_INVALID;
    }
    return GW_OK;
}

enum gw_err gw_http_origin_parse(struct gw_text url, struct gw_http_origin *ret_origin,
                                 struct gw_text *ret_rest)
{
    struct gw_http_origin origin = {.port = 80};
    struct gw_text rest;
    size_t end = 0;

    if (gw_text_starts_with_nocase(url, GW_TEXT("unix:"))) {
        GW_TRY(parse_unix(gw_text_skip(url, 5), &origin, &rest));
    } else {
        if (gw_text_starts_with_nocase(url, GW_TEXT("https://"))) {
            origin.tls = true;
            origin.port = 443;
        } else if (!gw_text_starts_with_nocase(url, GW_TEXT("http://"))) {
            return GW_E_INVALID;
        }
        url = gw_text_skip(url, origin.tls ? 8 : 7);
        while (end < url.len && memchr("/?#", url.at[end], 3) == NULL) {
            end++;
        }
        rest = gw_text_skip(url, end);
        if (!is_rest(rest)) {
            return GW_E_INVALID;
        }
        GW_TRY(parse_authority((struct gw_text){url.at, end}, &origin));
    }
    *ret_origin = origin;
    *ret_rest = rest;
    return GW_OK;
}

/* ---- Proxies ---------------------------------------------------------------------------- */

static int hex_of(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    digit = (char)(digit | 0x20);
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Undoes percent-encoding; a colon would end the user, a zero byte would end it for some. */
static enum gw_err decode(struct gw_text from, char *at, size_t room, struct gw_text *ret_text)
{
    size_t len = 0;

    for (size_t i = 0; i < from.len; i++, len++) {
        char byte = from.at[i];

        if (byte == '%') {
            int high = i + 2 < from.len ? hex_of(from.at[i + 1]) : -1;
            int low = i + 2 < from.len ? hex_of(from.at[i + 2]) : -1;

            if (high < 0 || low < 0) {
                return GW_E_INVALID;
            }
            byte = (char)(high * 16 + low);
            i += 2;
        }
        if (byte == '\0' || len == room) {
            return GW_E_INVALID;
        }
        at[len] = byte;
    }
    *ret_text = (struct gw_text){at, len};
    return GW_OK;
}

static enum gw_err parse_credentials(struct gw_text text, struct gw_http_proxy_room *room,
                                     struct gw_http_proxy *proxy)
{
    struct gw_text user = text, password = GW_TEXT_NONE;

    gw_text_cut(text, ':', &user, &password);
    GW_TRY(decode(user, room->user, sizeof(room->user), &proxy->user));
    GW_TRY(decode(password, room->password, sizeof(room->password), &proxy->password));
    return proxy->user.len == 0 || gw_text_find(proxy->user, ':') < proxy->user.len ? GW_E_INVALID
                                                                                    : GW_OK;
}

static const struct scheme {
    struct gw_text prefix;
    enum gw_http_proxy_kind kind;
    uint16_t port;
} SCHEMES[] = {
    {{"http://", 7}, GW_HTTP_PROXY_HTTP, 80},
    {{"https://", 8}, GW_HTTP_PROXY_HTTPS, 443},
    {{"socks5://", 9}, GW_HTTP_PROXY_SOCKS5, 1080},
    {{"socks4://", 9}, GW_HTTP_PROXY_SOCKS4, 1080},
};

enum gw_err gw_http_proxy_parse(struct gw_text url, struct gw_http_proxy_room *room,
                                struct gw_http_proxy *ret_proxy)
{
    struct gw_http_proxy proxy = {0};
    struct gw_http_origin origin = {0};
    size_t at = 0;

    while (at < GW_COUNT(SCHEMES) && !gw_text_starts_with_nocase(url, SCHEMES[at].prefix)) {
        at++;
    }
    if (at == GW_COUNT(SCHEMES)) {
        return GW_E_INVALID;
    }
    url = gw_text_skip(url, SCHEMES[at].prefix.len);
    if (url.len > 0 && url.at[url.len - 1] == '/') {
        url.len--;
    }
    for (size_t i = url.len; i-- > 0;) { /* the last one: people forget to encode it */
        if (url.at[i] == '@') {
            GW_TRY(parse_credentials((struct gw_text){url.at, i}, room, &proxy));
            url = gw_text_skip(url, i + 1);
            break;
        }
    }
    origin.port = SCHEMES[at].port;
    GW_TRY(parse_authority(url, &origin));
    proxy.kind = SCHEMES[at].kind;
    proxy.host = origin.host;
    proxy.port = origin.port;
    *ret_proxy = proxy;
    return GW_OK;
}
