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
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct gw_text CONNECTION_ONLY[] = {
    TEXT("connection"),
    TEXT("content-length"),
    TEXT("keep-alive"),
    TEXT("proxy-authenticate"),
    TEXT("proxy-authorization"),
    TEXT("proxy-connection"),
    TEXT("te"),
    TEXT("trailer"),
    TEXT("transfer-encoding"),
    TEXT("upgrade"),
};

static const struct gw_text STAYS_HERE[] = {
    /* rewritten */
    TEXT("accept-encoding"),
    TEXT("expect"),
    TEXT("host"),
    TEXT("http2-settings"),
    /* keys of ours */
    TEXT("authorization"),
    TEXT("x-api-key"),
    TEXT("x-goog-api-key"),
    /* where the client is */
    TEXT("cf-connecting-ip"),
    TEXT("cf-ipcountry"),
    TEXT("cf-ray"),
    TEXT("cf-visitor"),
    TEXT("fastly-client-ip"),
    TEXT("forwarded"),
    TEXT("true-client-ip"),
    TEXT("x-akamai-config-log-detail"),
    TEXT("akamai-origin-hop"),
    TEXT("x-azure-clientip"),
    TEXT("x-azure-fdid"),
    TEXT("x-azure-ref"),
    TEXT("x-client-ip"),
    TEXT("x-cluster-client-ip"),
    TEXT("x-forwarded-for"),
    TEXT("x-forwarded-host"),
    TEXT("x-forwarded-port"),
    TEXT("x-forwarded-proto"),
    TEXT("x-originating-ip"),
    TEXT("x-real-ip"),
    TEXT("x-remote-addr"),
    TEXT("x-remote-ip"),
    /* who asked whom, inside the client's own house */
    TEXT("traceparent"),
    TEXT("tracestate"),
    TEXT("x-amzn-trace-id"),
    TEXT("x-correlation-id"),
    TEXT("x-request-id"),
    TEXT("x-trace-id"),
};

static const struct gw_text STAYS_HERE_PREFIXES[] = {TEXT("x-b3-"), TEXT("x-cch-"),
                                                     TEXT("x-millrace-")};

static const struct gw_text NOT_THE_PROVIDERS[] = {
    TEXT("alt-svc"), TEXT("date"), /* the server writes its own */
};

static bool is_in(const struct gw_text *list, size_t count, struct gw_text name)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].len == name.len && gw_text_eq_nocase(list[i], name)) {
            return true;
        }
    }
    return false;
}

/* Named by the sender as meant for the next hop only. */
static bool is_named_by(struct gw_text connection, struct gw_text name)
{
    while (connection.len > 0) {
        struct gw_text one = connection, rest = GW_TEXT_NONE;

        (void)gw_text_cut(connection, ',', &one, &rest);
        if (gw_text_eq_nocase(gw_text_trim(one), name)) {
            return true;
        }
        connection = rest;
    }
    return false;
}

static bool is_for_one_hop(struct gw_text name, struct gw_text connection)
{
    return is_in(CONNECTION_ONLY, COUNT(CONNECTION_ONLY), name) || is_named_by(connection, name);
}

bool headers_go_up(struct gw_text name, struct gw_text connection)
{
    if (is_for_one_hop(name, connection) || is_in(STAYS_HERE, COUNT(STAYS_HERE), name)) {
        return false;
    }
    for (size_t i = 0; i < COUNT(STAYS_HERE_PREFIXES); i++) {
        if (gw_text_starts_with_nocase(name, STAYS_HERE_PREFIXES[i])) {
            return false;
        }
    }
    return name.len > 0;
}

bool headers_go_down(struct gw_text name, struct gw_text connection, int status)
{
    if (status >= 300 && status < 400 && gw_text_eq_nocase(name, GW_TEXT("location"))) {
        return false;
    }
    return !is_for_one_hop(name, connection) &&
           !is_in(NOT_THE_PROVIDERS, COUNT(NOT_THE_PROVIDERS), name) &&
           !gw_text_starts_with_nocase(name, GW_TEXT("access-control-"));
}
