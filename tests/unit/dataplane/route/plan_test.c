/* SPDX-License-Identifier: MIT */
#include "dataplane/route/plan.h"

#include "tests/support/hand_snapshot.h"

#define P(id, type, more)                                                                          \
    "{'id': " #id ", 'name': 'p" #id "', 'type': '" type "', 'url': 'http://h', 'key': 's'" more "}"

static struct gw_keyring *ring;
static const struct snapshot *snapshot;
static struct gw_config_key key;
static struct caller caller = {.key = &key};

static void configure(const char *providers)
{
    char json[4096];

    snprintf(json, sizeof(json), "{'users': [], 'keys': [], 'providers': [%s]}", providers);
    snapshot = hand_snapshot(json, &ring);
    key = (struct gw_config_key){.id = 1};
}

static int forget(void **state)
{
    (void)state;
    snapshot_unref(snapshot);
    gw_keyring_free(ring);
    return 0;
}

static void be_in(const char *group)
{
    key.groups.at[key.groups.count++] = gw_text_of(group);
}

/* The ids in the order of the plan: "3 1 2". */
static void assert_order(enum dialect dialect, uint64_t seed, const char *expected)
{
    const struct snapshot_provider *next;
    struct plan plan;
    char order[128] = "";

    plan_init(&plan, snapshot, &caller, dialect, seed);
    while ((next = plan_next(&plan)) != NULL) {
        snprintf(order + strlen(order), sizeof(order) - strlen(order), "%s%d",
                 order[0] == '\0' ? "" : " ", (int)next->row->id);
    }
    assert_string_equal(order, expected);
}

static void each_dialect_has_its_provider_types(void **state)
{
    (void)state;
    configure(
        P(1, "claude", "") "," P(2, "claude-auth", ", 'priority': 1") "," P(3, "codex", "") "," P(
            4, "openai-compatible", "") "," P(5, "gemini", "") "," P(6, "gemini-cli", ""));
    assert_order(DIALECT_CLAUDE, 1, "1 2");
    assert_order(DIALECT_RESPONSE, 1, "3");
    assert_order(DIALECT_OPENAI, 1, "4");
    assert_order(DIALECT_GEMINI, 1, "5");
    assert_order(DIALECT_GEMINI_CLI, 1, "6");
}

static void a_lower_priority_comes_first_whatever_the_draw(void **state)
{
    (void)state;
    configure(P(1, "codex", ", 'priority': 5") "," P(2, "codex", ", 'priority': 1") "," P(
        3, "codex", ", 'priority': 3"));
    for (uint64_t seed = 0; seed < 50; seed++) {
        assert_order(DIALECT_RESPONSE, seed, "2 3 1");
    }
}

static void who_is_disabled_is_not_asked(void **state)
{
    (void)state;
    configure(P(1, "codex", ", 'enabled': false") "," P(2, "codex", ""));
    assert_order(DIALECT_RESPONSE, 1, "2");
}

static void groups_decide_who_may_be_asked(void **state)
{
    (void)state;
    configure(P(1, "codex", "") "," P(2, "codex", ", 'priority': 1, 'groups': ['vip']") "," P(
        3, "codex", ", 'priority': 2, 'groups': ['default', 'vip']"));
    assert_order(DIALECT_RESPONSE, 1, "1 3");
    be_in("vip");
    assert_order(DIALECT_RESPONSE, 1, "2 3");
    be_in("default");
    assert_order(DIALECT_RESPONSE, 1, "1 2 3");
    key.groups.count = 0;
    be_in("nobody");
    assert_order(DIALECT_RESPONSE, 1, "");
    be_in("*");
    assert_order(DIALECT_RESPONSE, 1, "1 2 3");
}

static int count_first(uint64_t id, int draws)
{
    int count = 0;

    for (int seed = 0; seed < draws; seed++) {
        struct plan plan;

        plan_init(&plan, snapshot, &caller, DIALECT_RESPONSE, (uint64_t)seed);
        count += plan_next(&plan)->row->id == id;
    }
    return count;
}

static void within_a_tier_the_weight_is_the_share(void **state)
{
    (void)state;
    configure(P(1, "codex", ", 'weight': 1") "," P(2, "codex", ", 'weight': 3") "," P(
        3, "codex", ", 'weight': 6"));
    assert_in_range(count_first(1, 20000), 1800, 2200);
    assert_in_range(count_first(2, 20000), 5700, 6300);
    assert_in_range(count_first(3, 20000), 11700, 12300);
}

static void the_same_seed_gives_the_same_order(void **state)
{
    struct plan first, second;

    (void)state;
    configure(P(1, "codex", "") "," P(2, "codex", "") "," P(3, "codex", ""));
    plan_init(&first, snapshot, &caller, DIALECT_RESPONSE, 42);
    plan_init(&second, snapshot, &caller, DIALECT_RESPONSE, 42);
    for (int i = 0; i < 3; i++) {
        assert_ptr_equal(plan_next(&first), plan_next(&second));
    }
    assert_null(plan_next(&first));
}

#define T(name) cmocka_unit_test_teardown(name, forget)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        T(each_dialect_has_its_provider_types),   T(a_lower_priority_comes_first_whatever_the_draw),
        T(who_is_disabled_is_not_asked),          T(groups_decide_who_may_be_asked),
        T(within_a_tier_the_weight_is_the_share), T(the_same_seed_gives_the_same_order),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("route/plan", tests, NULL, NULL);
}
