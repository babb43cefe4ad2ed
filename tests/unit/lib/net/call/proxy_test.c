/* SPDX-License-Identifier: MIT */
#include "lib/net/call/proxy.h"

#include "tests/support/cmocka_first.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES(literal) ((struct gw_text){"" literal, sizeof(literal) - 1})

static struct gw_http_proxy proxy_of(const char *url, struct gw_http_proxy_room *room)
{
    struct gw_http_proxy proxy;

    if (gw_http_proxy_parse(gw_text_of(url), room, &proxy) != GW_OK) {
        fail_msg("\"%s\" is not understood", url);
    }
    return proxy;
}

/* Takes all there is to say, in steps of `step` bytes. */
static void expect_said(struct proxy_talk *talk, struct gw_text expected, size_t step)
{
    char said[2048];
    size_t len = 0;
    struct gw_text text;

    while ((text = proxy_talk_say(talk)).len > 0) {
        size_t some = text.len < step ? text.len : step;

        memcpy(said + len, text.at, some);
        len += some;
        proxy_talk_said(talk, some);
    }
    assert_int_equal(len, expected.len);
    assert_memory_equal(said, expected.at, len);
}

/* Lets the proxy say `text` in steps of `step` bytes; what the last of them came to. */
static enum proxy_result hear(struct proxy_talk *talk, struct gw_text text, size_t step,
                              const char **ret_text)
{
    enum proxy_result result = PROXY_MORE;

    while (text.len > 0 && result == PROXY_MORE) {
        size_t size;
        char *at = proxy_talk_room(talk, &size);

        assert_true(size > 0);
        size = size < step ? size : step;
        size = size < text.len ? size : text.len;
        memcpy(at, text.at, size);
        text = gw_text_skip(text, size);
        result = proxy_talk_heard(talk, size, ret_text);
    }
    return result;
}

struct exchange {
    struct gw_text says[4], hears[4];
};

/* The whole conversation, in pieces of every size. */
static void expect_done(const char *url, const char *host, const struct exchange *exchange)
{
    struct gw_http_proxy_room room;
    struct gw_http_proxy proxy = proxy_of(url, &room);

    for (size_t step = 1; step < 64; step++) {
        const char *text;
        struct proxy_talk *talk = proxy_talk_new(&proxy, host, 443, &text);
        enum proxy_result result = PROXY_MORE;

        assert_non_null(talk);
        for (size_t i = 0; exchange->says[i].len > 0; i++) {
            expect_said(talk, exchange->says[i], step);
            assert_int_equal(result, PROXY_MORE);
            result = hear(talk, exchange->hears[i], step, &text);
        }
        assert_int_equal(result, PROXY_DONE);
        proxy_talk_free(talk);
    }
}

static void connect_names_the_origin(void **state)
{
    (void)state;
    expect_done("http://proxy", "api.example",
                &(struct exchange){{BYTES("CONNECT api.example:443 HTTP/1.1\r\n"
                                          "Host: api.example:443\r\n\r\n")},
                                   {BYTES("HTTP/1.0 200 Connection established\r\n\r\n")}});
    expect_done("http://proxy", "2001:db8::1",
                &(struct exchange){{BYTES("CONNECT [2001:db8::1]:443 HTTP/1.1\r\n"
                                          "Host: [2001:db8::1]:443\r\n\r\n")},
                                   {BYTES("HTTP/1.1 200\r\nVia: x\r\n\r\n")}});
}

static void connect_shows_credentials(void **state)
{
    (void)state;
    expect_done("http://Aladdin:open%20sesame@proxy", "h",
                &(struct exchange){
                    {BYTES("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\nProxy-Authorization: Basic "
                           "QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n")},
                    {BYTES("HTTP/1.1 200 OK\r\n\r\n")}});
}

static void socks5_asks_for_names_and_addresses(void **state)
{
    (void)state;
    expect_done("socks5://proxy", "api.example",
                &(struct exchange){{BYTES("\5\1\0"), BYTES("\5\1\0\3\13api.example\1\273")},
                                   {BYTES("\5\0"), BYTES("\5\0\0\1\1\2\3\4\0\120")}});
    expect_done("socks5://proxy", "1.2.3.4",
                &(struct exchange){{BYTES("\5\1\0"), BYTES("\5\1\0\1\1\2\3\4\1\273")},
                                   {BYTES("\5\0"), BYTES("\5\0\0\3\2ab\0\120")}});
    expect_done("socks5://proxy", "::1",
                &(struct exchange){
                    {BYTES("\5\1\0"), BYTES("\5\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\1\273")},
                    {BYTES("\5\0"), BYTES("\5\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\120")}});
}

static void socks5_shows_credentials_when_asked(void **state)
{
    (void)state;
    expect_done(
        "socks5://u:pw@proxy", "h",
        &(struct exchange){{BYTES("\5\2\0\2"), BYTES("\1\1u\2pw"), BYTES("\5\1\0\3\1h\1\273")},
                           {BYTES("\5\2"), BYTES("\1\0"), BYTES("\5\0\0\1\1\2\3\4\0\120")}});
    expect_done("socks5://u:pw@proxy", "h",
                &(struct exchange){{BYTES("\5\2\0\2"), BYTES("\5\1\0\3\1h\1\273")},
                                   {BYTES("\5\0"), BYTES("\5\0\0\1\1\2\3\4\0\120")}});
}

static void socks4_asks_for_names_and_addresses(void **state)
{
    (void)state;
    expect_done("socks4://proxy", "1.2.3.4",
                &(struct exchange){{BYTES("\4\1\1\273\1\2\3\4\0")}, {BYTES("\0\132\0\0\0\0\0\0")}});
    expect_done("socks4://me@proxy", "h.example",
                &(struct exchange){{BYTES("\4\1\1\273\0\0\0\1me\0h.example\0")},
                                   {BYTES("\0\132\0\0\0\0\0\0")}});
}

static void each_refusal_has_its_words(void **state)
{
    static const struct {
        const char *url;
        struct gw_text first, second; /* answers */
        const char *text;
    } CASES[] = {
        {"http://p",
         BYTES("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"),
         {0},
         "answered 407"},
        {"http://p", BYTES("HTTP/1.1 302 Found\r\nLocation: x\r\n\r\n"), {0}, "answered 302"},
        {"http://p", BYTES("SSH-2.0-OpenSSH\r\n\r\n"), {0}, "not HTTP"},
        {"http://p", BYTES("HTTP/1.1 2000 OK\r\n\r\n"), {0}, "not HTTP"},
        {"http://p", BYTES("HTTP/2 200\r\n\r\n"), {0}, "not HTTP"},
        {"http://p", BYTES("HTTP/1.1 -20 OK\r\n\r\n"), {0}, "not HTTP"},
        {"http://p", BYTES("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), {0}, "said more"},
        {"socks5://p", BYTES("\4\0"), {0}, "not SOCKS5"},
        {"socks5://p", BYTES("\5\377"), {0}, "none of our ways"},
        {"socks5://p", BYTES("\5\1"), {0}, "none of our ways"},
        {"socks5://p", BYTES("\5\2"), {0}, "not asked for"},
        {"socks5://u:p@p", BYTES("\5\2"), BYTES("\1\1"), "does not accept"},
        {"socks5://u:p@p", BYTES("\5\2"), BYTES("\5\0"), "not SOCKS5"},
        {"socks5://p", BYTES("\5\0"), BYTES("\5\1\0\1\0"), "general failure"},
        {"socks5://p", BYTES("\5\0"), BYTES("\5\2\0\1\0"), "does not allow"},
        {"socks5://p", BYTES("\5\0"), BYTES("\5\3\0\1\0"), "reach the network"},
        {"socks5://p", BYTES("\5\0"), BYTES("\5\4\0\1\0"), "reach the host"},
        {"socks5://p", BYTES("\5\0"), BYTES("\5\5\0\1\0"), "refused by the origin"},
        {"socks5://p", BYTES("\5\0"), BYTES("\5\6\0\1\0"), "TTL"},
        {"socks5://p", BYTES("\5\0"), BYTES("\5\7\0\1\0"), "command"},
        {"socks5://p", BYTES("\5\0"), BYTES("\5\10\0\1\0"), "address type"},
        {"socks5://p", BYTES("\5\0"), BYTES("\5\377\0\1\0"), "unknown failure"},
        {"socks5://p", BYTES("\5\0"), BYTES("\5\0\0\2\0"), "not SOCKS5"},
        {"socks4://p", BYTES("\0\133\0\0\0\0\0\0"), {0}, "rejects"},
        {"socks4://p", BYTES("\4\132\0\0\0\0\0\0"), {0}, "not SOCKS4"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct gw_http_proxy_room room;
        struct gw_http_proxy proxy = proxy_of(CASES[i].url, &room);
        const char *text = "";
        struct proxy_talk *talk = proxy_talk_new(&proxy, "h", 443, &text);
        enum proxy_result result;

        proxy_talk_said(talk, proxy_talk_say(talk).len);
        result = hear(talk, CASES[i].first, 4096, &text);
        if (CASES[i].second.len > 0) {
            assert_int_equal(result, PROXY_MORE);
            proxy_talk_said(talk, proxy_talk_say(talk).len);
            result = hear(talk, CASES[i].second, 4096, &text);
        }
        assert_int_equal(result, PROXY_FAILED);
        if (strstr(text, CASES[i].text) == NULL) {
            fail_msg("case %zu: \"%s\" does not say \"%s\"", i, text, CASES[i].text);
        }
        proxy_talk_free(talk);
    }
}

static void a_head_without_an_end_is_refused(void **state)
{
    struct gw_http_proxy_room room;
    struct gw_http_proxy proxy = proxy_of("http://p", &room);
    const char *text;
    struct proxy_talk *talk = proxy_talk_new(&proxy, "h", 443, &text);
    char *endless = malloc(10000);

    (void)state;
    memset(endless, 'x', 10000);
    proxy_talk_said(talk, proxy_talk_say(talk).len);
    assert_int_equal(hear(talk, (struct gw_text){endless, 10000}, 700, &text), PROXY_FAILED);
    assert_non_null(strstr(text, "does not end"));
    proxy_talk_free(talk);
    free(endless);
}

static void an_answer_before_the_question_is_refused(void **state)
{
    struct gw_http_proxy_room room;
    struct gw_http_proxy proxy = proxy_of("socks5://p", &room);
    const char *text;
    struct proxy_talk *talk = proxy_talk_new(&proxy, "h", 443, &text);

    (void)state;
    assert_int_equal(hear(talk, BYTES("\5\0"), 2, &text), PROXY_FAILED);
    proxy_talk_free(talk);
}

static void what_cannot_be_asked_is_not_asked(void **state)
{
    static const struct {
        const char *url, *host;
    } CASES[] = {{"http://p", "/run/a.sock"},
                 {"socks5://p", "/run/a.sock"},
                 {"socks4://p", "::1"},
                 {"http://p", "a\r\nX: y"},
                 {"http://p", "a b"}};

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct gw_http_proxy_room room;
        struct gw_http_proxy proxy = proxy_of(CASES[i].url, &room);
        const char *text = NULL;

        assert_null(proxy_talk_new(&proxy, CASES[i].host, 443, &text));
        assert_non_null(text);
    }
}

/* ---- URLs ------------------------------------------------------------------------------- */

static void the_longest_of_everything_fits(void **state)
{
    char host[256], url[1200];
    struct gw_http_proxy_room room;
    static const char *const SCHEMES[] = {"http", "https", "socks5", "socks4"};

    (void)state;
    memset(host, 'h', 255);
    host[255] = '\0';
    for (size_t i = 0; i < 4; i++) {
        const char *text;
        struct gw_http_proxy proxy;
        struct proxy_talk *talk;

        snprintf(url, sizeof(url), "%s://%s:%s@%s:65535", SCHEMES[i], host, host, host);
        proxy = proxy_of(url, &room);
        talk = proxy_talk_new(&proxy, host, 65535, &text);
        assert_non_null(talk);
        if (i == 2) {
            proxy_talk_said(talk, proxy_talk_say(talk).len);
            assert_int_equal(hear(talk, BYTES("\5\2"), 2, &text), PROXY_MORE);
            assert_int_equal(proxy_talk_say(talk).len, 3 + 255 + 255);
        }
        proxy_talk_free(talk);
    }
}

/* Ports, kinds and credentials as they are written. */
static void s02_062_urls_of_proxies_are_understood(void **state)
{
    static const struct {
        const char *url;
        enum gw_http_proxy_kind kind;
        const char *host, *user, *password;
        uint16_t port;
    } CASES[] = {
        {"socks5://u:p@h", GW_HTTP_PROXY_SOCKS5, "h", "u", "p", 1080},
        {"SOCKS5://h:9/", GW_HTTP_PROXY_SOCKS5, "h", "", "", 9},
        {"socks4://h", GW_HTTP_PROXY_SOCKS4, "h", "", "", 1080},
        {"http://h", GW_HTTP_PROXY_HTTP, "h", "", "", 80},
        {"https://h", GW_HTTP_PROXY_HTTPS, "h", "", "", 443},
        {"http://user%40corp:p%3a%25@[::1]:3128", GW_HTTP_PROXY_HTTP, "::1", "user@corp", "p:%",
         3128},
        {"http://u:p@ss@h:1", GW_HTTP_PROXY_HTTP, "h", "u", "p@ss", 1},
        {"http://u@h", GW_HTTP_PROXY_HTTP, "h", "u", "", 80},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct gw_http_proxy_room room;
        struct gw_http_proxy proxy = proxy_of(CASES[i].url, &room);

        assert_int_equal(proxy.kind, CASES[i].kind);
        assert_int_equal(proxy.port, CASES[i].port);
        assert_true(gw_text_eq(proxy.host, gw_text_of(CASES[i].host)));
        assert_true(gw_text_eq(proxy.user, gw_text_of(CASES[i].user)));
        assert_true(gw_text_eq(proxy.password, gw_text_of(CASES[i].password)));
    }
}

static void what_is_no_url_of_a_proxy_is_refused(void **state)
{
    static const char *const WRONG[] = {
        "",           "h:1080",         "socks://h",        "socks5h://h",   "ftp://h",
        "http://",    "http://@h",      "http://:p@h",      "http://u:p@",   "http://h/path",
        "http://h?q", "http://u%@h",    "http://u%4@h",     "http://u%zz@h", "http://u%00@h",
        "http://h:0", "http://h:65536", "http://u%3ax:p@h", "http://h h",    "socks5:///run/x",
    };
    char longest[600] = "http://";

    (void)state;
    for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++) {
        struct gw_http_proxy_room room;
        struct gw_http_proxy proxy;

        if (gw_http_proxy_parse(gw_text_of(WRONG[i]), &room, &proxy) == GW_OK) {
            fail_msg("\"%s\" was understood", WRONG[i]);
        }
    }
    memset(longest + 7, 'u', 256);
    memcpy(longest + 7 + 256, "@h", 3);
    assert_int_equal(gw_http_proxy_parse(gw_text_of(longest), &(struct gw_http_proxy_room){0},
                                         &(struct gw_http_proxy){0}),
                     GW_E_INVALID);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connect_names_the_origin),
        cmocka_unit_test(connect_shows_credentials),
        cmocka_unit_test(socks5_asks_for_names_and_addresses),
        cmocka_unit_test(socks5_shows_credentials_when_asked),
        cmocka_unit_test(socks4_asks_for_names_and_addresses),
        cmocka_unit_test(each_refusal_has_its_words),
        cmocka_unit_test(a_head_without_an_end_is_refused),
        cmocka_unit_test(an_answer_before_the_question_is_refused),
        cmocka_unit_test(what_cannot_be_asked_is_not_asked),
        cmocka_unit_test(the_longest_of_everything_fits),
        cmocka_unit_test(s02_062_urls_of_proxies_are_understood),
        cmocka_unit_test(what_is_no_url_of_a_proxy_is_refused),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/net/call/proxy", tests, NULL, NULL);
}
