/* SPDX-License-Identifier: MIT */
/*
 * reply - the head of what the client is answered, ours or a provider's. On the stack.
 */
#ifndef DATAPLANE_REPLY_H
#define DATAPLANE_REPLY_H

#include "dataplane/exchange.h"

#define REPLY_HEADERS_MAX 160 /* what comes after these is left out */

struct reply {
    struct gw_http_header at[REPLY_HEADERS_MAX];
    size_t count;
};

/* With what every response carries: who may read it, and what the request is called. */
void reply_init(struct reply *reply, const struct exchange *exchange);
void reply_add(struct reply *reply, struct gw_text name, struct gw_text value);
/* The provider's headers, less what does not travel; its own x-request-id wins over ours. */
void reply_pass_on(struct reply *reply, const struct attempt_answer *answer);

static inline struct gw_http_headers reply_headers(const struct reply *reply)
{
    return (struct gw_http_headers){reply->at, reply->count};
}

#endif
