/* SPDX-License-Identifier: MIT */
/*
 * compress - zstd with a ceiling. Any thread.
 */
#ifndef LIB_CODEC_COMPRESS_H
#define LIB_CODEC_COMPRESS_H

#include "lib/base/text.h"

/* Appends one frame with a checksum. GW_E_TOO_LARGE: past the buffer's ceiling. */
enum gw_err gw_compress(struct gw_text plain, struct gw_buf *out) GW_MUST_USE;

/*
 * Appends what the frames hold, reading at most an 8 MiB window.
 *
 *   GW_E_TOO_LARGE  it would pass the buffer's ceiling; stopped there, whatever the frame claimed
 *   GW_E_CORRUPT    not zstd, cut short, or damaged
 */
enum gw_err gw_decompress(struct gw_text packed, struct gw_buf *out) GW_MUST_USE;

#endif
