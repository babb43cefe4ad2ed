/* SPDX-License-Identifier: MIT */
/*
 * usage - pack, unpack and check messages of usage.v1.
 */
#ifndef LIB_WIRE_USAGE_H
#define LIB_WIRE_USAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/text.h"

#define GW_REQUEST_ID_SIZE 16
#define GW_SPOOL_ID_SIZE   16
#define GW_ATTEMPTS_MAX    64

enum gw_outcome {
    GW_OUTCOME_SUCCESS = 1,     /* a complete answer reached the client */
    GW_OUTCOME_REFUSED,         /* we answered without asking a provider */
    GW_OUTCOME_PROVIDER_ERROR,  /* the provider answered with an error status */
    GW_OUTCOME_PROVIDER_FAILED, /* no answer, or one that broke off */
    GW_OUTCOME_CLIENT_LEFT,     /* the client went away first */
    GW_OUTCOME_VANISHED,        /* begun by a process that died */
};
const char *gw_outcome_name(enum gw_outcome outcome); /* "provider_error" */

/* Which figures the answer named; a figure not named is 0. */
enum {
    GW_TOKENS_INPUT = 1 << 0,
    GW_TOKENS_OUTPUT = 1 << 1,
    GW_TOKENS_CACHE_READ = 1 << 2,
    GW_TOKENS_CACHE_WRITE_5M = 1 << 3,
    GW_TOKENS_CACHE_WRITE_1H = 1 << 4,
    GW_TOKENS_REASONING = 1 << 5,
};

struct gw_tokens {
    uint64_t input;
    uint64_t output;
    uint64_t cache_read;
    uint64_t cache_write_5m;
    uint64_t cache_write_1h;
    uint64_t reasoning; /* part of output */
    uint32_t known;     /* GW_TOKENS_… */
};

struct gw_usage_begun {
    uint8_t request_id[GW_REQUEST_ID_SIZE]; /* UUIDv7 */
    int64_t at_us;
    uint64_t user_id, key_id, provider_id;
    struct gw_text model, endpoint;
};

struct gw_usage_attempt {
    uint64_t provider_id;
    int64_t started_us, ended_us; /* since the exchange's start */
    uint32_t status;              /* 0: no head came */
    struct gw_text reason, error;
};

struct gw_usage_ended {
    uint8_t request_id[GW_REQUEST_ID_SIZE];
    int64_t started_us, ended_us; /* wall clock */
    enum gw_outcome outcome;
    uint32_t status; /* answered to the client; 499: it left; 502: broken off; 0: nothing */
    uint64_t user_id, key_id, provider_id;
    struct gw_text endpoint, dialect, model, original_model, response_model;
    bool streamed;
    int64_t first_byte_us, first_content_us; /* since started_us; -1: never */
    struct gw_tokens tokens;
    struct gw_text client_ip, user_agent, error, cost_multiplier;
    const struct gw_usage_attempt *attempts;
    size_t attempt_count;
};

struct gw_usage_event {
    bool is_end;
    union {
        struct gw_usage_begun begun;
        struct gw_usage_ended ended;
    };
};

/* What the ledger holds of a text, in bytes. Longer ones are cut, between characters. */
#define GW_USAGE_MODEL_MAX      128
#define GW_USAGE_ENDPOINT_MAX   256
#define GW_USAGE_DIALECT_MAX    32
#define GW_USAGE_CLIENT_IP_MAX  45
#define GW_USAGE_USER_AGENT_MAX 512
#define GW_USAGE_ERROR_MAX      512
#define GW_USAGE_REASON_MAX     64
#define GW_USAGE_NODE_MAX       128
#define GW_USAGE_MULTIPLIER_MAX 32

#define GW_USAGE_WALL_MAX_US (INT64_C(253402300799) * 1000000) /* the end of the year 9999 */
#define GW_USAGE_SPAN_MAX_US (INT64_C(366) * 86400 * 1000000)  /* since an exchange's start */

#define GW_USAGE_TOKENS_MAX                                                                        \
    UINT64_C(1000000000000) /* of one exchange; more is a provider's bug                           \
                             */

/*
 * One Event message. Texts are cut to the lengths above and made UTF-8 without control
 * characters. What must not keep an exchange out of the ledger is mended: an end before its start
 * (the wall clock was set back) becomes the start, a token figure beyond GW_USAGE_TOKENS_MAX one
 * that was not named, attempts beyond GW_ATTEMPTS_MAX are left out. GW_E_INVALID: ids, outcome or
 * status that cannot be, which is the caller's bug.
 */
enum gw_err gw_usage_event_pack(const struct gw_usage_event *event, struct gw_buf *out) GW_MUST_USE;

/* A Batch around events packed one by one: `events[i]` is the bytes of one Event. */
struct gw_usage_batch_head {
    uint8_t spool_id[GW_SPOOL_ID_SIZE];
    struct gw_text node;
    uint64_t first_seq;
    uint64_t lost_below;
};
enum gw_err gw_usage_batch_pack(const struct gw_usage_batch_head *head,
                                const struct gw_text *events, size_t count,
                                struct gw_buf *out) GW_MUST_USE;

struct gw_usage_batch {
    struct gw_usage_batch_head head;
    struct gw_usage_event *events;
    size_t count;
};
#define GW_USAGE_BATCH_MAX 4096 /* events in one batch */

/*
 * Everything in *ret_batch lives in `arena`. Numbers that cannot be are refused, never guessed;
 * texts are cut and cleaned as in packing. GW_E_TOO_LARGE: the arena is too small.
 */
enum gw_err gw_usage_batch_unpack(struct gw_text bytes, struct gw_arena *arena,
                                  struct gw_usage_batch *ret_batch,
                                  struct gw_fault *fault) GW_MUST_USE;

struct gw_usage_range {
    uint64_t first, last; /* last included */
};
#define GW_USAGE_RANGES_MAX 64
struct gw_usage_receipt {
    uint8_t spool_id[GW_SPOOL_ID_SIZE];
    struct gw_usage_range confirmed[GW_USAGE_RANGES_MAX];
    size_t count;
};
/* Ranges are ascending, do not touch, and end at INT64_MAX at most; both ways are held to it. */
enum gw_err gw_usage_receipt_pack(const struct gw_usage_receipt *receipt,
                                  struct gw_buf *out) GW_MUST_USE;
enum gw_err gw_usage_receipt_unpack(struct gw_text bytes, struct gw_usage_receipt *ret_receipt,
                                    struct gw_fault *fault) GW_MUST_USE;

#endif
