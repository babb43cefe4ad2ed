/* SPDX-License-Identifier: MIT */
#include "dataplane/attempt/secret.h"

#include <stdio.h>

#include "tests/support/cmocka_first.h"

#define NOW_US (INT64_C(1700000000) * 1000000)

static char room_of[512];

/* "authorization=Bearer K x-api-key=K", or the error's name. */
static const char *shown(enum gw_provider_type type, const char *host, const char *text)
{
    struct secret secret = {
        .type = type, .host = gw_text_of(host), .text = gw_text_of(text), .wall_us = NOW_US};
    struct secret_headers headers;
    struct gw_buf room;
    enum gw_err err;
    void *unused;
    size_t len = 0;

    gw_buf_init(&room, secret.text.len + SECRET_ROOM);
    assert_int_equal(gw_buf_reserve(&room, secret.text.len + SECRET_ROOM, &unused), GW_OK);
    room_of[0] = '\0';
    err = secret_show(&secret, &room, &headers, NULL);
    for (size_t i = 0; err == GW_OK && i < headers.count; i++) {
        len += (size_t)snprintf(room_of + len, sizeof(room_of) - len, "%s%.*s=%.*s",
                                i == 0 ? "" : " ", GW_TEXT_ARG(headers.at[i].name),
                                GW_TEXT_ARG(headers.at[i].value));
    }
    assert_int_equal(room.err, GW_OK);
    gw_buf_fini(&room);
    return err == GW_OK ? room_of : gw_err_name(err);
}

#define BOTH   "authorization=Bearer K x-api-key=K"
#define BEARER "authorization=Bearer K"

static void s02_015_anthropic_gets_both(void **state)
{
    (void)state;
    assert_string_equal(shown(GW_PROVIDER_CLAUDE, "api.anthropic.com", "K"), BOTH);
    assert_string_equal(shown(GW_PROVIDER_CLAUDE, "proxyish.example.com", "K"), BOTH);
}

static void s02_016_a_relay_gets_the_bearer_only(void **state)
{
    (void)state;
    assert_string_equal(shown(GW_PROVIDER_CLAUDE, "my-relay.example.com", "K"), BEARER);
    assert_string_equal(shown(GW_PROVIDER_CLAUDE, "openrouter.ai", "K"), BEARER);
    assert_string_equal(shown(GW_PROVIDER_CLAUDE, "x.Gateway", "K"), BEARER);
}

static void s02_017_but_not_at_anthropics_own_domains(void **state)
{
    (void)state;
    assert_string_equal(shown(GW_PROVIDER_CLAUDE, "relay.anthropic.com", "K"), BOTH);
    assert_string_equal(shown(GW_PROVIDER_CLAUDE, "router.claude.ai", "K"), BOTH);
}

static void s02_018_at_aws_the_key_stands_alone(void **state)
{
    (void)state;
    assert_string_equal(
        shown(GW_PROVIDER_CLAUDE_AUTH, "aws-external-anthropic.us-east-1.api.aws", "K"),
        "x-api-key=K");
    assert_string_equal(
        shown(GW_PROVIDER_CLAUDE, "aws-external-anthropic.us-gov-west-1.api.aws", "K"),
        "x-api-key=K");
    assert_string_equal(shown(GW_PROVIDER_CLAUDE, "aws-external-anthropic.east.api.aws", "K"),
                        BOTH);
    assert_string_equal(shown(GW_PROVIDER_CLAUDE_AUTH, "api.anthropic.com", "K"), BEARER);
}

static void openai_gets_the_bearer(void **state)
{
    (void)state;
    assert_string_equal(shown(GW_PROVIDER_CODEX, "h", "K"), BEARER);
    assert_string_equal(shown(GW_PROVIDER_OPENAI_COMPATIBLE, "h", "K"), BEARER);
}

static void s02_019_google_gets_a_key_in_its_own_header(void **state)
{
    (void)state;
    assert_string_equal(shown(GW_PROVIDER_GEMINI, "h", "AIzaX"), "x-goog-api-key=AIzaX");
    assert_string_equal(shown(GW_PROVIDER_GEMINI_CLI, "h", "AIzaX"),
                        "x-goog-api-key=AIzaX x-goog-api-client=GeminiCLI/1.0");
}

static void s02_020_and_an_access_token_as_bearer(void **state)
{
    (void)state;
    assert_string_equal(shown(GW_PROVIDER_GEMINI, "h", "ya29.tok"),
                        "authorization=Bearer ya29.tok");
    assert_string_equal(shown(GW_PROVIDER_GEMINI, "h",
                              "{\"refresh_token\":\"r\",\"access_token\":\"t\",\"expires_at\":"
                              "1700000000001}"),
                        "authorization=Bearer t");
    assert_string_equal(shown(GW_PROVIDER_GEMINI, "h", "{\"access_token\":\"t\"}"),
                        "authorization=Bearer t");
}

static void a_credential_of_no_use_is_not_shown(void **state)
{
    (void)state;
    assert_string_equal(
        shown(GW_PROVIDER_GEMINI, "h", "{\"access_token\":\"t\",\"expires_at\":1700000000000}"),
        "unavailable");
    assert_string_equal(shown(GW_PROVIDER_GEMINI, "h", "{\"access_token\":"), "invalid");
    assert_string_equal(shown(GW_PROVIDER_CODEX, "h", "K\r\nx-evil: 1"), "invalid");
    assert_string_equal(shown(GW_PROVIDER_CODEX, "h", ""), "invalid");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s02_015_anthropic_gets_both),
        cmocka_unit_test(s02_016_a_relay_gets_the_bearer_only),
        cmocka_unit_test(s02_017_but_not_at_anthropics_own_domains),
        cmocka_unit_test(s02_018_at_aws_the_key_stands_alone),
        cmocka_unit_test(openai_gets_the_bearer),
        cmocka_unit_test(s02_019_google_gets_a_key_in_its_own_header),
        cmocka_unit_test(s02_020_and_an_access_token_as_bearer),
        cmocka_unit_test(a_credential_of_no_use_is_not_shown),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("attempt/secret", tests, NULL, NULL);
}
