/* SPDX-License-Identifier: MIT */
/*
 * client_ip - who is really calling, from behind which proxies (spec 01 §5.3). Any thread.
 */
#ifndef DATAPLANE_ADMIT_CLIENT_IP_H
#define DATAPLANE_ADMIT_CLIENT_IP_H

#include "lib/net/http.h"

#define CLIENT_IP_SIZE 46 /* the longest IPv6 address and its zero */

/* Names of headers in the order they are believed; of a list the rightmost entry. */
struct client_ip_rules {
    const char *const *at;
    size_t count;
};

/* The address as text, in its shortest form; "" if nothing names one, not even `peer`. */
void client_ip_find(const struct client_ip_rules *rules, struct gw_http_headers headers,
                    struct gw_text peer, char ret_ip[CLIENT_IP_SIZE]);

#endif
