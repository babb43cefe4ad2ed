/* SPDX-License-Identifier: MIT */
#include "lib/net/call/framing.h"

#include "tests/support/cmocka_first.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *parse(const char *raw, bool is_to_head, struct gw_http_head *ret_head)
{
    size_t scanned = 0;
    struct gw_text text = gw_text_of(raw);

    assert_int_equal(gw_http_head_size(text, &scanned), text.len);
    return gw_http_head_parse(text, is_to_head, ret_head);
}

/* ---- Head ------------------------------------------------------------------------------- */

static void a_plain_head_is_understood(void **state)
{
    struct gw_http_head head;
    struct gw_http_headers headers;

    (void)state;
    assert_null(parse("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Empty:\r\n"
                      "x-spaces: \t a  b \t\r\nContent-Length: 12\r\n\r\n",
                      false, &head));
    headers = (struct gw_http_headers){head.headers, head.header_count};
    assert_int_equal(head.status, 200);
    assert_int_equal(head.header_count, 4);
    assert_true(gw_text_eq(gw_http_find(headers, GW_TEXT("CONTENT-TYPE")), GW_TEXT("text/plain")));
    assert_true(gw_text_eq(gw_http_find(headers, GW_TEXT("X-Spaces")), GW_TEXT("a  b")));
    assert_int_equal(gw_http_find(headers, GW_TEXT("x-empty")).len, 0);
    assert_int_equal(head.body, GW_HTTP_BODY_LENGTH);
    assert_int_equal(head.length, 12);
    assert_true(head.keeps_alive);
}

struct framed {
    const char *raw;
    bool is_to_head;
    enum gw_http_body body;
    bool keeps_alive;
};

static const struct framed FRAMED[] = {
    {"HTTP/1.1 200\r\n\r\n", false, GW_HTTP_BODY_UNTIL_CLOSE, false},
    {"HTTP/1.1 200 \r\n\r\n", false, GW_HTTP_BODY_UNTIL_CLOSE, false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: CHUNKED\r\n\r\n", false, GW_HTTP_BODY_CHUNKED, true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: x, Close\r\n\r\n", false,
     GW_HTTP_BODY_CHUNKED, false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, GW_HTTP_BODY_NONE, true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n", false,
     GW_HTTP_BODY_LENGTH, true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true, GW_HTTP_BODY_NONE, true},
    {"HTTP/1.1 204 No Content\r\n\r\n", false, GW_HTTP_BODY_NONE, true},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", false, GW_HTTP_BODY_NONE, true},
    {"HTTP/1.1 100 Continue\r\n\r\n", false, GW_HTTP_BODY_NONE, true},
    {"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n", false, GW_HTTP_BODY_LENGTH, false},
    {"HTTP/1.0 200 OK\r\nContent-Length: 3\r\nConnection: Keep-Alive\r\n\r\n", false,
     GW_HTTP_BODY_LENGTH, true},
};

static void the_head_says_where_the_body_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(FRAMED) / sizeof(FRAMED[0]); i++) {
        struct gw_http_head head;
        const char *bad = parse(FRAMED[i].raw, FRAMED[i].is_to_head, &head);

        if (bad != NULL || head.body != FRAMED[i].body ||
            head.keeps_alive != FRAMED[i].keeps_alive) {
            fail_msg("%s: %s", FRAMED[i].raw, bad == NULL ? "framed otherwise" : bad);
        }
    }
}

static const char *const BAD_HEADS[] = {
    "\r\n\r\n",
    "HTTP/2 200 OK\r\n\r\n",
    "HTTP/1.2 200 OK\r\n\r\n",
    "http/1.1 200 OK\r\n\r\n",
    "HTTP/1.1  200 OK\r\n\r\n",
    "HTTP/1.1 20 OK\r\n\r\n",
    "HTTP/1.1 2000 OK\r\n\r\n",
    "HTTP/1.1 099 OK\r\n\r\n",
    "HTTP/1.1 600 OK\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "HTTP/1.1 abc OK\r\n\r\n",
    "HTTP/1.1 200 OK\nA: b\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: b\n\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA b\r\n\r\n",
    "HTTP/1.1 200 OK\r\n: b\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
    "HTTP/1.1 200 OK\r\n A: b\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: b\r\n\tc\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: b\x01\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA\xc3\xa4: b\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 0x3\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: \r\n\r\n",
    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
};

static void ambiguous_and_malformed_heads_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(BAD_HEADS) / sizeof(BAD_HEADS[0]); i++) {
        struct gw_http_head head;

        if (gw_http_head_parse(gw_text_of(BAD_HEADS[i]), false, &head) == NULL) {
            fail_msg("accepted: %s", BAD_HEADS[i]);
        }
    }
}

static void a_zero_byte_in_a_header_is_refused(void **state)
{
    struct gw_http_head head;

    (void)state;
    assert_non_null(
        gw_http_head_parse(GW_TEXT("HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n"), false, &head));
}

static void two_hundred_headers_are_accepted_and_one_more_is_not(void **state)
{
    (void)state;
    for (int count = 200; count <= 201; count++) {
        struct gw_http_head head;
        struct gw_buf raw;

        gw_buf_init(&raw, 4096);
        gw_buf_append_str(&raw, "HTTP/1.1 200 OK\r\n");
        for (int i = 0; i < count; i++) {
            gw_buf_append_str(&raw, "A: b\r\n");
        }
        gw_buf_append_str(&raw, "\r\n");
        assert_int_equal(parse(raw.at, false, &head) == NULL, count == 200);
        gw_buf_fini(&raw);
    }
}

static void the_end_of_a_head_is_found_wherever_it_was_cut(void **state)
{
    static const char RAW[] = "HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody\r\n\r\n";
    size_t size = strstr(RAW, "body") - RAW;

    (void)state;
    for (size_t cut = 0; cut < sizeof(RAW) - 1; cut++) {
        size_t scanned = 0, found = gw_http_head_size((struct gw_text){RAW, cut}, &scanned);

        assert_int_equal(found, cut >= size ? size : 0);
        if (found == 0) {
            assert_int_equal(
                gw_http_head_size(GW_TEXT("HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody"), &scanned), size);
        }
    }
}

/* ---- Chunks ----------------------------------------------------------------------------- */

/* Decodes `raw` cut in pieces of `step` bytes; what is decoded goes to `out`. */
static enum gw_http_chunks_result decode(const char *raw, size_t size, size_t step, char *out,
                                         size_t *ret_used)
{
    enum gw_http_chunks_result result = GW_HTTP_CHUNKS_MORE;
    struct gw_http_chunks chunks;

    gw_http_chunks_init(&chunks);
    *ret_used = 0;
    while (*ret_used < size && result == GW_HTTP_CHUNKS_MORE) {
        size_t some = size - *ret_used < step ? size - *ret_used : step, used;
        char *piece = malloc(some); /* exactly as large as told */
        struct gw_text body;

        memcpy(piece, raw + *ret_used, some);
        result = gw_http_chunks_decode(&chunks, piece, some, &body, &used);
        assert_true(body.len == 0 || (body.at >= piece && body.at + body.len <= piece + some));
        memcpy(out, body.at, body.len);
        out += body.len;
        *out = '\0';
        *ret_used += used;
        free(piece);
    }
    return result;
}

static void chunks_are_decoded_wherever_they_were_cut(void **state)
{
    static const char RAW[] = "4\r\nWiki\r\n7;name=\"value\"\r\npedia i\r\n0B \r\nn \r\nchunks.\r\n"
                              "000\r\nTrailer: one\r\nT: 2\r\n\r\nGET /next";
    size_t size = sizeof(RAW) - 1, used;

    (void)state;
    for (size_t step = 1; step <= size; step++) {
        char out[256] = "";

        assert_int_equal(decode(RAW, size, step, out, &used), GW_HTTP_CHUNKS_END);
        assert_string_equal(out, "Wikipedia in \r\nchunks.");
        assert_int_equal(used, strstr(RAW, "GET") - RAW);
    }
}

static void cut_off_chunks_never_end(void **state)
{
    static const char RAW[] = "4\r\nWiki\r\n0\r\nT: x\r\n\r\n";
    size_t used;

    (void)state;
    for (size_t size = 0; size < sizeof(RAW) - 1; size++) {
        char out[256] = "";

        assert_int_equal(decode(RAW, size, 3, out, &used), GW_HTTP_CHUNKS_MORE);
    }
}

static const char *const BAD_CHUNKS[] = {
    "\r\n",
    "g\r\n",
    "-1\r\n",
    "+1\r\na\r\n",
    " 1\r\na\r\n",
    "0x1\r\na\r\n",
    "1\na\r\n",
    "1\r\rna",
    "1;x\n",
    "1\r\nab\r\n",
    "1\r\na\n",
    "1\r\na\r\r",
    "0\r\n\r\r",
    "0\r\nT: a\n",
    "0\r\nT: a\r\r",
    "0000000000000001\r\n",
    "ffffffffffffffff\r\n",
};

static void malformed_chunks_are_refused_however_they_were_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(BAD_CHUNKS) / sizeof(BAD_CHUNKS[0]); i++) {
        for (size_t step = 1; step <= 20; step++) {
            char out[256] = "";
            size_t used;

            if (decode(BAD_CHUNKS[i], strlen(BAD_CHUNKS[i]), step, out, &used) !=
                GW_HTTP_CHUNKS_BAD) {
                fail_msg("accepted: %s", BAD_CHUNKS[i]);
            }
        }
    }
}

static void endless_extensions_and_trailers_are_refused(void **state)
{
    static const char *const BEGINS[] = {"1;", "0\r\nT: "};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct gw_http_chunks chunks;
        char filler[1000], begin[16];
        struct gw_text body;
        size_t used, total = 0;

        gw_http_chunks_init(&chunks);
        snprintf(begin, sizeof(begin), "%s", BEGINS[i]);
        assert_int_equal(gw_http_chunks_decode(&chunks, begin, strlen(begin), &body, &used),
                         GW_HTTP_CHUNKS_MORE);
        memset(filler, 'x', sizeof(filler));
        while (gw_http_chunks_decode(&chunks, filler, sizeof(filler), &body, &used) ==
               GW_HTTP_CHUNKS_MORE) {
            total += sizeof(filler);
            assert_true(total < 20000);
        }
        assert_int_equal(chunks.left, i == 0 ? 1 : 0);
    }
}

/* Whatever comes in: no crash, no byte invented, and no matter how it is cut. */
static void random_bytes_are_decoded_the_same_however_they_were_cut(void **state)
{
    static const char ALPHABET[] = "0123af\r\n\r\n\r\n;: xZ";

    (void)state;
    srand(11);
    for (int round = 0; round < 20000; round++) {
        char raw[64], whole[256] = "", cut[256] = "";
        size_t size = 1 + (size_t)(rand() % 60), used_whole, used_cut;

        for (size_t i = 0; i < size; i++) {
            raw[i] = ALPHABET[(size_t)rand() % (sizeof(ALPHABET) - 1)];
        }
        assert_int_equal(decode(raw, size, size, whole, &used_whole),
                         decode(raw, size, 1 + (size_t)(rand() % 5), cut, &used_cut));
        assert_string_equal(whole, cut);
        assert_int_equal(used_whole, used_cut);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_head_is_understood),
        cmocka_unit_test(the_head_says_where_the_body_ends),
        cmocka_unit_test(ambiguous_and_malformed_heads_are_refused),
        cmocka_unit_test(a_zero_byte_in_a_header_is_refused),
        cmocka_unit_test(two_hundred_headers_are_accepted_and_one_more_is_not),
        cmocka_unit_test(the_end_of_a_head_is_found_wherever_it_was_cut),
        cmocka_unit_test(chunks_are_decoded_wherever_they_were_cut),
        cmocka_unit_test(cut_off_chunks_never_end),
        cmocka_unit_test(malformed_chunks_are_refused_however_they_were_cut),
        cmocka_unit_test(endless_extensions_and_trailers_are_refused),
        cmocka_unit_test(random_bytes_are_decoded_the_same_however_they_were_cut),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/net/call/framing", tests, NULL, NULL);
}
