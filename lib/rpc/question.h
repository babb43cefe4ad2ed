/* SPDX-License-Identifier: MIT */
/*
 * question - a unary call at the server's end. For the sources of lib/rpc only.
 */
#ifndef LIB_RPC_QUESTION_H
#define LIB_RPC_QUESTION_H

#include "lib/rpc/batch.h"
#include "lib/rpc/rpc_server.h"

/* Who has questions. */
struct gw_rpc_asker {
    struct gw_loop *loop;
    size_t open;
    void (*on_gone)(struct gw_rpc_asker *asker); /* a question was freed */
};

typedef void (*gw_rpc_question_fn)(void *owner, struct gw_rpc_question *question,
                                   struct gw_text request);

/* Waits for the message, then runs `fn`. `own_call` is new. */
void gw_rpc_question_accept(struct gw_rpc_asker *asker, grpc_call *own_call, gw_rpc_question_fn fn,
                            void *owner);
/* Answers without looking at the message. */
void gw_rpc_question_refuse(struct gw_rpc_asker *asker, grpc_call *own_call, enum gw_err err,
                            const char *why);
/* The status of a method nobody has, which is none of enum gw_err. */
void gw_rpc_question_unknown(struct gw_rpc_asker *asker, grpc_call *own_call);

#endif
