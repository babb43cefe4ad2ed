/* SPDX-License-Identifier: MIT */
/*
 * The sink on a loop of its own, against a real server.
 */
#include "statsd/sink/sink.h"

#include "statsd/sink/figures.h"
#include "tests/unit/statsd/usage_database.h"

#define LATE_US   (30 * GW_US_PER_SECOND)
#define BATCH_MAX 8

struct scene;

struct parcel {
    struct sink_batch batch;
    struct usage_run run;
    struct scene *scene;
    bool is_done;
    enum gw_err err;
    char why[256];
};

struct scene {
    struct gw_loop *loop;
    struct gw_timer late;
    bool is_late;
    struct gw_metrics *metrics;
    struct sink *sink;
    struct parcel parcels[BATCH_MAX];
    size_t put, done;
    bool is_there, is_told, has_room_again, is_closed;
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

static void on_done(struct sink_batch *batch, enum gw_err err, const char *why)
{
    struct parcel *parcel = GW_CONTAINER(batch, struct parcel, batch);

    assert_false(parcel->is_done);
    parcel->is_done = true;
    parcel->err = err;
    snprintf(parcel->why, sizeof(parcel->why), "%s", why);
    parcel->scene->done++;
    poke(parcel->scene);
}

static void on_room(void *owner)
{
    struct scene *scene = owner;

    scene->has_room_again = true;
}

static void on_database(void *owner, bool is_there, const char *why)
{
    struct scene *scene = owner;

    (void)why;
    scene->is_there = is_there;
    scene->is_told = true;
    poke(scene);
}

static void on_closed(void *owner)
{
    struct scene *scene = owner;

    scene->is_closed = true;
    poke(scene);
}

static struct parcel *put(struct scene *scene, uint8_t spool, uint64_t first, size_t count)
{
    struct parcel *parcel = &scene->parcels[scene->put++];

    usage_run(&parcel->run, spool, first, count);
    parcel->scene = scene;
    parcel->batch.usage = parcel->run.batch;
    parcel->batch.size = 1000;
    parcel->batch.done = on_done;
    return parcel;
}

static int make(void **state)
{
    static const struct sink_ops OPS = {.on_room = on_room, .on_database = on_database};
    const struct sink_conf conf = {.database = usage_conninfo,
                                   .flush_delay_us = 10 * GW_US_PER_MS,
                                   .flush_events = 1000,
                                   .hold_max = 3000};
    struct scene *scene = GW_NEW(struct scene);

    usage_database_empty(state);
    scene->loop = gw_loop_new();
    gw_timer_init(&scene->late, on_late);
    scene->metrics = gw_metrics_new(FIGURE_TABLE, FIGURES);
    scene->sink = sink_new(scene->loop, &conf, scene->metrics);
    sink_set_ops(scene->sink, &OPS, scene);
    *state = scene;
    return 0;
}

static int unmake(void **state)
{
    struct scene *scene = *state;

    if (!scene->is_closed) {
        sink_close(scene->sink, on_closed, scene);
        UNTIL(scene, scene->is_closed);
    }
    sink_free(scene->sink);
    gw_metrics_free(scene->metrics);
    gw_loop_free(scene->loop);
    gw_free(scene);
    return 0;
}

/* ---- Tests ------------------------------------------------------------------------------ */

static void a_batch_comes_back_when_it_is_in_the_ledger(void **state)
{
    struct scene *scene = *state;
    struct parcel *parcel = put(scene, 1, 1, 20);

    sink_put(scene->sink, &parcel->batch);
    assert_false(parcel->is_done);
    UNTIL(scene, parcel->is_done);
    assert_int_equal(parcel->err, GW_OK);
    assert_int_equal(usage_count("select count(*) from usage_ledger"), 20);
    assert_int_equal(usage_differences(), 0);
    assert_true(scene->is_there);
}

static void batches_that_wait_together_share_a_transaction(void **state)
{
    struct scene *scene = *state;

    for (uint64_t i = 0; i < 5; i++) {
        sink_put(scene->sink, &put(scene, 1, 1 + 10 * i, 10)->batch);
    }
    UNTIL(scene, scene->done == 5);
    assert_int_equal(
        gw_metric_value(scene->metrics, FIGURE_FLUSHES,
                        gw_metric_series(scene->metrics, FIGURE_FLUSHES, FLUSH_COMMITTED, 0)),
        1);
    assert_int_equal(usage_count("select count(*) from usage_ledger"), 50);
}

static void of_many_batches_only_the_bad_one_is_refused(void **state)
{
    struct scene *scene = *state;

    for (uint64_t i = 0; i < 5; i++) {
        struct parcel *parcel = put(scene, (uint8_t)(1 + i), 1, 10);

        if (i == 2) {
            parcel->run.events[4].ended.ended_us = parcel->run.events[4].ended.started_us - 5;
        }
        sink_put(scene->sink, &parcel->batch);
    }
    UNTIL(scene, scene->done == 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(scene->parcels[i].err, i == 2 ? GW_E_INVALID : GW_OK);
    }
    assert_string_not_equal(scene->parcels[2].why, "");
    assert_int_equal(usage_count("select count(*) from usage_ledger"), 40);
    assert_int_equal(usage_differences(), 0);
}

static void while_the_database_is_away_batches_wait_and_none_is_lost_or_doubled(void **state)
{
    struct scene *scene = *state;

    sink_put(scene->sink, &put(scene, 1, 1, 10)->batch);
    UNTIL(scene, scene->done == 1);
    usage_database_allow(false);
    for (uint64_t i = 1; i < 4; i++) {
        assert_true(sink_has_room(scene->sink));
        sink_put(scene->sink, &put(scene, 1, 1 + 10 * i, 10)->batch);
    }
    assert_false(sink_has_room(scene->sink));
    UNTIL(scene, !scene->is_there);
    assert_int_equal(scene->done, 1);
    assert_false(scene->has_room_again);

    usage_database_allow(true);
    UNTIL(scene, scene->done == 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(scene->parcels[i].err, GW_OK);
    }
    assert_true(scene->is_there);
    assert_true(scene->has_room_again);
    assert_true(sink_has_room(scene->sink));
    assert_int_equal(usage_count("select count(*) from usage_ledger"), 40);
    assert_int_equal(usage_count("select count(*) from usage_gap"), 0);
    assert_int_equal(usage_differences(), 0);
}

static void closing_writes_what_is_held(void **state)
{
    struct scene *scene = *state;

    sink_put(scene->sink, &put(scene, 1, 1, 10)->batch);
    sink_close(scene->sink, on_closed, scene);
    UNTIL(scene, scene->is_closed);
    assert_int_equal(scene->parcels[0].err, GW_OK);
    assert_int_equal(usage_count("select count(*) from usage_ledger"), 10);
}

static void closing_without_a_database_gives_everything_back(void **state)
{
    struct scene *scene = *state;

    usage_database_allow(false);
    sink_put(scene->sink, &put(scene, 1, 1, 10)->batch);
    sink_close(scene->sink, on_closed, scene);
    UNTIL(scene, scene->is_closed);
    usage_database_allow(true);
    assert_int_equal(scene->done, 1);
    assert_int_equal(scene->parcels[0].err, GW_E_UNAVAILABLE);
}

static void a_database_without_the_tables_is_waited_for(void **state)
{
    struct scene *scene = *state;

    UNTIL(scene, scene->is_there);
    usage_script("alter index usage_begun_by_spool rename to elsewhere");
    UNTIL(scene, !scene->is_there);
    usage_script("alter index elsewhere rename to usage_begun_by_spool");
    UNTIL(scene, scene->is_there);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_batch_comes_back_when_it_is_in_the_ledger),
        TEST(batches_that_wait_together_share_a_transaction),
        TEST(of_many_batches_only_the_bad_one_is_refused),
        TEST(while_the_database_is_away_batches_wait_and_none_is_lost_or_doubled),
        TEST(closing_writes_what_is_held),
        TEST(closing_without_a_database_gives_everything_back),
        TEST(a_database_without_the_tables_is_waited_for),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("statsd/sink/sink", tests, usage_database_make, NULL);
}
