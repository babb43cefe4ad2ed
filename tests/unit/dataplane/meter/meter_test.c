/* SPDX-License-Identifier: MIT */
/*
 * The meter against a statsd that the test plays, over a real socket. Statsd runs on the test's
 * loop, the meter on a thread of its own.
 */
#include "dataplane/meter/meter.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "dataplane/meter/shipper.h"
#include "lib/base/check.h"
#include "lib/rpc/rpc_server.h"
#include "lib/units/clock.h"
#include "tests/support/cmocka_first.h"

#define LATE_US    (20 * GW_US_PER_SECOND)
#define NUMBER_MAX 20000
#define AT_US      INT64_C(1763845200000000)

enum habit {
    CONFIRM_AT_ONCE,
    CONFIRM_NEVER,
    CONFIRM_BACKWARDS, /* holds receipts back, then gives them the other way round */
    CONFIRM_TWICE,
    BREAK_OFF_AND_TAKE,  /* takes a batch into the ledger, and is gone before saying so */
    BREAK_OFF_AND_LEAVE, /* is gone without having taken it */
    FORGE_NUMBERS,
    FORGE_SPOOL,
    TALK_NONSENSE,
};

struct plane {
    struct gw_courier *courier;
    struct gw_loop *loop;
    struct gw_timer late;
    bool is_late;
    char folder[64], address[96];

    struct gw_rpc_server *server; /* statsd */
    bool is_server_closed;
    struct gw_rpc_stream *stream;
    enum habit habit;
    size_t streams, batches; /* opened, received */
    size_t batch_most;       /* events in the largest batch */
    uint8_t spool_id[GW_SPOOL_ID_SIZE];
    unsigned char seen[NUMBER_MAX];   /* how often a number came */
    unsigned char ledger[NUMBER_MAX]; /* how often it was counted: 0 or 1 */
    uint64_t highest, lost_below;
    size_t oddities; /* batches that could not be */
    struct gw_usage_receipt outbox[16];
    size_t outbox_count;

    struct meter *meter;
    pthread_mutex_t mutex; /* guards lost */
    size_t lost;
};

#define UNTIL(plane, condition)                                                                    \
    do {                                                                                           \
        gw_timer_start((plane)->loop, &(plane)->late, LATE_US);                                    \
        while (!(condition)) {                                                                     \
            assert_false((plane)->is_late);                                                        \
            gw_loop_run((plane)->loop);                                                            \
        }                                                                                          \
    } while (0)

/* ---- Statsd ----------------------------------------------------------------------------- */

static void send_receipts(struct plane *plane)
{
    struct gw_buf bytes;

    if (plane->outbox_count == 0 || plane->stream == NULL ||
        !gw_rpc_stream_may_send(plane->stream)) {
        return;
    }
    gw_buf_init(&bytes, 4096);
    if (gw_usage_receipt_pack(&plane->outbox[0], &bytes) == GW_OK) {
        gw_rpc_stream_send(plane->stream, gw_buf_text(&bytes));
    }
    gw_buf_fini(&bytes);
    plane->outbox_count--;
    memmove(&plane->outbox[0], &plane->outbox[1], plane->outbox_count * sizeof(plane->outbox[0]));
}

static void confirm(struct plane *plane, uint64_t first, uint64_t last)
{
    struct gw_usage_receipt *receipt = &plane->outbox[plane->outbox_count++];

    GW_CHECK(plane->outbox_count <= GW_COUNT(plane->outbox));
    *receipt = (struct gw_usage_receipt){.confirmed = {{first, last}}, .count = 1};
    memcpy(receipt->spool_id, plane->spool_id, GW_SPOOL_ID_SIZE);
}

static void enter_in_ledger(struct plane *plane, const struct gw_usage_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        plane->ledger[batch->head.first_seq + i] = 1;
    }
}

static void behave(struct plane *plane, const struct gw_usage_batch *batch)
{
    uint64_t first = batch->head.first_seq, last = first + batch->count - 1;

    if (batch->count == 0) {
        return;
    }
    if (plane->habit != CONFIRM_NEVER && plane->habit != BREAK_OFF_AND_LEAVE) {
        enter_in_ledger(plane, batch);
    }
    switch (plane->habit) {
    case CONFIRM_AT_ONCE:
    case CONFIRM_BACKWARDS:
        confirm(plane, first, last);
        break;
    case CONFIRM_TWICE:
        confirm(plane, first, last);
        confirm(plane, first, last);
        break;
    case CONFIRM_NEVER:
        break;
    case BREAK_OFF_AND_TAKE:
    case BREAK_OFF_AND_LEAVE:
        plane->habit = CONFIRM_AT_ONCE;
        gw_rpc_stream_end(plane->stream, GW_E_UNAVAILABLE, "going away");
        break;
    case FORGE_NUMBERS:
        plane->habit = CONFIRM_AT_ONCE;
        confirm(plane, last + 1, last + 1000);
        confirm(plane, first, last);
        break;
    case FORGE_SPOOL:
        plane->habit = CONFIRM_AT_ONCE;
        confirm(plane, first, last);
        plane->outbox[plane->outbox_count - 1].spool_id[0] ^= 1;
        confirm(plane, first, last);
        break;
    case TALK_NONSENSE:
        plane->habit = CONFIRM_AT_ONCE;
        gw_rpc_stream_send(plane->stream, GW_TEXT("\x0a\xff nonsense"));
        break;
    }
}

static void take_batch(struct plane *plane, const struct gw_usage_batch *batch)
{
    plane->batches += batch->count > 0;
    if (batch->count > plane->batch_most) {
        plane->batch_most = batch->count;
    }
    memcpy(plane->spool_id, batch->head.spool_id, GW_SPOOL_ID_SIZE);
    for (size_t i = 0; i < batch->count; i++) {
        uint64_t number = batch->head.first_seq + i;

        if (number >= NUMBER_MAX || !batch->events[i].is_end ||
            !gw_text_eq(batch->events[i].ended.model, GW_TEXT("m"))) {
            plane->oddities++;
            return;
        }
        plane->seen[number]++;
        plane->highest = number > plane->highest ? number : plane->highest;
    }
    plane->lost_below = batch->head.lost_below;
    behave(plane, batch);
}

static void on_batch(void *owner, struct gw_text message)
{
    struct plane *plane = owner;
    struct gw_usage_batch batch;
    struct gw_arena arena;
    struct gw_fault fault;

    gw_arena_init(&arena, 64 * 1024 * 1024);
    if (gw_usage_batch_unpack(message, &arena, &batch, &fault) == GW_OK) {
        take_batch(plane, &batch);
    } else {
        plane->oddities++;
    }
    gw_arena_fini(&arena);
    if (plane->habit != CONFIRM_BACKWARDS) {
        send_receipts(plane);
    }
    gw_loop_stop(plane->loop);
}

static void on_out(void *owner)
{
    struct plane *plane = owner;

    send_receipts(plane);
    gw_loop_stop(plane->loop);
}

static void on_over(void *owner, enum gw_err err, const char *why)
{
    struct plane *plane = owner;

    (void)err;
    (void)why;
    plane->stream = NULL;
    plane->outbox_count = 0;
    gw_loop_stop(plane->loop);
}

static enum gw_err on_ship(void *owner, struct gw_rpc_stream *stream,
                           const struct gw_rpc_stream_ops **ret_ops, void **ret_owner)
{
    static const struct gw_rpc_stream_ops OPS = {
        .on_message = on_batch, .on_sent = on_out, .on_done = on_over};
    struct plane *plane = owner;

    if (plane->stream != NULL) {
        return GW_E_CONFLICT; /* the old one is not quite over */
    }
    plane->stream = stream;
    plane->streams++;
    *ret_ops = &OPS;
    *ret_owner = plane;
    return GW_OK;
}

static const struct gw_rpc_method METHODS[] = {
    {.name = "/millrace.usage.v1.Usage/Ship", .on_stream = on_ship},
};

static void open_server(struct plane *plane)
{
    const struct gw_rpc_server_conf conf = {.listen = plane->address};
    struct gw_fault fault = {""};

    if (gw_rpc_server_open(plane->courier, plane->loop, &conf, METHODS, 1, plane, &plane->server,
                           &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
    plane->is_server_closed = false;
}

static void on_server_closed(void *owner)
{
    struct plane *plane = owner;

    plane->is_server_closed = true;
    gw_loop_stop(plane->loop);
}

static void close_server(struct plane *plane)
{
    gw_rpc_server_close(plane->server, on_server_closed, plane);
    UNTIL(plane, plane->is_server_closed);
    plane->server = NULL;
}

/* ---- The data plane --------------------------------------------------------------------- */

static void on_said(void *owner, enum meter_event event, const char *text)
{
    struct plane *plane = owner;

    (void)text;
    pthread_mutex_lock(&plane->mutex);
    plane->lost += event == METER_LOST;
    pthread_mutex_unlock(&plane->mutex);
    gw_loop_stop(plane->loop);
}

static size_t times_lost(struct plane *plane)
{
    size_t lost;

    pthread_mutex_lock(&plane->mutex);
    lost = plane->lost;
    pthread_mutex_unlock(&plane->mutex);
    return lost;
}

static void open_meter(struct plane *plane, size_t events_max)
{
    const struct meter_conf conf = {.courier = plane->courier,
                                    .statsd = {.target = plane->address},
                                    .node = "edge-1",
                                    .events_max = events_max};
    struct gw_fault fault = {""};

    if (meter_open(&conf, on_said, plane, &plane->meter, &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
}

static enum gw_err put_event(struct plane *plane)
{
    const struct gw_usage_event event = {
        .is_end = true,
        .ended = {.request_id = "0123456789abcde",
                  .started_us = AT_US,
                  .ended_us = AT_US + 1,
                  .outcome = GW_OUTCOME_SUCCESS,
                  .status = 200,
                  .user_id = 1,
                  .key_id = 2,
                  .provider_id = 3,
                  .model = GW_TEXT("m")},
    };

    return meter_put(plane->meter, &event);
}

static void put_events(struct plane *plane, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(put_event(plane), GW_OK);
    }
}

static struct meter_status status_of(struct plane *plane)
{
    struct meter_status status;

    meter_status(plane->meter, &status);
    return status;
}

/* The meter's thread tells nobody that a receipt came in: ask for it at short intervals. */
struct pulse {
    struct gw_timer timer;
    struct gw_loop *loop;
};

static void on_pulse(struct gw_timer *timer)
{
    struct pulse *pulse = GW_CONTAINER(timer, struct pulse, timer);

    gw_timer_start(pulse->loop, timer, 2 * GW_US_PER_MS);
    gw_loop_stop(pulse->loop);
}

static void until_confirmed(struct plane *plane, uint64_t count)
{
    struct pulse pulse = {.loop = plane->loop};

    gw_timer_init(&pulse.timer, on_pulse);
    gw_timer_start(plane->loop, &pulse.timer, 0);
    UNTIL(plane, status_of(plane).confirmed >= count);
    gw_timer_stop(plane->loop, &pulse.timer);
}

static void on_late(struct gw_timer *timer)
{
    struct plane *plane = GW_CONTAINER(timer, struct plane, late);

    plane->is_late = true;
    gw_loop_stop(plane->loop);
}

static int set_up(void **state)
{
    struct plane *plane = GW_NEW(struct plane);

    plane->courier = gw_courier_new();
    plane->loop = gw_loop_new();
    gw_timer_init(&plane->late, on_late);
    pthread_mutex_init(&plane->mutex, NULL);
    snprintf(plane->folder, sizeof(plane->folder), "/tmp/meter_test.XXXXXX");
    assert_non_null(mkdtemp(plane->folder));
    snprintf(plane->address, sizeof(plane->address), "unix:%s/s", plane->folder);
    *state = plane;
    return 0;
}

static int tear_down(void **state)
{
    struct plane *plane = *state;
    char command[128];

    (void)meter_close(plane->meter, 0);
    if (plane->server != NULL) {
        close_server(plane);
    }
    gw_timer_stop(plane->loop, &plane->late);
    gw_courier_free(plane->courier);
    gw_loop_free(plane->loop);
    snprintf(command, sizeof(command), "rm -r %s", plane->folder);
    assert_int_equal(system(command), 0);
    gw_free(plane);
    return 0;
}

static void assert_counted_once(const struct plane *plane, uint64_t last)
{
    for (uint64_t number = 1; number <= last; number++) {
        assert_int_equal(plane->ledger[number], 1);
    }
    assert_int_equal(plane->ledger[last + 1], 0);
    assert_int_equal(plane->oddities, 0);
}

/* ---- Tests ------------------------------------------------------------------------------ */

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

#define WITH_PLANE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

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
