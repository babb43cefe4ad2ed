/* SPDX-License-Identifier: MIT */
/*
 *                 bytes                     the last bytes, or none after the end
 *     ---> IDLE ---------> SENDING ---> IDLE -----------------------------------> over
 *           |                 |
 *           | the client left |
 *           +---> GONE <------+ -----------------------------------------------> over
 *                  the rest is read and dropped, for a limited time
 *
 * Bytes that are being sent belong to the call, so the call must not be closed before they are
 * written; "over" is therefore reached from IDLE or GONE only. A provider that breaks off after
 * bytes we hold still gets them delivered before the client is cut off.
 */
#include "dataplane/attempt/flow.h"

#include "lib/base/check.h"

static void pump(struct flow *flow);

/* ---- Ends ------------------------------------------------------------------------------- */

static void settle(struct flow *flow, enum flow_end end)
{
    flow->is_over = true;
    gw_timer_stop(flow->loop, &flow->timer);
    reader_end(flow->reader);
    flow->ops->on_settle(flow->owner, end);
}

static void finish(struct flow *flow, struct gw_text last_bytes)
{
    struct gw_http_request *request = flow->request;

    settle(flow, FLOW_COMPLETE);
    flow->request = NULL;
    gw_http_reply_finish(request, last_bytes);
    flow->ops->on_over(flow->owner);
}

static void cut_off(struct flow *flow, enum flow_end end)
{
    struct gw_http_request *request = flow->request;

    settle(flow, end);
    flow->request = NULL;
    if (request != NULL) {
        gw_http_reply_abort(request);
    }
    flow->ops->on_over(flow->owner);
}

/* ---- Time ------------------------------------------------------------------------------- */

static void start_timer(struct flow *flow, int64_t delay_us)
{
    gw_timer_start(flow->loop, &flow->timer, delay_us);
}

/* Started with the first piece and looking at what has happened since; not with every piece. */
static void on_timer(struct gw_timer *timer)
{
    struct flow *flow = GW_CONTAINER(timer, struct flow, timer);
    int64_t left_us = flow->sending_since_us + FLOW_STUCK_US - gw_loop_now_us(flow->loop);

    if (flow->is_gone || (flow->is_sending && left_us <= 0)) {
        cut_off(flow, FLOW_LEFT);
    } else if (flow->is_sending) {
        start_timer(flow, left_us);
    }
}

/* ---- Bytes ------------------------------------------------------------------------------ */

static void read_bytes(struct flow *flow, struct gw_text bytes)
{
    if (flow->taken == 0) {
        flow->first_byte_at_us = gw_loop_now_us(flow->loop);
    }
    flow->taken += bytes.len;
    reader_feed(flow->reader, bytes);
    if (flow->first_content_at_us == 0 && flow->reader->has_content) {
        flow->first_content_at_us = gw_loop_now_us(flow->loop);
    }
}

static void send_bytes(struct flow *flow, struct gw_text bytes)
{
    flow->is_sending = true;
    flow->sending_since_us = gw_loop_now_us(flow->loop);
    if (!gw_timer_is_running(&flow->timer)) {
        start_timer(flow, FLOW_STUCK_US);
    }
    gw_http_reply_send(flow->request, bytes);
}

static bool is_at_end(const struct flow *flow)
{
    return flow->has_ended || gw_http_call_is_complete(flow->attempt->call);
}

/* One step, if one can be taken. */
static void pump(struct flow *flow)
{
    struct gw_text bytes;

    if (flow->is_sending || flow->is_over) {
        return;
    }
    bytes = gw_http_call_take(flow->attempt->call);
    if (bytes.len > 0) {
        read_bytes(flow, bytes);
    }
    if (flow->is_gone) {
        if (flow->has_failed || is_at_end(flow)) {
            cut_off(flow, FLOW_LEFT);
        }
    } else if (flow->has_failed && bytes.len == 0) {
        cut_off(flow, FLOW_BROKEN);
    } else if (!flow->has_failed && is_at_end(flow)) {
        finish(flow, bytes);
    } else if (bytes.len > 0) {
        send_bytes(flow, bytes);
    }
}

/* ---- What happens ----------------------------------------------------------------------- */

void flow_init(struct flow *flow, const struct flow_between *between, const struct flow_ops *ops,
               void *owner)
{
    *flow = (struct flow){.loop = between->loop,
                          .request = between->request,
                          .attempt = between->attempt,
                          .reader = between->reader,
                          .ops = ops,
                          .owner = owner};
    gw_timer_init(&flow->timer, on_timer);
}

void flow_bytes_wait(struct flow *flow)
{
    pump(flow);
}

void flow_provider_ended(struct flow *flow)
{
    flow->has_ended = true;
    pump(flow);
}

void flow_provider_failed(struct flow *flow)
{
    flow->has_failed = true;
    pump(flow);
}

void flow_sent(struct flow *flow)
{
    flow->is_sending = false;
    pump(flow);
}

void flow_client_left(struct flow *flow)
{
    flow->request = NULL;
    flow->is_sending = false;
    flow->is_gone = true;
    start_timer(flow, FLOW_DRAIN_US);
    pump(flow);
}

void flow_give_up(struct flow *flow)
{
    if (!flow->is_over) {
        cut_off(flow, FLOW_LEFT);
    }
}
