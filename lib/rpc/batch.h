/* SPDX-License-Identifier: MIT */
/*
 * batch - something asked of gRPC, whose end comes back as mail. For the sources of lib/rpc only.
 */
#ifndef LIB_RPC_BATCH_H
#define LIB_RPC_BATCH_H

#include <grpc/grpc.h>
#include <stdatomic.h>

#include "lib/base/text.h"
#include "lib/net/loop.h"
#include "lib/rpc/courier.h"

/*
 * Embedded in what it belongs to, and the tag that gRPC hands back. `done` runs on the loop.
 *
 * is_out carries what the loop's thread wrote here over to the courier's thread. gRPC orders the
 * two anyway, but in a way that is in the C standard's eyes, and the thread sanitizer's, unknown.
 */
struct gw_rpc_batch {
    struct gw_mail mail;
    struct gw_loop *loop;
    void (*done)(struct gw_rpc_batch *batch, bool is_ok);
    atomic_bool is_out;
    bool is_ok;
};

void gw_rpc_batch_init(struct gw_rpc_batch *batch, struct gw_loop *loop,
                       void (*done)(struct gw_rpc_batch *batch, bool is_ok));

/* The tag for gRPC calls that take one; the batch is out from here on. */
void *gw_rpc_batch_tag(struct gw_rpc_batch *batch);

/* Starts operations on a call. */
void gw_rpc_batch_start(struct gw_rpc_batch *batch, grpc_call *call, const grpc_op *ops,
                        size_t count);

grpc_completion_queue *gw_courier_queue(struct gw_courier *courier);

/* A message of one piece; to be destroyed with grpc_byte_buffer_destroy(). */
grpc_byte_buffer *gw_rpc_message(struct gw_text bytes);

/* The bytes of `own_message`, which is destroyed; the slice is to be unreffed. */
grpc_slice gw_rpc_message_take(grpc_byte_buffer *own_message);

static inline struct gw_text gw_rpc_slice_text(const grpc_slice *slice)
{
    return (struct gw_text){(const char *)GRPC_SLICE_START_PTR(*slice), GRPC_SLICE_LENGTH(*slice)};
}

#endif
