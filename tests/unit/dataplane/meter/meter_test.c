/* SPDX-License-Identifier: MIT */
#include "dataplane/meter/meter.h"

#include "tests/support/fake_statsd.h"

static void events_arrive_once_each_and_are_forgotten(void **state)
{
    struct plane *plane = *state;

    open_server(plane);
    open_meter(plane, 0);
    put_events(plane, 5000);
    until_confirmed(plane, 5000);
    assert_counted_once(plane, 5000);
    for (uint64_t number = 1; number <= 5000; number++) {
        assert_int_equal(plane->seen[number], 1);
    }
    assert_true(plane->batch_most <= SHIPPER_BATCH_MAX);
    assert_int_equal(status_of(plane).unconfirmed, 0);
    assert_int_equal(status_of(plane).put, 5000);
    assert_int_equal(status_of(plane).oldest_us, 0);
}

static void a_single_event_does_not_wait_for_company(void **state)
{
    struct plane *plane = *state;

    open_server(plane);
    open_meter(plane, 0);
    put_events(plane, 1);
    until_confirmed(plane, 1);
    put_events(plane, 1);
    until_confirmed(plane, 2);
    assert_int_equal(plane->batches, 2);
}

static void events_wait_for_statsd_to_come(void **state)
{
    struct plane *plane = *state;

    open_meter(plane, 0);
    put_events(plane, 700);
    UNTIL(plane, times_lost(plane) > 0);
    assert_false(status_of(plane).is_connected);
    assert_int_equal(status_of(plane).unconfirmed, 700);
    open_server(plane);
    until_confirmed(plane, 700);
    assert_counted_once(plane, 700);
    assert_true(status_of(plane).is_connected);
}

static void a_connection_lost_before_the_receipt_repeats_the_batch(void **state)
{
    struct plane *plane = *state;

    open_server(plane);
    plane->habit = BREAK_OFF_AND_TAKE;
    open_meter(plane, 0);
    put_events(plane, 300);
    until_confirmed(plane, 300);
    assert_true(plane->streams >= 2);
    assert_int_equal(plane->seen[1], 2); /* statsd's marks keep it from being counted twice */
    assert_counted_once(plane, 300);
}

static void a_connection_lost_before_the_batch_was_taken_loses_nothing(void **state)
{
    struct plane *plane = *state;

    open_server(plane);
    plane->habit = BREAK_OFF_AND_LEAVE;
    open_meter(plane, 0);
    put_events(plane, 2000);
    until_confirmed(plane, 2000);
    assert_true(plane->streams >= 2);
    assert_counted_once(plane, 2000);
}

static void receipts_in_the_wrong_order_are_fine(void **state)
{
    struct plane *plane = *state;
    struct gw_usage_receipt swapped;

    open_server(plane);
    plane->habit = CONFIRM_BACKWARDS;
    open_meter(plane, 0);
    put_events(plane, 1500);
    UNTIL(plane, plane->highest == 1500);
    for (size_t i = 0; i < plane->outbox_count / 2; i++) {
        swapped = plane->outbox[i];
        plane->outbox[i] = plane->outbox[plane->outbox_count - 1 - i];
        plane->outbox[plane->outbox_count - 1 - i] = swapped;
    }
    assert_true(plane->outbox_count >= 3);
    send_receipts(plane);
    until_confirmed(plane, 1500);
    assert_int_equal(plane->streams, 1);
    assert_int_equal(status_of(plane).odd, 0);
    assert_counted_once(plane, 1500);
}

static void receipts_that_come_twice_are_fine(void **state)
{
    struct plane *plane = *state;

    open_server(plane);
    plane->habit = CONFIRM_TWICE;
    open_meter(plane, 0);
    put_events(plane, 1200);
    until_confirmed(plane, 1200);
    assert_int_equal(status_of(plane).confirmed, 1200);
    assert_int_equal(plane->streams, 1);
    assert_int_equal(status_of(plane).odd, 0);
}

static void without_receipts_only_a_window_is_sent_and_a_full_spool_says_so(void **state)
{
    struct plane *plane = *state;
    size_t window = SHIPPER_BATCH_MAX * SHIPPER_BATCHES_MAX;

    open_server(plane);
    plane->habit = CONFIRM_NEVER;
    open_meter(plane, 5000);
    put_events(plane, 5000);
    UNTIL(plane, plane->batches == SHIPPER_BATCHES_MAX);
    assert_int_equal(put_event(plane), GW_E_FULL);
    assert_int_equal(put_event(plane), GW_E_FULL);
    assert_int_equal(status_of(plane).lost, 2);
    assert_true(plane->highest <= window);
    assert_int_equal(status_of(plane).unconfirmed, 5000);
    assert_true(status_of(plane).oldest_us > 0);

    /* It comes to its senses: everything arrives, and it is told what never will. */
    plane->habit = CONFIRM_AT_ONCE;
    for (uint64_t first = 1; first <= plane->highest; first += SHIPPER_BATCH_MAX) {
        uint64_t last = first + SHIPPER_BATCH_MAX - 1;

        confirm(plane, first, last < plane->highest ? last : plane->highest);
        memset(&plane->ledger[first], 1, SHIPPER_BATCH_MAX);
    }
    send_receipts(plane);
    until_confirmed(plane, 5000);
    UNTIL(plane, plane->lost_below == 5003);
    assert_counted_once(plane, 5000);
    put_events(plane, 1);
    until_confirmed(plane, 5001);
    assert_int_equal(plane->highest, 5003);
}

static void receipts_for_events_never_sent_are_told_and_ignored(void **state)
{
    struct plane *plane = *state;

    open_server(plane);
    plane->habit = FORGE_NUMBERS;
    open_meter(plane, 0);
    put_events(plane, 100);
    until_confirmed(plane, 100);
    assert_int_equal(status_of(plane).odd, 1);
    put_events(plane, 500);
    until_confirmed(plane, 600);
    assert_counted_once(plane, 600); /* none of them was taken for confirmed */
    assert_int_equal(plane->streams, 1);
}

static void receipts_for_another_spool_are_told_and_ignored(void **state)
{
    struct plane *plane = *state;

    open_server(plane);
    plane->habit = FORGE_SPOOL;
    open_meter(plane, 0);
    put_events(plane, 100);
    until_confirmed(plane, 100);
    assert_int_equal(status_of(plane).odd, 1);
    assert_int_equal(plane->streams, 1);
}

static void nonsense_ends_the_stream_and_the_events_go_out_again(void **state)
{
    struct plane *plane = *state;

    open_server(plane);
    plane->habit = TALK_NONSENSE;
    open_meter(plane, 0);
    put_events(plane, 100);
    until_confirmed(plane, 100);
    assert_true(plane->streams >= 2);
    assert_int_equal(status_of(plane).odd, 1);
    assert_counted_once(plane, 100);
}

struct closing {
    struct plane *plane;
    size_t left;
    int64_t patience_us;
    bool is_done; /* guarded by plane->mutex */
};

static void *close_meter(void *arg)
{
    struct closing *closing = arg;
    size_t left = meter_close(closing->plane->meter, closing->patience_us);

    pthread_mutex_lock(&closing->plane->mutex);
    closing->left = left;
    closing->is_done = true;
    pthread_mutex_unlock(&closing->plane->mutex);
    gw_loop_stop(closing->plane->loop);
    return NULL;
}

static bool is_done(struct closing *closing)
{
    bool is_it;

    pthread_mutex_lock(&closing->plane->mutex);
    is_it = closing->is_done;
    pthread_mutex_unlock(&closing->plane->mutex);
    return is_it;
}

static void closing_ships_what_is_left(void **state)
{
    struct plane *plane = *state;
    struct closing closing = {.plane = plane, .patience_us = LATE_US};
    pthread_t thread;

    open_server(plane);
    open_meter(plane, 0);
    put_events(plane, 1234);
    assert_int_equal(pthread_create(&thread, NULL, close_meter, &closing), 0);
    UNTIL(plane, is_done(&closing));
    assert_int_equal(pthread_join(thread, NULL), 0);
    plane->meter = NULL;
    assert_int_equal(closing.left, 0);
    assert_counted_once(plane, 1234);
}

static void closing_does_not_wait_for_ever(void **state)
{
    struct plane *plane = *state;

    open_meter(plane, 0);
    put_events(plane, 10);
    assert_int_equal(meter_close(plane->meter, 20 * GW_US_PER_MS), 10);
    plane->meter = NULL;
}

static void an_event_that_cannot_be_is_the_callers_bug(void **state)
{
    struct plane *plane = *state;
    const struct gw_usage_event event = {.is_end = true};

    open_meter(plane, 0);
    assert_int_equal(meter_put(plane->meter, &event), GW_E_INVALID);
    assert_int_equal(status_of(plane).put, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_PLANE(events_arrive_once_each_and_are_forgotten),
        WITH_PLANE(a_single_event_does_not_wait_for_company),
        WITH_PLANE(events_wait_for_statsd_to_come),
        WITH_PLANE(a_connection_lost_before_the_receipt_repeats_the_batch),
        WITH_PLANE(a_connection_lost_before_the_batch_was_taken_loses_nothing),
        WITH_PLANE(receipts_in_the_wrong_order_are_fine),
        WITH_PLANE(receipts_that_come_twice_are_fine),
        WITH_PLANE(without_receipts_only_a_window_is_sent_and_a_full_spool_says_so),
        WITH_PLANE(receipts_for_events_never_sent_are_told_and_ignored),
        WITH_PLANE(receipts_for_another_spool_are_told_and_ignored),
        WITH_PLANE(nonsense_ends_the_stream_and_the_events_go_out_again),
        WITH_PLANE(closing_ships_what_is_left),
        WITH_PLANE(closing_does_not_wait_for_ever),
        WITH_PLANE(an_event_that_cannot_be_is_the_callers_bug),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("dataplane/meter/meter", tests, NULL, NULL);
}
