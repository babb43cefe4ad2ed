/* SPDX-License-Identifier: MIT */
/*
 * A machine over bytes:
 *
 *      { [ ,                       "            :
 *   VALUE <----------- COMMA     KEY --> string --> COLON --> VALUE
 *     |  \                ^
 *     |   string, number, |
 *     |   literal --------+---- depth 0 ----> DONE
 *     +-- { --> FIRST_KEY, [ --> FIRST_ITEM
 *
 *   VALUE       a value must come
 *   FIRST_ITEM  a value, or the end of an empty array
 *   KEY         a name must come
 *   FIRST_KEY   a name, or the end of an empty object
 *   COLON       between a name and its value
 *   COMMA       a value is complete: a comma or the container's end
 *   STRING      inside quotes; ESCAPE after a backslash, HEX in its four digits
 *   NUMBER      inside a number; `detail` is the place in its grammar
 *   LITERAL     inside null, true or false; `detail` counts the bytes seen
 *   DONE        only white space may follow
 *   BROKEN      not JSON
 *
 * Nearly all bytes of a request are inside strings, so those are passed over sixteen at a time;
 * the rest is a switch per byte. Tables are followed only from the outside in: `hits` is the
 * chain of containers that some table asked for, and as soon as one is entered that none asked
 * for, names need not even be compared until it is left.
 */
#include "lib/json/scan_inside.h"

void gw_scan_init(struct gw_scan *scan, const struct gw_scan_name *table, gw_scan_fn *found,
                  void *owner)
{
    /* Everything but the carry, the arrays of tracked levels and the depth bits. */
    scan->found = found;
    scan->owner = owner;
    scan->root = (struct gw_scan_name){"", -1, table};
    scan->hit = &scan->root;
    scan->mark = NULL;
    scan->offset = 0;
    scan->begin = 0;
    scan->depth = 0;
    scan->tracked = 0;
    scan->carried = 0;
    scan->state = SCAN_VALUE;
    scan->detail = 0;
    scan->is_key = scan->has_escape = scan->is_kept = scan->is_cut = false;
}

/* ---- Tokens in pieces ------------------------------------------------------------------- */

static inline bool is_in_token(const struct gw_scan *scan)
{
    return scan->state >= SCAN_STRING && scan->state <= SCAN_LITERAL;
}

static void carry(struct gw_scan *scan, const char *upto)
{
    size_t len = (size_t)(upto - scan->mark);
    size_t room = GW_SCAN_CARRY_MAX - scan->carried;

    if (len > room) {
        scan->is_cut = true;
        len = room;
    }
    memcpy(scan->carry + scan->carried, scan->mark, len);
    scan->carried = (uint16_t)(scan->carried + len);
}

/* The token in hand, complete now: in place if it came in one piece. */
static struct gw_text token(struct gw_scan *scan, const char *upto)
{
    if (scan->carried == 0) {
        return (struct gw_text){scan->mark, (size_t)(upto - scan->mark)};
    }
    carry(scan, upto);
    return (struct gw_text){scan->carry, scan->carried};
}

static inline void begin_token(struct gw_scan *scan, enum scan_state state, const char *mark)
{
    scan->state = (uint8_t)state;
    scan->mark = mark;
    scan->carried = 0;
    scan->is_cut = false;
    scan->has_escape = false;
}

/* ---- Names ------------------------------------------------------------------------------ */

/* The innermost open container's table, or NULL if nothing inside it is looked for. */
static inline const struct gw_scan_name *table_here(const struct gw_scan *scan)
{
    return scan->depth == scan->tracked && scan->depth > 0 ? scan->hits[scan->tracked - 1]->inside
                                                           : NULL;
}

static void end_key(struct gw_scan *scan, const char *upto)
{
    scan->state = SCAN_COLON;
    scan->hit = NULL;
    if (scan->is_kept) {
        struct gw_text written = token(scan, upto);

        if (scan->is_cut || written.len == 0) {
            return;
        }
        scan->hit = scan->has_escape ? gw_scan_look_up_escaped(table_here(scan), written)
                                     : gw_scan_look_up(table_here(scan), written);
    }
}

/* Before a value in an array: what is its every item asked for as? */
static inline void hit_item(struct gw_scan *scan)
{
    const struct gw_scan_name *table = table_here(scan);

    while (table != NULL && table->name != NULL && table->name[0] != '[') {
        table++;
    }
    scan->hit = table == NULL || table->name == NULL ? NULL : table;
}

/* ---- Values ----------------------------------------------------------------------------- */

static inline bool top_is_object(const struct gw_scan *scan)
{
    unsigned top = scan->depth - 1u;

    return (scan->is_object[top / 64] >> (top % 64) & 1) != 0;
}

static inline void after_value(struct gw_scan *scan)
{
    scan->state = scan->depth == 0 ? SCAN_DONE : SCAN_COMMA;
}

static void tell(struct gw_scan *scan, const struct gw_scan_found *found)
{
    if (found->id >= 0) {
        scan->found(scan->owner, found);
    }
}

/* A scalar is complete; `at` points behind its text and `end` is the offset behind all of it. */
void gw_scan_end_scalar(struct gw_scan *scan, enum gw_scan_kind kind, const char *at, uint64_t end)
{
    const struct gw_scan_name *hit = scan->hit;

    after_value(scan);
    if (hit != NULL && hit->id >= 0) {
        struct gw_scan_found found = {.id = hit->id,
                                      .kind = kind,
                                      .edge = GW_SCAN_WHOLE,
                                      .begin = scan->begin,
                                      .end = end,
                                      .text = token(scan, at)};

        found.is_cut = scan->is_cut;
        scan->found(scan->owner, &found);
    }
}

static bool open_container(struct gw_scan *scan, enum gw_scan_kind kind)
{
    uint64_t bit = UINT64_C(1) << (scan->depth % 64);
    const struct gw_scan_name *hit = scan->hit;

    if (scan->depth == GW_SCAN_DEPTH_MAX) {
        return false;
    }
    if (kind == GW_SCAN_OBJECT) {
        scan->is_object[scan->depth / 64] |= bit;
    } else {
        scan->is_object[scan->depth / 64] &= ~bit;
    }
    if (hit != NULL && scan->depth == scan->tracked && scan->tracked < GW_SCAN_TRACK_MAX) {
        scan->begins[scan->tracked] = scan->begin;
        scan->hits[scan->tracked++] = hit;
        tell(scan, &(struct gw_scan_found){
                       .id = hit->id, .kind = kind, .edge = GW_SCAN_OPEN, .begin = scan->begin});
    }
    scan->depth++;
    scan->state = kind == GW_SCAN_OBJECT ? SCAN_FIRST_KEY : SCAN_FIRST_ITEM;
    return true;
}

static bool close_container(struct gw_scan *scan, enum gw_scan_kind kind, uint64_t end)
{
    if (scan->depth == 0 || top_is_object(scan) != (kind == GW_SCAN_OBJECT)) {
        return false;
    }
    if (scan->depth == scan->tracked) {
        scan->tracked--;
        tell(scan, &(struct gw_scan_found){.id = scan->hits[scan->tracked]->id,
                                           .kind = kind,
                                           .edge = GW_SCAN_CLOSE,
                                           .begin = scan->begins[scan->tracked],
                                           .end = end});
    }
    scan->depth--;
    after_value(scan);
    return true;
}

static bool begin_literal(struct gw_scan *scan, enum gw_scan_kind kind, const char *at)
{
    begin_token(scan, SCAN_LITERAL, at);
    scan->detail = (uint8_t)((kind << 4) | 1);
    return true;
}

static bool begin_number(struct gw_scan *scan, const char *at)
{
    begin_token(scan, SCAN_NUMBER, at);
    scan->detail = *at == '-'   ? SCAN_NUMBER_MINUS
                   : *at == '0' ? SCAN_NUMBER_ZERO
                                : SCAN_NUMBER_WHOLE;
    return true;
}

static bool begin_value(struct gw_scan *scan, const char *at, uint64_t offset)
{
    if (scan->depth > 0 && !top_is_object(scan)) {
        hit_item(scan);
    }
    scan->begin = offset;
    scan->is_key = false;
    scan->is_kept = scan->hit != NULL && scan->hit->id >= 0;
    switch (*at) {
    case '"':
        begin_token(scan, SCAN_STRING, at + 1);
        return true;
    case '{':
        return open_container(scan, GW_SCAN_OBJECT);
    case '[':
        return open_container(scan, GW_SCAN_ARRAY);
    case 'n':
        return begin_literal(scan, GW_SCAN_NULL, at);
    case 'f':
        return begin_literal(scan, GW_SCAN_FALSE, at);
    case 't':
        return begin_literal(scan, GW_SCAN_TRUE, at);
    default:
        return (*at == '-' || (*at >= '0' && *at <= '9')) && begin_number(scan, at);
    }
}

static bool begin_key(struct gw_scan *scan, const char *at)
{
    const struct gw_scan_name *table = table_here(scan);

    if (*at != '"') {
        return false;
    }
    begin_token(scan, SCAN_STRING, at + 1);
    scan->is_key = true;
    scan->is_kept = table != NULL && table->name != NULL;
    return true;
}

/* ---- Inside strings ---------------------------------------------------------------------- */

/* Returns where to go on; the offending byte if it is broken. */
static const char *in_string(struct gw_scan *scan, const char *at, const char *end, uint64_t offset)
{
    const char *stop = gw_scan_skip_plain(at, end);

    if (stop == end) {
        return end;
    }
    if (*stop == '\\') {
        scan->has_escape = true;
        scan->state = SCAN_ESCAPE;
        return stop + 1;
    }
    if (*stop != '"') {
        scan->state = SCAN_BROKEN;
        return stop;
    }
    if (scan->is_key) {
        end_key(scan, stop);
    } else {
        gw_scan_end_scalar(scan, GW_SCAN_STRING, stop, offset + (uint64_t)(stop - at) + 1);
    }
    return stop + 1;
}

/* ---- Feeding ---------------------------------------------------------------------------- */

static inline bool is_space(char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

/* A byte outside of tokens that is no white space. */
static bool structure(struct gw_scan *scan, const char *at, uint64_t offset)
{
    switch ((enum scan_state)scan->state) {
    case SCAN_FIRST_ITEM:
        if (*at == ']') {
            return close_container(scan, GW_SCAN_ARRAY, offset + 1);
        }
        __attribute__((fallthrough));
    case SCAN_VALUE:
        return begin_value(scan, at, offset);
    case SCAN_FIRST_KEY:
        if (*at == '}') {
            return close_container(scan, GW_SCAN_OBJECT, offset + 1);
        }
        __attribute__((fallthrough));
    case SCAN_KEY:
        return begin_key(scan, at);
    case SCAN_COLON:
        scan->state = SCAN_VALUE;
        return *at == ':';
    case SCAN_COMMA:
        if (*at == ',') {
            scan->state = top_is_object(scan) ? SCAN_KEY : SCAN_VALUE;
            return true;
        }
        return (*at == '}' || *at == ']') &&
               close_container(scan, *at == '}' ? GW_SCAN_OBJECT : GW_SCAN_ARRAY, offset + 1);
    case SCAN_STRING:
    case SCAN_ESCAPE:
    case SCAN_HEX:
    case SCAN_NUMBER:
    case SCAN_LITERAL:
    case SCAN_DONE:
    case SCAN_BROKEN:
        return false;
    }
    return false;
}

/*
 * Most strings stand whole in one piece and have no escapes. They are dealt with at once, as if
 * the machine had gone through its states: `at` is the opening quote. Returns where to go on, or
 * NULL if this is not such a string and the machine has to look at it.
 */
static inline const char *whole_key(struct gw_scan *scan, const char *at, const char *end)
{
    const struct gw_scan_name *table = table_here(scan);
    const char *stop = gw_scan_skip_plain(at + 1, end);

    if (stop == end || *stop != '"') {
        return NULL;
    }
    scan->hit = NULL;
    scan->state = SCAN_COLON;
    if (table != NULL && stop > at + 1) {
        scan->hit = gw_scan_look_up(table, (struct gw_text){at + 1, (size_t)(stop - at - 1)});
    }
    if (stop + 1 < end && stop[1] == ':') {
        scan->state = SCAN_VALUE;
        stop++;
    }
    return stop + 1;
}

static inline const char *whole_string(struct gw_scan *scan, const char *at, const char *end,
                                       uint64_t offset)
{
    const char *stop = gw_scan_skip_plain(at + 1, end);

    if (stop == end || *stop != '"') {
        return NULL;
    }
    if (scan->depth > 0 && !top_is_object(scan)) {
        hit_item(scan);
    }
    if (scan->hit != NULL && scan->hit->id >= 0) {
        scan->begin = offset;
        begin_token(scan, SCAN_STRING, at + 1);
        gw_scan_end_scalar(scan, GW_SCAN_STRING, stop, offset + (uint64_t)(stop - at) + 1);
    } else {
        after_value(scan);
    }
    return stop + 1;
}

/* One step outside of tokens. */
static inline const char *structure_step(struct gw_scan *scan, const char *at, const char *end,
                                         uint64_t offset)
{
    const char *next = NULL;

    if (*at == '"' && (scan->state == SCAN_VALUE || scan->state == SCAN_FIRST_ITEM)) {
        next = whole_string(scan, at, end, offset);
    } else if (*at == '"' && (scan->state == SCAN_KEY || scan->state == SCAN_FIRST_KEY)) {
        next = whole_key(scan, at, end);
    }
    if (next != NULL) {
        return next;
    }
    if (is_space(*at) || structure(scan, at, offset)) {
        return at + 1;
    }
    scan->state = SCAN_BROKEN;
    return at;
}

/* One step from `at`: returns where to go on; the offending byte if it is broken. */
static inline const char *step(struct gw_scan *scan, const char *at, const char *end,
                               uint64_t offset)
{
    bool is_good;

    switch ((enum scan_state)scan->state) {
    case SCAN_STRING:
        return in_string(scan, at, end, offset);
    case SCAN_NUMBER:
        return gw_scan_in_number(scan, at, end, offset);
    case SCAN_ESCAPE:
        is_good = gw_scan_in_escape(scan, *at);
        break;
    case SCAN_HEX:
        is_good = gw_scan_in_hex(scan, *at);
        break;
    case SCAN_LITERAL:
        is_good = gw_scan_in_literal(scan, at, offset);
        break;
    case SCAN_VALUE:
    case SCAN_FIRST_ITEM:
    case SCAN_KEY:
    case SCAN_FIRST_KEY:
    case SCAN_COLON:
    case SCAN_COMMA:
    case SCAN_DONE:
    case SCAN_BROKEN:
    default:
        return structure_step(scan, at, end, offset);
    }
    if (!is_good) {
        scan->state = SCAN_BROKEN;
        return at;
    }
    return at + 1;
}

enum gw_err gw_scan_feed(struct gw_scan *scan, struct gw_text bytes)
{
    const char *at = bytes.at, *end = bytes.at + bytes.len;
    uint64_t base = scan->offset;

    if (scan->state == SCAN_BROKEN) {
        return GW_E_INVALID;
    }
    scan->mark = at;
    while (at < end && scan->state != SCAN_BROKEN) {
        at = step(scan, at, end, base + (uint64_t)(at - bytes.at));
    }
    scan->offset = base + (uint64_t)(at - bytes.at);
    if (scan->state == SCAN_BROKEN) {
        return GW_E_INVALID;
    }
    if (is_in_token(scan) && scan->is_kept && bytes.len > 0) {
        carry(scan, end);
    }
    return GW_OK;
}

enum gw_err gw_scan_end(struct gw_scan *scan)
{
    /* Only a number at the very end does not know that it is complete. */
    if (scan->state == SCAN_NUMBER && scan->depth == 0 && scan->detail <= SCAN_NUMBER_LAST_GOOD) {
        scan->state = SCAN_DONE;
    }
    if (scan->state != SCAN_DONE) {
        scan->state = SCAN_BROKEN;
        return GW_E_INVALID;
    }
    return GW_OK;
}

bool gw_scan_is_whole(const struct gw_scan *scan)
{
    return scan->state == SCAN_DONE;
}
