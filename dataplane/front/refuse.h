/* SPDX-License-Identifier: MIT */
/*
 * refuse - every answer of our own that says no, in one table.
 *
 * The status and the word are those of spec 01 §3.1 and §5.5; the envelope is the one the
 * client's own library understands. Pure; any thread.
 */
#ifndef DATAPLANE_FRONT_REFUSE_H
#define DATAPLANE_FRONT_REFUSE_H

#include "dataplane/front/language.h"
#include "lib/base/text.h"

enum refusal {
    REFUSAL_NONE,
    REFUSAL_UNKNOWN_PATH,
    REFUSAL_NO_WEBSOCKET,
    REFUSAL_CODINGS,
    REFUSAL_DAMAGED,
    REFUSAL_TOO_LARGE,
    REFUSAL_MALFORMED,
    REFUSAL_AMBIGUOUS,
    REFUSAL_BAD_MODEL,
    REFUSAL_NO_MODEL,
    REFUSAL_LOCKED,
    REFUSAL_NO_KEY,
    REFUSAL_KEYS_DIFFER,
    REFUSAL_KEY_UNKNOWN,
    REFUSAL_KEY_DISABLED,
    REFUSAL_KEY_EXPIRED,
    REFUSAL_USER_DISABLED,
    REFUSAL_USER_EXPIRED,
    REFUSAL_NOT_READY,
    REFUSAL_NO_PROVIDER,
    REFUSAL_UNREACHABLE,
    REFUSAL_TIMEOUT,
    REFUSAL_FULL,
};
#define REFUSALS (REFUSAL_FULL + 1)

enum refuse_shape {
    REFUSE_ANTHROPIC, /* {"type":"error","error":{...},"request_id":...} */
    REFUSE_OPENAI,    /* {"error":{"message","type","param","code"}} */
    REFUSE_GOOGLE,    /* {"error":{"code","message","status","details"}} */
};

int refuse_status(enum refusal refusal);
const char *refuse_type(enum refusal refusal); /* "invalid_api_key" */

struct refuse_with {
    enum refuse_shape shape;
    enum language language;
    const char *detail; /* goes behind the message in brackets; NULL: nothing */
    const char *request_id;
};

/* Appends the body; `out` has room for REFUSE_BODY_MAX. */
#define REFUSE_BODY_MAX 4096
void refuse_write(enum refusal refusal, const struct refuse_with *with, struct gw_buf *out);

#define REFUSE_CONTENT_TYPE "application/json; charset=utf-8"

#endif
