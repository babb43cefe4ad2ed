/* SPDX-License-Identifier: MIT */
/*
 * sums - pack, unpack and check messages of sums.v1.
 */
#ifndef LIB_WIRE_SUMS_H
#define LIB_WIRE_SUMS_H

#include "lib/base/text.h"
#include "lib/units/money.h"

enum gw_sum_subject { GW_SUM_USER = 1, GW_SUM_KEY, GW_SUM_PROVIDER };

struct gw_sum_question {
    enum gw_sum_subject subject;
    uint64_t id;
    int64_t from_us;  /* included; 0: since ever */
    int64_t until_us; /* not included; 0: now */
};

struct gw_sum_answer {
    struct gw_money cost;
    uint64_t requests;
    int64_t as_of_us; /* everything committed by then is in */
};

enum gw_err gw_sum_question_pack(const struct gw_sum_question *question,
                                 struct gw_buf *out) GW_MUST_USE;
enum gw_err gw_sum_question_unpack(struct gw_text bytes, struct gw_sum_question *ret_question,
                                   struct gw_fault *fault) GW_MUST_USE;
enum gw_err gw_sum_answer_pack(const struct gw_sum_answer *answer, struct gw_buf *out) GW_MUST_USE;
enum gw_err gw_sum_answer_unpack(struct gw_text bytes, struct gw_sum_answer *ret_answer,
                                 struct gw_fault *fault) GW_MUST_USE;

#endif
