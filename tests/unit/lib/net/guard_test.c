/* SPDX-License-Identifier: MIT */
#include "lib/net/guard.h"

#include "tests/support/cmocka_first.h"

#include <stdio.h>

#include "lib/net/resolve.h"

static struct sockaddr_storage address_of(const char *text)
{
    struct gw_addresses addresses = {0};

    if (!gw_resolve_literal(text, 443, &addresses)) {
        fail_msg("\"%s\" is no address", text);
    }
    return addresses.at[0];
}

static bool allows(const struct gw_guard *guard, const char *text)
{
    struct sockaddr_storage address = address_of(text);

    return gw_guard_allows(guard, &address);
}

static struct gw_guard *guard_of(const char *const *allowed, size_t count)
{
    struct gw_guard *guard = NULL;
    struct gw_fault fault = {""};

    if (gw_guard_new(allowed, count, &guard, &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
    return guard;
}

static const struct {
    const char *text;
    enum gw_guard_class class;
} CLASSES[] = {
    {"1.1.1.1", GW_GUARD_PUBLIC},
    {"9.255.255.255", GW_GUARD_PUBLIC},
    {"11.0.0.0", GW_GUARD_PUBLIC},
    {"172.15.255.255", GW_GUARD_PUBLIC},
    {"172.32.0.0", GW_GUARD_PUBLIC},
    {"100.63.255.255", GW_GUARD_PUBLIC},
    {"100.128.0.0", GW_GUARD_PUBLIC},
    {"169.253.255.255", GW_GUARD_PUBLIC},
    {"192.167.255.255", GW_GUARD_PUBLIC},
    {"198.20.0.0", GW_GUARD_PUBLIC},
    {"223.255.255.255", GW_GUARD_PUBLIC},
    {"2606:4700:4700::1111", GW_GUARD_PUBLIC},
    {"2001:4860:4860::8888", GW_GUARD_PUBLIC},
    {"127.0.0.1", GW_GUARD_LOOPBACK},
    {"127.255.255.255", GW_GUARD_LOOPBACK},
    {"::1", GW_GUARD_LOOPBACK},
    {"10.0.0.0", GW_GUARD_PRIVATE},
    {"10.255.255.255", GW_GUARD_PRIVATE},
    {"172.16.0.1", GW_GUARD_PRIVATE},
    {"172.31.255.255", GW_GUARD_PRIVATE},
    {"192.168.0.1", GW_GUARD_PRIVATE},
    {"fc00::1", GW_GUARD_PRIVATE},
    {"fdff:ffff::1", GW_GUARD_PRIVATE},
    {"fec0::1", GW_GUARD_PRIVATE},
    {"169.254.0.1", GW_GUARD_LINK_LOCAL},
    {"fe80::1", GW_GUARD_LINK_LOCAL},
    {"febf::1", GW_GUARD_LINK_LOCAL},
    {"169.254.169.254", GW_GUARD_METADATA},
    {"169.254.170.2", GW_GUARD_METADATA},
    {"100.100.100.200", GW_GUARD_METADATA},
    {"192.0.0.192", GW_GUARD_METADATA},
    {"fd00:ec2::254", GW_GUARD_METADATA},
    {"100.64.0.0", GW_GUARD_SHARED},
    {"100.127.255.255", GW_GUARD_SHARED},
    {"0.0.0.0", GW_GUARD_UNSPECIFIED},
    {"0.1.2.3", GW_GUARD_UNSPECIFIED},
    {"::", GW_GUARD_UNSPECIFIED},
    {"224.0.0.1", GW_GUARD_MULTICAST},
    {"239.255.255.255", GW_GUARD_MULTICAST},
    {"ff02::1", GW_GUARD_MULTICAST},
    {"255.255.255.255", GW_GUARD_BROADCAST},
    {"192.0.0.1", GW_GUARD_RESERVED},
    {"192.0.2.1", GW_GUARD_RESERVED},
    {"192.88.99.1", GW_GUARD_RESERVED},
    {"198.18.0.1", GW_GUARD_RESERVED},
    {"198.19.255.255", GW_GUARD_RESERVED},
    {"198.51.100.1", GW_GUARD_RESERVED},
    {"203.0.113.1", GW_GUARD_RESERVED},
    {"240.0.0.1", GW_GUARD_RESERVED},
    {"255.255.255.254", GW_GUARD_RESERVED},
    {"2001:db8::1", GW_GUARD_RESERVED},
    {"2001::1", GW_GUARD_RESERVED}, /* Teredo */
    {"3fff::1", GW_GUARD_RESERVED},
    {"100::1", GW_GUARD_RESERVED},
    {"4000::1", GW_GUARD_RESERVED},
    {"5f00::1", GW_GUARD_RESERVED},
    {"64:ff9b:1::1", GW_GUARD_RESERVED},
    /* IPv4 in disguise */
    {"::ffff:127.0.0.1", GW_GUARD_LOOPBACK},
    {"::ffff:7f00:1", GW_GUARD_LOOPBACK},
    {"::ffff:169.254.169.254", GW_GUARD_METADATA},
    {"::ffff:10.1.2.3", GW_GUARD_PRIVATE},
    {"::ffff:1.1.1.1", GW_GUARD_PUBLIC},
    {"::127.0.0.1", GW_GUARD_LOOPBACK},
    {"::10.0.0.1", GW_GUARD_PRIVATE},
    {"::ffff:0:192.168.1.1", GW_GUARD_PRIVATE},
    {"2002:7f00:1::", GW_GUARD_LOOPBACK},
    {"2002:a9fe:a9fe::1", GW_GUARD_METADATA},
    {"2002:101:101::1", GW_GUARD_PUBLIC},
    {"64:ff9b::10.0.0.1", GW_GUARD_PRIVATE},
    {"64:ff9b::a9fe:a9fe", GW_GUARD_METADATA},
    {"64:ff9b::8.8.8.8", GW_GUARD_PUBLIC},
    {"/run/provider.sock", GW_GUARD_UNIX},
};

static void every_address_has_a_class(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(CLASSES) / sizeof(CLASSES[0]); i++) {
        struct sockaddr_storage address = address_of(CLASSES[i].text);
        enum gw_guard_class class = gw_guard_classify(&address);

        if (class != CLASSES[i].class) {
            fail_msg("%s is %s, not %s", CLASSES[i].text, gw_guard_class_name(class),
                     gw_guard_class_name(CLASSES[i].class));
        }
    }
}

static void what_is_not_public_is_refused_unless_allowed(void **state)
{
    struct gw_guard *guard = guard_of(NULL, 0);

    (void)state;
    for (size_t i = 0; i < sizeof(CLASSES) / sizeof(CLASSES[0]); i++) {
        assert_int_equal(allows(guard, CLASSES[i].text), CLASSES[i].class == GW_GUARD_PUBLIC);
    }
    gw_guard_free(guard);
}

static void words_allow_their_class_and_no_other(void **state)
{
    static const char *const WORDS[] = {"loopback", "private", "unix"};

    (void)state;
    for (size_t word = 0; word < 3; word++) {
        struct gw_guard *guard = guard_of(&WORDS[word], 1);

        for (size_t i = 0; i < sizeof(CLASSES) / sizeof(CLASSES[0]); i++) {
            bool is_its = strcmp(gw_guard_class_name(CLASSES[i].class), WORDS[word]) == 0;

            assert_int_equal(allows(guard, CLASSES[i].text),
                             is_its || CLASSES[i].class == GW_GUARD_PUBLIC);
        }
        gw_guard_free(guard);
    }
}

static void blocks_allow_what_lies_in_them(void **state)
{
    static const char *const BLOCKS[] = {"10.1.0.0/20", "169.254.169.254", "fd12:3400::/22",
                                         "64:ff9b::a00:1", "::ffff:10.9.0.0/112"};
    struct gw_guard *guard = guard_of(BLOCKS, 5);

    (void)state;
    assert_true(allows(guard, "10.1.15.255"));
    assert_true(allows(guard, "::ffff:10.1.0.1")); /* the same host to the kernel */
    assert_true(allows(guard, "10.9.255.1"));
    assert_false(allows(guard, "10.1.16.0"));
    assert_false(allows(guard, "10.0.255.255"));
    assert_false(allows(guard, "2002:a01:1::")); /* not the same host */
    assert_true(allows(guard, "169.254.169.254"));
    assert_false(allows(guard, "169.254.169.253"));
    assert_true(allows(guard, "fd12:37ff::1"));
    assert_false(allows(guard, "fd12:3800::1"));
    assert_true(allows(guard, "64:ff9b::10.0.0.1"));
    assert_false(allows(guard, "10.0.0.1"));
    gw_guard_free(guard);
}

static void all_of_a_family_can_be_allowed(void **state)
{
    static const char *const BLOCKS[] = {"0.0.0.0/0", "::/0"};
    struct gw_guard *guard = guard_of(BLOCKS, 1);

    (void)state;
    assert_true(allows(guard, "127.0.0.1"));
    assert_true(allows(guard, "169.254.169.254"));
    assert_false(allows(guard, "::1"));
    assert_false(allows(guard, "/run/provider.sock"));
    gw_guard_free(guard);
    guard = guard_of(BLOCKS + 1, 1);
    assert_false(allows(guard, "127.0.0.1"));
    assert_false(allows(guard, "::ffff:127.0.0.1"));
    gw_guard_free(guard);
    guard = guard_of(BLOCKS, 2);
    assert_true(allows(guard, "::1"));
    assert_true(allows(guard, "fe80::1"));
    assert_false(allows(guard, "/run/provider.sock"));
    gw_guard_free(guard);
}

static void what_is_no_rule_is_named(void **state)
{
    static const char *const WRONG[] = {
        "",     "localhost", "10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "10.0.0.0/-1", "::/129",
        "::/x", "Loopback",  "10.0.0.0/8 ", "010.0.0.1", "0x7f.1",   "metadata",    "1.2.3.4/8/8"};

    (void)state;
    for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++) {
        const char *rules[] = {"loopback", WRONG[i]};
        struct gw_guard *guard = NULL;
        struct gw_fault fault = {""};
        char quoted[64];

        snprintf(quoted, sizeof(quoted), "\"%s\"", WRONG[i]);
        assert_int_equal(gw_guard_new(rules, 2, &guard, &fault), GW_E_INVALID);
        assert_non_null(strstr(fault.text, quoted));
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_address_has_a_class),
        cmocka_unit_test(what_is_not_public_is_refused_unless_allowed),
        cmocka_unit_test(words_allow_their_class_and_no_other),
        cmocka_unit_test(blocks_allow_what_lies_in_them),
        cmocka_unit_test(all_of_a_family_can_be_allowed),
        cmocka_unit_test(what_is_no_rule_is_named),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/net/guard", tests, NULL, NULL);
}
