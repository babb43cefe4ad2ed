/* SPDX-License-Identifier: MIT */
/*
 * The headers come from whoever is in front of us, and from the client itself if nobody is. An
 * operator without a proxy in front should set an empty list, so that only the socket counts.
 */
#include "dataplane/admit/client_ip.h"

#include <arpa/inet.h>
#include <stdbool.h>

/* "1.2.3.4:80" and "[::1]:80" without port and brackets. */
static struct gw_text bare(struct gw_text text)
{
    struct gw_text head, tail;

    text = gw_text_trim(text);
    if (text.len > 0 && text.at[0] == '[') {
        return gw_text_cut(gw_text_skip(text, 1), ']', &head, &tail) ? head : GW_TEXT_NONE;
    }
    if (gw_text_cut(text, ':', &head, &tail) && gw_text_find(tail, ':') == tail.len) {
        return head; /* one colon: an IPv4 address with its port */
    }
    return text;
}

static bool parse(struct gw_text text, char ret_ip[CLIENT_IP_SIZE])
{
    char zero_terminated[CLIENT_IP_SIZE];
    unsigned char address[sizeof(struct in6_addr)];

    text = bare(text);
    if (text.len == 0 || text.len >= sizeof(zero_terminated)) {
        return false;
    }
    memcpy(zero_terminated, text.at, text.len);
    zero_terminated[text.len] = '\0';
    if (inet_pton(AF_INET, zero_terminated, address) == 1) {
        memcpy(ret_ip, zero_terminated, text.len + 1); /* of an IPv4 address there is one form */
        return true;
    }
    return inet_pton(AF_INET6, zero_terminated, address) == 1 &&
           inet_ntop(AF_INET6, address, ret_ip, CLIENT_IP_SIZE) != NULL;
}

static struct gw_text rightmost(struct gw_text list)
{
    struct gw_text head;

    while (gw_text_cut(list, ',', &head, &list)) {
    }
    return list;
}

/* The last header of that name, as the nearest proxy wrote it. */
static struct gw_text last_header(struct gw_http_headers headers, struct gw_text name)
{
    for (size_t i = headers.count; i > 0; i--) {
        struct gw_text found = headers.at[i - 1].name;

        if (found.len == name.len && gw_text_eq_nocase(found, name)) {
            return headers.at[i - 1].value;
        }
    }
    return GW_TEXT_NONE;
}

void client_ip_find(const struct client_ip_rules *rules, struct gw_http_headers headers,
                    struct gw_text peer, char ret_ip[CLIENT_IP_SIZE])
{
    ret_ip[0] = '\0';
    for (size_t i = 0; i < rules->count; i++) {
        if (parse(rightmost(last_header(headers, gw_text_of(rules->at[i]))), ret_ip)) {
            return;
        }
    }
    if (!parse(peer, ret_ip)) {
        ret_ip[0] = '\0';
    }
}
