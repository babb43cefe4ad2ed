/* SPDX-License-Identifier: MIT */
#include "lib/json/json_out.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "tests/support/cmocka_first.h"

struct fixture {
    struct gw_buf buf;
    struct gw_json_out out;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    gw_buf_init(&fixture->buf, 65536);
    gw_json_out_init(&fixture->out, &fixture->buf);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    gw_buf_fini(&fixture->buf);
    free(fixture);
    return 0;
}

static void expect(struct fixture *fixture, const char *json)
{
    assert_int_equal(gw_json_out_end(&fixture->out), GW_OK);
    assert_string_equal(fixture->buf.at, json);
}

static void commas_and_colons_come_by_themselves(void **state)
{
    struct fixture *fixture = *state;
    struct gw_json_out *out = &fixture->out;

    gw_json_open_object(out);
    gw_json_put_int(out, "a", 1);
    gw_json_key(out, "b");
    gw_json_open_array(out);
    gw_json_int(out, 1);
    gw_json_open_array(out);
    gw_json_close_array(out);
    gw_json_open_object(out);
    gw_json_close_object(out);
    gw_json_null(out);
    gw_json_close_array(out);
    gw_json_put_bool(out, "c", true);
    gw_json_close_object(out);
    expect(fixture, "{\"a\":1,\"b\":[1,[],{},null],\"c\":true}");
}

static void every_value_has_its_form(void **state)
{
    struct fixture *fixture = *state;
    struct gw_json_out *out = &fixture->out;
    struct gw_money money;

    assert_int_equal(gw_money_parse(GW_TEXT("12.50"), &money), GW_OK);
    gw_json_open_object(out);
    gw_json_put_int(out, "int", INT64_MIN);
    gw_json_put_uint(out, "uint", UINT64_MAX);
    gw_json_put_money(out, "money", money);
    gw_json_put_time(out, "time", INT64_C(1700000000123456));
    gw_json_put_str(out, "none", NULL);
    gw_json_put_null(out, "null");
    gw_json_key(out, "raw");
    gw_json_raw(out, GW_TEXT("[1, 2]"));
    gw_json_put_text(out, "empty", GW_TEXT_NONE);
    gw_json_close_object(out);
    expect(fixture, "{\"int\":-9223372036854775808,\"uint\":18446744073709551615,"
                    "\"money\":\"12.5\",\"time\":\"2023-11-14T22:13:20.123Z\",\"none\":null,"
                    "\"null\":null,\"raw\":[1, 2],\"empty\":\"\"}");
}

static void doubles_are_short_and_exact(void **state)
{
    static const double NUMBERS[] = {0.1, 5, -2.5, 1e300, DBL_MIN, DBL_MAX, 1.0 / 3, 123456789.123};
    struct fixture *fixture = *state;
    char text[GW_JSON_DOUBLE_SIZE];
    size_t i;

    for (i = 0; i < sizeof(NUMBERS) / sizeof(NUMBERS[0]); i++) {
        gw_json_format_double(NUMBERS[i], text);
        assert_true(strtod(text, NULL) == NUMBERS[i]);
    }
    gw_json_open_array(&fixture->out);
    gw_json_double(&fixture->out, 0.1);
    gw_json_double(&fixture->out, 5);
    gw_json_double(&fixture->out, (double)INFINITY);
    gw_json_double(&fixture->out, (double)NAN);
    gw_json_close_array(&fixture->out);
    expect(fixture, "[0.1,5,null,null]");
}

static void texts_are_escaped(void **state)
{
    struct fixture *fixture = *state;

    gw_json_text(&fixture->out, GW_TEXT("a\"b\\c\n\r\t\b\f\x01\x1f\0\x7f/"));
    expect(fixture, "\"a\\\"b\\\\c\\n\\r\\t\\b\\f\\u0001\\u001f\\u0000\x7f/\"");
}

static void keys_are_escaped_too(void **state)
{
    struct fixture *fixture = *state;

    gw_json_open_object(&fixture->out);
    gw_json_key_text(&fixture->out, GW_TEXT("a\"\n"));
    gw_json_int(&fixture->out, 1);
    gw_json_close_object(&fixture->out);
    expect(fixture, "{\"a\\\"\\n\":1}");
}

static void what_is_no_utf8_is_replaced(void **state)
{
    struct fixture *fixture = *state;

    gw_json_text(&fixture->out, GW_TEXT("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80|"
                                        "\xff|\xc0\x80|\xed\xa0\x80|\xe2\x82|\xf5\x80\x80\x80"));
    expect(fixture, "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80|"
                    "\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd|"
                    "\xef\xbf\xbd\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void it_appends_to_what_is_there(void **state)
{
    struct fixture *fixture = *state;

    gw_buf_append_str(&fixture->buf, "data: ");
    gw_json_open_object(&fixture->out);
    gw_json_close_object(&fixture->out);
    expect(fixture, "data: {}");
}

static void the_ceiling_is_told_at_the_end(void **state)
{
    struct gw_json_out out;
    struct gw_buf small;
    int i;

    (void)state;
    gw_buf_init(&small, 50);
    gw_json_out_init(&out, &small);
    gw_json_open_array(&out);
    for (i = 0; i < 100; i++) {
        gw_json_str(&out, "text \n text");
    }
    gw_json_close_array(&out);
    assert_int_equal(gw_json_out_end(&out), GW_E_TOO_LARGE);
    assert_true(small.len <= 50);
    gw_buf_fini(&small);
}

static void it_nests_to_the_limit(void **state)
{
    struct fixture *fixture = *state;
    int i;

    for (i = 0; i < GW_JSON_DEPTH_MAX; i++) {
        gw_json_open_array(&fixture->out);
    }
    gw_json_int(&fixture->out, 1);
    gw_json_int(&fixture->out, 2);
    for (i = 0; i < GW_JSON_DEPTH_MAX; i++) {
        gw_json_close_array(&fixture->out);
    }
    assert_int_equal(gw_json_out_end(&fixture->out), GW_OK);
    assert_int_equal(fixture->buf.len, 2 * GW_JSON_DEPTH_MAX + 3);
}

#define WRITING(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WRITING(commas_and_colons_come_by_themselves),
        WRITING(every_value_has_its_form),
        WRITING(doubles_are_short_and_exact),
        WRITING(texts_are_escaped),
        WRITING(keys_are_escaped_too),
        WRITING(what_is_no_utf8_is_replaced),
        WRITING(it_appends_to_what_is_there),
        cmocka_unit_test(the_ceiling_is_told_at_the_end),
        WRITING(it_nests_to_the_limit),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/json/json_out", tests, NULL, NULL);
}
