/* SPDX-License-Identifier: MIT */
#include "lib/net/pool.h"

#include "tests/support/cmocka_first.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define JOBS 100

static atomic_int contexts_made, contexts_freed;

static void *context_new(void *owner)
{
    int *context = malloc(sizeof(*context));

    *context = *(int *)owner;
    contexts_made++;
    return context;
}

static void context_free(void *context)
{
    contexts_freed++;
    free(context);
}

static const struct gw_pool_ops OPS = {context_new, context_free};

struct sum {
    struct gw_job job;
    int in;
    int out;
    bool on_the_loop;
    int *left;
    pthread_t home;
};

static void work(struct gw_job *job, void *context)
{
    struct sum *sum = GW_CONTAINER(job, struct sum, job);

    assert_false(pthread_equal(pthread_self(), sum->home));
    sum->out = sum->in + *(int *)context;
}

static void done(struct gw_job *job)
{
    struct sum *sum = GW_CONTAINER(job, struct sum, job);

    sum->on_the_loop = pthread_equal(pthread_self(), sum->home);
    if (--*sum->left == 0) {
        gw_loop_stop(job->loop);
    }
}

static void jobs_run_on_threads_and_end_on_the_loop(void **state)
{
    static struct sum sums[JOBS];
    struct gw_loop *loop = gw_loop_new();
    int offset = 1000, left = JOBS;
    struct gw_pool *pool = gw_pool_new(3, &OPS, &offset);

    (void)state;
    contexts_made = contexts_freed = 0;
    for (int i = 0; i < JOBS; i++) {
        sums[i] = (struct sum){.in = i, .left = &left, .home = pthread_self()};
        sums[i].job.loop = loop;
        sums[i].job.work = work;
        sums[i].job.done = done;
        assert_int_equal(gw_pool_submit(pool, &sums[i].job), GW_OK);
    }
    gw_loop_run(loop);
    gw_pool_free(pool);
    for (int i = 0; i < JOBS; i++) {
        assert_int_equal(sums[i].out, i + 1000);
        assert_true(sums[i].on_the_loop);
    }
    assert_int_equal(contexts_freed, 3);
    gw_loop_free(loop);
}

struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t opened;
    bool is_open;
};

struct waiter {
    struct gw_job job;
    struct gate *gate;
    int *left;
};

static void wait_for_gate(struct gw_job *job, void *context)
{
    struct gate *gate = GW_CONTAINER(job, struct waiter, job)->gate;

    (void)context;
    pthread_mutex_lock(&gate->mutex);
    while (!gate->is_open) {
        pthread_cond_wait(&gate->opened, &gate->mutex);
    }
    pthread_mutex_unlock(&gate->mutex);
}

static void count_down(struct gw_job *job)
{
    --*GW_CONTAINER(job, struct waiter, job)->left;
}

static void more_than_1024_waiting_jobs_are_refused_and_the_rest_is_finished(void **state)
{
    static struct waiter waiters[1100];
    struct gw_loop *loop = gw_loop_new();
    struct gw_pool *pool = gw_pool_new(1, NULL, NULL);
    struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    int accepted = 0, left;
    enum gw_err err = GW_OK;

    (void)state;
    for (int i = 0; i < 1100 && err == GW_OK; i++) {
        waiters[i].gate = &gate;
        waiters[i].left = &left;
        waiters[i].job.loop = loop;
        waiters[i].job.work = wait_for_gate;
        waiters[i].job.done = count_down;
        err = gw_pool_submit(pool, &waiters[i].job);
        accepted += err == GW_OK;
    }
    assert_int_equal(err, GW_E_FULL);
    assert_in_range(accepted, 1024, 1025); /* one more if the thread took the first already */
    left = accepted;
    pthread_mutex_lock(&gate.mutex);
    gate.is_open = true;
    pthread_cond_broadcast(&gate.opened);
    pthread_mutex_unlock(&gate.mutex);
    gw_pool_free(pool);
    while (left > 0) {
        gw_loop_turn(loop, 0);
    }
    gw_loop_free(loop);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_run_on_threads_and_end_on_the_loop),
        cmocka_unit_test(more_than_1024_waiting_jobs_are_refused_and_the_rest_is_finished),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/net/pool", tests, NULL, NULL);
}
