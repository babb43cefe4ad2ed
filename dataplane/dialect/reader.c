/* SPDX-License-Identifier: MIT */
/*
 * An answer is a row of frames: events, lines, or one frame that is all of it. Each frame is a
 * JSON text that goes through the scanner as it comes; what it says is kept apart until the
 * frame is complete and turned out to be JSON, and only then believed.
 */
#include "dataplane/dialect/reader.h"

#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    } /* GW_TEXT, for static tables */

/* ---- What a frame says ------------------------------------------------------------------ */

static enum dialect_mark mark_of(const struct dialect_rules *rules, struct gw_text text)
{
    for (const struct dialect_word *word = rules->words; word->text.len > 0; word++) {
        if (gw_text_eq(text, word->text)) {
            return word->mark;
        }
    }
    return DIALECT_MARK_NONE;
}

/* Whether there is anything in a value: the rule of spec 02 §10. */
static bool is_something(const struct gw_scan_found *found)
{
    switch (found->kind) {
    case GW_SCAN_NULL:
    case GW_SCAN_FALSE:
        return false;
    case GW_SCAN_TRUE:
    case GW_SCAN_NUMBER:
        return true;
    case GW_SCAN_STRING:
        return found->text.len > 0;
    case GW_SCAN_OBJECT:
    case GW_SCAN_ARRAY:
        return found->edge == GW_SCAN_CLOSE && found->end - found->begin > 2;
    }
    return false;
}

static void keep_model(struct reader *reader, const struct gw_scan_found *found)
{
    struct gw_buf plain;

    if (found->kind != GW_SCAN_STRING || found->is_cut || found->text.len == 0 ||
        found->text.len > READER_MODEL_MAX) {
        return;
    }
    gw_buf_init(&plain, READER_MODEL_MAX);
    if (memchr(found->text.at, '\\', found->text.len) == NULL) {
        memcpy(reader->model, found->text.at, found->text.len);
        reader->model_len = found->text.len;
    } else if (gw_scan_unescape(found->text, &plain) == GW_OK) {
        memcpy(reader->model, plain.at, plain.len);
        reader->model_len = plain.len;
    }
    gw_buf_fini(&plain);
}

static void keep_figure(struct reader *reader, const struct gw_scan_found *found)
{
    uint64_t value;

    if (found->kind == GW_SCAN_NUMBER && !found->is_cut && gw_scan_to_u64(found->text, &value)) {
        figures_set(&reader->frame_figures, (enum figure)found->id, value);
    }
}

static void on_found(void *owner, const struct gw_scan_found *found)
{
    struct reader *reader = owner;

    if (found->id < FIGURES) {
        keep_figure(reader, found);
        return;
    }
    switch ((enum frame_field)found->id) {
    case FRAME_USAGE:
        if (found->edge == GW_SCAN_OPEN && !reader->rules->merges_figures) {
            reader->frame_figures.named = 0; /* an array of chunks: the last one stands */
        }
        break;
    case FRAME_TYPE:
        if (found->kind == GW_SCAN_STRING) {
            reader->frame_mark = mark_of(reader->rules, found->text);
        }
        break;
    case FRAME_MODEL:
        keep_model(reader, found);
        break;
    case FRAME_CONTENT:
        reader->has_content |= is_something(found);
        break;
    case FRAME_FINISH:
        reader->frame_is_finish |= is_something(found);
        break;
    case FRAME_ERROR:
        reader->frame_is_error |= is_something(found);
        break;
    }
}

/* ---- Frames ----------------------------------------------------------------------------- */

static void begin_frame(struct reader *reader)
{
    gw_scan_init(&reader->scan, reader->rules->table, on_found, reader);
    reader->is_in_frame = true;
    reader->frame_figures.named = 0;
    reader->frame_mark = DIALECT_MARK_NONE;
    reader->frame_is_error = reader->frame_is_finish = false;
    reader->frame_size = 0;
    reader->sentinel_at = 0;
}

/* Follows the frame as long as it is the sentinel's beginning. */
static void match_sentinel(struct reader *reader, struct gw_text bytes)
{
    const char *sentinel = reader->rules->sentinel;

    if (sentinel == NULL || reader->frame_size != reader->sentinel_at) {
        return;
    }
    for (size_t i = 0; i < bytes.len && sentinel[reader->sentinel_at] != '\0' &&
                       sentinel[reader->sentinel_at] == bytes.at[i];
         i++) {
        reader->sentinel_at++;
    }
}

static bool is_sentinel(const struct reader *reader)
{
    return reader->sentinel_at > 0 && reader->frame_size == reader->sentinel_at &&
           reader->rules->sentinel[reader->sentinel_at] == '\0';
}

static void frame_bytes(void *owner, struct gw_text bytes)
{
    struct reader *reader = owner;

    if (!reader->is_in_frame) {
        begin_frame(reader);
    }
    match_sentinel(reader, bytes);
    reader->frame_size += bytes.len;
    (void)gw_scan_feed(&reader->scan, bytes); /* a failure is seen at the end */
}

static void end_frame(void *owner, struct gw_text name)
{
    struct reader *reader = owner;
    enum dialect_mark mark;

    if (!reader->is_in_frame) {
        return;
    }
    reader->is_in_frame = false;
    reader->frames++;
    if (is_sentinel(reader)) {
        reader->is_complete = true;
        return;
    }
    if (gw_scan_end(&reader->scan) != GW_OK) {
        reader->malformed++;
        return;
    }
    mark = name.len > 0 ? mark_of(reader->rules, name) : DIALECT_MARK_NONE;
    mark = mark == DIALECT_MARK_NONE ? reader->frame_mark : mark;
    reader->is_complete |= mark == DIALECT_MARK_COMPLETE || reader->frame_is_finish;
    reader->has_error |= mark == DIALECT_MARK_ERROR || reader->frame_is_error;
    if (reader->frame_figures.named != 0) {
        if (!reader->rules->merges_figures) {
            reader->figures.named = 0;
        }
        figures_merge(&reader->figures, &reader->frame_figures);
    }
}

/* ---- Shapes ----------------------------------------------------------------------------- */

enum reader_shape reader_shape_of(struct gw_text content_type, struct gw_text content_encoding)
{
    static const struct {
        struct gw_text type;
        enum reader_shape shape;
    } SHAPES[] = {
        {TEXT("text/event-stream"), READER_EVENTS},   {TEXT("application/json"), READER_JSON},
        {TEXT("application/x-ndjson"), READER_LINES}, {TEXT("application/jsonl"), READER_LINES},
        {TEXT("text/plain"), READER_UNKNOWN},
    };
    struct gw_text type;

    if (content_encoding.len > 0 && !gw_text_eq_nocase(content_encoding, GW_TEXT("identity"))) {
        return READER_NOTHING;
    }
    type.at = content_type.at;
    type.len = gw_text_find(content_type, ';');
    type = gw_text_trim(type);
    for (size_t i = 0; i < sizeof(SHAPES) / sizeof(SHAPES[0]); i++) {
        if (gw_text_eq_nocase(type, SHAPES[i].type)) {
            return SHAPES[i].shape;
        }
    }
    return type.len == 0 ? READER_UNKNOWN : READER_NOTHING;
}

void reader_init(struct reader *reader, enum dialect dialect, enum reader_shape shape)
{
    static const struct sse_ops OPS = {.on_data = frame_bytes, .on_event = end_frame};

    reader->rules = dialect_rules(dialect);
    reader->shape = shape;
    reader->figures.named = 0;
    reader->has_content = reader->is_complete = reader->has_error = false;
    reader->frames = reader->malformed = 0;
    reader->model_len = 0;
    reader->is_in_frame = false;
    sse_init(&reader->sse, &OPS, reader);
}

static void feed_lines(struct reader *reader, struct gw_text bytes)
{
    struct gw_text line, rest = bytes;

    while (gw_text_cut(rest, '\n', &line, &rest)) {
        if (line.len > 0) {
            frame_bytes(reader, line);
        }
        end_frame(reader, GW_TEXT_NONE);
    }
    if (rest.len > 0) {
        frame_bytes(reader, rest);
    }
}

/* A provider that does not say what it sends. White space tells nothing and is dropped. */
static void find_shape(struct reader *reader, struct gw_text *bytes)
{
    while (bytes->len > 0 && memchr(" \t\r\n", bytes->at[0], 4) != NULL) {
        *bytes = gw_text_skip(*bytes, 1);
    }
    if (bytes->len > 0) {
        /* What has no fields has no events either. */
        reader->shape = bytes->at[0] == '{' || bytes->at[0] == '[' ? READER_JSON : READER_EVENTS;
    }
}

void reader_feed(struct reader *reader, struct gw_text bytes)
{
    if (reader->shape == READER_UNKNOWN) {
        find_shape(reader, &bytes);
    }
    switch (reader->shape) {
    case READER_NOTHING:
    case READER_UNKNOWN:
        break;
    case READER_EVENTS:
        sse_feed(&reader->sse, bytes);
        break;
    case READER_JSON:
        frame_bytes(reader, bytes);
        break;
    case READER_LINES:
        feed_lines(reader, bytes);
        break;
    }
}

void reader_end(struct reader *reader)
{
    if (reader->shape == READER_EVENTS) {
        sse_end(&reader->sse);
    } else {
        end_frame(reader, GW_TEXT_NONE);
    }
}
