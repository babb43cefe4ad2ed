/* SPDX-License-Identifier: MIT */
#include "dataplane/admit/client_ip.h"

#include "tests/support/cmocka_first.h"

static const char *const CHAIN[] = {"x-real-ip", "x-forwarded-for"};
static const struct client_ip_rules RULES = {CHAIN, 2};
static const struct client_ip_rules SOCKET_ONLY = {NULL, 0};

static struct gw_http_header headers[3];
static size_t count;

static void with(const char *name, const char *value)
{
    headers[count++] = (struct gw_http_header){gw_text_of(name), gw_text_of(value)};
}

static void assert_ip(const struct client_ip_rules *rules, const char *peer, const char *expected)
{
    char ip[CLIENT_IP_SIZE];

    client_ip_find(rules, (struct gw_http_headers){headers, count}, gw_text_of(peer), ip);
    assert_string_equal(ip, expected);
    count = 0;
}

static void the_chain_is_x_real_ip_and_then_the_last_of_x_forwarded_for(void **state)
{
    (void)state;
    with("X-Real-IP", "1.2.3.4"), with("X-Forwarded-For", "9.9.9.9");
    assert_ip(&RULES, "10.0.0.1", "1.2.3.4");
    with("X-Forwarded-For", "6.6.6.6, 5.6.7.8");
    assert_ip(&RULES, "10.0.0.1", "5.6.7.8");
    with("X-Forwarded-For", "6.6.6.6"), with("X-Forwarded-For", "5.6.7.8");
    assert_ip(&RULES, "10.0.0.1", "5.6.7.8");
    assert_ip(&RULES, "10.0.0.1", "10.0.0.1");
    assert_ip(&RULES, "", "");
}

static void ports_and_brackets_are_taken_off(void **state)
{
    (void)state;
    with("x-real-ip", " 1.2.3.4:5678 ");
    assert_ip(&RULES, "", "1.2.3.4");
    with("x-real-ip", "[2001:DB8:0:0::1]:443");
    assert_ip(&RULES, "", "2001:db8::1");
    with("x-real-ip", "2001:db8::2");
    assert_ip(&RULES, "", "2001:db8::2");
}

static void what_is_no_address_is_passed_over(void **state)
{
    (void)state;
    with("x-real-ip", "unknown"), with("x-forwarded-for", "1.2.3.4, ");
    assert_ip(&RULES, "10.0.0.1", "10.0.0.1");
    with("x-real-ip", "1.2.3.400"), with("x-forwarded-for", "7.7.7.7");
    assert_ip(&RULES, "10.0.0.1", "7.7.7.7");
    with("x-real-ip", "[::1");
    assert_ip(&RULES, "10.0.0.1", "10.0.0.1");
}

static void without_rules_only_the_socket_counts(void **state)
{
    (void)state;
    with("x-real-ip", "1.2.3.4");
    assert_ip(&SOCKET_ONLY, "10.0.0.1", "10.0.0.1");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_chain_is_x_real_ip_and_then_the_last_of_x_forwarded_for),
        cmocka_unit_test(ports_and_brackets_are_taken_off),
        cmocka_unit_test(what_is_no_address_is_passed_over),
        cmocka_unit_test(without_rules_only_the_socket_counts),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("admit/client_ip", tests, NULL, NULL);
}
