/* SPDX-License-Identifier: MIT */
/*
 * proxy - what is said to an egress proxy until it has opened the way to an origin.
 *
 * Bytes in, bytes out; no sockets. Both sides are held to a few hundred bytes, and nothing is read
 * that could belong to the origin.
 */
#ifndef LIB_NET_CALL_PROXY_H
#define LIB_NET_CALL_PROXY_H

#include "lib/net/http_client.h"

struct proxy_talk;

enum proxy_result {
    PROXY_MORE, /* say what there is to say, then listen */
    PROXY_DONE, /* the way is open */
    PROXY_FAILED,
};

/* NULL, and *ret_text says why, when such a proxy cannot be asked for such an origin. */
struct proxy_talk *proxy_talk_new(const struct gw_http_proxy *proxy, const char *host,
                                  uint16_t port, const char **ret_text);
void proxy_talk_free(struct proxy_talk *talk); /* NULL is fine */

/* What is to be said now; empty when it is the proxy's turn. */
struct gw_text proxy_talk_say(const struct proxy_talk *talk);
void proxy_talk_said(struct proxy_talk *talk, size_t count);

/* Where to put what is heard, and how much of it at most. */
char *proxy_talk_room(struct proxy_talk *talk, size_t *ret_size);
/* `count` bytes are there. After PROXY_FAILED *ret_text says why; borrowed from the talk. */
enum proxy_result proxy_talk_heard(struct proxy_talk *talk, size_t count, const char **ret_text);

#endif
