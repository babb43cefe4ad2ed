/* SPDX-License-Identifier: MIT */
/*
 * coding - HTTP content codings, undone piece by piece with ceilings.
 *
 * For request bodies that clients send compressed and for answers of providers that compress
 * although they were asked not to (spec 02 §3.1, §8.5). Memory is bounded by the decoder's own
 * window and what the caller takes; what a coded text claims about its size is never believed.
 * A decoder belongs to one thread.
 */
#ifndef LIB_CODEC_CODING_H
#define LIB_CODEC_CODING_H

#include <stdint.h>

#include "lib/base/text.h"

enum gw_coding {
    GW_CODING_IDENTITY,
    GW_CODING_GZIP, /* also "x-gzip" */
    GW_CODING_DEFLATE,
    GW_CODING_BR,
    GW_CODING_ZSTD,
    GW_CODING_UNKNOWN,
};

const char *gw_coding_name(enum gw_coding coding); /* "gzip" */

/*
 * What a Content-Encoding header says; "identity" and empty entries do not count. GW_E_INVALID:
 * more than one layer. A name we do not know is GW_CODING_UNKNOWN, not an error.
 */
enum gw_err gw_coding_parse(struct gw_text header, enum gw_coding *ret_coding) GW_MUST_USE;

struct gw_decoder;

/* Neither identity nor unknown. */
struct gw_decoder *gw_decoder_new(enum gw_coding coding);
void gw_decoder_free(struct gw_decoder *decoder); /* NULL is fine */

/*
 * Decodes all of `coded`, appending to `plain`.
 *
 *   GW_E_TOO_LARGE  past the ceiling of `plain`, or a bomb: beyond the first mebibyte more than
 *                   GW_DECODER_RATIO_MAX bytes came out of each byte put in
 *   GW_E_CORRUPT    not that coding, damaged, or bytes after its end
 *
 * After a failure nothing more may be fed.
 */
#define GW_DECODER_RATIO_MAX 500
enum gw_err gw_decoder_feed(struct gw_decoder *decoder, struct gw_text coded,
                            struct gw_buf *plain) GW_MUST_USE;

/* Whether the coded text is complete: false in the middle of a stream that was cut. */
bool gw_decoder_is_complete(const struct gw_decoder *decoder);

/* The whole of `coded` at once; GW_E_CORRUPT also when it is cut short. */
enum gw_err gw_decode(enum gw_coding coding, struct gw_text coded,
                      struct gw_buf *plain) GW_MUST_USE;

#endif
