/* SPDX-License-Identifier: MIT */
#include "dataplane/admit/admit.h"

#include "lib/base/check.h"
#include "tests/support/hand_snapshot.h"

#define NOW_WALL_US (INT64_C(1700000000) * 1000000)

static const char CONFIGURATION[] =
    "{'users': [{'id': 1, 'name': 'one'}, {'id': 2, 'name': 'two', 'enabled': false},"
    " {'id': 3, 'name': 'three', 'expires_at': '2023-11-14T22:13:20Z'},"
    " {'id': 4, 'name': 'four', 'expires_at': '2023-11-14T22:13:21Z'}],"
    "'keys': [{'id': 1, 'user_id': 1, 'key': 'sk-good'},"
    " {'id': 2, 'user_id': 1, 'key': 'sk-disabled', 'enabled': false},"
    " {'id': 3, 'user_id': 1, 'key': 'sk-expired', 'expires_at': '2023-11-14T22:13:20Z'},"
    " {'id': 4, 'user_id': 1, 'key': 'sk-both', 'enabled': false,"
    "  'expires_at': '2001-01-01T00:00:00Z'},"
    " {'id': 5, 'user_id': 2, 'key': 'sk-of-two'}, {'id': 6, 'user_id': 3, 'key': 'sk-of-three'},"
    " {'id': 7, 'user_id': 4, 'key': 'sk-of-four'}],"
    "'providers': []}";

struct fixture {
    struct gw_keyring *ring;
    struct admit_with with;
    struct admit_result result;
};

static int set_up(void **state)
{
    struct fixture *fixture = GW_NEW(struct fixture);

    fixture->with = (struct admit_with){.snapshot = hand_snapshot(CONFIGURATION, &fixture->ring),
                                        .abuse = abuse_new(16),
                                        .known = known_new(),
                                        .client_ip = "192.0.2.1",
                                        .wall_us = NOW_WALL_US};
    fixture->with.keyring = fixture->ring;
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    snapshot_unref(fixture->with.snapshot);
    abuse_free(fixture->with.abuse);
    known_free(fixture->with.known);
    gw_keyring_free(fixture->ring);
    gw_free(fixture);
    return 0;
}

static enum refusal admit(struct fixture *fixture, const char *key)
{
    struct gw_http_header header = {GW_TEXT("x-api-key"), gw_text_of(key)};
    struct ask ask = {.request = {.headers = {&header, key == NULL ? 0 : 1}}};

    return admit_check(&ask, &fixture->with, &fixture->result);
}

static void a_good_key_brings_its_user_along(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(admit(fixture, "sk-good"), REFUSAL_NONE);
    assert_int_equal(fixture->result.caller.key->id, 1);
    assert_int_equal(fixture->result.caller.user->id, 1);
}

static void what_was_good_is_looked_up_anew_each_time(void **state)
{
    struct fixture *fixture = *state;
    const struct snapshot *before = fixture->with.snapshot;
    struct gw_keyring *other = NULL;

    assert_int_equal(admit(fixture, "sk-good"), REFUSAL_NONE);
    assert_int_equal(admit(fixture, "sk-good"), REFUSAL_NONE);
    fixture->with.snapshot = hand_snapshot("{'users': [], 'keys': [], 'providers': []}", &other);
    assert_int_equal(admit(fixture, "sk-good"), REFUSAL_KEY_UNKNOWN);
    snapshot_unref(fixture->with.snapshot);
    gw_keyring_free(other);
    fixture->with.snapshot = before;
}

static void s01_021_an_unknown_key_is_told_from_none(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(admit(fixture, "sk-goo"), REFUSAL_KEY_UNKNOWN);
    assert_int_equal(admit(fixture, NULL), REFUSAL_NO_KEY);
}

static void s01_022_a_key_expires_with_its_last_moment(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(admit(fixture, "sk-disabled"), REFUSAL_KEY_DISABLED);
    assert_int_equal(admit(fixture, "sk-expired"), REFUSAL_KEY_EXPIRED);
    fixture->with.wall_us = NOW_WALL_US - 1;
    assert_int_equal(admit(fixture, "sk-expired"), REFUSAL_NONE);
}

static void s01_023_a_user_may_be_disabled_or_expired(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(admit(fixture, "sk-of-two"), REFUSAL_USER_DISABLED);
    assert_int_equal(admit(fixture, "sk-of-three"), REFUSAL_USER_EXPIRED);
    assert_int_equal(admit(fixture, "sk-of-four"), REFUSAL_NONE);
}

static void s01_024_of_both_disabled_is_what_counts(void **state)
{
    assert_int_equal(admit(*state, "sk-both"), REFUSAL_KEY_DISABLED);
}

static void s01_025_guessing_from_one_address_locks_it(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < ABUSE_FAILURES; i++) {
        assert_int_equal(admit(fixture, i % 2 == 0 ? "guess" : NULL),
                         i % 2 == 0 ? REFUSAL_KEY_UNKNOWN : REFUSAL_NO_KEY);
    }
    assert_int_equal(admit(fixture, "sk-good"), REFUSAL_LOCKED);
    assert_int_equal(fixture->result.retry_after_us, ABUSE_LOCK_US);
    fixture->with.client_ip = "192.0.2.2";
    assert_int_equal(admit(fixture, "sk-good"), REFUSAL_NONE);
    fixture->with.client_ip = "192.0.2.1";
    fixture->with.now_us = ABUSE_LOCK_US;
    assert_int_equal(admit(fixture, "sk-good"), REFUSAL_NONE);
}

static void a_key_that_is_guessed_from_many_addresses_is_locked_too(void **state)
{
    struct fixture *fixture = *state;
    char address[32];

    fixture->with.client_ip = address;
    for (int i = 0; i < ABUSE_FAILURES; i++) {
        snprintf(address, sizeof(address), "192.0.2.%d", 10 + i);
        assert_int_equal(admit(fixture, "guess"), REFUSAL_KEY_UNKNOWN);
    }
    snprintf(address, sizeof(address), "192.0.2.9");
    assert_int_equal(admit(fixture, "guess"), REFUSAL_LOCKED);
    assert_int_equal(admit(fixture, "sk-good"), REFUSAL_NONE);
}

static void s01_026_expired_keys_lock_nobody(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < 2 * ABUSE_FAILURES; i++) {
        assert_int_equal(admit(fixture, "sk-expired"), REFUSAL_KEY_EXPIRED);
    }
    assert_true(abuse_is_quiet(fixture->with.abuse));
}

static void s01_027_a_success_clears_the_address(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < ABUSE_FAILURES - 1; i++) {
        assert_int_equal(admit(fixture, NULL), REFUSAL_NO_KEY);
    }
    assert_int_equal(admit(fixture, "sk-good"), REFUSAL_NONE);
    assert_true(abuse_is_quiet(fixture->with.abuse));
}

static void without_an_address_all_share_one_count(void **state)
{
    struct fixture *fixture = *state;

    fixture->with.client_ip = "";
    for (int i = 0; i < ABUSE_FAILURES; i++) {
        assert_int_equal(admit(fixture, NULL), REFUSAL_NO_KEY);
    }
    assert_int_equal(admit(fixture, "sk-good"), REFUSAL_LOCKED);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        T(a_good_key_brings_its_user_along),
        T(what_was_good_is_looked_up_anew_each_time),
        T(s01_021_an_unknown_key_is_told_from_none),
        T(s01_022_a_key_expires_with_its_last_moment),
        T(s01_023_a_user_may_be_disabled_or_expired),
        T(s01_024_of_both_disabled_is_what_counts),
        T(s01_025_guessing_from_one_address_locks_it),
        T(a_key_that_is_guessed_from_many_addresses_is_locked_too),
        T(s01_026_expired_keys_lock_nobody),
        T(s01_027_a_success_clears_the_address),
        T(without_an_address_all_share_one_count),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("admit/admit", tests, NULL, NULL);
}
