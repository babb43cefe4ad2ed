/* SPDX-License-Identifier: MIT */
/*
 * A client is one gRPC channel and the calls on it. Streams are machines of their own (stream.c);
 * a unary call is one batch of everything, from the request to the status, and one letter.
 */
#include "lib/rpc/rpc_client.h"

#include <stdio.h>

#include "lib/base/check.h"
#include "lib/rpc/channel.h"
#include "lib/rpc/secure.h"
#include "lib/rpc/status.h"
#include "lib/rpc/stream.h"
#include "lib/units/clock.h"

#define OPEN_PATIENCE_US (10 * GW_US_PER_SECOND) /* connecting and the peer's head */
#define WAIT_PATIENCE_US (2 * GW_US_PER_SECOND)  /* the same, while the peer is known to be away */

struct gw_rpc_client {
    struct gw_courier *courier;
    struct gw_rpc_keeper keeper;
    grpc_channel *channel;
    grpc_metadata metadata[1]; /* the token */
    size_t metadata_count;
    struct gw_list calls; /* unary */
    bool is_closing;
    void (*closed)(void *owner);
    void *closed_owner;
    struct gw_task gone;
};

struct call {
    struct gw_list link; /* in client->calls */
    struct gw_rpc_client *client;
    grpc_call *call;
    struct gw_rpc_batch batch;
    grpc_byte_buffer *request, *reply;
    grpc_metadata_array head, trailer;
    grpc_status_code status;
    grpc_slice details;
    gw_rpc_done done;
    void *owner;
};

/* ---- Life ------------------------------------------------------------------------------- */

static bool is_idle(const struct gw_rpc_client *client)
{
    return gw_list_is_empty(&client->calls) && gw_list_is_empty(&client->keeper.streams);
}

static void close_if_idle(struct gw_rpc_client *client)
{
    if (client->is_closing && is_idle(client)) {
        gw_loop_later(client->keeper.loop, &client->gone);
    }
}

static void on_stream_gone(struct gw_rpc_keeper *keeper)
{
    close_if_idle(GW_CONTAINER(keeper, struct gw_rpc_client, keeper));
}

static void on_gone(struct gw_task *task)
{
    struct gw_rpc_client *client = GW_CONTAINER(task, struct gw_rpc_client, gone);

    if (!is_idle(client)) {
        return; /* someone asked in the meantime; comes again after that call's end */
    }
    grpc_channel_destroy(client->channel);
    for (size_t i = 0; i < client->metadata_count; i++) {
        grpc_slice_unref(client->metadata[i].key);
        grpc_slice_unref(client->metadata[i].value);
    }
    if (client->closed != NULL) {
        client->closed(client->closed_owner);
    }
    gw_free(client);
}

static void add_token(struct gw_rpc_client *client, const char *token)
{
    char text[5000]; /* tokens were checked to be shorter */
    int len = snprintf(text, sizeof(text), "Bearer %s", token);

    GW_CHECK(len > 0 && (size_t)len < sizeof(text));
    client->metadata[0].key = grpc_slice_from_static_string("authorization");
    client->metadata[0].value = grpc_slice_from_copied_buffer(text, (size_t)len);
    client->metadata_count = 1;
    explicit_bzero(text, sizeof(text));
}

enum gw_err gw_rpc_client_open(struct gw_courier *courier, struct gw_loop *loop,
                               const struct gw_rpc_client_conf *conf,
                               struct gw_rpc_client **ret_client, struct gw_fault *fault)
{
    const struct gw_rpc_files files = {conf->ca_file, conf->certificate_file, conf->key_file};
    grpc_channel_credentials *credentials;
    struct gw_rpc_client *client;
    grpc_channel *channel;

    if (conf->target == NULL || conf->target[0] == '\0') {
        return gw_fail(fault, GW_E_INVALID, "address of the peer is missing");
    }
    GW_TRY(gw_rpc_token_check(conf->token, fault));
    GW_TRY(gw_rpc_client_credentials(&files, &credentials, fault));
    channel = grpc_channel_create(conf->target, credentials, gw_rpc_client_args());
    grpc_channel_credentials_release(credentials);
    if (grpc_channel_check_connectivity_state(channel, 0) == GRPC_CHANNEL_SHUTDOWN) {
        grpc_channel_destroy(channel);
        return gw_fail(fault, GW_E_INVALID, "cannot use address \"%s\" with these files",
                       conf->target);
    }
    client = GW_NEW(struct gw_rpc_client);
    client->courier = courier;
    client->channel = channel;
    client->keeper.loop = loop;
    client->keeper.on_gone = on_stream_gone;
    gw_list_init(&client->keeper.streams);
    gw_list_init(&client->calls);
    gw_task_init(&client->gone, on_gone);
    if (conf->token != NULL) {
        add_token(client, conf->token);
    }
    *ret_client = client;
    return GW_OK;
}

void gw_rpc_client_close_then(struct gw_rpc_client *client, void (*closed)(void *owner),
                              void *owner)
{
    GW_CHECK(!client->is_closing);
    client->is_closing = true;
    client->closed = closed;
    client->closed_owner = owner;
    GW_LIST_EACH (&client->calls, node) {
        grpc_call_cancel(GW_CONTAINER(node, struct call, link)->call, NULL);
    }
    gw_rpc_streams_cancel(&client->keeper);
    close_if_idle(client);
}

void gw_rpc_client_close(struct gw_rpc_client *client)
{
    if (client != NULL) {
        gw_rpc_client_close_then(client, NULL, NULL);
    }
}

static grpc_call *new_call(struct gw_rpc_client *client, const char *method, gpr_timespec deadline)
{
    grpc_slice name = grpc_slice_from_copied_string(method);
    grpc_call *call = grpc_channel_create_call(client->channel, NULL, GRPC_PROPAGATE_DEFAULTS,
                                               gw_courier_queue(client->courier), name, NULL,
                                               deadline, NULL);

    grpc_slice_unref(name);
    return call;
}

/* ---- Unary ------------------------------------------------------------------------------ */

static void free_call(struct call *call)
{
    struct gw_rpc_client *client = call->client;

    gw_list_unlink(&call->link);
    grpc_byte_buffer_destroy(call->request);
    grpc_metadata_array_destroy(&call->head);
    grpc_metadata_array_destroy(&call->trailer);
    grpc_slice_unref(call->details);
    grpc_call_unref(call->call);
    gw_free(call);
    close_if_idle(client);
}

static void on_reply(struct gw_rpc_batch *batch, bool is_ok)
{
    struct call *call = GW_CONTAINER(batch, struct call, batch);
    enum gw_err err = is_ok ? gw_rpc_err(call->status) : GW_E_INTERNAL;
    char why[GW_RPC_WHY_SIZE];
    grpc_slice reply = grpc_empty_slice();

    if (call->reply != NULL) {
        reply = gw_rpc_message_take(call->reply);
    } else if (err == GW_OK) {
        err = GW_E_INTERNAL;
    }
    gw_rpc_why(&call->details, why);
    if (err == GW_OK) {
        call->done(call->owner, GW_OK, gw_rpc_slice_text(&reply), "");
    } else {
        call->done(call->owner, err, GW_TEXT_NONE, why[0] == '\0' ? gw_err_text(err) : why);
    }
    grpc_slice_unref(reply);
    free_call(call);
}

static void start_call(struct call *call)
{
    grpc_op ops[] = {
        {.op = GRPC_OP_SEND_INITIAL_METADATA},  {.op = GRPC_OP_SEND_MESSAGE},
        {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT}, {.op = GRPC_OP_RECV_INITIAL_METADATA},
        {.op = GRPC_OP_RECV_MESSAGE},           {.op = GRPC_OP_RECV_STATUS_ON_CLIENT},
    };

    ops[0].data.send_initial_metadata.metadata = call->client->metadata;
    ops[0].data.send_initial_metadata.count = call->client->metadata_count;
    ops[1].data.send_message.send_message = call->request;
    ops[3].data.recv_initial_metadata.recv_initial_metadata = &call->head;
    ops[4].data.recv_message.recv_message = &call->reply;
    ops[5].data.recv_status_on_client.trailing_metadata = &call->trailer;
    ops[5].data.recv_status_on_client.status = &call->status;
    ops[5].data.recv_status_on_client.status_details = &call->details;
    gw_rpc_batch_start(&call->batch, call->call, ops, GW_COUNT(ops));
}

void gw_rpc_call(struct gw_rpc_client *client, const char *method, struct gw_text request,
                 int64_t timeout_us, gw_rpc_done done, void *owner)
{
    gpr_timespec timeout = gpr_time_from_micros(timeout_us, GPR_TIMESPAN);
    struct call *call = GW_NEW(struct call);

    call->client = client;
    call->call = new_call(client, method, gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), timeout));
    call->request = gw_rpc_message(request);
    call->details = grpc_empty_slice();
    call->done = done;
    call->owner = owner;
    grpc_metadata_array_init(&call->head);
    grpc_metadata_array_init(&call->trailer);
    gw_rpc_batch_init(&call->batch, client->keeper.loop, on_reply);
    gw_list_init(&call->link);
    gw_list_push_back(&client->calls, &call->link);
    start_call(call);
    if (client->is_closing) {
        grpc_call_cancel(call->call, NULL);
    }
}

/* ---- Streams ---------------------------------------------------------------------------- */

struct gw_rpc_stream *gw_rpc_stream_open(struct gw_rpc_client *client, const char *method,
                                         const struct gw_rpc_stream_ops *ops, void *owner)
{
    bool is_away = grpc_channel_check_connectivity_state(client->channel, 1) ==
                   GRPC_CHANNEL_TRANSIENT_FAILURE;
    const struct gw_rpc_opening opening = {
        .metadata = client->metadata,
        .metadata_count = client->metadata_count,
        .flags = is_away ? GRPC_INITIAL_METADATA_WAIT_FOR_READY |
                               GRPC_INITIAL_METADATA_WAIT_FOR_READY_EXPLICITLY_SET
                         : 0,
        .patience_us = is_away ? WAIT_PATIENCE_US : OPEN_PATIENCE_US,
    };
    struct gw_rpc_stream *stream;

    stream = gw_rpc_stream_of_client(&client->keeper,
                                     new_call(client, method, gpr_inf_future(GPR_CLOCK_MONOTONIC)),
                                     &opening, ops, owner);
    if (client->is_closing) {
        gw_rpc_streams_cancel(&client->keeper);
    }
    return stream;
}
