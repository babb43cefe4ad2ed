/* SPDX-License-Identifier: MIT */
#include "dataplane/dialect/reader.h"

#include <stdio.h>

#include "lib/base/check.h"
#include "tests/support/cmocka_first.h"

static struct reader reader;

static void read_all(enum dialect dialect, enum reader_shape shape, const char *answer,
                     size_t piece)
{
    size_t len = strlen(answer);

    reader_init(&reader, dialect, shape);
    for (size_t at = 0; at < len; at += piece) {
        size_t size = len - at < piece ? len - at : piece;
        char *copy = gw_text_dup((struct gw_text){answer + at, size});

        reader_feed(&reader, (struct gw_text){copy, size});
        gw_free(copy);
    }
    reader_end(&reader);
}

/* "input/output/read/5m/1h/reasoning known" */
static void assert_tokens(enum gw_provider_type type, const char *expected)
{
    struct gw_tokens tokens = figures_tokens(&reader.figures, type);
    char text[256];

    snprintf(text, sizeof(text), "%llu/%llu/%llu/%llu/%llu/%llu %x",
             (unsigned long long)tokens.input, (unsigned long long)tokens.output,
             (unsigned long long)tokens.cache_read, (unsigned long long)tokens.cache_write_5m,
             (unsigned long long)tokens.cache_write_1h, (unsigned long long)tokens.reasoning,
             tokens.known);
    assert_string_equal(text, expected);
}

static void assert_json(enum dialect dialect, enum gw_provider_type type, const char *answer,
                        const char *expected)
{
    for (size_t piece = 1; piece < 64; piece += 7) {
        read_all(dialect, READER_JSON, answer, piece);
        assert_tokens(type, expected);
    }
}

static void assert_events(enum dialect dialect, enum gw_provider_type type, const char *answer,
                          const char *expected)
{
    for (size_t piece = 64; piece <= 64; piece -= 7) { /* ends with single bytes */
        read_all(dialect, READER_EVENTS, answer, piece);
        assert_tokens(type, expected);
        assert_int_equal(reader.malformed, 0);
    }
}

/* ---- Figures ---------------------------------------------------------------------------- */

static void s02_132_claude_usage_with_both_cache_times(void **state)
{
    (void)state;
    assert_json(DIALECT_CLAUDE, GW_PROVIDER_CLAUDE,
                "{\"model\":\"c\",\"usage\":{\"input_tokens\":10,\"output_tokens\":5,"
                "\"cache_creation_input_tokens\":30,\"cache_creation\":{"
                "\"ephemeral_5m_input_tokens\":10,\"ephemeral_1h_input_tokens\":20},"
                "\"cache_read_input_tokens\":7}}",
                "10/5/7/10/20/0 1f");
    assert_true(gw_text_eq(reader_model(&reader), GW_TEXT("c")));
}

#define START(usage)                                                                               \
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"claude-m\"," \
    "\"content\":[],\"usage\":" usage "}}\n\n"
#define DELTA(usage)                                                                               \
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"          \
    "\"end_turn\"},\"usage\":" usage "}\n\n"
#define STOP "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"

static void s02_133_a_claude_stream_tells_its_usage_in_two_parts(void **state)
{
    (void)state;
    assert_events(DIALECT_CLAUDE, GW_PROVIDER_CLAUDE,
                  START("{\"input_tokens\":100,\"cache_read_input_tokens\":20,"
                        "\"cache_creation\":{\"ephemeral_5m_input_tokens\":5}}")
                      DELTA("{\"output_tokens\":42}") STOP,
                  "100/42/20/5/0/0 f");
    assert_true(reader.is_complete);
    assert_false(reader.has_error);
    assert_true(gw_text_eq(reader_model(&reader), GW_TEXT("claude-m")));
}

static void s02_134_the_later_frame_corrects_the_earlier(void **state)
{
    (void)state;
    assert_events(DIALECT_CLAUDE, GW_PROVIDER_CLAUDE,
                  START("{\"input_tokens\":100}") DELTA("{\"input_tokens\":90,\"output_tokens\":3}")
                      STOP,
                  "90/3/0/0/0/0 3");
}

static void s02_135_flat_and_legacy_names_of_cache_times(void **state)
{
    (void)state;
    assert_json(DIALECT_CLAUDE, GW_PROVIDER_CLAUDE,
                "{\"usage\":{\"cache_creation_5m_input_tokens\":4}}", "0/0/0/4/0/0 8");
    assert_json(DIALECT_CLAUDE, GW_PROVIDER_CLAUDE,
                "{\"usage\":{\"claude_cache_creation_1_h_tokens\":9}}", "0/0/0/0/9/0 10");
}

static void s02_136_codex_counts_cached_and_written_tokens_within_the_input(void **state)
{
    (void)state;
    assert_json(DIALECT_RESPONSE, GW_PROVIDER_CODEX,
                "{\"usage\":{\"input_tokens\":1000,\"output_tokens\":300,"
                "\"input_tokens_details\":{\"cached_tokens\":500,\"cache_write_tokens\":100},"
                "\"output_tokens_details\":{\"reasoning_tokens\":64}}}",
                "400/300/500/100/0/64 2f");
}

static void s02_137_a_total_at_the_top_is_not_taken_off_the_input(void **state)
{
    (void)state;
    assert_json(DIALECT_RESPONSE, GW_PROVIDER_CODEX,
                "{\"usage\":{\"input_tokens\":1000,\"cache_creation_input_tokens\":100,"
                "\"input_tokens_details\":{\"cached_tokens\":500}}}",
                "500/0/500/100/0/0 d");
}

static void s02_138_more_cached_than_asked_leaves_no_input(void **state)
{
    (void)state;
    assert_json(DIALECT_OPENAI, GW_PROVIDER_OPENAI_COMPATIBLE,
                "{\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":20,"
                "\"prompt_tokens_details\":{\"cached_tokens\":120}}}",
                "0/20/120/0/0/0 7");
}

static void s02_139_a_claude_provider_counts_cached_tokens_beside_the_input(void **state)
{
    (void)state;
    assert_json(DIALECT_CLAUDE, GW_PROVIDER_CLAUDE,
                "{\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":20,"
                "\"prompt_tokens_details\":{\"cached_tokens\":120}}}",
                "100/20/120/0/0/0 7");
}

#define GEMINI_USAGE                                                                               \
    "{\"promptTokenCount\":1000,\"cachedContentTokenCount\":400,\"candidatesTokenCount\":200,"     \
    "\"thoughtsTokenCount\":50}"

static void s02_140_gemini_counts_thoughts_beside_the_candidates(void **state)
{
    (void)state;
    assert_json(DIALECT_GEMINI, GW_PROVIDER_GEMINI, "{\"usageMetadata\":" GEMINI_USAGE "}",
                "600/250/400/0/0/50 27");
    assert_json(DIALECT_GEMINI_CLI, GW_PROVIDER_GEMINI_CLI,
                "{\"response\":{\"usageMetadata\":" GEMINI_USAGE "}}", "600/250/400/0/0/50 27");
}

/* The reference counts the cached part twice here (spec 02 B-17). */
static void s02_178_details_by_modality_never_count_cached_tokens_twice(void **state)
{
    (void)state;
    assert_json(DIALECT_GEMINI, GW_PROVIDER_GEMINI,
                "{\"usageMetadata\":{\"promptTokenCount\":1000,\"cachedContentTokenCount\":400,"
                "\"candidatesTokenCount\":200,\"thoughtsTokenCount\":50,"
                "\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":1000}]}}",
                "600/250/400/0/0/50 27");
}

#define CHUNK(count)                                                                               \
    "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"x\"}]}}],\"modelVersion\":\"g-1\","     \
    "\"usageMetadata\":{\"promptTokenCount\":7,\"candidatesTokenCount\":" #count "}}"

static void s02_143_a_gemini_stream_repeats_its_usage_and_the_last_one_counts(void **state)
{
    (void)state;
    assert_events(DIALECT_GEMINI, GW_PROVIDER_GEMINI,
                  "data: " CHUNK(1) "\r\n\r\ndata: " CHUNK(2) "\r\n\r\ndata: " CHUNK(5) "\r\n\r\n",
                  "7/5/0/0/0/0 3");
    assert_true(gw_text_eq(reader_model(&reader), GW_TEXT("g-1")));
}

static void s02_144_a_gemini_stream_of_lines(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < 64; piece += 7) {
        read_all(DIALECT_GEMINI, READER_LINES, CHUNK(1) "\n\n" CHUNK(2) "\r\n" CHUNK(9), piece);
        assert_tokens(GW_PROVIDER_GEMINI, "7/9/0/0/0/0 3");
        assert_int_equal(reader.frames, 3);
    }
}

/* Not metered by the reference (spec 02 B-23). */
static void a_gemini_stream_as_one_array_is_metered(void **state)
{
    (void)state;
    assert_json(DIALECT_GEMINI, GW_PROVIDER_GEMINI, "[" CHUNK(1) ",\n" CHUNK(2) "]",
                "7/2/0/0/0/0 3");
    assert_json(DIALECT_GEMINI_CLI, GW_PROVIDER_GEMINI_CLI,
                "[{\"response\":" CHUNK(1) "},{\"response\":" CHUNK(4) "}]", "7/4/0/0/0/0 3");
    assert_true(reader.has_content);
}

#define CHAT(rest) "data: {\"id\":\"c\",\"model\":\"gpt-x\"," rest "}\n\n"

static void s02_145_a_chat_stream_tells_its_usage_near_the_end(void **state)
{
    (void)state;
    assert_events(DIALECT_OPENAI, GW_PROVIDER_OPENAI_COMPATIBLE,
                  CHAT("\"choices\":[{\"delta\":{\"role\":\"assistant\"}}],\"usage\":null")
                      CHAT("\"choices\":[],\"usage\":{\"prompt_tokens\":5,"
                           "\"completion_tokens\":6}") "data: [DONE]\n\n",
                  "5/6/0/0/0/0 3");
    assert_true(reader.is_complete);
    assert_false(reader.has_content);
}

/* The reference takes the first one (spec 02 B-18). */
static void of_a_running_sum_the_last_one_counts(void **state)
{
    (void)state;
    assert_events(DIALECT_OPENAI, GW_PROVIDER_OPENAI_COMPATIBLE,
                  CHAT("\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":1}")
                      CHAT("\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":8}"),
                  "5/8/0/0/0/0 3");
    assert_false(reader.is_complete);
}

static void s02_146_a_responses_stream_tells_its_usage_in_its_last_event(void **state)
{
    (void)state;
    assert_events(
        DIALECT_RESPONSE, GW_PROVIDER_CODEX,
        "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"model\":"
        "\"gpt-5\",\"usage\":null,\"error\":null}}\n\n"
        "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"model\":"
        "\"gpt-5\",\"output\":[{\"usage\":1}],\"usage\":{\"input_tokens\":11,\"output_tokens\":3,"
        "\"input_tokens_details\":{\"cached_tokens\":1}}}}\n\n",
        "10/3/1/0/0/0 7");
    assert_true(reader.is_complete);
    assert_false(reader.has_error);
}

static void s02_147_no_usage_is_not_a_usage_of_zero(void **state)
{
    (void)state;
    assert_json(DIALECT_CLAUDE, GW_PROVIDER_CLAUDE, "{\"usage\":null}", "0/0/0/0/0/0 0");
    assert_json(DIALECT_CLAUDE, GW_PROVIDER_CLAUDE,
                "{\"usage\":{\"input_tokens\":0,\"output_tokens\":0}}", "0/0/0/0/0/0 3");
}

static void numbers_no_counter_can_hold_are_not_believed(void **state)
{
    (void)state;
    assert_json(DIALECT_CLAUDE, GW_PROVIDER_CLAUDE,
                "{\"usage\":{\"input_tokens\":-5,\"output_tokens\":1.5}}", "0/0/0/0/0/0 0");
    assert_json(DIALECT_GEMINI, GW_PROVIDER_GEMINI,
                "{\"usageMetadata\":{\"candidatesTokenCount\":18446744073709551615,"
                "\"thoughtsTokenCount\":5}}",
                "0/18446744073709551615/0/0/0/5 22");
}

/* ---- Frames ----------------------------------------------------------------------------- */

static void a_frame_that_is_cut_off_is_not_believed(void **state)
{
    (void)state;
    read_all(DIALECT_CLAUDE, READER_EVENTS,
             START("{\"input_tokens\":100}") "event: message_delta\ndata: {\"type\":"
                                             "\"message_delta\",\"usage\":{\"output_tokens\":4",
             9);
    assert_tokens(GW_PROVIDER_CLAUDE, "100/0/0/0/0/0 1");
    assert_int_equal(reader.malformed, 1);
    assert_false(reader.is_complete);
}

static void the_sentinel_is_itself_and_nothing_longer(void **state)
{
    static const char ZEROS[] = "data: [DONE]\0\0\n\n";

    (void)state;
    for (size_t piece = 1; piece < 16; piece++) {
        read_all(DIALECT_OPENAI, READER_EVENTS, "data: [DONE]\n\n", piece);
        assert_true(reader.is_complete);
        assert_int_equal(reader.malformed, 0);
        read_all(DIALECT_OPENAI, READER_EVENTS, "data: [DONE]x\n\ndata: [DON\n\n", piece);
        assert_false(reader.is_complete);
        assert_int_equal(reader.malformed, 2);
    }
    reader_init(&reader, DIALECT_OPENAI, READER_EVENTS);
    reader_feed(&reader, (struct gw_text){ZEROS, sizeof(ZEROS) - 1});
    assert_false(reader.is_complete);
}

static void an_event_of_any_size_costs_the_same_memory(void **state)
{
    static char filler[4096];

    (void)state;
    memset(filler, 'x', sizeof(filler));
    reader_init(&reader, DIALECT_RESPONSE, READER_EVENTS);
    reader_feed(&reader,
                GW_TEXT("data: {\"type\":\"response.completed\",\"response\":{\"output\":\""));
    for (int i = 0; i < 1024; i++) {
        reader_feed(&reader, (struct gw_text){filler, sizeof(filler)});
    }
    reader_feed(&reader, GW_TEXT("\",\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}}\n\n"));
    reader_end(&reader);
    assert_tokens(GW_PROVIDER_CODEX, "1/2/0/0/0/0 3");
    assert_true(reader.is_complete);
}

static bool has_content(enum dialect dialect, const char *json)
{
    char event[512];

    snprintf(event, sizeof(event), "data: %s\n\n", json);
    read_all(dialect, READER_EVENTS, event, 1000);
    return reader.has_content;
}

static void content_is_told_from_preliminaries(void **state)
{
    (void)state;
    assert_false(has_content(DIALECT_CLAUDE, "{\"type\":\"ping\"}"));
    assert_false(has_content(DIALECT_CLAUDE, "{\"type\":\"content_block_start\",\"content_block\":"
                                             "{\"type\":\"text\",\"text\":\"\"}}"));
    assert_false(
        has_content(DIALECT_CLAUDE, "{\"delta\":{\"type\":\"text_delta\",\"text\":\"\"}}"));
    assert_true(
        has_content(DIALECT_CLAUDE, "{\"delta\":{\"type\":\"text_delta\",\"text\":\"H\"}}"));
    assert_true(has_content(DIALECT_CLAUDE, "{\"content_block\":{\"type\":\"redacted_thinking\","
                                            "\"data\":\"eA==\"}}"));
    assert_false(has_content(DIALECT_OPENAI, "{\"choices\":[{\"delta\":{\"role\":\"assistant\","
                                             "\"content\":\"\"}}]}"));
    assert_true(has_content(DIALECT_OPENAI, "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"function"
                                            "\":{\"arguments\":\"{\"}}]}}]}"));
    assert_false(has_content(DIALECT_RESPONSE, "{\"type\":\"response.in_progress\",\"response\":"
                                               "{\"output\":[]}}"));
    assert_true(has_content(DIALECT_RESPONSE, "{\"type\":\"response.output_text.delta\","
                                              "\"delta\":\"H\"}"));
    assert_false(has_content(DIALECT_GEMINI, "{\"candidates\":[{\"content\":{\"parts\":[]}}]}"));
    assert_true(has_content(DIALECT_GEMINI,
                            "{\"candidates\":[{\"content\":{\"parts\":[{\"inlineData"
                            "\":{\"data\":\"eA==\"}}]}}]}"));
    assert_true(has_content(DIALECT_GEMINI_CLI, "{\"response\":{\"candidates\":[{\"content\":{"
                                                "\"parts\":[{\"functionCall\":{\"name\":\"f\"}}]"
                                                "}}]}}"));
}

static void errors_inside_a_stream_are_seen(void **state)
{
    (void)state;
    assert_events(
        DIALECT_CLAUDE, GW_PROVIDER_CLAUDE,
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}"
        "\n\n",
        "0/0/0/0/0/0 0");
    assert_true(reader.has_error);
    assert_events(DIALECT_OPENAI, GW_PROVIDER_OPENAI_COMPATIBLE,
                  "data: {\"error\":{\"message\":\"no\"}}\n\n", "0/0/0/0/0/0 0");
    assert_true(reader.has_error);
    assert_events(DIALECT_RESPONSE, GW_PROVIDER_CODEX,
                  "data: {\"type\":\"response.failed\",\"response\":{\"error\":null}}\n\n",
                  "0/0/0/0/0/0 0");
    assert_true(reader.has_error);
}

/* ---- Shapes ----------------------------------------------------------------------------- */

static void the_shape_follows_from_the_headers(void **state)
{
    struct gw_text none = GW_TEXT_NONE;

    (void)state;
    assert_int_equal(reader_shape_of(GW_TEXT("text/event-stream; charset=utf-8"), none),
                     READER_EVENTS);
    assert_int_equal(reader_shape_of(GW_TEXT("Application/JSON"), none), READER_JSON);
    assert_int_equal(reader_shape_of(GW_TEXT("application/json"), GW_TEXT("identity")),
                     READER_JSON);
    assert_int_equal(reader_shape_of(GW_TEXT("application/json"), GW_TEXT("br")), READER_NOTHING);
    assert_int_equal(reader_shape_of(GW_TEXT("audio/mpeg"), none), READER_NOTHING);
    assert_int_equal(reader_shape_of(none, none), READER_UNKNOWN);
}

static void a_provider_that_names_no_type_is_read_by_its_first_byte(void **state)
{
    (void)state;
    read_all(DIALECT_OPENAI, READER_UNKNOWN, "\n {\"usage\":{\"prompt_tokens\":3}}", 1);
    assert_tokens(GW_PROVIDER_OPENAI_COMPATIBLE, "3/0/0/0/0/0 1");
    read_all(DIALECT_OPENAI, READER_UNKNOWN, "data: {\"usage\":{\"prompt_tokens\":4}}\n\n", 1);
    assert_tokens(GW_PROVIDER_OPENAI_COMPATIBLE, "4/0/0/0/0/0 1");
    read_all(DIALECT_OPENAI, READER_UNKNOWN, "<html>usage</html>", 3);
    assert_tokens(GW_PROVIDER_OPENAI_COMPATIBLE, "0/0/0/0/0/0 0");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s02_132_claude_usage_with_both_cache_times),
        cmocka_unit_test(s02_133_a_claude_stream_tells_its_usage_in_two_parts),
        cmocka_unit_test(s02_134_the_later_frame_corrects_the_earlier),
        cmocka_unit_test(s02_135_flat_and_legacy_names_of_cache_times),
        cmocka_unit_test(s02_136_codex_counts_cached_and_written_tokens_within_the_input),
        cmocka_unit_test(s02_137_a_total_at_the_top_is_not_taken_off_the_input),
        cmocka_unit_test(s02_138_more_cached_than_asked_leaves_no_input),
        cmocka_unit_test(s02_139_a_claude_provider_counts_cached_tokens_beside_the_input),
        cmocka_unit_test(s02_140_gemini_counts_thoughts_beside_the_candidates),
        cmocka_unit_test(s02_178_details_by_modality_never_count_cached_tokens_twice),
        cmocka_unit_test(s02_143_a_gemini_stream_repeats_its_usage_and_the_last_one_counts),
        cmocka_unit_test(s02_144_a_gemini_stream_of_lines),
        cmocka_unit_test(a_gemini_stream_as_one_array_is_metered),
        cmocka_unit_test(s02_145_a_chat_stream_tells_its_usage_near_the_end),
        cmocka_unit_test(of_a_running_sum_the_last_one_counts),
        cmocka_unit_test(s02_146_a_responses_stream_tells_its_usage_in_its_last_event),
        cmocka_unit_test(s02_147_no_usage_is_not_a_usage_of_zero),
        cmocka_unit_test(numbers_no_counter_can_hold_are_not_believed),
        cmocka_unit_test(a_frame_that_is_cut_off_is_not_believed),
        cmocka_unit_test(the_sentinel_is_itself_and_nothing_longer),
        cmocka_unit_test(an_event_of_any_size_costs_the_same_memory),
        cmocka_unit_test(content_is_told_from_preliminaries),
        cmocka_unit_test(errors_inside_a_stream_are_seen),
        cmocka_unit_test(the_shape_follows_from_the_headers),
        cmocka_unit_test(a_provider_that_names_no_type_is_read_by_its_first_byte),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("dialect/reader", tests, NULL, NULL);
}
