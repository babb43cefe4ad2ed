/* SPDX-License-Identifier: MIT */
#include "statsd/login/caller.h"

#include "lib/base/check.h"
#include "lib/units/clock.h"
#include "tests/support/cmocka_first.h"

#define NOW_US              (INT64_C(1795379450) * GW_US_PER_SECOND)
#define HEADER(name, value) ((struct gw_http_header){GW_TEXT(name), GW_TEXT(value)})
#define HEADERS(...)                                                                               \
    ((struct gw_http_headers){(const struct gw_http_header[]){__VA_ARGS__},                        \
                              sizeof((const struct gw_http_header[]){__VA_ARGS__}) /               \
                                  sizeof(struct gw_http_header)})

static struct gw_arena arena;
static struct token_signer *signer;

static int make(void **state)
{
    (void)state;
    gw_arena_init(&arena, 65536);
    signer = token_signer_new(GW_TEXT("admin"), GW_TEXT(""), GW_US_PER_HOUR);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    token_signer_free(signer);
    gw_arena_fini(&arena);
    return 0;
}

static struct caller identify(struct gw_http_headers headers)
{
    struct caller caller;

    caller_identify(signer, headers, NOW_US, &arena, &caller);
    return caller;
}

static void a_credential_is_taken_from_bearer_key_or_cookie(void **state)
{
    (void)state;
    assert_int_equal(identify((struct gw_http_headers){NULL, 0}).is, CALLER_UNKNOWN);
    assert_int_equal(identify(HEADERS(HEADER("Authorization", "bEaReR  admin"))).is, CALLER_KNOWN);
    assert_int_equal(identify(HEADERS(HEADER("X-Api-Key", "admin"))).is, CALLER_KNOWN);
    assert_int_equal(identify(HEADERS(HEADER("cookie", "a=b; auth-token=admin; c"))).is,
                     CALLER_KNOWN);
    assert_int_equal(
        identify(HEADERS(HEADER("cookie", "a=b"), HEADER("cookie", "auth-token=%61dmin"))).is,
        CALLER_KNOWN);
    assert_int_equal(identify(HEADERS(HEADER("cookie", "xauth-token=admin"))).is, CALLER_UNKNOWN);
    assert_int_equal(identify(HEADERS(HEADER("Authorization", "Basic admin"))).is, CALLER_UNKNOWN);
    assert_int_equal(identify(HEADERS(HEADER("cookie", "auth-token=%zz"))).is, CALLER_WRONG);
}

static void s03_006_a_wrong_header_is_not_followed_by_a_good_cookie(void **state)
{
    struct caller caller = identify(
        HEADERS(HEADER("Authorization", "Bearer wrong"), HEADER("Cookie", "auth-token=admin")));

    (void)state;
    assert_int_equal(caller.is, CALLER_WRONG);
    assert_int_equal(caller.principal.access, GW_REST_PUBLIC);
}

static void a_session_in_the_cookie_needs_its_csrf_token_for_changes(void **state)
{
    struct gw_text session = token_make_session(signer, NOW_US, &arena);
    const char *cookie = gw_arena_fmt(&arena, "auth-token=%.*s", GW_TEXT_ARG(session));
    struct gw_http_header headers[] = {{GW_TEXT("Cookie"), gw_text_of(cookie)},
                                       HEADER("X-Millrace-CSRF", "")};
    const struct gw_http_headers all = {headers, 2};
    struct caller caller = identify(all);

    (void)state;
    assert_int_equal(caller.is, CALLER_KNOWN);
    assert_true(caller.by_cookie);
    assert_false(caller_may_change(signer, &caller, all, NOW_US));
    headers[1].value = token_make_csrf(signer, session, -1, NOW_US, &arena);
    assert_true(caller_may_change(signer, &caller, all, NOW_US));
    headers[1].name = GW_TEXT("x-cch-csrf");
    assert_true(caller_may_change(signer, &caller, all, NOW_US));
    headers[1].name = GW_TEXT("x-other");
    assert_false(caller_may_change(signer, &caller, all, NOW_US));
}

static void assert_address(struct gw_http_headers headers, const char *wanted)
{
    struct gw_text address = caller_address(headers, GW_TEXT("127.0.0.1"), CALLER_BELIEVE_FORWARDED,
                                            &arena);

    assert_string_equal(address.at, wanted);
}

static void s03_044_x_real_ip_comes_first(void **state)
{
    (void)state;
    assert_address(HEADERS(HEADER("x-forwarded-for", "3.3.3.3"), HEADER("x-real-ip", "2.2.2.2"),
                           HEADER("cf-connecting-ip", "1.1.1.1")),
                   "2.2.2.2");
}

static void s03_045_of_x_forwarded_for_the_last_entry_counts(void **state)
{
    (void)state;
    assert_address(HEADERS(HEADER("x-forwarded-for", "3.3.3.3, 4.4.4.4")), "4.4.4.4");
    assert_address(
        HEADERS(HEADER("x-forwarded-for", "3.3.3.3"), HEADER("X-Forwarded-For", "5.5.5.5, , ")),
        "5.5.5.5");
}

static void s03_047_ports_are_cut_off_and_garbage_is_passed_over(void **state)
{
    (void)state;
    assert_address(HEADERS(HEADER("x-real-ip", "[2001:db8::1]:443")), "2001:db8::1");
    assert_address(HEADERS(HEADER("x-real-ip", "192.0.2.7:80")), "192.0.2.7");
    assert_address(HEADERS(HEADER("x-real-ip", "garbage"), HEADER("x-forwarded-for", "9.9.9.9")),
                   "9.9.9.9");
    assert_address(HEADERS(HEADER("x-real-ip", "garbage")), "127.0.0.1");
}

static void forwarded_headers_are_ignored_where_nobody_sets_them(void **state)
{
    struct gw_text address = caller_address(HEADERS(HEADER("x-real-ip", "2.2.2.2")),
                                            GW_TEXT("192.0.2.9"), CALLER_IGNORE_FORWARDED, &arena);

    (void)state;
    assert_string_equal(address.at, "192.0.2.9");
}

static void origins_are_compared_with_the_host(void **state)
{
    const struct gw_text host = GW_TEXT("console.example:8443");

    (void)state;
    assert_true(caller_is_same_origin((struct gw_http_headers){NULL, 0}, host));
    assert_true(
        caller_is_same_origin(HEADERS(HEADER("Origin", "https://console.example:8443")), host));
    assert_false(caller_is_same_origin(HEADERS(HEADER("Origin", "https://evil.example")), host));
    assert_false(caller_is_same_origin(HEADERS(HEADER("Origin", "null")), host));
    assert_false(caller_is_same_origin(HEADERS(HEADER("Sec-Fetch-Site", "cross-site")), host));
    assert_true(caller_is_same_origin(HEADERS(HEADER("Sec-Fetch-Site", "same-origin"),
                                              HEADER("Origin", "https://proxied.example")),
                                      host));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_credential_is_taken_from_bearer_key_or_cookie),
        TEST(s03_006_a_wrong_header_is_not_followed_by_a_good_cookie),
        TEST(a_session_in_the_cookie_needs_its_csrf_token_for_changes),
        TEST(s03_044_x_real_ip_comes_first),
        TEST(s03_045_of_x_forwarded_for_the_last_entry_counts),
        TEST(s03_047_ports_are_cut_off_and_garbage_is_passed_over),
        TEST(forwarded_headers_are_ignored_where_nobody_sets_them),
        TEST(origins_are_compared_with_the_host),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("statsd/login/caller", tests, NULL, NULL);
}
