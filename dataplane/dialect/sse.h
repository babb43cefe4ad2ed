/* SPDX-License-Identifier: MIT */
/*
 * sse - server-sent events, byte by byte.
 *
 * Finds the frames in a stream that is passed on as it is: bytes may be split anywhere, lines end
 * in LF, CR or CRLF, a byte order mark may stand first. Nothing is collected; data is handed on in
 * the pieces it comes in, so that an event of any size costs the same memory. One thread at a
 * time.
 */
#ifndef DATAPLANE_DIALECT_SSE_H
#define DATAPLANE_DIALECT_SSE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/text.h"

#define SSE_NAME_MAX 63 /* longer names of events are cut */

struct sse_ops {
    /* A piece of the event's data, with a line feed between lines. Borrowed. */
    void (*on_data)(void *owner, struct gw_text bytes);
    /* The event is complete; its name is empty if it had none. Only for events with data. */
    void (*on_event)(void *owner, struct gw_text name);
};

struct sse {
    const struct sse_ops *ops;
    void *owner;
    uint8_t state;
    uint8_t field_len;
    uint8_t name_len;
    bool has_data; /* a data line of the event in hand was begun */
    bool after_cr; /* a line feed now belongs to the line end before it */
    char field[6]; /* enough to tell "data" and "event" from the others */
    char name[SSE_NAME_MAX];
};

void sse_init(struct sse *sse, const struct sse_ops *ops, void *owner);
void sse_feed(struct sse *sse, struct gw_text bytes);
/* The stream is over. An event whose blank line is missing still counts. */
void sse_end(struct sse *sse);

#endif
