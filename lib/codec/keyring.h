/* SPDX-License-Identifier: MIT */
/*
 * keyring - the two kinds of key an installation keeps secret.
 *
 *     # comment
 *     digest 5f2c...64 hex digits...      pepper of the digests of client keys; never rotated
 *     seal 2 9a01...64 hex digits...      seals and opens; the first one is the current one
 *     seal 1 77be...64 hex digits...      opens what was sealed earlier
 *
 * Comes from a file or from a setting's text. Immutable after loading; any thread.
 */
#ifndef LIB_CODEC_KEYRING_H
#define LIB_CODEC_KEYRING_H

#include <stdint.h>

#include "lib/base/text.h"
#include "lib/codec/digest.h"

#define GW_KEYRING_SEALS_MAX 16
#define GW_SEAL_KEY_SIZE     32

struct gw_seal_key {
    uint32_t id; /* 1 or more, once per ring */
    unsigned char at[GW_SEAL_KEY_SIZE];
};

struct gw_keyring;

/*
 * GW_E_INVALID, with the line's number in `fault`: a line that is none of the above, no digest
 * line or two, no seal line, an id twice. No part of a key is ever in `fault`. ';' ends a line as
 * well, so that a keyring fits into one environment variable.
 */
enum gw_err gw_keyring_parse(struct gw_text text, struct gw_keyring **ret_ring,
                             struct gw_fault *fault) GW_MUST_USE;
/* GW_E_ABSENT when there is no such file. */
enum gw_err gw_keyring_load(const char *path, struct gw_keyring **ret_ring,
                            struct gw_fault *fault) GW_MUST_USE;
void gw_keyring_free(struct gw_keyring *ring); /* wipes */

/* Appends a fresh ring's text: one digest line, one seal line with id 1. */
void gw_keyring_generate(struct gw_buf *out);

/* The digest a client key is known by: HMAC-SHA-256 under the pepper. */
void gw_keyring_digest(const struct gw_keyring *ring, struct gw_text client_key,
                       struct gw_digest *ret_digest);

const struct gw_seal_key *gw_keyring_current(const struct gw_keyring *ring);
const struct gw_seal_key *gw_keyring_find(const struct gw_keyring *ring, uint32_t id); /* or NULL */

#endif
