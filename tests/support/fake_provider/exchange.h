/* SPDX-License-Identifier: MIT */
/*
 * exchange - one request and the events it is answered with, at the pace its script asks for.
 */
#ifndef TESTS_SUPPORT_FAKE_PROVIDER_EXCHANGE_H
#define TESTS_SUPPORT_FAKE_PROVIDER_EXCHANGE_H

#include "lib/net/http_server.h"
#include "tests/support/fake_provider/script.h"

struct provider {
    struct gw_loop *loop;
    int64_t delay_ms;
    int record_fd; /* -1: no record */
    uint64_t count;
};

struct exchange {
    struct provider *provider;
    struct gw_http_request *request;
    struct script script;
    struct gw_buf text;   /* of the answer, escaped for JSON */
    struct gw_buf events; /* all of them, one after the other */
    struct gw_buf ends;   /* size_t: where each of them ends */
    const char *content_type;
    char id[32];
    size_t sent; /* events */
    struct gw_timer timer;
    struct gw_task death;
};

/* Ends the event that was appended to exchange->events; a body without a stream is one event. */
void exchange_event(struct exchange *exchange);

/* Each appends an answer: a stream's events, or one body. */
void anthropic_answer(struct exchange *exchange);
void anthropic_error(struct exchange *exchange);
void chat_answer(struct exchange *exchange);
void responses_answer(struct exchange *exchange);
void embeddings_answer(struct exchange *exchange);
void openai_error(struct exchange *exchange);
void gemini_answer(struct exchange *exchange);
void gemini_error(struct exchange *exchange);

void exchange_open(struct provider *provider, struct gw_http_request *request);

#endif
