/* SPDX-License-Identifier: MIT */
#include "dataplane/front/refuse.h"

#include "dataplane/front/cors.h"
#include "tests/support/cmocka_first.h"

static void assert_body(enum refusal refusal, enum refuse_shape shape, const char *detail,
                        const char *expected)
{
    struct refuse_with with = {
        .shape = shape, .language = LANGUAGE_EN, .detail = detail, .request_id = "r-1"};
    struct gw_buf out;

    gw_buf_init(&out, REFUSE_BODY_MAX);
    refuse_write(refusal, &with, &out);
    assert_string_equal(out.at, expected);
    gw_buf_fini(&out);
}

static void each_vendors_library_finds_its_own_fields(void **state)
{
    (void)state;
    assert_body(REFUSAL_KEY_DISABLED, REFUSE_ANTHROPIC, NULL,
                "{\"type\":\"error\",\"error\":{\"message\":\"the API key is disabled\",\"type\":"
                "\"key_disabled\",\"code\":\"key_disabled\"},\"request_id\":\"r-1\"}");
    assert_body(REFUSAL_KEY_DISABLED, REFUSE_OPENAI, NULL,
                "{\"error\":{\"message\":\"the API key is disabled\",\"type\":\"key_disabled\","
                "\"param\":null,\"code\":\"key_disabled\"},\"request_id\":\"r-1\"}");
    assert_body(REFUSAL_LOCKED, REFUSE_GOOGLE, NULL,
                "{\"error\":{\"code\":429,\"message\":\"too many failed attempts to authenticate\","
                "\"status\":\"RESOURCE_EXHAUSTED\",\"type\":\"rate_limit_error\",\"details\":[{"
                "\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":"
                "\"rate_limit_error\",\"domain\":\"millrace\"}]},\"request_id\":\"r-1\"}");
}

static void more_may_be_said_behind_the_message(void **state)
{
    (void)state;
    assert_body(REFUSAL_MALFORMED, REFUSE_OPENAI, "at byte 3 of 9",
                "{\"error\":{\"message\":\"the request body is not a JSON object (at byte 3 of 9)\""
                ",\"type\":\"invalid_request_error\",\"param\":null,\"code\":"
                "\"invalid_request_error\"},\"request_id\":\"r-1\"}");
}

static void a_type_that_says_nothing_has_the_status_as_its_code(void **state)
{
    (void)state;
    assert_body(REFUSAL_NO_WEBSOCKET, REFUSE_OPENAI, NULL,
                "{\"error\":{\"message\":\"WebSocket is not offered here; send the request over "
                "HTTP\",\"type\":\"api_error\",\"param\":null,\"code\":\"http_426\"},"
                "\"request_id\":\"r-1\"}");
}

static void every_refusal_can_be_written_in_every_shape_and_language(void **state)
{
    struct gw_buf out;

    (void)state;
    gw_buf_init(&out, REFUSE_BODY_MAX);
    for (int refusal = REFUSAL_UNKNOWN_PATH; refusal < REFUSALS; refusal++) {
        for (int i = 0; i < 3 * LANGUAGES; i++) {
            struct refuse_with with = {.shape = (enum refuse_shape)(i % 3),
                                       .language = (enum language)(i / 3),
                                       .request_id = "r"};

            gw_buf_clear(&out);
            refuse_write((enum refusal)refusal, &with, &out);
            assert_non_null(strstr(out.at, refuse_type((enum refusal)refusal)));
            assert_null(strstr(out.at, "null\",\"type"));
        }
        assert_in_range(refuse_status((enum refusal)refusal), 400, 504);
    }
    gw_buf_fini(&out);
}

/* ---- Languages -------------------------------------------------------------------------- */

static enum language language(const char *name, const char *value)
{
    struct gw_http_header header = {gw_text_of(name), gw_text_of(value)};

    return language_of((struct gw_http_headers){&header, name == NULL ? 0 : 1});
}

static void s01_031_the_language_follows_the_client(void **state)
{
    (void)state;
    assert_int_equal(language(NULL, NULL), LANGUAGE_ZH_CN);
    assert_int_equal(language("Accept-Language", "en"), LANGUAGE_EN);
    assert_int_equal(language("Accept-Language", "en-GB,en;q=0.9"), LANGUAGE_EN);
    assert_int_equal(language("Accept-Language", "fr, ru;q=0.5, ja;q=0.8"), LANGUAGE_JA);
    assert_int_equal(language("Accept-Language", "zh-TW"), LANGUAGE_ZH_TW);
    assert_int_equal(language("Accept-Language", "zh"), LANGUAGE_ZH_CN);
    assert_int_equal(language("Accept-Language", "*"), LANGUAGE_ZH_CN);
    assert_int_equal(language("Accept-Language", "en;q=0"), LANGUAGE_ZH_CN);
    assert_int_equal(language("Accept-Language", "english"), LANGUAGE_ZH_CN);
    assert_int_equal(language("Cookie", "a=b; NEXT_LOCALE=ru; c=d"), LANGUAGE_RU);
}

static void the_cookie_wins_over_the_header(void **state)
{
    struct gw_http_header both[] = {{GW_TEXT("accept-language"), GW_TEXT("ja")},
                                    {GW_TEXT("cookie"), GW_TEXT("NEXT_LOCALE=en")}};

    (void)state;
    assert_int_equal(language_of((struct gw_http_headers){both, 2}), LANGUAGE_EN);
}

/* ---- CORS ------------------------------------------------------------------------------- */

static void s01_002_requested_headers_are_echoed_and_named_in_vary(void **state)
{
    struct gw_http_header asked = {GW_TEXT("Access-Control-Request-Headers"), GW_TEXT("x-foo")};
    struct gw_http_header at[CORS_HEADERS_MAX];
    struct gw_http_headers headers = {at, cors_headers((struct gw_http_headers){&asked, 1}, at)};

    (void)state;
    assert_int_equal(headers.count, CORS_HEADERS_MAX);
    assert_true(gw_text_eq(gw_http_find(headers, GW_TEXT("access-control-allow-headers")),
                           GW_TEXT("x-foo")));
    assert_true(
        gw_text_eq(gw_http_find(headers, GW_TEXT("access-control-max-age")), GW_TEXT("86400")));
    assert_true(gw_text_eq_nocase(gw_http_find(headers, GW_TEXT("vary")), asked.name));
    headers.count = cors_headers((struct gw_http_headers){NULL, 0}, at);
    assert_int_equal(gw_http_find(headers, GW_TEXT("vary")).len, 0);
    assert_true(
        gw_text_eq(gw_http_find(headers, GW_TEXT("access-control-allow-origin")), GW_TEXT("*")));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_vendors_library_finds_its_own_fields),
        cmocka_unit_test(more_may_be_said_behind_the_message),
        cmocka_unit_test(a_type_that_says_nothing_has_the_status_as_its_code),
        cmocka_unit_test(every_refusal_can_be_written_in_every_shape_and_language),
        cmocka_unit_test(s01_031_the_language_follows_the_client),
        cmocka_unit_test(the_cookie_wins_over_the_header),
        cmocka_unit_test(s01_002_requested_headers_are_echoed_and_named_in_vary),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("front/refuse", tests, NULL, NULL);
}
