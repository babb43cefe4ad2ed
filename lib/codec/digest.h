/* SPDX-License-Identifier: MIT */
/*
 * digest - SHA-256, HMAC, hex, base64url, comparison in constant time.
 *
 * Any thread. struct gw_hmac is prepared once and read by all threads.
 */
#ifndef LIB_CODEC_DIGEST_H
#define LIB_CODEC_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/text.h"

#define GW_DIGEST_SIZE     32
#define GW_DIGEST_HEX_SIZE (2 * GW_DIGEST_SIZE + 1)

struct gw_digest {
    unsigned char at[GW_DIGEST_SIZE];
};

void gw_sha256(struct gw_text bytes, struct gw_digest *ret_digest);

/* The parts one after the other, without putting them together first. */
struct gw_sha256;
struct gw_sha256 *gw_sha256_new(void);
void gw_sha256_add(struct gw_sha256 *sum, struct gw_text bytes);
void gw_sha256_end(struct gw_sha256 *sum, struct gw_digest *ret_digest); /* ready for the next */
void gw_sha256_free(struct gw_sha256 *sum);

/* HMAC-SHA-256 with a key prepared once: about half a microsecond per short text. */
struct gw_hmac;
struct gw_hmac *gw_hmac_new(struct gw_text key);
void gw_hmac_free(struct gw_hmac *hmac); /* wipes the key */
void gw_hmac_digest(const struct gw_hmac *hmac, struct gw_text bytes, struct gw_digest *ret_digest);

static inline struct gw_text gw_digest_text(const struct gw_digest *digest)
{
    return (struct gw_text){(const char *)digest->at, GW_DIGEST_SIZE};
}

/* Takes as long whatever differs; only the lengths show. For digests, tokens, signatures. */
bool gw_text_eq_secret(struct gw_text a, struct gw_text b);
bool gw_digest_eq(const struct gw_digest *a, const struct gw_digest *b);

/* Overwrites in a way the compiler may not leave out. */
void gw_wipe(void *at, size_t size);

/* ---- Bytes as text ---------------------------------------------------------------------- */

/* Lower case; `ret_text` has room for 2 * bytes.len + 1. */
void gw_hex(struct gw_text bytes, char *ret_text);
/* Exactly `size` bytes from 2 * size hex digits of either case; else GW_E_INVALID. */
enum gw_err gw_unhex(struct gw_text text, void *ret_bytes, size_t size) GW_MUST_USE;
enum gw_err gw_digest_from_hex(struct gw_text text, struct gw_digest *ret_digest) GW_MUST_USE;

/* RFC 4648 §5, no padding. The result is appended; the buffer's ceiling holds. */
enum gw_err gw_base64url(struct gw_text bytes, struct gw_buf *out);
/* GW_E_INVALID: another character, padding, or bits left over. `out` may hold a part then. */
enum gw_err gw_unbase64url(struct gw_text text, struct gw_buf *out) GW_MUST_USE;

#endif
