/* SPDX-License-Identifier: MIT */
/*
 *            byte order mark            ':'           not a space
 *   ---> BEGIN ---------> LINE ---> FIELD --> COLON -----------> VALUE
 *                          ^ |        |         |                  |
 *              line end    | | ':'    | line end: a field          |
 *          +---------------+ v        v         v   without value  v
 *          |              COMMENT     +---------+------> LINE <----+
 *          +-----------------+
 *
 *   BEGIN    the stream's first bytes; MARK_1 and MARK_2 inside a byte order mark
 *   LINE     at the start of a line; a line end here completes the event
 *   FIELD    inside a field's name
 *   COLON    behind it; one space may follow
 *   VALUE    inside its value
 *   COMMENT  inside a line nobody reads
 *
 * A broken byte order mark is read as the start of a field's name, which it then is.
 */
#include "dataplane/dialect/sse.h"

enum state {
    BEGIN,
    MARK_1,
    MARK_2,
    LINE,
    FIELD,
    COLON,
    VALUE,
    COMMENT,
};

enum field {
    FIELD_DATA,
    FIELD_EVENT,
    FIELD_OTHER,
};

void sse_init(struct sse *sse, const struct sse_ops *ops, void *owner)
{
    *sse = (struct sse){.ops = ops, .owner = owner, .state = BEGIN};
}

static enum field field_of(const struct sse *sse)
{
    struct gw_text field = {sse->field, sse->field_len};

    return gw_text_eq(field, GW_TEXT("data"))    ? FIELD_DATA
           : gw_text_eq(field, GW_TEXT("event")) ? FIELD_EVENT
                                                 : FIELD_OTHER;
}

/* ---- Events ----------------------------------------------------------------------------- */

static void end_event(struct sse *sse)
{
    if (sse->has_data) {
        sse->ops->on_event(sse->owner, (struct gw_text){sse->name, sse->name_len});
    }
    sse->has_data = false;
    sse->name_len = 0;
}

/* The field's name is complete, a value may follow. */
static void begin_value(struct sse *sse)
{
    switch (field_of(sse)) {
    case FIELD_DATA:
        if (sse->has_data) {
            sse->ops->on_data(sse->owner, GW_TEXT("\n"));
        }
        sse->has_data = true;
        break;
    case FIELD_EVENT:
        sse->name_len = 0; /* the last one counts */
        break;
    case FIELD_OTHER:
        break;
    }
}

static void value(struct sse *sse, struct gw_text bytes)
{
    size_t room = SSE_NAME_MAX - sse->name_len;

    switch (field_of(sse)) {
    case FIELD_DATA:
        if (bytes.len > 0) {
            sse->ops->on_data(sse->owner, bytes);
        }
        break;
    case FIELD_EVENT:
        memcpy(sse->name + sse->name_len, bytes.at, bytes.len < room ? bytes.len : room);
        sse->name_len = (uint8_t)(sse->name_len + (bytes.len < room ? bytes.len : room));
        break;
    case FIELD_OTHER:
        break;
    }
}

/* ---- Lines ------------------------------------------------------------------------------ */

static void end_line(struct sse *sse)
{
    switch ((enum state)sse->state) {
    case BEGIN:
    case LINE:
        end_event(sse);
        break;
    case MARK_1:
    case MARK_2:
    case FIELD:
        begin_value(sse); /* a name alone is a field with an empty value */
        break;
    case COLON:
    case VALUE:
    case COMMENT:
        break;
    }
    sse->state = LINE;
    sse->field_len = 0;
}

static const char *line_end(const char *at, const char *end)
{
    const char *feed = memchr(at, '\n', (size_t)(end - at));
    const char *cr;

    end = feed == NULL ? end : feed;
    cr = memchr(at, '\r', (size_t)(end - at));
    return cr == NULL ? end : cr;
}

static void field_byte(struct sse *sse, char byte)
{
    if (byte == ':') {
        sse->state = sse->field_len == 0 ? COMMENT : COLON;
        if (sse->state == COLON) {
            begin_value(sse);
        }
        return;
    }
    sse->state = FIELD;
    if (sse->field_len < sizeof(sse->field)) {
        sse->field[sse->field_len++] = byte;
    }
}

/* One byte that ends no line, where single bytes matter. */
static void small_step(struct sse *sse, char byte)
{
    static const char MARK[] = "\xef\xbb\xbf";

    if (sse->state < LINE) {
        if (byte == MARK[sse->state - BEGIN]) {
            sse->state++; /* from MARK_2 to LINE */
            return;
        }
        for (int i = BEGIN; i < sse->state; i++) {
            sse->field[sse->field_len++] = MARK[i];
        }
    }
    field_byte(sse, byte);
}

/* Most lines begin like this: at once what small_step() would do in five turns. */
static inline bool take_data_field(struct sse *sse, const char *at, const char *end)
{
    if (sse->state != LINE || end - at < 5 || memcmp(at, "data:", 5) != 0) {
        return false;
    }
    memcpy(sse->field, at, 4);
    sse->field_len = 4;
    sse->state = COLON;
    begin_value(sse);
    return true;
}

void sse_feed(struct sse *sse, struct gw_text bytes)
{
    const char *at = bytes.at, *end = bytes.at + bytes.len;

    while (at < end) {
        if (sse->after_cr && *at == '\n') {
            sse->after_cr = false;
            at++;
            continue;
        }
        sse->after_cr = false;
        if (*at == '\n' || *at == '\r') {
            sse->after_cr = *at == '\r';
            end_line(sse);
            at++;
        } else if (sse->state == VALUE || sse->state == COMMENT) {
            const char *stop = line_end(at, end);

            if (sse->state == VALUE) {
                value(sse, (struct gw_text){at, (size_t)(stop - at)});
            }
            at = stop;
        } else if (sse->state == COLON) {
            sse->state = VALUE;
            at += *at == ' ' ? 1 : 0;
        } else if (take_data_field(sse, at, end)) {
            at += 5;
        } else {
            small_step(sse, *at++);
        }
    }
}

void sse_end(struct sse *sse)
{
    if (sse->state == FIELD) {
        end_line(sse);
    }
    end_event(sse);
}
