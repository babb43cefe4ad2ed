/* SPDX-License-Identifier: MIT */
#include "lib/rest/input.h"

#include "lib/rest/etag.h"
#include "lib/rest/page.h"
#include "tests/support/cmocka_first.h"

struct scene {
    struct gw_arena arena;
    struct gw_rest_call call;
    struct gw_rest_input input;
};

static int begin(void **state)
{
    static struct scene scene;

    gw_arena_init(&scene.arena, 4 * 1024 * 1024);
    gw_rest_call_init(&scene.call, &scene.arena);
    scene.call.method = GW_TEXT("POST");
    scene.call.path = GW_TEXT("/api/v1/things/7");
    scene.call.content_type = GW_TEXT("application/json; charset=utf-8");
    gw_rest_input_init(&scene.input, &scene.call);
    *state = &scene;
    return 0;
}

static int end(void **state)
{
    struct scene *scene = *state;

    gw_rest_input_fini(&scene->input);
    gw_rest_call_fini(&scene->call);
    gw_arena_fini(&scene->arena);
    return 0;
}

static void expect_reply(struct scene *scene, int status, const char *part)
{
    assert_int_equal(scene->call.status, status);
    if (strstr(scene->call.reply.at, part) == NULL) {
        fail_msg("no %s in %s", part, scene->call.reply.at);
    }
}

/* ---- Bodies ----------------------------------------------------------------------------- */

static void s03_033_a_body_of_another_type_is_415(void **state)
{
    struct scene *scene = *state;

    scene->call.content_type = GW_TEXT("text/plain");
    scene->call.body = GW_TEXT("{}");
    assert_null(gw_rest_input_body(&scene->input));
    assert_false(gw_rest_input_accept(&scene->input));
    expect_reply(scene, 415, "\"errorCode\":\"request.unsupported_media_type\"");
}

static void s03_034_a_body_that_is_no_json_is_400_malformed(void **state)
{
    struct scene *scene = *state;

    scene->call.body = GW_TEXT("{bad");
    assert_null(gw_rest_input_body(&scene->input));
    assert_false(gw_rest_input_accept(&scene->input));
    expect_reply(scene, 400, "\"errorCode\":\"request.malformed_json\"");
    assert_null(strstr(scene->call.reply.at, "{bad"));
}

static void s03_035_every_wrong_field_and_every_unknown_one_is_told_at_once(void **state)
{
    struct scene *scene = *state;
    struct gw_json_in *in;
    struct gw_text name;
    int64_t id, limit = 5, rpm;

    scene->call.params[0] = GW_TEXT("x");
    scene->call.query = GW_TEXT("limit=101");
    scene->call.body = GW_TEXT("{\"name\":\"\",\"rpm\":\"many\",\"foo\":1}");
    gw_rest_input_id(&scene->input, 0, "id", &id);
    assert_false(gw_rest_query_int(&scene->input, "limit", 1, 100, &limit));
    in = gw_rest_input_body(&scene->input);
    assert_non_null(in);
    (void)gw_json_in_text(in, "name", GW_JSON_REQUIRED, 1, 64, &name);
    (void)gw_json_in_int(in, "rpm", GW_JSON_NULLABLE, 0, 1000, &rpm);
    assert_false(gw_rest_input_accept(&scene->input));
    expect_reply(scene, 400, "\"errorCode\":\"request.validation_failed\"");
    expect_reply(scene, 400, "\"title\":\"Validation failed\"");
    expect_reply(scene, 400, "{\"path\":[\"id\"],\"code\":\"invalid_type\"");
    expect_reply(scene, 400, "{\"path\":[\"limit\"],\"code\":\"too_big\"");
    expect_reply(scene, 400, "{\"path\":[\"name\"],\"code\":\"too_small\"");
    expect_reply(scene, 400, "{\"path\":[\"rpm\"],\"code\":\"invalid_type\"");
    expect_reply(scene, 400, "\"code\":\"unrecognized_keys\"");
    assert_int_equal(limit, 5);
}

static void a_good_call_is_accepted_without_a_reply(void **state)
{
    struct scene *scene = *state;
    struct gw_json_in *in;
    struct gw_text name;
    int64_t id = 0;

    scene->call.params[0] = GW_TEXT("9007199254740993");
    scene->call.body = GW_TEXT("{\"name\":\"x\"}");
    gw_rest_input_id(&scene->input, 0, "id", &id);
    in = gw_rest_input_body(&scene->input);
    assert_non_null(in);
    assert_int_equal(gw_json_in_text(in, "name", GW_JSON_REQUIRED, 1, 64, &name), GW_JSON_VALUE);
    assert_true(gw_rest_input_accept(&scene->input));
    assert_true(id == INT64_C(9007199254740993));
    assert_int_equal(scene->call.status, 0);
}

static void ids_are_positive_numbers(void **state)
{
    static const char *const WRONG[] = {"0", "-1", "1.5", "", "99999999999999999999", "0x1"};
    struct scene *scene = *state;
    int64_t id = 42;

    for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++) {
        scene->call.params[0] = gw_text_of(WRONG[i]);
        gw_rest_input_id(&scene->input, 0, "id", &id);
        assert_int_equal(scene->input.problems.count, i + 1);
    }
    assert_int_equal(id, 42);
}

/* ---- Query parameters ------------------------------------------------------------------- */

static void query_parameters_are_decoded_and_typed(void **state)
{
    static const char *const WORDS[] = {"asc", "desc", NULL};
    struct scene *scene = *state;
    struct gw_text q = GW_TEXT_NONE;
    int64_t limit = 20, from = 0;
    bool flag = true;
    size_t order = 0;

    scene->call.query = GW_TEXT(
        "limit=100&q=a%26b+c%C3%A4&withDefaultKey=false&order=desc&from=2026-01-31T09:00:00Z"
        "&ignored&empty=");
    assert_true(gw_rest_query_int(&scene->input, "limit", 1, 100, &limit));
    assert_true(gw_rest_query_text(&scene->input, "q", 6, &q));
    assert_true(gw_rest_query_bool(&scene->input, "withDefaultKey", &flag));
    assert_true(gw_rest_query_enum(&scene->input, "order", WORDS, &order));
    assert_true(gw_rest_query_time(&scene->input, "from", &from));
    assert_false(gw_rest_query_int(&scene->input, "absent", 1, 2, &limit));
    assert_false(gw_rest_query_int(&scene->input, "empty", 1, 2, &limit));
    assert_int_equal(limit, 100);
    assert_true(gw_text_eq(q, GW_TEXT("a&b c\xc3\xa4")));
    assert_false(flag);
    assert_int_equal(order, 1);
    assert_true(from == INT64_C(1769850000000000));
    assert_true(gw_rest_input_accept(&scene->input));
}

static void wrong_query_parameters_are_told_by_name(void **state)
{
    static const char *const WORDS[] = {"asc", NULL};
    struct scene *scene = *state;
    struct gw_text q;
    int64_t number;
    bool flag;
    size_t order;

    scene->call.query = GW_TEXT("a=x&b=maybe&c=up&d=yesterday&e=1&e=2&f=%G0&g=toolong&h=0");
    assert_false(gw_rest_query_int(&scene->input, "a", 1, 2, &number));
    assert_false(gw_rest_query_bool(&scene->input, "b", &flag));
    assert_false(gw_rest_query_enum(&scene->input, "c", WORDS, &order));
    assert_false(gw_rest_query_time(&scene->input, "d", &number));
    assert_false(gw_rest_query_int(&scene->input, "e", 1, 2, &number));
    assert_false(gw_rest_query_text(&scene->input, "f", 10, &q));
    assert_false(gw_rest_query_text(&scene->input, "g", 6, &q));
    assert_false(gw_rest_query_int(&scene->input, "h", 1, 2, &number));
    assert_int_equal(scene->input.problems.count, 8);
    assert_false(gw_rest_input_accept(&scene->input));
    expect_reply(scene, 400, "{\"path\":[\"b\"],\"code\":\"invalid_type\"");
    expect_reply(scene, 400, "{\"path\":[\"c\"],\"code\":\"invalid_value\"");
    expect_reply(scene, 400, "{\"path\":[\"d\"],\"code\":\"invalid_format\"");
    expect_reply(scene, 400, "{\"path\":[\"e\"],\"code\":\"duplicate\"");
    expect_reply(scene, 400, "{\"path\":[\"h\"],\"code\":\"too_small\"");
}

/* ---- Cursors and revisions -------------------------------------------------------------- */

static void a_cursor_comes_back_as_it_went(void **state)
{
    const struct gw_rest_cursor sent = {.rank = 1, .value = GW_TEXT("a \"\xc3\xa4"), .id = 77};
    struct scene *scene = *state;
    struct gw_rest_cursor got;
    struct gw_text text = gw_rest_cursor_write(&sent, &scene->arena);

    scene->call.query = gw_text_of(gw_arena_fmt(&scene->arena, "cursor=%.*s", GW_TEXT_ARG(text)));
    gw_rest_query_cursor(&scene->input, &got);
    assert_true(gw_rest_input_accept(&scene->input));
    assert_int_equal(got.rank, 1);
    assert_int_equal(got.id, 77);
    assert_true(gw_text_eq(got.value, sent.value));
}

static void a_cursor_that_is_not_ours_is_a_wrong_field(void **state)
{
    static const char *const WRONG[] = {"cursor=!", "cursor=e30", "cursor=eyJyIjoxfQ",
                                        "cursor=eyJyIjoxLCJpZCI6MCwieCI6MX0"};
    struct scene *scene = *state;
    struct gw_rest_cursor got;

    for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++) {
        scene->call.query = gw_text_of(WRONG[i]);
        gw_rest_query_cursor(&scene->input, &got);
        assert_int_equal(scene->input.problems.count, i + 1);
        assert_int_equal(got.id, 0);
    }
}

static void if_match_lets_only_the_revision_seen_pass(void **state)
{
    struct scene *scene = *state;
    struct gw_rest_call *call = &scene->call;

    assert_true(gw_rest_if_match(call, 7));
    call->if_match = GW_TEXT("*");
    assert_true(gw_rest_if_match(call, 7));
    call->if_match = GW_TEXT("\"7\"");
    assert_true(gw_rest_if_match(call, 7));
    assert_false(gw_rest_if_match(call, 8));
    call->if_match = GW_TEXT("\"5\", W/\"7\"");
    assert_true(gw_rest_if_match(call, 7));
    assert_false(gw_rest_if_match(call, 6));
    call->if_match = GW_TEXT("7");
    assert_false(gw_rest_if_match(call, 7));
    call->if_match = GW_TEXT("garbage");
    assert_false(gw_rest_if_match(call, 7));
    gw_rest_add_etag(call, 12);
    assert_true(gw_text_eq(call->headers[0].value, GW_TEXT("\"12\"")));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
        TEST(s03_033_a_body_of_another_type_is_415),
        TEST(s03_034_a_body_that_is_no_json_is_400_malformed),
        TEST(s03_035_every_wrong_field_and_every_unknown_one_is_told_at_once),
        TEST(a_good_call_is_accepted_without_a_reply),
        TEST(ids_are_positive_numbers),
        TEST(query_parameters_are_decoded_and_typed),
        TEST(wrong_query_parameters_are_told_by_name),
        TEST(a_cursor_comes_back_as_it_went),
        TEST(a_cursor_that_is_not_ours_is_a_wrong_field),
        TEST(if_match_lets_only_the_revision_seen_pass),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/rest/input", tests, NULL, NULL);
}
