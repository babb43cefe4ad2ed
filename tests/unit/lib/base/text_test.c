/* SPDX-License-Identifier: MIT */
#include "lib/base/text.h"

#include "lib/base/check.h"
#include "tests/support/cmocka_first.h"

static void expect_text(struct gw_text text, const char *expected)
{
    assert_true(gw_text_eq(text, gw_text_of(expected)));
}

/* ---- Borrowed text ---------------------------------------------------------------------- */

static void nothing_equals_empty(void **state)
{
    (void)state;
    assert_true(gw_text_eq(GW_TEXT_NONE, GW_TEXT("")));
    assert_true(gw_text_eq(gw_text_of(NULL), GW_TEXT_NONE));
    assert_false(gw_text_eq(GW_TEXT("a"), GW_TEXT_NONE));
    assert_false(gw_text_eq(GW_TEXT("a\0b"), GW_TEXT("a\0c")));
    assert_int_equal(GW_TEXT("a\0b").len, 3);
}

static void case_is_ignored_where_asked(void **state)
{
    (void)state;
    assert_true(gw_text_eq_nocase(GW_TEXT("Content-Type"), GW_TEXT("content-TYPE")));
    assert_false(gw_text_eq_nocase(GW_TEXT("Content-Type"), GW_TEXT("content-typ")));
    assert_true(gw_text_starts_with_nocase(GW_TEXT("Bearer x"), GW_TEXT("bearer ")));
    assert_false(gw_text_starts_with(GW_TEXT("Bearer x"), GW_TEXT("bearer ")));
}

static void heads_and_tails_are_found(void **state)
{
    (void)state;
    assert_true(gw_text_starts_with(GW_TEXT("/v1/models"), GW_TEXT("/v1/")));
    assert_false(gw_text_starts_with(GW_TEXT("/v"), GW_TEXT("/v1/")));
    assert_true(gw_text_starts_with(GW_TEXT("a"), GW_TEXT_NONE));
    assert_true(gw_text_ends_with(GW_TEXT("a.json"), GW_TEXT(".json")));
    assert_false(gw_text_ends_with(GW_TEXT("json"), GW_TEXT(".json")));
}

static void trimming_takes_spaces_and_tabs_only(void **state)
{
    (void)state;
    expect_text(gw_text_trim(GW_TEXT(" \t a b\t ")), "a b");
    expect_text(gw_text_trim(GW_TEXT("   ")), "");
    expect_text(gw_text_trim(GW_TEXT_NONE), "");
    expect_text(gw_text_trim(GW_TEXT("\na")), "\na");
}

static void finding_gives_the_length_when_there_is_none(void **state)
{
    (void)state;
    assert_int_equal(gw_text_find(GW_TEXT("a=b=c"), '='), 1);
    assert_int_equal(gw_text_find(GW_TEXT("abc"), '='), 3);
    assert_int_equal(gw_text_find(GW_TEXT_NONE, '='), 0);
    assert_int_equal(gw_text_find_text(GW_TEXT("data: [DONE]"), GW_TEXT("[DONE]")), 6);
    assert_int_equal(gw_text_find_text(GW_TEXT("data"), GW_TEXT("data:")), 4);
    assert_int_equal(gw_text_find_text(GW_TEXT("data"), GW_TEXT_NONE), 0);
    assert_int_equal(gw_text_find_text(GW_TEXT_NONE, GW_TEXT("x")), 0);
}

static void cutting_splits_at_the_first(void **state)
{
    struct gw_text head, tail = GW_TEXT("untouched");

    (void)state;
    assert_true(gw_text_cut(GW_TEXT("a=b=c"), '=', &head, &tail));
    expect_text(head, "a");
    expect_text(tail, "b=c");
    assert_true(gw_text_cut(GW_TEXT("="), '=', &head, &tail));
    expect_text(head, "");
    expect_text(tail, "");
    head = tail = GW_TEXT("untouched");
    assert_false(gw_text_cut(GW_TEXT("abc"), '=', &head, &tail));
    expect_text(head, "untouched");
    expect_text(tail, "untouched");
}

static void expect_u64(const char *text, uint64_t value)
{
    uint64_t got = 1;

    assert_int_equal(gw_text_to_u64(gw_text_of(text), &got), GW_OK);
    assert_true(got == value);
}

static void expect_i64(const char *text, int64_t value)
{
    int64_t got = 1;

    assert_int_equal(gw_text_to_i64(gw_text_of(text), &got), GW_OK);
    assert_true(got == value);
}

static void whole_numbers_are_read_to_their_ends(void **state)
{
    (void)state;
    expect_u64("0", 0);
    expect_u64("000", 0);
    expect_u64("18446744073709551615", UINT64_MAX);
    expect_i64("9223372036854775807", INT64_MAX);
    expect_i64("-9223372036854775808", INT64_MIN);
    expect_i64("-0", 0);
}

static void what_is_no_number_or_too_large_is_refused(void **state)
{
    static const char *const TEXTS[] = {"",    " 1", "1 ",  "+1",  "0x1",
                                        "1.0", "-",  "--1", "1e3", "99999999999999999999"};
    uint64_t size = 7;
    int64_t number = 7;
    size_t i;

    (void)state;
    for (i = 0; i < GW_COUNT(TEXTS); i++) {
        assert_int_equal(gw_text_to_u64(gw_text_of(TEXTS[i]), &size), GW_E_INVALID);
        assert_int_equal(gw_text_to_i64(gw_text_of(TEXTS[i]), &number), GW_E_INVALID);
    }
    assert_int_equal(gw_text_to_u64(GW_TEXT("18446744073709551616"), &size), GW_E_INVALID);
    assert_int_equal(gw_text_to_u64(GW_TEXT("-1"), &size), GW_E_INVALID);
    assert_int_equal(gw_text_to_i64(GW_TEXT("9223372036854775808"), &number), GW_E_INVALID);
    assert_int_equal(gw_text_to_i64(GW_TEXT("-9223372036854775809"), &number), GW_E_INVALID);
    assert_true(size == 7 && number == 7);
}

static void a_copy_ends_with_zero(void **state)
{
    char *copy = gw_text_dup((struct gw_text){"abcdef", 3});

    (void)state;
    assert_string_equal(copy, "abc");
    gw_free(copy);
    copy = gw_text_dup(GW_TEXT_NONE);
    assert_string_equal(copy, "");
    gw_free(copy);
}

/* The published values of FNV-1a, 64 bits. */
static void the_hash_is_fnv_1a(void **state)
{
    (void)state;
    assert_true(gw_text_hash(GW_TEXT("")) == UINT64_C(0xcbf29ce484222325));
    assert_true(gw_text_hash(GW_TEXT("a")) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(gw_text_hash(GW_TEXT("foobar")) == UINT64_C(0x85944171f73967e8));
}

/* ---- Growing buffers -------------------------------------------------------------------- */

static void a_buffer_grows_and_is_always_ended(void **state)
{
    struct gw_buf buf;
    int i;

    (void)state;
    gw_buf_init(&buf, 100000);
    assert_null(buf.at);
    assert_int_equal(gw_buf_append(&buf, GW_TEXT_NONE), GW_OK);
    assert_string_equal(buf.at, "");
    for (i = 0; i < 1000; i++) {
        assert_int_equal(gw_buf_appendf(&buf, "%d,", i), GW_OK);
        assert_int_equal(buf.at[buf.len], '\0');
    }
    assert_int_equal(strlen(buf.at), 3890);
    assert_memory_equal(buf.at + buf.len - 8, "998,999,", 8);
    gw_buf_fini(&buf);
}

static void a_buffer_never_passes_its_ceiling(void **state)
{
    struct gw_buf buf;

    (void)state;
    gw_buf_init(&buf, 10);
    assert_int_equal(gw_buf_append_str(&buf, "0123456789"), GW_OK);
    assert_int_equal(gw_buf_append_byte(&buf, 'x'), GW_E_TOO_LARGE);
    assert_string_equal(buf.at, "0123456789");
    assert_true(buf.room <= 10);
    gw_buf_fini(&buf);
}

static void the_first_failure_stays_until_it_is_cleared(void **state)
{
    struct gw_buf buf;

    (void)state;
    gw_buf_init(&buf, 4);
    assert_int_equal(gw_buf_append_str(&buf, "12345"), GW_E_TOO_LARGE);
    assert_int_equal(gw_buf_append_str(&buf, "1"), GW_E_TOO_LARGE);
    assert_int_equal(gw_buf_appendf(&buf, "%d", 1), GW_E_TOO_LARGE);
    assert_int_equal(buf.err, GW_E_TOO_LARGE);
    assert_int_equal(buf.len, 0);
    gw_buf_clear(&buf);
    assert_int_equal(gw_buf_append_str(&buf, "1234"), GW_OK);
    gw_buf_fini(&buf);
}

static void room_may_be_reserved_and_filled_by_hand(void **state)
{
    struct gw_buf buf;
    void *room;

    (void)state;
    gw_buf_init(&buf, 1000);
    gw_buf_append_str(&buf, "ab");
    assert_int_equal(gw_buf_reserve(&buf, 500, &room), GW_OK);
    assert_ptr_equal(room, buf.at + 2);
    memset(room, 'c', 500);
    buf.len += 500;
    assert_int_equal(gw_buf_append_str(&buf, "d"), GW_OK);
    assert_int_equal(strlen(buf.at), 503);
    assert_int_equal(gw_buf_reserve(&buf, SIZE_MAX, &room), GW_E_TOO_LARGE);
    gw_buf_fini(&buf);
}

static void the_front_can_be_dropped(void **state)
{
    struct gw_buf buf;

    (void)state;
    gw_buf_init(&buf, 100);
    gw_buf_consume(&buf, 0);
    gw_buf_append_str(&buf, "hello world");
    gw_buf_consume(&buf, 6);
    assert_string_equal(buf.at, "world");
    gw_buf_consume(&buf, 5);
    assert_string_equal(buf.at, "");
    gw_buf_fini(&buf);
}

static void the_bytes_can_be_taken_away(void **state)
{
    struct gw_buf buf;
    char *taken;

    (void)state;
    gw_buf_init(&buf, 100);
    taken = gw_buf_take(&buf);
    assert_string_equal(taken, "");
    gw_free(taken);
    gw_buf_append_str(&buf, "mine");
    taken = gw_buf_take(&buf);
    assert_string_equal(taken, "mine");
    assert_int_equal(buf.len, 0);
    assert_int_equal(gw_buf_append_str(&buf, "yours"), GW_OK);
    assert_string_equal(taken, "mine");
    gw_free(taken);
    gw_buf_fini(&buf);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_equals_empty),
        cmocka_unit_test(case_is_ignored_where_asked),
        cmocka_unit_test(heads_and_tails_are_found),
        cmocka_unit_test(trimming_takes_spaces_and_tabs_only),
        cmocka_unit_test(finding_gives_the_length_when_there_is_none),
        cmocka_unit_test(cutting_splits_at_the_first),
        cmocka_unit_test(whole_numbers_are_read_to_their_ends),
        cmocka_unit_test(what_is_no_number_or_too_large_is_refused),
        cmocka_unit_test(a_copy_ends_with_zero),
        cmocka_unit_test(the_hash_is_fnv_1a),
        cmocka_unit_test(a_buffer_grows_and_is_always_ended),
        cmocka_unit_test(a_buffer_never_passes_its_ceiling),
        cmocka_unit_test(the_first_failure_stays_until_it_is_cleared),
        cmocka_unit_test(room_may_be_reserved_and_filled_by_hand),
        cmocka_unit_test(the_front_can_be_dropped),
        cmocka_unit_test(the_bytes_can_be_taken_away),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/base/text", tests, NULL, NULL);
}
