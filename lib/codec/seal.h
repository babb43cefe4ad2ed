/* SPDX-License-Identifier: MIT */
/*
 * seal - provider secrets at rest: AES-256-GCM.
 *
 *     1 byte   version, 1
 *     4 bytes  the seal key's id, big endian
 *    12 bytes  nonce, random
 *     n bytes  ciphertext
 *    16 bytes  tag
 *
 * What is sealed is bound to the text of its place, such as "provider:12": moved to another row
 * it no longer opens. Any thread.
 */
#ifndef LIB_CODEC_SEAL_H
#define LIB_CODEC_SEAL_H

#include "lib/base/text.h"
#include "lib/codec/keyring.h"

#define GW_SEAL_OVERHEAD  33
#define GW_SEAL_PLAIN_MAX (1024 * 1024)

/* Appends the sealed bytes. GW_E_TOO_LARGE: more than GW_SEAL_PLAIN_MAX, or the buffer's end. */
enum gw_err gw_seal(const struct gw_keyring *ring, struct gw_text place, struct gw_text plain,
                    struct gw_buf *out) GW_MUST_USE;

/*
 * Appends the plain bytes.
 *
 *   GW_E_ABSENT   sealed with a key that is not in the ring
 *   GW_E_CORRUPT  damaged, of another place, or not sealed at all; nothing was appended
 */
enum gw_err gw_unseal(const struct gw_keyring *ring, struct gw_text place, struct gw_text sealed,
                      struct gw_buf *out) GW_MUST_USE;

/* The id of the key it was sealed with, 0 if these are not sealed bytes: for rotation. */
uint32_t gw_seal_key_id(struct gw_text sealed);

#endif
