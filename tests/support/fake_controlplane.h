/* SPDX-License-Identifier: MIT */
/*
 * fake_controlplane - a control plane that the test plays, over a real socket, and a subscriber of
 * it.
 *
 * The control plane runs on the test's loop, the subscriber on threads of its own. Tests run the
 * loop with UNTIL() a condition, which every call-back makes it look at again.
 */
#ifndef TESTS_SUPPORT_FAKE_CONTROLPLANE_H
#define TESTS_SUPPORT_FAKE_CONTROLPLANE_H

#include "dataplane/snapshot/subscriber.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dataplane/snapshot/last_good.h"
#include "lib/base/check.h"
#include "lib/rpc/rpc_server.h"
#include "lib/units/clock.h"
#include "lib/wire/update.h"
#include "tests/support/cmocka_first.h"

#define EPOCH   "0193c6f0-0000-7000-8000-000000000001"
#define LATE_US (20 * GW_US_PER_SECOND)
#define EVENTS  64
#define REPORTS 64

struct told {
    enum subscriber_event event;
    char text[300];
};

struct heard {
    bool has_hello;
    char node[32];
    struct gw_version running, refused;
    char refusal[256];
    bool is_draining;
    uint64_t open_requests;
};

struct message {
    struct gw_list link;
    struct gw_buf bytes;
};

struct plane {
    struct gw_courier *courier;
    struct gw_loop *loop;
    struct gw_timer late;
    bool is_late;
    char folder[64], address[96], file[96];
    struct gw_keyring *ring;

    struct gw_rpc_server *server; /* the control plane */
    bool is_server_closed;
    struct gw_rpc_stream *stream;
    struct gw_list outbox;
    size_t streams; /* that were opened */
    struct heard heard[REPORTS];
    size_t heard_count;

    struct holder *holder;
    struct subscriber *subscriber;
    pthread_mutex_t mutex; /* guards told */
    struct told told[EVENTS];
    size_t told_count;
};

#define UNTIL(plane, condition)                                                                    \
    do {                                                                                           \
        gw_timer_start((plane)->loop, &(plane)->late, LATE_US);                                    \
        while (!(condition)) {                                                                     \
            assert_false((plane)->is_late);                                                        \
            gw_loop_run((plane)->loop);                                                            \
        }                                                                                          \
    } while (0)

/* ---- The control plane ------------------------------------------------------------------ */

static inline void send_next(struct plane *plane)
{
    struct gw_list *node;

    if (plane->stream == NULL || !gw_rpc_stream_may_send(plane->stream)) {
        return;
    }
    node = gw_list_pop_front(&plane->outbox);
    if (node != NULL) {
        struct message *message = GW_CONTAINER(node, struct message, link);

        gw_rpc_stream_send(plane->stream, gw_buf_text(&message->bytes));
        gw_buf_fini(&message->bytes);
        gw_free(message);
    }
}

static inline void send_bytes(struct plane *plane, struct gw_text bytes)
{
    struct message *message = GW_NEW(struct message);

    gw_buf_init(&message->bytes, 64 * 1024 * 1024);
    gw_buf_append(&message->bytes, bytes);
    gw_list_init(&message->link);
    gw_list_push_back(&plane->outbox, &message->link);
    send_next(plane);
}

static inline void send_update(struct plane *plane, struct gw_update *own_update)
{
    struct gw_buf bytes;

    gw_buf_init(&bytes, 64 * 1024 * 1024);
    assert_int_equal(gw_update_pack(own_update, &bytes), GW_OK);
    gw_update_free(own_update);
    send_bytes(plane, gw_buf_text(&bytes));
    gw_buf_fini(&bytes);
}

static inline void copy_text(struct gw_text text, char *to, size_t size)
{
    snprintf(to, size, "%.*s", GW_TEXT_ARG(text));
}

static inline void on_report(void *owner, struct gw_text message)
{
    struct plane *plane = owner;
    struct gw_report report;
    struct gw_fault fault;
    struct gw_buf store;

    gw_buf_init(&store, 4096);
    if (plane->heard_count < REPORTS &&
        gw_report_unpack(message, &store, &report, &fault) == GW_OK) {
        struct heard *heard = &plane->heard[plane->heard_count++];

        *heard = (struct heard){.has_hello = report.has_hello,
                                .running = report.running,
                                .refused = report.refused,
                                .is_draining = report.draining,
                                .open_requests = report.open_requests};
        copy_text(report.node, heard->node, sizeof(heard->node));
        copy_text(report.refusal, heard->refusal, sizeof(heard->refusal));
    }
    gw_buf_fini(&store);
    gw_loop_stop(plane->loop);
}

static inline void on_out(void *owner)
{
    struct plane *plane = owner;

    send_next(plane);
    gw_loop_stop(plane->loop);
}

static inline void on_over(void *owner, enum gw_err err, const char *why)
{
    struct plane *plane = owner;

    (void)err;
    (void)why;
    plane->stream = NULL;
    gw_loop_stop(plane->loop);
}

static inline enum gw_err on_watch(void *owner, struct gw_rpc_stream *stream,
                                   const struct gw_rpc_stream_ops **ret_ops, void **ret_owner)
{
    static const struct gw_rpc_stream_ops OPS = {
        .on_message = on_report, .on_sent = on_out, .on_done = on_over};
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
    {.name = "/millrace.snapshot.v1.Snapshots/Watch", .on_stream = on_watch},
};

static inline void open_server(struct plane *plane)
{
    const struct gw_rpc_server_conf conf = {.listen = plane->address, .token = "t"};
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

static inline void on_said(void *owner, enum subscriber_event event, const char *text)
{
    struct plane *plane = owner;

    pthread_mutex_lock(&plane->mutex);
    if (plane->told_count < EVENTS) {
        struct told *told = &plane->told[plane->told_count++];

        told->event = event;
        snprintf(told->text, sizeof(told->text), "%s", text);
    }
    pthread_mutex_unlock(&plane->mutex);
    gw_loop_stop(plane->loop);
}

/* How often it was told, and the text of the last time. */
static inline size_t times_told(struct plane *plane, enum subscriber_event event,
                                char ret_text[300])
{
    size_t count = 0;

    pthread_mutex_lock(&plane->mutex);
    for (size_t i = 0; i < plane->told_count; i++) {
        if (plane->told[i].event == event) {
            count++;
            if (ret_text != NULL) {
                memcpy(ret_text, plane->told[i].text, 300);
            }
        }
    }
    pthread_mutex_unlock(&plane->mutex);
    return count;
}

static inline uint64_t running(struct plane *plane)
{
    const struct snapshot *snapshot = holder_get(plane->holder);
    uint64_t number = snapshot == NULL ? 0 : snapshot_version(snapshot).number;

    snapshot_unref(snapshot);
    return number;
}

static inline void open_subscriber(struct plane *plane)
{
    const struct subscriber_conf conf = {
        .courier = plane->courier,
        .controlplane = {.target = plane->address, .token = "t"},
        .holder = plane->holder,
        .ring = plane->ring,
        .node = "edge-1",
        .last_good_file = plane->file,
    };
    struct gw_fault fault = {""};

    if (subscriber_open(&conf, on_said, plane, &plane->subscriber, &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
}

static inline void on_late(struct gw_timer *timer)
{
    struct plane *plane = GW_CONTAINER(timer, struct plane, late);

    plane->is_late = true;
    gw_loop_stop(plane->loop);
}

static inline void make_ring(struct plane *plane)
{
    struct gw_fault fault;
    struct gw_buf text;

    gw_buf_init(&text, 4096);
    gw_keyring_generate(&text);
    assert_int_equal(gw_keyring_parse(gw_buf_text(&text), &plane->ring, &fault), GW_OK);
    gw_buf_fini(&text);
}

static inline int set_up(void **state)
{
    struct plane *plane = GW_NEW(struct plane);

    plane->courier = gw_courier_new();
    plane->loop = gw_loop_new();
    gw_timer_init(&plane->late, on_late);
    gw_list_init(&plane->outbox);
    pthread_mutex_init(&plane->mutex, NULL);
    plane->holder = holder_new();
    make_ring(plane);
    snprintf(plane->folder, sizeof(plane->folder), "/tmp/subscriber_test.XXXXXX");
    assert_non_null(mkdtemp(plane->folder));
    snprintf(plane->address, sizeof(plane->address), "unix:%s/s", plane->folder);
    snprintf(plane->file, sizeof(plane->file), "%s/last_good", plane->folder);
    *state = plane;
    return 0;
}

static inline int tear_down(void **state)
{
    struct plane *plane = *state;
    char command[128];

    subscriber_close(plane->subscriber);
    if (plane->server != NULL) {
        close_server(plane);
    }
    gw_timer_stop(plane->loop, &plane->late);
    gw_courier_free(plane->courier);
    gw_loop_free(plane->loop);
    holder_free(plane->holder);
    gw_keyring_free(plane->ring);
    snprintf(command, sizeof(command), "rm -r %s", plane->folder);
    assert_int_equal(system(command), 0);
    gw_free(plane);
    return 0;
}

/* ---- Updates ---------------------------------------------------------------------------- */

static inline struct gw_update *change(uint64_t from, uint64_t to)
{
    const struct gw_version base = {EPOCH, from}, version = {EPOCH, to};

    return gw_update_new(from == 0 ? NULL : &base, &version);
}

static inline struct gw_update *put_keys(struct gw_update *update, uint64_t first, uint64_t last)
{
    for (uint64_t id = first; id <= last; id++) {
        struct gw_config_key key = {.id = id, .user_id = 1, .enabled = true};

        memcpy(key.digest, &id, sizeof(id));
        gw_update_put_key(update, &key);
    }
    return update;
}

static inline struct gw_update *the_last(struct gw_update *update)
{
    gw_update_set_last(update, true);
    return update;
}

static inline struct heard *last_heard(struct plane *plane)
{
    return &plane->heard[plane->heard_count - 1];
}

/* A running pair with version 1: ten keys. */
static inline void start_both(struct plane *plane)
{
    open_server(plane);
    open_subscriber(plane);
    UNTIL(plane, plane->heard_count == 1);
    send_update(plane, the_last(put_keys(change(0, 1), 1, 10)));
    UNTIL(plane, plane->heard_count == 2);
    assert_int_equal(running(plane), 1);
}

#define WITH_PLANE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
