/* SPDX-License-Identifier: MIT */
/*
 * Both ways go through a piece of fixed size into the buffer, whose ceiling then decides; what a
 * frame says about its own size is never believed.
 */
#include "lib/codec/compress.h"

#include <zstd.h>
#include <zstd_errors.h>

#include "lib/base/check.h"

#define LEVEL          3
#define PIECE_SIZE     ((size_t)64 * 1024)
#define WINDOW_LOG_MAX 23 /* 8 MiB */

enum gw_err gw_compress(struct gw_text plain, struct gw_buf *out)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    char *piece = gw_must_alloc(PIECE_SIZE);
    ZSTD_inBuffer in = {plain.len == 0 ? "" : plain.at, plain.len, 0};
    size_t left;

    GW_CHECK(context != NULL);
    GW_CHECK(!ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL)));
    GW_CHECK(!ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)));
    GW_CHECK(!ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(context, plain.len)));
    do {
        ZSTD_outBuffer to = {piece, PIECE_SIZE, 0};

        left = ZSTD_compressStream2(context, &to, &in, ZSTD_e_end);
        GW_CHECK(!ZSTD_isError(left)); /* memory only */
        gw_buf_append(out, (struct gw_text){piece, to.pos});
    } while (left > 0 && out->err == GW_OK);
    ZSTD_freeCCtx(context);
    gw_free(piece);
    return out->err;
}

static enum gw_err err_of(size_t result)
{
    ZSTD_ErrorCode code = ZSTD_getErrorCode(result);

    GW_CHECK(code != ZSTD_error_memory_allocation);
    return code == ZSTD_error_frameParameter_windowTooLarge ? GW_E_TOO_LARGE : GW_E_CORRUPT;
}

static enum gw_err unpack(ZSTD_DCtx *context, struct gw_text packed, char *piece,
                          struct gw_buf *out)
{
    ZSTD_inBuffer in = {packed.at, packed.len, 0};
    ZSTD_outBuffer to;
    size_t result;

    do {
        to = (ZSTD_outBuffer){piece, PIECE_SIZE, 0};
        result = ZSTD_decompressStream(context, &to, &in);
        if (ZSTD_isError(result)) {
            return err_of(result);
        }
        GW_TRY(gw_buf_append(out, (struct gw_text){piece, to.pos}));
        /* A full piece means that there may be more, though all of the input is read. */
    } while (in.pos < in.size || (result != 0 && to.pos == PIECE_SIZE));
    return result == 0 ? GW_OK : GW_E_CORRUPT;
}

enum gw_err gw_decompress(struct gw_text packed, struct gw_buf *out)
{
    ZSTD_DCtx *context;
    enum gw_err err;
    char *piece;

    if (packed.len == 0) {
        return GW_E_CORRUPT;
    }
    context = ZSTD_createDCtx();
    piece = gw_must_alloc(PIECE_SIZE);
    GW_CHECK(context != NULL);
    GW_CHECK(!ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)));
    err = unpack(context, packed, piece, out);
    ZSTD_freeDCtx(context);
    gw_free(piece);
    return err;
}
