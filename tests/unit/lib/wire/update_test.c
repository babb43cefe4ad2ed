/* SPDX-License-Identifier: MIT */
#include "lib/wire/update.h"

#include <stdlib.h>

#include "lib/base/check.h"
#include "tests/support/cmocka_first.h"

static const struct gw_version NOTHING = {.number = 0};
static const struct gw_version FIRST = {"0193-a", 7};
static const struct gw_version SECOND = {"0193-a", 8};

static struct gw_groups two_groups(void)
{
    return (struct gw_groups){.count = 2, .at = {GW_TEXT("default"), GW_TEXT("日本")}};
}

static struct gw_config_user a_user(void)
{
    return (struct gw_config_user){
        .id = 3, .name = GW_TEXT("ada"), .enabled = true, .groups = two_groups()};
}

static struct gw_config_key a_key(void)
{
    struct gw_config_key key = {
        .id = 5, .user_id = 3, .name = GW_TEXT("laptop"), .enabled = true, .expires_at_us = 99};

    memset(key.digest, 0xab, sizeof(key.digest));
    return key;
}

static struct gw_config_provider a_provider(void)
{
    return (struct gw_config_provider){
        .id = 9,
        .name = GW_TEXT("p"),
        .type = GW_PROVIDER_GEMINI,
        .url = GW_TEXT("https://example.com/v1"),
        .sealed_key = GW_TEXT("\1\0\0\0\7sealed"),
        .enabled = true,
        .weight = 100,
        .priority = -4,
        .groups = two_groups(),
        .cost_multiplier = GW_TEXT("1.25"),
        .first_byte_timeout_us = 1,
        .stream_idle_timeout_us = 2,
        .total_timeout_us = 3,
    };
}

/* An update with one of everything. */
static struct gw_update *a_full_one(void)
{
    struct gw_update *update = gw_update_new(&NOTHING, &FIRST);
    struct gw_config_settings settings = {.timezone = GW_TEXT("Asia/Tokyo")};
    struct gw_config_user user = a_user();
    struct gw_config_key key = a_key();
    struct gw_config_provider provider = a_provider();

    gw_update_set_settings(update, &settings);
    gw_update_put_user(update, &user);
    gw_update_put_key(update, &key);
    gw_update_put_provider(update, &provider);
    gw_update_set_last(update, true);
    return update;
}

/* Packs `own_update` and unpacks it again; what unpacking says. */
static enum gw_err over_the_wire(struct gw_update *own_update, struct gw_update **ret_update,
                                 struct gw_fault *fault)
{
    struct gw_buf bytes;
    enum gw_err err;

    gw_buf_init(&bytes, SIZE_MAX / 4);
    assert_int_equal(gw_update_pack(own_update, &bytes), GW_OK);
    err = gw_update_unpack(gw_buf_text(&bytes), ret_update, fault);
    gw_buf_fini(&bytes);
    gw_update_free(own_update);
    return err;
}

static void assert_text(struct gw_text text, const char *expected)
{
    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(text.at, expected, text.len);
}

static void all_fields_arrive_as_they_were_sent(void **state)
{
    struct gw_update *update;
    struct gw_config_settings settings;
    struct gw_config_user user;
    struct gw_config_key key, sent_key = a_key();
    struct gw_config_provider provider;
    struct gw_fault fault;

    (void)state;
    assert_int_equal(over_the_wire(a_full_one(), &update, &fault), GW_OK);
    assert_int_equal(gw_update_base(update).number, 0);
    assert_int_equal(gw_update_version(update).number, 7);
    assert_string_equal(gw_update_version(update).epoch, "0193-a");
    assert_true(gw_update_is_last(update));
    assert_true(gw_update_settings(update, &settings));
    assert_text(settings.timezone, "Asia/Tokyo");

    assert_int_equal(gw_update_users(update), 1);
    gw_update_user(update, 0, &user);
    assert_int_equal(user.id, 3);
    assert_text(user.name, "ada");
    assert_true(user.enabled);
    assert_int_equal(user.groups.count, 2);
    assert_text(user.groups.at[1], "日本");

    assert_int_equal(gw_update_keys(update), 1);
    gw_update_key(update, 0, &key);
    assert_memory_equal(key.digest, sent_key.digest, sizeof(key.digest));
    assert_int_equal(key.expires_at_us, 99);
    assert_int_equal(key.groups.count, 0);

    assert_int_equal(gw_update_providers(update), 1);
    gw_update_provider(update, 0, &provider);
    assert_int_equal(provider.type, GW_PROVIDER_GEMINI);
    assert_int_equal(provider.sealed_key.len, 11);
    assert_memory_equal(provider.sealed_key.at, "\1\0\0\0\7sealed", 11);
    assert_int_equal(provider.priority, -4);
    assert_int_equal(provider.weight, 100);
    assert_text(provider.cost_multiplier, "1.25");
    assert_int_equal(provider.first_byte_timeout_us, 1);
    assert_int_equal(provider.stream_idle_timeout_us, 2);
    assert_int_equal(provider.total_timeout_us, 3);
    gw_update_free(update);
}

static void a_change_names_what_is_gone_and_nothing_else(void **state)
{
    struct gw_update *update = gw_update_new(&FIRST, &SECOND);
    struct gw_config_settings settings;
    const uint64_t *ids;
    struct gw_fault fault;

    (void)state;
    for (uint64_t id = 1; id <= 5; id++) {
        gw_update_remove_key(update, id);
    }
    gw_update_remove_user(update, 77);
    gw_update_remove_provider(update, 78);
    assert_int_equal(over_the_wire(update, &update, &fault), GW_OK);
    assert_int_equal(gw_update_base(update).number, 7);
    assert_false(gw_update_is_last(update));
    assert_false(gw_update_settings(update, &settings));
    assert_int_equal(gw_update_users(update), 0);
    assert_int_equal(gw_update_removed_keys(update, &ids), 5);
    assert_int_equal(ids[4], 5);
    assert_int_equal(gw_update_removed_users(update, &ids), 1);
    assert_int_equal(ids[0], 77);
    assert_int_equal(gw_update_removed_providers(update, &ids), 1);
    assert_int_equal(ids[0], 78);
    gw_update_free(update);
}

static void the_size_told_while_making_one_is_close_to_the_packed_size(void **state)
{
    struct gw_update *update = gw_update_new(&NOTHING, &FIRST);
    struct gw_buf bytes;

    (void)state;
    for (uint64_t id = 1; id <= 1000; id++) {
        struct gw_config_key key = a_key();

        key.id = id;
        gw_update_put_key(update, &key);
    }
    gw_buf_init(&bytes, 1024 * 1024);
    assert_int_equal(gw_update_pack(update, &bytes), GW_OK);
    assert_true(gw_update_size(update) >= bytes.len);
    assert_true(gw_update_size(update) < bytes.len + 10 * 1000);
    gw_buf_fini(&bytes);
    gw_update_free(update);
}

static void an_update_cut_anywhere_is_refused_or_a_shorter_update(void **state)
{
    struct gw_update *update = a_full_one(), *read;
    struct gw_fault fault;
    struct gw_buf bytes;
    size_t refused = 0;

    (void)state;
    gw_buf_init(&bytes, 1024 * 1024);
    assert_int_equal(gw_update_pack(update, &bytes), GW_OK);
    for (size_t len = 0; len < bytes.len; len++) {
        char *copy = malloc(len == 0 ? 1 : len); /* exactly that long, for the sanitizer */

        memcpy(copy, bytes.at, len);
        if (gw_update_unpack((struct gw_text){copy, len}, &read, &fault) == GW_OK) {
            gw_update_free(read);
        } else {
            refused++;
        }
        free(copy);
    }
    assert_true(refused > bytes.len - 10); /* it ends well only between two fields */
    gw_buf_fini(&bytes);
    gw_update_free(update);
}

static void rows_smaller_on_the_wire_than_in_memory_cannot_eat_the_memory(void **state)
{
    enum { ROWS = 1000 * 1000 };
    struct gw_update *update;
    struct gw_fault fault;
    char *bytes = malloc(2 * ROWS);

    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        bytes[2 * i] = 13 << 3 | 2; /* a key ... */
        bytes[2 * i + 1] = 0;       /* ... of no bytes */
    }
    assert_int_equal(gw_update_unpack((struct gw_text){bytes, 2 * ROWS}, &update, &fault),
                     GW_E_CORRUPT);
    free(bytes);
}

/* ---- What is refused -------------------------------------------------------------------- */

static void assert_refused(struct gw_update *own_update, const char *text)
{
    struct gw_update *update;
    struct gw_fault fault;

    assert_int_equal(over_the_wire(own_update, &update, &fault), GW_E_INVALID);
    assert_string_equal(fault.text, text);
}

static struct gw_update *with_provider(const struct gw_config_provider *provider)
{
    struct gw_update *update = gw_update_new(&NOTHING, &FIRST);

    gw_update_put_provider(update, provider);
    return update;
}

static struct gw_update *with_key(const struct gw_config_key *key)
{
    struct gw_update *update = gw_update_new(&NOTHING, &FIRST);

    gw_update_put_key(update, key);
    return update;
}

static void assert_peeked(struct gw_update *own_update)
{
    struct gw_version version;
    struct gw_buf bytes;
    bool is_last = true;

    gw_buf_init(&bytes, 4096);
    assert_int_equal(gw_update_pack(own_update, &bytes), GW_OK);
    assert_true(gw_update_peek(gw_buf_text(&bytes), &version, &is_last));
    assert_int_equal(version.number, FIRST.number);
    assert_string_equal(version.epoch, FIRST.epoch);
    assert_false(is_last);
    assert_false(gw_update_peek(GW_TEXT(""), &version, &is_last));
    assert_false(gw_update_peek(GW_TEXT("\x12"), &version, &is_last));
    gw_buf_fini(&bytes);
    gw_update_free(own_update);
}

static void providers_that_cannot_be_routed_to_are_refused(void **state)
{
    struct gw_config_provider provider = a_provider();

    (void)state;
    provider.weight = 0;
    assert_peeked(with_provider(&provider));
    assert_refused(with_provider(&provider), "provider 9: weight 0 is not 1..100");
    provider = a_provider();
    provider.type = (enum gw_provider_type)7;
    assert_refused(with_provider(&provider), "provider 9: type 7 is not known");
    provider = a_provider();
    provider.url = GW_TEXT("");
    assert_refused(with_provider(&provider), "provider 9: url is empty, too long or not UTF-8");
    provider = a_provider();
    provider.cost_multiplier = GW_TEXT("-1");
    assert_refused(with_provider(&provider),
                   "provider 9: cost multiplier is no decimal of 0 or more");
    provider = a_provider();
    provider.total_timeout_us = -1;
    assert_refused(with_provider(&provider), "provider 9: timeout is below 0");
}

static void keys_that_are_nobodys_or_have_no_id_are_refused(void **state)
{
    struct gw_config_key key = a_key();

    (void)state;
    key.user_id = 0;
    assert_refused(with_key(&key), "key 5: user is missing");
    key = a_key();
    key.id = UINT64_MAX;
    assert_refused(with_key(&key), "key: 18446744073709551615 is no id");
    key = a_key();
    key.name = GW_TEXT("\xff\xfe");
    assert_refused(with_key(&key), "key 5: name is too long or not UTF-8");
}

static void a_digest_of_another_length_is_refused(void **state)
{
    /* version {epoch "e", number 1}; keys {id 5, user_id 3, digest of one byte} */
    static const char BYTES[] = "\x12\x05\x0a\x01"
                                "e\x10\x01\x6a\x07\x08\x05\x10\x03\x22\x01x";
    struct gw_update *update;
    struct gw_fault fault;

    (void)state;
    assert_int_equal(gw_update_unpack((struct gw_text){BYTES, sizeof(BYTES) - 1}, &update, &fault),
                     GW_E_INVALID);
    assert_string_equal(fault.text, "key 5: digest has 1 bytes");
}

static void more_groups_than_fit_are_refused(void **state)
{
    struct gw_config_user user = a_user();
    struct gw_update *update = gw_update_new(&NOTHING, &FIRST), *twice;
    struct gw_fault fault;
    struct gw_buf one, both;

    (void)state;
    /* Two rows in one message: protobuf adds the repeated fields of a repeated singular up. */
    user.groups.count = GW_GROUPS_MAX;
    for (size_t i = 0; i < GW_GROUPS_MAX; i++) {
        user.groups.at[i] = GW_TEXT("g");
    }
    gw_update_put_user(update, &user);
    gw_buf_init(&one, 4096);
    gw_buf_init(&both, 4096);
    assert_int_equal(gw_update_pack(update, &one), GW_OK);
    assert_int_equal(gw_update_unpack(gw_buf_text(&one), &twice, &fault), GW_OK);
    gw_update_free(twice);
    /* The last field is the user; make it one group longer. */
    gw_buf_append(&both, gw_buf_text(&one));
    gw_buf_append(&both, GW_TEXT("\x2a\x01g"));
    for (size_t i = 0; i + 1 < both.len; i++) {
        if (both.at[i] == (11 << 3 | 2)) {
            both.at[i + 1] = (char)(both.at[i + 1] + 3);
            break;
        }
    }
    assert_int_equal(gw_update_unpack(gw_buf_text(&both), &twice, &fault), GW_E_INVALID);
    assert_string_equal(fault.text, "user 3: more than 32 groups");
    gw_buf_fini(&one);
    gw_buf_fini(&both);
    gw_update_free(update);
}

static void versions_that_do_not_lead_anywhere_are_refused(void **state)
{
    static const struct gw_version OTHER = {"0194-b", 8};

    (void)state;
    assert_refused(gw_update_new(&SECOND, &FIRST), "update: version 7 cannot follow 8");
    assert_refused(gw_update_new(&FIRST, &OTHER), "update: version 8 cannot follow 7");
    assert_refused(gw_update_new(&NOTHING, &NOTHING), "update: version is missing");
}

/* ---- Reports ---------------------------------------------------------------------------- */

static void a_report_arrives_as_it_was_sent(void **state)
{
    struct gw_report sent = {
        .has_hello = true,
        .node = GW_TEXT("edge-1"),
        .instance = GW_TEXT("0193-i"),
        .build = GW_TEXT("0.1.0"),
        .started_us = 12,
        .running = FIRST,
        .refused = SECOND,
        .refusal = GW_TEXT("key 5: digest\nhas 1 bytes"),
        .draining = true,
        .open_requests = 4,
    };
    struct gw_report report;
    struct gw_fault fault;
    struct gw_buf bytes, store;

    (void)state;
    gw_buf_init(&bytes, 4096);
    gw_buf_init(&store, 4096);
    assert_int_equal(gw_report_pack(&sent, &bytes), GW_OK);
    assert_int_equal(gw_report_unpack(gw_buf_text(&bytes), &store, &report, &fault), GW_OK);
    gw_buf_fini(&bytes);
    assert_true(report.has_hello);
    assert_text(report.node, "edge-1");
    assert_text(report.instance, "0193-i");
    assert_text(report.build, "0.1.0");
    assert_int_equal(report.started_us, 12);
    assert_int_equal(report.running.number, 7);
    assert_int_equal(report.refused.number, 8);
    assert_text(report.refusal, "key 5: digest?has 1 bytes");
    assert_true(report.draining);
    assert_int_equal(report.open_requests, 4);
    gw_buf_fini(&store);
}

static void a_report_without_hello_says_nothing_about_the_node(void **state)
{
    struct gw_report sent = {.running = NOTHING}, report;
    struct gw_fault fault;
    struct gw_buf bytes, store;

    (void)state;
    gw_buf_init(&bytes, 4096);
    gw_buf_init(&store, 4096);
    assert_int_equal(gw_report_pack(&sent, &bytes), GW_OK);
    assert_int_equal(gw_report_unpack(gw_buf_text(&bytes), &store, &report, &fault), GW_OK);
    assert_false(report.has_hello);
    assert_int_equal(report.node.len, 0);
    assert_int_equal(report.running.number, 0);
    gw_buf_fini(&bytes);
    gw_buf_fini(&store);
}

static void a_report_with_a_nameless_hello_or_a_long_epoch_is_refused(void **state)
{
    struct gw_report sent = {.has_hello = true, .instance = GW_TEXT("i")}, report;
    static const char LONG_EPOCH[] = "\x12\x29\x0a\x25"
                                     "0123456789012345678901234567890123456"
                                     "\x10\x01";
    struct gw_fault fault;
    struct gw_buf bytes, store;

    (void)state;
    gw_buf_init(&bytes, 4096);
    gw_buf_init(&store, 4096);
    assert_int_equal(gw_report_pack(&sent, &bytes), GW_OK);
    assert_int_equal(gw_report_unpack(gw_buf_text(&bytes), &store, &report, &fault), GW_E_INVALID);
    assert_int_equal(gw_report_unpack((struct gw_text){LONG_EPOCH, sizeof(LONG_EPOCH) - 1}, &store,
                                      &report, &fault),
                     GW_E_INVALID);
    assert_string_equal(fault.text, "version: epoch is not a UUID");
    assert_int_equal(gw_report_unpack(GW_TEXT("\x0a\xff"), &store, &report, &fault), GW_E_CORRUPT);
    gw_buf_fini(&bytes);
    gw_buf_fini(&store);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_fields_arrive_as_they_were_sent),
        cmocka_unit_test(a_change_names_what_is_gone_and_nothing_else),
        cmocka_unit_test(the_size_told_while_making_one_is_close_to_the_packed_size),
        cmocka_unit_test(an_update_cut_anywhere_is_refused_or_a_shorter_update),
        cmocka_unit_test(rows_smaller_on_the_wire_than_in_memory_cannot_eat_the_memory),
        cmocka_unit_test(providers_that_cannot_be_routed_to_are_refused),
        cmocka_unit_test(keys_that_are_nobodys_or_have_no_id_are_refused),
        cmocka_unit_test(a_digest_of_another_length_is_refused),
        cmocka_unit_test(more_groups_than_fit_are_refused),
        cmocka_unit_test(versions_that_do_not_lead_anywhere_are_refused),
        cmocka_unit_test(a_report_arrives_as_it_was_sent),
        cmocka_unit_test(a_report_without_hello_says_nothing_about_the_node),
        cmocka_unit_test(a_report_with_a_nameless_hello_or_a_long_epoch_is_refused),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/wire/update", tests, NULL, NULL);
}
