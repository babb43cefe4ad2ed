/* SPDX-License-Identifier: MIT */
#include "lib/codec/compress.h"

#include <stdlib.h>

#include "lib/codec/random.h"
#include "tests/support/cmocka_first.h"

#define LARGE ((size_t)1000000)

struct fixture {
    char *plain; /* LARGE bytes, half of them noise */
    struct gw_buf packed;
    struct gw_buf out;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    fixture->plain = calloc(1, LARGE);
    gw_random_bytes(fixture->plain, LARGE / 2);
    gw_buf_init(&fixture->packed, 2 * LARGE);
    gw_buf_init(&fixture->out, 2 * LARGE);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    gw_buf_fini(&fixture->packed);
    gw_buf_fini(&fixture->out);
    free(fixture->plain);
    free(fixture);
    return 0;
}

static void expect_back(struct fixture *fixture, struct gw_text plain)
{
    gw_buf_clear(&fixture->packed);
    gw_buf_clear(&fixture->out);
    assert_int_equal(gw_compress(plain, &fixture->packed), GW_OK);
    assert_int_equal(gw_decompress(gw_buf_text(&fixture->packed), &fixture->out), GW_OK);
    assert_true(gw_text_eq(gw_buf_text(&fixture->out), plain));
}

static void everything_comes_back(void **state)
{
    struct fixture *fixture = *state;

    expect_back(fixture, GW_TEXT_NONE);
    expect_back(fixture, GW_TEXT("x"));
    expect_back(fixture, (struct gw_text){fixture->plain, LARGE});
    /* Exactly the pieces it is handed on in. */
    expect_back(fixture, (struct gw_text){fixture->plain + LARGE / 2, 65536});
    expect_back(fixture, (struct gw_text){fixture->plain + LARGE / 2, 131072});
}

static void what_repeats_gets_smaller(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(
        gw_compress((struct gw_text){fixture->plain + LARGE / 2, LARGE / 2}, &fixture->packed),
        GW_OK);
    assert_true(fixture->packed.len < 1000);
}

static void a_small_frame_that_grows_without_end_is_stopped(void **state)
{
    struct fixture *fixture = *state;
    struct gw_buf small;

    assert_int_equal(
        gw_compress((struct gw_text){fixture->plain + LARGE / 2, LARGE / 2}, &fixture->packed),
        GW_OK);
    gw_buf_init(&small, 100000);
    assert_int_equal(gw_decompress(gw_buf_text(&fixture->packed), &small), GW_E_TOO_LARGE);
    assert_true(small.room <= 100000);
    gw_buf_fini(&small);
}

static void a_ceiling_that_is_just_enough_is_enough(void **state)
{
    struct fixture *fixture = *state;
    struct gw_buf exact;

    assert_int_equal(gw_compress((struct gw_text){fixture->plain, 131072}, &fixture->packed),
                     GW_OK);
    gw_buf_init(&exact, 131072);
    assert_int_equal(gw_decompress(gw_buf_text(&fixture->packed), &exact), GW_OK);
    gw_buf_fini(&exact);
    gw_buf_init(&exact, 131071);
    assert_int_equal(gw_decompress(gw_buf_text(&fixture->packed), &exact), GW_E_TOO_LARGE);
    gw_buf_fini(&exact);
}

static void a_cut_frame_is_damaged(void **state)
{
    struct fixture *fixture = *state;
    size_t len;

    assert_int_equal(gw_compress((struct gw_text){fixture->plain, 3000}, &fixture->packed), GW_OK);
    for (len = 0; len < fixture->packed.len; len++) {
        gw_buf_clear(&fixture->out);
        assert_int_equal(gw_decompress((struct gw_text){fixture->packed.at, len}, &fixture->out),
                         GW_E_CORRUPT);
    }
}

static void a_changed_frame_is_noticed(void **state)
{
    struct fixture *fixture = *state;
    size_t i, noticed = 0;

    assert_int_equal(gw_compress((struct gw_text){fixture->plain, 500}, &fixture->packed), GW_OK);
    for (i = 0; i < fixture->packed.len; i++) {
        gw_buf_clear(&fixture->out);
        fixture->packed.at[i] ^= 1;
        noticed += gw_decompress(gw_buf_text(&fixture->packed), &fixture->out) != GW_OK ||
                   fixture->out.len != 500;
        fixture->packed.at[i] ^= 1;
    }
    /* A header may say the same thing in two ways; content may not. */
    assert_true(noticed >= fixture->packed.len - 2);
    gw_buf_clear(&fixture->out);
    assert_int_equal(gw_decompress(GW_TEXT("not zstd at all"), &fixture->out), GW_E_CORRUPT);
}

static void rubbish_after_a_frame_is_damage(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(gw_compress(GW_TEXT("x"), &fixture->packed), GW_OK);
    gw_buf_append_str(&fixture->packed, "rubbish");
    assert_int_equal(gw_decompress(gw_buf_text(&fixture->packed), &fixture->out), GW_E_CORRUPT);
}

/* A frame that says it needs a window of 128 MiB: magic, descriptor, window byte. */
static void a_window_beyond_the_limit_is_refused(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(gw_decompress(GW_TEXT("\x28\xb5\x2f\xfd\x00\x88\x01\x00\x00"), &fixture->out),
                     GW_E_TOO_LARGE);
}

#define PACKED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        PACKED(everything_comes_back),
        PACKED(what_repeats_gets_smaller),
        PACKED(a_small_frame_that_grows_without_end_is_stopped),
        PACKED(a_ceiling_that_is_just_enough_is_enough),
        PACKED(a_cut_frame_is_damaged),
        PACKED(a_changed_frame_is_noticed),
        PACKED(rubbish_after_a_frame_is_damage),
        PACKED(a_window_beyond_the_limit_is_refused),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/codec/compress", tests, NULL, NULL);
}
