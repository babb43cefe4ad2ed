/* SPDX-License-Identifier: MIT */
/*
 * script - what a request wants to be answered, read from its own text.
 */
#ifndef TESTS_SUPPORT_FAKE_PROVIDER_SCRIPT_H
#define TESTS_SUPPORT_FAKE_PROVIDER_SCRIPT_H

#include <stdint.h>

#include "lib/base/text.h"

#define SCRIPT_NEVER INT64_MAX

struct script {
    struct gw_text text;  /* of the answer, as it stands in JSON; empty: made up */
    struct gw_text model; /* borrowed from the body */
    bool streams;
    bool includes_usage; /* stream_options of OpenAI */
    bool wants_base64;   /* embeddings */
    int64_t chunks;
    int64_t delay_ms; /* between two events */
    int64_t first_ms; /* before the head */
    int64_t size;     /* of the text; 0: as it comes */
    int64_t tokens_in, tokens_out, cache_read, cache_5m, cache_1h;
    int64_t status;
    int64_t retry_after; /* -1: no such header */
    int64_t cut, stall;  /* after so many events, or SCRIPT_NEVER */
};

/* Reads `body`, whatever it is. Nothing in it is an error. */
void script_read(struct gw_text body, int64_t delay_ms, struct script *ret_script);

/* Appends the answer's text, which may stand between the quotes of a JSON string. */
void script_append_text(const struct script *script, struct gw_buf *out);

/* Piece number `index` of `count` of `text`; never cuts a character or an escape. */
struct gw_text script_piece(struct gw_text text, int64_t index, int64_t count);

#endif
