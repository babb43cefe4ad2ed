/* SPDX-License-Identifier: MIT */
#include "controlplane/compile/compile.h"

#include <inttypes.h>

#include "lib/base/check.h"
#include "lib/wire/update.h"
#include "tests/support/schema_pg.h"

/* ---- A replica: what a data plane would hold -------------------------------------------- */

#define IDS_MAX 64

/* Rows as text, so that two replicas can be compared; "" is no row. */
struct replica {
    struct gw_version version;
    char timezone[64];
    char users[IDS_MAX][160], keys[IDS_MAX][320], providers[IDS_MAX][320];
};

static size_t place(uint64_t id)
{
    assert_true(id > 0 && id < IDS_MAX);
    return (size_t)id;
}

static void print_groups(const struct gw_groups *groups, char *at, size_t size)
{
    size_t len = strlen(at);

    for (size_t i = 0; i < groups->count; i++) {
        len += (size_t)snprintf(at + len, size - len, " %.*s", GW_TEXT_ARG(groups->at[i]));
    }
}

static void take_users(struct replica *replica, const struct gw_update *update)
{
    const uint64_t *gone;
    size_t gone_count = gw_update_removed_users(update, &gone);
    struct gw_config_user user;

    for (size_t i = 0; i < gone_count; i++) {
        replica->users[place(gone[i])][0] = '\0';
    }
    for (size_t i = 0; i < gw_update_users(update); i++) {
        char *at;

        gw_update_user(update, i, &user);
        at = replica->users[place(user.id)];
        snprintf(at, 160, "%.*s %d %" PRId64 " in", GW_TEXT_ARG(user.name), user.enabled,
                 user.expires_at_us);
        print_groups(&user.groups, at, 160);
    }
}

static void take_keys(struct replica *replica, const struct gw_update *update)
{
    const uint64_t *gone;
    size_t gone_count = gw_update_removed_keys(update, &gone);
    struct gw_config_key key;

    for (size_t i = 0; i < gone_count; i++) {
        replica->keys[place(gone[i])][0] = '\0';
    }
    for (size_t i = 0; i < gw_update_keys(update); i++) {
        char *at;

        gw_update_key(update, i, &key);
        at = replica->keys[place(key.id)];
        snprintf(at, 320, "%" PRIu64 " %.*s %02x%02x %d %" PRId64 " in", key.user_id,
                 GW_TEXT_ARG(key.name), key.digest[0], key.digest[31], key.enabled,
                 key.expires_at_us);
        print_groups(&key.groups, at, 320);
    }
}

static void take_providers(struct replica *replica, const struct gw_update *update)
{
    const uint64_t *gone;
    size_t gone_count = gw_update_removed_providers(update, &gone);
    struct gw_config_provider provider;

    for (size_t i = 0; i < gone_count; i++) {
        replica->providers[place(gone[i])][0] = '\0';
    }
    for (size_t i = 0; i < gw_update_providers(update); i++) {
        char *at;

        gw_update_provider(update, i, &provider);
        at = replica->providers[place(provider.id)];
        snprintf(at, 320, "%.*s %s %.*s %zu %d %u %d %.*s %" PRId64 " in",
                 GW_TEXT_ARG(provider.name), gw_provider_type_name(provider.type),
                 GW_TEXT_ARG(provider.url), provider.sealed_key.len, provider.enabled,
                 provider.weight, provider.priority, GW_TEXT_ARG(provider.cost_multiplier),
                 provider.first_byte_timeout_us);
        print_groups(&provider.groups, at, 320);
    }
}

static void take_part(struct replica *replica, struct gw_text part, bool is_last)
{
    struct gw_config_settings settings;
    struct gw_update *update;
    struct gw_version base;
    struct gw_fault fault = {""};

    if (gw_update_unpack(part, &update, &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
    base = gw_update_base(update);
    assert_true(base.number == 0 || version_eq(&base, &replica->version));
    assert_int_equal(gw_update_is_last(update), is_last);
    if (gw_update_settings(update, &settings)) {
        snprintf(replica->timezone, sizeof(replica->timezone), "%.*s",
                 GW_TEXT_ARG(settings.timezone));
    }
    take_users(replica, update);
    take_keys(replica, update);
    take_providers(replica, update);
    if (is_last) {
        replica->version = gw_update_version(update);
    }
    gw_update_free(update);
}

static void take(struct replica *replica, const struct compiled *compiled)
{
    struct gw_version version = compiled_version(compiled);
    size_t count = compiled_parts(compiled);

    if (compiled_is_full(compiled)) {
        memset(replica, 0, sizeof(*replica));
    }
    for (size_t i = 0; i < count; i++) {
        take_part(replica, compiled_part(compiled, i), i + 1 == count);
    }
    assert_true(version_eq(&replica->version, &version));
}

/* Brings the replica to the present; true if it took everything anew. */
static bool follow(struct gw_pg *pg, struct replica *replica)
{
    struct compiled *compiled;
    struct gw_fault fault = {""};
    bool was_full;

    if (compile_update(pg, &replica->version, &compiled, &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
    take(replica, compiled);
    was_full = compiled_is_full(compiled);
    compiled_unref(compiled);
    return was_full;
}

static void expect_same(const struct replica *a, const struct replica *b)
{
    assert_true(version_eq(&a->version, &b->version));
    assert_string_equal(a->timezone, b->timezone);
    for (size_t id = 0; id < IDS_MAX; id++) {
        assert_string_equal(a->users[id], b->users[id]);
        assert_string_equal(a->keys[id], b->keys[id]);
        assert_string_equal(a->providers[id], b->providers[id]);
    }
}

/* ---- Scenes ----------------------------------------------------------------------------- */

struct scene {
    struct gw_pg *pg;
    struct replica replica, other;
};

static int begin(void **state)
{
    struct scene *scene = GW_NEW(struct scene);
    const char *conninfo;

    scene->pg = schema_pg(&conninfo);
    *state = scene;
    return 0;
}

static int end(void **state)
{
    struct scene *scene = *state;

    gw_pg_free(scene->pg);
    gw_free(scene);
    return 0;
}

#define MAKE_PROVIDER                                                                              \
    "insert into vendors (website_domain) values ('a.example') on conflict do nothing;"            \
    "insert into providers (vendor_id, name, url, sealed_key, key_hint)"                           \
    " select min(id), 'p', 'https://a.example', decode(repeat('ab', 40), 'hex'), 'h' from vendors"

static void an_empty_database_is_a_full_update_with_settings_alone(void **state)
{
    struct scene *scene = *state;
    struct compiled *compiled;

    assert_int_equal(compile_update(scene->pg, &scene->replica.version, &compiled, NULL), GW_OK);
    assert_true(compiled_is_full(compiled));
    assert_int_equal(compiled_parts(compiled), 1);
    take(&scene->replica, compiled);
    assert_string_equal(scene->replica.timezone, "UTC");
    compiled_unref(compiled);
}

static void the_present_from_the_present_is_nothing(void **state)
{
    struct scene *scene = *state;
    struct compiled *compiled;

    follow(scene->pg, &scene->replica);
    assert_int_equal(compile_update(scene->pg, &scene->replica.version, &compiled, NULL), GW_OK);
    assert_int_equal(compiled_parts(compiled), 0);
    assert_false(compiled_is_full(compiled));
    compiled_unref(compiled);
}

static void a_change_of_one_key_is_less_than_a_kilobyte(void **state)
{
    struct scene *scene = *state;
    struct compiled *compiled;

    schema_run(scene->pg, "insert into users (name) values ('u');"
                          "insert into keys (user_id, name, digest, prefix, last_four)"
                          " select 1, n::text, sha256(n::text::bytea), 'sk-1234', '5678'"
                          " from generate_series(1, 50) n");
    follow(scene->pg, &scene->replica);
    schema_run(scene->pg, "update keys set is_enabled = false where id = 7");
    assert_int_equal(compile_update(scene->pg, &scene->replica.version, &compiled, NULL), GW_OK);
    assert_int_equal(compiled_parts(compiled), 1);
    assert_in_range(compiled_size(compiled), 1, 1023);
    compiled_unref(compiled);
}

static void a_user_who_goes_takes_the_keys_along_and_brings_them_back(void **state)
{
    struct scene *scene = *state;

    schema_run(scene->pg, "insert into users (name) values ('u');"
                          "insert into keys (user_id, name, digest, prefix, last_four)"
                          " values (1, 'k', sha256('k'), 'sk-1234', '5678')");
    follow(scene->pg, &scene->replica);
    assert_string_not_equal(scene->replica.keys[1], "");
    schema_run(scene->pg, "update users set deleted_at = now()");
    assert_false(follow(scene->pg, &scene->replica));
    assert_string_equal(scene->replica.users[1], "");
    assert_string_equal(scene->replica.keys[1], "");
    schema_run(scene->pg, "update users set deleted_at = null");
    assert_false(follow(scene->pg, &scene->replica));
    assert_string_not_equal(scene->replica.keys[1], "");
}

static void a_time_before_1970_is_over_and_not_never(void **state)
{
    struct scene *scene = *state;

    schema_run(scene->pg,
               "insert into users (name, expires_at) values ('u', '1960-01-01'), ('v', null)");
    follow(scene->pg, &scene->replica);
    assert_string_equal(scene->replica.users[1], "u 1 1 in default");
    assert_string_equal(scene->replica.users[2], "v 1 0 in default");
}

static void a_base_that_means_nothing_here_gets_everything(void **state)
{
    struct scene *scene = *state;

    follow(scene->pg, &scene->replica);
    scene->replica.version.number += 1; /* of the future: the database was set back */
    assert_true(follow(scene->pg, &scene->replica));
    memcpy(scene->replica.version.epoch, "00000000", 8); /* another database */
    assert_true(follow(scene->pg, &scene->replica));
}

static void a_base_whose_changes_are_forgotten_gets_everything(void **state)
{
    struct scene *scene = *state;

    follow(scene->pg, &scene->replica);
    follow(scene->pg, &scene->other);
    schema_run(scene->pg, "insert into users (name) values ('u')");
    follow(scene->pg, &scene->other);
    schema_run(scene->pg, "insert into users (name) values ('v')");
    schema_run(scene->pg, "select config_prune(1, interval '-1 second')");
    assert_true(follow(scene->pg, &scene->replica));
    assert_false(follow(scene->pg, &scene->other));
    expect_same(&scene->replica, &scene->other);
}

static void pruning_keeps_what_is_young_or_among_the_last(void **state)
{
    struct scene *scene = *state;

    schema_run(scene->pg, "insert into users (name) values ('u')");
    assert_int_equal(compile_prune(scene->pg, NULL), GW_OK);
    assert_int_equal(schema_number(scene->pg, "select count(*) from config_change"), 1);
    schema_run(scene->pg, "update config_change set noted_at = now() - interval '2 days'");
    assert_int_equal(compile_prune(scene->pg, NULL), GW_OK);
    assert_int_equal(schema_number(scene->pg, "select count(*) from config_change"), 1);
}

static void a_large_update_comes_in_parts_of_about_a_megabyte(void **state)
{
    struct scene *scene = *state;
    struct gw_version nothing = {"", 0};
    struct compiled *compiled;
    size_t keys = 0;

    schema_run(scene->pg, "insert into users (name) values ('u');"
                          "insert into keys (user_id, name, digest, prefix, last_four)"
                          " select 1, n::text, sha256(n::text::bytea), 'sk-1234', '5678'"
                          " from generate_series(1, 33333) n");
    assert_int_equal(compile_update(scene->pg, &nothing, &compiled, NULL), GW_OK);
    assert_true(compiled_parts(compiled) > 1);
    for (size_t i = 0; i < compiled_parts(compiled); i++) {
        struct gw_update *update;

        assert_in_range(compiled_part(compiled, i).len, 1, 1100 * 1024);
        assert_int_equal(gw_update_unpack(compiled_part(compiled, i), &update, NULL), GW_OK);
        assert_int_equal(gw_update_is_last(update), i + 1 == compiled_parts(compiled));
        keys += gw_update_keys(update);
        gw_update_free(update);
    }
    assert_int_equal(keys, 33333);
    compiled_unref(compiled);
}

static void a_claim_draws_one_epoch_for_one_database(void **state)
{
    struct scene *scene = *state;
    struct gw_version first, second;

    assert_int_equal(compile_claim(scene->pg, &first, NULL), GW_OK);
    assert_int_equal(compile_claim(scene->pg, &second, NULL), GW_OK);
    assert_true(version_eq(&first, &second));
    assert_int_equal(strlen(first.epoch), 36);
    /* As if it had been restored from a dump of another one. */
    schema_run(scene->pg, "update config_version set drawn_for = 'elsewhere'");
    assert_int_equal(compile_claim(scene->pg, &second, NULL), GW_OK);
    assert_string_not_equal(first.epoch, second.epoch);
}

/* ---- The law ---------------------------------------------------------------------------- */

static uint32_t SEED = 20261122;

static uint32_t draw(uint32_t below)
{
    SEED = SEED * 1664525 + 1013904223;
    return (SEED >> 8) % below;
}

static void change_something(struct gw_pg *pg)
{
    static const char *const CHANGES[] = {
        "insert into users (name) select 'u%u' where (select count(*) from users) < 15",
        "insert into keys (user_id, name, digest, prefix, last_four) select u.id, 'k%u',"
        " sha256(random()::text::bytea), 'sk-1234', '5678' from users u"
        " where (select count(*) from keys) < 40 order by random() limit 1",
        "insert into providers (vendor_id, name, url, sealed_key, key_hint) select v.id, 'p%u',"
        " 'https://a.example', decode(repeat('ab', 40), 'hex'), 'h' from vendors v"
        " where (select count(*) from providers) < 20 limit 1",
        "update users set deleted_at = case when deleted_at is null then now() end"
        " where id %% 5 = %u %% 5",
        "update keys set deleted_at = now() where id = %u %% 40",
        "update keys set deleted_at = null where deleted_at is not null and id %% 3 = %u %% 3",
        "update keys set provider_group = 'g%u', expires_at = now() where id %% 7 = 1",
        "update providers set deleted_at = now() where id = %u %% 20",
        "update providers set deleted_at = null, weight = 1 + %u %% 100 where id %% 4 = 2",
        "update providers set group_tag = 'a,b%u', cost_multiplier = 1.25 where id %% 4 = 1",
        "update users set is_enabled = not is_enabled, provider_group = 'x%u' where id %% 3 = 0",
        "update settings set timezone = 'Zone/%u'",
        "delete from keys where id = %u %% 40",
        "delete from providers where id = %u %% 20",
        "begin; update users set note = 'n%u' where id = 1; update keys set name = name || 'x'"
        " where id = 2 and length(name) < 20; rollback",
    };
    char sql[512];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(sql, sizeof(sql), CHANGES[draw(GW_COUNT(CHANGES))], draw(1000000));
#pragma GCC diagnostic pop
    schema_run(pg, sql);
}

static void any_sequence_of_changes_applied_as_differences_equals_the_full_snapshot(void **state)
{
    struct scene *scene = *state;
    struct replica fresh;

    schema_run(scene->pg, MAKE_PROVIDER);
    follow(scene->pg, &scene->replica);
    for (int round = 0; round < 60; round++) {
        for (uint32_t changes = 1 + draw(4); changes > 0; changes--) {
            change_something(scene->pg);
        }
        assert_false(follow(scene->pg, &scene->replica));
        if (round % 7 == 0) {
            /* One that falls behind and catches up. */
            follow(scene->pg, &scene->other);
            expect_same(&scene->replica, &scene->other);
        }
        memset(&fresh, 0, sizeof(fresh));
        assert_true(follow(scene->pg, &fresh));
        expect_same(&scene->replica, &fresh);
    }
    assert_true(schema_number(scene->pg, "select count(*) from keys") > 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
        TEST(an_empty_database_is_a_full_update_with_settings_alone),
        TEST(the_present_from_the_present_is_nothing),
        TEST(a_change_of_one_key_is_less_than_a_kilobyte),
        TEST(a_user_who_goes_takes_the_keys_along_and_brings_them_back),
        TEST(a_time_before_1970_is_over_and_not_never),
        TEST(a_base_that_means_nothing_here_gets_everything),
        TEST(a_base_whose_changes_are_forgotten_gets_everything),
        TEST(pruning_keeps_what_is_young_or_among_the_last),
        TEST(a_large_update_comes_in_parts_of_about_a_megabyte),
        TEST(a_claim_draws_one_epoch_for_one_database),
        TEST(any_sequence_of_changes_applied_as_differences_equals_the_full_snapshot),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("controlplane/compile", tests, NULL, NULL);
}
