/* SPDX-License-Identifier: MIT */
#include "lib/units/money.h"

#include <string.h>

#include "tests/support/cmocka_first.h"

#define MOST       "170141183460469231731687.303715884105727" /* 2^127 - 1 units */
#define MINUS_MOST "-170141183460469231731687.303715884105727"

static struct gw_money money_of(const char *text)
{
    struct gw_money money = {-1};

    assert_int_equal(gw_money_parse(gw_text_of(text), &money), GW_OK);
    return money;
}

static struct gw_factor factor_of(const char *text)
{
    struct gw_factor factor = {-1};

    assert_int_equal(gw_factor_parse(gw_text_of(text), &factor), GW_OK);
    return factor;
}

static void expect_money(struct gw_money money, const char *text)
{
    char got[GW_MONEY_TEXT_SIZE];

    assert_int_equal(gw_money_format(money, got), strlen(text));
    assert_string_equal(got, text);
}

static void expect_refused(const char *text, enum gw_err err)
{
    struct gw_money money = {77};

    assert_int_equal(gw_money_parse(gw_text_of(text), &money), err);
    assert_true(money.units == 77);
}

static void a_decimal_comes_back_as_it_was(void **state)
{
    static const char *const TEXTS[] = {"0",
                                        "1",
                                        "-1",
                                        "12.5",
                                        "0.000000000000001",
                                        "-0.000000000000001",
                                        "1000000",
                                        "123456789.987654321",
                                        MOST,
                                        MINUS_MOST};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        expect_money(money_of(TEXTS[i]), TEXTS[i]);
    }
}

static void a_unit_is_the_fifteenth_place(void **state)
{
    (void)state;
    assert_true(money_of("0.000000000000001").units == 1);
    assert_true(money_of("1").units == INT64_C(1000000000000000));
    assert_true(money_of("-0.000003").units == -INT64_C(3000000000));
}

static void signs_and_needless_zeros_are_read(void **state)
{
    (void)state;
    expect_money(money_of("+7"), "7");
    expect_money(money_of("-0"), "0");
    expect_money(money_of("007.50"), "7.5");
    expect_money(money_of("0.10000000000000000000000000000000000000000000000000"), "0.1");
    expect_money(money_of("0000000000000000000000000000000000000000000000000000001"), "1");
    expect_money(money_of("100.00"), "100");
}

static void what_is_no_decimal_is_refused(void **state)
{
    static const char *const TEXTS[] = {"",    "-",   "+",   ".",    ".5",  "5.",
                                        "1,5", " 1",  "1 ",  "1e3",  "0x1", "1.2.3",
                                        "--1", "NaN", "inf", "1.5-", "1.e1"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        expect_refused(TEXTS[i], GW_E_INVALID);
    }
}

static void a_text_with_a_zero_byte_is_refused(void **state)
{
    struct gw_money money;

    (void)state;
    assert_int_equal(gw_money_parse(GW_TEXT("1\0"), &money), GW_E_INVALID);
}

static void a_sixteenth_place_is_refused_and_not_rounded(void **state)
{
    (void)state;
    expect_refused("0.0000000000000001", GW_E_INVALID);
    expect_refused("1.1234567890123456", GW_E_INVALID);
    expect_refused("0.12345678901234567890123456789012345678901234567890", GW_E_INVALID);
}

static void what_is_beyond_128_bits_is_refused(void **state)
{
    (void)state;
    expect_refused("170141183460469231731687.303715884105728", GW_E_TOO_LARGE);
    expect_refused("-170141183460469231731687.303715884105728", GW_E_TOO_LARGE);
    expect_refused("1000000000000000000000000", GW_E_TOO_LARGE);
    expect_refused("99999999999999999999999999999999999999999999999999", GW_E_TOO_LARGE);
}

static void an_endless_text_is_refused(void **state)
{
    char digits[4096];
    struct gw_money money;

    (void)state;
    memset(digits, '0', sizeof(digits));
    assert_int_equal(gw_money_parse((struct gw_text){digits, sizeof(digits)}, &money),
                     GW_E_INVALID);
}

static void exponents_are_read_where_they_are_welcome(void **state)
{
    struct gw_money money;

    (void)state;
    assert_int_equal(gw_money_parse_scientific(GW_TEXT("2.5e-07"), &money), GW_OK);
    expect_money(money, "0.00000025");
    assert_int_equal(gw_money_parse_scientific(GW_TEXT("1E+3"), &money), GW_OK);
    expect_money(money, "1000");
    assert_int_equal(gw_money_parse_scientific(GW_TEXT("0e99999"), &money), GW_OK);
    expect_money(money, "0");
    assert_int_equal(gw_money_parse_scientific(GW_TEXT("1e-16"), &money), GW_E_INVALID);
    assert_int_equal(gw_money_parse_scientific(GW_TEXT("10e-16"), &money), GW_OK);
    expect_money(money, "0.000000000000001");
    assert_int_equal(gw_money_parse_scientific(GW_TEXT("1e24"), &money), GW_E_TOO_LARGE);
    assert_int_equal(gw_money_parse_scientific(GW_TEXT("1e99999999"), &money), GW_E_TOO_LARGE);
    assert_int_equal(gw_money_parse_scientific(GW_TEXT("1e"), &money), GW_E_INVALID);
    assert_int_equal(gw_money_parse_scientific(GW_TEXT("1e+-3"), &money), GW_E_INVALID);
}

static void the_fixed_form_has_fifteen_places(void **state)
{
    char text[GW_MONEY_TEXT_SIZE];

    (void)state;
    assert_int_equal(gw_money_format_fixed(money_of("12.5"), text), 18);
    assert_string_equal(text, "12.500000000000000");
    gw_money_format_fixed(GW_MONEY_ZERO, text);
    assert_string_equal(text, "0.000000000000000");
    gw_money_format_fixed(money_of(MINUS_MOST), text);
    assert_string_equal(text, MINUS_MOST);
}

static void sums_are_exact(void **state)
{
    struct gw_money sum = GW_MONEY_ZERO;
    int i;

    (void)state;
    for (i = 0; i < 10; i++) {
        assert_int_equal(gw_money_add(sum, money_of("0.1"), &sum), GW_OK);
    }
    expect_money(sum, "1");
    assert_int_equal(gw_money_sub(sum, money_of("1.000000000000001"), &sum), GW_OK);
    expect_money(sum, "-0.000000000000001");
}

static void a_sum_that_does_not_fit_is_an_error_and_changes_nothing(void **state)
{
    struct gw_money sum = {5};

    (void)state;
    assert_int_equal(gw_money_add(money_of(MOST), money_of("0.000000000000001"), &sum),
                     GW_E_TOO_LARGE);
    assert_int_equal(gw_money_sub(money_of(MINUS_MOST), money_of("0.000000000000001"), &sum),
                     GW_E_TOO_LARGE);
    assert_true(sum.units == 5);
}

static void amounts_are_ordered(void **state)
{
    (void)state;
    assert_true(gw_money_compare(money_of("1"), money_of("1.000000000000001")) < 0);
    assert_true(gw_money_compare(money_of("-1"), money_of("-2")) > 0);
    assert_int_equal(gw_money_compare(money_of("3.50"), money_of("3.5")), 0);
}

static void a_price_times_tokens_is_exact(void **state)
{
    struct gw_money product;

    (void)state;
    assert_int_equal(gw_money_times(money_of("0.000003"), 1234567, &product), GW_OK);
    expect_money(product, "3.703701");
    assert_int_equal(gw_money_times(money_of("-0.000000000000001"), INT64_MAX, &product), GW_OK);
    expect_money(product, "-9223.372036854775807");
    assert_int_equal(gw_money_times(money_of("2"), INT64_MIN, &product), GW_OK);
    expect_money(product, "-18446744073709551616");
    assert_int_equal(gw_money_times(money_of("2"), 0, &product), GW_OK);
    expect_money(product, "0");
}

static void a_product_that_does_not_fit_is_an_error(void **state)
{
    struct gw_money product = {5};

    (void)state;
    assert_int_equal(gw_money_times(money_of(MOST), 1, &product), GW_OK);
    product.units = 5;
    assert_int_equal(gw_money_times(money_of(MOST), 2, &product), GW_E_TOO_LARGE);
    assert_int_equal(gw_money_times(money_of("100000"), INT64_MAX, &product), GW_E_TOO_LARGE);
    assert_int_equal(
        gw_money_times(money_of("85070591730234615865843.651857942052864"), 2, &product),
        GW_E_TOO_LARGE);
    assert_true(product.units == 5);
}

static void expect_scaled(const char *money, const char *factor, const char *product)
{
    struct gw_money got;

    assert_int_equal(gw_money_scale(money_of(money), factor_of(factor), &got), GW_OK);
    expect_money(got, product);
}

static void a_multiplier_is_applied_exactly(void **state)
{
    (void)state;
    expect_scaled("10", "1.25", "12.5");
    expect_scaled("0.123456789012345", "1", "0.123456789012345");
    expect_scaled("3.703701", "0.8", "2.9629608");
    expect_scaled("5", "0", "0");
    expect_scaled("-5", "1.5", "-7.5");
    expect_scaled("-5", "-1.5", "7.5");
    expect_scaled("1000000000", "999999.9999", "999999999900000");
}

static void halves_are_rounded_away_from_zero(void **state)
{
    (void)state;
    expect_scaled("0.000000000000001", "0.5", "0.000000000000001");
    expect_scaled("-0.000000000000001", "0.5", "-0.000000000000001");
    expect_scaled("0.000000000000001", "0.499999999", "0");
    expect_scaled("0.000000000000003", "0.5", "0.000000000000002");
    expect_scaled("0.000000000000005", "0.1", "0.000000000000001");
    expect_scaled("0.000000000000004", "0.1", "0");
}

static void scaling_past_the_end_is_an_error(void **state)
{
    struct gw_money got = {5};

    (void)state;
    assert_int_equal(gw_money_scale(money_of(MOST), GW_FACTOR_ONE, &got), GW_OK);
    expect_money(got, MOST);
    got.units = 5;
    assert_int_equal(gw_money_scale(money_of(MOST), factor_of("1.000000001"), &got),
                     GW_E_TOO_LARGE);
    assert_true(got.units == 5);
}

static void a_factor_has_nine_places(void **state)
{
    struct gw_factor factor;
    char text[GW_MONEY_TEXT_SIZE];

    (void)state;
    assert_int_equal(factor_of("1.25").billionths, 1250000000);
    assert_int_equal(factor_of("-0.000000001").billionths, -1);
    assert_int_equal(gw_factor_parse(GW_TEXT("0.0000000001"), &factor), GW_E_INVALID);
    assert_int_equal(gw_factor_parse(GW_TEXT("9223372036.854775808"), &factor), GW_E_TOO_LARGE);
    gw_factor_format(factor_of("1.2500"), text);
    assert_string_equal(text, "1.25");
    gw_factor_format(factor_of("-9223372036.854775807"), text);
    assert_string_equal(text, "-9223372036.854775807");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_decimal_comes_back_as_it_was),
        cmocka_unit_test(a_unit_is_the_fifteenth_place),
        cmocka_unit_test(signs_and_needless_zeros_are_read),
        cmocka_unit_test(what_is_no_decimal_is_refused),
        cmocka_unit_test(a_text_with_a_zero_byte_is_refused),
        cmocka_unit_test(a_sixteenth_place_is_refused_and_not_rounded),
        cmocka_unit_test(what_is_beyond_128_bits_is_refused),
        cmocka_unit_test(an_endless_text_is_refused),
        cmocka_unit_test(exponents_are_read_where_they_are_welcome),
        cmocka_unit_test(the_fixed_form_has_fifteen_places),
        cmocka_unit_test(sums_are_exact),
        cmocka_unit_test(a_sum_that_does_not_fit_is_an_error_and_changes_nothing),
        cmocka_unit_test(amounts_are_ordered),
        cmocka_unit_test(a_price_times_tokens_is_exact),
        cmocka_unit_test(a_product_that_does_not_fit_is_an_error),
        cmocka_unit_test(a_multiplier_is_applied_exactly),
        cmocka_unit_test(halves_are_rounded_away_from_zero),
        cmocka_unit_test(scaling_past_the_end_is_an_error),
        cmocka_unit_test(a_factor_has_nine_places),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/units/money", tests, NULL, NULL);
}
