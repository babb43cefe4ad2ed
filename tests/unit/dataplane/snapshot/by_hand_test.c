/* SPDX-License-Identifier: MIT */
#include "dataplane/snapshot/by_hand.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/cmocka_first.h"

/* Reads `json` as a file. */
static enum gw_err read_json(const char *json, struct gw_keyring **ret_ring,
                             const struct snapshot **ret_snapshot, struct gw_fault *fault)
{
    char path[] = "/tmp/by_hand_test.XXXXXX";
    int fd = mkstemp(path);
    enum gw_err err;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, json, strlen(json)), strlen(json));
    close(fd);
    err = by_hand_read(path, NULL, ret_ring, ret_snapshot, fault);
    unlink(path);
    return err;
}

static void the_shortest_file_is_filled_up_with_defaults(void **state)
{
    struct gw_keyring *ring;
    const struct snapshot *snapshot;
    const struct gw_config_key *key;
    struct snapshot_providers list;
    struct gw_digest digest;
    struct gw_fault fault;

    (void)state;
    assert_int_equal(read_json("{\"users\":[{\"id\":1,\"name\":\"u\"}],"
                               "\"keys\":[{\"id\":2,\"user_id\":1,\"key\":\"sk-abc\"}],"
                               "\"providers\":[{\"id\":3,\"name\":\"p\",\"type\":\"claude\","
                               "\"url\":\"unix:/tmp/p.sock\",\"key\":\"secret-one\"}]}",
                               &ring, &snapshot, &fault),
                     GW_OK);
    gw_keyring_digest(ring, GW_TEXT("sk-abc"), &digest);
    key = snapshot_key(snapshot, digest.at);
    assert_non_null(key);
    assert_int_equal(key->id, 2);
    assert_true(key->enabled);
    assert_int_equal(key->expires_at_us, 0);
    assert_true(gw_text_eq(key->groups.at[0], GW_TEXT("default")));
    assert_true(gw_text_eq(snapshot_user(snapshot, 1)->name, GW_TEXT("u")));
    list = snapshot_providers_of(snapshot, GW_PROVIDER_CLAUDE);
    assert_int_equal(list.count, 1);
    assert_true(gw_text_eq(list.at[0].secret, GW_TEXT("secret-one")));
    assert_int_equal(list.at[0].row->weight, 1);
    assert_int_equal(list.at[0].row->priority, 0);
    assert_true(gw_text_eq(list.at[0].row->cost_multiplier, GW_TEXT("1")));
    assert_true(gw_text_eq(list.at[0].row->groups.at[0], GW_TEXT("default")));
    snapshot_unref(snapshot);
    gw_keyring_free(ring);
}

static void every_field_can_be_given(void **state)
{
    struct gw_keyring *ring;
    const struct snapshot *snapshot;
    const struct gw_config_provider *provider;
    struct gw_fault fault;

    (void)state;
    assert_int_equal(
        read_json("{\"timezone\":\"Asia/Tokyo\","
                  "\"users\":[{\"id\":1,\"name\":\"u\",\"enabled\":false,"
                  "\"expires_at\":\"2026-01-01T00:00:00Z\",\"groups\":[\"a\",\"b\"]}],"
                  "\"providers\":[{\"id\":3,\"name\":\"p\",\"type\":\"gemini\",\"enabled\":false,"
                  "\"url\":\"https://example.com/v1\",\"key\":\"s\",\"weight\":7,\"priority\":-2,"
                  "\"groups\":[\"a\"],\"cost_multiplier\":1.25,\"first_byte_timeout_ms\":1,"
                  "\"stream_idle_timeout_ms\":2,\"total_timeout_ms\":3}]}",
                  &ring, &snapshot, &fault),
        GW_OK);
    assert_true(gw_text_eq(snapshot_settings(snapshot)->timezone, GW_TEXT("Asia/Tokyo")));
    assert_false(snapshot_user(snapshot, 1)->enabled);
    assert_int_equal(snapshot_user(snapshot, 1)->expires_at_us, INT64_C(1767225600000000));
    assert_int_equal(snapshot_user(snapshot, 1)->groups.count, 2);
    provider = snapshot_provider(snapshot, 3);
    assert_int_equal(provider->weight, 7);
    assert_int_equal(provider->priority, -2);
    assert_true(gw_text_eq(provider->cost_multiplier, GW_TEXT("1.25")));
    assert_int_equal(provider->first_byte_timeout_us, 1000);
    assert_int_equal(provider->stream_idle_timeout_us, 2000);
    assert_int_equal(provider->total_timeout_us, 3000);
    assert_int_equal(snapshot_providers_of(snapshot, GW_PROVIDER_GEMINI).count, 0);
    snapshot_unref(snapshot);
    gw_keyring_free(ring);
}

static void what_is_wrong_is_told_with_its_place_and_without_secrets(void **state)
{
    struct gw_keyring *ring;
    const struct snapshot *snapshot;
    struct gw_fault fault;

    (void)state;
    assert_int_equal(read_json("{\"providers\":[{\"id\":0,\"name\":\"p\",\"type\":\"clod\","
                               "\"url\":\"ftp://x\",\"key\":\"hush-hush\",\"colour\":1}]}",
                               &ring, &snapshot, &fault),
                     GW_E_INVALID);
    assert_non_null(strstr(fault.text, "[\"providers\",0,\"id\"]"));
    assert_non_null(strstr(fault.text, "type"));
    assert_null(strstr(fault.text, "hush"));
    assert_int_equal(read_json("{\"keys\":[", &ring, &snapshot, &fault), GW_E_INVALID);
    assert_int_equal(read_json("[]", &ring, &snapshot, &fault), GW_E_INVALID);
    assert_int_equal(read_json("{\"keys\":[{\"id\":1,\"user_id\":1,\"key\":\"same\"},"
                               "{\"id\":2,\"user_id\":1,\"key\":\"same\"}]}",
                               &ring, &snapshot, &fault),
                     GW_E_INVALID);
    assert_non_null(strstr(fault.text, "have the same digest"));
    assert_null(strstr(fault.text, "same\""));
}

static void a_file_that_is_not_there_is_named(void **state)
{
    struct gw_keyring *ring;
    const struct snapshot *snapshot;
    struct gw_fault fault;

    (void)state;
    assert_int_equal(by_hand_read("/nonexistent/s.json", NULL, &ring, &snapshot, &fault),
                     GW_E_ABSENT);
    assert_non_null(strstr(fault.text, "/nonexistent/s.json"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shortest_file_is_filled_up_with_defaults),
        cmocka_unit_test(every_field_can_be_given),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place_and_without_secrets),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("dataplane/snapshot/by_hand", tests, NULL, NULL);
}
