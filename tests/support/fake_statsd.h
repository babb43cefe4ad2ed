/* SPDX-License-Identifier: MIT */
/*
 * fake_statsd - a statsd that the test plays, over a real socket, with bad habits, and a meter of
 * it.
 *
 * Statsd runs on the test's loop, the meter on a thread of its own. Tests run the loop with
 * UNTIL() a condition, which every call-back makes it look at again.
 */
#ifndef TESTS_SUPPORT_FAKE_STATSD_H
#define TESTS_SUPPORT_FAKE_STATSD_H

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

static inline void send_receipts(struct plane *plane)
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

static inline void confirm(struct plane *plane, uint64_t first, uint64_t last)
{
    struct gw_usage_receipt *receipt = &plane->outbox[plane->outbox_count++];

    GW_CHECK(plane->outbox_count <= GW_COUNT(plane->outbox));
    *receipt = (struct gw_usage_receipt){.confirmed = {{first, last}}, .count = 1};
    memcpy(receipt->spool_id, plane->spool_id, GW_SPOOL_ID_SIZE);
}

static inline void enter_in_ledger(struct plane *plane, const struct gw_usage_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        plane->ledger[batch->head.first_seq + i] = 1;
    }
}

static inline void behave(struct plane *plane, const struct gw_usage_batch *batch)
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

static inline void take_batch(struct plane *plane, const struct gw_usage_batch *batch)
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

static inline void on_batch(void *owner, struct gw_text message)
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

static inline void on_out(void *owner)
{
    struct plane *plane = owner;

    send_receipts(plane);
    gw_loop_stop(plane->loop);
}

static inline void on_over(void *owner, enum gw_err err, const char *why)
{
    struct plane *plane = owner;

    (void)err;
    (void)why;
    plane->stream = NULL;
    plane->outbox_count = 0;
    gw_loop_stop(plane->loop);
}

static inline enum gw_err on_ship(void *owner, struct gw_rpc_stream *stream,
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

static inline void open_server(struct plane *plane)
{
    const struct gw_rpc_server_conf conf = {.listen = plane->address};
    struct gw_fault fault = {""};

    if (gw_rpc_server_open(plane->courier, plane->loop, &conf, METHODS, 1, plane, &plane->server,
                           &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
    plane->is_server_closed = false;
}

static inline void on_server_closed(void *owner)
{
    struct plane *plane = owner;

    plane->is_server_closed = true;
    gw_loop_stop(plane->loop);
}

static inline void close_server(struct plane *plane)
{
    gw_rpc_server_close(plane->server, on_server_closed, plane);
    UNTIL(plane, plane->is_server_closed);
    plane->server = NULL;
}

/* ---- The data plane --------------------------------------------------------------------- */

static inline void on_said(void *owner, enum meter_event event, const char *text)
{
    struct plane *plane = owner;

    (void)text;
    pthread_mutex_lock(&plane->mutex);
    plane->lost += event == METER_LOST;
    pthread_mutex_unlock(&plane->mutex);
    gw_loop_stop(plane->loop);
}

static inline size_t times_lost(struct plane *plane)
{
    size_t lost;

    pthread_mutex_lock(&plane->mutex);
    lost = plane->lost;
    pthread_mutex_unlock(&plane->mutex);
    return lost;
}

static inline void open_meter(struct plane *plane, size_t events_max)
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

static inline enum gw_err put_event(struct plane *plane)
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

static inline void put_events(struct plane *plane, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(put_event(plane), GW_OK);
    }
}

static inline struct meter_status status_of(struct plane *plane)
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

static inline void on_pulse(struct gw_timer *timer)
{
    struct pulse *pulse = GW_CONTAINER(timer, struct pulse, timer);

    gw_timer_start(pulse->loop, timer, 2 * GW_US_PER_MS);
    gw_loop_stop(pulse->loop);
}

static inline void until_confirmed(struct plane *plane, uint64_t count)
{
    struct pulse pulse = {.loop = plane->loop};

    gw_timer_init(&pulse.timer, on_pulse);
    gw_timer_start(plane->loop, &pulse.timer, 0);
    UNTIL(plane, status_of(plane).confirmed >= count);
    gw_timer_stop(plane->loop, &pulse.timer);
}

static inline void on_late(struct gw_timer *timer)
{
    struct plane *plane = GW_CONTAINER(timer, struct plane, late);

    plane->is_late = true;
    gw_loop_stop(plane->loop);
}

static inline int set_up(void **state)
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

static inline int tear_down(void **state)
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

static inline void assert_counted_once(const struct plane *plane, uint64_t last)
{
    for (uint64_t number = 1; number <= last; number++) {
        assert_int_equal(plane->ledger[number], 1);
    }
    assert_int_equal(plane->ledger[last + 1], 0);
    assert_int_equal(plane->oddities, 0);
}

#define WITH_PLANE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
