/* SPDX-License-Identifier: MIT */
#include "dataplane/attempt/prepare.h"

#include <stdio.h>

#include "tests/support/cmocka_first.h"

static struct gw_config_provider row;
static struct snapshot_provider provider;
static struct gw_http_header headers[PREPARED_HEADERS_MAX];
static struct ask ask;
static struct prepared prepared;
static struct gw_fault fault;

static void provide(enum gw_provider_type type, const char *url)
{
    row = (struct gw_config_provider){.id = 1, .type = type, .url = gw_text_of(url)};
    provider = (struct snapshot_provider){&row, GW_TEXT("K")};
    ask = (struct ask){.request = {.method = GW_TEXT("POST"),
                                   .target = GW_TEXT("/v1/messages?beta=true&key=sk-1"),
                                   .headers = {headers, 0},
                                   .body = GW_TEXT("{}")},
                       .path = GW_TEXT("/v1/messages"),
                       .query = GW_TEXT("beta=true&key=sk-1"),
                       .is_json = true};
}

static void with(const char *name, const char *value)
{
    headers[ask.request.headers.count++] = (struct gw_http_header){gw_text_of(name),
                                                                   gw_text_of(value)};
}

static void assert_prepared(void)
{
    if (prepare(&provider, &ask, 0, &prepared, &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
}

static void assert_header(const char *name, const char *expected)
{
    struct gw_text value = gw_http_find(
        (struct gw_http_headers){prepared.headers, prepared.header_count}, gw_text_of(name));

    if (expected == NULL) {
        assert_null(value.at);
    } else if (!gw_text_eq(value, gw_text_of(expected))) {
        fail_msg("%s is \"%.*s\", not \"%s\"", name, GW_TEXT_ARG(value), expected);
    }
}

static void the_address_is_the_providers_and_our_key_stays_here(void **state)
{
    (void)state;
    provide(GW_PROVIDER_CLAUDE, "https://api.example.com:8443/base/v1");
    with("x-api-key", "sk-1");
    assert_prepared();
    assert_true(gw_text_eq(prepared.origin.host, GW_TEXT("api.example.com")));
    assert_true(gw_text_eq(prepared.target, GW_TEXT("/base/v1/messages?beta=true")));
    assert_header("host", "api.example.com:8443");
    assert_header("x-api-key", "K");
    assert_header("authorization", "Bearer K");
    assert_header("accept-encoding", "identity");
    prepared_fini(&prepared);
}

static void s02_009_google_has_an_address_of_its_own(void **state)
{
    (void)state;
    provide(GW_PROVIDER_GEMINI, "");
    ask.path = GW_TEXT("/v1beta/models/m:generateContent");
    ask.query = GW_TEXT_NONE;
    assert_prepared();
    assert_true(gw_text_eq(prepared.origin.host, GW_TEXT("generativelanguage.googleapis.com")));
    assert_true(gw_text_eq(prepared.target, GW_TEXT("/v1beta/models/m:generateContent")));
    assert_header("host", "generativelanguage.googleapis.com");
    assert_header("user-agent", "millrace");
    prepared_fini(&prepared);
}

static void s02_025_codex_gets_the_name_of_a_client(void **state)
{
    (void)state;
    provide(GW_PROVIDER_CODEX, "http://h");
    assert_prepared();
    assert_header("user-agent", "codex_cli_rs/0.93.0 (Windows 10.0.26200; x86_64) vscode/1.108.1");
    prepared_fini(&prepared);
    with("user-agent", "");
    assert_prepared();
    assert_header("user-agent", "");
    prepared_fini(&prepared);
}

static void others_keep_the_clients_name_or_none(void **state)
{
    (void)state;
    provide(GW_PROVIDER_CLAUDE, "http://h");
    assert_prepared();
    assert_header("user-agent", NULL);
    prepared_fini(&prepared);
}

static void a_json_body_is_called_so(void **state)
{
    (void)state;
    provide(GW_PROVIDER_CLAUDE, "http://h");
    with("Content-Type", "application/x-www-form-urlencoded");
    assert_prepared();
    assert_header("content-type", "application/json");
    prepared_fini(&prepared);
    ask.is_json = false;
    assert_prepared();
    assert_header("content-type", "application/x-www-form-urlencoded");
    prepared_fini(&prepared);
    provide(GW_PROVIDER_CLAUDE, "http://h");
    with("Content-Type", "application/json; charset=utf-8");
    assert_prepared();
    assert_header("content-type", "application/json; charset=utf-8");
    prepared_fini(&prepared);
}

static void a_request_without_body_claims_none(void **state)
{
    (void)state;
    provide(GW_PROVIDER_CLAUDE, "http://h");
    ask.request.method = GW_TEXT("GET");
    ask.request.body = GW_TEXT_NONE;
    assert_prepared();
    assert_false(prepared.has_body);
    assert_header("content-type", NULL);
    prepared_fini(&prepared);
    ask.request.method = GW_TEXT("POST");
    assert_prepared();
    assert_true(prepared.has_body);
    prepared_fini(&prepared);
}

static void a_provider_of_no_use_says_why(void **state)
{
    (void)state;
    provide(GW_PROVIDER_CLAUDE, "ftp://h");
    assert_int_equal(prepare(&provider, &ask, 0, &prepared, &fault), GW_E_INVALID);
    assert_string_equal(fault.text, "provider's url is not a url");
    provide(GW_PROVIDER_CLAUDE, "");
    assert_int_equal(prepare(&provider, &ask, 0, &prepared, &fault), GW_E_INVALID);
    provide(GW_PROVIDER_CLAUDE, "http://h");
    provider.secret = GW_TEXT("K\n");
    assert_int_equal(prepare(&provider, &ask, 0, &prepared, &fault), GW_E_INVALID);
    assert_null(strstr(fault.text, "K\n"));
}

static void too_many_headers_are_refused(void **state)
{
    (void)state;
    provide(GW_PROVIDER_CLAUDE, "http://h");
    while (ask.request.headers.count < PREPARED_HEADERS_MAX) {
        with("x-some", "thing");
    }
    assert_int_equal(prepare(&provider, &ask, 0, &prepared, &fault), GW_E_TOO_LARGE);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_address_is_the_providers_and_our_key_stays_here),
        cmocka_unit_test(s02_009_google_has_an_address_of_its_own),
        cmocka_unit_test(s02_025_codex_gets_the_name_of_a_client),
        cmocka_unit_test(others_keep_the_clients_name_or_none),
        cmocka_unit_test(a_json_body_is_called_so),
        cmocka_unit_test(a_request_without_body_claims_none),
        cmocka_unit_test(a_provider_of_no_use_says_why),
        cmocka_unit_test(too_many_headers_are_refused),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("attempt/prepare", tests, NULL, NULL);
}
