/* SPDX-License-Identifier: MIT */
#include <regex.h>

#include "tests/unit/controlplane/admin/scene.h"

static bool matches(const char *text, const char *pattern)
{
    regex_t regex;
    int result;

    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    result = regexec(&regex, text, 0, NULL, 0);
    regfree(&regex);
    return result == 0;
}

static void s03_004_a_list_of_users_has_items_and_page_info(void **state)
{
    struct scene *scene = *state;

    assert_int_equal(scene_call(scene, "GET", "/api/v1/users", NULL), 200);
    assert_string_equal(scene->body, "{\"items\":[],\"pageInfo\":{\"nextCursor\":null,"
                                     "\"hasMore\":false,\"limit\":50}}");
}

static void s03_007_only_admins_may_list_users(void **state)
{
    struct scene *scene = *state;

    scene->access = GW_REST_READ;
    scene_call(scene, "GET", "/api/v1/users", NULL);
    scene_expect_problem(scene, 403, "auth.forbidden");
}

static void s03_033_a_body_that_is_not_json_is_415(void **state)
{
    struct scene *scene = *state;

    scene->content_type = "text/plain";
    scene_call(scene, "POST", "/api/v1/users", "{\"name\":\"x\"}");
    scene_expect_problem(scene, 415, "request.unsupported_media_type");
}

static void s03_034_malformed_json_is_400_but_the_credential_comes_first(void **state)
{
    struct scene *scene = *state;

    scene_call(scene, "POST", "/api/v1/users", "{bad");
    scene_expect_problem(scene, 400, "request.malformed_json");
    scene->access = GW_REST_PUBLIC;
    scene_call(scene, "POST", "/api/v1/users", "{bad");
    scene_expect_problem(scene, 401, "auth.missing");
}

static void s03_035_an_unknown_field_is_refused(void **state)
{
    struct scene *scene = *state;

    scene_call(scene, "POST", "/api/v1/users", "{\"name\":\"x\",\"foo\":1}");
    scene_expect_problem(scene, 400, "request.validation_failed");
    scene_expect(scene, 400, "\"code\":\"unrecognized_keys\"");
    assert_int_equal(schema_number(scene->look, "select count(*) from users"), 0);
}

static void s03_036_a_page_has_at_most_a_hundred_users(void **state)
{
    struct scene *scene = *state;

    assert_int_equal(scene_call(scene, "GET", "/api/v1/users?limit=100", NULL), 200);
    scene_call(scene, "GET", "/api/v1/users?limit=101", NULL);
    scene_expect_problem(scene, 400, "request.validation_failed");
    scene_expect(scene, 400, "{\"path\":[\"limit\"],\"code\":\"too_big\"");
}

static void s03_048_a_new_user_comes_with_a_key_that_is_shown_once(void **state)
{
    struct scene *scene = *state;
    char key[64];

    scene_call(scene, "POST", "/api/v1/users", "{\"name\":\" alice \"}");
    scene_expect(scene, 201, "\"name\":\"alice\"");
    assert_true(matches(scene->body, "\"defaultKey\":\\{\"id\":[0-9]+,\"name\":\"default\","
                                     "\"key\":\"sk-[0-9a-f]{32}\"\\}"));
    assert_string_equal(scene_header(scene, "Location"), "/api/v1/users/1");
    scene_field(scene, "\"key\":\"", key, sizeof(key));
    scene_call(scene, "GET", "/api/v1/users", NULL);
    scene_expect(scene, 200, "\"maskedKey\":\"sk-");
    assert_null(strstr(scene->body, key));
    /* Nor does the database know it. */
    assert_int_equal(schema_number(scene->look,
                                   "select count(*) from keys where"
                                   " octet_length(digest) = 32 and prefix like 'sk-____'"),
                     1);
    assert_int_equal(
        schema_number(scene->look, "select count(*) from keys k where k::text ~ 'sk-[0-9a-f]{5}'"),
        0);
}

static void s03_049_a_user_may_come_without_a_key(void **state)
{
    struct scene *scene = *state;

    scene_call(scene, "POST", "/api/v1/users?withDefaultKey=false", "{\"name\":\"bob\"}");
    scene_expect(scene, 201, "\"keys\":[]");
    assert_null(strstr(scene->body, "defaultKey"));
    assert_int_equal(schema_number(scene->look, "select count(*) from keys"), 0);
}

static void s03_050_values_out_of_bounds_are_refused_all_at_once(void **state)
{
    struct scene *scene = *state;
    char body[512];

    snprintf(body, sizeof(body),
             "{\"name\":\"%065d\",\"dailyQuota\":10001,\"expiresAt\":\"2020-01-01T00:00:00Z\","
             "\"rpm\":-1,\"role\":\"owner\",\"tags\":[\"\"],\"limit5hUsd\":\"0.001\"}",
             0);
    scene_call(scene, "POST", "/api/v1/users", body);
    scene_expect_problem(scene, 400, "request.validation_failed");
    scene_expect(scene, 400, "{\"path\":[\"name\"],\"code\":\"too_big\"");
    scene_expect(scene, 400, "{\"path\":[\"dailyQuota\"],\"code\":\"too_big\"");
    scene_expect(scene, 400, "{\"path\":[\"expiresAt\"],\"code\":\"too_small\"");
    scene_expect(scene, 400, "{\"path\":[\"rpm\"],\"code\":\"too_small\"");
    scene_expect(scene, 400, "{\"path\":[\"role\"],\"code\":\"invalid_value\"");
    scene_expect(scene, 400, "{\"path\":[\"tags\",0],\"code\":\"too_small\"");
    scene_expect(scene, 400, "{\"path\":[\"limit5hUsd\"],\"code\":\"invalid_format\"");
    assert_int_equal(schema_number(scene->look, "select count(*) from users"), 0);
}

static void every_field_comes_back_as_it_was_given(void **state)
{
    struct scene *scene = *state;

    scene_call(scene, "POST", "/api/v1/users?withDefaultKey=false",
               "{\"name\":\"c\",\"note\":\"n\",\"tags\":[\"a b\",\"\xc3\xa4,\\\"\"],"
               "\"role\":\"admin\",\"isEnabled\":false,\"expiresAt\":\"2030-01-31T09:15:02.417Z\","
               "\"providerGroup\":\"b, a,a\",\"rpm\":10,\"dailyQuota\":\"25\",\"limit5hUsd\":0.1,"
               "\"limitWeeklyUsd\":\"50000\",\"limitMonthlyUsd\":\"0\",\"limitTotalUsd\":null,"
               "\"limitConcurrentSessions\":3}");
    scene_expect(scene, 201,
                 "\"note\":\"n\",\"tags\":[\"a b\",\"\xc3\xa4,\\\"\"],\"role\":\"admin\","
                 "\"isEnabled\":false,\"expiresAt\":\"2030-01-31T09:15:02.417Z\","
                 "\"providerGroup\":\"a,b\",\"rpm\":10,\"dailyQuota\":\"25.00\","
                 "\"limit5hUsd\":\"0.10\",\"limitWeeklyUsd\":\"50000.00\","
                 "\"limitMonthlyUsd\":\"0.00\",\"limitTotalUsd\":null,"
                 "\"limitConcurrentSessions\":3,");
}

static void s03_051_a_user_who_is_not_there_is_404(void **state)
{
    struct scene *scene = *state;

    scene_call(scene, "GET", "/api/v1/users/999999", NULL);
    scene_expect_problem(scene, 404, "NOT_FOUND");
    scene_call(scene, "GET", "/api/v1/users/abc", NULL);
    scene_expect_problem(scene, 400, "request.validation_failed");
}

static void s03_052_a_change_touches_only_what_is_given(void **state)
{
    struct scene *scene = *state;

    scene_call(scene, "POST", "/api/v1/users",
               "{\"name\":\"alice\",\"dailyQuota\":\"5\",\"tags\":[\"t\"]}");
    scene_call(scene, "PATCH", "/api/v1/users/1", "{\"note\":\"n\"}");
    scene_expect(scene, 200, "{\"id\":1,\"updated\":true}");
    scene_call(scene, "GET", "/api/v1/users/1", NULL);
    scene_expect(scene, 200, "\"name\":\"alice\",\"note\":\"n\",\"tags\":[\"t\"]");
    scene_expect(scene, 200, "\"dailyQuota\":\"5.00\"");
    scene_call(scene, "PATCH", "/api/v1/users/1",
               "{\"note\":null,\"dailyQuota\":null,\"tags\":[]}");
    scene_call(scene, "GET", "/api/v1/users/1", NULL);
    scene_expect(scene, 200, "\"note\":null,\"tags\":[]");
    scene_expect(scene, 200, "\"dailyQuota\":null");
}

/* Stricter than the reference, as the OpenAPI document says. */
static void s03_053_a_change_of_nobody_is_404(void **state)
{
    struct scene *scene = *state;

    scene_call(scene, "PATCH", "/api/v1/users/999999", "{\"note\":\"n\"}");
    scene_expect_problem(scene, 404, "NOT_FOUND");
}

static void a_change_may_end_an_account_at_once(void **state)
{
    struct scene *scene = *state;

    scene_call(scene, "POST", "/api/v1/users", "{\"name\":\"alice\"}");
    scene_call(scene, "PATCH", "/api/v1/users/1", "{\"expiresAt\":\"1970-01-01T00:00:00Z\"}");
    scene_expect(scene, 200, "updated");
    /* Long past is not never. */
    assert_int_equal(
        schema_number(scene->look, "select count(*) from users where expires_at < now()"), 1);
    scene_call(scene, "PATCH", "/api/v1/users/1", "{\"expiresAt\":null}");
    assert_int_equal(
        schema_number(scene->look, "select count(*) from users where expires_at is null"), 1);
}

static void s03_054_deleting_twice_is_fine_and_the_keys_go_along(void **state)
{
    struct scene *scene = *state;

    scene_call(scene, "POST", "/api/v1/users", "{\"name\":\"alice\"}");
    assert_int_equal(scene_call(scene, "DELETE", "/api/v1/users/1", NULL), 204);
    assert_string_equal(scene->body, "");
    assert_int_equal(scene_call(scene, "DELETE", "/api/v1/users/1", NULL), 204);
    scene_call(scene, "GET", "/api/v1/keys/1", NULL);
    scene_expect_problem(scene, 404, "key.not_found");
    assert_int_equal(schema_number(scene->look, "select count(*) from sign_in"), 0);
}

static void the_second_of_two_who_save_the_same_user_is_told(void **state)
{
    struct scene *scene = *state;
    char etag[32];

    scene_call(scene, "POST", "/api/v1/users", "{\"name\":\"alice\"}");
    scene_call(scene, "GET", "/api/v1/users/1", NULL);
    snprintf(etag, sizeof(etag), "%s", scene_header(scene, "ETag"));
    assert_string_not_equal(etag, "");
    scene->if_match = etag;
    scene_call(scene, "PATCH", "/api/v1/users/1", "{\"note\":\"first\"}");
    scene_expect(scene, 200, "updated");
    assert_string_not_equal(scene_header(scene, "ETag"), etag);
    scene->if_match = etag;
    scene_call(scene, "PATCH", "/api/v1/users/1", "{\"note\":\"second\"}");
    scene_expect_problem(scene, 409, "resource.conflict");
    scene->if_match = etag;
    scene_call(scene, "DELETE", "/api/v1/users/1", NULL);
    scene_expect_problem(scene, 409, "resource.conflict");
    assert_int_equal(schema_number(scene->look, "select count(*) from users where note = 'first'"
                                                " and deleted_at is null"),
                     1);
}

static void s03_059_pages_neither_overlap_nor_leave_a_gap(void **state)
{
    struct scene *scene = *state;
    char target[600], cursor[512] = "", name[64];
    struct gw_buf seen;

    gw_buf_init(&seen, 512);
    for (int i = 1; i <= 7; i++) {
        char body[64];

        snprintf(body, sizeof(body), "{\"name\":\"u%d\",\"role\":\"%s\"}", i,
                 i % 3 == 0 ? "admin" : "user");
        assert_int_equal(scene_call(scene, "POST", "/api/v1/users", body), 201);
    }
    for (int page = 0; page < 7; page++) {
        snprintf(target, sizeof(target), "/api/v1/users?limit=1%s%s",
                 page == 0 ? "" : "&cursor=", cursor);
        assert_int_equal(scene_call(scene, "GET", target, NULL), 200);
        scene_field(scene, "\"name\":\"", name, sizeof(name));
        gw_buf_appendf(&seen, "%s ", name);
        if (page < 6) {
            scene_field(scene, "\"nextCursor\":\"", cursor, sizeof(cursor));
        }
    }
    scene_expect(scene, 200, "\"nextCursor\":null,\"hasMore\":false,\"limit\":1");
    /* Administrators first, then by id. */
    assert_string_equal(seen.at, "u3 u6 u1 u2 u4 u5 u7 ");
    gw_buf_fini(&seen);
}

static void s03_061_a_search_finds_by_name_note_tag_and_key(void **state)
{
    struct scene *scene = *state;
    char key[64], target[128];

    scene_call(scene, "POST", "/api/v1/users?withDefaultKey=false",
               "{\"name\":\"50% Off\",\"note\":\"The Note\",\"tags\":[\"team-a\"]}");
    scene_call(scene, "POST", "/api/v1/users", "{\"name\":\"zoe\"}");
    scene_field(scene, "\"key\":\"", key, sizeof(key));
    static const char *const FIRST[] = {"0%25", "note", "TEAM-"};
    for (size_t i = 0; i < GW_COUNT(FIRST); i++) {
        snprintf(target, sizeof(target), "/api/v1/users?q=%s", FIRST[i]);
        scene_call(scene, "GET", target, NULL);
        scene_expect(scene, 200, "50% Off");
        assert_null(strstr(scene->body, "zoe"));
    }
    /* By a key's name, by its beginning, and by all of it. */
    snprintf(target, sizeof(target), "/api/v1/users?q=%.6s", key);
    scene_call(scene, "GET", target, NULL);
    scene_expect(scene, 200, "zoe");
    snprintf(target, sizeof(target), "/api/v1/users?q=%s", key);
    scene_call(scene, "GET", target, NULL);
    scene_expect(scene, 200, "zoe");
    assert_null(strstr(scene->body, "Off"));
    scene_call(scene, "GET", "/api/v1/users?q=efaul", NULL);
    scene_expect(scene, 200, "zoe");
    scene_call(scene, "GET", "/api/v1/users?q=_", NULL);
    scene_expect(scene, 200, "\"items\":[]");
}

static void with_the_database_away_an_answer_is_503_and_says_nothing_of_it(void **state)
{
    struct scene *scene = *state;
    struct gw_pg *away = gw_pg_new("host=/nonexistent dbname=x", "test");

    scene->context.store.pg = away;
    scene_call(scene, "GET", "/api/v1/users", NULL);
    scene_expect_problem(scene, 503, "dependency.unavailable");
    assert_null(strstr(scene->body, "nonexistent"));
    scene_call(scene, "POST", "/api/v1/users", "{\"name\":\"x\"}");
    scene_expect_problem(scene, 503, "dependency.unavailable");
    scene->context.store.pg = scene->pg;
    gw_pg_free(away);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_begin, scene_end)
        TEST(s03_004_a_list_of_users_has_items_and_page_info),
        TEST(s03_007_only_admins_may_list_users),
        TEST(s03_033_a_body_that_is_not_json_is_415),
        TEST(s03_034_malformed_json_is_400_but_the_credential_comes_first),
        TEST(s03_035_an_unknown_field_is_refused),
        TEST(s03_036_a_page_has_at_most_a_hundred_users),
        TEST(s03_048_a_new_user_comes_with_a_key_that_is_shown_once),
        TEST(s03_049_a_user_may_come_without_a_key),
        TEST(s03_050_values_out_of_bounds_are_refused_all_at_once),
        TEST(every_field_comes_back_as_it_was_given),
        TEST(s03_051_a_user_who_is_not_there_is_404),
        TEST(s03_052_a_change_touches_only_what_is_given),
        TEST(s03_053_a_change_of_nobody_is_404),
        TEST(a_change_may_end_an_account_at_once),
        TEST(s03_054_deleting_twice_is_fine_and_the_keys_go_along),
        TEST(the_second_of_two_who_save_the_same_user_is_told),
        TEST(s03_059_pages_neither_overlap_nor_leave_a_gap),
        TEST(s03_061_a_search_finds_by_name_note_tag_and_key),
        TEST(with_the_database_away_an_answer_is_503_and_says_nothing_of_it),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("controlplane/admin/users", tests, NULL, NULL);
}
