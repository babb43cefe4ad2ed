/* SPDX-License-Identifier: MIT */
#include "statsd/login/token.h"

#include <string.h>

#include "lib/units/clock.h"
#include "tests/support/cmocka_first.h"

#define TTL_US       (7 * 24 * GW_US_PER_HOUR)
#define NOW_US       (INT64_C(1795379450) * GW_US_PER_SECOND)
#define HALF_HOUR_US (1800 * GW_US_PER_SECOND)

static struct gw_arena arena;
static struct token_signer *signer;

static struct token_signer *signer_with(const char *token, int64_t ttl_us)
{
    return token_signer_new(gw_text_of(token), GW_TEXT(""), ttl_us);
}

static int make(void **state)
{
    (void)state;
    gw_arena_init(&arena, 65536);
    signer = signer_with("the-admin-token", TTL_US);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    token_signer_free(signer);
    gw_arena_fini(&arena);
    return 0;
}

static void the_admin_token_is_known_and_nothing_else_is(void **state)
{
    (void)state;
    assert_true(token_is_admin(signer, GW_TEXT("the-admin-token")));
    assert_false(token_is_admin(signer, GW_TEXT("the-admin-toke")));
    assert_false(token_is_admin(signer, GW_TEXT("")));
}

static void no_token_and_the_placeholder_let_nobody_in(void **state)
{
    static const char *const NONE[] = {"", "change-me"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct token_signer *none = signer_with(NONE[i], TTL_US);
        struct gw_text session = token_make_session(none, NOW_US, &arena);

        assert_false(token_is_admin(none, gw_text_of(NONE[i])));
        assert_false(token_is_session(none, session, NOW_US));
        token_signer_free(none);
    }
}

static void s03_012_a_session_token_has_our_prefix_and_two_parts(void **state)
{
    struct gw_text session = token_make_session(signer, NOW_US, &arena), payload, signature;

    (void)state;
    assert_true(gw_text_starts_with(session, GW_TEXT("millrace_admin_session_v1.")));
    assert_true(gw_text_cut(gw_text_skip(session, 26), '.', &payload, &signature));
    assert_int_equal(signature.len, 43);
    assert_true(token_is_session(signer, session, NOW_US));
}

static void a_session_lasts_as_long_as_was_said(void **state)
{
    struct gw_text session = token_make_session(signer, NOW_US, &arena);

    (void)state;
    assert_true(token_is_session(signer, session, NOW_US + TTL_US - GW_US_PER_SECOND));
    assert_false(token_is_session(signer, session, NOW_US + TTL_US));
    assert_true(token_is_session(signer, session, NOW_US - 4 * 60 * GW_US_PER_SECOND));
    assert_false(token_is_session(signer, session, NOW_US - 6 * 60 * GW_US_PER_SECOND));
}

static void s03_027_another_admin_token_ends_all_sessions(void **state)
{
    struct gw_text session = token_make_session(signer, NOW_US, &arena);
    struct token_signer *other = signer_with("another", TTL_US);

    (void)state;
    assert_false(token_is_session(other, session, NOW_US));
    token_signer_free(other);
}

static void s03_028_a_lower_time_to_live_ends_sessions_and_a_higher_one_prolongs_none(void **state)
{
    struct gw_text session = token_make_session(signer, NOW_US, &arena);
    struct token_signer *lower = signer_with("the-admin-token", 60 * GW_US_PER_SECOND);
    struct token_signer *higher = signer_with("the-admin-token", 2 * TTL_US);

    (void)state;
    assert_true(token_is_session(lower, session, NOW_US + 59 * GW_US_PER_SECOND));
    assert_false(token_is_session(lower, session, NOW_US + 120 * GW_US_PER_SECOND));
    assert_false(token_is_session(higher, session, NOW_US + TTL_US + 1));
    token_signer_free(higher);
    token_signer_free(lower);
}

static void a_changed_byte_anywhere_makes_a_session_invalid(void **state)
{
    struct gw_text session = token_make_session(signer, NOW_US, &arena);

    (void)state;
    for (size_t i = 0; i < session.len; i++) {
        struct gw_text copy = gw_arena_text(&arena, session);

        ((char *)(uintptr_t)copy.at)[i] ^= 1;
        assert_false(token_is_session(signer, copy, NOW_US));
    }
    for (size_t len = 0; len < session.len; len++) {
        assert_false(token_is_session(signer, (struct gw_text){session.at, len}, NOW_US));
    }
    assert_false(token_is_session(
        signer, gw_text_of(gw_arena_fmt(&arena, "%.*s.x", GW_TEXT_ARG(session))), NOW_US));
}

static void a_csrf_token_is_bound_to_credential_and_user(void **state)
{
    struct gw_text token = token_make_csrf(signer, GW_TEXT("cookie"), -1, NOW_US, &arena);

    (void)state;
    assert_true(token_is_csrf(signer, token, GW_TEXT("cookie"), -1, NOW_US));
    assert_false(token_is_csrf(signer, token, GW_TEXT("other"), -1, NOW_US));
    assert_false(token_is_csrf(signer, token, GW_TEXT("cookie"), 7, NOW_US));
    assert_false(token_is_csrf(signer, GW_TEXT(""), GW_TEXT("cookie"), -1, NOW_US));
    assert_false(token_is_csrf(signer, GW_TEXT("1."), GW_TEXT("cookie"), -1, NOW_US));
}

static void s03_030_a_csrf_token_of_two_buckets_ago_is_stale(void **state)
{
    struct gw_text token = token_make_csrf(signer, GW_TEXT("cookie"), -1, NOW_US, &arena);

    (void)state;
    assert_true(token_is_csrf(signer, token, GW_TEXT("cookie"), -1, NOW_US + HALF_HOUR_US));
    assert_false(token_is_csrf(signer, token, GW_TEXT("cookie"), -1, NOW_US + 2 * HALF_HOUR_US));
    assert_false(token_is_csrf(signer, token, GW_TEXT("cookie"), -1, NOW_US - HALF_HOUR_US));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(the_admin_token_is_known_and_nothing_else_is),
        TEST(no_token_and_the_placeholder_let_nobody_in),
        TEST(s03_012_a_session_token_has_our_prefix_and_two_parts),
        TEST(a_session_lasts_as_long_as_was_said),
        TEST(s03_027_another_admin_token_ends_all_sessions),
        TEST(s03_028_a_lower_time_to_live_ends_sessions_and_a_higher_one_prolongs_none),
        TEST(a_changed_byte_anywhere_makes_a_session_invalid),
        TEST(a_csrf_token_is_bound_to_credential_and_user),
        TEST(s03_030_a_csrf_token_of_two_buckets_ago_is_stale),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("statsd/login/token", tests, NULL, NULL);
}
