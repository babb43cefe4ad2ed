/* SPDX-License-Identifier: MIT */
#include "lib/wire/sums.h"

#include <inttypes.h>

#include "lib/wire/border.h"
#include "sums.pb-c.h"

enum gw_err gw_sum_question_pack(const struct gw_sum_question *question, struct gw_buf *out)
{
    Millrace__Sums__V1__Question message = MILLRACE__SUMS__V1__QUESTION__INIT;

    message.subject = (Millrace__Sums__V1__Subject)question->subject;
    message.id = question->id;
    message.from_us = question->from_us;
    message.until_us = question->until_us;
    return gw_border_pack(&message.base, out);
}

static enum gw_err read_question(const Millrace__Sums__V1__Question *message,
                                 struct gw_sum_question *ret_question, struct gw_fault *fault)
{
    if (message->subject < MILLRACE__SUMS__V1__SUBJECT__USER ||
        message->subject > MILLRACE__SUMS__V1__SUBJECT__PROVIDER) {
        return gw_fail(fault, GW_E_INVALID, "question: subject %d is not known",
                       (int)message->subject);
    }
    if (message->id == 0 || message->id > GW_BORDER_ID_MAX) {
        return gw_fail(fault, GW_E_INVALID, "question: %" PRIu64 " is no id", message->id);
    }
    if (message->from_us < 0 || message->until_us < 0 ||
        (message->until_us > 0 && message->until_us < message->from_us)) {
        return gw_fail(fault, GW_E_INVALID, "question: window ends before it begins");
    }
    *ret_question = (struct gw_sum_question){
        .subject = (enum gw_sum_subject)message->subject,
        .id = message->id,
        .from_us = message->from_us,
        .until_us = message->until_us,
    };
    return GW_OK;
}

enum gw_err gw_sum_question_unpack(struct gw_text bytes, struct gw_sum_question *ret_question,
                                   struct gw_fault *fault)
{
    Millrace__Sums__V1__Question *message;
    struct gw_arena arena;
    enum gw_err err;

    gw_arena_init(&arena, gw_border_memory_max(bytes.len));
    message = gw_border_unpack(&millrace__sums__v1__question__descriptor, bytes, &arena);
    if (message == NULL) {
        err = gw_fail(fault, GW_E_CORRUPT, "question: %zu bytes that cannot be unpacked",
                      bytes.len);
    } else {
        err = read_question(message, ret_question, fault);
    }
    gw_arena_fini(&arena);
    return err;
}

enum gw_err gw_sum_answer_pack(const struct gw_sum_answer *answer, struct gw_buf *out)
{
    Millrace__Sums__V1__Answer message = MILLRACE__SUMS__V1__ANSWER__INIT;
    char cost[GW_MONEY_TEXT_SIZE];

    gw_money_format(answer->cost, cost);
    message.cost_usd = cost;
    message.requests = answer->requests;
    message.as_of_us = answer->as_of_us;
    return gw_border_pack(&message.base, out);
}

static enum gw_err read_answer(const Millrace__Sums__V1__Answer *message,
                               struct gw_sum_answer *ret_answer, struct gw_fault *fault)
{
    struct gw_money cost;

    if (gw_money_parse(gw_border_text(message->cost_usd), &cost) != GW_OK ||
        gw_money_compare(cost, GW_MONEY_ZERO) < 0) {
        return gw_fail(fault, GW_E_INVALID, "answer: cost is no decimal of 0 or more");
    }
    if (message->requests > GW_BORDER_ID_MAX || message->as_of_us < 0) {
        return gw_fail(fault, GW_E_INVALID, "answer: number that cannot be");
    }
    *ret_answer = (struct gw_sum_answer){
        .cost = cost,
        .requests = message->requests,
        .as_of_us = message->as_of_us,
    };
    return GW_OK;
}

enum gw_err gw_sum_answer_unpack(struct gw_text bytes, struct gw_sum_answer *ret_answer,
                                 struct gw_fault *fault)
{
    Millrace__Sums__V1__Answer *message;
    struct gw_arena arena;
    enum gw_err err;

    gw_arena_init(&arena, gw_border_memory_max(bytes.len));
    message = gw_border_unpack(&millrace__sums__v1__answer__descriptor, bytes, &arena);
    if (message == NULL) {
        err = gw_fail(fault, GW_E_CORRUPT, "answer: %zu bytes that cannot be unpacked", bytes.len);
    } else {
        err = read_answer(message, ret_answer, fault);
    }
    gw_arena_fini(&arena);
    return err;
}
