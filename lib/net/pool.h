/* SPDX-License-Identifier: MIT */
/*
 * pool - threads for work that blocks (the database, files), with the answer mailed back.
 *
 * Each thread has a context of its own, made and freed on it: a database connection, usually.
 */
#ifndef LIB_NET_POOL_H
#define LIB_NET_POOL_H

#include "lib/base/err.h"
#include "lib/net/loop.h"

struct gw_pool;

/* Embedded in what is to be done. `work` runs on a pool thread, then `done` on `loop`. */
struct gw_job {
    struct gw_list link;
    struct gw_mail mail;
    struct gw_loop *loop;
    void (*work)(struct gw_job *job, void *context);
    void (*done)(struct gw_job *job);
};

struct gw_pool_ops {
    void *(*context_new)(void *owner); /* on the thread, at its start; may return NULL */
    void (*context_free)(void *context);
};

struct gw_pool *gw_pool_new(size_t threads, const struct gw_pool_ops *ops, void *owner);
void gw_pool_free(
    struct gw_pool *pool); /* finishes what was submitted, joins; posts mail until then */

/* GW_E_FULL when `waiting_max` jobs wait already (set for all pools: 1024). */
enum gw_err gw_pool_submit(struct gw_pool *pool, struct gw_job *job) GW_MUST_USE;

#endif
