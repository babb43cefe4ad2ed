/* SPDX-License-Identifier: MIT */
#include "lib/report/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/cmocka_first.h"

/* Lines go into a file without a name; text() is what has been written since setup. */
static int fd;
static char written[4 * 1024 * 1024];

static int setup(void **state)
{
    (void)state;
    fd = open("/tmp", O_TMPFILE | O_RDWR | O_APPEND, 0600);
    assert_true(fd >= 0);
    gw_log_to_fd(fd);
    gw_log_setup(GW_LOG_DEBUG, GW_LOG_LOGFMT);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gw_log_to_fd(2);
    close(fd);
    return 0;
}

static const char *text(void)
{
    ssize_t size = pread(fd, written, sizeof(written) - 1, 0);

    assert_true(size >= 0);
    written[size] = '\0';
    return written;
}

/* What stands behind the time of the only line. */
static const char *line(void)
{
    const char *at = text();

    assert_memory_equal(at, "time=20", 7);
    assert_int_equal(at[strlen(at) - 1], '\n');
    assert_int_equal(strcspn(at, "\n"), strlen(at) - 1);
    return at + sizeof("time=2026-11-22T20:30:50.123Z ") - 1;
}

static void a_line_has_time_level_event_and_fields(void **state)
{
    (void)state;
    gw_log(GW_LOG_WARN, "listening", GW_LOG_STR("address", "0.0.0.0:80"), GW_LOG_INT("a", -5),
           GW_LOG_UINT("b", UINT64_MAX), GW_LOG_BOOL("c", true), GW_LOG_ERR(GW_E_FULL));
    assert_string_equal(line(), "level=warn event=listening address=0.0.0.0:80 a=-5 "
                                "b=18446744073709551615 c=true err=full\n");
}

static void an_event_may_have_no_fields(void **state)
{
    (void)state;
    gw_log(GW_LOG_INFO, "stopped");
    assert_string_equal(line(), "level=info event=stopped\n");
}

static void a_level_that_is_off_writes_and_evaluates_nothing(void **state)
{
    int evaluated = 0;

    (void)state;
    gw_log_setup(GW_LOG_WARN, GW_LOG_LOGFMT);
    gw_log(GW_LOG_INFO, "quiet", GW_LOG_INT("n", ++evaluated));
    gw_log(GW_LOG_ERROR, "loud", GW_LOG_INT("n", ++evaluated));
    assert_string_equal(line(), "level=error event=loud n=1\n");
}

static void a_value_cannot_forge_a_line_or_a_field(void **state)
{
    (void)state;
    gw_log(GW_LOG_INFO, "e", GW_LOG_STR("a", "x\nlevel=error"), GW_LOG_STR("b", "y z=1"),
           GW_LOG_STR("c", "say \"hi\"\\"), GW_LOG_STR("d", ""), GW_LOG_STR("e", NULL));
    assert_string_equal(line(), "level=info event=e a=\"x\\nlevel=error\" b=\"y z=1\" "
                                "c=\"say \\\"hi\\\"\\\\\" d=\"\" e=\"\"\n");
}

static void hostile_bytes_are_escaped(void **state)
{
    (void)state;
    gw_log(GW_LOG_INFO, "e", GW_LOG_TEXT("a", GW_TEXT("\0\x1b[31m\x7f")),
           GW_LOG_STR("b", "\xff\xc0\x80\xed\xa0\x80"), GW_LOG_STR("c", "gr\xc3\xbc\xc3\x9f"),
           GW_LOG_STR("d", "\xc2\x9b"), GW_LOG_STR("f", "\xf0\x9f\x98\x80"),
           GW_LOG_STR("g", "\xe2\x82"));
    assert_string_equal(line(), "level=info event=e a=\"\\u0000\\u001b[31m\\u007f\" "
                                "b=\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                                "\xef\xbf\xbd\" c=\"gr\xc3\xbc\xc3\x9f\" d=\"\\u009b\" "
                                "f=\"\xf0\x9f\x98\x80\" g=\"\xef\xbf\xbd\xef\xbf\xbd\"\n");
}

static void json_lines_are_json(void **state)
{
    const char *at;

    (void)state;
    gw_log_setup(GW_LOG_DEBUG, GW_LOG_JSON);
    gw_log(GW_LOG_INFO, "odd", GW_LOG_TEXT("a", GW_TEXT("\"\\\n\x01\xff=")), GW_LOG_INT("n", -1),
           GW_LOG_BOOL("f", false), GW_LOG_NOTHING, GW_LOG_ERR(GW_E_IO));
    at = text();
    assert_memory_equal(at, "{\"time\":\"20", 11);
    assert_string_equal(
        at + sizeof("{'time':'2026-11-22T20:30:50.123Z'") - 1,
        ",\"level\":\"info\",\"event\":\"odd\","
        "\"a\":\"\\\"\\\\\\n\\u0001\xef\xbf\xbd=\",\"n\":-1,\"f\":false,\"err\":\"io\"}\n");
}

/* A text of `len` times `filler`, to be freed. */
static char *long_text(size_t len, char filler)
{
    char *at = malloc(len + 1);

    memset(at, filler, len);
    at[len] = '\0';
    return at;
}

static void a_line_too_long_is_cut_and_says_so(void **state)
{
    char *huge = long_text(100000, 'x');
    const char *at;

    (void)state;
    gw_log(GW_LOG_INFO, "e", GW_LOG_STR("a", huge), GW_LOG_STR("b", "never"));
    at = text();
    assert_true(strlen(at) <= GW_LOG_LINE_MAX && strlen(at) > GW_LOG_LINE_MAX - 32);
    assert_string_equal(at + strlen(at) - 18, "x\" truncated=true\n");
    assert_null(strstr(at, "never"));
    free(huge);
}

/* One object on one line: every string closed, every escape whole, nothing behind the brace. */
static void expect_whole_object(const char *at)
{
    bool in_text = false;

    assert_int_equal(*at, '{');
    for (; *at != '\0'; at++) {
        if (in_text && *at == '\\') {
            at++;
            assert_non_null(strchr("nrt\"\\u", *at));
            assert_true(*at != 'u' || strspn(at + 1, "0123456789abcdef") >= 4);
        } else if (*at == '"') {
            in_text = !in_text;
            assert_true(in_text || strchr(",:}", at[1]) != NULL);
        }
        assert_true((*at == '\n') == (at[1] == '\0'));
    }
    assert_false(in_text);
    assert_memory_equal(at - 2, "}\n", 2);
}

/* Every length around the end, in both forms, with bytes that grow when they are escaped. */
static void a_cut_line_is_whole_whatever_its_length(void **state)
{
    static const char FILLERS[] = {'x', '\n', '\x01', '\xff', ' '};
    size_t len, filler;

    (void)state;
    gw_log_setup(GW_LOG_DEBUG, GW_LOG_JSON);
    for (filler = 0; filler < sizeof(FILLERS); filler++) {
        for (len = GW_LOG_LINE_MAX - 140; len < GW_LOG_LINE_MAX + 4; len++) {
            char *bytes = long_text(len, FILLERS[filler]);

            assert_int_equal(ftruncate(fd, 0), 0);
            gw_log(GW_LOG_INFO, "e", GW_LOG_STR("a", bytes), GW_LOG_INT("n", 12345));
            expect_whole_object(text());
            assert_true((strstr(written, ",\"n\":12345}") == NULL) ==
                        (strstr(written, ",\"truncated\":true}") != NULL));
            assert_true(strlen(written) <= GW_LOG_LINE_MAX);
            free(bytes);
        }
    }
}

static void *log_many(void *name)
{
    int i;

    for (i = 0; i < 500; i++) {
        gw_log(GW_LOG_INFO, "turn", GW_LOG_STR("who", name), GW_LOG_INT("i", i));
    }
    return NULL;
}

static void lines_of_several_threads_do_not_mix(void **state)
{
    static char names[4][8] = {"one", "two", "three", "four"};
    pthread_t threads[4];
    const char *at;
    size_t i, lines = 0;

    (void)state;
    for (i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, names[i]), 0);
    }
    for (i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    for (at = text(); *at != '\0'; at = strchr(at, '\n') + 1) {
        assert_memory_equal(at, "time=", 5);
        assert_memory_equal(at + sizeof("time=2026-11-22T20:30:50.123Z ") - 1,
                            "level=info event=turn who=", 26);
        lines++;
    }
    assert_int_equal(lines, 2000);
}

static void a_cause_is_limited_and_what_was_held_back_is_told(void **state)
{
    struct gw_log_limit limit = {0};
    uint64_t held = 99;
    int i;

    (void)state;
    for (i = 0; i < 3; i++) {
        assert_true(gw_log_limit_pass(&limit, 3, 1000, 10 + i, &held));
        assert_int_equal(held, 0);
    }
    for (i = 0; i < 7; i++) {
        assert_false(gw_log_limit_pass(&limit, 3, 1000, 500, &held));
    }
    assert_true(gw_log_limit_pass(&limit, 3, 1000, 1010, &held));
    assert_int_equal(held, 7);
    assert_true(gw_log_limit_pass(&limit, 3, 1000, 1011, &held));
    assert_int_equal(held, 0);
}

static void a_limited_place_writes_a_few_lines_only(void **state)
{
    const char *at;
    int i, lines = 0;

    (void)state;
    for (i = 0; i < 100; i++) {
        gw_log_limited(GW_LOG_WARN, "again", GW_LOG_INT("i", i));
    }
    for (at = text(); *at != '\0'; at = strchr(at, '\n') + 1) {
        lines++;
    }
    assert_int_equal(lines, 5);
}

#define LOGGED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        LOGGED(a_line_has_time_level_event_and_fields),
        LOGGED(an_event_may_have_no_fields),
        LOGGED(a_level_that_is_off_writes_and_evaluates_nothing),
        LOGGED(a_value_cannot_forge_a_line_or_a_field),
        LOGGED(hostile_bytes_are_escaped),
        LOGGED(json_lines_are_json),
        LOGGED(a_line_too_long_is_cut_and_says_so),
        LOGGED(a_cut_line_is_whole_whatever_its_length),
        LOGGED(lines_of_several_threads_do_not_mix),
        cmocka_unit_test(a_cause_is_limited_and_what_was_held_back_is_told),
        LOGGED(a_limited_place_writes_a_few_lines_only),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/report/log", tests, NULL, NULL);
}
