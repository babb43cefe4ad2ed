/* SPDX-License-Identifier: MIT */
/*
 * answer - what the handlers of all subjects share.
 */
#ifndef CONTROLPLANE_ADMIN_ANSWER_ANSWER_H
#define CONTROLPLANE_ADMIN_ANSWER_ANSWER_H

#include "controlplane/store/store.h"
#include "lib/rest/rest.h"

struct roster; /* controlplane/publish/roster.h */

/* What handlers are given as gw_rest_call.context; one per pool thread. */
struct answer_context {
    struct store store;
    struct roster *roster;
};

static inline struct answer_context *answer_context(struct gw_rest_call *call)
{
    return call->context;
}

static inline struct store *answer_store(struct gw_rest_call *call)
{
    return &answer_context(call)->store;
}

/* The call's If-Match, for the store. */
struct store_match answer_match(const struct gw_rest_call *call);

/* The codes of one subject. */
struct answer_codes {
    const char *absent; /* "key.not_found" */
    const char *failed; /* "key.action_failed" */
};

/*
 * Answers a failure of the store as this subject does and returns what is left for the log; only
 * what is our own fault is left to the router.
 */
enum gw_err answer_failure(struct gw_rest_call *call, enum gw_err err,
                           const struct answer_codes *codes);

/* {"ok":true} */
enum gw_err answer_ok(struct gw_rest_call *call) GW_MUST_USE;

/* Pieces of documents. Texts with at == NULL, and times 0, become null. */
void answer_put_text(struct gw_json_out *out, const char *key, struct gw_text text);
void answer_put_time(struct gw_json_out *out, const char *key, int64_t wall_us);
void answer_put_number(struct gw_json_out *out, const char *key, int64_t number); /* -1: null */

#endif
