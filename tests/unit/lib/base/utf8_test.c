/* SPDX-License-Identifier: MIT */
#include "lib/base/utf8.h"

#include "lib/base/check.h"
#include "tests/support/cmocka_first.h"

/* The bytes of a character by the arithmetic of RFC 3629; returns how many. */
static size_t encode(uint32_t point, char ret_bytes[4])
{
    if (point < 0x80) {
        ret_bytes[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        ret_bytes[0] = (char)(0xc0 | point >> 6);
        ret_bytes[1] = (char)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        ret_bytes[0] = (char)(0xe0 | point >> 12);
        ret_bytes[1] = (char)(0x80 | (point >> 6 & 0x3f));
        ret_bytes[2] = (char)(0x80 | (point & 0x3f));
        return 3;
    }
    ret_bytes[0] = (char)(0xf0 | point >> 18);
    ret_bytes[1] = (char)(0x80 | (point >> 12 & 0x3f));
    ret_bytes[2] = (char)(0x80 | (point >> 6 & 0x3f));
    ret_bytes[3] = (char)(0x80 | (point & 0x3f));
    return 4;
}

static void every_character_is_known_and_nothing_else(void **state)
{
    uint32_t point;

    (void)state;
    for (point = 0; point <= 0x1fffff; point++) {
        char bytes[4];
        size_t size = encode(point, bytes);
        bool is_character = point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);

        if (gw_utf8_size((struct gw_text){bytes, size}) != (is_character ? size : 0)) {
            fail_msg("U+%X", point);
        }
    }
}

static void what_is_cut_short_is_none(void **state)
{
    static const uint32_t POINTS[] = {0xe9, 0x20ac, 0x1f600};
    char bytes[4];
    size_t i, len;

    (void)state;
    for (i = 0; i < GW_COUNT(POINTS); i++) {
        for (len = 0; len < encode(POINTS[i], bytes); len++) {
            assert_int_equal(gw_utf8_size((struct gw_text){bytes, len}), 0);
        }
    }
}

static void forms_that_are_too_long_are_refused(void **state)
{
    (void)state;
    assert_int_equal(gw_utf8_size(GW_TEXT("\xc0\x80")), 0);
    assert_int_equal(gw_utf8_size(GW_TEXT("\xc1\xbf")), 0);
    assert_int_equal(gw_utf8_size(GW_TEXT("\xe0\x9f\xbf")), 0);
    assert_int_equal(gw_utf8_size(GW_TEXT("\xf0\x8f\xbf\xbf")), 0);
}

static void bytes_that_stand_alone_are_refused(void **state)
{
    (void)state;
    assert_int_equal(gw_utf8_size(GW_TEXT("\x80")), 0);
    assert_int_equal(gw_utf8_size(GW_TEXT("\xff\xff\xff\xff")), 0);
    assert_int_equal(gw_utf8_size(GW_TEXT("\xc3(")), 0);
    assert_int_equal(gw_utf8_size(GW_TEXT("\xe2\x82(")), 0);
}

static void a_text_is_valid_as_a_whole(void **state)
{
    (void)state;
    assert_true(gw_utf8_is_valid(GW_TEXT_NONE));
    assert_true(gw_utf8_is_valid(GW_TEXT("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")));
    assert_false(gw_utf8_is_valid(GW_TEXT("abc\xc3")));
    assert_false(gw_utf8_is_valid(GW_TEXT("\xed\xa0\x80")));
}

static void characters_are_counted_and_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(gw_utf8_count(GW_TEXT_NONE), 0);
    assert_int_equal(gw_utf8_count(GW_TEXT("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")), 4);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_known_and_nothing_else),
        cmocka_unit_test(what_is_cut_short_is_none),
        cmocka_unit_test(forms_that_are_too_long_are_refused),
        cmocka_unit_test(bytes_that_stand_alone_are_refused),
        cmocka_unit_test(a_text_is_valid_as_a_whole),
        cmocka_unit_test(characters_are_counted_and_not_bytes),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/base/utf8", tests, NULL, NULL);
}
