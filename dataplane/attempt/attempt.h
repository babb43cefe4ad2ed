/* SPDX-License-Identifier: MIT */
/*
 * attempt - one try at one provider.
 *
 * Embedded in the exchange that makes it; belongs to one loop's thread. An answer is told once it
 * can be committed to: at its head, but a stream's only with its first byte, so that a provider
 * that sends a head and then nothing can still be passed over or told about properly.
 */
#ifndef DATAPLANE_ATTEMPT_ATTEMPT_H
#define DATAPLANE_ATTEMPT_ATTEMPT_H

#include "dataplane/attempt/prepare.h"

struct attempt_answer {
    int status;
    struct gw_http_headers headers; /* borrowed during the call */
    uint64_t length;                /* or GW_HTTP_LENGTH_UNKNOWN */
};

/* None runs before attempt_open() has returned. The attempt may be closed inside any of them. */
struct attempt_ops {
    void (*on_answer)(void *owner, const struct attempt_answer *answer);
    void (*on_body)(void *owner); /* bytes wait in the call: gw_http_call_take(attempt->call) */
    void (*on_end)(void *owner);  /* all bytes were taken */
    /* Before on_answer there is no answer; behind it, it broke off. `text` is for the log. */
    void (*on_fail)(void *owner, enum gw_http_failure failure, const char *text);
};

/* Where the provider's row says nothing. */
struct attempt_limits {
    int64_t connect_us;
    int64_t head_us;
    int64_t idle_us;
};

struct attempt {
    struct gw_http_call *call; /* NULL: not open */
    const struct attempt_ops *ops;
    void *owner;
    struct gw_loop *loop;
    struct gw_timer first_byte;
    int64_t opened_us; /* the loop's time */
    int64_t first_byte_us;
    bool wants_stream;
    struct attempt_answer *held; /* a stream's head, until its first byte; owned */
};

struct attempt_with {
    struct gw_loop *loop;
    struct gw_http_client *client;
    const struct attempt_limits *limits;
    const struct ask *ask;
    const struct snapshot_provider *provider;
    int64_t wall_us;
};

void attempt_init(struct attempt *attempt, const struct attempt_ops *ops, void *owner);

/* The ask's body is borrowed until on_answer, on_fail or the close. Fails as prepare() does. */
enum gw_err attempt_open(struct attempt *attempt, const struct attempt_with *with,
                         struct gw_fault *fault) GW_MUST_USE;
void attempt_close(struct attempt *attempt); /* harmless if it is not open */

/*
 * Whether another provider may be asked after this failure at no risk: nothing of the request
 * can have been read by anybody.
 */
bool attempt_is_harmless(enum gw_http_failure failure);

#endif
