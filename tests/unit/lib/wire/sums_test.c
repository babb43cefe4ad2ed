/* SPDX-License-Identifier: MIT */
#include "lib/wire/sums.h"

#include "lib/wire/health.h"
#include "tests/support/cmocka_first.h"

static void a_question_arrives_as_it_was_asked(void **state)
{
    struct gw_sum_question question,
        sent = {.subject = GW_SUM_KEY, .id = 4, .from_us = 10, .until_us = 20};
    struct gw_fault fault;
    struct gw_buf bytes;

    (void)state;
    gw_buf_init(&bytes, 4096);
    assert_int_equal(gw_sum_question_pack(&sent, &bytes), GW_OK);
    assert_int_equal(gw_sum_question_unpack(gw_buf_text(&bytes), &question, &fault), GW_OK);
    assert_int_equal(question.subject, GW_SUM_KEY);
    assert_int_equal(question.id, 4);
    assert_int_equal(question.from_us, 10);
    assert_int_equal(question.until_us, 20);
    gw_buf_fini(&bytes);
}

static void questions_about_nothing_are_refused(void **state)
{
    struct gw_sum_question question;
    struct gw_fault fault;

    (void)state;
    assert_int_equal(gw_sum_question_unpack(GW_TEXT(""), &question, &fault), GW_E_INVALID);
    assert_int_equal(gw_sum_question_unpack(GW_TEXT("\x08\x01"), &question, &fault), GW_E_INVALID);
    assert_int_equal(
        gw_sum_question_unpack(GW_TEXT("\x08\x01\x10\x01\x18\x09\x20\x05"), &question, &fault),
        GW_E_INVALID);
    assert_string_equal(fault.text, "question: window ends before it begins");
    assert_int_equal(gw_sum_question_unpack(GW_TEXT("\x08"), &question, &fault), GW_E_CORRUPT);
}

static void an_exact_sum_stays_exact(void **state)
{
    struct gw_sum_answer answer, sent = {.requests = 3, .as_of_us = 9};
    struct gw_fault fault;
    struct gw_buf bytes;

    (void)state;
    assert_int_equal(gw_money_parse(GW_TEXT("12345678901234.000000000000001"), &sent.cost), GW_OK);
    gw_buf_init(&bytes, 4096);
    assert_int_equal(gw_sum_answer_pack(&sent, &bytes), GW_OK);
    assert_int_equal(gw_sum_answer_unpack(gw_buf_text(&bytes), &answer, &fault), GW_OK);
    assert_int_equal(gw_money_compare(answer.cost, sent.cost), 0);
    assert_int_equal(answer.requests, 3);
    assert_int_equal(answer.as_of_us, 9);
    gw_buf_fini(&bytes);
}

static void an_answer_without_a_decimal_is_refused(void **state)
{
    struct gw_sum_answer answer;
    struct gw_fault fault;

    (void)state;
    assert_int_equal(gw_sum_answer_unpack(GW_TEXT(""), &answer, &fault), GW_E_INVALID);
    assert_int_equal(gw_sum_answer_unpack(GW_TEXT("\x0a\x02-1"), &answer, &fault), GW_E_INVALID);
    assert_int_equal(gw_sum_answer_unpack(GW_TEXT("\x0a\x05-1"), &answer, &fault), GW_E_CORRUPT);
}

static void a_health_answer_is_read(void **state)
{
    enum gw_health_status status;
    struct gw_fault fault;
    struct gw_buf bytes;

    (void)state;
    gw_buf_init(&bytes, 4096);
    assert_int_equal(gw_health_question_pack(GW_TEXT("a.B"), &bytes), GW_OK);
    assert_int_equal(bytes.len, 5);
    assert_memory_equal(bytes.at,
                        "\x0a\x03"
                        "a.B",
                        5);
    assert_int_equal(gw_health_answer_unpack(GW_TEXT("\x08\x01"), &status, &fault), GW_OK);
    assert_int_equal(status, GW_HEALTH_SERVING);
    assert_int_equal(gw_health_answer_unpack(GW_TEXT("\x08\x09"), &status, &fault), GW_E_INVALID);
    assert_int_equal(gw_health_answer_unpack(GW_TEXT("\x08"), &status, &fault), GW_E_CORRUPT);
    gw_buf_fini(&bytes);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_arrives_as_it_was_asked),
        cmocka_unit_test(questions_about_nothing_are_refused),
        cmocka_unit_test(an_exact_sum_stays_exact),
        cmocka_unit_test(an_answer_without_a_decimal_is_refused),
        cmocka_unit_test(a_health_answer_is_read),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/wire/sums", tests, NULL, NULL);
}
