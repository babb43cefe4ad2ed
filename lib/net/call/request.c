/* SPDX-License-Identifier: MIT */
/*
 * The head of a request, written and judged in one go: nothing that a caller hands in may end a
 * line or a head before its time.
 */
#include "lib/net/call/inside.h"

#define FIXED_MAX       32 /* what a head has besides names and values */
#define LENGTH_LINE_MAX 48

/* Whether one of eight bytes is below `least` or is DEL. May say yes for bytes of UTF-8. */
static bool is_suspect(const char *at, char least)
{
    const uint64_t each = UINT64_C(0x0101010101010101), high = each << 7;
    uint64_t bytes, below, del;

    memcpy(&bytes, at, sizeof(bytes));
    below = (bytes - each * (unsigned char)least) & ~bytes & high;
    del = (bytes ^ (each * 0x7f)) - each;
    return (below | (del & ~(bytes ^ (each * 0x7f)) & high)) != 0;
}

static bool is_clean(struct gw_text text, char least)
{
    size_t at = 0;

    while (at + 8 <= text.len && !is_suspect(text.at + at, least)) {
        at += 8;
    }
    for (; at < text.len; at++) {
        unsigned char byte = (unsigned char)text.at[at];

        if ((byte < (unsigned char)least && (byte != '\t' || least != ' ')) || byte == 0x7f) {
            return false;
        }
    }
    return true;
}

/* Copies; false if the text could be taken for more than it is. */
static bool put(char **at, struct gw_text text, char least)
{
    if (text.len > 0) {
        memcpy(*at, text.at, text.len);
        *at += text.len;
    }
    return is_clean(text, least);
}

static void put_number(char **at, size_t number)
{
    char digits[24], *first = digits + sizeof(digits);

    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    memcpy(*at, first, (size_t)(digits + sizeof(digits) - first));
    *at += digits + sizeof(digits) - first;
}

static void put_fixed(char **at, const char *text)
{
    size_t len = strlen(text);

    memcpy(*at, text, len);
    *at += len;
}

size_t gw_request_room(const struct gw_http_send *send)
{
    size_t size = send->method.len + send->target.len + FIXED_MAX + LENGTH_LINE_MAX;

    for (size_t i = 0; i < send->headers.count; i++) {
        size += send->headers.at[i].name.len + send->headers.at[i].value.len + 4;
    }
    return size;
}

bool gw_request_write(const struct gw_http_send *send, size_t body_size, char *at,
                      struct iovec *ret_vec)
{
    char *from = at;
    bool is_good = put(&at, send->method, '!') && send->method.len > 0;

    put_fixed(&at, " ");
    is_good &= put(&at, send->target, '!') && send->target.len > 0;
    put_fixed(&at, " HTTP/1.1\r\n");
    for (size_t i = 0; i < send->headers.count; i++) {
        is_good &= put(&at, send->headers.at[i].name, '!');
        put_fixed(&at, ": ");
        is_good &= put(&at, send->headers.at[i].value, ' ');
        put_fixed(&at, "\r\n");
    }
    if (send->has_body) {
        put_fixed(&at, "Content-Length: ");
        put_number(&at, body_size);
        put_fixed(&at, "\r\n");
    }
    put_fixed(&at, "\r\n");
    *ret_vec = (struct iovec){from, (size_t)(at - from)};
    return is_good;
}
