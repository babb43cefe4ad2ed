/* SPDX-License-Identifier: MIT */
#include "lib/net/loop.h"

#include "tests/support/cmocka_first.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define SENDERS 4
#define LETTERS 2000
#define TIMERS  500

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- Timers ----------------------------------------------------------------------------- */

struct alarm {
    struct gw_timer timer;
    struct gw_loop *loop;
    int64_t wanted_us;
    int64_t fired_us;
    int fired;
    struct alarm *also_stops;
};

static struct alarm *last_alarm;

static void ring(struct gw_timer *timer)
{
    struct alarm *alarm = GW_CONTAINER(timer, struct alarm, timer);

    alarm->fired++;
    alarm->fired_us = now_us();
    last_alarm = alarm;
    if (alarm->also_stops != NULL) {
        gw_timer_stop(alarm->loop, &alarm->also_stops->timer);
    }
}

static void ring_and_end(struct gw_timer *timer)
{
    struct alarm *alarm = GW_CONTAINER(timer, struct alarm, timer);

    ring(timer);
    gw_loop_stop(alarm->loop);
}

static void start(struct gw_loop *loop, struct alarm *alarm, int64_t delay_us)
{
    alarm->loop = loop;
    alarm->wanted_us = delay_us > INT64_MAX - now_us() ? INT64_MAX : now_us() + delay_us;
    gw_timer_start(loop, &alarm->timer, delay_us);
}

static void a_timer_fires_once_and_never_early(void **state)
{
    struct gw_loop *loop = gw_loop_new();
    struct alarm alarm = {0};

    (void)state;
    gw_timer_init(&alarm.timer, ring_and_end);
    gw_loop_turn(loop, 0);
    start(loop, &alarm, 3500);
    assert_true(gw_timer_is_running(&alarm.timer));
    gw_loop_run(loop);
    assert_int_equal(alarm.fired, 1);
    assert_false(gw_timer_is_running(&alarm.timer));
    assert_true(alarm.fired_us >= alarm.timer.due_us);
    gw_loop_free(loop);
}

static void many_timers_fire_in_the_order_they_are_due(void **state)
{
    static struct alarm alarms[TIMERS], end;
    struct gw_loop *loop = gw_loop_new();

    (void)state;
    srand(7);
    for (int i = 0; i < TIMERS; i++) {
        gw_timer_init(&alarms[i].timer, ring);
        start(loop, &alarms[i], rand() % 20000);
    }
    for (int i = 0; i < TIMERS; i += 3) { /* some are put off, some are stopped */
        if (i % 2 == 0) {
            gw_timer_stop(loop, &alarms[i].timer);
        } else {
            start(loop, &alarms[i], rand() % 20000);
        }
    }
    gw_timer_init(&end.timer, ring_and_end);
    start(loop, &end, 25000);
    gw_loop_run(loop);
    for (int i = 0; i < TIMERS; i++) {
        assert_int_equal(alarms[i].fired, i % 3 == 0 && i % 2 == 0 ? 0 : 1);
        for (int k = 0; k < TIMERS; k++) {
            if (alarms[i].fired && alarms[k].fired &&
                alarms[i].timer.due_us < alarms[k].timer.due_us) {
                assert_true(alarms[i].fired_us <= alarms[k].fired_us);
            }
        }
    }
    gw_loop_free(loop);
}

static void a_timer_may_stop_another_that_is_due_in_the_same_turn(void **state)
{
    struct gw_loop *loop = gw_loop_new();
    struct alarm first = {0}, second = {0}, end = {0};

    (void)state;
    gw_timer_init(&first.timer, ring);
    gw_timer_init(&second.timer, ring);
    gw_timer_init(&end.timer, ring_and_end);
    first.also_stops = &second;
    start(loop, &first, 1000);
    start(loop, &second, 1001);
    start(loop, &end, 1002);
    while (now_us() < end.timer.due_us) {
    }
    gw_loop_run(loop);
    assert_int_equal(first.fired, 1);
    assert_int_equal(second.fired, 0);
    gw_loop_free(loop);
}

static int restarts;

static void restart(struct gw_timer *timer)
{
    struct alarm *alarm = GW_CONTAINER(timer, struct alarm, timer);

    restarts++;
    gw_timer_start(alarm->loop, timer, 0);
}

static void a_timer_that_restarts_itself_at_once_lets_the_turn_end(void **state)
{
    struct gw_loop *loop = gw_loop_new();
    struct alarm alarm = {.loop = loop};

    (void)state;
    restarts = 0;
    gw_timer_init(&alarm.timer, restart);
    gw_timer_start(loop, &alarm.timer, 0);
    gw_loop_turn(loop, 0);
    assert_int_equal(restarts, 1);
    gw_loop_turn(loop, 1000);
    assert_int_equal(restarts, 2);
    gw_timer_stop(loop, &alarm.timer);
    gw_loop_free(loop);
}

static void a_stopped_timer_may_be_stopped_again(void **state)
{
    struct gw_loop *loop = gw_loop_new();
    struct alarm alarm = {0};

    (void)state;
    gw_timer_init(&alarm.timer, ring);
    gw_timer_stop(loop, &alarm.timer);
    start(loop, &alarm, INT64_MAX); /* must not wrap around into the past */
    gw_loop_turn(loop, 0);
    assert_int_equal(alarm.fired, 0);
    gw_timer_stop(loop, &alarm.timer);
    gw_timer_stop(loop, &alarm.timer);
    gw_loop_free(loop);
}

/* ---- Tasks ------------------------------------------------------------------------------ */

struct chore {
    struct gw_task task;
    struct gw_loop *loop;
    struct chore *next;
    int ran;
};

static void work(struct gw_task *task)
{
    struct chore *chore = GW_CONTAINER(task, struct chore, task);

    chore->ran++;
    if (chore->next != NULL) {
        gw_loop_later(chore->loop, &chore->next->task);
    }
}

static void a_task_runs_once_at_the_end_of_the_turn(void **state)
{
    struct gw_loop *loop = gw_loop_new();
    struct chore chore = {.loop = loop};

    (void)state;
    gw_task_init(&chore.task, work);
    gw_loop_later(loop, &chore.task);
    gw_loop_later(loop, &chore.task);
    assert_int_equal(chore.ran, 0);
    gw_loop_turn(loop, INT64_MAX); /* does not wait while there is work */
    assert_int_equal(chore.ran, 1);
    gw_loop_free(loop);
}

static void a_task_queued_by_a_task_runs_in_the_next_turn(void **state)
{
    struct gw_loop *loop = gw_loop_new();
    struct chore first = {.loop = loop}, second = {.loop = loop};

    (void)state;
    gw_task_init(&first.task, work);
    gw_task_init(&second.task, work);
    first.next = &second;
    second.next = &second; /* for ever */
    gw_loop_later(loop, &first.task);
    gw_loop_turn(loop, INT64_MAX);
    assert_int_equal(first.ran, 1);
    assert_int_equal(second.ran, 0);
    gw_loop_turn(loop, INT64_MAX);
    assert_int_equal(second.ran, 1);
    second.next = NULL;
    gw_loop_free(loop);
}

/* ---- Mail ------------------------------------------------------------------------------- */

struct letter {
    struct gw_mail mail;
    struct gw_loop *loop;
    int sender;
    int number;
};

static int seen[SENDERS];
static int total_seen;

static void read_letter(struct gw_mail *mail)
{
    struct letter *letter = GW_CONTAINER(mail, struct letter, mail);

    assert_int_equal(letter->number, seen[letter->sender]); /* in order per sender */
    seen[letter->sender]++;
    if (++total_seen == SENDERS * LETTERS) {
        gw_loop_stop(letter->loop);
    }
    free(letter);
}

struct sender {
    pthread_t thread;
    struct gw_loop *loop;
    int number;
};

static void *send_letters(void *argument)
{
    struct sender *sender = argument;

    for (int i = 0; i < LETTERS; i++) {
        struct letter *letter = calloc(1, sizeof(*letter));

        letter->mail.deliver = read_letter;
        letter->loop = sender->loop;
        letter->sender = sender->number;
        letter->number = i;
        gw_loop_post(sender->loop, &letter->mail);
    }
    return NULL;
}

static void mail_from_many_threads_arrives_whole_and_in_order(void **state)
{
    struct gw_loop *loop = gw_loop_new();
    struct sender senders[SENDERS];

    (void)state;
    total_seen = 0;
    for (int i = 0; i < SENDERS; i++) {
        seen[i] = 0;
        senders[i].loop = loop;
        senders[i].number = i;
        assert_int_equal(pthread_create(&senders[i].thread, NULL, send_letters, &senders[i]), 0);
    }
    gw_loop_run(loop);
    for (int i = 0; i < SENDERS; i++) {
        pthread_join(senders[i].thread, NULL);
        assert_int_equal(seen[i], LETTERS);
    }
    gw_loop_free(loop);
}

static void *stop_it(void *loop)
{
    gw_loop_stop(loop);
    return NULL;
}

static void stop_from_another_thread_ends_a_loop_that_waits_for_nothing(void **state)
{
    struct gw_loop *loop = gw_loop_new();
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, stop_it, loop), 0);
    gw_loop_run(loop);
    pthread_join(thread, NULL);
    gw_loop_free(loop);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timer_fires_once_and_never_early),
        cmocka_unit_test(many_timers_fire_in_the_order_they_are_due),
        cmocka_unit_test(a_timer_may_stop_another_that_is_due_in_the_same_turn),
        cmocka_unit_test(a_timer_that_restarts_itself_at_once_lets_the_turn_end),
        cmocka_unit_test(a_stopped_timer_may_be_stopped_again),
        cmocka_unit_test(a_task_runs_once_at_the_end_of_the_turn),
        cmocka_unit_test(a_task_queued_by_a_task_runs_in_the_next_turn),
        cmocka_unit_test(mail_from_many_threads_arrives_whole_and_in_order),
        cmocka_unit_test(stop_from_another_thread_ends_a_loop_that_waits_for_nothing),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/net/loop", tests, NULL, NULL);
}
