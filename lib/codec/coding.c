/* SPDX-License-Identifier: MIT */
/*
 * One decoder is one of three libraries behind the same step: some input in, some output into a
 * piece of fixed size, and whether the coded text has ended. The loop around the step is shared,
 * so that ceilings and the guard against bombs hold for all of them.
 *
 * "deflate" means a zlib wrapper; some clients send the bare stream instead. The first two bytes
 * tell them apart: of a wrapper they are a multiple of 31 whose low four bits are 8.
 */
#include "lib/codec/coding.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include "lib/base/check.h"

#define PIECE_SIZE        ((size_t)32 * 1024)
#define BOMB_FREE         ((uint64_t)1024 * 1024) /* short texts may repeat as much as they like */
#define ZSTD_WINDOW_MAX   23 /* 8 MiB, the most that HTTP senders may use: RFC 9659 */
#define GZIP_WINDOW       (15 + 16)
#define BARE_WINDOW       (-15)
#define WRAPPER_HEAD_SIZE 2

struct gw_decoder {
    enum gw_coding coding;
    z_stream zlib;
    bool zlib_is_open;
    BrotliDecoderState *brotli;
    ZSTD_DCtx *zstd;
    uint8_t head[WRAPPER_HEAD_SIZE]; /* of a deflate text, until there is enough to tell */
    size_t head_len;
    uint64_t taken, given;
    bool is_begun, is_complete;
    char piece[PIECE_SIZE];
};

/* What one step did. */
struct step {
    size_t taken, given;
    bool ended; /* the coded text, or one member of several, is complete */
};

/* ---- Names ------------------------------------------------------------------------------ */

static const struct {
    struct gw_text name;
    enum gw_coding coding;
} NAMES[] = {
    {GW_TEXT("gzip"), GW_CODING_GZIP},       {GW_TEXT("x-gzip"), GW_CODING_GZIP},
    {GW_TEXT("deflate"), GW_CODING_DEFLATE}, {GW_TEXT("br"), GW_CODING_BR},
    {GW_TEXT("zstd"), GW_CODING_ZSTD},
};

const char *gw_coding_name(enum gw_coding coding)
{
    switch (coding) {
    case GW_CODING_IDENTITY:
        return "identity";
    case GW_CODING_GZIP:
        return "gzip";
    case GW_CODING_DEFLATE:
        return "deflate";
    case GW_CODING_BR:
        return "br";
    case GW_CODING_ZSTD:
        return "zstd";
    case GW_CODING_UNKNOWN:
        return "unknown";
    }
    return "unknown";
}

static enum gw_coding coding_of(struct gw_text name)
{
    for (size_t i = 0; i < GW_COUNT(NAMES); i++) {
        if (gw_text_eq_nocase(name, NAMES[i].name)) {
            return NAMES[i].coding;
        }
    }
    return GW_CODING_UNKNOWN;
}

enum gw_err gw_coding_parse(struct gw_text header, enum gw_coding *ret_coding)
{
    enum gw_coding found = GW_CODING_IDENTITY;
    struct gw_text name, rest = header;
    bool is_last = false;

    while (!is_last) {
        if (!gw_text_cut(rest, ',', &name, &rest)) {
            name = rest;
            is_last = true;
        }
        name = gw_text_trim(name);
        if (name.len == 0 || gw_text_eq_nocase(name, GW_TEXT("identity"))) {
            continue;
        }
        if (found != GW_CODING_IDENTITY) {
            return GW_E_INVALID;
        }
        found = coding_of(name);
    }
    *ret_coding = found;
    return GW_OK;
}

/* ---- Life ------------------------------------------------------------------------------- */

static void open_zlib(struct gw_decoder *decoder, int window)
{
    GW_CHECK(inflateInit2(&decoder->zlib, window) == Z_OK);
    decoder->zlib_is_open = true;
}

struct gw_decoder *gw_decoder_new(enum gw_coding coding)
{
    struct gw_decoder *decoder = GW_NEW(struct gw_decoder);

    GW_CHECK(coding != GW_CODING_IDENTITY && coding != GW_CODING_UNKNOWN);
    decoder->coding = coding;
    if (coding == GW_CODING_GZIP) {
        open_zlib(decoder, GZIP_WINDOW);
    } else if (coding == GW_CODING_BR) {
        decoder->brotli = BrotliDecoderCreateInstance(NULL, NULL, NULL);
        GW_CHECK(decoder->brotli != NULL);
    } else if (coding == GW_CODING_ZSTD) {
        decoder->zstd = ZSTD_createDCtx();
        GW_CHECK(decoder->zstd != NULL);
        GW_CHECK(!ZSTD_isError(
            ZSTD_DCtx_setParameter(decoder->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_MAX)));
    }
    return decoder;
}

void gw_decoder_free(struct gw_decoder *decoder)
{
    if (decoder == NULL) {
        return;
    }
    if (decoder->zlib_is_open) {
        inflateEnd(&decoder->zlib);
    }
    if (decoder->brotli != NULL) {
        BrotliDecoderDestroyInstance(decoder->brotli);
    }
    ZSTD_freeDCtx(decoder->zstd);
    gw_free(decoder);
}

bool gw_decoder_is_complete(const struct gw_decoder *decoder)
{
    return decoder->is_complete;
}

/* ---- One step of each library ----------------------------------------------------------- */

static enum gw_err step_zlib(struct gw_decoder *decoder, struct gw_text in, struct step *ret_step)
{
    z_stream *zlib = &decoder->zlib;
    size_t limit = in.len < UINT32_MAX ? in.len : UINT32_MAX;
    int result;

    zlib->next_in = (Bytef *)(uintptr_t)in.at;
    zlib->avail_in = (uInt)limit;
    zlib->next_out = (Bytef *)decoder->piece;
    zlib->avail_out = PIECE_SIZE;
    result = inflate(zlib, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
        return GW_E_CORRUPT;
    }
    *ret_step = (struct step){limit - zlib->avail_in, PIECE_SIZE - zlib->avail_out,
                              result == Z_STREAM_END};
    return GW_OK;
}

static enum gw_err step_brotli(struct gw_decoder *decoder, struct gw_text in, struct step *ret_step)
{
    size_t in_left = in.len, out_left = PIECE_SIZE;
    const uint8_t *next_in = (const uint8_t *)in.at;
    uint8_t *next_out = (uint8_t *)decoder->piece;
    BrotliDecoderResult result = BrotliDecoderDecompressStream(decoder->brotli, &in_left, &next_in,
                                                               &out_left, &next_out, NULL);

    if (result == BROTLI_DECODER_RESULT_ERROR) {
        return GW_E_CORRUPT;
    }
    *ret_step = (struct step){in.len - in_left, PIECE_SIZE - out_left,
                              result == BROTLI_DECODER_RESULT_SUCCESS};
    return GW_OK;
}

static enum gw_err step_zstd(struct gw_decoder *decoder, struct gw_text in, struct step *ret_step)
{
    ZSTD_inBuffer from = {in.at, in.len, 0};
    ZSTD_outBuffer to = {decoder->piece, PIECE_SIZE, 0};
    size_t result = ZSTD_decompressStream(decoder->zstd, &to, &from);

    if (ZSTD_isError(result)) {
        return GW_E_CORRUPT;
    }
    *ret_step = (struct step){from.pos, to.pos, result == 0};
    return GW_OK;
}

static enum gw_err step(struct gw_decoder *decoder, struct gw_text in, struct step *ret_step)
{
    switch (decoder->coding) {
    case GW_CODING_BR:
        return step_brotli(decoder, in, ret_step);
    case GW_CODING_ZSTD:
        return step_zstd(decoder, in, ret_step);
    default:
        return step_zlib(decoder, in, ret_step);
    }
}

/* ---- Feeding ---------------------------------------------------------------------------- */

/* gzip and zstd texts may consist of several members in a row; the others end once. */
static enum gw_err next_member(struct gw_decoder *decoder)
{
    if (decoder->coding == GW_CODING_GZIP) {
        return inflateReset(&decoder->zlib) == Z_OK ? GW_OK : GW_E_CORRUPT;
    }
    return decoder->coding == GW_CODING_ZSTD ? GW_OK : GW_E_CORRUPT;
}

static bool is_bomb(const struct gw_decoder *decoder)
{
    return decoder->given > BOMB_FREE && decoder->given / GW_DECODER_RATIO_MAX > decoder->taken;
}

static enum gw_err pump(struct gw_decoder *decoder, struct gw_text in, struct gw_buf *plain)
{
    struct step done;

    do {
        if (decoder->is_complete && in.len > 0) {
            GW_TRY(next_member(decoder));
            decoder->is_complete = false;
        }
        GW_TRY(step(decoder, in, &done));
        in = gw_text_skip(in, done.taken);
        decoder->taken += done.taken;
        decoder->given += done.given;
        decoder->is_complete = done.ended;
        GW_TRY(gw_buf_append(plain, (struct gw_text){decoder->piece, done.given}));
        if (is_bomb(decoder)) {
            return GW_E_TOO_LARGE;
        }
        if (done.taken == 0 && done.given == 0 && in.len > 0) {
            return GW_E_CORRUPT; /* it neither reads nor writes: nothing would ever change */
        }
    } while (in.len > 0 || done.given == PIECE_SIZE);
    return GW_OK;
}

/* Gathers the first bytes of a deflate text and opens zlib for the form they tell. */
static enum gw_err begin_deflate(struct gw_decoder *decoder, struct gw_text *in,
                                 struct gw_buf *plain)
{
    const uint8_t *head = decoder->head;

    while (decoder->head_len < WRAPPER_HEAD_SIZE && in->len > 0) {
        decoder->head[decoder->head_len++] = (uint8_t)*in->at;
        *in = gw_text_skip(*in, 1);
    }
    if (decoder->head_len < WRAPPER_HEAD_SIZE) {
        return GW_OK;
    }
    decoder->is_begun = true;
    open_zlib(decoder, (head[0] & 0x0f) == 8 && (head[0] * 256 + head[1]) % 31 == 0 ? MAX_WBITS
                                                                                    : BARE_WINDOW);
    return pump(decoder, (struct gw_text){(const char *)head, WRAPPER_HEAD_SIZE}, plain);
}

enum gw_err gw_decoder_feed(struct gw_decoder *decoder, struct gw_text coded, struct gw_buf *plain)
{
    if (decoder->coding == GW_CODING_DEFLATE && !decoder->is_begun) {
        GW_TRY(begin_deflate(decoder, &coded, plain));
    }
    return coded.len == 0 ? GW_OK : pump(decoder, coded, plain);
}

enum gw_err gw_decode(enum gw_coding coding, struct gw_text coded, struct gw_buf *plain)
{
    struct gw_decoder *decoder = gw_decoder_new(coding);
    enum gw_err err = gw_decoder_feed(decoder, coded, plain);

    if (err == GW_OK && !gw_decoder_is_complete(decoder)) {
        err = GW_E_CORRUPT;
    }
    gw_decoder_free(decoder);
    return err;
}
