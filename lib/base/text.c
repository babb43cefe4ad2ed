/* SPDX-License-Identifier: MIT */
#include "lib/base/text.h"

#include <stdio.h>
#include <strings.h>

#include "lib/base/check.h"

/* ---- Borrowed text ---------------------------------------------------------------------- */

/* Names of headers are compared by the dozen for each request; nearly all differ at once. */
bool gw_text_eq_nocase(struct gw_text a, struct gw_text b)
{
    if (a.len != b.len) {
        return false;
    }
    return a.len == 0 || (((a.at[0] ^ b.at[0]) & 0x5f) == 0 && strncasecmp(a.at, b.at, a.len) == 0);
}

bool gw_text_starts_with(struct gw_text text, struct gw_text prefix)
{
    return text.len >= prefix.len && gw_text_eq((struct gw_text){text.at, prefix.len}, prefix);
}

bool gw_text_ends_with(struct gw_text text, struct gw_text suffix)
{
    return text.len >= suffix.len &&
           gw_text_eq((struct gw_text){text.at + text.len - suffix.len, suffix.len}, suffix);
}

bool gw_text_starts_with_nocase(struct gw_text text, struct gw_text prefix)
{
    return text.len >= prefix.len &&
           gw_text_eq_nocase((struct gw_text){text.at, prefix.len}, prefix);
}

struct gw_text gw_text_trim(struct gw_text text)
{
    while (text.len > 0 && (*text.at == ' ' || *text.at == '\t')) {
        text = gw_text_skip(text, 1);
    }
    while (text.len > 0 && (text.at[text.len - 1] == ' ' || text.at[text.len - 1] == '\t')) {
        text.len--;
    }
    return text;
}

struct gw_text gw_text_skip(struct gw_text text, size_t count)
{
    if (count == 0) {
        return text;
    }
    GW_CHECK(count <= text.len);
    return (struct gw_text){text.at + count, text.len - count};
}

size_t gw_text_find(struct gw_text text, char byte)
{
    const char *found = text.len == 0 ? NULL : memchr(text.at, byte, text.len);

    return found == NULL ? text.len : (size_t)(found - text.at);
}

size_t gw_text_find_text(struct gw_text text, struct gw_text what)
{
    const char *found;

    if (what.len == 0) {
        return 0;
    }
    found = text.len == 0 ? NULL : memmem(text.at, text.len, what.at, what.len);
    return found == NULL ? text.len : (size_t)(found - text.at);
}

bool gw_text_cut(struct gw_text text, char byte, struct gw_text *ret_head, struct gw_text *ret_tail)
{
    size_t at = gw_text_find(text, byte);

    if (at == text.len) {
        return false;
    }
    *ret_head = (struct gw_text){text.at, at};
    *ret_tail = gw_text_skip(text, at + 1);
    return true;
}

enum gw_err gw_text_to_u64(struct gw_text text, uint64_t *ret_value)
{
    uint64_t value = 0;
    size_t i;

    if (text.len == 0) {
        return GW_E_INVALID;
    }
    for (i = 0; i < text.len; i++) {
        uint64_t digit = (uint64_t)(unsigned char)text.at[i] - '0';

        if (digit > 9 || value > (UINT64_MAX - digit) / 10) {
            return GW_E_INVALID;
        }
        value = value * 10 + digit;
    }
    *ret_value = value;
    return GW_OK;
}

enum gw_err gw_text_to_i64(struct gw_text text, int64_t *ret_value)
{
    bool negative = text.len > 0 && text.at[0] == '-';
    uint64_t size;

    GW_TRY(gw_text_to_u64(negative ? gw_text_skip(text, 1) : text, &size));
    if (size > (uint64_t)INT64_MAX + (negative ? 1 : 0)) {
        return GW_E_INVALID;
    }
    *ret_value = negative ? (int64_t)(0 - size) : (int64_t)size;
    return GW_OK;
}

char *gw_text_dup(struct gw_text text)
{
    char *copy = gw_must_alloc(text.len + 1);

    if (text.len > 0) {
        memcpy(copy, text.at, text.len);
    }
    return copy;
}

uint64_t gw_text_hash(struct gw_text text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    size_t i;

    for (i = 0; i < text.len; i++) {
        hash = (hash ^ (unsigned char)text.at[i]) * 0x100000001b3u;
    }
    return hash;
}

/* ---- Growing buffers -------------------------------------------------------------------- */

#define FIRST_ROOM ((size_t)120) /* with the final zero and malloc's own word, 128 bytes */

void gw_buf_init(struct gw_buf *buf, size_t max)
{
    *buf = (struct gw_buf){.max = max};
}

void gw_buf_fini(struct gw_buf *buf)
{
    gw_free(buf->at);
    gw_buf_init(buf, buf->max);
}

void gw_buf_clear(struct gw_buf *buf)
{
    buf->len = 0;
    buf->err = GW_OK;
    if (buf->at != NULL) {
        buf->at[0] = '\0';
    }
}

static size_t grown(const struct gw_buf *buf, size_t wanted)
{
    size_t room = buf->room == 0 ? FIRST_ROOM : buf->room;

    while (room < wanted) {
        room *= 2;
    }
    return room < buf->max ? room : buf->max;
}

enum gw_err gw_buf_reserve(struct gw_buf *buf, size_t size, void **ret_at)
{
    if (buf->err == GW_OK && size > buf->max - buf->len) {
        buf->err = GW_E_TOO_LARGE;
    }
    if (buf->err != GW_OK) {
        return buf->err;
    }
    if (buf->at == NULL || size > buf->room - buf->len) {
        buf->room = grown(buf, buf->len + size);
        buf->at = gw_must_realloc(buf->at, buf->room + 1);
    }
    *ret_at = buf->at + buf->len;
    return GW_OK;
}

enum gw_err gw_buf_append(struct gw_buf *buf, struct gw_text text)
{
    void *room;

    GW_TRY(gw_buf_reserve(buf, text.len, &room));
    if (text.len > 0) {
        memcpy(room, text.at, text.len);
    }
    buf->len += text.len;
    buf->at[buf->len] = '\0';
    return GW_OK;
}

enum gw_err gw_buf_append_str(struct gw_buf *buf, const char *zero_terminated)
{
    return gw_buf_append(buf, gw_text_of(zero_terminated));
}

enum gw_err gw_buf_append_byte(struct gw_buf *buf, char byte)
{
    return gw_buf_append(buf, (struct gw_text){&byte, 1});
}

enum gw_err gw_buf_append_u64(struct gw_buf *buf, uint64_t value)
{
    char digits[20]; /* of 2^64 - 1 */
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return gw_buf_append(buf, (struct gw_text){digits + at, sizeof(digits) - at});
}

enum gw_err gw_buf_vappendf(struct gw_buf *buf, const char *fmt, va_list args)
{
    va_list again;
    void *room;
    int size;

    va_copy(again, args);
    size = vsnprintf(NULL, 0, fmt, args);
    GW_CHECK(size >= 0);
    if (gw_buf_reserve(buf, (size_t)size, &room) == GW_OK) {
        vsnprintf(room, (size_t)size + 1, fmt, again);
        buf->len += (size_t)size;
    }
    va_end(again);
    return buf->err;
}

enum gw_err gw_buf_appendf(struct gw_buf *buf, const char *fmt, ...)
{
    va_list args;
    enum gw_err err;

    va_start(args, fmt);
    err = gw_buf_vappendf(buf, fmt, args);
    va_end(args);
    return err;
}

void gw_buf_consume(struct gw_buf *buf, size_t count)
{
    GW_CHECK(count <= buf->len);
    if (count == 0) {
        return;
    }
    memmove(buf->at, buf->at + count, buf->len - count);
    buf->len -= count;
    buf->at[buf->len] = '\0';
}

char *gw_buf_take(struct gw_buf *buf)
{
    char *taken = buf->at != NULL ? buf->at : gw_must_alloc(1);

    gw_buf_init(buf, buf->max);
    return taken;
}
