/* SPDX-License-Identifier: MIT */
#include "lib/base/arena.h"

#include <stdalign.h>

#include "tests/support/cmocka_first.h"

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    static const size_t SIZES[] = {1, 7, 16, 100, 1000, 1023, 1024, 4000, 5000, 100000, 3};
    struct gw_arena arena;
    unsigned char *at[sizeof(SIZES) / sizeof(SIZES[0])];
    size_t i, byte;

    (void)state;
    gw_arena_init(&arena, 1000000);
    for (i = 0; i < sizeof(SIZES) / sizeof(SIZES[0]); i++) {
        at[i] = gw_arena_alloc(&arena, SIZES[i]);
        assert_int_equal((uintptr_t)at[i] % alignof(max_align_t), 0);
        for (byte = 0; byte < SIZES[i]; byte++) {
            assert_int_equal(at[i][byte], 0);
        }
        memset(at[i], (int)i + 1, SIZES[i]);
    }
    for (i = 0; i < sizeof(SIZES) / sizeof(SIZES[0]); i++) {
        assert_int_equal(at[i][0], i + 1);
        assert_int_equal(at[i][SIZES[i] - 1], i + 1);
    }
    gw_arena_fini(&arena);
}

static void small_pieces_share_blocks(void **state)
{
    struct gw_arena arena;
    char *first, *second;

    (void)state;
    gw_arena_init(&arena, 100000);
    first = gw_arena_alloc(&arena, 10);
    gw_arena_alloc(&arena, 50000); /* a block of its own, behind the one in use */
    second = gw_arena_alloc(&arena, 10);
    assert_ptr_equal(second, first + 16);
    gw_arena_fini(&arena);
}

static void a_large_piece_may_come_first(void **state)
{
    struct gw_arena arena;
    char *large, *small;

    (void)state;
    gw_arena_init(&arena, 100000);
    large = gw_arena_alloc(&arena, 2000);
    small = gw_arena_alloc(&arena, 2000);
    memset(large, 1, 2000);
    memset(small, 2, 2000);
    assert_int_equal(large[1999], 1);
    gw_arena_fini(&arena);
}

static void the_ceiling_holds_for_the_sum(void **state)
{
    struct gw_arena arena;

    (void)state;
    gw_arena_init(&arena, 100);
    assert_non_null(gw_arena_try(&arena, 60));
    assert_null(gw_arena_try(&arena, 41));
    assert_non_null(gw_arena_try(&arena, 40));
    assert_null(gw_arena_try(&arena, 1));
    assert_null(gw_arena_try(&arena, SIZE_MAX));
    gw_arena_fini(&arena);
}

static void it_may_be_used_again_after_the_end(void **state)
{
    struct gw_arena arena;

    (void)state;
    gw_arena_init(&arena, 100);
    gw_arena_alloc(&arena, 100);
    gw_arena_fini(&arena);
    assert_non_null(gw_arena_try(&arena, 100));
    gw_arena_fini(&arena);
}

static void texts_are_copied_and_ended(void **state)
{
    struct gw_arena arena;
    char source[] = "abc";
    struct gw_text text;

    (void)state;
    gw_arena_init(&arena, 10000);
    text = gw_arena_text(&arena, (struct gw_text){source, 2});
    source[0] = 'x';
    assert_int_equal(text.len, 2);
    assert_string_equal(text.at, "ab");
    assert_string_equal(gw_arena_text(&arena, GW_TEXT_NONE).at, "");
    assert_string_equal(gw_arena_str(&arena, "hello"), "hello");
    assert_string_equal(gw_arena_fmt(&arena, "%s-%d", "a", 7), "a-7");
    gw_arena_fini(&arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(small_pieces_share_blocks),
        cmocka_unit_test(a_large_piece_may_come_first),
        cmocka_unit_test(the_ceiling_holds_for_the_sum),
        cmocka_unit_test(it_may_be_used_again_after_the_end),
        cmocka_unit_test(texts_are_copied_and_ended),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/base/arena", tests, NULL, NULL);
}
