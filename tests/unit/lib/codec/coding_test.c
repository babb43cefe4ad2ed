/* SPDX-License-Identifier: MIT */
#include "lib/codec/coding.h"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include "lib/base/check.h"
#include "tests/support/cmocka_first.h"

#define TEXT_SIZE ((size_t)200000)
#define ROOM      ((size_t)1 << 20)

static char plain_text[TEXT_SIZE];
static char coded_text[ROOM];

/* Text with some repetition and some noise, as prompts have. */
static struct gw_text sample(void)
{
    uint32_t seed = 1;

    for (size_t i = 0; i < TEXT_SIZE; i++) {
        seed = seed * 1103515245 + 12345;
        plain_text[i] = i % 64 < 48 ? "the quick brown fox jumps over the lazy dog, twice "[i % 48]
                                    : (char)('a' + (seed >> 16) % 26);
    }
    return (struct gw_text){plain_text, TEXT_SIZE};
}

static struct gw_text with_zlib(struct gw_text plain, int window)
{
    z_stream zlib = {0};

    assert_int_equal(deflateInit2(&zlib, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
    zlib.next_in = (Bytef *)(uintptr_t)plain.at;
    zlib.avail_in = (uInt)plain.len;
    zlib.next_out = (Bytef *)coded_text;
    zlib.avail_out = ROOM;
    assert_int_equal(deflate(&zlib, Z_FINISH), Z_STREAM_END);
    deflateEnd(&zlib);
    return (struct gw_text){coded_text, zlib.total_out};
}

static struct gw_text encode(enum gw_coding coding, struct gw_text plain)
{
    size_t size = ROOM;

    switch (coding) {
    case GW_CODING_GZIP:
        return with_zlib(plain, 15 + 16);
    case GW_CODING_DEFLATE:
        return with_zlib(plain, 15);
    case GW_CODING_BR:
        assert_true(BrotliEncoderCompress(5, 22, BROTLI_MODE_TEXT, plain.len,
                                          (const uint8_t *)plain.at, &size, (uint8_t *)coded_text));
        return (struct gw_text){coded_text, size};
    default:
        size = ZSTD_compress(coded_text, ROOM, plain.at, plain.len, 3);
        assert_false(ZSTD_isError(size));
        return (struct gw_text){coded_text, size};
    }
}

static const enum gw_coding CODINGS[] = {GW_CODING_GZIP, GW_CODING_DEFLATE, GW_CODING_BR,
                                         GW_CODING_ZSTD};

static void every_coding_gives_back_what_went_in(void **state)
{
    (void)state;
    for (size_t i = 0; i < GW_COUNT(CODINGS); i++) {
        struct gw_text plain = sample();
        struct gw_buf out;

        gw_buf_init(&out, ROOM);
        assert_int_equal(gw_decode(CODINGS[i], encode(CODINGS[i], plain), &out), GW_OK);
        assert_true(gw_text_eq(gw_buf_text(&out), plain));
        gw_buf_fini(&out);
    }
}

static void it_does_not_matter_how_the_input_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < GW_COUNT(CODINGS); i++) {
        struct gw_text plain = sample(), coded = encode(CODINGS[i], plain);
        struct gw_decoder *decoder = gw_decoder_new(CODINGS[i]);
        struct gw_buf out;

        gw_buf_init(&out, ROOM);
        for (size_t at = 0; at < coded.len; at++) {
            assert_int_equal(gw_decoder_feed(decoder, (struct gw_text){coded.at + at, 1}, &out),
                             GW_OK);
        }
        assert_true(gw_decoder_is_complete(decoder));
        assert_true(gw_text_eq(gw_buf_text(&out), plain));
        gw_decoder_free(decoder);
        gw_buf_fini(&out);
    }
}

static void s02_033_a_text_cut_short_is_corrupt(void **state)
{
    (void)state;
    for (size_t i = 0; i < GW_COUNT(CODINGS); i++) {
        struct gw_text coded = encode(CODINGS[i], sample());
        struct gw_buf out;

        gw_buf_init(&out, ROOM);
        coded.len -= 5;
        assert_int_equal(gw_decode(CODINGS[i], coded, &out), GW_E_CORRUPT);
        gw_buf_fini(&out);
    }
}

static void s02_033_the_ceiling_stops_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < GW_COUNT(CODINGS); i++) {
        struct gw_text coded = encode(CODINGS[i], sample());
        struct gw_buf out;

        gw_buf_init(&out, TEXT_SIZE - 1);
        assert_int_equal(gw_decode(CODINGS[i], coded, &out), GW_E_TOO_LARGE);
        assert_true(out.len < TEXT_SIZE);
        gw_buf_fini(&out);
    }
}

static void s02_034_deflate_is_taken_with_and_without_its_wrapper(void **state)
{
    struct gw_text plain = sample();
    struct gw_buf out;

    (void)state;
    gw_buf_init(&out, ROOM);
    assert_int_equal(gw_decode(GW_CODING_DEFLATE, with_zlib(plain, -15), &out), GW_OK);
    assert_true(gw_text_eq(gw_buf_text(&out), plain));
    gw_buf_clear(&out);
    assert_int_equal(gw_decode(GW_CODING_DEFLATE, with_zlib(plain, 15), &out), GW_OK);
    assert_true(gw_text_eq(gw_buf_text(&out), plain));
    gw_buf_fini(&out);
}

static void a_bomb_is_stopped_long_before_the_ceiling(void **state)
{
    static const enum gw_coding BOMBS[] = {GW_CODING_GZIP, GW_CODING_BR, GW_CODING_ZSTD};
    size_t size = (size_t)64 << 20;
    char *zeros = gw_must_alloc(size);

    (void)state;
    for (size_t i = 0; i < GW_COUNT(BOMBS); i++) {
        struct gw_text coded = encode(BOMBS[i], (struct gw_text){zeros, size});
        struct gw_buf out;

        gw_buf_init(&out, size);
        assert_int_equal(gw_decode(BOMBS[i], coded, &out), GW_E_TOO_LARGE);
        assert_true(out.len < size);
        gw_buf_fini(&out);
    }
    gw_free(zeros);
}

static void what_is_not_that_coding_or_goes_on_after_its_end_is_corrupt(void **state)
{
    (void)state;
    for (size_t i = 0; i < GW_COUNT(CODINGS); i++) {
        struct gw_text coded;
        struct gw_buf out;

        gw_buf_init(&out, ROOM);
        assert_int_equal(gw_decode(CODINGS[i], GW_TEXT("{\"model\":\"m\"} and so on"), &out),
                         GW_E_CORRUPT);
        gw_buf_clear(&out);
        coded = encode(CODINGS[i], sample());
        memcpy(coded_text + coded.len, "garbage", 7);
        coded.len += 7;
        assert_int_equal(gw_decode(CODINGS[i], coded, &out), GW_E_CORRUPT);
        gw_buf_fini(&out);
    }
}

static void nothing_at_all_is_corrupt(void **state)
{
    (void)state;
    for (size_t i = 0; i < GW_COUNT(CODINGS); i++) {
        struct gw_buf out;

        gw_buf_init(&out, ROOM);
        assert_int_equal(gw_decode(CODINGS[i], GW_TEXT_NONE, &out), GW_E_CORRUPT);
        gw_buf_fini(&out);
    }
}

static void s02_032_a_header_names_one_coding_or_is_refused(void **state)
{
    enum gw_coding coding;

    (void)state;
    assert_int_equal(gw_coding_parse(GW_TEXT(" X-GZIP"), &coding), GW_OK);
    assert_int_equal(coding, GW_CODING_GZIP);
    assert_int_equal(gw_coding_parse(GW_TEXT("identity, zstd ,"), &coding), GW_OK);
    assert_int_equal(coding, GW_CODING_ZSTD);
    assert_int_equal(gw_coding_parse(GW_TEXT(""), &coding), GW_OK);
    assert_int_equal(coding, GW_CODING_IDENTITY);
    assert_int_equal(gw_coding_parse(GW_TEXT("aes128gcm"), &coding), GW_OK);
    assert_int_equal(coding, GW_CODING_UNKNOWN);
    assert_int_equal(gw_coding_parse(GW_TEXT("gzip, br"), &coding), GW_E_INVALID);
    assert_int_equal(gw_coding_parse(GW_TEXT("gzip, gzip"), &coding), GW_E_INVALID);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_coding_gives_back_what_went_in),
        cmocka_unit_test(it_does_not_matter_how_the_input_is_cut),
        cmocka_unit_test(s02_033_a_text_cut_short_is_corrupt),
        cmocka_unit_test(s02_033_the_ceiling_stops_it),
        cmocka_unit_test(s02_034_deflate_is_taken_with_and_without_its_wrapper),
        cmocka_unit_test(a_bomb_is_stopped_long_before_the_ceiling),
        cmocka_unit_test(what_is_not_that_coding_or_goes_on_after_its_end_is_corrupt),
        cmocka_unit_test(nothing_at_all_is_corrupt),
        cmocka_unit_test(s02_032_a_header_names_one_coding_or_is_refused),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("codec/coding", tests, NULL, NULL);
}
