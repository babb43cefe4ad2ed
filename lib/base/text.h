/* SPDX-License-Identifier: MIT */
/*
 * text - borrowed text, and buffers that grow up to a ceiling.
 *
 * struct gw_text points at bytes somebody else owns; it is not zero-terminated and may hold any
 * byte. struct gw_buf owns its bytes. A buffer remembers its first failure: append ten things
 * and ask once. Any thread, one at a time per buffer.
 */
#ifndef LIB_BASE_TEXT_H
#define LIB_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/err.h"

struct gw_text {
    const char *at; /* NULL only when len is 0: "not there" */
    size_t len;
};

#define GW_TEXT(literal)  ((struct gw_text){"" literal, sizeof(literal) - 1})
#define GW_TEXT_NONE      ((struct gw_text){NULL, 0})
#define GW_TEXT_ARG(text) (int)(text).len, (text).at /* for "%.*s" */

static inline struct gw_text gw_text_of(const char *zero_terminated)
{
    return (struct gw_text){zero_terminated, zero_terminated == NULL ? 0 : strlen(zero_terminated)};
}

static inline bool gw_text_eq(struct gw_text a, struct gw_text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool gw_text_eq_nocase(struct gw_text a, struct gw_text b); /* ASCII */
bool gw_text_starts_with(struct gw_text text, struct gw_text prefix);
bool gw_text_ends_with(struct gw_text text, struct gw_text suffix);
bool gw_text_starts_with_nocase(struct gw_text text, struct gw_text prefix);
struct gw_text gw_text_trim(struct gw_text text);               /* spaces and tabs, both ends */
struct gw_text gw_text_skip(struct gw_text text, size_t count); /* all but the first `count` */

/* Offset of the first occurrence, or `text.len` if there is none. */
size_t gw_text_find(struct gw_text text, char byte);
size_t gw_text_find_text(struct gw_text text, struct gw_text what);

/* Cuts at the first `byte`: *ret_head before it, *ret_tail after; false if there is none. */
bool gw_text_cut(struct gw_text text, char byte, struct gw_text *ret_head,
                 struct gw_text *ret_tail);

/* Whole text as a decimal number. GW_E_INVALID: empty, other characters, or out of range. */
enum gw_err gw_text_to_u64(struct gw_text text, uint64_t *ret_value) GW_MUST_USE;
enum gw_err gw_text_to_i64(struct gw_text text, int64_t *ret_value) GW_MUST_USE;

/* A zero-terminated copy, to be freed with gw_free(). Ends the text at its first zero byte. */
char *gw_text_dup(struct gw_text text);

uint64_t gw_text_hash(struct gw_text text); /* FNV-1a; not for input an attacker may choose */

struct gw_buf {
    char *at; /* always at[len] == '\0' once something was appended; NULL before */
    size_t len;
    size_t room; /* allocated, without the final zero */
    size_t max;  /* the ceiling */
    enum gw_err err;
};

void gw_buf_init(struct gw_buf *buf, size_t max);
void gw_buf_fini(struct gw_buf *buf);  /* frees; the buffer may be used again with the same max */
void gw_buf_clear(struct gw_buf *buf); /* forgets the content and the error, keeps the memory */

/* Each returns buf->err: GW_OK, or GW_E_TOO_LARGE from the first append that passed the ceiling. */
enum gw_err gw_buf_append(struct gw_buf *buf, struct gw_text text);
enum gw_err gw_buf_append_str(struct gw_buf *buf, const char *zero_terminated);
enum gw_err gw_buf_append_byte(struct gw_buf *buf, char byte);
enum gw_err gw_buf_append_u64(struct gw_buf *buf, uint64_t value); /* in decimal */
enum gw_err gw_buf_appendf(struct gw_buf *buf, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
enum gw_err gw_buf_vappendf(struct gw_buf *buf, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Room for `size` more bytes at *ret_at; the caller writes them and adds to buf->len itself. */
enum gw_err gw_buf_reserve(struct gw_buf *buf, size_t size, void **ret_at) GW_MUST_USE;

/* Drops the first `count` bytes. */
void gw_buf_consume(struct gw_buf *buf, size_t count);

static inline struct gw_text gw_buf_text(const struct gw_buf *buf)
{
    return (struct gw_text){buf->at, buf->len};
}

/* The bytes, zero-terminated and now the caller's (gw_free()); the buffer is left empty. */
char *gw_buf_take(struct gw_buf *buf);

#endif
