/* SPDX-License-Identifier: MIT */
#include "lib/json/scan.h"

#include <stdio.h>

#include "lib/base/check.h"

#include "tests/support/cmocka_first.h"

enum { MODEL, STREAM, MESSAGES, INPUT_TOKENS, CACHED, ITEM_MODEL, USAGE_OBJECT };

static const struct gw_scan_name DETAILS[] = {{"cached_tokens", CACHED, NULL}, {NULL, -1, NULL}};
static const struct gw_scan_name USAGE[] = {
    {"input_tokens", INPUT_TOKENS, NULL}, {"details", -1, DETAILS}, {NULL, -1, NULL}};
static const struct gw_scan_name ITEM[] = {{"model", ITEM_MODEL, NULL}, {NULL, -1, NULL}};
static const struct gw_scan_name ITEMS[] = {{"[]", -1, ITEM}, {NULL, -1, NULL}};
static const struct gw_scan_name ROOT[] = {
    {"model", MODEL, NULL},         {"stream", STREAM, NULL}, {"messages", MESSAGES, NULL},
    {"usage", USAGE_OBJECT, USAGE}, {"requests", -1, ITEMS},  {NULL, -1, NULL}};

/* What was found, as text: "0s:gpt 1t:true 3n:12 " */
struct notes {
    char text[2048];
    size_t len;
};

static void note(void *owner, const struct gw_scan_found *found)
{
    static const char KINDS[] = "0ftns{[";
    struct notes *notes = owner;

    notes->len += (size_t)snprintf(notes->text + notes->len, sizeof(notes->text) - notes->len,
                                   "%d%c%s%.*s%s ", found->id, KINDS[found->kind],
                                   found->edge == GW_SCAN_WHOLE  ? ":"
                                   : found->edge == GW_SCAN_OPEN ? "<"
                                                                 : ">",
                                   GW_TEXT_ARG(found->text), found->is_cut ? "..." : "");
}

static enum gw_err scan_in_pieces(struct gw_text text, size_t piece, struct notes *notes)
{
    struct gw_scan scan;

    notes->len = 0;
    notes->text[0] = '\0';
    gw_scan_init(&scan, ROOT, note, notes);
    for (size_t at = 0; at < text.len; at += piece) {
        size_t len = text.len - at < piece ? text.len - at : piece;

        /* A copy of exactly that size, so that the sanitizer sees a read past the piece. */
        char *copy = gw_text_dup((struct gw_text){text.at + at, len});
        enum gw_err err = gw_scan_feed(&scan, (struct gw_text){copy, len});

        gw_free(copy);
        if (err != GW_OK) {
            return err;
        }
    }
    return gw_scan_end(&scan);
}

static void assert_finds(const char *json, const char *expected)
{
    struct gw_text text = gw_text_of(json);
    struct notes notes;

    for (size_t piece = 1; piece <= text.len; piece++) {
        assert_int_equal(scan_in_pieces(text, piece, &notes), GW_OK);
        assert_string_equal(notes.text, expected);
    }
}

static void values_are_found_wherever_they_stand_and_however_they_arrive(void **state)
{
    (void)state;
    assert_finds("{\"model\":\"gpt-5\",\"stream\":true}", "0s:gpt-5 1t:true ");
    assert_finds(
        " { \"x\" : [ 1 , {\"model\":\"no\"} ] ,\n\t\"stream\" : false , \"model\" : \"m\" } ",
        "1f:false 0s:m ");
    assert_finds("{\"stream\":null,\"model\":17,\"messages\":[[],{},\"\"]}",
                 "10:null 0n:17 2[< 2[> ");
    assert_finds("{\"model\":\"\"}", "0s: ");
}

static void inner_names_count_only_along_their_path(void **state)
{
    (void)state;
    assert_finds("{\"input_tokens\":1,\"usage\":{\"a\":{\"input_tokens\":2},\"input_tokens\":3,"
                 "\"details\":{\"cached_tokens\":4.0}},\"cached_tokens\":5}",
                 "6{< 3n:3 4n:4.0 6{> ");
    assert_finds("{\"usage\":null}", "60:null ");
    assert_finds("{\"usage\":[{\"input_tokens\":3}]}", "6[< 6[> ");
}

static void items_of_arrays_are_found_by_the_sign_for_items(void **state)
{
    (void)state;
    assert_finds("{\"requests\":[{\"model\":\"a\"},7,{\"x\":{},\"model\":\"b\"}]}", "5s:a 5s:b ");
    assert_finds("{\"requests\":{\"[]\":{\"model\":\"a\"},\"model\":\"b\"}}", "");
}

static void a_name_twice_is_told_twice(void **state)
{
    (void)state;
    assert_finds("{\"model\":\"a\",\"model\":\"b\"}", "0s:a 0s:b ");
}

static void a_name_written_with_escapes_is_the_same_name(void **state)
{
    (void)state;
    assert_finds("{\"mod\\u0065l\":\"a\\\"b\",\"\\u006dodels\":1}", "0s:a\\\"b ");
    assert_finds("{\"model\\u0000\":\"a\"}", "");
}

static void a_long_value_in_pieces_is_cut_and_says_so(void **state)
{
    char json[1024];
    struct notes notes;

    (void)state;
    snprintf(json, sizeof(json), "{\"model\":\"%0*d\",\"stream\":true}", 300, 0);
    assert_int_equal(scan_in_pieces(gw_text_of(json), 100, &notes), GW_OK);
    assert_non_null(strstr(notes.text, "... 1t:true "));
    assert_int_equal(scan_in_pieces(gw_text_of(json), strlen(json), &notes), GW_OK);
    assert_null(strstr(notes.text, "..."));
}

struct span {
    uint64_t begin, end;
};

static void keep_span(void *owner, const struct gw_scan_found *found)
{
    if (found->edge != GW_SCAN_OPEN) {
        *(struct span *)owner = (struct span){found->begin, found->end};
    }
}

static void assert_span(const char *json, size_t piece, const char *expected)
{
    struct gw_scan scan;
    struct span span = {0, 0};

    gw_scan_init(&scan, ROOT, keep_span, &span);
    for (size_t at = 0; at < strlen(json); at += piece) {
        size_t len = strlen(json) - at < piece ? strlen(json) - at : piece;

        assert_int_equal(gw_scan_feed(&scan, (struct gw_text){json + at, len}), GW_OK);
    }
    assert_int_equal(span.end - span.begin, strlen(expected));
    assert_memory_equal(json + span.begin, expected, strlen(expected));
}

static void offsets_enclose_the_value_so_that_it_can_be_replaced(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < 40; piece++) {
        assert_span("{\"a\":1, \"model\" : \"gpt\\n\" }", piece, "\"gpt\\n\"");
        assert_span("{\"stream\":true}", piece, "true");
        assert_span("{\"model\":-12.5e3}", piece, "-12.5e3");
        assert_span("{\"messages\":[1,{\"b\":[]}] }", piece, "[1,{\"b\":[]}]");
    }
}

static void what_is_not_json_is_refused(void **state)
{
    static const char *const BAD[] = {
        "",
        "{",
        "}",
        "[",
        "{]",
        "[}",
        "[1,]",
        "[,1]",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\" 1}",
        "[1 2]",
        "\"a",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\n\"",
        "01",
        "1.",
        ".5",
        "-",
        "1e",
        "1e+",
        "+1",
        "nul",
        "nulll",
        "True",
        "{} {}",
        "[1]]",
        "\xef\xbb\xbf{}",
        "'a'",
        "[NaN]",
        "/**/1",
        "\"\t\"",
        "{\"a\":1\"b\":2}",
    };
    struct notes notes;

    (void)state;
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        struct gw_text text = gw_text_of(BAD[i]);

        for (size_t piece = 1; piece <= text.len + 1; piece++) {
            if (scan_in_pieces(text, piece, &notes) == GW_OK) {
                fail_msg("accepted: %s", BAD[i]);
            }
        }
    }
}

static void what_is_json_is_accepted(void **state)
{
    static const char *const GOOD[] = {
        "0",           "-0",         "1.5E-7",   "1e9",   "\"\"",   "true",
        "null",        "[]",         "{}",       " [ ] ", "[[[]]]", "\"\\u12Af\\/\\b\"",
        "{\"\":[{}]}", "[0,-1,2.5]", "\"\xff\"", "12",
    };
    struct notes notes;

    (void)state;
    for (size_t i = 0; i < sizeof(GOOD) / sizeof(GOOD[0]); i++) {
        struct gw_text text = gw_text_of(GOOD[i]);

        for (size_t piece = 1; piece <= text.len; piece++) {
            if (scan_in_pieces(text, piece, &notes) != GW_OK) {
                fail_msg("refused: %s", GOOD[i]);
            }
        }
    }
}

static void depth_is_bounded(void **state)
{
    char json[2 * GW_SCAN_DEPTH_MAX + 8];
    struct notes notes;

    (void)state;
    memset(json, '[', GW_SCAN_DEPTH_MAX + 1);
    memset(json + GW_SCAN_DEPTH_MAX + 1, ']', GW_SCAN_DEPTH_MAX + 1);
    assert_int_equal(
        scan_in_pieces((struct gw_text){json, 2 * (GW_SCAN_DEPTH_MAX + 1)}, 64, &notes),
        GW_E_INVALID);
    assert_int_equal(scan_in_pieces((struct gw_text){json + 1, 2 * GW_SCAN_DEPTH_MAX}, 64, &notes),
                     GW_OK);
}

static void a_failure_names_its_place_and_stays(void **state)
{
    struct gw_scan scan;

    (void)state;
    gw_scan_init(&scan, ROOT, note, &(struct notes){.len = 0});
    assert_int_equal(gw_scan_feed(&scan, GW_TEXT("{\"a\":1,")), GW_OK);
    assert_int_equal(gw_scan_feed(&scan, GW_TEXT("x")), GW_E_INVALID);
    assert_int_equal(scan.offset, 7);
    assert_int_equal(gw_scan_feed(&scan, GW_TEXT("}")), GW_E_INVALID);
    assert_int_equal(gw_scan_end(&scan), GW_E_INVALID);
}

static void assert_means(const char *written, const char *meant)
{
    struct gw_buf out;

    gw_buf_init(&out, 256);
    assert_int_equal(gw_scan_unescape(gw_text_of(written), &out), GW_OK);
    assert_string_equal(out.at == NULL ? "" : out.at, meant);
    gw_buf_fini(&out);
}

static void escapes_are_resolved(void **state)
{
    (void)state;
    assert_means("", "");
    assert_means("plain", "plain");
    assert_means("a\\\"\\\\\\/\\b\\f\\n\\r\\tz", "a\"\\/\b\f\n\r\tz");
    assert_means("\\u0041\\u00e9\\u4e2d", "A\xc3\xa9\xe4\xb8\xad");
    assert_means("\\ud83d\\ude00!", "\xf0\x9f\x98\x80!");
    assert_means("\\ud83d!", "\xef\xbf\xbd!");
    assert_means("\\ude00\\ud83d", "\xef\xbf\xbd\xef\xbf\xbd");
    assert_means("cut\\", "cut");
}

static void only_whole_numbers_are_counts(void **state)
{
    uint64_t value = 0;

    (void)state;
    assert_true(gw_scan_to_u64(GW_TEXT("18446744073709551615"), &value));
    assert_true(value == UINT64_MAX);
    assert_true(gw_scan_to_u64(GW_TEXT("12.00"), &value));
    assert_int_equal(value, 12);
    assert_false(gw_scan_to_u64(GW_TEXT("-1"), &value));
    assert_false(gw_scan_to_u64(GW_TEXT("1.5"), &value));
    assert_false(gw_scan_to_u64(GW_TEXT("1e3"), &value));
    assert_false(gw_scan_to_u64(GW_TEXT("18446744073709551616"), &value));
    assert_false(gw_scan_to_u64(GW_TEXT(""), &value));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found_wherever_they_stand_and_however_they_arrive),
        cmocka_unit_test(inner_names_count_only_along_their_path),
        cmocka_unit_test(items_of_arrays_are_found_by_the_sign_for_items),
        cmocka_unit_test(a_name_twice_is_told_twice),
        cmocka_unit_test(a_name_written_with_escapes_is_the_same_name),
        cmocka_unit_test(a_long_value_in_pieces_is_cut_and_says_so),
        cmocka_unit_test(offsets_enclose_the_value_so_that_it_can_be_replaced),
        cmocka_unit_test(what_is_not_json_is_refused),
        cmocka_unit_test(what_is_json_is_accepted),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(a_failure_names_its_place_and_stays),
        cmocka_unit_test(escapes_are_resolved),
        cmocka_unit_test(only_whole_numbers_are_counts),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/json/scan", tests, NULL, NULL);
}
