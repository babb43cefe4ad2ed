/* SPDX-License-Identifier: MIT */
#include "dataplane/reply.h"

#include "dataplane/attempt/headers.h"
#include "dataplane/front/cors.h"

#define REQUEST_ID "x-request-id"

void reply_init(struct reply *reply, const struct exchange *exchange)
{
    struct gw_text id = gw_text_of(exchange->id.text);

    reply->count = cors_headers(exchange->ask.request.headers, reply->at);
    reply_add(reply, GW_TEXT("x-millrace-request-id"), id);
    reply_add(reply, GW_TEXT(REQUEST_ID),
              exchange->id.of_client.len > 0 ? exchange->id.of_client : id);
}

void reply_add(struct reply *reply, struct gw_text name, struct gw_text value)
{
    if (reply->count < REPLY_HEADERS_MAX) {
        reply->at[reply->count++] = (struct gw_http_header){name, value};
    }
}

static void drop(struct reply *reply, struct gw_text name)
{
    for (size_t i = 0; i < reply->count; i++) {
        if (gw_text_eq(reply->at[i].name, name)) {
            reply->at[i] = reply->at[--reply->count];
        }
    }
}

void reply_pass_on(struct reply *reply, const struct attempt_answer *answer)
{
    struct gw_text hops = headers_hops(answer->headers);

    if (gw_http_find(answer->headers, GW_TEXT(REQUEST_ID)).at != NULL) {
        drop(reply, GW_TEXT(REQUEST_ID));
    }
    for (size_t i = 0; i < answer->headers.count; i++) {
        const struct gw_http_header *header = &answer->headers.at[i];

        if (headers_go_down(header->name, hops, answer->status)) {
            reply_add(reply, header->name, header->value);
        }
    }
}
