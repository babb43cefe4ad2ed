/* SPDX-License-Identifier: MIT */
/*
 * The handlers, asked through the router, over rows that the ledger wrote itself.
 */
#include "statsd/reports/reports.h"

#include "lib/json/json_in.h"
#include "statsd/answer/reader.h"
#include "statsd/sink/ledger.h"
#include "tests/unit/statsd/usage_database.h"

static void *reader;
static struct gw_arena arena;
static struct gw_rest_call call;
static int64_t base_us; /* of the first event; whole hour */

/* 40 exchanges, one every ten minutes. */
static int make(void **state)
{
    struct usage_run run;
    const struct gw_usage_batch *batch = &run.batch;
    struct ledger_tally tally;
    struct ledger *ledger;
    struct gw_fault fault = {""};

    usage_database_make(state);
    usage_script("insert into users (id, name) values (1, 'alice'), (2, 'bob');"
                 "insert into keys (id, user_id, name, digest, prefix, last_four)"
                 " values (10, 1, 'laptop', sha256('a'), 'sk-aaaa', 'aaaa');"
                 "update users set deleted_at = now() where id = 2");
    base_us = (gw_clock_wall_us() / GW_US_PER_HOUR - 10) * GW_US_PER_HOUR;
    usage_run(&run, 1, 1, 40);
    for (uint32_t i = 0; i < 40; i++) {
        run.events[i] = usage_end(i, base_us + i * 600 * GW_US_PER_SECOND);
        run.events[i].ended.status = i % 4 == 0 ? 500 : 200;
    }
    run.events[0].ended.user_id = run.events[0].ended.key_id = 0;
    run.events[0].ended.provider_id = 0;
    run.events[0].ended.error = GW_TEXT("no provider");
    ledger = ledger_new(usage_conninfo);
    if (ledger_write(ledger, &batch, 1, &tally, &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
    ledger_free(ledger);
    reader = READER_POOL.context_new(usage_conninfo);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    READER_POOL.context_free(reader);
    return 0;
}

static int begin(void **state)
{
    (void)state;
    gw_arena_init(&arena, 1 << 20);
    gw_rest_call_init(&call, &arena);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    gw_rest_call_fini(&call);
    gw_arena_fini(&arena);
    return 0;
}

static int ask_as(int64_t user_id, const char *path, const char *query)
{
    struct gw_fault fault = {""};

    gw_rest_call_fini(&call);
    gw_rest_call_init(&call, &arena);
    call.method = GW_TEXT("GET");
    call.path = gw_text_of(path);
    call.query = gw_text_of(query);
    call.principal.access = user_id == -1 ? GW_REST_ADMIN : GW_REST_READ;
    call.principal.user_id = user_id;
    call.context = reader;
    if (gw_rest_dispatch(&REPORT_ROUTES, 1, NULL, &call, &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
    return call.status;
}

static int logs(const char *query)
{
    return ask_as(-1, "/api/v1/usage-logs", query);
}

static bool says(const char *what)
{
    return gw_text_find_text(gw_buf_text(&call.reply), gw_text_of(what)) < call.reply.len;
}

static size_t times(const char *what)
{
    struct gw_text text = gw_buf_text(&call.reply);
    size_t count = 0, at;

    while ((at = gw_text_find_text(text, gw_text_of(what))) < text.len) {
        text = gw_text_skip(text, at + 1);
        count++;
    }
    return count;
}

/* The text behind "name": up to the next comma or bracket; "" if it is not there. */
static const char *value_of(const char *name)
{
    const char *key = gw_arena_fmt(&arena, "\"%s\":", name);
    struct gw_text text = gw_buf_text(&call.reply);
    size_t at = gw_text_find_text(text, gw_text_of(key)), end = 0;

    if (at == text.len) {
        return "";
    }
    text = gw_text_skip(text, at + strlen(key));
    while (end < text.len && strchr(",}]", text.at[end]) == NULL) {
        end++;
    }
    return gw_arena_fmt(&arena, "%.*s", (int)end, text.at);
}

/* ---- The request log -------------------------------------------------------------------- */

static void the_log_is_newest_first_with_names_and_exact_figures(void **state)
{
    (void)state;
    assert_int_equal(logs("limit=1"), 200);
    assert_string_equal(value_of("userId"), "1"); /* exchange 39 */
    assert_string_equal(value_of("userName"), "\"alice\"");
    assert_string_equal(value_of("keyId"), "13");
    assert_string_equal(value_of("keyName"), "null");
    assert_string_equal(value_of("inputTokens"), "39");
    assert_string_equal(value_of("cacheReadInputTokens"), "null");
    assert_string_equal(value_of("costUsd"), "\"0.000000000000000\"");
    assert_string_equal(value_of("apiType"), "\"anthropic\"");
    assert_string_equal(value_of("durationMs"), "40");
    assert_string_equal(value_of("hasMore"), "true");
}

static void what_is_not_known_is_null(void **state)
{
    (void)state;
    logs("limit=100&statusCode=500&model=m-even");
    assert_int_equal(times("\"id\":"), 10);
    assert_true(says("\"userId\":null,\"userName\":null,\"keyId\":null,\"keyName\":null,"
                     "\"providerId\":null,\"providerName\":null"));
    assert_true(says("\"errorMessage\":\"no provider\""));
    assert_true(says("\"ttftMs\":null"));
}

static void the_name_of_a_deleted_user_is_still_told(void **state)
{
    (void)state;
    logs("userId=2&limit=1");
    assert_string_equal(value_of("userName"), "\"bob\"");
}

static void pages_follow_each_other_without_gap_or_overlap(void **state)
{
    bool seen[40] = {false};
    const char *cursor = NULL;
    size_t pages = 0;

    (void)state;
    do {
        struct gw_text text;
        size_t at;

        assert_int_equal(
            logs(cursor == NULL ? "limit=7" : gw_arena_fmt(&arena, "limit=7&cursor=%s", cursor)),
            200);
        text = gw_buf_text(&call.reply);
        while ((at = gw_text_find_text(text, GW_TEXT("\"inputTokens\":"))) < text.len) {
            long number;

            text = gw_text_skip(text, at + sizeof("\"inputTokens\":") - 1);
            number = strtol(text.at, NULL, 10);
            assert_in_range(number, 0, 39);
            assert_false(seen[number]);
            seen[number] = true;
        }
        cursor = value_of("nextCursor");
        cursor = strcmp(cursor, "null") == 0
                     ? NULL
                     : gw_arena_fmt(&arena, "%.*s", (int)strlen(cursor) - 2, cursor + 1);
        pages++;
    } while (cursor != NULL);
    assert_int_equal(pages, 6);
    for (size_t i = 0; i < 40; i++) {
        assert_true(seen[i]);
    }
}

static void every_filter_filters(void **state)
{
    static const struct {
        const char *query;
        size_t count;
    } ROWS[] = {
        {"limit=100", 40},
        {"limit=100&userId=1", 13},
        {"limit=100&keyId=11", 10},
        {"limit=100&providerId=21", 20},
        {"limit=100&userId=1&providerId=21", 7},
        {"limit=100&keyId=11&userId=2", 4},
        {"limit=100&model=m-odd", 20},
        {"limit=100&model=m", 40},
        {"limit=100&model=x", 0},
        {"limit=100&statusCode=500", 10},
        {"limit=100&excludeStatusCode200=true", 10},
        {"limit=100&excludeStatusCode200=false", 40},
    };

    (void)state;
    for (size_t i = 0; i < GW_COUNT(ROWS); i++) {
        assert_int_equal(logs(ROWS[i].query), 200);
        if (times("\"id\":") != ROWS[i].count) {
            fail_msg("\"%s\" gave %zu rows", ROWS[i].query, times("\"id\":"));
        }
    }
}

static void s03_036_a_limit_beyond_100_is_refused(void **state)
{
    (void)state;
    assert_int_equal(logs("limit=100"), 200);
    assert_int_equal(logs("limit=101"), 400);
    assert_true(says("request.validation_failed"));
    assert_true(says("\"limit\""));
    assert_int_equal(logs("cursor=nonsense"), 400);
    assert_int_equal(logs("userId=0"), 400);
}

static void whoever_is_no_admin_sees_their_own_only(void **state)
{
    (void)state;
    assert_int_equal(ask_as(1, "/api/v1/usage-logs", "limit=100"), 200);
    assert_int_equal(times("\"id\":"), 13);
    assert_int_equal(ask_as(1, "/api/v1/usage-logs", "limit=100&userId=2"), 200);
    assert_int_equal(times("\"id\":"), 13);
    assert_int_equal(times("\"userId\":1"), 13);
}

/* ---- Hours ------------------------------------------------------------------------------ */

static int hours(int64_t from_us, int64_t to_us, const char *more)
{
    char from[GW_CLOCK_TEXT_SIZE], to[GW_CLOCK_TEXT_SIZE];

    gw_clock_format(from_us, from);
    gw_clock_format(to_us, to);
    return ask_as(-1, "/api/v1/usage/hourly",
                  gw_arena_fmt(&arena, "from=%s&to=%s%s", from, to, more));
}

static void hours_are_summed_oldest_first(void **state)
{
    (void)state;
    assert_int_equal(hours(base_us, base_us + 24 * GW_US_PER_HOUR, ""), 200);
    assert_int_equal(times("\"hour\":"), 7);
    assert_string_equal(value_of("requests"), "6");
    assert_string_equal(value_of("inputTokens"), "15");
    assert_string_equal(value_of("groupId"), "null");
    assert_string_equal(value_of("groupName"), "null");
    assert_int_equal(hours(base_us + GW_US_PER_HOUR + 1, base_us + 2 * GW_US_PER_HOUR, ""), 200);
    assert_int_equal(times("\"hour\":"), 1);
    assert_string_equal(value_of("inputTokens"), "51");
}

static void hours_are_grouped_as_asked(void **state)
{
    int64_t to_us = base_us + GW_US_PER_HOUR;

    (void)state;
    assert_int_equal(hours(base_us, to_us, "&groupBy=user"), 200);
    assert_int_equal(times("\"hour\":"), 4); /* nobody and three users */
    assert_true(says("\"groupId\":1,\"groupName\":\"alice\""));
    assert_true(says("\"groupId\":null,\"groupName\":null"));
    assert_int_equal(hours(base_us, to_us, "&groupBy=key"), 200);
    assert_true(says("\"groupId\":10,\"groupName\":\"laptop\""));
    assert_int_equal(hours(base_us, to_us, "&groupBy=provider"), 200);
    assert_int_equal(times("\"hour\":"), 3);
    assert_int_equal(hours(base_us, to_us, "&groupBy=model"), 200);
    assert_true(says("\"groupId\":null,\"groupName\":\"m-odd\""));
}

static void a_window_must_be_given_and_be_31_days_at_most(void **state)
{
    (void)state;
    assert_int_equal(ask_as(-1, "/api/v1/usage/hourly", ""), 400);
    assert_int_equal(times("\"code\":\"required\""), 2);
    assert_int_equal(hours(base_us, base_us, ""), 400);
    assert_int_equal(hours(base_us, base_us + 31 * 24 * GW_US_PER_HOUR, ""), 200);
    assert_int_equal(hours(base_us, base_us + 31 * 24 * GW_US_PER_HOUR + 1000, ""), 400);
    assert_int_equal(hours(base_us, base_us + GW_US_PER_HOUR, "&groupBy=nonsense"), 400);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(the_log_is_newest_first_with_names_and_exact_figures),
        TEST(what_is_not_known_is_null),
        TEST(the_name_of_a_deleted_user_is_still_told),
        TEST(pages_follow_each_other_without_gap_or_overlap),
        TEST(every_filter_filters),
        TEST(s03_036_a_limit_beyond_100_is_refused),
        TEST(whoever_is_no_admin_sees_their_own_only),
        TEST(hours_are_summed_oldest_first),
        TEST(hours_are_grouped_as_asked),
        TEST(a_window_must_be_given_and_be_31_days_at_most),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("statsd/reports/reports", tests, make, unmake);
}
