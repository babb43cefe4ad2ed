/* SPDX-License-Identifier: MIT */
/*
 * flow - an answer on its way from the provider to the client.
 *
 * One piece is on its way at a time, and the provider is only read as the client takes, so a slow
 * reader holds back a fast writer and memory stays what it is. The reader looks at every byte
 * before it is sent. A client that leaves does not stop the provider's bill, so the rest is still
 * read for a while. Belongs to one loop's thread.
 */
#ifndef DATAPLANE_ATTEMPT_FLOW_H
#define DATAPLANE_ATTEMPT_FLOW_H

#include "dataplane/attempt/attempt.h"
#include "dataplane/dialect/reader.h"
#include "lib/net/http_server.h"

#define FLOW_STUCK_US (INT64_C(60) * 1000000) /* a client that takes nothing has left */
#define FLOW_DRAIN_US (INT64_C(60) * 1000000) /* for the rest of an answer nobody waits for */

enum flow_end {
    FLOW_COMPLETE, /* the whole answer was read */
    FLOW_BROKEN,   /* the provider broke off */
    FLOW_LEFT,     /* the client left before the end */
};

struct flow_ops {
    /*
     * How it ended, exactly once, and before the client sees the end: what is written down here
     * is written down before anybody can say that he has the answer.
     */
    void (*on_settle)(void *owner, enum flow_end end);
    /* The request is finished and the call no longer needed; the last call. */
    void (*on_over)(void *owner);
};

struct flow {
    struct gw_loop *loop;
    struct gw_http_request *request; /* NULL once the client is gone or has everything */
    struct attempt *attempt;
    struct reader *reader;
    const struct flow_ops *ops;
    void *owner;
    struct gw_timer timer; /* stuck, or, once the client is gone, drained long enough */
    int64_t sending_since_us;
    int64_t first_byte_at_us;    /* the loop's time; 0: never */
    int64_t first_content_at_us; /* the same */
    uint64_t taken;              /* bytes */
    bool is_sending, is_gone, is_over;
    bool has_ended, has_failed; /* the provider */
};

struct flow_between {
    struct gw_loop *loop;
    struct gw_http_request *request; /* its reply was started */
    struct attempt *attempt;         /* it told its answer */
    struct reader *reader;
};

void flow_init(struct flow *flow, const struct flow_between *between, const struct flow_ops *ops,
               void *owner);

/* What happens to either side, told by the owner. */
void flow_bytes_wait(struct flow *flow);      /* attempt: on_body */
void flow_provider_ended(struct flow *flow);  /* attempt: on_end */
void flow_provider_failed(struct flow *flow); /* attempt: on_fail */
void flow_sent(struct flow *flow);            /* request: on_sent */
void flow_client_left(struct flow *flow);     /* request: on_gone */

/* Ends it where it stands, as if the client had left. Harmless when it is over. */
void flow_give_up(struct flow *flow);

#endif
