/* SPDX-License-Identifier: MIT */
/*
 * framing - where an answer's head ends, what it says, and where its body ends.
 *
 * Reads foreign bytes and nothing else: no sockets, no allocation, no third-party library. Strict
 * on purpose: what could be read in two ways is refused. Any thread.
 */
#ifndef LIB_NET_CALL_FRAMING_H
#define LIB_NET_CALL_FRAMING_H

#include <stdint.h>

#include "lib/net/http.h"

#define GW_HTTP_HEAD_MAX    ((size_t)64 << 10)
#define GW_HTTP_HEADERS_MAX 200

/* ---- Head ------------------------------------------------------------------------------- */

enum gw_http_body {
    GW_HTTP_BODY_NONE,
    GW_HTTP_BODY_LENGTH,
    GW_HTTP_BODY_CHUNKED,
    GW_HTTP_BODY_UNTIL_CLOSE,
};

struct gw_http_head {
    int status;                                         /* 100..599, not 101 */
    struct gw_http_header headers[GW_HTTP_HEADERS_MAX]; /* borrowed from what was parsed */
    size_t header_count;
    enum gw_http_body body;
    uint64_t length;  /* for GW_HTTP_BODY_LENGTH, 1 or more */
    bool keeps_alive; /* the connection may carry another request after the body */
};

/*
 * Size of the head at the start of `raw` including its empty line, or 0 while it is not all there.
 * *scanned, 0 at first, remembers between calls how far the search has come.
 */
size_t gw_http_head_size(struct gw_text raw, size_t *scanned);

/*
 * Parses a whole head as gw_http_head_size() measured it. `is_to_head` says that the request's
 * method was HEAD. NULL, or what is wrong with it (constant text).
 */
const char *gw_http_head_parse(struct gw_text raw, bool is_to_head, struct gw_http_head *ret_head);

/* ---- Chunks ----------------------------------------------------------------------------- */

struct gw_http_chunks {
    int state;
    unsigned digits;
    size_t line;     /* bytes of the present line that are thrown away */
    size_t trailers; /* bytes of all of them */
    uint64_t left;
};

enum gw_http_chunks_result { GW_HTTP_CHUNKS_MORE, GW_HTTP_CHUNKS_END, GW_HTTP_CHUNKS_BAD };

void gw_http_chunks_init(struct gw_http_chunks *chunks);

/*
 * Decodes the `size` bytes at `raw` in place: *ret_body are the body's bytes among them, moved
 * together. *ret_used is `size` unless the end was found before it. Trailers are thrown away.
 */
enum gw_http_chunks_result gw_http_chunks_decode(struct gw_http_chunks *chunks, char *raw,
                                                 size_t size, struct gw_text *ret_body,
                                                 size_t *ret_used);

#endif
