/* SPDX-License-Identifier: MIT */
#include "dataplane/snapshot/index.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/base/check.h"
#include "lib/codec/seal.h"
#include "tests/support/cmocka_first.h"

#define EPOCH "0193c6f0-0000-7000-8000-000000000001"

static const struct gw_version NOTHING = {.number = 0};

static struct gw_version version_of(uint64_t number)
{
    struct gw_version version = {EPOCH, number};

    return version;
}

/* A key whose digest is all `letter`, with `number` in front. */
static struct gw_config_key a_key(uint64_t id, uint64_t number, char letter)
{
    struct gw_config_key key = {.id = id,
                                .user_id = 1,
                                .name = GW_TEXT("laptop"),
                                .enabled = true,
                                .groups = {.count = 1, .at = {GW_TEXT("default")}}};

    memset(key.digest, letter, sizeof(key.digest));
    memcpy(key.digest, &number, sizeof(number));
    return key;
}

static const struct gw_config_key *find(const struct snapshot *snapshot, uint64_t number,
                                        char letter)
{
    struct gw_config_key key = a_key(1, number, letter);

    return snapshot_key(snapshot, key.digest);
}

static void put_key(struct gw_update *update, uint64_t id, uint64_t number, char letter)
{
    struct gw_config_key key = a_key(id, number, letter);

    gw_update_put_key(update, &key);
}

/* What follows `previous` by `own_part`, or why not. */
static enum gw_err follow(const struct snapshot *previous, const struct gw_keyring *ring,
                          struct gw_update *own_part, const struct snapshot **ret_next,
                          struct gw_fault *fault)
{
    struct index_draft *draft = index_new(previous, ring);
    enum gw_err err = index_add(draft, own_part, fault);

    gw_update_free(own_part);
    if (err != GW_OK) {
        index_free(draft);
        return err;
    }
    return index_finish(draft, ret_next, fault);
}

static const struct snapshot *must_follow(const struct snapshot *previous,
                                          struct gw_update *own_part)
{
    const struct snapshot *next = NULL;
    struct gw_fault fault = {""};

    if (follow(previous, NULL, own_part, &next, &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
    return next;
}

static struct gw_update *change(uint64_t from, uint64_t to)
{
    struct gw_version base = version_of(from), version = version_of(to);

    return gw_update_new(from == 0 ? &NOTHING : &base, &version);
}

/* Keys 1 to 3, digests numbered alike. */
static const struct snapshot *three_keys(void)
{
    struct gw_update *update = change(0, 1);
    struct gw_config_user user = {.id = 1, .name = GW_TEXT("ada"), .enabled = true};

    for (uint64_t id = 1; id <= 3; id++) {
        put_key(update, id, id, 'a');
    }
    gw_update_put_user(update, &user);
    return must_follow(NULL, update);
}

/* ---- Rows ------------------------------------------------------------------------------- */

static void rows_are_found_by_digest_and_id(void **state)
{
    const struct snapshot *snapshot = three_keys();
    const struct gw_config_key *key = find(snapshot, 2, 'a');

    (void)state;
    assert_non_null(key);
    assert_int_equal(key->id, 2);
    assert_true(key->enabled);
    assert_true(gw_text_eq(key->name, GW_TEXT("laptop")));
    assert_int_equal(key->groups.count, 1);
    assert_true(gw_text_eq(key->groups.at[0], GW_TEXT("default")));
    assert_null(find(snapshot, 4, 'a'));
    assert_null(find(snapshot, 2, 'b')); /* the same first bytes */
    assert_true(gw_text_eq(snapshot_user(snapshot, 1)->name, GW_TEXT("ada")));
    assert_null(snapshot_user(snapshot, 2));
    assert_int_equal(snapshot_count_keys(snapshot), 3);
    assert_int_equal(snapshot_count_users(snapshot), 1);
    assert_int_equal(snapshot_count_providers(snapshot), 0);
    assert_int_equal(snapshot_version(snapshot).number, 1);
    snapshot_unref(snapshot);
}

static void a_change_leaves_the_snapshot_before_it_as_it_was(void **state)
{
    const struct snapshot *before = three_keys(), *after;
    struct gw_update *update = change(1, 2);

    (void)state;
    put_key(update, 2, 22, 'a');
    put_key(update, 4, 4, 'a');
    gw_update_remove_key(update, 3);
    gw_update_remove_key(update, 77); /* nobody has it */
    after = must_follow(before, update);
    assert_non_null(find(before, 2, 'a'));
    assert_non_null(find(before, 3, 'a'));
    assert_null(find(before, 4, 'a'));
    assert_null(find(after, 2, 'a'));
    assert_int_equal(find(after, 22, 'a')->id, 2);
    assert_null(find(after, 3, 'a'));
    assert_int_equal(find(after, 4, 'a')->id, 4);
    assert_int_equal(snapshot_count_keys(after), 3);
    /* What did not change is the same row, not a copy. */
    assert_ptr_equal(find(before, 1, 'a'), find(after, 1, 'a'));
    snapshot_unref(before);
    assert_int_equal(find(after, 1, 'a')->id, 1);
    snapshot_unref(after);
}

static void an_update_from_nothing_forgets_what_was(void **state)
{
    const struct snapshot *before = three_keys(), *after;
    struct gw_update *update = change(0, 9);

    (void)state;
    put_key(update, 8, 8, 'a');
    after = must_follow(before, update);
    assert_null(find(after, 1, 'a'));
    assert_int_equal(snapshot_count_keys(after), 1);
    assert_int_equal(snapshot_count_users(after), 0);
    snapshot_unref(before);
    snapshot_unref(after);
}

static void settings_stay_until_they_are_changed(void **state)
{
    struct gw_update *update = change(0, 1);
    struct gw_config_settings settings = {.timezone = GW_TEXT("Asia/Tokyo")};
    const struct snapshot *first, *second;

    (void)state;
    gw_update_set_settings(update, &settings);
    first = must_follow(NULL, update);
    second = must_follow(first, change(1, 2));
    snapshot_unref(first);
    assert_true(gw_text_eq(snapshot_settings(second)->timezone, GW_TEXT("Asia/Tokyo")));
    snapshot_unref(second);
}

/* ---- Digests ---------------------------------------------------------------------------- */

static void two_keys_may_swap_their_digests_in_one_change(void **state)
{
    const struct snapshot *before = three_keys(), *after;
    struct gw_update *update = change(1, 2);

    (void)state;
    put_key(update, 1, 2, 'a');
    put_key(update, 2, 1, 'a');
    after = must_follow(before, update);
    assert_int_equal(find(after, 1, 'a')->id, 2);
    assert_int_equal(find(after, 2, 'a')->id, 1);
    snapshot_unref(before);
    snapshot_unref(after);
}

static void a_digest_may_move_to_a_key_that_comes_before_its_owner_goes(void **state)
{
    const struct snapshot *before = three_keys(), *after;
    struct gw_update *part = change(1, 2);
    struct index_draft *draft = index_new(before, NULL);
    struct gw_fault fault;

    (void)state;
    put_key(part, 10, 3, 'a');
    assert_int_equal(index_add(draft, part, &fault), GW_OK);
    gw_update_free(part);
    part = change(1, 2);
    gw_update_remove_key(part, 3);
    assert_int_equal(index_add(draft, part, &fault), GW_OK);
    gw_update_free(part);
    assert_int_equal(index_finish(draft, &after, &fault), GW_OK);
    assert_int_equal(find(after, 3, 'a')->id, 10);
    snapshot_unref(before);
    snapshot_unref(after);
}

static void two_keys_with_one_digest_are_refused(void **state)
{
    const struct snapshot *before = three_keys(), *after = NULL;
    struct gw_update *update = change(1, 2);
    struct gw_fault fault;

    (void)state;
    put_key(update, 10, 3, 'a');
    assert_int_equal(follow(before, NULL, update, &after, &fault), GW_E_INVALID);
    assert_string_equal(fault.text, "keys 3 and 10 have the same digest");
    assert_null(after);
    assert_int_equal(find(before, 3, 'a')->id, 3);
    snapshot_unref(before);
}

/* ---- Versions --------------------------------------------------------------------------- */

static void a_change_of_another_version_is_refused(void **state)
{
    static const struct gw_version OTHER = {"0193c6f0-0000-7000-8000-000000000002", 1};
    static const struct gw_version OTHER_NEXT = {"0193c6f0-0000-7000-8000-000000000002", 2};
    const struct snapshot *before = three_keys(), *after;
    struct gw_fault fault;

    (void)state;
    assert_int_equal(follow(before, NULL, change(2, 3), &after, &fault), GW_E_CONFLICT);
    assert_int_equal(follow(NULL, NULL, change(1, 2), &after, &fault), GW_E_CONFLICT);
    assert_int_equal(follow(before, NULL, gw_update_new(&OTHER, &OTHER_NEXT), &after, &fault),
                     GW_E_CONFLICT);
    snapshot_unref(before);
}

static void parts_of_two_sets_do_not_mix(void **state)
{
    struct gw_update *first = change(0, 1), *second = change(0, 2);
    struct index_draft *draft = index_new(NULL, NULL);
    struct gw_fault fault;

    (void)state;
    assert_int_equal(index_add(draft, first, &fault), GW_OK);
    assert_int_equal(index_add(draft, second, &fault), GW_E_CONFLICT);
    assert_string_equal(fault.text, "a part of version 2 among parts of 1");
    index_free(draft);
    gw_update_free(first);
    gw_update_free(second);
}

/* ---- Providers -------------------------------------------------------------------------- */

static struct gw_keyring *a_ring(void)
{
    struct gw_keyring *ring;
    struct gw_fault fault;
    struct gw_buf text;

    gw_buf_init(&text, 4096);
    gw_keyring_generate(&text);
    assert_int_equal(gw_keyring_parse(gw_buf_text(&text), &ring, &fault), GW_OK);
    gw_buf_fini(&text);
    return ring;
}

/* Its credential is "secret-<id>", sealed for the provider `sealed_for`. */
static void put_provider(struct gw_update *update, const struct gw_keyring *ring, uint64_t id,
                         enum gw_provider_type type, uint64_t sealed_for)
{
    struct gw_config_provider provider = {
        .id = id,
        .name = GW_TEXT("p"),
        .type = type,
        .url = GW_TEXT("http://127.0.0.1:9"),
        .enabled = true,
        .weight = 1,
        .cost_multiplier = GW_TEXT("1"),
    };
    char place[32], secret[32];
    struct gw_buf sealed;

    snprintf(place, sizeof(place), "provider:%" PRIu64, sealed_for);
    snprintf(secret, sizeof(secret), "secret-%" PRIu64, id);
    gw_buf_init(&sealed, 1024);
    assert_int_equal(gw_seal(ring, gw_text_of(place), gw_text_of(secret), &sealed), GW_OK);
    provider.sealed_key = gw_buf_text(&sealed);
    gw_update_put_provider(update, &provider);
    gw_buf_fini(&sealed);
}

static void providers_are_listed_by_type_and_id_with_their_secrets_open(void **state)
{
    struct gw_keyring *ring = a_ring();
    struct gw_update *update = change(0, 1);
    const struct snapshot *snapshot, *next;
    struct snapshot_providers list;
    struct gw_fault fault;

    (void)state;
    for (uint64_t id = 40; id > 0; id--) {
        put_provider(update, ring, id, id % 2 == 0 ? GW_PROVIDER_CODEX : GW_PROVIDER_CLAUDE, id);
    }
    assert_int_equal(follow(NULL, ring, update, &snapshot, &fault), GW_OK);
    list = snapshot_providers_of(snapshot, GW_PROVIDER_CODEX);
    assert_int_equal(list.count, 20);
    for (size_t i = 0; i < list.count; i++) {
        assert_int_equal(list.at[i].row->id, 2 * (i + 1));
    }
    assert_true(gw_text_eq(list.at[0].secret, GW_TEXT("secret-2")));
    assert_int_equal(snapshot_providers_of(snapshot, GW_PROVIDER_GEMINI).count, 0);
    assert_int_equal(snapshot_count_unopened(snapshot), 0);
    assert_int_equal(snapshot_provider(snapshot, 3)->type, GW_PROVIDER_CLAUDE);

    /* A change that touches no provider shares the lists; one that does makes new ones. */
    next = must_follow(snapshot, change(1, 2));
    assert_ptr_equal(snapshot_providers_of(next, GW_PROVIDER_CODEX).at, list.at);
    snapshot_unref(snapshot);
    update = change(2, 3);
    gw_update_remove_provider(update, 2);
    snapshot = must_follow(next, update);
    snapshot_unref(next);
    assert_int_equal(snapshot_providers_of(snapshot, GW_PROVIDER_CODEX).count, 19);
    assert_null(snapshot_provider(snapshot, 2));
    snapshot_unref(snapshot);
    gw_keyring_free(ring);
}

static void a_seal_that_does_not_open_leaves_the_secret_empty_and_is_counted(void **state)
{
    struct gw_keyring *ring = a_ring(), *other = a_ring();
    struct gw_update *update = change(0, 1);
    const struct snapshot *snapshot;
    struct snapshot_providers list;
    struct gw_fault fault;

    (void)state;
    put_provider(update, ring, 1, GW_PROVIDER_CLAUDE, 1);
    put_provider(update, ring, 2, GW_PROVIDER_CLAUDE, 1); /* moved from another row */
    put_provider(update, other, 3, GW_PROVIDER_CLAUDE, 3);
    assert_int_equal(follow(NULL, ring, update, &snapshot, &fault), GW_OK);
    list = snapshot_providers_of(snapshot, GW_PROVIDER_CLAUDE);
    assert_int_equal(list.count, 3);
    assert_true(gw_text_eq(list.at[0].secret, GW_TEXT("secret-1")));
    assert_int_equal(list.at[1].secret.len, 0);
    assert_int_equal(list.at[2].secret.len, 0);
    assert_int_equal(snapshot_count_unopened(snapshot), 2);
    snapshot_unref(snapshot);
    gw_keyring_free(ring);
    gw_keyring_free(other);
}

/* ---- Many ------------------------------------------------------------------------------- */

#define MODEL_KEYS 3000

/* A number from a row that is the same in every run. */
static uint64_t next_number(uint64_t *row)
{
    *row = *row * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *row >> 33;
}

/* Changes some keys in the model and the same ones in the update, none of them twice. */
static void change_at_random(uint64_t *model, uint64_t *row, uint64_t *digest,
                             struct gw_update *update)
{
    static bool is_changed[MODEL_KEYS];

    memset(is_changed, 0, sizeof(is_changed));
    for (int i = 0; i < 200; i++) {
        uint64_t id = 1 + next_number(row) % (MODEL_KEYS - 1);

        if (is_changed[id]) {
            continue;
        }
        is_changed[id] = true;
        if (model[id] != 0 && next_number(row) % 2 == 0) {
            model[id] = 0;
            gw_update_remove_key(update, id);
        } else {
            model[id] = ++*digest;
            put_key(update, id, model[id], 'm');
        }
    }
}

static void assert_is_model(const struct snapshot *snapshot, const uint64_t *model)
{
    size_t count = 0;

    for (uint64_t id = 1; id < MODEL_KEYS; id++) {
        if (model[id] != 0) {
            const struct gw_config_key *key = find(snapshot, model[id], 'm');

            assert_non_null(key);
            assert_int_equal(key->id, id);
            count++;
        }
    }
    assert_int_equal(snapshot_count_keys(snapshot), count);
}

static void any_row_of_changes_leads_where_a_plain_list_leads(void **state)
{
    static uint64_t model[MODEL_KEYS], before[MODEL_KEYS];
    const struct snapshot *snapshot = must_follow(NULL, change(0, 1));
    uint64_t row = 7, digest = 0;

    (void)state;
    for (uint64_t round = 1; round <= 60; round++) {
        struct gw_update *update = change(round, round + 1);
        const struct snapshot *next;

        memcpy(before, model, sizeof(model));
        change_at_random(model, &row, &digest, update);
        next = must_follow(snapshot, update);
        assert_is_model(next, model);
        assert_is_model(snapshot, before);
        snapshot_unref(snapshot);
        snapshot = next;
    }
    snapshot_unref(snapshot);
}

static enum gw_err take_over_the_wire(const struct gw_update *part, void *arg)
{
    struct index_draft *draft = arg;
    struct gw_update *read;
    struct gw_fault fault;
    struct gw_buf bytes;
    enum gw_err err;

    gw_buf_init(&bytes, 1024 * 1024);
    assert_int_equal(gw_update_pack(part, &bytes), GW_OK);
    assert_int_equal(gw_update_unpack(gw_buf_text(&bytes), &read, &fault), GW_OK);
    err = index_add(draft, read, &fault);
    gw_update_free(read);
    gw_buf_fini(&bytes);
    return err;
}

static void a_hundred_thousand_keys_go_into_parts_and_come_back(void **state)
{
    enum { COUNT = 100000 };
    struct gw_update *update = change(0, 1);
    const struct snapshot *snapshot, *again;
    struct index_draft *draft = index_new(NULL, NULL);
    struct gw_fault fault;

    (void)state;
    for (uint64_t id = 1; id <= COUNT; id++) {
        put_key(update, id, id, 'k');
    }
    snapshot = must_follow(NULL, update);
    assert_int_equal(snapshot_count_keys(snapshot), COUNT);
    assert_int_equal(index_parts(snapshot, 512 * 1024, take_over_the_wire, draft), GW_OK);
    assert_int_equal(index_finish(draft, &again, &fault), GW_OK);
    snapshot_unref(snapshot);
    assert_int_equal(snapshot_count_keys(again), COUNT);
    for (uint64_t id = 1; id <= COUNT; id++) {
        assert_int_equal(find(again, id, 'k')->id, id);
    }
    snapshot_unref(again);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_found_by_digest_and_id),
        cmocka_unit_test(a_change_leaves_the_snapshot_before_it_as_it_was),
        cmocka_unit_test(an_update_from_nothing_forgets_what_was),
        cmocka_unit_test(settings_stay_until_they_are_changed),
        cmocka_unit_test(two_keys_may_swap_their_digests_in_one_change),
        cmocka_unit_test(a_digest_may_move_to_a_key_that_comes_before_its_owner_goes),
        cmocka_unit_test(two_keys_with_one_digest_are_refused),
        cmocka_unit_test(a_change_of_another_version_is_refused),
        cmocka_unit_test(parts_of_two_sets_do_not_mix),
        cmocka_unit_test(providers_are_listed_by_type_and_id_with_their_secrets_open),
        cmocka_unit_test(a_seal_that_does_not_open_leaves_the_secret_empty_and_is_counted),
        cmocka_unit_test(any_row_of_changes_leads_where_a_plain_list_leads),
        cmocka_unit_test(a_hundred_thousand_keys_go_into_parts_and_come_back),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("dataplane/snapshot/index", tests, NULL, NULL);
}
