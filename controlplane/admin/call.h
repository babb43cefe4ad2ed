/* SPDX-License-Identifier: MIT */
/*
 * call - a question of admin.v1, answered on the pool.
 *
 * Taken and answered on the loop's thread; in between it belongs to the pool, whose context is a
 * struct answer_context.
 */
#ifndef CONTROLPLANE_ADMIN_CALL_H
#define CONTROLPLANE_ADMIN_CALL_H

#include "lib/net/loop.h"
#include "lib/net/pool.h"
#include "lib/rpc/rpc_server.h"

#define CALL_METHOD "/millrace.admin.v1.Admin/Call"

/* What became of a call, for log and metrics; borrowed. */
struct call_result {
    struct gw_text method, path, request_id;
    int status;
    int64_t took_us;
    bool may_have_changed; /* the configuration */
    enum gw_err err;       /* what a handler failed with, and why: for the log alone */
    const char *why;
};

struct call_desk {
    struct gw_loop *loop;
    struct gw_pool *pool;
    void (*answered)(void *owner, const struct call_result *result); /* on the loop */
    void *owner;
};

/* True: `answered` will run, once; `desk` must live until then. False: refused at once. */
bool call_take(struct call_desk *desk, struct gw_rpc_question *question, struct gw_text request);

#endif
