/* SPDX-License-Identifier: MIT */
#include "lib/net/pool.h"

#include <pthread.h>
#include <signal.h>

#define WAITING_MAX 1024

struct gw_pool {
    const struct gw_pool_ops *ops;
    void *owner;

    pthread_mutex_t mutex; /* guards the three below */
    struct gw_list jobs;
    size_t waiting;
    bool is_ending;
    pthread_cond_t changed;

    size_t count;
    pthread_t threads[];
};

static struct gw_job *next_job(struct gw_pool *pool)
{
    struct gw_list *node;

    pthread_mutex_lock(&pool->mutex);
    while ((node = gw_list_pop_front(&pool->jobs)) == NULL && !pool->is_ending) {
        pthread_cond_wait(&pool->changed, &pool->mutex);
    }
    if (node != NULL) {
        pool->waiting--;
    }
    pthread_mutex_unlock(&pool->mutex);
    return node == NULL ? NULL : GW_CONTAINER(node, struct gw_job, link);
}

static void deliver(struct gw_mail *mail)
{
    struct gw_job *job = GW_CONTAINER(mail, struct gw_job, mail);

    job->done(job);
}

static void *run(void *argument)
{
    struct gw_pool *pool = argument;
    void *context = NULL;
    struct gw_job *job;

    if (pool->ops != NULL && pool->ops->context_new != NULL) {
        context = pool->ops->context_new(pool->owner);
    }
    while ((job = next_job(pool)) != NULL) {
        job->work(job, context);
        job->mail.deliver = deliver;
        gw_loop_post(job->loop, &job->mail);
    }
    if (context != NULL && pool->ops->context_free != NULL) {
        pool->ops->context_free(context);
    }
    return NULL;
}

struct gw_pool *gw_pool_new(size_t threads, const struct gw_pool_ops *ops, void *owner)
{
    struct gw_pool *pool = gw_must_alloc(sizeof(*pool) + threads * sizeof(pthread_t));
    sigset_t all, before;

    GW_CHECK(threads > 0);
    pool->ops = ops;
    pool->owner = owner;
    gw_list_init(&pool->jobs);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->changed, NULL);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are not for such threads */
    while (pool->count < threads) {
        GW_CHECK(pthread_create(&pool->threads[pool->count], NULL, run, pool) == 0);
        pool->count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pool;
}

void gw_pool_free(struct gw_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    pool->is_ending = true;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->mutex);
    for (size_t i = 0; i < pool->count; i++) {
        pthread_join(pool->threads[i], NULL);
    }
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->mutex);
    gw_free(pool);
}

enum gw_err gw_pool_submit(struct gw_pool *pool, struct gw_job *job)
{
    enum gw_err err = GW_E_FULL;

    pthread_mutex_lock(&pool->mutex);
    GW_CHECK(!pool->is_ending);
    if (pool->waiting < WAITING_MAX) {
        gw_list_init(&job->link);
        gw_list_push_back(&pool->jobs, &job->link);
        pool->waiting++;
        pthread_cond_signal(&pool->changed);
        err = GW_OK;
    }
    pthread_mutex_unlock(&pool->mutex);
    return err;
}
