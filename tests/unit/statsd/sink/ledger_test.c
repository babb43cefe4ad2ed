/* SPDX-License-Identifier: MIT */
#include "statsd/sink/ledger.h"

#include "tests/unit/statsd/usage_database.h"

static struct ledger *ledger;

static struct ledger_tally write_runs(const struct gw_usage_batch *const *batches, size_t count)
{
    struct ledger_tally tally;
    struct gw_fault fault = {""};

    if (ledger_write(ledger, batches, count, &tally, &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
    assert_int_equal(usage_differences(), 0);
    return tally;
}

static struct ledger_tally write_run(uint8_t spool, uint64_t first, size_t count)
{
    struct usage_run run;
    const struct gw_usage_batch *batch = &run.batch;

    usage_run(&run, spool, first, count);
    return write_runs(&batch, 1);
}

static int64_t ledger_rows(void)
{
    return usage_count("select count(*) from usage_ledger");
}

static int64_t counted_below(void)
{
    return usage_count("select counted_below from usage_mark");
}

/* ---- What is kept ----------------------------------------------------------------------- */

static void every_field_of_an_end_comes_back_from_the_ledger(void **state)
{
    const struct gw_usage_attempt attempts[] = {
        {7, 0, 500, 529, GW_TEXT("retry_failed"), GW_TEXT("overloaded \"now\"")},
        {8, 600, 900, 200, GW_TEXT("request_success"), GW_TEXT("")},
    };
    const struct gw_usage_batch *batch;
    struct usage_run run;

    (void)state;
    usage_run(&run, 1, 1, 1);
    run.events[0].ended.attempts = attempts;
    run.events[0].ended.attempt_count = 2;
    run.events[0].ended.started_us = INT64_C(1795379450123456);
    run.events[0].ended.ended_us = INT64_C(1795379450223457);
    run.events[0].ended.error = GW_TEXT("broke off");
    batch = &run.batch;
    write_runs(&batch, 1);
    assert_string_equal(
        usage_ask("select concat_ws('|', created_at at time zone 'UTC', user_id, key_id,"
                  " provider_id, model, original_model, response_model, endpoint, dialect, outcome,"
                  " status_code, is_stream, input_tokens, output_tokens, cost_usd,"
                  " cost_multiplier) from usage_ledger"),
        "2026-11-22 20:30:50.123456|3|11|21|m-odd|m|m-1|/v1/messages|claude|vanished|200|t|"
        "16777217|2|0.000000000000000|1.250000000");
    assert_string_equal(usage_ask("select concat_ws('|', duration_us, first_byte_us,"
                                  " first_content_us, client_ip, user_agent, error_message, seq,"
                                  " spool_id) from usage_ledger"),
                        "100001|10|20|192.0.2.1|say \"hi\", {you} \\|broke off|1|"
                        "01010101-0101-0101-0101-010101010101");
    assert_string_equal(usage_ask("select attempts #>> '{0,error}' from usage_ledger"),
                        "overloaded \"now\"");
    assert_int_equal(usage_count("select attempts #>> '{1,providerId}' from usage_ledger"), 8);
}

static void a_figure_nobody_named_is_null_and_not_zero(void **state)
{
    const struct gw_usage_batch *batch;
    struct usage_run run;

    (void)state;
    usage_run(&run, 1, 1, 1);
    run.events[0].ended.tokens = (struct gw_tokens){.output = 0, .known = GW_TOKENS_OUTPUT};
    run.events[0].ended.status = 0;
    run.events[0].ended.first_byte_us = -1;
    batch = &run.batch;
    write_runs(&batch, 1);
    assert_string_equal(usage_ask("select concat_ws('|', input_tokens is null, output_tokens,"
                                  " status_code is null, first_byte_us is null,"
                                  " error_message is null) from usage_ledger"),
                        "t|0|t|t|t");
}

/* ---- Exactly once ----------------------------------------------------------------------- */

static void a_batch_delivered_twice_is_counted_once(void **state)
{
    struct ledger_tally tally;

    (void)state;
    tally = write_run(1, 1, 50);
    assert_int_equal(tally.counted, 50);
    tally = write_run(1, 1, 50);
    assert_int_equal(tally.counted, 0);
    assert_int_equal(tally.repeated, 50);
    assert_int_equal(ledger_rows(), 50);
    assert_int_equal(counted_below(), 51);
}

static void overlapping_batches_count_each_number_once(void **state)
{
    struct ledger_tally tally;

    (void)state;
    write_run(1, 1, 30);
    tally = write_run(1, 20, 30);
    assert_int_equal(tally.counted, 19);
    assert_int_equal(tally.repeated, 11);
    assert_int_equal(ledger_rows(), 49);
}

static void overlapping_batches_of_one_transaction_count_each_number_once(void **state)
{
    const struct gw_usage_batch *batches[3];
    struct usage_run runs[3];
    struct ledger_tally tally;

    (void)state;
    usage_run(&runs[0], 1, 1, 20);
    usage_run(&runs[1], 1, 10, 20);
    usage_run(&runs[2], 2, 1, 5);
    for (size_t i = 0; i < 3; i++) {
        batches[i] = &runs[i].batch;
    }
    tally = write_runs(batches, 3);
    assert_int_equal(tally.counted, 34);
    assert_int_equal(ledger_rows(), 34);
    assert_int_equal(usage_count("select count(*) from usage_mark"), 2);
}

static void a_jump_is_seen_and_what_fills_it_later_is_counted(void **state)
{
    struct ledger_tally tally;

    (void)state;
    write_run(1, 1, 5);
    tally = write_run(1, 11, 5);
    assert_int_equal(tally.missing, 5);
    assert_string_equal(
        usage_ask("select string_agg(concat_ws('-', first_seq, last_seq, state), ' ')"
                  " from usage_gap"),
        "6-10-open");

    tally = write_run(1, 8, 2);
    assert_int_equal(tally.counted, 2);
    assert_int_equal(tally.late, 2);
    assert_string_equal(
        usage_ask("select string_agg(concat_ws('-', first_seq, last_seq, state), ' '"
                  " order by first_seq) from usage_gap"),
        "6-7-open 8-9-filled 10-10-open");

    tally = write_run(1, 1, 15);
    assert_int_equal(tally.counted, 3);
    assert_int_equal(ledger_rows(), 15);
    assert_int_equal(usage_count("select count(*) from usage_gap where state = 'open'"), 0);
    assert_int_equal(usage_count("select sum(last_seq - first_seq + 1) from usage_gap"), 5);
}

static void batches_in_any_order_give_the_same_sums(void **state)
{
    static const uint64_t ORDER[] = {41, 1, 31, 11, 21, 1, 41};

    (void)state;
    for (size_t i = 0; i < GW_COUNT(ORDER); i++) {
        write_run(1, ORDER[i], 10);
    }
    assert_int_equal(ledger_rows(), 50);
    assert_int_equal(usage_count("select sum(requests) from usage_hourly"), 50);
    assert_int_equal(counted_below(), 51);
}

static void numbers_forged_upwards_lose_nothing_of_the_honest_ones(void **state)
{
    struct ledger_tally tally;

    (void)state;
    write_run(1, 1, 10);
    write_run(1, 1000000, 1);
    tally = write_run(1, 11, 10);
    assert_int_equal(tally.counted, 10);
    assert_int_equal(ledger_rows(), 21);
    assert_int_equal(usage_count("select count(*) from usage_gap where state = 'open'"), 1);
}

static void a_request_known_under_another_number_is_not_counted_again(void **state)
{
    const struct gw_usage_batch *batch;
    struct ledger_tally tally;
    struct usage_run run;

    (void)state;
    write_run(1, 1, 5);
    usage_run(&run, 1, 1, 5);
    run.batch.head.first_seq = 6;
    batch = &run.batch;
    tally = write_runs(&batch, 1);
    assert_int_equal(tally.counted, 0);
    assert_int_equal(tally.known, 5);
    assert_int_equal(ledger_rows(), 5);
    assert_int_equal(counted_below(), 11);
}

static void what_a_sender_gave_up_is_recorded_and_not_waited_for(void **state)
{
    const struct gw_usage_batch *batch;
    struct ledger_tally tally;
    struct usage_run run;

    (void)state;
    write_run(1, 1, 5);
    usage_run(&run, 1, 10, 2);
    run.batch.head.lost_below = 10;
    batch = &run.batch;
    tally = write_runs(&batch, 1);
    assert_int_equal(tally.lost, 4);
    assert_int_equal(tally.missing, 0);
    assert_string_equal(usage_ask("select concat_ws('-', first_seq, last_seq, state) from"
                                  " usage_gap"),
                        "6-9-lost");
    assert_int_equal(write_run(1, 7, 1).counted, 0);
}

/* ---- Beginnings ------------------------------------------------------------------------- */

static struct ledger_tally write_events(uint64_t first, const struct gw_usage_event *events,
                                        size_t count)
{
    const struct gw_usage_batch *batch;
    struct usage_run run;

    usage_run(&run, 1, first, count);
    memcpy(run.events, events, count * sizeof(*events));
    batch = &run.batch;
    return write_runs(&batch, 1);
}

static void a_beginning_stays_until_its_end_arrives(void **state)
{
    int64_t now_us = gw_clock_wall_us();
    const struct gw_usage_event begun[] = {usage_begin(1, now_us), usage_begin(2, now_us)};
    const struct gw_usage_event both[] = {usage_begin(3, now_us), usage_end(3, now_us)};
    const struct gw_usage_event end = usage_end(1, now_us);

    (void)state;
    assert_int_equal(write_events(1, begun, 2).begun, 2);
    assert_int_equal(write_events(3, both, 2).begun, 0);
    assert_int_equal(usage_count("select count(*) from usage_begun"), 2);
    write_events(5, &end, 1);
    assert_int_equal(usage_count("select seq from usage_begun"), 2);
}

static void a_beginning_that_comes_after_its_end_does_not_stay(void **state)
{
    int64_t now_us = gw_clock_wall_us();
    const struct gw_usage_event begun = usage_begin(9, now_us + 5);
    const struct gw_usage_event end = usage_end(9, now_us);

    (void)state;
    write_events(2, &end, 1);
    assert_int_equal(write_events(1, &begun, 1).late, 1);
    assert_int_equal(usage_count("select count(*) from usage_begun"), 0);
}

/* ---- Failures --------------------------------------------------------------------------- */

/* While armed, the database ends the connection of whoever commits new sums. */
static void arm(const char *when)
{
    char sql[512];

    snprintf(sql, sizeof(sql),
             "create or replace function end_connection() returns trigger language plpgsql as $$"
             " begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;"
             " create constraint trigger ended after insert or update on %s"
             " for each row execute function end_connection()",
             when);
    usage_script(sql);
}

static void a_connection_lost_in_the_commit_changes_nothing(void **state)
{
    const struct gw_usage_batch *batch;
    struct ledger_tally tally;
    struct usage_run run;
    struct gw_fault fault;

    (void)state;
    write_run(1, 1, 10);
    usage_run(&run, 1, 11, 10);
    batch = &run.batch;
    arm("usage_hourly deferrable initially deferred");
    assert_int_equal(ledger_write(ledger, &batch, 1, &tally, &fault), GW_E_UNAVAILABLE);
    assert_int_equal(ledger_rows(), 10);
    assert_int_equal(counted_below(), 11);
    assert_int_equal(usage_differences(), 0);

    usage_script("drop trigger ended on usage_hourly");
    assert_int_equal(write_runs(&batch, 1).counted, 10);
    assert_int_equal(ledger_rows(), 20);
}

static void a_connection_lost_between_ledger_and_mark_changes_nothing(void **state)
{
    const struct gw_usage_batch *batch;
    struct ledger_tally tally;
    struct usage_run run;
    struct gw_fault fault;

    (void)state;
    write_run(1, 1, 10);
    usage_run(&run, 1, 5, 20);
    batch = &run.batch;
    arm("usage_hourly");
    assert_int_equal(ledger_write(ledger, &batch, 1, &tally, &fault), GW_E_UNAVAILABLE);
    assert_int_equal(ledger_rows(), 10);
    usage_script("drop trigger ended on usage_hourly");
    assert_int_equal(write_runs(&batch, 1).counted, 14);
    assert_int_equal(ledger_rows(), 24);
}

static void a_batch_the_tables_refuse_is_told_as_invalid_and_changes_nothing(void **state)
{
    const struct gw_usage_batch *batch;
    struct ledger_tally tally;
    struct usage_run run;
    struct gw_fault fault;

    (void)state;
    usage_run(&run, 1, 1, 3);
    run.events[1].ended.ended_us = run.events[1].ended.started_us - 1;
    batch = &run.batch;
    assert_int_equal(ledger_write(ledger, &batch, 1, &tally, &fault), GW_E_INVALID);
    assert_int_equal(ledger_rows(), 0);
    assert_int_equal(usage_count("select count(*) from usage_mark"), 0);
    assert_int_equal(write_run(1, 1, 3).counted, 3);
}

static void rows_of_a_month_without_a_partition_get_one(void **state)
{
    int64_t old_us = gw_clock_wall_us() - 200 * 24 * GW_US_PER_HOUR;
    const struct gw_usage_event end = usage_end(1, old_us);

    (void)state;
    assert_int_equal(write_events(1, &end, 1).counted, 1);
    assert_int_equal(usage_count("select count(*) from usage_ledger"), 1);
    usage_script("truncate usage_ledger, usage_hourly");
}

static void a_large_transaction_goes_in_several_statements(void **state)
{
    const struct gw_usage_batch *batches[20];
    static struct usage_run runs[20];

    (void)state;
    for (size_t i = 0; i < 20; i++) {
        usage_run(&runs[i], 3, 1 + 64 * i, 64);
        batches[i] = &runs[i].batch;
    }
    assert_int_equal(write_runs(batches, 20).counted, 1280);
    assert_int_equal(ledger_rows(), 1280);
}

static int make(void **state)
{
    usage_database_make(state);
    ledger = ledger_new(usage_conninfo);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    ledger_free(ledger);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, usage_database_empty)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(every_field_of_an_end_comes_back_from_the_ledger),
        TEST(a_figure_nobody_named_is_null_and_not_zero),
        TEST(a_batch_delivered_twice_is_counted_once),
        TEST(overlapping_batches_count_each_number_once),
        TEST(overlapping_batches_of_one_transaction_count_each_number_once),
        TEST(a_jump_is_seen_and_what_fills_it_later_is_counted),
        TEST(batches_in_any_order_give_the_same_sums),
        TEST(numbers_forged_upwards_lose_nothing_of_the_honest_ones),
        TEST(a_request_known_under_another_number_is_not_counted_again),
        TEST(what_a_sender_gave_up_is_recorded_and_not_waited_for),
        TEST(a_beginning_stays_until_its_end_arrives),
        TEST(a_beginning_that_comes_after_its_end_does_not_stay),
        TEST(a_connection_lost_in_the_commit_changes_nothing),
        TEST(a_connection_lost_between_ledger_and_mark_changes_nothing),
        TEST(a_batch_the_tables_refuse_is_told_as_invalid_and_changes_nothing),
        TEST(rows_of_a_month_without_a_partition_get_one),
        TEST(a_large_transaction_goes_in_several_statements),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("statsd/sink/ledger", tests, make, unmake);
}
