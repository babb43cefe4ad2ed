/* SPDX-License-Identifier: MIT */
/*
 * Everything travels but what is listed here: clients and providers invent headers faster than
 * any list could follow. What tells where the client is, or belongs to one connection only, or
 * carries a key of ours never leaves. On the way back a provider may neither send the client
 * elsewhere (a redirect or an alternative service would take our key along) nor speak for our
 * origin.
 */
#include "dataplane/attempt/headers.h"

#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }
#define NAMES(list)                                                                                \
    {                                                                                              \
        list, sizeof(list) / sizeof((list)[0])                                                     \
    }

struct names {
    const struct gw_text *at;
    size_t count;
};

/* Lists by first letter: nearly every header is passed by a glance at one of them. */
#define LETTERS ('z' - 'a' + 1)

static const struct gw_text HOP_C[] = {TEXT("connection"), TEXT("content-length")};
static const struct gw_text HOP_K[] = {TEXT("keep-alive")};
static const struct gw_text HOP_P[] = {TEXT("proxy-authenticate"), TEXT("proxy-authorization"),
                                       TEXT("proxy-connection")};
static const struct gw_text HOP_T[] = {TEXT("te"), TEXT("trailer"), TEXT("transfer-encoding")};
static const struct gw_text HOP_U[] = {TEXT("upgrade")};

/* What is between two neighbours only. */
static const struct names ONE_HOP[LETTERS] = {
    ['c' - 'a'] = NAMES(HOP_C), ['k' - 'a'] = NAMES(HOP_K), ['p' - 'a'] = NAMES(HOP_P),
    ['t' - 'a'] = NAMES(HOP_T), ['u' - 'a'] = NAMES(HOP_U),
};

/* Rewritten: accept-encoding, expect, host, http2-settings. Our keys: authorization and two of x-.
 * Where the client is, and who asked whom inside its own house: the others. */
static const struct gw_text UP_A[] = {TEXT("accept-encoding"), TEXT("authorization"),
                                      TEXT("akamai-origin-hop")};
static const struct gw_text UP_C[] = {TEXT("cf-connecting-ip"), TEXT("cf-ipcountry"),
                                      TEXT("cf-ray"), TEXT("cf-visitor")};
static const struct gw_text UP_E[] = {TEXT("expect")};
static const struct gw_text UP_F[] = {TEXT("fastly-client-ip"), TEXT("forwarded")};
static const struct gw_text UP_H[] = {TEXT("host"), TEXT("http2-settings")};
static const struct gw_text UP_T[] = {TEXT("true-client-ip"), TEXT("traceparent"),
                                      TEXT("tracestate")};
static const struct gw_text UP_X[] = {
    TEXT("x-api-key"),        TEXT("x-goog-api-key"),   TEXT("x-akamai-config-log-detail"),
    TEXT("x-azure-clientip"), TEXT("x-azure-fdid"),     TEXT("x-azure-ref"),
    TEXT("x-client-ip"),      TEXT("x-forwarded-for"),  TEXT("x-cluster-client-ip"),
    TEXT("x-forwarded-host"), TEXT("x-forwarded-port"), TEXT("x-forwarded-proto"),
    TEXT("x-originating-ip"), TEXT("x-real-ip"),        TEXT("x-remote-addr"),
    TEXT("x-remote-ip"),      TEXT("x-amzn-trace-id"),  TEXT("x-correlation-id"),
    TEXT("x-request-id"),     TEXT("x-trace-id"),
};

static const struct names STAYS_HERE[LETTERS] = {
    ['a' - 'a'] = NAMES(UP_A), ['c' - 'a'] = NAMES(UP_C), ['e' - 'a'] = NAMES(UP_E),
    ['f' - 'a'] = NAMES(UP_F), ['h' - 'a'] = NAMES(UP_H), ['t' - 'a'] = NAMES(UP_T),
    ['x' - 'a'] = NAMES(UP_X),
};

static const struct gw_text UP_PREFIXES[] = {TEXT("x-b3-"), TEXT("x-cch-"), TEXT("x-millrace-")};

/* A provider does not speak for our origin; the date is the server's. */
static const struct gw_text DOWN_A[] = {TEXT("alt-svc")};
static const struct gw_text DOWN_D[] = {TEXT("date")};

static const struct names NOT_THE_PROVIDERS[LETTERS] = {['a' - 'a'] = NAMES(DOWN_A),
                                                        ['d' - 'a'] = NAMES(DOWN_D)};

static bool is_in(const struct names lists[LETTERS], struct gw_text name)
{
    unsigned letter = name.len == 0 ? LETTERS : (unsigned)((name.at[0] | 0x20) - 'a');
    const struct names *list;

    if (letter >= LETTERS) {
        return false;
    }
    list = &lists[letter];
    for (size_t i = 0; i < list->count; i++) {
        if (list->at[i].len == name.len && gw_text_eq_nocase(list->at[i], name)) {
            return true;
        }
    }
    return false;
}

static bool has_prefix_of_ours(struct gw_text name)
{
    for (size_t i = 0; i < sizeof(UP_PREFIXES) / sizeof(UP_PREFIXES[0]); i++) {
        if (gw_text_starts_with_nocase(name, UP_PREFIXES[i])) {
            return true;
        }
    }
    return false;
}

struct gw_text headers_hops(struct gw_http_headers headers)
{
    struct gw_text connection = gw_text_trim(gw_http_find(headers, GW_TEXT("connection")));

    return gw_text_eq_nocase(connection, GW_TEXT("keep-alive")) ||
                   gw_text_eq_nocase(connection, GW_TEXT("close"))
               ? GW_TEXT_NONE
               : connection;
}

/* Named by the sender as meant for the next hop only. */
static bool is_named_by(struct gw_text hops, struct gw_text name)
{
    while (hops.len > 0) {
        struct gw_text one = hops, rest = GW_TEXT_NONE;

        (void)gw_text_cut(hops, ',', &one, &rest);
        if (gw_text_eq_nocase(gw_text_trim(one), name)) {
            return true;
        }
        hops = rest;
    }
    return false;
}

bool headers_go_up(struct gw_text name, struct gw_text hops)
{
    if (name.len == 0 || is_in(ONE_HOP, name) || is_in(STAYS_HERE, name)) {
        return false;
    }
    if ((name.at[0] | 0x20) == 'x' && has_prefix_of_ours(name)) {
        return false;
    }
    return !is_named_by(hops, name);
}

bool headers_go_down(struct gw_text name, struct gw_text hops, int status)
{
    if (is_in(ONE_HOP, name) || is_in(NOT_THE_PROVIDERS, name) || is_named_by(hops, name)) {
        return false;
    }
    if (status >= 300 && status < 400 && gw_text_eq_nocase(name, GW_TEXT("location"))) {
        return false;
    }
    return !gw_text_starts_with_nocase(name, GW_TEXT("access-control-"));
}
