/* SPDX-License-Identifier: MIT */
/*
 * The holder keeps a reference to every snapshot it gave out until nobody else has one, so that
 * the last reference is never a worker's: taking a million keys apart takes a tenth of a second,
 * which is for whoever puts snapshots in.
 */
#include "dataplane/snapshot/holder.h"

#include <pthread.h>

#include "lib/base/check.h"

struct retired {
    struct retired *next;
    const struct snapshot *snapshot;
};

struct holder {
    pthread_mutex_t mutex; /* guards current */
    const struct snapshot *current;

    pthread_mutex_t retired_mutex; /* guards retired */
    struct retired *retired;
};

struct holder *holder_new(void)
{
    struct holder *holder = GW_NEW(struct holder);

    pthread_mutex_init(&holder->mutex, NULL);
    pthread_mutex_init(&holder->retired_mutex, NULL);
    return holder;
}

void holder_free(struct holder *holder)
{
    if (holder == NULL) {
        return;
    }
    while (holder->retired != NULL) {
        struct retired *retired = holder->retired;

        holder->retired = retired->next;
        snapshot_unref(retired->snapshot);
        gw_free(retired);
    }
    snapshot_unref(holder->current);
    pthread_mutex_destroy(&holder->mutex);
    pthread_mutex_destroy(&holder->retired_mutex);
    gw_free(holder);
}

const struct snapshot *holder_get(struct holder *holder)
{
    const struct snapshot *snapshot;

    pthread_mutex_lock(&holder->mutex);
    snapshot = holder->current == NULL ? NULL : snapshot_ref(holder->current);
    pthread_mutex_unlock(&holder->mutex);
    return snapshot;
}

size_t holder_sweep(struct holder *holder)
{
    size_t left = 0;

    pthread_mutex_lock(&holder->retired_mutex);
    for (struct retired **at = &holder->retired; *at != NULL;) {
        struct retired *retired = *at;

        if (snapshot_is_last_ref(retired->snapshot)) {
            *at = retired->next;
            snapshot_unref(retired->snapshot);
            gw_free(retired);
        } else {
            at = &retired->next;
            left++;
        }
    }
    pthread_mutex_unlock(&holder->retired_mutex);
    return left;
}

void holder_put(struct holder *holder, const struct snapshot *own_snapshot)
{
    struct retired *retired = GW_NEW(struct retired);

    pthread_mutex_lock(&holder->mutex);
    retired->snapshot = holder->current;
    holder->current = own_snapshot;
    pthread_mutex_unlock(&holder->mutex);

    if (retired->snapshot == NULL) {
        gw_free(retired);
        return;
    }
    pthread_mutex_lock(&holder->retired_mutex);
    retired->next = holder->retired;
    holder->retired = retired;
    pthread_mutex_unlock(&holder->retired_mutex);
    holder_sweep(holder);
}
