/* SPDX-License-Identifier: MIT */
#include "lib/net/serve/guard.h"

#include "lib/net/http.h"
#include "tests/support/cmocka_first.h"

#define LINE "POST / HTTP/1.1\r\n"

static const char *const GOOD[] = {
    LINE "\r\n",
    "\r\n" LINE "Host: a\r\n\r\n",
    LINE "Host: a\r\nContent-Length: 3\r\n\r\nabc\nContent-Length: 4\r\n",
    LINE "X-Content-Length: 3\r\nContent-Length: 3\r\n\r\n",
    LINE "Content-Length-X: 3\r\nContent-Length: 3\r\nTransfer-Encodings: x\r\n\r\n",
    LINE "X: content-length: 1\r\nY: content-length: 2\r\n\r\n",
};

static const char *const BAD[] = {
    "",
    "\r\n",
    LINE,
    LINE "Host: a\r\n",
    "POST / HTTP/1.1\n\r\n",
    LINE "\n",
    LINE "A: b\n\r\n",
    LINE " A: b\r\n\r\n",
    LINE "A: b\r\n\tc\r\n\r\n",
    LINE "content-length: 3\r\nA: b\r\nCONTENT-LENGTH: 3\r\n\r\n",
    LINE "Content-Length: 3\r\ntransfer-encoding: chunked\r\n\r\n",
    LINE "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    LINE "Host: a\r\nhost: a\r\n\r\n",
};

static void ambiguous_heads_are_told_from_plain_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(GOOD) / sizeof(GOOD[0]); i++) {
        const char *why = gw_http_guard_head(gw_text_of(GOOD[i]));

        if (why != NULL) {
            fail_msg("refused: %s: %s", GOOD[i], why);
        }
    }
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        if (gw_http_guard_head(gw_text_of(BAD[i])) == NULL) {
            fail_msg("accepted: %s", BAD[i]);
        }
    }
}

static void a_head_is_known_by_its_empty_line(void **state)
{
    (void)state;
    assert_true(gw_http_guard_has_head(GW_TEXT(LINE "A: b\r\n\r\nbody")));
    assert_true(gw_http_guard_has_head(GW_TEXT("GET / HTTP/1.1\n\n")));
    assert_false(gw_http_guard_has_head(GW_TEXT("\r\n\r\n\r\n" LINE "A: b\r\n")));
    assert_false(gw_http_guard_has_head(GW_TEXT_NONE));
}

static void headers_are_found_without_regard_to_case(void **state)
{
    const struct gw_http_header headers[] = {{GW_TEXT("X-One"), GW_TEXT("1")},
                                             {GW_TEXT("x-two"), GW_TEXT("")},
                                             {GW_TEXT("X-ONE"), GW_TEXT("2")}};
    struct gw_http_headers all = {headers, 3};

    (void)state;
    assert_true(gw_text_eq(gw_http_find(all, GW_TEXT("x-one")), GW_TEXT("1")));
    assert_non_null(gw_http_find(all, GW_TEXT("X-TWO")).at);
    assert_null(gw_http_find(all, GW_TEXT("x-on")).at);
    assert_string_equal(gw_http_reason(404), "Not Found");
    assert_string_equal(gw_http_reason(599), "Unknown");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ambiguous_heads_are_told_from_plain_ones),
        cmocka_unit_test(a_head_is_known_by_its_empty_line),
        cmocka_unit_test(headers_are_found_without_regard_to_case),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/net/serve/guard", tests, NULL, NULL);
}
