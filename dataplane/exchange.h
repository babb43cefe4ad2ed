/* SPDX-License-Identifier: MIT */
/*
 * exchange - one request and its answer: the machine that walks the rooms.
 *
 * Belongs to its worker's thread.
 */
#ifndef DATAPLANE_EXCHANGE_H
#define DATAPLANE_EXCHANGE_H

#include "dataplane/admit/caller.h"
#include "dataplane/attempt/attempt.h"
#include "dataplane/attempt/flow.h"
#include "dataplane/dialect/reader.h"
#include "dataplane/front/ask.h"
#include "dataplane/front/refuse.h"
#include "dataplane/front/request_id.h"
#include "dataplane/route/plan.h"
#include "dataplane/worker.h"

enum exchange_state {
    EXCHANGE_STEPS,
    EXCHANGE_ATTEMPT,
    EXCHANGE_STREAM,
    EXCHANGE_LEFT,
    EXCHANGE_GONE,
};
#define EXCHANGE_STATES 5

/* One try at one provider, for the record. Times are since the exchange's start. */
struct exchange_try {
    uint64_t provider_id;
    int64_t started_us, ended_us;
    int status;         /* 0: no head came */
    const char *reason; /* a word of spec 01 §22.3; static */
    const char *error;  /* the name of a failure; static, NULL: none */
};

struct exchange {
    struct worker *worker;
    struct gw_list link; /* in the worker's exchanges, or among its spares */
    struct gw_task death;
    enum exchange_state state;

    struct gw_http_request *request; /* NULL once it is finished or gone */
    int64_t started_us;              /* the loop's time */
    int64_t started_wall_us;
    struct request_id id;
    char client_ip[CLIENT_IP_SIZE];

    const struct snapshot *snapshot; /* the one it began with */
    struct ask ask;
    struct caller caller;
    bool is_admitted;
    struct gw_buf plain; /* the body, if it came compressed */
    char *kept;          /* the ask's texts, once the request they stood in is gone */

    struct plan plan;
    const struct snapshot_provider *provider; /* asked last; NULL: none yet */
    struct attempt attempt;
    size_t try_count;             /* of `tries`, below */
    enum gw_http_failure failure; /* of the last try, if it failed */

    int status; /* what the client was answered; 0: nothing yet */
    bool is_settled;
    /* From here on nothing is read before it was written. */
    struct flow flow;
    struct reader reader;
    struct exchange_try tries[PLAN_CHOICES_MAX];
};

/* For struct gw_http_service; `owner` is the worker. */
void exchange_begin(void *owner, struct gw_http_request *request);

/* The worker stops: ends it at once, wherever it is. */
void exchange_cut_off(struct exchange *exchange);

void exchange_free_spare(struct exchange *exchange);

/* ---- For steps -------------------------------------------------------------------------- */

/* Each ends the exchange with an answer of our own. */
void exchange_refuse(struct exchange *exchange, enum refusal refusal, const char *detail);
void exchange_refuse_later(struct exchange *exchange, enum refusal refusal, int64_t retry_after_us);
void exchange_answer(struct exchange *exchange, int status, struct gw_text type,
                     struct gw_text body);

/* Asks the next candidate of the plan, or refuses if there is none. */
void exchange_ask_provider(struct exchange *exchange);

#endif
