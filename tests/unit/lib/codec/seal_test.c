/* SPDX-License-Identifier: MIT */
#include "lib/codec/seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/check.h"
#include "lib/codec/file.h"
#include "tests/support/cmocka_first.h"

#define DIGEST "digest 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
#define SEAL_1 "1 1111111111111111111111111111111111111111111111111111111111111111"
#define SEAL_2 "2 2222222222222222222222222222222222222222222222222222222222222222"

static struct gw_keyring *ring_of(const char *text)
{
    struct gw_keyring *ring = NULL;
    struct gw_fault fault = {""};

    if (gw_keyring_parse(gw_text_of(text), &ring, &fault) != GW_OK) {
        print_error("%s\n", fault.text);
        fail();
    }
    return ring;
}

static void expect_refused(const char *text, const char *reason)
{
    struct gw_keyring *ring = NULL;
    struct gw_fault fault = {""};

    assert_int_equal(gw_keyring_parse(gw_text_of(text), &ring, &fault), GW_E_INVALID);
    assert_null(ring);
    if (strstr(fault.text, reason) == NULL) {
        print_error("\"%s\" and not \"%s\"\n", fault.text, reason);
        fail();
    }
}

/* ---- Keyrings --------------------------------------------------------------------------- */

static void the_first_seal_key_is_the_current_one(void **state)
{
    struct gw_keyring *ring = ring_of("# mine; not yours\n" DIGEST "\r\n  seal " SEAL_2
                                      "\nseal " SEAL_1);

    (void)state;
    assert_int_equal(gw_keyring_current(ring)->id, 2);
    assert_int_equal(gw_keyring_find(ring, 1)->at[0], 0x11);
    assert_null(gw_keyring_find(ring, 3));
    gw_keyring_free(ring);
}

static void a_keyring_fits_into_one_line(void **state)
{
    struct gw_keyring *ring = ring_of(
        "seal " SEAL_1 "; digest 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    struct gw_digest digest;
    char hex[GW_DIGEST_HEX_SIZE];

    (void)state;
    gw_keyring_digest(ring, GW_TEXT("sk-0123"), &digest);
    gw_hex(gw_digest_text(&digest), hex);
    /* Computed with Python's hmac module. */
    assert_string_equal(hex, "596aec549c695eee8a01064498c16d25c5057c9e091dc04acd68a9d9441e3d09");
    gw_keyring_free(ring);
}

static void a_keyring_with_a_mistake_is_refused_and_named_by_line(void **state)
{
    (void)state;
    expect_refused("", "no digest key");
    expect_refused("seal " SEAL_1 "\n", "no digest key");
    expect_refused(DIGEST, "no seal key");
    expect_refused(DIGEST DIGEST, "line 2: a second digest key");
    expect_refused(DIGEST "seal " SEAL_1 "\nseal " SEAL_1, "line 3: seal key 1 stands twice");
    expect_refused("\n\nwhat is this\n", "line 3: neither");
    expect_refused("digest\n", "line 1: neither");
    expect_refused("digest 0102\n", "line 1: a key is 64 hex digits");
    expect_refused("seal 0 11\n", "line 1: not \"seal <number> <key>\"");
    expect_refused("seal 4294967296 11\n", "line 1: not \"seal <number> <key>\"");
    expect_refused("seal x 11\n", "line 1: not \"seal <number> <key>\"");
    expect_refused("seal 1 11\n", "line 1: a key is 64 hex digits");
    expect_refused("digest zz02030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f0\n",
                   "line 1: a key is 64 hex digits");
}

static void a_mistake_shows_nothing_of_a_key(void **state)
{
    struct gw_keyring *ring;
    struct gw_fault fault;

    (void)state;
    assert_int_equal(gw_keyring_parse(GW_TEXT("digest deadbeefdeadbeef\n"), &ring, &fault),
                     GW_E_INVALID);
    assert_null(strstr(fault.text, "dead"));
    assert_int_equal(gw_keyring_parse(GW_TEXT("deadbeefdeadbeef\n"), &ring, &fault), GW_E_INVALID);
    assert_null(strstr(fault.text, "dead"));
}

static void too_many_seal_keys_are_refused(void **state)
{
    struct gw_buf text;
    int i;

    (void)state;
    gw_buf_init(&text, 8192);
    gw_buf_append_str(&text, DIGEST);
    for (i = 1; i <= GW_KEYRING_SEALS_MAX + 1; i++) {
        gw_buf_appendf(&text, "seal %d%s\n", i, &SEAL_1[1]);
    }
    expect_refused(text.at, "more than 16 seal keys");
    gw_buf_fini(&text);
}

static void a_generated_keyring_loads_and_is_never_the_same(void **state)
{
    char path[] = "/tmp/keyring_test.XXXXXX";
    struct gw_keyring *ring;
    struct gw_buf one, other;
    struct gw_fault fault;

    (void)state;
    gw_buf_init(&one, 4096);
    gw_buf_init(&other, 4096);
    gw_keyring_generate(&one);
    gw_keyring_generate(&other);
    assert_false(gw_text_eq(gw_buf_text(&one), gw_buf_text(&other)));
    close(mkstemp(path));
    assert_int_equal(gw_file_replace(path, gw_buf_text(&one), 0600, &fault), GW_OK);
    assert_int_equal(gw_keyring_load(path, &ring, &fault), GW_OK);
    assert_int_equal(gw_keyring_current(ring)->id, 1);
    gw_keyring_free(ring);
    unlink(path);
    assert_int_equal(gw_keyring_load(path, &ring, &fault), GW_E_ABSENT);
    gw_buf_fini(&one);
    gw_buf_fini(&other);
}

/* ---- Sealing ---------------------------------------------------------------------------- */

static void what_is_sealed_opens_again(void **state)
{
    struct gw_keyring *ring = ring_of(DIGEST "seal " SEAL_1);
    struct gw_buf sealed, plain;

    (void)state;
    gw_buf_init(&sealed, 4096);
    gw_buf_init(&plain, 4096);
    assert_int_equal(gw_seal(ring, GW_TEXT("provider:12"), GW_TEXT("sk-ant-1"), &sealed), GW_OK);
    assert_int_equal(sealed.len, 8 + GW_SEAL_OVERHEAD);
    assert_memory_equal(sealed.at, "\x01\x00\x00\x00\x01", 5);
    assert_int_equal(gw_text_find_text(gw_buf_text(&sealed), GW_TEXT("sk-ant")), sealed.len);
    gw_buf_append_str(&plain, "before ");
    assert_int_equal(gw_unseal(ring, GW_TEXT("provider:12"), gw_buf_text(&sealed), &plain), GW_OK);
    assert_string_equal(plain.at, "before sk-ant-1");
    gw_buf_fini(&sealed);
    gw_buf_fini(&plain);
    gw_keyring_free(ring);
}

static void nothing_can_be_sealed_too(void **state)
{
    struct gw_keyring *ring = ring_of(DIGEST "seal " SEAL_1);
    struct gw_buf sealed, plain;

    (void)state;
    gw_buf_init(&sealed, 4096);
    gw_buf_init(&plain, 4096);
    assert_int_equal(gw_seal(ring, GW_TEXT_NONE, GW_TEXT_NONE, &sealed), GW_OK);
    assert_int_equal(sealed.len, GW_SEAL_OVERHEAD);
    assert_int_equal(gw_unseal(ring, GW_TEXT_NONE, gw_buf_text(&sealed), &plain), GW_OK);
    assert_int_equal(plain.len, 0);
    gw_buf_fini(&sealed);
    gw_buf_fini(&plain);
    gw_keyring_free(ring);
}

static void the_same_text_is_never_sealed_alike(void **state)
{
    struct gw_keyring *ring = ring_of(DIGEST "seal " SEAL_1);
    struct gw_buf one, other;

    (void)state;
    gw_buf_init(&one, 4096);
    gw_buf_init(&other, 4096);
    assert_int_equal(gw_seal(ring, GW_TEXT("p"), GW_TEXT("x"), &one), GW_OK);
    assert_int_equal(gw_seal(ring, GW_TEXT("p"), GW_TEXT("x"), &other), GW_OK);
    assert_false(gw_text_eq(gw_buf_text(&one), gw_buf_text(&other)));
    gw_buf_fini(&one);
    gw_buf_fini(&other);
    gw_keyring_free(ring);
}

static void a_secret_moved_to_another_place_does_not_open(void **state)
{
    struct gw_keyring *ring = ring_of(DIGEST "seal " SEAL_1);
    struct gw_buf sealed, plain;

    (void)state;
    gw_buf_init(&sealed, 4096);
    gw_buf_init(&plain, 4096);
    assert_int_equal(gw_seal(ring, GW_TEXT("provider:12"), GW_TEXT("secret"), &sealed), GW_OK);
    assert_int_equal(gw_unseal(ring, GW_TEXT("provider:13"), gw_buf_text(&sealed), &plain),
                     GW_E_CORRUPT);
    assert_int_equal(plain.len, 0);
    gw_buf_fini(&sealed);
    gw_buf_fini(&plain);
    gw_keyring_free(ring);
}

static void a_change_of_any_byte_is_noticed(void **state)
{
    struct gw_keyring *ring = ring_of(DIGEST "seal " SEAL_1 "\nseal " SEAL_2);
    struct gw_buf sealed, plain;
    size_t i;

    (void)state;
    gw_buf_init(&sealed, 4096);
    gw_buf_init(&plain, 4096);
    assert_int_equal(gw_seal(ring, GW_TEXT("p"), GW_TEXT("secret"), &sealed), GW_OK);
    for (i = 0; i < sealed.len; i++) {
        sealed.at[i] ^= 3; /* key 1 becomes key 2 */
        assert_int_not_equal(gw_unseal(ring, GW_TEXT("p"), gw_buf_text(&sealed), &plain), GW_OK);
        sealed.at[i] ^= 3;
    }
    for (i = 0; i < sealed.len; i++) {
        assert_int_equal(gw_unseal(ring, GW_TEXT("p"), (struct gw_text){sealed.at, i}, &plain),
                         GW_E_CORRUPT);
    }
    assert_int_equal(plain.len, 0);
    gw_buf_fini(&sealed);
    gw_buf_fini(&plain);
    gw_keyring_free(ring);
}

static void old_secrets_open_after_the_key_was_changed(void **state)
{
    struct gw_keyring *old_ring = ring_of(DIGEST "seal " SEAL_1);
    struct gw_keyring *both = ring_of(DIGEST "seal " SEAL_2 "\nseal " SEAL_1);
    struct gw_keyring *later = ring_of(DIGEST "seal " SEAL_2);
    struct gw_buf sealed, plain;

    (void)state;
    gw_buf_init(&sealed, 4096);
    gw_buf_init(&plain, 4096);
    assert_int_equal(gw_seal(old_ring, GW_TEXT("p"), GW_TEXT("secret"), &sealed), GW_OK);
    assert_int_equal(gw_seal_key_id(gw_buf_text(&sealed)), 1);
    assert_int_equal(gw_unseal(both, GW_TEXT("p"), gw_buf_text(&sealed), &plain), GW_OK);
    assert_string_equal(plain.at, "secret");
    assert_int_equal(gw_unseal(later, GW_TEXT("p"), gw_buf_text(&sealed), &plain), GW_E_ABSENT);
    gw_buf_clear(&sealed);
    assert_int_equal(gw_seal(both, GW_TEXT("p"), GW_TEXT("secret"), &sealed), GW_OK);
    assert_int_equal(gw_seal_key_id(gw_buf_text(&sealed)), 2);
    gw_buf_fini(&sealed);
    gw_buf_fini(&plain);
    gw_keyring_free(old_ring);
    gw_keyring_free(both);
    gw_keyring_free(later);
}

static void what_is_too_large_is_not_sealed(void **state)
{
    struct gw_keyring *ring = ring_of(DIGEST "seal " SEAL_1);
    char *bytes = gw_must_alloc(GW_SEAL_PLAIN_MAX + 1);
    struct gw_buf sealed;

    (void)state;
    gw_buf_init(&sealed, 32);
    assert_int_equal(gw_seal(ring, GW_TEXT("p"), GW_TEXT("x"), &sealed), GW_E_TOO_LARGE);
    gw_buf_init(&sealed, 4 * 1024 * 1024);
    assert_int_equal(
        gw_seal(ring, GW_TEXT("p"), (struct gw_text){bytes, GW_SEAL_PLAIN_MAX + 1}, &sealed),
        GW_E_TOO_LARGE);
    assert_int_equal(
        gw_seal(ring, GW_TEXT("p"), (struct gw_text){bytes, GW_SEAL_PLAIN_MAX}, &sealed), GW_OK);
    gw_buf_fini(&sealed);
    gw_free(bytes);
    gw_keyring_free(ring);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_seal_key_is_the_current_one),
        cmocka_unit_test(a_keyring_fits_into_one_line),
        cmocka_unit_test(a_keyring_with_a_mistake_is_refused_and_named_by_line),
        cmocka_unit_test(a_mistake_shows_nothing_of_a_key),
        cmocka_unit_test(too_many_seal_keys_are_refused),
        cmocka_unit_test(a_generated_keyring_loads_and_is_never_the_same),
        cmocka_unit_test(what_is_sealed_opens_again),
        cmocka_unit_test(nothing_can_be_sealed_too),
        cmocka_unit_test(the_same_text_is_never_sealed_alike),
        cmocka_unit_test(a_secret_moved_to_another_place_does_not_open),
        cmocka_unit_test(a_change_of_any_byte_is_noticed),
        cmocka_unit_test(old_secrets_open_after_the_key_was_changed),
        cmocka_unit_test(what_is_too_large_is_not_sealed),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/codec/seal", tests, NULL, NULL);
}
