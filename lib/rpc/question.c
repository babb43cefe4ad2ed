/* SPDX-License-Identifier: MIT */
/*
 *     receiving (the request)  -->  fn()  -->  gw_rpc_answer()  -->  answering  -->  freed
 *
 *     over: runs beside them and ends with the call; a caller that left is not told to the owner,
 *     whose answer then goes nowhere. A caller that opens a call and sends nothing is let go after
 *     REQUEST_WAIT_US.
 */
#include "lib/rpc/question.h"

#include "lib/base/check.h"
#include "lib/rpc/status.h"
#include "lib/units/clock.h"

#define REQUEST_WAIT_US (30 * GW_US_PER_SECOND)

struct gw_rpc_question {
    struct gw_rpc_asker *asker;
    grpc_call *call;
    gw_rpc_question_fn fn;
    void *owner;
    struct gw_rpc_batch receiving, answering, over;
    unsigned out; /* of these three */
    bool is_answered;
    bool is_asked; /* fn ran */
    int is_cancelled;
    grpc_byte_buffer *incoming, *outgoing;
    grpc_slice request;
    struct gw_timer wait;
    struct gw_task gone;
};

static void start(struct gw_rpc_question *question, struct gw_rpc_batch *batch, const grpc_op *ops,
                  size_t count)
{
    question->out++;
    gw_rpc_batch_start(batch, question->call, ops, count);
}

static void move_on(struct gw_rpc_question *question)
{
    if (question->out == 0 && (question->is_answered || !question->is_asked)) {
        gw_loop_later(question->asker->loop, &question->gone);
    }
}

static void on_gone(struct gw_task *task)
{
    struct gw_rpc_question *question = GW_CONTAINER(task, struct gw_rpc_question, gone);
    struct gw_rpc_asker *asker = question->asker;

    gw_timer_stop(asker->loop, &question->wait);
    grpc_slice_unref(question->request);
    if (question->outgoing != NULL) {
        grpc_byte_buffer_destroy(question->outgoing);
    }
    grpc_call_unref(question->call);
    gw_free(question);
    asker->open--;
    asker->on_gone(asker);
}

static void on_over(struct gw_rpc_batch *batch, bool is_ok)
{
    struct gw_rpc_question *question = GW_CONTAINER(batch, struct gw_rpc_question, over);

    (void)is_ok;
    question->out--;
    move_on(question);
}

static void on_answered(struct gw_rpc_batch *batch, bool is_ok)
{
    struct gw_rpc_question *question = GW_CONTAINER(batch, struct gw_rpc_question, answering);

    (void)is_ok; /* the caller left */
    question->out--;
    move_on(question);
}

static void answer(struct gw_rpc_question *question, grpc_status_code status, const char *why)
{
    grpc_slice details = grpc_slice_from_copied_string(why == NULL ? "" : why);
    grpc_op ops[3] = {{.op = GRPC_OP_SEND_INITIAL_METADATA}};
    size_t count = 1;

    question->is_answered = true;
    if (question->outgoing != NULL) {
        ops[count].op = GRPC_OP_SEND_MESSAGE;
        ops[count++].data.send_message.send_message = question->outgoing;
    }
    ops[count].op = GRPC_OP_SEND_STATUS_FROM_SERVER;
    ops[count].data.send_status_from_server.status = status;
    ops[count++].data.send_status_from_server.status_details = &details;
    start(question, &question->answering, ops, count);
    grpc_slice_unref(details);
}

void gw_rpc_answer(struct gw_rpc_question *question, enum gw_err err, struct gw_text reply,
                   const char *why)
{
    GW_CHECK(!question->is_answered);
    if (err == GW_OK) {
        question->outgoing = gw_rpc_message(reply);
    }
    answer(question, gw_rpc_status(err), why);
}

static void on_request(struct gw_rpc_batch *batch, bool is_ok)
{
    struct gw_rpc_question *question = GW_CONTAINER(batch, struct gw_rpc_question, receiving);

    question->out--;
    gw_timer_stop(question->asker->loop, &question->wait);
    if (!is_ok || question->incoming == NULL) {
        if (question->incoming != NULL) {
            grpc_byte_buffer_destroy(question->incoming);
        }
        answer(question, GRPC_STATUS_INVALID_ARGUMENT, "request is missing");
        return;
    }
    question->request = gw_rpc_message_take(question->incoming);
    question->is_asked = true;
    question->fn(question->owner, question, gw_rpc_slice_text(&question->request));
}

static void on_wait(struct gw_timer *timer)
{
    struct gw_rpc_question *question = GW_CONTAINER(timer, struct gw_rpc_question, wait);

    grpc_call_cancel_with_status(question->call, GRPC_STATUS_DEADLINE_EXCEEDED,
                                 "request did not come", NULL);
}

static struct gw_rpc_question *new_question(struct gw_rpc_asker *asker, grpc_call *own_call)
{
    struct gw_rpc_question *question = GW_NEW(struct gw_rpc_question);
    grpc_op over = {.op = GRPC_OP_RECV_CLOSE_ON_SERVER};

    question->asker = asker;
    asker->open++;
    question->call = own_call;
    question->request = grpc_empty_slice();
    gw_rpc_batch_init(&question->receiving, asker->loop, on_request);
    gw_rpc_batch_init(&question->answering, asker->loop, on_answered);
    gw_rpc_batch_init(&question->over, asker->loop, on_over);
    gw_timer_init(&question->wait, on_wait);
    gw_task_init(&question->gone, on_gone);
    over.data.recv_close_on_server.cancelled = &question->is_cancelled;
    start(question, &question->over, &over, 1);
    return question;
}

void gw_rpc_question_accept(struct gw_rpc_asker *asker, grpc_call *own_call, gw_rpc_question_fn fn,
                            void *owner)
{
    struct gw_rpc_question *question = new_question(asker, own_call);
    grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};

    question->fn = fn;
    question->owner = owner;
    op.data.recv_message.recv_message = &question->incoming;
    start(question, &question->receiving, &op, 1);
    gw_timer_start(asker->loop, &question->wait, REQUEST_WAIT_US);
}

void gw_rpc_question_refuse(struct gw_rpc_asker *asker, grpc_call *own_call, enum gw_err err,
                            const char *why)
{
    answer(new_question(asker, own_call), gw_rpc_status(err), why);
}

void gw_rpc_question_unknown(struct gw_rpc_asker *asker, grpc_call *own_call)
{
    answer(new_question(asker, own_call), GRPC_STATUS_UNIMPLEMENTED, "no such method");
}
