/* SPDX-License-Identifier: MIT */
#include "lib/codec/digest.h"
#include "tests/unit/controlplane/admin/scene.h"

/* User 1 with key 1, named "default". */
static int begin_with_user(void **state)
{
    struct scene *scene;

    scene_begin(state);
    scene = *state;
    assert_int_equal(scene_call(scene, "POST", "/api/v1/users", "{\"name\":\"alice\"}"), 201);
    return 0;
}

static void s03_067_a_key_is_made_and_its_name_is_its_own(void **state)
{
    struct scene *scene = *state;
    struct gw_digest digest;
    struct gw_pg_args args;
    struct gw_pg_rows *rows;
    char key[64];

    scene_call(scene, "POST", "/api/v1/users/1/keys", "{\"name\":\"k\"}");
    scene_expect(scene, 201, "{\"id\":2,\"generatedKey\":\"sk-");
    scene_expect(scene, 201, "\"name\":\"k\"}");
    assert_string_equal(scene_header(scene, "Location"), "/api/v1/keys/2");
    /* What is stored is the digest data planes look it up by. */
    scene_field(scene, "\"generatedKey\":\"", key, sizeof(key));
    gw_keyring_digest(scene->keyring, gw_text_of(key), &digest);
    gw_pg_args_init(&args);
    gw_pg_add_bytes(&args, gw_digest_text(&digest));
    assert_int_equal(
        gw_pg_run(scene->look, "select key_id from sign_in where digest = $1", &args, &rows, NULL),
        GW_OK);
    assert_int_equal(gw_pg_count(rows), 1);
    gw_pg_rows_free(rows);
    gw_pg_args_fini(&args);

    scene_call(scene, "POST", "/api/v1/users/1/keys", "{\"name\":\"k\"}");
    scene_expect_problem(scene, 400, "DUPLICATE_NAME");
    scene_expect(scene, 400, "\"errorParams\":{\"name\":\"k\"}");
    /* A disabled one may share a name; it is refused when it is to be enabled. */
    scene_call(scene, "POST", "/api/v1/users/1/keys", "{\"name\":\"k\",\"isEnabled\":false}");
    scene_expect(scene, 201, "{\"id\":4,"); /* the refused one used up a number */
    scene_call(scene, "PATCH", "/api/v1/keys/4", "{\"name\":\"k\",\"isEnabled\":true}");
    scene_expect_problem(scene, 400, "DUPLICATE_NAME");
}

static void a_key_for_nobody_is_404(void **state)
{
    struct scene *scene = *state;

    scene_call(scene, "POST", "/api/v1/users/99/keys", "{\"name\":\"k\"}");
    scene_expect_problem(scene, 404, "NOT_FOUND");
    scene_call(scene, "GET", "/api/v1/users/99/keys", NULL);
    scene_expect_problem(scene, 404, "NOT_FOUND");
}

static void s03_071_groups_are_put_in_order_and_the_user_follows(void **state)
{
    struct scene *scene = *state;

    scene_call(scene, "POST", "/api/v1/users/1/keys",
               "{\"name\":\"k\",\"providerGroup\":\"b, a,a\"}");
    scene_call(scene, "GET", "/api/v1/keys/2", NULL);
    scene_expect(scene, 200, "\"providerGroup\":\"a,b\"");
    scene_call(scene, "GET", "/api/v1/users/1", NULL);
    scene_expect(scene, 200, "\"providerGroup\":\"a,b,default\"");
    scene_call(scene, "PATCH", "/api/v1/keys/2",
               "{\"name\":\"k\",\"providerGroup\":\"c\xef\xbc\x8c"
               "d\\n\"}");
    scene_call(scene, "GET", "/api/v1/users/1", NULL);
    scene_expect(scene, 200, "\"providerGroup\":\"c,d,default\"");
    scene_call(scene, "DELETE", "/api/v1/keys/2", NULL);
    scene_call(scene, "GET", "/api/v1/users/1", NULL);
    scene_expect(scene, 200, "\"providerGroup\":\"default\"");
}

static void a_key_may_not_name_more_groups_than_travel(void **state)
{
    struct scene *scene = *state;

    scene_call(scene, "POST", "/api/v1/users/1/keys",
               "{\"name\":\"k\",\"providerGroup\":\"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,"
               "19,20,21,22,23,24,25,26,27,28,29,30,31,32,33\"}");
    scene_expect_problem(scene, 400, "request.validation_failed");
    scene_expect(scene, 400, "{\"path\":[\"providerGroup\"],\"code\":\"too_big\"");
}

static void s03_072_a_change_needs_the_name_and_touches_nothing_else(void **state)
{
    struct scene *scene = *state;

    scene_call(scene, "POST", "/api/v1/users/1/keys",
               "{\"name\":\"k\",\"providerGroup\":\"a\",\"canLoginWebUi\":false,"
               "\"expiresAt\":\"2030-01-01T00:00:00Z\"}");
    scene_call(scene, "PATCH", "/api/v1/keys/2", "{\"isEnabled\":false}");
    scene_expect_problem(scene, 400, "request.validation_failed");
    scene_expect(scene, 400, "{\"path\":[\"name\"],\"code\":\"required\"");
    scene_call(scene, "PATCH", "/api/v1/keys/2", "{\"name\":\"k2\"}");
    scene_expect(scene, 200, "{\"ok\":true}");
    assert_string_not_equal(scene_header(scene, "ETag"), "");
    scene_call(scene, "GET", "/api/v1/keys/2", NULL);
    scene_expect(scene, 200, "\"name\":\"k2\"");
    scene_expect(scene, 200,
                 "\"isEnabled\":true,\"expiresAt\":\"2030-01-01T00:00:00.000Z\","
                 "\"providerGroup\":\"a\",\"canLoginWebUi\":false");
}

static void s03_074_the_only_enabled_key_cannot_be_deleted(void **state)
{
    struct scene *scene = *state;

    scene_call(scene, "DELETE", "/api/v1/keys/1", NULL);
    scene_expect_problem(scene, 400, "CANNOT_DELETE_LAST_KEY");
    scene_call(scene, "POST", "/api/v1/users/1/keys", "{\"name\":\"off\",\"isEnabled\":false}");
    scene_call(scene, "DELETE", "/api/v1/keys/1", NULL);
    scene_expect_problem(scene, 400, "CANNOT_DELETE_LAST_KEY");
    assert_int_equal(scene_call(scene, "DELETE", "/api/v1/keys/2", NULL), 204);
    scene_call(scene, "DELETE", "/api/v1/keys/2", NULL);
    scene_expect_problem(scene, 404, "key.not_found");
    scene_call(scene, "POST", "/api/v1/users/1/keys", "{\"name\":\"on\"}");
    assert_int_equal(scene_call(scene, "DELETE", "/api/v1/keys/1", NULL), 204);
}

static void s03_076_a_key_id_that_is_no_number_is_400(void **state)
{
    struct scene *scene = *state;

    scene_call(scene, "GET", "/api/v1/keys/abc", NULL);
    scene_expect_problem(scene, 400, "request.validation_failed");
    scene_expect(scene, 400, "{\"path\":[\"keyId\"],\"code\":\"invalid_type\"");
}

static void s03_078_a_list_shows_keys_masked(void **state)
{
    struct scene *scene = *state;
    char key[64], masked[64];

    scene_call(scene, "POST", "/api/v1/users/1/keys", "{\"name\":\"k\"}");
    scene_field(scene, "\"generatedKey\":\"", key, sizeof(key));
    snprintf(masked, sizeof(masked), "\"maskedKey\":\"%.4s" STORE_BULLETS "%s\"", key,
             key + strlen(key) - 4);
    scene_call(scene, "GET", "/api/v1/users/1/keys", NULL);
    scene_expect(scene, 200, masked);
    assert_null(strstr(scene->body, key));
    assert_null(strstr(scene->body, "\"key\""));
    assert_null(strstr(scene->body, "digest"));
}

static void the_second_of_two_who_save_the_same_key_is_told(void **state)
{
    struct scene *scene = *state;

    scene->if_match = "\"1\"";
    assert_int_equal(scene_call(scene, "PATCH", "/api/v1/keys/1", "{\"name\":\"a\"}"), 200);
    scene->if_match = "\"1\"";
    scene_call(scene, "PATCH", "/api/v1/keys/1", "{\"name\":\"b\"}");
    scene_expect_problem(scene, 409, "resource.conflict");
}

static void each_change_is_one_version_and_names_what_changed(void **state)
{
    struct scene *scene = *state;
    int64_t before = schema_number(scene->look, "select version from config_version");

    scene_call(scene, "POST", "/api/v1/users/1/keys", "{\"name\":\"k\",\"providerGroup\":\"a\"}");
    assert_int_equal(schema_number(scene->look, "select version from config_version"), before + 1);
    assert_int_equal(schema_number(scene->look,
                                   "select count(*) from config_change c, config_version v"
                                   " where c.version = v.version and (c.kind, c.id) in"
                                   " (('key', 2), ('user', 1))"),
                     2);
    /* What is refused is no version. */
    scene_call(scene, "POST", "/api/v1/users/1/keys", "{\"name\":\"k\"}");
    scene_call(scene, "DELETE", "/api/v1/keys/99", NULL);
    assert_int_equal(schema_number(scene->look, "select version from config_version"), before + 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_with_user, scene_end)
        TEST(s03_067_a_key_is_made_and_its_name_is_its_own),
        TEST(a_key_for_nobody_is_404),
        TEST(s03_071_groups_are_put_in_order_and_the_user_follows),
        TEST(a_key_may_not_name_more_groups_than_travel),
        TEST(s03_072_a_change_needs_the_name_and_touches_nothing_else),
        TEST(s03_074_the_only_enabled_key_cannot_be_deleted),
        TEST(s03_076_a_key_id_that_is_no_number_is_400),
        TEST(s03_078_a_list_shows_keys_masked),
        TEST(the_second_of_two_who_save_the_same_key_is_told),
        TEST(each_change_is_one_version_and_names_what_changed),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("controlplane/admin/keys", tests, NULL, NULL);
}
