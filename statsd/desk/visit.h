/* SPDX-License-Identifier: MIT */
/*
 * visit - one request at the desk, from its head to its answer.
 *
 * Outlives the HTTP request when the client leaves while an answer is being made.
 */
#ifndef STATSD_DESK_VISIT_H
#define STATSD_DESK_VISIT_H

#include "lib/net/http_server.h"
#include "lib/net/pool.h"
#include "lib/rest/rest.h"
#include "statsd/login/login.h"

struct desk;

struct visit {
    struct gw_list link; /* in the desk's list */
    struct desk *desk;
    struct gw_http_request *request; /* NULL: answered, or the client left */
    struct gw_arena arena;
    struct gw_rest_call call;
    struct login_call login; /* who calls */
    struct gw_job job;       /* of a report */
    enum gw_err err;         /* what its handler failed with, for the log */
    struct gw_fault fault;
    int64_t began_us; /* monotonic */
};

#define VISIT_BODY_MAX ((size_t)2 << 20)

/* Copies all that a call needs of the request. */
void visit_init(struct visit *visit, struct gw_http_request *request, struct login *login);
void visit_fini(struct visit *visit);

/* Sends what is in visit->call, with the headers every answer of the API has (spec 03 §3.3). */
void visit_reply(struct visit *visit);

#endif
