/* SPDX-License-Identifier: MIT */
#include "statsd/answer/answer.h"

#include "tests/unit/statsd/usage_database.h"

/* An hour some days ago; events lie around it. */
#define HOUR_US        (INT64_C(1795377600) * GW_US_PER_SECOND)
#define MINUTES(count) ((count)*60 * GW_US_PER_SECOND)

static struct gw_pg *pg;

static void add(int64_t at_us, int64_t user_id, const char *cost)
{
    static int number;
    char sql[1024];

    snprintf(sql, sizeof(sql),
             "insert into usage_ledger (created_at, request_id, user_id, key_id, provider_id,"
             " model, original_model, response_model, endpoint, dialect, outcome, is_stream,"
             " duration_us, client_ip, user_agent, spool_id, seq, cost_usd)"
             " values (timestamptz 'epoch' + %lld * interval '1 microsecond', gen_random_uuid(),"
             " %lld, 7, 8, 'm', 'm', 'm', '/v1/messages', 'claude', 'success', true, 5, '', '',"
             " gen_random_uuid(), %d, %s)",
             (long long)at_us, (long long)user_id, ++number, cost);
    usage_script(sql);
}

/* The hourly sums as the sink would have kept them. */
static void sum_up(void)
{
    usage_script(
        "truncate usage_hourly; insert into usage_hourly"
        " select date_trunc('hour', created_at, 'UTC'), user_id, key_id, provider_id, model,"
        " dialect, count(*), count(*), 0, 0, 0, 0, 0, 0, 0, 0, 0, sum(cost_usd), sum(duration_us),"
        " 0, 0 from usage_ledger group by 1, 2, 3, 4, 5, 6");
}

static int make(void **state)
{
    usage_database_make(state);
    usage_script("select usage_partitions_ensure('2026-11-01', '2026-12-01')");
    pg = gw_pg_new(usage_conninfo, "answer_test");
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    gw_pg_free(pg);
    return 0;
}

static struct gw_sum_answer read_sum(enum gw_sum_subject subject, uint64_t id, int64_t from_us,
                                     int64_t until_us)
{
    const struct gw_sum_question question = {subject, id, from_us, until_us};
    struct gw_sum_answer answer;
    struct gw_fault fault = {""};

    if (answer_read(pg, &question, &answer, &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
    return answer;
}

static void assert_sum(int64_t from_us, int64_t until_us, const char *cost, uint64_t requests)
{
    struct gw_sum_answer answer = read_sum(GW_SUM_USER, 1, from_us, until_us);
    char text[GW_MONEY_TEXT_SIZE];

    gw_money_format(answer.cost, text);
    assert_string_equal(text, cost);
    assert_int_equal(answer.requests, requests);
}

static void a_window_is_exact_to_the_microsecond_at_both_ends(void **state)
{
    (void)state;
    add(HOUR_US - MINUTES(30), 1, "0.000000000000001");
    add(HOUR_US + MINUTES(10), 1, "10");
    add(HOUR_US + MINUTES(70), 1, "100");
    add(HOUR_US + MINUTES(130), 1, "1000.5");
    add(HOUR_US + MINUTES(70), 2, "7");
    sum_up();
    assert_sum(0, 0, "1110.500000000000001", 4);
    assert_sum(HOUR_US - MINUTES(30), HOUR_US + MINUTES(130), "110.000000000000001", 3);
    assert_sum(HOUR_US - MINUTES(30) + 1, HOUR_US + MINUTES(130) + 1, "1110.5", 3);
    assert_sum(HOUR_US, HOUR_US + MINUTES(120), "110", 2);
}

static void a_window_within_an_hour_and_one_over_an_edge_need_no_whole_hour(void **state)
{
    (void)state;
    add(HOUR_US + MINUTES(10), 1, "1");
    add(HOUR_US + MINUTES(50), 1, "2");
    add(HOUR_US + MINUTES(70), 1, "4");
    sum_up();
    assert_sum(HOUR_US + MINUTES(5), HOUR_US + MINUTES(45), "1", 1);
    assert_sum(HOUR_US + MINUTES(45), HOUR_US + MINUTES(75), "6", 2);
    assert_sum(HOUR_US + MINUTES(60), HOUR_US + MINUTES(60), "0", 0);
    assert_sum(HOUR_US + MINUTES(20), HOUR_US + MINUTES(30), "0", 0);
}

static void a_sum_is_of_one_user_key_or_provider(void **state)
{
    (void)state;
    add(HOUR_US, 1, "1");
    add(HOUR_US, 2, "2");
    sum_up();
    assert_int_equal(read_sum(GW_SUM_USER, 2, 0, 0).requests, 1);
    assert_int_equal(read_sum(GW_SUM_KEY, 7, 0, 0).requests, 2);
    assert_int_equal(read_sum(GW_SUM_PROVIDER, 8, 0, 0).requests, 2);
    assert_int_equal(read_sum(GW_SUM_PROVIDER, 9, 0, 0).requests, 0);
    assert_true(read_sum(GW_SUM_USER, 2, 0, 0).as_of_us > HOUR_US);
}

static void a_window_of_any_size_can_be_asked_for(void **state)
{
    (void)state;
    add(HOUR_US, 1, "1");
    sum_up();
    assert_sum(1, INT64_MAX, "1", 1);
    assert_sum(INT64_MAX - 1, INT64_MAX, "0", 0);
}

#define TEST(name) cmocka_unit_test_setup(name, usage_database_empty)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_window_is_exact_to_the_microsecond_at_both_ends),
        TEST(a_window_within_an_hour_and_one_over_an_edge_need_no_whole_hour),
        TEST(a_sum_is_of_one_user_key_or_provider),
        TEST(a_window_of_any_size_can_be_asked_for),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("statsd/answer/answer", tests, make, unmake);
}
