/* SPDX-License-Identifier: MIT */
#include "dataplane/meter/spool.h"

#include <pthread.h>
#include <stdio.h>

#include "lib/base/check.h"
#include "tests/support/cmocka_first.h"

#define MANY ((size_t)1024 * 1024)

/* Puts one event whose bytes are the number `what`. */
static enum gw_err put(struct spool *spool, unsigned what)
{
    char text[16];

    snprintf(text, sizeof(text), "%u", what);
    return spool_put(spool, gw_must_strdup(text), strlen(text), 1000 + what);
}

/* A spool with events 1 to `count`. */
static struct spool *filled(size_t capacity, unsigned count)
{
    struct spool *spool = spool_new(capacity, MANY);

    for (unsigned what = 1; what <= count; what++) {
        assert_int_equal(put(spool, what), GW_OK);
    }
    return spool;
}

static void assert_next(struct spool *spool, size_t count_max, uint64_t first, size_t count)
{
    struct gw_text events[600];
    struct spool_run run = spool_next(spool, count_max, MANY, events);
    char text[16];

    assert_int_equal(run.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(run.first_seq, first);
        snprintf(text, sizeof(text), "%u", (unsigned)(first + i));
        assert_true(gw_text_eq(events[i], gw_text_of(text)));
    }
}

static struct spool_figures figures_of(struct spool *spool)
{
    struct spool_figures figures;

    spool_figures(spool, &figures);
    return figures;
}

static void events_come_out_in_order_and_numbered_from_one(void **state)
{
    struct spool *spool = filled(100, 7);

    (void)state;
    assert_next(spool, 5, 1, 5);
    assert_next(spool, 5, 6, 2);
    assert_next(spool, 5, 0, 0);
    assert_int_equal(put(spool, 8), GW_OK);
    assert_next(spool, 5, 8, 1);
    spool_free(spool);
}

static void a_run_ends_near_its_ceiling_of_bytes(void **state)
{
    struct spool *spool = filled(100, 9);
    struct gw_text events[10];
    struct spool_run run = spool_next(spool, 10, 3, events);

    (void)state;
    assert_int_equal(run.count, 3);
    run = spool_next(spool, 10, 1, events);
    assert_int_equal(run.count, 1); /* never stuck at one that is larger */
    spool_free(spool);
}

static void what_is_confirmed_is_forgotten_in_any_order(void **state)
{
    struct spool *spool = filled(100, 10);

    (void)state;
    assert_next(spool, 10, 1, 10);
    assert_true(spool_confirm(spool, 4, 6));
    assert_int_equal(figures_of(spool).unconfirmed, 7);
    assert_true(spool_is_confirmed(spool, 4, 6));
    assert_false(spool_is_confirmed(spool, 3, 6));
    assert_false(spool_is_confirmed(spool, 4, 7));
    assert_true(spool_confirm(spool, 4, 5)); /* again */
    assert_true(spool_confirm(spool, 1, 5)); /* overlapping */
    assert_int_equal(figures_of(spool).unconfirmed, 4);
    assert_true(spool_is_confirmed(spool, 1, 6));
    assert_true(spool_confirm(spool, 1, 10));
    assert_int_equal(figures_of(spool).unconfirmed, 0);
    assert_int_equal(figures_of(spool).confirmed, 10);
    assert_int_equal(figures_of(spool).bytes, 0);
    assert_int_equal(figures_of(spool).oldest_put_us, 0);
    spool_free(spool);
}

static void a_rewind_hands_out_again_what_is_not_confirmed(void **state)
{
    struct spool *spool = filled(100, 10);

    (void)state;
    assert_next(spool, 8, 1, 8);
    assert_true(spool_confirm(spool, 1, 2));
    assert_true(spool_confirm(spool, 5, 6));
    spool_rewind(spool);
    assert_next(spool, 10, 3, 2);
    assert_next(spool, 10, 7, 4); /* two of them for the first time */
    assert_next(spool, 10, 0, 0);
    /* A late receipt for what went out before the rewind. */
    spool_rewind(spool);
    assert_true(spool_confirm(spool, 3, 8));
    assert_next(spool, 10, 9, 2);
    spool_free(spool);
}

static void numbers_never_handed_out_cannot_be_confirmed(void **state)
{
    struct spool *spool = filled(100, 10);

    (void)state;
    assert_false(spool_confirm(spool, 1, 1));
    assert_next(spool, 5, 1, 5);
    assert_false(spool_confirm(spool, 1, 6));
    assert_false(spool_confirm(spool, 6, 6));
    assert_false(spool_confirm(spool, 1, UINT64_MAX));
    assert_int_equal(figures_of(spool).unconfirmed, 10);
    assert_true(spool_confirm(spool, 1, 5));
    spool_free(spool);
}

static void a_full_spool_refuses_and_tells_the_loss_when_all_before_it_is_confirmed(void **state)
{
    struct spool *spool = filled(3, 3);

    (void)state;
    assert_int_equal(put(spool, 4), GW_E_FULL);
    assert_int_equal(put(spool, 5), GW_E_FULL);
    assert_int_equal(figures_of(spool).lost, 2);
    assert_next(spool, 10, 1, 3);
    assert_int_equal(spool_lost_below(spool), 0); /* 1 to 3 may have to be sent again */
    assert_true(spool_confirm(spool, 1, 2));
    assert_int_equal(put(spool, 6), GW_OK);
    assert_int_equal(spool_lost_below(spool), 0);
    assert_true(spool_confirm(spool, 3, 3));
    assert_int_equal(spool_lost_below(spool), 6);
    assert_next(spool, 10, 6, 1);
    spool_free(spool);
}

static void a_run_stops_at_a_loss(void **state)
{
    struct spool *spool = filled(3, 3);

    (void)state;
    assert_int_equal(put(spool, 4), GW_E_FULL);
    assert_next(spool, 1, 1, 1);
    assert_true(spool_confirm(spool, 1, 1));
    assert_int_equal(put(spool, 5), GW_OK);
    assert_next(spool, 10, 2, 2);
    assert_next(spool, 10, 5, 1);
    /* A range over the loss confirms what is there. */
    assert_true(spool_confirm(spool, 2, 5));
    assert_int_equal(figures_of(spool).unconfirmed, 0);
    assert_int_equal(spool_lost_below(spool), 5);
    spool_free(spool);
}

static void losses_at_the_end_are_told_by_an_empty_spool(void **state)
{
    struct spool *spool = filled(1, 1);

    (void)state;
    assert_int_equal(put(spool, 2), GW_E_FULL);
    assert_next(spool, 10, 1, 1);
    assert_true(spool_confirm(spool, 1, 1));
    assert_int_equal(spool_lost_below(spool), 3);
    spool_free(spool);
}

static void bytes_have_a_ceiling_of_their_own(void **state)
{
    struct spool *spool = spool_new(100, 5);

    (void)state;
    assert_int_equal(spool_put(spool, gw_must_strdup("1234"), 4, 1), GW_OK);
    assert_int_equal(spool_put(spool, gw_must_strdup("12"), 2, 1), GW_E_FULL);
    assert_int_equal(spool_put(spool, gw_must_strdup("1"), 1, 1), GW_OK);
    spool_free(spool);
}

static void it_grows_up_to_its_ceiling_without_losing_the_order(void **state)
{
    struct spool *spool = spool_new(5000, MANY);
    unsigned next = 1, taken = 1;

    (void)state;
    /* Fill while taking some out, so that the ring is not aligned when it grows. */
    while (figures_of(spool).unconfirmed < 5000) {
        for (int i = 0; i < 3 && figures_of(spool).unconfirmed < 5000; i++) {
            assert_int_equal(put(spool, next++), GW_OK);
        }
        if (figures_of(spool).unconfirmed < 4000) {
            assert_next(spool, 1, taken, 1);
            assert_true(spool_confirm(spool, taken, taken));
            taken++;
        }
    }
    assert_int_equal(put(spool, 0), GW_E_FULL);
    while (taken < next) {
        size_t left = next - taken;

        assert_next(spool, 500, taken, left < 500 ? left : 500);
        taken += left < 500 ? (unsigned)left : 500;
    }
    spool_free(spool);
}

static void two_spools_have_two_names(void **state)
{
    struct spool *a = spool_new(1, 1), *b = spool_new(1, 1);

    (void)state;
    assert_memory_not_equal(spool_id(a), spool_id(b), GW_SPOOL_ID_SIZE);
    spool_free(a);
    spool_free(b);
}

#define PER_THREAD 5000

static void *put_many(void *arg)
{
    for (unsigned i = 0; i < PER_THREAD; i++) {
        if (put(arg, i) != GW_OK) {
            return arg;
        }
    }
    return NULL;
}

static void many_threads_put_while_one_takes(void **state)
{
    struct spool *spool = spool_new(100 * 1000, MANY);
    pthread_t threads[4];
    uint64_t expected = 1;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, put_many, spool), 0);
    }
    while (expected <= 4 * PER_THREAD) {
        struct gw_text events[500];
        struct spool_run run = spool_next(spool, 500, MANY, events);

        if (run.count > 0) {
            assert_int_equal(run.first_seq, expected);
            expected += run.count;
            assert_true(spool_confirm(spool, run.first_seq, expected - 1));
        }
    }
    for (size_t i = 0; i < 4; i++) {
        void *complaint;

        assert_int_equal(pthread_join(threads[i], &complaint), 0);
        assert_null(complaint);
    }
    assert_int_equal(figures_of(spool).unconfirmed, 0);
    assert_int_equal(figures_of(spool).confirmed, 4 * PER_THREAD);
    spool_free(spool);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_come_out_in_order_and_numbered_from_one),
        cmocka_unit_test(a_run_ends_near_its_ceiling_of_bytes),
        cmocka_unit_test(what_is_confirmed_is_forgotten_in_any_order),
        cmocka_unit_test(a_rewind_hands_out_again_what_is_not_confirmed),
        cmocka_unit_test(numbers_never_handed_out_cannot_be_confirmed),
        cmocka_unit_test(a_full_spool_refuses_and_tells_the_loss_when_all_before_it_is_confirmed),
        cmocka_unit_test(a_run_stops_at_a_loss),
        cmocka_unit_test(losses_at_the_end_are_told_by_an_empty_spool),
        cmocka_unit_test(bytes_have_a_ceiling_of_their_own),
        cmocka_unit_test(it_grows_up_to_its_ceiling_without_losing_the_order),
        cmocka_unit_test(two_spools_have_two_names),
        cmocka_unit_test(many_threads_put_while_one_takes),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("dataplane/meter/spool", tests, NULL, NULL);
}
