/* SPDX-License-Identifier: MIT */
/*
 * stream - one open call, either end: its state machine. For the sources of lib/rpc only; what
 * the rest of the tree does with a stream is in rpc_client.h.
 */
#ifndef LIB_RPC_STREAM_H
#define LIB_RPC_STREAM_H

#include "lib/rpc/batch.h"
#include "lib/rpc/rpc_client.h"
#include "lib/rpc/status.h"

/* Who has streams: a client or a server. */
struct gw_rpc_keeper {
    struct gw_loop *loop;
    struct gw_list streams;
    void (*on_gone)(struct gw_rpc_keeper *keeper); /* a stream was freed */
};

/* How a client opens one. */
struct gw_rpc_opening {
    const grpc_metadata *metadata;
    size_t metadata_count;
    uint32_t flags; /* of the initial metadata */
    int64_t patience_us;
};

/* `own_call` is new; nothing was started on it. */
struct gw_rpc_stream *gw_rpc_stream_of_client(struct gw_rpc_keeper *keeper, grpc_call *own_call,
                                              const struct gw_rpc_opening *opening,
                                              const struct gw_rpc_stream_ops *ops, void *owner);

/*
 * In two steps, because whoever accepts the call is shown the stream before it says how it is to
 * be served. One of the two follows in the same turn.
 */
struct gw_rpc_stream *gw_rpc_stream_of_server(struct gw_rpc_keeper *keeper, grpc_call *own_call);
void gw_rpc_stream_serve(struct gw_rpc_stream *stream, const struct gw_rpc_stream_ops *ops,
                         void *owner);
void gw_rpc_stream_refuse(struct gw_rpc_stream *stream, enum gw_err err, const char *why);

/* All of a keeper's streams end now, in failure. */
void gw_rpc_streams_cancel(struct gw_rpc_keeper *keeper);

#endif
