/* SPDX-License-Identifier: MIT */
/*
 * Requests of real clients, from the wire to what a provider would be sent.
 */
#include <stdio.h>

#include "dataplane/admit/credential.h"
#include "dataplane/attempt/prepare.h"
#include "lib/base/check.h"
#include "lib/codec/file.h"
#include "tests/support/cmocka_first.h"

#define FILE_MAX    ((size_t)64 * 1024)
#define HEADERS_MAX 100
#define KEY         "CLIENT-KEY"

struct scene {
    struct gw_buf file;
    struct gw_arena arena;
    struct gw_http_header headers[HEADERS_MAX];
    struct ask_request request;
    struct ask ask;
    enum refusal refusal;
    const char *detail;
};

static struct scene scene;

static struct gw_text line(struct gw_text *rest)
{
    struct gw_text head = GW_TEXT_NONE;

    assert_true(gw_text_cut(*rest, '\n', &head, rest));
    return head;
}

static void parse(struct gw_text rest)
{
    struct gw_text first = line(&rest), header;
    size_t *count = &scene.request.headers.count;

    scene.request = (struct ask_request){.headers = {scene.headers, 0}};
    assert_true(gw_text_cut(first, ' ', &scene.request.method, &first));
    assert_true(gw_text_cut(first, ' ', &scene.request.target, &first));
    while ((header = line(&rest)).len > 0) {
        assert_in_range(*count, 0, HEADERS_MAX - 1);
        assert_true(
            gw_text_cut(header, ':', &scene.headers[*count].name, &scene.headers[*count].value));
        scene.headers[*count].value = gw_text_trim(scene.headers[*count].value);
        ++*count;
    }
    scene.request.body = rest;
}

static void load(const char *name)
{
    char path[512];
    struct gw_fault fault;

    snprintf(path, sizeof(path), "%s/tests/support/fixtures/%s.http", GW_SOURCE_DIR, name);
    gw_buf_init(&scene.file, FILE_MAX);
    gw_arena_init(&scene.arena, FILE_MAX);
    assert_int_equal(gw_file_read(path, &scene.file, &fault), GW_OK);
    parse(gw_buf_text(&scene.file));
    scene.refusal = ask_read(&scene.request, &scene.arena, &scene.ask, &scene.detail);
}

static void forget(void)
{
    gw_arena_fini(&scene.arena);
    gw_buf_fini(&scene.file);
}

/* No header and no part of the address may hold the client's key. */
static void check_no_key(const struct prepared *prepared)
{
    assert_int_equal(gw_text_find_text(prepared->target, GW_TEXT(KEY)), prepared->target.len);
    for (size_t i = 0; i < prepared->header_count; i++) {
        struct gw_text value = prepared->headers[i].value;

        assert_int_equal(gw_text_find_text(value, GW_TEXT(KEY)), value.len);
    }
}

static void check_prepared(enum gw_provider_type type, const char *kept)
{
    struct gw_config_provider row = {.id = 1, .type = type, .url = GW_TEXT("https://h.example")};
    struct snapshot_provider provider = {&row, GW_TEXT("secret")};
    struct prepared prepared;
    struct gw_http_headers sent = {prepared.headers, 0};
    struct gw_fault fault;

    assert_int_equal(prepare(&provider, &scene.ask, 0, &prepared, &fault), GW_OK);
    sent.count = prepared.header_count;
    check_no_key(&prepared);
    assert_true(gw_text_eq(prepared.target, scene.request.target));
    assert_ptr_equal(prepared.body.at, scene.ask.request.body.at);
    assert_int_equal(prepared.body.len, scene.ask.request.body.len);
    assert_true(gw_text_eq(gw_http_find(sent, gw_text_of(kept)),
                           gw_http_find(scene.request.headers, gw_text_of(kept))));
    assert_true(gw_http_find(sent, gw_text_of(kept)).len > 0);
    prepared_fini(&prepared);
}

struct expected {
    const char *file;
    enum dialect dialect;
    const char *model;
    bool streams;
    const char *kept; /* a header the provider must see as it was */
};

static void check(const struct expected *expected)
{
    static const enum gw_provider_type TYPES[DIALECTS] = {
        [DIALECT_CLAUDE] = GW_PROVIDER_CLAUDE,
        [DIALECT_OPENAI] = GW_PROVIDER_OPENAI_COMPATIBLE,
        [DIALECT_RESPONSE] = GW_PROVIDER_CODEX,
        [DIALECT_GEMINI] = GW_PROVIDER_GEMINI,
        [DIALECT_GEMINI_CLI] = GW_PROVIDER_GEMINI_CLI};
    struct gw_text key = GW_TEXT_NONE;

    load(expected->file);
    assert_int_equal(scene.refusal, REFUSAL_NONE);
    assert_int_equal(scene.ask.dialect, expected->dialect);
    assert_true(gw_text_eq(scene.ask.model, gw_text_of(expected->model)));
    assert_int_equal(scene.ask.wants_stream, expected->streams);
    assert_int_equal(credential_find(scene.request.headers, scene.ask.query, &key),
                     CREDENTIAL_GIVEN);
    assert_true(gw_text_eq(key, GW_TEXT(KEY)));
    check_prepared(TYPES[expected->dialect], expected->kept);
    forget();
}

static void coding_tools_are_understood(void **state)
{
    (void)state;
    check(&(struct expected){"claude-code.tool", DIALECT_CLAUDE, "claude-sonnet-5", true,
                             "anthropic-beta"});
    check(&(struct expected){"codex.tool", DIALECT_RESPONSE, "gpt-5.2-codex", true, "session-id"});
    check(&(struct expected){"gemini-cli.tool", DIALECT_GEMINI, "gemini-2.5-flash", true,
                             "user-agent"});
    check(&(struct expected){"opencode.compatible.0", DIALECT_OPENAI, "gpt-4o-mini", true,
                             "user-agent"});
}

static void software_kits_are_understood(void **state)
{
    (void)state;
    check(&(struct expected){"sdk-anthropic.create", DIALECT_CLAUDE, "claude-sonnet-5", false,
                             "anthropic-version"});
    check(&(struct expected){"sdk-anthropic.streamRaw", DIALECT_CLAUDE, "claude-sonnet-5", true,
                             "X-Stainless-Lang"});
    check(&(struct expected){"sdk-google.generate", DIALECT_GEMINI, "gemini-2.5-flash", false,
                             "user-agent"});
    check(&(struct expected){"sdk-google.stream", DIALECT_GEMINI, "gemini-2.5-flash", true,
                             "user-agent"});
    check(
        &(struct expected){"sdk-openai.chat", DIALECT_OPENAI, "gpt-4o-mini", false, "user-agent"});
    check(&(struct expected){"sdk-openai.chatStream", DIALECT_OPENAI, "gpt-4o-mini", true,
                             "user-agent"});
    check(&(struct expected){"sdk-openai.responsesStream", DIALECT_RESPONSE, "gpt-5", true,
                             "user-agent"});
    check(&(struct expected){"sdk-openai.embeddings", DIALECT_OPENAI, "text-embedding-3-small",
                             false, "user-agent"});
}

static void parts_of_a_form_are_not_looked_into(void **state)
{
    (void)state;
    check(&(struct expected){"sdk-openai.imageEdit", DIALECT_OPENAI, "", false, "content-type"});
    assert_false(scene.ask.is_json);
}

static void two_endpoints_are_relayed_as_they_are(void **state)
{
    (void)state;
    check(&(struct expected){"sdk-anthropic.countTokens", DIALECT_CLAUDE, "claude-sonnet-5", false,
                             "anthropic-version"});
    assert_int_equal(scene.ask.surface.policy, SURFACE_RAW);
    check(&(struct expected){"sdk-openai.responsesCompact", DIALECT_RESPONSE, "gpt-5", false,
                             "user-agent"});
    assert_int_equal(scene.ask.surface.policy, SURFACE_RAW);
}

static void a_compressed_body_goes_on_as_it_came(void **state)
{
    (void)state;
    load("codex.zstd");
    assert_int_equal(scene.refusal, REFUSAL_NONE);
    assert_true(scene.ask.is_coded);
    assert_int_equal(scene.ask.model.len, 0);
    check_prepared(GW_PROVIDER_CODEX, "content-encoding");
    forget();
}

static void codex_is_told_at_once_to_go_on_without_websocket(void **state)
{
    (void)state;
    load("codex.websocket");
    assert_int_equal(scene.refusal, REFUSAL_NO_WEBSOCKET);
    forget();
}

static void who_asks_for_models_is_told_by_headers(void **state)
{
    (void)state;
    load("sdk-anthropic.models");
    assert_int_equal(ask_refuse_shape(&scene.ask), REFUSE_ANTHROPIC);
    forget();
    load("sdk-google.models");
    assert_int_equal(ask_refuse_shape(&scene.ask), REFUSE_GOOGLE);
    forget();
    load("sdk-openai.models");
    assert_int_equal(ask_refuse_shape(&scene.ask), REFUSE_OPENAI);
    forget();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coding_tools_are_understood),
        cmocka_unit_test(software_kits_are_understood),
        cmocka_unit_test(parts_of_a_form_are_not_looked_into),
        cmocka_unit_test(two_endpoints_are_relayed_as_they_are),
        cmocka_unit_test(a_compressed_body_goes_on_as_it_came),
        cmocka_unit_test(codex_is_told_at_once_to_go_on_without_websocket),
        cmocka_unit_test(who_asks_for_models_is_told_by_headers),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("attempt/real_clients", tests, NULL, NULL);
}
