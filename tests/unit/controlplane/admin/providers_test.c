/* SPDX-License-Identifier: MIT */
#include <inttypes.h>

#include "lib/codec/seal.h"
#include "tests/unit/controlplane/admin/scene.h"

#define PROVIDERS "/api/v1/providers"

/* What is sealed in a row, in clear. */
static void open_sealed(struct scene *scene, const char *sql, const char *place, char *ret_text,
                        size_t size)
{
    struct gw_pg_rows *rows;
    struct gw_buf sealed, plain;

    gw_buf_init(&sealed, 4096);
    gw_buf_init(&plain, 4096);
    assert_int_equal(gw_pg_run(scene->look, sql, NULL, &rows, NULL), GW_OK);
    assert_int_equal(gw_pg_bytes(rows, 0, 0, &sealed), GW_OK);
    assert_int_equal(gw_unseal(scene->keyring, gw_text_of(place), gw_buf_text(&sealed), &plain),
                     GW_OK);
    snprintf(ret_text, size, "%.*s", GW_TEXT_ARG(gw_buf_text(&plain)));
    gw_pg_rows_free(rows);
    gw_buf_fini(&plain);
    gw_buf_fini(&sealed);
}

static void expect_key(struct scene *scene, const char *key)
{
    char text[128];

    open_sealed(scene, "select sealed_key from providers where id = 1", "provider:1", text,
                sizeof(text));
    assert_string_equal(text, key);
}

static void a_provider_gets_the_fallbacks_and_keeps_its_key_sealed(void **state)
{
    struct scene *scene = *state;

    scene_call(scene, "POST", PROVIDERS,
               "{\"name\":\"p\",\"url\":\"https://api.example/v1\",\"key\":\"secret-key-1234\"}");
    scene_expect(scene, 201,
                 "{\"id\":1,\"name\":\"p\",\"url\":\"https://api.example/"
                 "v1\",\"maskedKey\":\"secr" STORE_BULLETS
                 "1234\",\"providerType\":\"claude\",\"isEnabled\":true,\"weight\":1,"
                 "\"priority\":0,\"groupTag\":null,\"costMultiplier\":\"1\",\"websiteUrl\":null,"
                 "\"firstByteTimeoutStreamingMs\":0,\"streamingIdleTimeoutMs\":0,"
                 "\"requestTimeoutNonStreamingMs\":0,\"createdAt\":\"");
    assert_string_equal(scene_header(scene, "Location"), "/api/v1/providers/1");
    assert_string_equal(scene_header(scene, "ETag"), "\"1\"");
    expect_key(scene, "secret-key-1234");
    assert_int_equal(
        schema_number(scene->look,
                      "select count(*) from providers p where p::text like"
                      " '%secret-key%' or encode(sealed_key, 'escape') like '%secret%'"),
        0);
    assert_int_equal(schema_number(scene->look, "select count(*) from vendors"
                                                " where website_domain = 'api.example'"),
                     1);
}

static void every_field_comes_back_as_it_was_given(void **state)
{
    struct scene *scene = *state;

    scene_call(scene, "POST", PROVIDERS,
               "{\"name\":\"p\",\"url\":\"http://h:8080\",\"key\":\"k\","
               "\"provider_type\":\"openai-compatible\",\"is_enabled\":false,\"weight\":100,"
               "\"priority\":2147483647,\"group_tag\":\"b, a ,b\",\"cost_multiplier\":\"1.2500\","
               "\"website_url\":\"https://www.Vendor.example/x\","
               "\"first_byte_timeout_streaming_ms\":1000,\"streaming_idle_timeout_ms\":60000,"
               "\"request_timeout_non_streaming_ms\":1800000}");
    scene_expect(scene, 201,
                 "\"maskedKey\":\"" STORE_BULLETS "\",\"providerType\":\"openai-compatible\","
                 "\"isEnabled\":false,\"weight\":100,\"priority\":2147483647,\"groupTag\":\"b,a\","
                 "\"costMultiplier\":\"1.25\",\"websiteUrl\":\"https://www.Vendor.example/x\","
                 "\"firstByteTimeoutStreamingMs\":1000,\"streamingIdleTimeoutMs\":60000,"
                 "\"requestTimeoutNonStreamingMs\":1800000");
    assert_int_equal(schema_number(scene->look, "select count(*) from vendors"
                                                " where website_domain = 'vendor.example'"),
                     1);
    assert_int_equal(schema_number(scene->look, "select count(*) from provider_groups"
                                                " where name in ('a', 'b', 'default')"),
                     3);
}

static void what_is_missing_or_out_of_bounds_is_told_all_at_once(void **state)
{
    struct scene *scene = *state;

    scene_call(scene, "POST", PROVIDERS,
               "{\"weight\":0,\"priority\":-1,\"cost_multiplier\":\"0.00001\","
               "\"provider_type\":\"x\",\"streaming_idle_timeout_ms\":59999}");
    scene_expect_problem(scene, 400, "request.validation_failed");
    scene_expect(scene, 400, "{\"path\":[\"name\"],\"code\":\"required\"");
    scene_expect(scene, 400, "{\"path\":[\"url\"],\"code\":\"required\"");
    scene_expect(scene, 400, "{\"path\":[\"key\"],\"code\":\"required\"");
    scene_expect(scene, 400, "{\"path\":[\"weight\"],\"code\":\"too_small\"");
    scene_expect(scene, 400, "{\"path\":[\"priority\"],\"code\":\"too_small\"");
    scene_expect(scene, 400, "{\"path\":[\"cost_multiplier\"],\"code\":\"invalid_format\"");
    scene_expect(scene, 400, "{\"path\":[\"provider_type\"],\"code\":\"invalid_value\"");
    scene_expect(scene, 400, "{\"path\":[\"streaming_idle_timeout_ms\"],\"code\":\"too_small\"");
}

static void a_url_must_be_http_or_https(void **state)
{
    static const char *const WRONG[] = {"ftp://h",     "https://",    "h/x",
                                        "https://a b", "https://h:0", "https://h:99999",
                                        "https://[::1"};
    struct scene *scene = *state;
    char body[128];

    for (size_t i = 0; i < GW_COUNT(WRONG); i++) {
        snprintf(body, sizeof(body), "{\"name\":\"p\",\"url\":\"%s\",\"key\":\"k\"}", WRONG[i]);
        scene_call(scene, "POST", PROVIDERS, body);
        scene_expect(scene, 400, "{\"path\":[\"url\"],\"code\":\"invalid_format\"");
    }
}

static void s03_080_internal_types_are_for_administrators_who_ask(void **state)
{
    struct scene *scene = *state;

    scene_call(scene, "POST", PROVIDERS,
               "{\"name\":\"p\",\"url\":\"https://h\",\"key\":\"k\","
               "\"provider_type\":\"claude-auth\"}");
    scene_expect_problem(scene, 400, "request.validation_failed");
    scene_call(scene, "POST", PROVIDERS, "{\"name\":\"p\",\"url\":\"https://h\",\"key\":\"k\"}");
    scene->shows_internal = true;
    scene_call(scene, "PATCH", PROVIDERS "/1", "{\"provider_type\":\"claude-auth\"}");
    scene_expect(scene, 200, "\"providerType\":\"claude-auth\"");
}

static void s03_081_internal_types_are_hidden_from_the_others(void **state)
{
    struct scene *scene = *state;

    scene->shows_internal = true;
    scene_call(scene, "POST", PROVIDERS,
               "{\"name\":\"p\",\"url\":\"https://h\",\"key\":\"k\","
               "\"provider_type\":\"gemini-cli\"}");
    assert_int_equal(scene->call.status, 201);
    scene_call(scene, "GET", PROVIDERS, NULL);
    scene_expect(scene, 200, "\"items\":[]");
    scene_call(scene, "GET", PROVIDERS "/1", NULL);
    scene_expect_problem(scene, 404, "provider.not_found");
    scene_call(scene, "PATCH", PROVIDERS "/1", "{\"weight\":2}");
    scene_expect_problem(scene, 404, "provider.not_found");
    scene_call(scene, "DELETE", PROVIDERS "/1", NULL);
    scene_expect_problem(scene, 404, "provider.not_found");
    scene->shows_internal = true;
    scene_call(scene, "GET", PROVIDERS, NULL);
    scene_expect(scene, 200, "gemini-cli");
}

static void s03_082_a_login_in_the_url_is_sealed_and_never_shown(void **state)
{
    struct scene *scene = *state;
    char login[64];

    scene_call(scene, "POST", PROVIDERS,
               "{\"name\":\"p\",\"url\":\"https://u:p@w@h/x\",\"key\":\"k\"}");
    scene_expect(scene, 201, "\"url\":\"https://REDACTED:REDACTED@h/x\"");
    assert_null(strstr(scene->body, "\"key\""));
    assert_int_equal(
        schema_number(scene->look, "select count(*) from providers where url = 'https://h/x'"), 1);
    open_sealed(scene, "select sealed_url_login from providers where id = 1", "provider:1:url",
                login, sizeof(login));
    assert_string_equal(login, "u:p@w");
}

static void s03_083_a_redacted_url_that_comes_back_changes_nothing(void **state)
{
    struct scene *scene = *state;
    char login[64];

    scene_call(scene, "POST", PROVIDERS,
               "{\"name\":\"p\",\"url\":\"https://u:pw@h/x\",\"key\":\"k\"}");
    scene_call(scene, "PATCH", PROVIDERS "/1",
               "{\"url\":\"https://REDACTED:REDACTED@h/x\",\"weight\":7}");
    scene_expect(scene, 200, "\"weight\":7");
    open_sealed(scene, "select sealed_url_login from providers where id = 1", "provider:1:url",
                login, sizeof(login));
    assert_string_equal(login, "u:pw");
    /* In front of another address it is a placeholder that means nothing. */
    scene_call(scene, "PATCH", PROVIDERS "/1", "{\"url\":\"https://REDACTED:REDACTED@other/x\"}");
    scene_expect_problem(scene, 422, "provider.redacted_placeholder_rejected");
    scene_call(scene, "PATCH", PROVIDERS "/1", "{\"url\":\"https://other/x\"}");
    scene_expect(scene, 200, "\"url\":\"https://other/x\"");
    assert_int_equal(schema_number(scene->look, "select count(*) from providers"
                                                " where sealed_url_login is null"),
                     1);
}

static void s03_085_a_placeholder_is_no_key(void **state)
{
    struct scene *scene = *state;

    scene_call(scene, "POST", PROVIDERS,
               "{\"name\":\"p\",\"url\":\"https://h\",\"key\":\"right-key\"}");
    scene_call(scene, "PATCH", PROVIDERS "/1", "{\"key\":\"righ" STORE_BULLETS "-key\"}");
    scene_expect_problem(scene, 422, "provider.redacted_placeholder_rejected");
    expect_key(scene, "right-key");
    scene_call(scene, "POST", PROVIDERS,
               "{\"name\":\"p\",\"url\":\"https://h\",\"key\":\"[REDACTED]\"}");
    scene_expect_problem(scene, 422, "provider.redacted_placeholder_rejected");
}

static void s03_087_a_timeout_is_off_or_within_bounds(void **state)
{
    struct scene *scene = *state;

    scene_call(scene, "POST", PROVIDERS, "{\"name\":\"p\",\"url\":\"https://h\",\"key\":\"k\"}");
    scene_call(scene, "PATCH", PROVIDERS "/1", "{\"first_byte_timeout_streaming_ms\":500}");
    scene_expect_problem(scene, 400, "request.validation_failed");
    scene_call(scene, "PATCH", PROVIDERS "/1", "{\"first_byte_timeout_streaming_ms\":0}");
    assert_int_equal(scene->call.status, 200);
    scene_call(scene, "PATCH", PROVIDERS "/1", "{\"first_byte_timeout_streaming_ms\":1000}");
    scene_expect(scene, 200, "\"firstByteTimeoutStreamingMs\":1000");
    scene_call(scene, "PATCH", PROVIDERS "/1", "{\"first_byte_timeout_streaming_ms\":180001}");
    scene_expect_problem(scene, 400, "request.validation_failed");
}

static void a_change_keeps_the_key_unless_there_is_a_new_one(void **state)
{
    struct scene *scene = *state;

    scene_call(scene, "POST", PROVIDERS,
               "{\"name\":\"p\",\"url\":\"https://h\",\"key\":\"old-secret\",\"group_tag\":\"a\"}");
    scene_call(scene, "PATCH", PROVIDERS "/1", "{\"name\":\"q\",\"group_tag\":null}");
    scene_expect(scene, 200, "\"name\":\"q\"");
    scene_expect(scene, 200, "\"groupTag\":null");
    expect_key(scene, "old-secret");
    scene_call(scene, "PATCH", PROVIDERS "/1", "{\"key\":\"new-secret\"}");
    scene_expect(scene, 200, "\"maskedKey\":\"new-" STORE_BULLETS "cret\"");
    expect_key(scene, "new-secret");
}

static void a_large_key_is_kept_whole_and_one_that_is_too_large_refused(void **state)
{
    struct scene *scene = *state;
    size_t size = (size_t)1024 * 1024 + 200;
    char *body = gw_must_alloc(size);

    snprintf(body, size, "{\"name\":\"p\",\"url\":\"https://h\",\"key\":\"%0*d\"}", 1024 * 1024, 7);
    assert_int_equal(scene_call(scene, "POST", PROVIDERS, body), 201);
    assert_int_equal(schema_number(scene->look, "select octet_length(sealed_key) from providers"),
                     1024 * 1024 + GW_SEAL_OVERHEAD);
    snprintf(body, size, "{\"name\":\"p\",\"url\":\"https://h\",\"key\":\"%0*d\"}", 1024 * 1024 + 1,
             7);
    scene_call(scene, "POST", PROVIDERS, body);
    scene_expect(scene, 400, "{\"path\":[\"key\"],\"code\":\"too_big\"");
    gw_free(body);
}

static void a_list_is_newest_first_in_pages_and_can_be_searched(void **state)
{
    struct scene *scene = *state;
    char body[160], target[600], cursor[512];

    for (int i = 1; i <= 3; i++) {
        snprintf(body, sizeof(body),
                 "{\"name\":\"p%d\",\"url\":\"https://h%d\",\"key\":\"k\",\"group_tag\":\"g%d\","
                 "\"provider_type\":\"%s\"}",
                 i, i, i, i == 2 ? "codex" : "claude");
        assert_int_equal(scene_call(scene, "POST", PROVIDERS, body), 201);
    }
    scene_call(scene, "GET", PROVIDERS "?limit=2", NULL);
    assert_true(strstr(scene->body, "\"p3\"") < strstr(scene->body, "\"p2\""));
    scene_field(scene, "\"nextCursor\":\"", cursor, sizeof(cursor));
    snprintf(target, sizeof(target), PROVIDERS "?limit=2&cursor=%s", cursor);
    scene_call(scene, "GET", target, NULL);
    scene_expect(scene, 200, "\"p1\"");
    assert_null(strstr(scene->body, "\"p2\""));
    scene_call(scene, "GET", PROVIDERS "?q=G2", NULL);
    scene_expect(scene, 200, "\"p2\"");
    assert_null(strstr(scene->body, "\"p1\""));
    scene_call(scene, "GET", PROVIDERS "?providerType=codex", NULL);
    scene_expect(scene, 200, "\"p2\"");
    assert_null(strstr(scene->body, "\"p3\""));
    scene_call(scene, "GET", PROVIDERS "?providerType=x", NULL);
    scene_expect_problem(scene, 400, "request.validation_failed");
}

static void a_deleted_provider_is_gone_and_conflicts_are_told(void **state)
{
    struct scene *scene = *state;

    scene_call(scene, "POST", PROVIDERS, "{\"name\":\"p\",\"url\":\"https://h\",\"key\":\"k\"}");
    scene->if_match = "\"9\"";
    scene_call(scene, "PATCH", PROVIDERS "/1", "{\"weight\":2}");
    scene_expect_problem(scene, 409, "resource.conflict");
    scene->if_match = "\"9\"";
    scene_call(scene, "DELETE", PROVIDERS "/1", NULL);
    scene_expect_problem(scene, 409, "resource.conflict");
    assert_int_equal(scene_call(scene, "DELETE", PROVIDERS "/1", NULL), 204);
    scene_call(scene, "GET", PROVIDERS "/1", NULL);
    scene_expect_problem(scene, 404, "provider.not_found");
    scene_call(scene, "DELETE", PROVIDERS "/1", NULL);
    scene_expect_problem(scene, 404, "provider.not_found");
}

static void the_list_of_data_planes_says_what_each_runs(void **state)
{
    static const struct gw_version CURRENT = {"11111111-2222-3333-4444-555555555555", 41};
    struct scene *scene = *state;
    struct roster_entry entry = {.row = {.node = "edge-1",
                                         .build = "0.1.0",
                                         .running = {"x", 40},
                                         .connected_at_us = INT64_C(1769846400000000),
                                         .last_seen_us = INT64_C(1769850902417000)}};

    roster_set_current(scene->context.roster, &CURRENT);
    roster_enter(scene->context.roster, &entry);
    scene_call(scene, "GET", "/api/v1/system/dataplanes", NULL);
    roster_leave(scene->context.roster, &entry);
    assert_string_equal(scene->body,
                        "{\"items\":[{\"name\":\"edge-1\",\"build\":\"0.1.0\","
                        "\"snapshotVersion\":40,\"connectedAt\":\"2026-01-31T08:00:00.000Z\","
                        "\"lastSeenAt\":\"2026-01-31T09:15:02.417Z\"}],\"currentVersion\":41}");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_begin, scene_end)
        TEST(a_provider_gets_the_fallbacks_and_keeps_its_key_sealed),
        TEST(every_field_comes_back_as_it_was_given),
        TEST(what_is_missing_or_out_of_bounds_is_told_all_at_once),
        TEST(a_url_must_be_http_or_https),
        TEST(s03_080_internal_types_are_for_administrators_who_ask),
        TEST(s03_081_internal_types_are_hidden_from_the_others),
        TEST(s03_082_a_login_in_the_url_is_sealed_and_never_shown),
        TEST(s03_083_a_redacted_url_that_comes_back_changes_nothing),
        TEST(s03_085_a_placeholder_is_no_key),
        TEST(s03_087_a_timeout_is_off_or_within_bounds),
        TEST(a_change_keeps_the_key_unless_there_is_a_new_one),
        TEST(a_large_key_is_kept_whole_and_one_that_is_too_large_refused),
        TEST(a_list_is_newest_first_in_pages_and_can_be_searched),
        TEST(a_deleted_provider_is_gone_and_conflicts_are_told),
        TEST(the_list_of_data_planes_says_what_each_runs),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("controlplane/admin/providers", tests, NULL, NULL);
}
