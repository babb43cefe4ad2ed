/* SPDX-License-Identifier: MIT */
/*
 * The desk over real HTTP: who is let in, what every answer carries, where a request goes.
 */
#include "statsd/desk/desk.h"

#include "tests/unit/statsd/desk/desk_scene.h"

static int alone(void **state)
{
    *state = scene_new(SCENE_ALONE);
    return 0;
}

static int with_controlplane(void **state)
{
    *state = scene_new(SCENE_WITH_CONTROLPLANE);
    return 0;
}

static int end(void **state)
{
    scene_free(*state);
    return 0;
}

/* ---- Credentials ------------------------------------------------------------------------ */

static void s03_001_health_needs_no_credential(void **state)
{
    const struct scene_reply *reply = scene_get(*state, "/api/v1/health", "");

    assert_int_equal(reply->status, 200);
    assert_string_equal(reply->body, "{\"status\":\"ok\",\"apiVersion\":\"1.0.0\"}");
    assert_true(scene_has(reply, "X-API-Version: 1.0.0"));
    assert_int_equal(scene_get(*state, "/api/v1/health", "Authorization: Bearer wrong\r\n")->status,
                     200);
}

static void s03_002_without_a_credential_the_answer_is_auth_missing(void **state)
{
    const struct scene_reply *reply = scene_get(*state, "/api/v1/users", "");

    scene_assert_problem(reply, 401, "auth.missing");
    assert_non_null(strstr(reply->body, "\"instance\":\"/api/v1/users\""));
    scene_assert_problem(scene_get(*state, "/api/v1/usage-logs", ""), 401, "auth.missing");
    scene_assert_problem(scene_get(*state, "/api/v1/auth/session", ""), 401, "auth.missing");
}

static void s03_003_a_wrong_credential_is_auth_invalid(void **state)
{
    static const char *const PATHS[] = {"/api/v1/users", "/api/v1/usage-logs",
                                        "/api/v1/auth/session", "/api/v1/auth/csrf"};

    for (size_t i = 0; i < GW_COUNT(PATHS); i++) {
        scene_assert_problem(scene_get(*state, PATHS[i], "Authorization: Bearer wrong\r\n"), 401,
                             "auth.invalid");
    }
}

static void s03_004_the_admin_token_as_bearer_reaches_the_control_plane(void **state)
{
    const struct scene_reply *reply = scene_get(*state, "/api/v1/users?limit=3", AS_ADMIN);

    assert_int_equal(reply->status, 200);
    assert_string_equal(reply->body, "GET /api/v1/users ?limit=3 body= type= match= role=3 user=-1 "
                                     "name=Admin Token ip=127.0.0.1");
    assert_true(scene_has(reply, "Content-Type: text/x-echo"));
    assert_true(scene_has(reply, "ETag: \"7\""));
    assert_true(scene_has(reply, "Cache-Control: no-store"));
}

static void what_is_hidden_is_asked_for_by_a_header(void **state)
{
    const struct scene_reply *reply = scene_get(*state, "/api/v1/providers",
                                                AS_ADMIN "X-Millrace-Dashboard-Compat: 1\r\n");

    assert_string_equal(reply->body, "GET /api/v1/providers ? body= type= match= role=3 user=-1 "
                                     "name=Admin Token ip=127.0.0.1 internal");
}

static void s03_005_the_admin_token_as_api_key_is_as_good(void **state)
{
    assert_int_equal(scene_get(*state, "/api/v1/users", "X-Api-Key: " ADMIN_TOKEN "\r\n")->status,
                     200);
}

static void s03_006_a_wrong_header_wins_over_a_good_cookie(void **state)
{
    scene_assert_problem(scene_get(*state, "/api/v1/users",
                                   "Authorization: Bearer wrong\r\n"
                                   "Cookie: auth-token=" ADMIN_TOKEN "\r\n"),
                         401, "auth.invalid");
}

/* ---- Signing in ------------------------------------------------------------------------- */

static void s03_012_signing_in_sets_a_session_cookie(void **state)
{
    const struct scene_reply *reply = scene_post(*state, "/api/auth/login", "",
                                                 "{\"key\":\"" ADMIN_TOKEN "\"}");
    char line[2048];

    assert_int_equal(reply->status, 200);
    assert_non_null(strstr(reply->body, "\"loginType\":\"admin\""));
    assert_non_null(strstr(reply->body, "\"redirectTo\":\"/dashboard\""));
    assert_non_null(strstr(reply->head, "auth-token=millrace_admin_session_v1."));
    assert_non_null(
        strstr(reply->head, "; Path=/; HttpOnly; SameSite=Lax; Max-Age=86400; Secure\r\n"));
    scene_sign_in(*state, line, sizeof(line));
    assert_int_equal(scene_get(*state, "/api/v1/auth/session", line)->status, 200);
}

static void s03_015_a_wrong_key_is_refused_without_telling_more(void **state)
{
    const struct scene_reply *reply = scene_post(*state, "/api/v1/auth/login", "",
                                                 "{\"key\":\"sk-nonsense\"}");

    scene_assert_problem(reply, 401, "KEY_INVALID");
    assert_null(strstr(reply->head, "Set-Cookie"));
    assert_null(strstr(reply->body, "sk-nonsense"));
}

static void s03_018_a_missing_key_is_400_and_counts_as_a_failure(void **state)
{
    for (int i = 0; i < 10; i++) {
        scene_assert_problem(scene_post(*state, "/api/v1/auth/login", "", "{}"), 400,
                             "KEY_REQUIRED");
    }
    scene_assert_problem(scene_post(*state, "/api/v1/auth/login", "", "{}"), 429, "RATE_LIMITED");
}

static void s03_019_after_ten_failures_an_address_has_to_wait(void **state)
{
    const struct scene_reply *reply;
    long wait;

    for (int i = 0; i < 10; i++) {
        scene_assert_problem(scene_post(*state, "/api/v1/auth/login", "X-Real-IP: 198.51.100.7\r\n",
                                        "{\"key\":\"x\"}"),
                             401, "KEY_INVALID");
    }
    reply = scene_post(*state, "/api/v1/auth/login", "X-Real-IP: 198.51.100.7\r\n",
                       "{\"key\":\"" ADMIN_TOKEN "\"}");
    scene_assert_problem(reply, 429, "RATE_LIMITED");
    wait = strtol(strcasestr(reply->head, "Retry-After: ") + 13, NULL, 10);
    assert_in_range(wait, 890, 900);
    assert_non_null(strstr(reply->body, "\"errorParams\":{\"retryAfter\":\""));
    assert_int_equal(scene_post(*state, "/api/v1/auth/login", "X-Real-IP: 198.51.100.8\r\n",
                                "{\"key\":\"" ADMIN_TOKEN "\"}")
                         ->status,
                     200);
}

static void s03_020_a_success_in_between_forgets_the_failures(void **state)
{
    char line[2048];

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 9; i++) {
            scene_post(*state, "/api/v1/auth/login", "", "{\"key\":\"x\"}");
        }
        scene_sign_in(*state, line, sizeof(line));
    }
}

static void s03_021_a_page_of_another_origin_cannot_sign_in(void **state)
{
    scene_assert_problem(scene_post(*state, "/api/v1/auth/login",
                                    "Origin: https://evil.example\r\n",
                                    "{\"key\":\"" ADMIN_TOKEN "\"}"),
                         403, "CSRF_REJECTED");
    scene_assert_problem(
        scene_post(*state, "/api/v1/auth/logout", "Origin: https://evil.example\r\n", "{}"), 403,
        "CSRF_REJECTED");
}

static void s03_022_a_cross_site_request_cannot_sign_in(void **state)
{
    scene_assert_problem(scene_post(*state, "/api/v1/auth/login", "Sec-Fetch-Site: cross-site\r\n",
                                    "{\"key\":\"" ADMIN_TOKEN "\"}"),
                         403, "CSRF_REJECTED");
}

static void s03_025_signing_out_works_without_a_session(void **state)
{
    const struct scene_reply *reply = scene_ask(*state, "POST", "/api/auth/logout", "", "");

    assert_int_equal(reply->status, 200);
    assert_string_equal(reply->body, "{\"ok\":true}");
    assert_non_null(strstr(reply->head, "auth-token=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"));
}

static void a_body_that_is_no_json_is_told_apart(void **state)
{
    scene_assert_problem(scene_post(*state, "/api/v1/auth/login", "", "{bad"), 400,
                         "request.malformed_json");
    scene_assert_problem(scene_ask(*state, "POST", "/api/v1/auth/login",
                                   "Content-Type: text/plain\r\n", "{\"key\":\"x\"}"),
                         415, "request.unsupported_media_type");
    scene_assert_problem(scene_post(*state, "/api/v1/auth/login", "", "{\"key\":\"x\",\"more\":1}"),
                         400, "request.validation_failed");
}

/* ---- Forged requests -------------------------------------------------------------------- */

static void s03_029_a_change_with_the_cookie_needs_a_csrf_token(void **state)
{
    char line[2048];

    scene_sign_in(*state, line, sizeof(line));
    scene_assert_problem(scene_post(*state, "/api/v1/users", line, "{\"name\":\"x\"}"), 403,
                         "auth.csrf_invalid");
    assert_int_equal(scene_get(*state, "/api/v1/users", line)->status, 200);
}

static void s03_030_with_the_token_it_goes_through(void **state)
{
    const struct scene_reply *reply;
    char line[4096], token[256];
    size_t len;

    scene_sign_in(*state, line, sizeof(line));
    reply = scene_get(*state, "/api/v1/auth/csrf", line);
    assert_int_equal(sscanf(reply->body, "{\"csrfToken\":\"%255[^\"]\"}", token), 1);
    len = strlen(line);
    snprintf(line + len, sizeof(line) - len, "X-Millrace-CSRF: %s\r\n", token);
    reply = scene_post(*state, "/api/v1/users", line, "{\"name\":\"x\"}");
    assert_int_equal(reply->status, 200);
    assert_non_null(strstr(reply->body, "POST /api/v1/users ? body={\"name\":\"x\"} "
                                        "type=application/json"));
    snprintf(line + len, sizeof(line) - len, "X-CCH-CSRF: %s\r\n", token);
    assert_int_equal(scene_post(*state, "/api/v1/users", line, "{}")->status, 200);
    snprintf(line + len, sizeof(line) - len, "X-CCH-CSRF: 1%s\r\n", token);
    scene_assert_problem(scene_post(*state, "/api/v1/users", line, "{}"), 403, "auth.csrf_invalid");
}

static void s03_031_a_change_with_a_header_needs_none(void **state)
{
    assert_int_equal(scene_post(*state, "/api/v1/users", AS_ADMIN, "{}")->status, 200);
}

static void s03_032_tokens_are_not_stored_by_anyone(void **state)
{
    assert_true(
        scene_has(scene_get(*state, "/api/v1/auth/csrf", AS_ADMIN), "Cache-Control: no-store"));
}

static void s03_034_without_a_credential_the_body_is_not_even_looked_at(void **state)
{
    scene_assert_problem(scene_post(*state, "/api/v1/users/7:enable", "", "{bad"), 401,
                         "auth.missing");
}

/* ---- What every answer carries ---------------------------------------------------------- */

static void s03_037_every_answer_has_the_security_headers(void **state)
{
    static const char *const PATHS[] = {"/api/v1/health",     "/api/v1/users",
                                        "/api/v1/nonsense",   "/api/v1/usage-logs",
                                        "/api/v1/auth/login", "/api"};
    static const char *const LINES[] = {
        "X-Frame-Options: DENY",
        "X-Content-Type-Options: nosniff",
        "Referrer-Policy: strict-origin-when-cross-origin",
        "X-DNS-Prefetch-Control: off",
        "X-API-Version: 1.0.0",
        "Cache-Control: no-store",
        "Strict-Transport-Security: max-age=31536000; includeSubDomains",
    };

    for (size_t i = 0; i < GW_COUNT(PATHS); i++) {
        const struct scene_reply *reply = scene_get(*state, PATHS[i], AS_ADMIN);

        for (size_t j = 0; j < GW_COUNT(LINES); j++) {
            if (!scene_has(reply, LINES[j])) {
                fail_msg("%s has no \"%s\"", PATHS[i], LINES[j]);
            }
        }
        assert_non_null(strcasestr(reply->head, "Content-Security-Policy-Report-Only: "));
        assert_non_null(strcasestr(reply->head, "X-Request-Id: "));
    }
}

static void paths_and_methods_nobody_has_are_problems(void **state)
{
    scene_assert_problem(scene_get(*state, "/api/v1/nonsense", ""), 404, "resource.not_found");
    scene_assert_problem(scene_get(*state, "/api/v1/usersx", AS_ADMIN), 404, "resource.not_found");
    scene_assert_problem(scene_ask(*state, "DELETE", "/api/v1/health", "", NULL), 405,
                         "method.not_allowed");
    assert_true(scene_has(scene_ask(*state, "POST", "/api/v1/usage-logs", AS_ADMIN, ""),
                          "Allow: GET, HEAD"));
}

static void paths_of_any_form_are_answered(void **state)
{
    static const char *const PATHS[] = {
        "/api/",
        "/api//",
        "/api/v1",
        "/api/v1/",
        "/api/v1/u",
        "/api/v1/key",
        "/api/v1/users:",
        "/api/v1/users/",
        "/api/v1/users//:x",
        "/api/v1/%zz",
        "/api/v1/users?",
        "/api/v1/usage-logs?cursor=%00",
        "/api/v1/usage-logs?limit=%",
    };

    for (size_t i = 0; i < GW_COUNT(PATHS); i++) {
        int status = scene_get(*state, PATHS[i], AS_ADMIN)->status;

        if (status != 200 && status != 400 && status != 404) {
            fail_msg("%s was answered %d", PATHS[i], status);
        }
    }
}

static void the_session_tells_the_console_how_to_start(void **state)
{
    const struct scene_reply *reply;
    char line[2048];

    reply = scene_get(*state, "/api/v1/auth/session", AS_ADMIN);
    assert_non_null(strstr(reply->body, "\"csrfToken\":null"));
    assert_non_null(strstr(reply->body, "\"baseUrl\":\"http://gateway.example\""));
    assert_non_null(strstr(reply->body, openapi_sha256()));
    assert_null(strstr(reply->body, ADMIN_TOKEN));
    scene_sign_in(*state, line, sizeof(line));
    assert_null(
        strstr(scene_get(*state, "/api/v1/auth/session", line)->body, "\"csrfToken\":null"));
}

/* ---- Neighbours ------------------------------------------------------------------------- */

static void without_a_control_plane_configuration_is_503_and_reports_work(void **state)
{
    const struct scene_reply *reply = scene_get(*state, "/api/v1/users", AS_ADMIN);

    scene_assert_problem(reply, 503, "dependency.unavailable");
    assert_non_null(strcasestr(reply->head, "\r\nRetry-After: "));
    assert_int_equal(scene_get(*state, "/api/v1/usage-logs", AS_ADMIN)->status, 200);
}

static void without_the_database_reports_are_503_and_signing_in_works(void **state)
{
    char line[2048];

    usage_database_allow(false);
    scene_assert_problem(scene_get(*state, "/api/v1/usage-logs", AS_ADMIN), 503,
                         "dependency.unavailable");
    scene_sign_in(*state, line, sizeof(line));
    usage_database_allow(true);
    assert_int_equal(scene_get(*state, "/api/v1/usage-logs", line)->status, 200);
}

static void a_client_that_leaves_before_the_answer_harms_nothing(void **state)
{
    for (int i = 0; i < 50; i++) {
        int fd = scene_connect(*state);

        scene_write(fd, i % 2 == 0 ? "GET /api/v1/usage-logs HTTP/1.1\r\nHost: d\r\n" AS_ADMIN
                                     "\r\n"
                                   : "GET /api/v1/users HTTP/1.1\r\nHost: d\r\n" AS_ADMIN "\r\n");
        close(fd);
    }
    assert_int_equal(scene_get(*state, "/api/v1/usage-logs", AS_ADMIN)->status, 200);
}

static void a_body_beyond_the_limit_is_refused(void **state)
{
    const struct scene_reply *reply = scene_ask(*state, "POST", "/api/v1/users",
                                                AS_ADMIN "Content-Length: 99999999\r\n", NULL);

    assert_int_equal(reply->status, 413);
}

static void what_is_no_api_is_the_console(void **state)
{
    assert_int_equal(scene_get(*state, "/", "")->status, 404);
    assert_int_equal(scene_get(*state, "/v1/messages", "")->status, 404);
    assert_int_equal(scene_ask(*state, "POST", "/", "", "")->status, 405);
}

#define ALONE(name)   cmocka_unit_test_setup_teardown(name, alone, end)
#define CONTROL(name) cmocka_unit_test_setup_teardown(name, with_controlplane, end)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ALONE(s03_001_health_needs_no_credential),
        ALONE(s03_002_without_a_credential_the_answer_is_auth_missing),
        ALONE(s03_003_a_wrong_credential_is_auth_invalid),
        CONTROL(s03_004_the_admin_token_as_bearer_reaches_the_control_plane),
        CONTROL(what_is_hidden_is_asked_for_by_a_header),
        CONTROL(s03_005_the_admin_token_as_api_key_is_as_good),
        CONTROL(s03_006_a_wrong_header_wins_over_a_good_cookie),
        ALONE(s03_012_signing_in_sets_a_session_cookie),
        ALONE(s03_015_a_wrong_key_is_refused_without_telling_more),
        ALONE(s03_018_a_missing_key_is_400_and_counts_as_a_failure),
        ALONE(s03_019_after_ten_failures_an_address_has_to_wait),
        ALONE(s03_020_a_success_in_between_forgets_the_failures),
        ALONE(s03_021_a_page_of_another_origin_cannot_sign_in),
        ALONE(s03_022_a_cross_site_request_cannot_sign_in),
        ALONE(s03_025_signing_out_works_without_a_session),
        ALONE(a_body_that_is_no_json_is_told_apart),
        CONTROL(s03_029_a_change_with_the_cookie_needs_a_csrf_token),
        CONTROL(s03_030_with_the_token_it_goes_through),
        CONTROL(s03_031_a_change_with_a_header_needs_none),
        ALONE(s03_032_tokens_are_not_stored_by_anyone),
        ALONE(s03_034_without_a_credential_the_body_is_not_even_looked_at),
        CONTROL(s03_037_every_answer_has_the_security_headers),
        CONTROL(paths_and_methods_nobody_has_are_problems),
        CONTROL(paths_of_any_form_are_answered),
        ALONE(the_session_tells_the_console_how_to_start),
        ALONE(without_a_control_plane_configuration_is_503_and_reports_work),
        ALONE(without_the_database_reports_are_503_and_signing_in_works),
        CONTROL(a_client_that_leaves_before_the_answer_harms_nothing),
        ALONE(a_body_beyond_the_limit_is_refused),
        ALONE(what_is_no_api_is_the_console),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("statsd/desk/desk", tests, usage_database_make, NULL);
}
