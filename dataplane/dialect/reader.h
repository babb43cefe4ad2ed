/* SPDX-License-Identifier: MIT */
/*
 * reader - reads an answer as it passes by.
 *
 * Finds out what the answer consumed, which model gave it, when its first content came and
 * whether it was complete, without holding back a byte and in the same memory whatever the
 * provider sends. One exchange, one thread.
 */
#ifndef DATAPLANE_DIALECT_READER_H
#define DATAPLANE_DIALECT_READER_H

#include "dataplane/dialect/dialect.h"
#include "dataplane/dialect/figures.h"
#include "dataplane/dialect/sse.h"

#define READER_MODEL_MAX 128 /* a longer name of a model is not kept */

enum reader_shape {
    READER_NOTHING, /* not read: no shape we know, or coded */
    READER_UNKNOWN, /* the first byte will tell */
    READER_EVENTS,
    READER_JSON,
    READER_LINES, /* one JSON text on each line */
};

struct reader {
    const struct dialect_rules *rules;
    enum reader_shape shape;

    /* What is known about the answer so far. */
    struct figures figures;
    bool has_content; /* something the user asked for has come */
    bool is_complete; /* the answer itself said that it is whole */
    bool has_error;   /* the answer itself said that it failed */
    uint32_t frames;
    uint32_t malformed; /* frames that were not JSON */
    size_t model_len;
    char model[READER_MODEL_MAX];

    /* The frame in hand. */
    struct figures frame_figures;
    enum dialect_mark frame_mark;
    bool is_in_frame, frame_is_error, frame_is_finish;
    uint64_t frame_size;
    uint8_t sentinel_at; /* so many bytes of the sentinel, and no others, have come */
    struct sse sse;
    struct gw_scan scan;
};

/* The shape of an answer with these headers; either may be empty. */
enum reader_shape reader_shape_of(struct gw_text content_type, struct gw_text content_encoding);

void reader_init(struct reader *reader, enum dialect dialect, enum reader_shape shape);
void reader_feed(struct reader *reader, struct gw_text bytes);
void reader_end(struct reader *reader); /* no more bytes, for whatever reason */

static inline struct gw_text reader_model(const struct reader *reader)
{
    return (struct gw_text){reader->model, reader->model_len};
}

#endif
