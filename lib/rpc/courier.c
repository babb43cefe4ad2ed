/* SPDX-License-Identifier: MIT */
/*
 * gRPC core reports the end of everything it was asked through a completion queue, and drives
 * its sockets only while a thread waits in that queue. So one thread does nothing but wait: work
 * done there, or a wait of its own, would stall every connection of the process, reconnecting
 * included. What comes out is posted to the loop it belongs to.
 */
#include "lib/rpc/courier.h"

#include <grpc/byte_buffer_reader.h>
#include <grpc/support/log.h>
#include <grpc/support/time.h>
#include <pthread.h>
#include <stdio.h>

#include "lib/base/check.h"
#include "lib/rpc/batch.h"
#include "lib/units/clock.h"

#define COMPLAINT_LINES_MAX 10
#define COMPLAINT_WINDOW_US (10 * GW_US_PER_SECOND)
#define COMPLAINT_TEXT_MAX  400

struct gw_courier {
    grpc_completion_queue *queue;
    pthread_t thread;
};

/* ---- Complaints ------------------------------------------------------------------------- */

/* gRPC's log is one per process, so this is, too. */
static struct {
    pthread_mutex_t mutex; /* guards all fields */
    void (*say)(const char *text);
    int64_t window_us;
    int lines;
} complaints = {.mutex = PTHREAD_MUTEX_INITIALIZER};

void gw_courier_on_complaint(void (*say)(const char *text))
{
    pthread_mutex_lock(&complaints.mutex);
    complaints.say = say;
    pthread_mutex_unlock(&complaints.mutex);
}

static void complain(gpr_log_func_args *args)
{
    void (*say)(const char *text) = NULL;
    int64_t now_us = gw_clock_monotonic_us();
    char text[COMPLAINT_TEXT_MAX];

    pthread_mutex_lock(&complaints.mutex);
    if (now_us - complaints.window_us >= COMPLAINT_WINDOW_US) {
        complaints.window_us = now_us;
        complaints.lines = 0;
    }
    if (complaints.lines < COMPLAINT_LINES_MAX) {
        complaints.lines++;
        say = complaints.say;
    }
    pthread_mutex_unlock(&complaints.mutex);
    if (say != NULL) {
        snprintf(text, sizeof(text), "%s", args->message);
        say(text);
    }
}

/* ---- Batches ---------------------------------------------------------------------------- */

static void deliver(struct gw_mail *mail)
{
    struct gw_rpc_batch *batch = GW_CONTAINER(mail, struct gw_rpc_batch, mail);

    batch->done(batch, batch->is_ok);
}

void gw_rpc_batch_init(struct gw_rpc_batch *batch, struct gw_loop *loop,
                       void (*done)(struct gw_rpc_batch *batch, bool is_ok))
{
    *batch = (struct gw_rpc_batch){.mail.deliver = deliver, .loop = loop, .done = done};
}

void *gw_rpc_batch_tag(struct gw_rpc_batch *batch)
{
    GW_CHECK(!atomic_load_explicit(&batch->is_out, memory_order_relaxed));
    atomic_store_explicit(&batch->is_out, true, memory_order_release);
    return batch;
}

void gw_rpc_batch_start(struct gw_rpc_batch *batch, grpc_call *call, const grpc_op *ops,
                        size_t count)
{
    grpc_call_error error = grpc_call_start_batch(call, ops, count, gw_rpc_batch_tag(batch), NULL);

    GW_CHECK(error == GRPC_CALL_OK); /* anything else is a wrong use of the API */
}

grpc_byte_buffer *gw_rpc_message(struct gw_text bytes)
{
    grpc_slice slice = grpc_slice_from_copied_buffer(bytes.at, bytes.len);
    grpc_byte_buffer *message = grpc_raw_byte_buffer_create(&slice, 1);

    grpc_slice_unref(slice);
    return message;
}

grpc_slice gw_rpc_message_take(grpc_byte_buffer *own_message)
{
    grpc_byte_buffer_reader reader;
    grpc_slice slice;

    GW_CHECK(grpc_byte_buffer_reader_init(&reader, own_message));
    slice = grpc_byte_buffer_reader_readall(&reader);
    grpc_byte_buffer_reader_destroy(&reader);
    grpc_byte_buffer_destroy(own_message);
    return slice;
}

/* ---- Life ------------------------------------------------------------------------------- */

static void *carry(void *arg)
{
    struct gw_courier *courier = arg;
    gpr_timespec never = gpr_inf_future(GPR_CLOCK_REALTIME);

    for (;;) {
        grpc_event event = grpc_completion_queue_next(courier->queue, never, NULL);
        struct gw_rpc_batch *batch = event.tag;

        if (event.type == GRPC_QUEUE_SHUTDOWN) {
            return NULL;
        }
        if (event.type != GRPC_OP_COMPLETE) {
            continue;
        }
        GW_CHECK(atomic_load_explicit(&batch->is_out, memory_order_acquire));
        atomic_store_explicit(&batch->is_out, false, memory_order_relaxed);
        batch->is_ok = event.success != 0;
        gw_loop_post(batch->loop, &batch->mail);
    }
}

grpc_completion_queue *gw_courier_queue(struct gw_courier *courier)
{
    return courier->queue;
}

struct gw_courier *gw_courier_new(void)
{
    struct gw_courier *courier = GW_NEW(struct gw_courier);

    gpr_set_log_function(complain);
    gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
    grpc_init();
    courier->queue = grpc_completion_queue_create_for_next(NULL);
    GW_CHECK(pthread_create(&courier->thread, NULL, carry, courier) == 0);
    return courier;
}

void gw_courier_free(struct gw_courier *courier)
{
    if (courier == NULL) {
        return;
    }
    grpc_completion_queue_shutdown(courier->queue);
    GW_CHECK(pthread_join(courier->thread, NULL) == 0);
    grpc_completion_queue_destroy(courier->queue);
    grpc_shutdown_blocking();
    gw_free(courier);
}
