/* SPDX-License-Identifier: MIT */
#include "dataplane/front/ask.h"

#include <stdio.h>

#include "lib/base/check.h"
#include "tests/support/cmocka_first.h"

struct fixture {
    struct gw_arena arena;
    struct gw_http_header headers[4];
    struct ask_request request;
    struct ask ask;
    const char *detail;
};

static int set_up(void **state)
{
    struct fixture *fixture = GW_NEW(struct fixture);

    gw_arena_init(&fixture->arena, 1 << 20);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    gw_arena_fini(&fixture->arena);
    gw_free(fixture);
    return 0;
}

static void start(struct fixture *fixture, const char *target, struct gw_text body)
{
    fixture->request = (struct ask_request){.method = GW_TEXT("POST"),
                                            .target = gw_text_of(target),
                                            .headers = {fixture->headers, 0},
                                            .body = body};
    fixture->detail = NULL;
}

static void add(struct fixture *fixture, const char *name, const char *value)
{
    fixture->headers[fixture->request.headers.count++] = (struct gw_http_header){gw_text_of(name),
                                                                                 gw_text_of(value)};
}

static enum refusal read_it(struct fixture *fixture)
{
    return ask_read(&fixture->request, &fixture->arena, &fixture->ask, &fixture->detail);
}

static enum refusal ask(struct fixture *fixture, const char *target, const char *body)
{
    start(fixture, target, gw_text_of(body));
    return read_it(fixture);
}

static void assert_model(const struct fixture *fixture, const char *expected)
{
    if (!gw_text_eq(fixture->ask.model, gw_text_of(expected))) {
        fail_msg("model is \"%.*s\", not \"%s\"", GW_TEXT_ARG(fixture->ask.model), expected);
    }
}

static void s01_005_the_path_decides_about_the_dialect_before_the_body(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(ask(fixture, "/v1/messages?beta=true",
                         "{\"model\":\"m\",\"messages\":[],\"system\":\"s\"}"),
                     REFUSAL_NONE);
    assert_int_equal(fixture->ask.dialect, DIALECT_CLAUDE);
    assert_true(gw_text_eq(fixture->ask.path, GW_TEXT("/v1/messages")));
    assert_true(gw_text_eq(fixture->ask.query, GW_TEXT("beta=true")));
}

static void assert_dialect(struct fixture *fixture, const char *body, enum dialect dialect)
{
    assert_int_equal(ask(fixture, "/v1/unknown", body), REFUSAL_NONE);
    assert_int_equal(fixture->ask.dialect, dialect);
}

static void s01_006_on_other_paths_the_body_decides(void **state)
{
    struct fixture *fixture = *state;

    assert_dialect(fixture, "{\"contents\":[{}]}", DIALECT_GEMINI);
    assert_dialect(fixture, "{\"request\":{}}", DIALECT_GEMINI_CLI);
    assert_dialect(fixture, "{\"contents\":[],\"request\":{}}", DIALECT_GEMINI_CLI);
    assert_dialect(fixture, "{\"request\":\"text\"}", DIALECT_CLAUDE);
    assert_dialect(fixture, "{\"input\":[1]}", DIALECT_RESPONSE);
    assert_dialect(fixture, "{\"messages\":[],\"system\":[]}", DIALECT_CLAUDE);
    assert_dialect(fixture, "{\"messages\":[]}", DIALECT_OPENAI);
    assert_dialect(fixture, "{\"messages\":[],\"system\":\"s\"}", DIALECT_OPENAI);
    assert_dialect(fixture, "{\"requests\":[{\"model\":\"m\",\"content\":{\"parts\":[]}}]}",
                   DIALECT_GEMINI);
    assert_dialect(fixture, "{\"requests\":[{\"model\":\"m\"}]}", DIALECT_CLAUDE);
    assert_dialect(fixture, "{}", DIALECT_CLAUDE);
    assert_dialect(fixture, "not json at all", DIALECT_CLAUDE);
}

static void the_model_is_found_wherever_it_stands(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(ask(fixture, "/v1/messages",
                         "{\"messages\":[{\"model\":\"inner\"}],\"model\":\" claude-x \"}"),
                     REFUSAL_NONE);
    assert_model(fixture, "claude-x");
    assert_int_equal(ask(fixture, "/v1/messages", "{\"mod\\u0065l\":\"cl\\u0061ude\"}"),
                     REFUSAL_NONE);
    assert_model(fixture, "claude");
    assert_int_equal(ask(fixture, "/v1/messages", "{\"model\":17}"), REFUSAL_NONE);
    assert_model(fixture, "");
}

static void s01_012_without_one_in_the_body_the_path_names_the_model(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(
        ask(fixture, "/v1beta/models/gemini-2.5-pro:generateContent", "{\"contents\":[]}"),
        REFUSAL_NONE);
    assert_model(fixture, "gemini-2.5-pro");
    assert_int_equal(ask(fixture, "/v1/x", "{\"contents\":[]}"), REFUSAL_NONE);
    assert_model(fixture, "gemini-2.5-flash");
    assert_int_equal(ask(fixture, "/v1/x", "{\"input\":[]}"), REFUSAL_NONE);
    assert_model(fixture, "");
}

static void s01_013_a_huge_body_without_model_was_probably_cut(void **state)
{
    struct fixture *fixture = *state;
    size_t size = 11 << 20;
    char *body = gw_must_alloc(size + 1);

    memset(body, ' ', size);
    memcpy(body, "{\"messages\":[]", 14);
    body[size - 1] = '}';
    start(fixture, "/v1/chat/completions", (struct gw_text){body, size});
    assert_int_equal(read_it(fixture), REFUSAL_NO_MODEL);
    start(fixture, "/v1/files", (struct gw_text){body, size});
    assert_int_equal(read_it(fixture), REFUSAL_NONE);
    gw_free(body);
}

static void a_stream_is_wanted_in_one_of_three_ways(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(ask(fixture, "/v1/messages", "{\"stream\":true}"), REFUSAL_NONE);
    assert_true(fixture->ask.wants_stream);
    assert_int_equal(ask(fixture, "/v1/messages", "{\"stream\":\"true\"}"), REFUSAL_NONE);
    assert_false(fixture->ask.wants_stream);
    assert_int_equal(ask(fixture, "/v1beta/models/g:streamGenerateContent", "{}"), REFUSAL_NONE);
    assert_true(fixture->ask.wants_stream);
    assert_int_equal(ask(fixture, "/v1beta/models/g:generateContent?x=1&alt=sse", "{}"),
                     REFUSAL_NONE);
    assert_true(fixture->ask.wants_stream);
    assert_int_equal(ask(fixture, "/v1beta/models/g:generateContent?alt=sse2", "{}"), REFUSAL_NONE);
    assert_false(fixture->ask.wants_stream);
}

static void a_field_that_decides_must_not_stand_twice(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(ask(fixture, "/v1/messages", "{\"model\":\"a\",\"model\":\"b\"}"),
                     REFUSAL_AMBIGUOUS);
    assert_string_equal(fixture->detail, "model");
    assert_int_equal(ask(fixture, "/v1/messages", "{\"stream\":true,\"str\\u0065am\":false}"),
                     REFUSAL_AMBIGUOUS);
    assert_string_equal(fixture->detail, "stream");
    assert_int_equal(ask(fixture, "/v1/messages", "{\"x\":1,\"x\":2}"), REFUSAL_NONE);
}

static void a_conversation_that_is_not_json_is_refused_with_its_place(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(ask(fixture, "/v1/messages", "{\"model\":\"m\",}"), REFUSAL_MALFORMED);
    assert_string_equal(fixture->detail, "at byte 13 of 14");
    assert_int_equal(ask(fixture, "/v1/messages", "[1]"), REFUSAL_MALFORMED);
    assert_int_equal(ask(fixture, "/v1/messages", "{\"model\":\"m\""), REFUSAL_MALFORMED);
    assert_int_equal(ask(fixture, "/v1/messages", ""), REFUSAL_NONE);
}

static void other_endpoints_take_bodies_of_any_kind(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(ask(fixture, "/v1/files", "anything"), REFUSAL_NONE);
    assert_false(fixture->ask.is_json);
    start(fixture, "/v1/images/edits", GW_TEXT("--b\r\n{\"model\":"));
    add(fixture, "Content-Type", "multipart/form-data; boundary=b");
    assert_int_equal(read_it(fixture), REFUSAL_NONE);
    start(fixture, "/v1/chat/completions", GW_TEXT("{\"model\":\"m\"}"));
    add(fixture, "Content-Type", "application/x-www-form-urlencoded");
    assert_int_equal(read_it(fixture), REFUSAL_NONE);
    assert_true(fixture->ask.is_json);
    assert_model(fixture, "m");
}

static void s01_008_two_content_codings_are_refused(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, "/v1/messages", GW_TEXT("xx"));
    add(fixture, "content-encoding", "gzip, identity, gzip");
    assert_int_equal(read_it(fixture), REFUSAL_CODINGS);
}

static void a_coded_body_is_not_looked_into(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, "/v1/messages", GW_TEXT("\x28\xb5\x2f\xfd"));
    add(fixture, "content-encoding", "zstd");
    assert_int_equal(read_it(fixture), REFUSAL_NONE);
    assert_true(fixture->ask.is_coded);
    assert_false(fixture->ask.is_json);
    start(fixture, "/v1/messages", GW_TEXT("{\"model\":\"m\"}"));
    add(fixture, "content-encoding", "identity");
    assert_int_equal(read_it(fixture), REFUSAL_NONE);
    assert_true(fixture->ask.is_json);
}

static void the_name_of_a_model_can_be_shown_to_people(void **state)
{
    struct fixture *fixture = *state;
    char body[2048];

    assert_int_equal(ask(fixture, "/v1/messages", "{\"model\":\"a\\nb\"}"), REFUSAL_BAD_MODEL);
    assert_int_equal(ask(fixture, "/v1/messages", "{\"model\":\"a\xff\"}"), REFUSAL_BAD_MODEL);
    assert_int_equal(ask(fixture, "/v1/messages", "{\"model\":\"a\xc3\"}"), REFUSAL_BAD_MODEL);
    assert_int_equal(ask(fixture, "/v1/messages", "{\"model\":\"\xe6\xa8\xa1\xe5\x9e\x8b\"}"),
                     REFUSAL_NONE);
    snprintf(body, sizeof(body), "{\"model\":\"%0*d\"}", ASK_MODEL_MAX + 1, 0);
    assert_int_equal(ask(fixture, "/v1/messages", body), REFUSAL_BAD_MODEL);
}

static void a_get_has_no_body(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, "/v1/models", GW_TEXT("{\"model\":\"m\"}"));
    fixture->request.method = GW_TEXT("GET");
    assert_int_equal(read_it(fixture), REFUSAL_NONE);
    assert_int_equal(fixture->ask.request.body.len, 0);
    assert_model(fixture, "");
}

static void a_websocket_is_refused_so_that_the_client_falls_back(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, "/v1/responses", GW_TEXT_NONE);
    fixture->request.method = GW_TEXT("GET");
    add(fixture, "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    assert_int_equal(read_it(fixture), REFUSAL_NO_WEBSOCKET);
}

static enum refuse_shape shape(struct fixture *fixture, const char *target, const char *header)
{
    start(fixture, target, GW_TEXT("{}"));
    if (header != NULL) {
        add(fixture, header, "x");
    }
    (void)read_it(fixture);
    return ask_refuse_shape(&fixture->ask);
}

static void a_refusal_has_the_shape_the_client_understands(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(shape(fixture, "/v1/messages", NULL), REFUSE_ANTHROPIC);
    assert_int_equal(shape(fixture, "/v1/chat/completions", NULL), REFUSE_OPENAI);
    assert_int_equal(shape(fixture, "/v1/responses", NULL), REFUSE_OPENAI);
    assert_int_equal(shape(fixture, "/v1beta/models/g:countTokens", NULL), REFUSE_GOOGLE);
    assert_int_equal(shape(fixture, "/v1/models", "anthropic-version"), REFUSE_ANTHROPIC);
    assert_int_equal(shape(fixture, "/v1/models", "x-goog-api-key"), REFUSE_GOOGLE);
    assert_int_equal(shape(fixture, "/v1/models", NULL), REFUSE_OPENAI);
    assert_int_equal(shape(fixture, "/nothing", NULL), REFUSE_OPENAI);
    assert_int_equal(shape(fixture, "/nothing", "anthropic-version"), REFUSE_ANTHROPIC);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        T(s01_005_the_path_decides_about_the_dialect_before_the_body),
        T(s01_006_on_other_paths_the_body_decides),
        T(the_model_is_found_wherever_it_stands),
        T(s01_012_without_one_in_the_body_the_path_names_the_model),
        T(s01_013_a_huge_body_without_model_was_probably_cut),
        T(a_stream_is_wanted_in_one_of_three_ways),
        T(a_field_that_decides_must_not_stand_twice),
        T(a_conversation_that_is_not_json_is_refused_with_its_place),
        T(other_endpoints_take_bodies_of_any_kind),
        T(s01_008_two_content_codings_are_refused),
        T(a_coded_body_is_not_looked_into),
        T(the_name_of_a_model_can_be_shown_to_people),
        T(a_get_has_no_body),
        T(a_websocket_is_refused_so_that_the_client_falls_back),
        T(a_refusal_has_the_shape_the_client_understands),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("front/ask", tests, NULL, NULL);
}
