/* SPDX-License-Identifier: MIT */
#include "lib/codec/digest.h"

#include <pthread.h>
#include <stdio.h>

#include "tests/support/cmocka_first.h"

static void expect_hex(const struct gw_digest *digest, const char *hex)
{
    char text[GW_DIGEST_HEX_SIZE];

    gw_hex(gw_digest_text(digest), text);
    assert_string_equal(text, hex);
}

static void sha256_gives_the_standards_examples(void **state)
{
    struct gw_digest digest;

    (void)state;
    gw_sha256(GW_TEXT("abc"), &digest);
    expect_hex(&digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    gw_sha256(GW_TEXT_NONE, &digest);
    expect_hex(&digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    gw_sha256(GW_TEXT("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), &digest);
    expect_hex(&digest, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void sha256_of_parts_is_that_of_the_whole(void **state)
{
    struct gw_sha256 *sum = gw_sha256_new();
    struct gw_digest digest;
    int round;

    (void)state;
    for (round = 0; round < 2; round++) {
        gw_sha256_add(sum, GW_TEXT("a"));
        gw_sha256_add(sum, GW_TEXT_NONE);
        gw_sha256_add(sum, GW_TEXT("bc"));
        gw_sha256_end(sum, &digest);
        expect_hex(&digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
    gw_sha256_free(sum);
}

static void expect_hmac(struct gw_text key, struct gw_text text, const char *hex)
{
    struct gw_hmac *hmac = gw_hmac_new(key);
    struct gw_digest digest;

    gw_hmac_digest(hmac, text, &digest);
    expect_hex(&digest, hex);
    gw_hmac_digest(hmac, text, &digest); /* the key is still the same */
    expect_hex(&digest, hex);
    gw_hmac_free(hmac);
}

/* RFC 4231, cases 1, 2 and 6. */
static void hmac_gives_the_standards_examples(void **state)
{
    static const char LONG_KEY[] =
        "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"
        "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"
        "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"
        "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"
        "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"
        "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa";

    (void)state;
    expect_hmac(GW_TEXT("\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
                        "\x0b\x0b"),
                GW_TEXT("Hi There"),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    expect_hmac(GW_TEXT("Jefe"), GW_TEXT("what do ya want for nothing?"),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_int_equal(sizeof(LONG_KEY) - 1, 131);
    expect_hmac((struct gw_text){LONG_KEY, 131},
                GW_TEXT("Test Using Larger Than Block-Size Key - Hash Key First"),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void *digest_many(void *hmac)
{
    struct gw_digest digest;
    int i;

    for (i = 0; i < 2000; i++) {
        gw_hmac_digest(hmac, GW_TEXT("what do ya want for nothing?"), &digest);
        if (digest.at[0] != 0x5b || digest.at[31] != 0x43) {
            return hmac;
        }
    }
    return NULL;
}

static void threads_share_a_prepared_key(void **state)
{
    struct gw_hmac *hmac = gw_hmac_new(GW_TEXT("Jefe"));
    pthread_t threads[4];
    void *wrong;
    size_t i;

    (void)state;
    for (i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, digest_many, hmac), 0);
    }
    for (i = 0; i < 4; i++) {
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    gw_hmac_free(hmac);
}

static void secrets_are_equal_only_as_a_whole(void **state)
{
    struct gw_digest a = {{1}}, b = {{1}};

    (void)state;
    assert_true(gw_text_eq_secret(GW_TEXT("secret"), GW_TEXT("secret")));
    assert_true(gw_text_eq_secret(GW_TEXT_NONE, GW_TEXT("")));
    assert_false(gw_text_eq_secret(GW_TEXT("secret"), GW_TEXT("secreT")));
    assert_false(gw_text_eq_secret(GW_TEXT("secret"), GW_TEXT("secre")));
    assert_true(gw_digest_eq(&a, &b));
    b.at[31] = 1;
    assert_false(gw_digest_eq(&a, &b));
}

static void hex_is_read_in_either_case_and_exactly(void **state)
{
    unsigned char bytes[3] = {9, 9, 9};

    (void)state;
    assert_int_equal(gw_unhex(GW_TEXT("00aBfF"), bytes, 3), GW_OK);
    assert_memory_equal(bytes, "\x00\xab\xff", 3);
    assert_int_equal(gw_unhex(GW_TEXT("00ab"), bytes, 3), GW_E_INVALID);
    assert_int_equal(gw_unhex(GW_TEXT("00abff0"), bytes, 3), GW_E_INVALID);
    assert_int_equal(gw_unhex(GW_TEXT("00ag11"), bytes, 3), GW_E_INVALID);
    assert_int_equal(gw_unhex(GW_TEXT("00 b11"), bytes, 3), GW_E_INVALID);
    assert_memory_equal(bytes, "\x00\xab\xff", 3);
}

static void base64url_comes_back(void **state)
{
    static const char *const PAIRS[][2] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xfe", "-__-"}};
    struct gw_buf out;
    size_t i;

    (void)state;
    gw_buf_init(&out, 64);
    for (i = 0; i < sizeof(PAIRS) / sizeof(PAIRS[0]); i++) {
        gw_buf_clear(&out);
        assert_int_equal(gw_base64url(gw_text_of(PAIRS[i][0]), &out), GW_OK);
        assert_true(gw_text_eq(gw_buf_text(&out), gw_text_of(PAIRS[i][1])));
        gw_buf_clear(&out);
        assert_int_equal(gw_unbase64url(gw_text_of(PAIRS[i][1]), &out), GW_OK);
        assert_true(gw_text_eq(gw_buf_text(&out), gw_text_of(PAIRS[i][0])));
    }
    gw_buf_fini(&out);
}

static void what_is_no_base64url_is_refused(void **state)
{
    static const char *const TEXTS[] = {"Z", "Zg==", "Zm9vY", "Zh", "Zm9", "a+b/", "Z g ", "Zg\n"};
    struct gw_buf out;
    size_t i;

    (void)state;
    gw_buf_init(&out, 64);
    for (i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        assert_int_equal(gw_unbase64url(gw_text_of(TEXTS[i]), &out), GW_E_INVALID);
    }
    gw_buf_fini(&out);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_standards_examples),
        cmocka_unit_test(sha256_of_parts_is_that_of_the_whole),
        cmocka_unit_test(hmac_gives_the_standards_examples),
        cmocka_unit_test(threads_share_a_prepared_key),
        cmocka_unit_test(secrets_are_equal_only_as_a_whole),
        cmocka_unit_test(hex_is_read_in_either_case_and_exactly),
        cmocka_unit_test(base64url_comes_back),
        cmocka_unit_test(what_is_no_base64url_is_refused),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/codec/digest", tests, NULL, NULL);
}
