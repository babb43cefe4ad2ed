/* SPDX-License-Identifier: MIT */
#include "lib/rest/router.h"

#include <stdio.h>

#include "lib/base/check.h"
#include "lib/rest/problem.h"
#include "tests/support/cmocka_first.h"

static const char *CALLED;

static enum gw_err reply(struct gw_rest_call *call, const char *name)
{
    struct gw_json_out out;

    CALLED = name;
    gw_rest_reply_begin(call, &out);
    gw_json_open_object(&out);
    gw_json_put_bool(&out, "ok", true);
    gw_json_close_object(&out);
    return gw_rest_reply_end(call, &out, 200);
}

#define HANDLER(name)                                                                              \
    static enum gw_err name(struct gw_rest_call *call, struct gw_fault *fault)                     \
    {                                                                                              \
        (void)fault;                                                                               \
        return reply(call, #name);                                                                 \
    }

HANDLER(list)
HANDLER(make)
HANDLER(get)
HANDLER(tags)
HANDLER(enable)
HANDLER(search)
HANDLER(nested)
HANDLER(preview)
HANDLER(open_to_all)

static enum gw_err failing(struct gw_rest_call *call, struct gw_fault *fault)
{
    (void)call;
    return gw_fail(fault, GW_E_UNAVAILABLE, "a reason that is ours");
}

static const struct gw_rest_route USERS[] = {
    {"GET", "/api/v1/users", GW_REST_ADMIN, list},
    {"POST", "/api/v1/users", GW_REST_ADMIN, make},
    {"GET", "/api/v1/users/{id}", GW_REST_ADMIN, get},
    {"GET", "/api/v1/users/tags", GW_REST_ADMIN, tags},
    {"POST", "/api/v1/users/{id}:enable", GW_REST_ADMIN, enable},
    {"GET", "/api/v1/users:search", GW_REST_ADMIN, search},
    {"GET", "/api/v1/users/{id}/resets/{resetId}", GW_REST_READ, nested},
};

static const struct gw_rest_route OTHERS[] = {
    {"POST", "/api/v1/providers:batchPatch:preview", GW_REST_ADMIN, preview},
    {"GET", "/api/v1/health", GW_REST_PUBLIC, open_to_all},
    {"GET", "/api/v1/failing", GW_REST_PUBLIC, failing},
};

static const struct gw_rest_routes TABLES[] = {
    {USERS, GW_COUNT(USERS)},
    {OTHERS, GW_COUNT(OTHERS)},
};

struct scene {
    struct gw_arena arena;
    struct gw_rest_call call;
    struct gw_fault fault;
    enum gw_err err;
};

static void scene_fini(struct scene *scene)
{
    gw_rest_call_fini(&scene->call);
    gw_arena_fini(&scene->arena);
}

static void ask_as(struct scene *scene, enum gw_rest_access access, const char *method,
                   const char *path)
{
    gw_arena_init(&scene->arena, 1024 * 1024);
    gw_rest_call_init(&scene->call, &scene->arena);
    scene->call.method = gw_text_of(method);
    scene->call.path = gw_text_of(path);
    scene->call.request_id = GW_TEXT("req-1");
    scene->call.principal.access = access;
    CALLED = "nobody";
    scene->err = gw_rest_dispatch(TABLES, GW_COUNT(TABLES), NULL, &scene->call, &scene->fault);
}

static void expect_handler(const char *method, const char *path, const char *handler,
                           const char *first, const char *second)
{
    struct scene scene;

    ask_as(&scene, GW_REST_ADMIN, method, path);
    assert_string_equal(CALLED, handler);
    assert_int_equal(scene.call.status, 200);
    assert_true(gw_text_eq(scene.call.params[0], gw_text_of(first)));
    assert_true(gw_text_eq(scene.call.params[1], gw_text_of(second)));
    scene_fini(&scene);
}

static void expect_refusal(enum gw_rest_access access, const char *method, const char *path,
                           int status, const char *code)
{
    struct scene scene;
    char wanted[128];

    ask_as(&scene, access, method, path);
    assert_string_equal(CALLED, "nobody");
    assert_int_equal(scene.call.status, status);
    snprintf(wanted, sizeof(wanted), "\"errorCode\":\"%s\"", code);
    assert_non_null(strstr(scene.call.reply.at, wanted));
    scene_fini(&scene);
}

static void each_pattern_reaches_its_handler(void **state)
{
    (void)state;
    expect_handler("GET", "/api/v1/users", "list", "", "");
    expect_handler("POST", "/api/v1/users", "make", "", "");
    expect_handler("GET", "/api/v1/users/7", "get", "7", "");
    expect_handler("GET", "/api/v1/users/7/resets/ab-c", "nested", "7", "ab-c");
}

static void s03_076_a_verb_wins_over_the_plain_id(void **state)
{
    (void)state;
    expect_handler("POST", "/api/v1/users/155:enable", "enable", "155", "");
    expect_handler("POST", "/api/v1/users/abc:enable", "enable", "abc", "");
    expect_handler("GET", "/api/v1/users:search", "search", "", "");
    expect_handler("POST", "/api/v1/providers:batchPatch:preview", "preview", "", "");
    expect_refusal(GW_REST_ADMIN, "GET", "/api/v1/users/155:unknown", 404, "resource.not_found");
}

static void a_literal_wins_over_a_parameter_wherever_it_stands(void **state)
{
    (void)state;
    expect_handler("GET", "/api/v1/users/tags", "tags", "", "");
}

static void parameters_are_decoded_and_may_hold_a_colon(void **state)
{
    (void)state;
    expect_handler("GET", "/api/v1/users/a%3Ab%2Fc+d", "get", "a:b/c+d", "");
    expect_refusal(GW_REST_ADMIN, "GET", "/api/v1/users/a%2", 400, "request.invalid");
    expect_refusal(GW_REST_ADMIN, "GET", "/api/v1/users/a%zz", 400, "request.invalid");
    expect_refusal(GW_REST_ADMIN, "GET", "/api/v1/users/a%00", 400, "request.invalid");
}

static void unknown_paths_are_404(void **state)
{
    static const char *const PATHS[] = {"",
                                        "/",
                                        "/api/v1",
                                        "/api/v1/user",
                                        "/api/v1/users/",
                                        "*",
                                        "/api/v1/users/7/",
                                        "/api/v1/users/7/resets",
                                        "/api/v1/users/7/resets/1/2",
                                        "//api/v1/users"};

    (void)state;
    for (size_t i = 0; i < GW_COUNT(PATHS); i++) {
        expect_refusal(GW_REST_ADMIN, "GET", PATHS[i], 404, "resource.not_found");
    }
}

static void a_known_path_with_another_method_is_405_and_says_which(void **state)
{
    struct scene scene;

    (void)state;
    expect_refusal(GW_REST_ADMIN, "DELETE", "/api/v1/users", 405, "method.not_allowed");
    ask_as(&scene, GW_REST_ADMIN, "OPTIONS", "/api/v1/users");
    assert_int_equal(scene.call.status, 405);
    assert_int_equal(scene.call.header_count, 2);
    assert_true(gw_text_eq(scene.call.headers[1].name, GW_TEXT("Allow")));
    assert_true(gw_text_eq(scene.call.headers[1].value, GW_TEXT("GET, HEAD, POST")));
    scene_fini(&scene);
}

static void head_is_get_without_a_body(void **state)
{
    struct scene scene;

    (void)state;
    ask_as(&scene, GW_REST_ADMIN, "HEAD", "/api/v1/users");
    assert_string_equal(CALLED, "list");
    assert_int_equal(scene.call.status, 200);
    assert_int_equal(scene.call.reply.len, 0);
    scene_fini(&scene);
}

static void s03_002_nobody_is_told_that_a_credential_is_missing(void **state)
{
    struct scene scene;

    (void)state;
    ask_as(&scene, GW_REST_PUBLIC, "GET", "/api/v1/users");
    assert_int_equal(scene.call.status, 401);
    assert_string_equal(scene.call.reply.at,
                        "{\"type\":\"urn:millrace:problem:auth.missing\","
                        "\"title\":\"Unauthorized\",\"status\":401,"
                        "\"detail\":\"a credential is needed\",\"instance\":\"/api/v1/users\","
                        "\"errorCode\":\"auth.missing\",\"requestId\":\"req-1\"}");
    assert_true(gw_text_eq(scene.call.headers[0].value, GW_TEXT("application/problem+json")));
    scene_fini(&scene);
}

static void s03_007_a_caller_of_a_lower_tier_is_forbidden(void **state)
{
    (void)state;
    expect_refusal(GW_REST_READ, "GET", "/api/v1/users", 403, "auth.forbidden");
    expect_handler("GET", "/api/v1/users/7/resets/1", "nested", "7", "1");
}

static void public_routes_need_nothing(void **state)
{
    struct scene scene;

    (void)state;
    ask_as(&scene, GW_REST_PUBLIC, "GET", "/api/v1/health");
    assert_int_equal(scene.call.status, 200);
    scene_fini(&scene);
}

static void an_error_becomes_a_problem_without_its_reason(void **state)
{
    struct scene scene;

    (void)state;
    ask_as(&scene, GW_REST_PUBLIC, "GET", "/api/v1/failing");
    assert_int_equal(scene.err, GW_E_UNAVAILABLE);
    assert_string_equal(scene.fault.text, "a reason that is ours");
    assert_int_equal(scene.call.status, 503);
    assert_non_null(strstr(scene.call.reply.at, "dependency.unavailable"));
    assert_null(strstr(scene.call.reply.at, "ours"));
    scene_fini(&scene);
}

/* ---- Hooks ------------------------------------------------------------------------------ */

static bool answer_from_memory(void *owner, struct gw_rest_call *call)
{
    *(int *)owner += 1;
    if (!gw_text_eq(call->idempotency_key, GW_TEXT("seen"))) {
        return false;
    }
    gw_rest_reply_empty(call, 204);
    return true;
}

static void note_after(void *owner, struct gw_rest_call *call)
{
    (void)call;
    *(int *)owner += 100;
}

static void a_hook_may_answer_in_the_handlers_place(void **state)
{
    int count = 0;
    const struct gw_rest_hooks hooks = {answer_from_memory, note_after, &count};
    struct scene scene;

    (void)state;
    ask_as(&scene, GW_REST_ADMIN, "GET", "/none");
    scene.call.path = GW_TEXT("/api/v1/users");
    scene.call.idempotency_key = GW_TEXT("new");
    (void)gw_rest_dispatch(TABLES, GW_COUNT(TABLES), &hooks, &scene.call, NULL);
    assert_string_equal(CALLED, "list");
    assert_int_equal(count, 101);
    CALLED = "nobody";
    scene.call.idempotency_key = GW_TEXT("seen");
    (void)gw_rest_dispatch(TABLES, GW_COUNT(TABLES), &hooks, &scene.call, NULL);
    assert_string_equal(CALLED, "nobody");
    assert_int_equal(scene.call.status, 204);
    assert_int_equal(count, 102);
    scene_fini(&scene);
}

static void it_knows_its_own_paths(void **state)
{
    (void)state;
    assert_true(gw_rest_has_path(TABLES, GW_COUNT(TABLES), GW_TEXT("/api/v1/users/7:enable")));
    assert_false(gw_rest_has_path(TABLES, GW_COUNT(TABLES), GW_TEXT("/api/v1/usage")));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_pattern_reaches_its_handler),
        cmocka_unit_test(s03_076_a_verb_wins_over_the_plain_id),
        cmocka_unit_test(a_literal_wins_over_a_parameter_wherever_it_stands),
        cmocka_unit_test(parameters_are_decoded_and_may_hold_a_colon),
        cmocka_unit_test(unknown_paths_are_404),
        cmocka_unit_test(a_known_path_with_another_method_is_405_and_says_which),
        cmocka_unit_test(head_is_get_without_a_body),
        cmocka_unit_test(s03_002_nobody_is_told_that_a_credential_is_missing),
        cmocka_unit_test(s03_007_a_caller_of_a_lower_tier_is_forbidden),
        cmocka_unit_test(public_routes_need_nothing),
        cmocka_unit_test(an_error_becomes_a_problem_without_its_reason),
        cmocka_unit_test(a_hook_may_answer_in_the_handlers_place),
        cmocka_unit_test(it_knows_its_own_paths),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/rest/router", tests, NULL, NULL);
}
