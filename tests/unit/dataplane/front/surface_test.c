/* SPDX-License-Identifier: MIT */
#include "dataplane/front/surface.h"

#include "tests/support/cmocka_first.h"

static struct surface classify(const char *method, const char *path)
{
    struct surface surface;

    surface_classify(gw_text_of(method), gw_text_of(path), &surface);
    return surface;
}

static void assert_dialect(const char *path, enum dialect dialect, enum surface_tier tier)
{
    struct surface surface = classify("POST", path);

    assert_int_equal(surface.kind, SURFACE_PROXY);
    assert_true(surface.is_known);
    assert_int_equal(surface.dialect, dialect);
    assert_int_equal(surface.tier, tier);
    assert_int_equal(surface.policy, SURFACE_DEFAULT);
}

static void what_is_answered_here_is_told_from_what_is_relayed(void **state)
{
    (void)state;
    assert_int_equal(classify("GET", "/v1/_ping").kind, SURFACE_PING);
    assert_int_equal(classify("POST", "/v1/_ping").kind, SURFACE_PROXY);
    assert_int_equal(classify("OPTIONS", "/v1/messages").kind, SURFACE_PREFLIGHT);
    assert_int_equal(classify("OPTIONS", "/v1beta/models").kind, SURFACE_PREFLIGHT);
    assert_int_equal(classify("HEAD", "/").kind, SURFACE_HELLO);
    assert_int_equal(classify("HEAD", "/api/hello").kind, SURFACE_HELLO);
    assert_int_equal(classify("GET", "/v1/anything").kind, SURFACE_PROXY);
}

static void only_the_two_versions_are_served(void **state)
{
    (void)state;
    assert_int_equal(classify("GET", "/").kind, SURFACE_UNKNOWN);
    assert_int_equal(classify("GET", "/v1").kind, SURFACE_UNKNOWN);
    assert_int_equal(classify("GET", "/v1/").kind, SURFACE_UNKNOWN);
    assert_int_equal(classify("POST", "/v2/messages").kind, SURFACE_UNKNOWN);
    assert_int_equal(classify("POST", "/v1internal/models/m:generateContent").kind,
                     SURFACE_UNKNOWN);
    assert_int_equal(classify("OPTIONS", "/health").kind, SURFACE_UNKNOWN);
}

static void s01_004_one_slash_at_the_end_and_capitals_make_no_difference(void **state)
{
    (void)state;
    assert_dialect("/v1/messages/", DIALECT_CLAUDE, SURFACE_USAGE_REQUIRED);
    assert_dialect("/V1/Messages", DIALECT_CLAUDE, SURFACE_USAGE_REQUIRED);
    assert_false(classify("POST", "/v1/messages//").is_known);
}

static void every_family_has_its_dialect(void **state)
{
    (void)state;
    assert_dialect("/v1/messages", DIALECT_CLAUDE, SURFACE_USAGE_REQUIRED);
    assert_dialect("/v1/responses", DIALECT_RESPONSE, SURFACE_USAGE_REQUIRED);
    assert_dialect("/v1/responses/resp_1/cancel", DIALECT_RESPONSE, SURFACE_USAGE_NONE);
    assert_dialect("/v1/chat/completions", DIALECT_OPENAI, SURFACE_USAGE_REQUIRED);
    assert_dialect("/v1/chat/completions/c1", DIALECT_OPENAI, SURFACE_USAGE_NONE);
    assert_dialect("/v1/embeddings", DIALECT_OPENAI, SURFACE_USAGE_REQUIRED);
    assert_dialect("/v1/models", DIALECT_OPENAI, SURFACE_USAGE_NONE);
    assert_dialect("/v1/models/gpt-x", DIALECT_OPENAI, SURFACE_USAGE_NONE);
    assert_dialect("/v1/images/edits", DIALECT_OPENAI, SURFACE_USAGE_NONE);
    assert_dialect("/v1beta/files/f1", DIALECT_GEMINI, SURFACE_USAGE_NONE);
    assert_dialect("/v1beta/models/g", DIALECT_GEMINI, SURFACE_USAGE_NONE);
    assert_false(classify("POST", "/v1/filesystem").is_known);
    assert_false(classify("POST", "/v1/some_tool").is_known);
}

static void googles_actions_are_told_by_the_word_behind_the_colon(void **state)
{
    (void)state;
    assert_dialect("/v1beta/models/gemini-2.5-pro:generateContent", DIALECT_GEMINI,
                   SURFACE_USAGE_REQUIRED);
    assert_dialect("/v1/models/gemini-2.5-pro:streamGenerateContent", DIALECT_GEMINI,
                   SURFACE_USAGE_REQUIRED);
    assert_dialect("/v1/publishers/google/models/g:countTokens", DIALECT_GEMINI,
                   SURFACE_USAGE_OPTIONAL);
    assert_dialect("/v1beta/models/g:predict", DIALECT_GEMINI, SURFACE_USAGE_OPTIONAL);
    assert_dialect("/v1/models/g:predict", DIALECT_OPENAI, SURFACE_USAGE_NONE);
}

static void a_model_in_the_path_keeps_its_capitals(void **state)
{
    struct surface surface = classify("POST", "/v1beta/models/Gemini-2.5-Pro:generateContent");

    (void)state;
    assert_true(gw_text_eq(surface.model, GW_TEXT("Gemini-2.5-Pro")));
    surface = classify("GET", "/v1/models/gpt-X");
    assert_true(gw_text_eq(surface.model, GW_TEXT("gpt-X")));
    assert_int_equal(classify("GET", "/v1/models").model.len, 0);
}

static void two_endpoints_are_relayed_as_they_are(void **state)
{
    (void)state;
    assert_int_equal(classify("POST", "/v1/messages/count_tokens").policy, SURFACE_RAW);
    assert_int_equal(classify("POST", "/v1/messages/count_tokens").dialect, DIALECT_CLAUDE);
    assert_int_equal(classify("POST", "/v1/responses/compact").policy, SURFACE_RAW);
    assert_int_equal(classify("POST", "/v1/responses/compact").dialect, DIALECT_RESPONSE);
}

static void a_path_that_climbs_is_no_path_of_ours(void **state)
{
    static const char *const CLIMBING[] = {
        "/v1/messages/../../admin", "/v1/./messages",   "/v1/messages/..", "/v1/%2e%2E/admin",
        "/v1/x%2f..%2fadmin",       "/v1/x\\..\\admin", "/v1/.%2e/admin",  "/v1/messages/%5c..%5cx",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(CLIMBING) / sizeof(CLIMBING[0]); i++) {
        assert_int_equal(classify("POST", CLIMBING[i]).kind, SURFACE_UNKNOWN);
    }
    assert_int_equal(classify("POST", "/v1/files/a..b.txt").kind, SURFACE_PROXY);
    assert_int_equal(classify("POST", "/v1/files/...").kind, SURFACE_PROXY);
}

static void a_path_too_long_to_look_at_is_unknown(void **state)
{
    char path[SURFACE_PATH_MAX + 16];

    (void)state;
    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    memcpy(path, "/v1/", 4);
    assert_int_equal(classify("GET", path).kind, SURFACE_UNKNOWN);
    path[SURFACE_PATH_MAX] = '\0';
    assert_int_equal(classify("GET", path).kind, SURFACE_PROXY);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_answered_here_is_told_from_what_is_relayed),
        cmocka_unit_test(only_the_two_versions_are_served),
        cmocka_unit_test(s01_004_one_slash_at_the_end_and_capitals_make_no_difference),
        cmocka_unit_test(every_family_has_its_dialect),
        cmocka_unit_test(googles_actions_are_told_by_the_word_behind_the_colon),
        cmocka_unit_test(a_model_in_the_path_keeps_its_capitals),
        cmocka_unit_test(two_endpoints_are_relayed_as_they_are),
        cmocka_unit_test(a_path_that_climbs_is_no_path_of_ours),
        cmocka_unit_test(a_path_too_long_to_look_at_is_unknown),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("front/surface", tests, NULL, NULL);
}
