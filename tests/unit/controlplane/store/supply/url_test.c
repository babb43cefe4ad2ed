/* SPDX-License-Identifier: MIT */
#include "controlplane/store/supply/url.h"

#include "lib/base/check.h"
#include "tests/support/cmocka_first.h"

static struct gw_arena ARENA;

static int begin(void **state)
{
    (void)state;
    gw_arena_init(&ARENA, 65536);
    return 0;
}

static int end(void **state)
{
    (void)state;
    gw_arena_fini(&ARENA);
    return 0;
}

static void expect_text(struct gw_text text, const char *wanted)
{
    struct gw_text as_wanted = gw_text_of(wanted);

    if (!gw_text_eq(text, as_wanted)) {
        fail_msg("\"%.*s\" is not \"%s\"", GW_TEXT_ARG(text), wanted);
    }
}

static void a_url_is_cut_into_its_pieces(void **state)
{
    struct url url;

    (void)state;
    assert_true(url_parse(GW_TEXT("HTTPS://u:p@ss@Api.Example:8443/v1?x=1#f"), &url));
    expect_text(url.scheme, "HTTPS");
    expect_text(url.login, "u:p@ss");
    expect_text(url.host, "Api.Example");
    expect_text(url.port, "8443");
    expect_text(url.rest, "/v1?x=1#f");
    expect_text(url_without_login(&url, &ARENA), "https://Api.Example:8443/v1?x=1#f");
    expect_text(url_domain(&url, &ARENA), "api.example:8443");
    assert_true(url_parse(GW_TEXT("http://[::1]:80?q"), &url));
    assert_null(url.login.at);
    expect_text(url.host, "::1");
    expect_text(url_without_login(&url, &ARENA), "http://[::1]:80?q");
    assert_true(url_parse(GW_TEXT("http://www.h:/"), &url));
    expect_text(url_without_login(&url, &ARENA), "http://www.h/");
    expect_text(url_domain(&url, &ARENA), "h");
    assert_true(url_parse(GW_TEXT("http://h@x?a@b"), &url));
    expect_text(url.host, "x");
}

static void what_is_no_http_url_is_refused(void **state)
{
    static const char *const WRONG[] = {
        "",
        "h",
        "http:/h",
        "ftp://h",
        "http://",
        "https:///",
        "http://u@",
        "http://h:x",
        "http://h:0",
        "http://h:65536",
        "http://[::1",
        "http://[::1]x",
        "http://a b",
        "http://a\tb",
        "http://:80",
        "javascript:alert(1)//http://h",
    };
    struct url url;

    (void)state;
    for (size_t i = 0; i < GW_COUNT(WRONG); i++) {
        if (url_parse(gw_text_of(WRONG[i]), &url)) {
            fail_msg("\"%s\" was taken", WRONG[i]);
        }
    }
    assert_false(url_parse(GW_TEXT_NONE, &url));
}

static void s03_082_a_login_is_shown_as_redacted(void **state)
{
    (void)state;
    expect_text(url_redacted(GW_TEXT("https://h/x"), &ARENA), "https://REDACTED:REDACTED@h/x");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_url_is_cut_into_its_pieces, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_http_url_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(s03_082_a_login_is_shown_as_redacted, begin, end),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("controlplane/store/supply/url", tests, NULL, NULL);
}
