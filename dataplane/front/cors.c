/* SPDX-License-Identifier: MIT */
#include "dataplane/front/cors.h"

#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    } /* GW_TEXT, for static tables */

#define REQUESTED "access-control-request-headers"

static const struct gw_http_header ALWAYS[] = {
    {TEXT("access-control-allow-origin"), TEXT("*")},
    {TEXT("access-control-allow-methods"), TEXT("GET,POST,PUT,PATCH,DELETE,OPTIONS")},
    {TEXT("access-control-expose-headers"),
     TEXT("x-request-id,x-ratelimit-limit,x-ratelimit-remaining,x-ratelimit-reset,retry-after")},
    {TEXT("access-control-max-age"), TEXT("86400")},
};

size_t cors_headers(struct gw_http_headers asked, struct gw_http_header ret_headers[])
{
    struct gw_text requested = gw_http_find(asked, GW_TEXT(REQUESTED));
    size_t count = sizeof(ALWAYS) / sizeof(ALWAYS[0]);

    memcpy(ret_headers, ALWAYS, sizeof(ALWAYS));
    ret_headers[count++] = (struct gw_http_header){
        GW_TEXT("access-control-allow-headers"),
        requested.len > 0 ? requested
                          : GW_TEXT("authorization,x-api-key,x-goog-api-key,content-type,"
                                    "anthropic-version,x-session-id,x-client-version")};
    if (requested.len > 0) {
        ret_headers[count++] = (struct gw_http_header){GW_TEXT("vary"),
                                                       GW_TEXT("Access-Control-Request-Headers")};
    }
    return count;
}

bool cors_is_ours(struct gw_text name)
{
    return gw_text_starts_with_nocase(name, GW_TEXT("access-control-"));
}
