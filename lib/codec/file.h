/* SPDX-License-Identifier: MIT */
/*
 * file - read whole, replace whole. Blocks: not on an event loop. Any thread.
 */
#ifndef LIB_CODEC_FILE_H
#define LIB_CODEC_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/base/text.h"

/*
 * Appends the file's bytes.
 *
 *   GW_E_ABSENT     no such file
 *   GW_E_TOO_LARGE  larger than the buffer's ceiling
 *   GW_E_INVALID    a directory or device, not a file
 *   GW_E_IO         anything else, the reason in `fault`
 */
enum gw_err gw_file_read(const char *path, struct gw_buf *out, struct gw_fault *fault) GW_MUST_USE;

/*
 * Puts `bytes` at `path` so that a reader, now or after a crash, finds the old or the new content
 * and nothing between: a file beside it, fsync, rename, fsync of the folder. `mode` as for
 * open(2), not reduced by the umask.
 */
enum gw_err gw_file_replace(const char *path, struct gw_text bytes, mode_t mode,
                            struct gw_fault *fault) GW_MUST_USE;

#endif
