/* SPDX-License-Identifier: MIT */
/*
 * A data plane's end and ours in one process, over a real socket, into a real database.
 */
#include "statsd/intake/intake.h"

#include <stdlib.h>
#include <unistd.h>

#include "lib/rpc/rpc_client.h"
#include "statsd/sink/figures.h"
#include "tests/unit/statsd/usage_database.h"

#define LATE_US (30 * GW_US_PER_SECOND)

struct scene;

/* A data plane: one stream, and what was confirmed on it. */
struct plane {
    struct scene *scene;
    struct gw_rpc_stream *stream;
    bool is_open, is_done;
    enum gw_err err;
    char why[256];
    size_t receipts;
    bool is_confirmed[2][512]; /* by spool and number */
    struct gw_buf queue[16];   /* batches to send, when it is time */
    size_t queued, sent;
};

struct scene {
    struct gw_loop *loop;
    struct gw_timer late;
    bool is_late;
    char folder[64], address[96];
    struct gw_courier *courier;
    struct gw_metrics *metrics;
    struct sink *sink;
    struct intake *intake;
    struct gw_rpc_server *server;
    struct gw_rpc_client *client;
    struct plane planes[2];
    bool is_there;
    size_t closed;
};

#define UNTIL(scene, condition)                                                                    \
    do {                                                                                           \
        gw_timer_start((scene)->loop, &(scene)->late, LATE_US);                                    \
        while (!(condition)) {                                                                     \
            assert_false((scene)->is_late);                                                        \
            gw_loop_run((scene)->loop);                                                            \
        }                                                                                          \
        gw_timer_stop((scene)->loop, &(scene)->late);                                              \
    } while (0)

static void poke(struct scene *scene)
{
    gw_loop_stop(scene->loop);
}

static void on_late(struct gw_timer *timer)
{
    struct scene *scene = GW_CONTAINER(timer, struct scene, late);

    scene->is_late = true;
    poke(scene);
}

/* ---- The data plane's end --------------------------------------------------------------- */

static void send_next(struct plane *plane)
{
    if (plane->is_open && !plane->is_done && plane->sent < plane->queued &&
        gw_rpc_stream_may_send(plane->stream)) {
        gw_rpc_stream_send(plane->stream, gw_buf_text(&plane->queue[plane->sent]));
        plane->sent++;
    }
}

static void on_open(void *owner)
{
    struct plane *plane = owner;

    plane->is_open = true;
    send_next(plane);
    poke(plane->scene);
}

static void on_sent(void *owner)
{
    send_next(owner);
}

static void on_receipt(void *owner, struct gw_text message)
{
    struct plane *plane = owner;
    struct gw_usage_receipt receipt;

    assert_int_equal(gw_usage_receipt_unpack(message, &receipt, NULL), GW_OK);
    for (size_t i = 0; i < receipt.count; i++) {
        for (uint64_t seq = receipt.confirmed[i].first; seq <= receipt.confirmed[i].last; seq++) {
            plane->is_confirmed[receipt.spool_id[0] - 1][seq] = true;
        }
    }
    plane->receipts++;
    poke(plane->scene);
}

static void on_done(void *owner, enum gw_err err, const char *why)
{
    struct plane *plane = owner;

    plane->is_done = true;
    plane->err = err;
    snprintf(plane->why, sizeof(plane->why), "%s", why == NULL ? "" : why);
    poke(plane->scene);
}

static const struct gw_rpc_stream_ops PLANE_OPS = {on_open, on_receipt, on_sent, on_done};

static void open_stream(struct scene *scene, struct plane *plane)
{
    for (size_t i = 0; i < plane->queued; i++) {
        gw_buf_fini(&plane->queue[i]);
    }
    memset(plane, 0, sizeof(*plane));
    plane->scene = scene;
    plane->stream = gw_rpc_stream_open(scene->client, INTAKE_METHOD, &PLANE_OPS, plane);
}

static void queue_run(struct plane *plane, const struct usage_run *run)
{
    struct gw_text texts[64];
    struct gw_buf events[64], *out = &plane->queue[plane->queued++];

    for (size_t i = 0; i < run->batch.count; i++) {
        gw_buf_init(&events[i], 65536);
        assert_int_equal(gw_usage_event_pack(&run->events[i], &events[i]), GW_OK);
        texts[i] = gw_buf_text(&events[i]);
    }
    gw_buf_init(out, 1 << 20);
    assert_int_equal(gw_usage_batch_pack(&run->batch.head, texts, run->batch.count, out), GW_OK);
    for (size_t i = 0; i < run->batch.count; i++) {
        gw_buf_fini(&events[i]);
    }
    send_next(plane);
}

static void ship(struct plane *plane, uint8_t spool, uint64_t first, size_t count)
{
    struct usage_run run;

    usage_run(&run, spool, first, count);
    queue_run(plane, &run);
}

static bool are_confirmed(const struct plane *plane, uint8_t spool, uint64_t first, uint64_t last)
{
    for (uint64_t seq = first; seq <= last; seq++) {
        if (!plane->is_confirmed[spool - 1][seq]) {
            return false;
        }
    }
    return true;
}

/* ---- Our end ---------------------------------------------------------------------------- */

static enum gw_err on_stream(void *owner, struct gw_rpc_stream *stream,
                             const struct gw_rpc_stream_ops **ret_ops, void **ret_owner)
{
    return intake_accept(((struct scene *)owner)->intake, stream, ret_ops, ret_owner);
}

static void on_room(void *owner)
{
    intake_on_room(((struct scene *)owner)->intake);
}

static void on_database(void *owner, bool is_there, const char *why)
{
    struct scene *scene = owner;

    (void)why;
    scene->is_there = is_there;
    poke(scene);
}

static void on_closed(void *owner)
{
    struct scene *scene = owner;

    scene->closed++;
    poke(scene);
}

static int make(void **state)
{
    static const struct gw_rpc_method METHODS[] = {{.name = INTAKE_METHOD, .on_stream = on_stream}};
    static const struct sink_ops OPS = {.on_room = on_room, .on_database = on_database};
    const struct sink_conf conf = {.database = usage_conninfo,
                                   .flush_delay_us = 5 * GW_US_PER_MS,
                                   .flush_events = 1000,
                                   .hold_max = 40000};
    struct scene *scene = GW_NEW(struct scene);
    struct gw_rpc_server_conf server_conf = {.listen = scene->address, .token = "t"};
    struct gw_rpc_client_conf client_conf = {.target = scene->address, .token = "t"};

    usage_database_empty(state);
    snprintf(scene->folder, sizeof(scene->folder), "/tmp/millrace-intake.XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    snprintf(scene->address, sizeof(scene->address), "unix:%s/s", scene->folder);
    scene->loop = gw_loop_new();
    gw_timer_init(&scene->late, on_late);
    scene->courier = gw_courier_new();
    scene->metrics = gw_metrics_new(FIGURE_TABLE, FIGURES);
    scene->sink = sink_new(scene->loop, &conf, scene->metrics);
    sink_set_ops(scene->sink, &OPS, scene);
    scene->intake = intake_new(scene->loop, scene->sink, scene->metrics);
    assert_int_equal(gw_rpc_server_open(scene->courier, scene->loop, &server_conf, METHODS, 1,
                                        scene, &scene->server, NULL),
                     GW_OK);
    assert_int_equal(
        gw_rpc_client_open(scene->courier, scene->loop, &client_conf, &scene->client, NULL), GW_OK);
    open_stream(scene, &scene->planes[0]);
    *state = scene;
    return 0;
}

static void close_everything(struct scene *scene)
{
    intake_close(scene->intake, on_closed, scene);
    sink_close(scene->sink, on_closed, scene);
    UNTIL(scene, scene->closed == 2);
    gw_rpc_client_close_then(scene->client, on_closed, scene);
    gw_rpc_server_close(scene->server, on_closed, scene);
    UNTIL(scene, scene->closed == 4);
}

static int unmake(void **state)
{
    struct scene *scene = *state;
    char path[128];

    if (scene->closed == 0) {
        close_everything(scene);
    }
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < scene->planes[i].queued; j++) {
            gw_buf_fini(&scene->planes[i].queue[j]);
        }
    }
    sink_free(scene->sink);
    intake_free(scene->intake);
    gw_loop_free(scene->loop);
    gw_courier_free(scene->courier);
    gw_metrics_free(scene->metrics);
    snprintf(path, sizeof(path), "%s/s", scene->folder);
    unlink(path);
    rmdir(scene->folder);
    gw_free(scene);
    return 0;
}

/* ---- Tests ------------------------------------------------------------------------------ */

static void what_is_confirmed_is_in_the_ledger(void **state)
{
    struct scene *scene = *state;
    struct plane *plane = &scene->planes[0];

    ship(plane, 1, 1, 30);
    UNTIL(scene, are_confirmed(plane, 1, 1, 30));
    assert_int_equal(usage_count("select count(*) from usage_ledger"), 30);
    assert_string_equal(usage_ask("select node from usage_mark"), "plane-1");
}

static void several_batches_and_spools_are_all_confirmed(void **state)
{
    struct scene *scene = *state;
    struct plane *plane = &scene->planes[0];

    for (uint64_t i = 0; i < 6; i++) {
        ship(plane, (uint8_t)(1 + i % 2), 1 + 20 * (i / 2), 20);
    }
    UNTIL(scene, are_confirmed(plane, 1, 1, 60) && are_confirmed(plane, 2, 1, 60));
    assert_int_equal(usage_count("select count(*) from usage_ledger"), 120);
    assert_int_equal(usage_differences(), 0);
}

static void a_stream_broken_off_and_repeated_counts_once(void **state)
{
    struct scene *scene = *state;
    struct plane *plane = &scene->planes[0];

    ship(plane, 1, 1, 20);
    UNTIL(scene, are_confirmed(plane, 1, 1, 20));
    ship(plane, 1, 21, 20);
    gw_rpc_stream_end(plane->stream, GW_E_CLOSED, "the plane is gone");
    UNTIL(scene, plane->is_done);

    open_stream(scene, plane);
    ship(plane, 1, 1, 40);
    UNTIL(scene, are_confirmed(plane, 1, 1, 40));
    assert_int_equal(usage_count("select count(*) from usage_ledger"), 40);
    assert_int_equal(usage_differences(), 0);
}

static void an_event_at_an_impossible_time_ends_its_stream_and_no_other(void **state)
{
    struct scene *scene = *state;
    struct plane *plane = &scene->planes[0], *other = &scene->planes[1];
    struct usage_run run;

    open_stream(scene, other);
    usage_run(&run, 1, 1, 3);
    run.events[1] = usage_end(2, GW_US_PER_HOUR);
    queue_run(plane, &run);
    UNTIL(scene, plane->is_done);
    assert_int_equal(plane->err, GW_E_INVALID);
    assert_non_null(strstr(plane->why, "too far from now"));
    assert_int_equal(plane->receipts, 0);
    assert_int_equal(usage_count("select count(*) from usage_mark"), 0);

    ship(other, 2, 1, 5);
    UNTIL(scene, are_confirmed(other, 2, 1, 5));
    assert_false(other->is_done);
}

static void bytes_that_are_no_batch_end_the_stream(void **state)
{
    struct scene *scene = *state;
    struct plane *plane = &scene->planes[0];

    gw_buf_init(&plane->queue[0], 64);
    gw_buf_append_str(&plane->queue[0], "\xff\xff not a batch");
    plane->queued = 1;
    UNTIL(scene, plane->is_done);
    assert_int_equal(plane->err, GW_E_INVALID);
}

/* The third batch already passes hold_max; the rest waits at the sender, and nothing is lost. */
static void without_the_database_nothing_is_confirmed_and_the_sender_waits(void **state)
{
    struct scene *scene = *state;
    struct plane *plane = &scene->planes[0];

    ship(plane, 1, 1, 10);
    UNTIL(scene, are_confirmed(plane, 1, 1, 10));
    usage_database_allow(false);
    for (uint64_t i = 1; i < 12; i++) {
        ship(plane, 1, 1 + 20 * i, 20);
    }
    ship(plane, 1, 11, 10);
    UNTIL(scene, !scene->is_there);
    assert_false(are_confirmed(plane, 1, 21, 21));
    assert_false(sink_has_room(scene->sink));

    usage_database_allow(true);
    UNTIL(scene, are_confirmed(plane, 1, 1, 240));
    assert_int_equal(usage_count("select count(*) from usage_ledger"), 240);
    assert_int_equal(usage_differences(), 0);
}

static void closing_confirms_what_it_has_and_ends_the_streams(void **state)
{
    struct scene *scene = *state;
    struct plane *plane = &scene->planes[0];

    ship(plane, 1, 1, 10);
    UNTIL(scene, gw_metric_value(scene->metrics, FIGURE_HELD_BATCHES, 0) == 1 ||
                     are_confirmed(plane, 1, 1, 10));
    close_everything(scene);
    assert_true(plane->is_done);
    assert_true(are_confirmed(plane, 1, 1, 10));
    assert_int_equal(usage_count("select count(*) from usage_ledger"), 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_confirmed_is_in_the_ledger),
        TEST(several_batches_and_spools_are_all_confirmed),
        TEST(a_stream_broken_off_and_repeated_counts_once),
        TEST(an_event_at_an_impossible_time_ends_its_stream_and_no_other),
        TEST(bytes_that_are_no_batch_end_the_stream),
        TEST(without_the_database_nothing_is_confirmed_and_the_sender_waits),
        TEST(closing_confirms_what_it_has_and_ends_the_streams),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("statsd/intake/intake", tests, usage_database_make, NULL);
}
