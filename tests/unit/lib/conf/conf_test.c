/* SPDX-License-Identifier: MIT */
#include "lib/conf/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/cmocka_first.h"

struct values {
    const char *listen;
    uint32_t workers;
    size_t request_max;
    int64_t timeout_us;
    int level;
    bool is_eager;
    struct gw_conf_secret token;
    struct gw_conf_list hosts;
};

#define AT(kind, field) GW_CONF_AT(kind, struct values, field)

static const struct gw_conf_key KEYS[] = {
    {"listen", AT(text, listen), "0.0.0.0:8080", "1", "40", GW_CONF_RESTART, "where clients come"},
    {"workers", AT(count, workers), "0", "0", "256", GW_CONF_RESTART, "event loops"},
    {"request.max", AT(size, request_max), "32 MiB", "1 KiB", "1 GiB", GW_CONF_RELOAD, "body"},
    {"upstream.timeout", AT(duration, timeout_us), "120 s", "1 s", "1 h", GW_CONF_RELOAD, "wait"},
    {"log.level", AT(choice, level), "info", "debug|info|warn", NULL, GW_CONF_RELOAD, "lines"},
    {"eager", AT(flag, is_eager), "off", NULL, NULL, GW_CONF_RELOAD, "do it at once"},
    {"control.token", AT(secret, token), NULL, "8", "4096", GW_CONF_RESTART, "lets us in"},
    {"hosts", AT(list, hosts), "", NULL, "3", GW_CONF_RESTART, "who may"},
};

static const struct gw_conf_alias ALIASES[] = {{"MILLRACE_TOKEN", "control.token"}};

static const struct gw_conf_table TABLE = {
    "proxy", KEYS, sizeof(KEYS) / sizeof(KEYS[0]), sizeof(struct values), ALIASES, 1};

/* What one test loads from, and what came of it. */
struct fixture {
    char folder[32];
    char path[64];
    struct gw_buf problems;
    struct gw_conf *conf;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    snprintf(fixture->folder, sizeof(fixture->folder), "%s", "/tmp/conf_test.XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->path, sizeof(fixture->path), "%s/g.conf", fixture->folder);
    gw_buf_init(&fixture->problems, 65536);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    unlink(fixture->path);
    rmdir(fixture->folder);
    gw_buf_fini(&fixture->problems);
    gw_conf_free(fixture->conf);
    free(fixture);
    return 0;
}

static void write_file(struct fixture *fixture, const char *text)
{
    FILE *file = fopen(fixture->path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static enum gw_err load(struct fixture *fixture, struct gw_conf_sources sources)
{
    gw_conf_free(fixture->conf);
    fixture->conf = NULL;
    gw_buf_clear(&fixture->problems);
    return gw_conf_load(&TABLE, &sources, &fixture->conf, &fixture->problems);
}

static const struct values *load_file(struct fixture *fixture, const char *text)
{
    write_file(fixture, text);
    if (load(fixture, (struct gw_conf_sources){.path = fixture->path}) != GW_OK) {
        print_error("%s", fixture->problems.at);
        fail();
    }
    return gw_conf_values(fixture->conf);
}

static void expect_problem(struct fixture *fixture, const char *text)
{
    if (fixture->problems.at == NULL || strstr(fixture->problems.at, text) == NULL) {
        print_error("no \"%s\" in:\n%s", text, fixture->problems.at);
        fail();
    }
}

/* The file's problem, without its path; a good token is given beside it. */
static void expect_refused(struct fixture *fixture, const char *text, const char *problem)
{
    const char *environment[] = {"MILLRACE_TOKEN=long enough", NULL};

    write_file(fixture, text);
    assert_int_equal(
        load(fixture, (struct gw_conf_sources){.path = fixture->path, .environment = environment}),
        GW_E_INVALID);
    expect_problem(fixture, problem);
    assert_int_equal(gw_text_find(gw_buf_text(&fixture->problems), '\n') + 1,
                     fixture->problems.len); /* and no other */
}

static void what_is_not_set_has_its_fallback(void **state)
{
    const struct values *values = load_file(*state, "control.token = 12345678\n");

    assert_string_equal(values->listen, "0.0.0.0:8080");
    assert_int_equal(values->workers, 0);
    assert_int_equal(values->request_max, 32 * 1024 * 1024);
    assert_int_equal(values->timeout_us, 120000000);
    assert_int_equal(values->level, 1);
    assert_false(values->is_eager);
    assert_int_equal(values->hosts.count, 0);
}

static void every_kind_is_read_from_a_file(void **state)
{
    const struct values *values = load_file(*state, "# a comment\n"
                                                    "\n"
                                                    "  listen=/run/gw.sock\r\n"
                                                    "workers =  8\n"
                                                    "request.max = 64 KiB\n"
                                                    "upstream.timeout = 1500 ms\n"
                                                    "log.level = warn\n"
                                                    "eager = yes\n"
                                                    "control.token = \" a # = b \"\n"
                                                    "hosts = a, b ,c");

    assert_string_equal(values->listen, "/run/gw.sock");
    assert_int_equal(values->workers, 8);
    assert_int_equal(values->request_max, 65536);
    assert_int_equal(values->timeout_us, 1500000);
    assert_int_equal(values->level, 2);
    assert_true(values->is_eager);
    assert_string_equal(values->token.text, " a # = b ");
    assert_int_equal(values->hosts.count, 3);
    assert_string_equal(values->hosts.at[1], "b");
}

static void the_environment_wins_over_the_file_and_arguments_over_both(void **state)
{
    struct fixture *fixture = *state;
    const char *environment[] = {"PATH=/bin",
                                 "MILLRACE_PROXY_WORKERS=2",
                                 "MILLRACE_PROXY_REQUEST_MAX=2KiB",
                                 "MILLRACE_OTHER_THING=1",
                                 "MILLRACE_PROXY_CONFIG=/nowhere",
                                 NULL};
    struct gw_conf_argument arguments[] = {{GW_TEXT("workers"), GW_TEXT("3")}};
    struct gw_conf_sources sources = {fixture->path, environment, arguments, 1};
    const struct values *values;

    write_file(fixture, "workers = 1\nrequest.max = 1 KiB\nlog.level = debug\n"
                        "control.token = 12345678\n");
    assert_int_equal(load(fixture, sources), GW_OK);
    values = gw_conf_values(fixture->conf);
    assert_int_equal(values->workers, 3);
    assert_int_equal(values->request_max, 2048);
    assert_int_equal(values->level, 0);
}

static void a_shared_variable_yields_to_the_programs_own(void **state)
{
    struct fixture *fixture = *state;
    const char *environment[] = {"MILLRACE_PROXY_CONTROL_TOKEN=my own token",
                                 "MILLRACE_TOKEN=everybody's", NULL};
    struct gw_conf_sources sources = {.environment = environment};
    const struct values *values;

    assert_int_equal(load(fixture, sources), GW_OK);
    values = gw_conf_values(fixture->conf);
    assert_string_equal(values->token.text, "my own token");
    sources.environment = environment + 1;
    assert_int_equal(load(fixture, sources), GW_OK);
    values = gw_conf_values(fixture->conf);
    assert_string_equal(values->token.text, "everybody's");
}

static void a_mistake_is_told_with_file_and_line(void **state)
{
    struct fixture *fixture = *state;

    expect_refused(fixture, "workers = 1\nlisen = x\n", "g.conf:2: unknown setting \"lisen\"");
    expect_refused(fixture, "\n\njust words\n", "g.conf:3: not a \"key = value\" line");
    expect_refused(fixture, "workers = 1\nworkers = 1\n", "g.conf:2: \"workers\" is set twice");
    expect_refused(fixture, "= 1\n", "g.conf:1: unknown setting \"\"");
}

static void values_of_the_wrong_kind_are_refused(void **state)
{
    struct fixture *fixture = *state;

    expect_refused(fixture, "workers = many\n", "\"workers\" is \"many\", which is not a count");
    expect_refused(fixture, "workers = -1\n", "not a count");
    expect_refused(fixture, "workers = 1 KiB\n", "not a count");
    expect_refused(fixture, "workers =\n", "not a count");
    expect_refused(fixture, "request.max = 1 MB\n", "not a size");
    expect_refused(fixture, "request.max = 99999999999999999999\n", "not a size");
    expect_refused(fixture, "request.max = 99999999999999999 GiB\n", "not a size");
    expect_refused(fixture, "upstream.timeout = 10\n", "not a duration");
    expect_refused(fixture, "upstream.timeout = 1.5 s\n", "not a duration");
    expect_refused(fixture, "log.level = loud\n", "not one of debug|info|warn");
    expect_refused(fixture, "log.level =\n", "not one of debug|info|warn");
    expect_refused(fixture, "eager = maybe\n", "neither on nor off");
    expect_refused(fixture, "listen = a\tb\n", "control character");
    expect_refused(fixture, "hosts = a,,b\n", "empty item");
}

static void bounds_hold(void **state)
{
    struct fixture *fixture = *state;

    expect_refused(fixture, "workers = 257\n", "must be at most 256");
    expect_refused(fixture, "workers = 4294967296\n", "must be at most 256");
    expect_refused(fixture, "request.max = 1023\n", "must be at least 1 KiB");
    expect_refused(fixture, "upstream.timeout = 61 min\n", "must be at most 1 h");
    expect_refused(fixture, "listen =\n", "must have at least 1 characters");
    expect_refused(fixture, "hosts = a,b,c,d\n", "must have at most 3 items");
}

static void everything_wrong_is_told_at_once(void **state)
{
    struct fixture *fixture = *state;
    const char *environment[] = {"MILLRACE_PROXY_WORKER=2", NULL};
    struct gw_conf_argument arguments[] = {{GW_TEXT("eager"), GW_TEXT("perhaps")},
                                           {GW_TEXT("color"), GW_TEXT("red")}};
    struct gw_conf_sources sources = {fixture->path, environment, arguments, 2};

    write_file(fixture, "workers = no\nfoo = 1\n");
    assert_int_equal(load(fixture, sources), GW_E_INVALID);
    expect_problem(fixture, "g.conf:1: \"workers\"");
    expect_problem(fixture, "g.conf:2: unknown");
    expect_problem(fixture, "MILLRACE_PROXY_WORKER: unknown variable");
    expect_problem(fixture, "--eager: \"eager\" is \"perhaps\"");
    expect_problem(fixture, "--color: unknown setting");
    expect_problem(fixture, "settings: \"control.token\" is not set");
}

static void a_file_that_is_not_there_is_told(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(load(fixture, (struct gw_conf_sources){.path = "/nonexistent/g.conf"}),
                     GW_E_INVALID);
    expect_problem(fixture, "could not open file \"/nonexistent/g.conf\": No such file");
    assert_int_equal(load(fixture, (struct gw_conf_sources){.path = "/tmp"}), GW_E_INVALID);
    expect_problem(fixture, "could not read file \"/tmp\"");
}

static void a_secret_may_stand_in_a_file_of_its_own(void **state)
{
    struct fixture *fixture = *state;
    char reference[80];
    struct gw_conf_argument argument = {GW_TEXT("control.token"), GW_TEXT_NONE};
    const struct values *values;

    write_file(fixture, "from a file\n");
    snprintf(reference, sizeof(reference), "file:%s", fixture->path);
    argument.value = gw_text_of(reference);
    assert_int_equal(load(fixture, (struct gw_conf_sources){NULL, NULL, &argument, 1}), GW_OK);
    values = gw_conf_values(fixture->conf);
    assert_string_equal(values->token.text, "from a file");

    argument.value = GW_TEXT("file:/nonexistent");
    assert_int_equal(load(fixture, (struct gw_conf_sources){NULL, NULL, &argument, 1}),
                     GW_E_INVALID);
    expect_problem(fixture, "is not there: could not open file \"/nonexistent\"");
}

static void a_secret_is_never_printed(void **state)
{
    struct fixture *fixture = *state;
    struct gw_buf out;

    load_file(fixture, "control.token = hunter2hunter2\n");
    gw_buf_init(&out, 65536);
    gw_conf_print_effective(fixture->conf, &out);
    assert_null(strstr(out.at, "hunter2"));
    assert_non_null(strstr(out.at, "control.token = ***\n"));
    gw_buf_fini(&out);

    write_file(fixture, "control.token = hunter2\n"); /* too short */
    assert_int_equal(load(fixture, (struct gw_conf_sources){.path = fixture->path}), GW_E_INVALID);
    assert_null(strstr(fixture->problems.at, "hunter2"));
}

static void what_is_in_effect_reads_back_as_a_file(void **state)
{
    struct fixture *fixture = *state;
    struct gw_conf_argument token = {GW_TEXT("control.token"), GW_TEXT("12345678")};
    struct gw_buf out;

    load_file(fixture, "control.token = 12345678\nlisten = \"  x \"\nworkers = 9\n"
                       "upstream.timeout = 90 s\nhosts = p, q\n");
    gw_buf_init(&out, 65536);
    gw_conf_print_effective(fixture->conf, &out);
    assert_non_null(strstr(out.at, "g.conf:3\nworkers = 9\n"));
    assert_non_null(strstr(out.at, "\nrequest.max = 32 MiB\n"));
    assert_non_null(strstr(out.at, "\nupstream.timeout = 90 s\n"));
    assert_non_null(strstr(out.at, "\nlog.level = info\n"));
    assert_non_null(strstr(out.at, "\nhosts = p, q\n"));
    write_file(fixture, out.at);
    assert_int_equal(load(fixture, (struct gw_conf_sources){fixture->path, NULL, &token, 1}),
                     GW_E_INVALID);
    /* The secret alone does not: three stars are too short for one. */
    expect_problem(fixture, "\"control.token\" must have at least 8 characters\n");
    assert_int_equal(gw_text_find(gw_buf_text(&fixture->problems), '\n') + 1,
                     fixture->problems.len);
    gw_buf_fini(&out);
}

static void help_has_every_row(void **state)
{
    struct gw_buf out;

    (void)state;
    gw_buf_init(&out, 65536);
    gw_conf_print_help(&TABLE, &out);
    assert_non_null(strstr(out.at, "request.max\n    size, at least 1 KiB, at most 1 GiB; "
                                   "default 32 MiB; reloads\n    body\n"
                                   "    MILLRACE_PROXY_REQUEST_MAX\n"));
    assert_non_null(strstr(out.at, "must be set; needs a restart"));
    assert_non_null(strstr(out.at, "MILLRACE_PROXY_CONTROL_TOKEN or MILLRACE_TOKEN"));
    gw_buf_fini(&out);
}

static void a_reload_takes_over_what_may_change_and_notes_the_rest(void **state)
{
    struct fixture *fixture = *state;
    struct gw_conf_sources sources = {.path = fixture->path};
    struct gw_conf *next;
    const struct values *values;

    load_file(fixture, "control.token = 12345678\nworkers = 1\nhosts = a\n");
    write_file(fixture, "control.token = 87654321\nworkers = 2\neager = on\nhosts = a\n");
    assert_int_equal(gw_conf_reload(fixture->conf, &sources, &next, &fixture->problems), GW_OK);
    gw_conf_free(fixture->conf);
    fixture->conf = next;
    values = gw_conf_values(next);
    assert_true(values->is_eager);
    assert_int_equal(values->workers, 1);
    assert_string_equal(values->token.text, "12345678");
    assert_string_equal(values->hosts.at[0], "a");
    expect_problem(fixture, "g.conf:2: \"workers\" changes at the next start only\n");
    expect_problem(fixture, "\"control.token\" changes at the next start only\n");
    assert_null(strstr(fixture->problems.at, "hosts"));
}

static void a_reload_that_fails_leaves_the_running_settings(void **state)
{
    struct fixture *fixture = *state;
    struct gw_conf_sources sources = {.path = fixture->path};
    struct gw_conf *next = NULL;

    load_file(fixture, "control.token = 12345678\nworkers = 1\n");
    write_file(fixture, "workers = x\n");
    assert_int_equal(gw_conf_reload(fixture->conf, &sources, &next, &fixture->problems),
                     GW_E_INVALID);
    assert_null(next);
    expect_problem(fixture, "g.conf:1: \"workers\"");
    assert_int_equal(((const struct values *)gw_conf_values(fixture->conf))->workers, 1);
}

static void a_file_of_zero_bytes_is_refused(void **state)
{
    struct fixture *fixture = *state;
    FILE *file = fopen(fixture->path, "w");

    fwrite("a\0b", 1, 3, file);
    fclose(file);
    assert_int_equal(load(fixture, (struct gw_conf_sources){.path = fixture->path}), GW_E_INVALID);
    expect_problem(fixture, "has a zero byte");
}

static void a_value_without_end_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct gw_conf_argument argument = {GW_TEXT("listen"), GW_TEXT_NONE};
    char *value = malloc(1000000);

    memset(value, 'x', 1000000);
    argument.value = (struct gw_text){value, 1000000};
    assert_int_equal(load(fixture, (struct gw_conf_sources){NULL, NULL, &argument, 1}),
                     GW_E_INVALID);
    expect_problem(fixture, "--listen: \"listen\" is longer than 65536 bytes");
    free(value);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(what_is_not_set_has_its_fallback),
        WITH_FOLDER(every_kind_is_read_from_a_file),
        WITH_FOLDER(the_environment_wins_over_the_file_and_arguments_over_both),
        WITH_FOLDER(a_shared_variable_yields_to_the_programs_own),
        WITH_FOLDER(a_mistake_is_told_with_file_and_line),
        WITH_FOLDER(values_of_the_wrong_kind_are_refused),
        WITH_FOLDER(bounds_hold),
        WITH_FOLDER(everything_wrong_is_told_at_once),
        WITH_FOLDER(a_file_that_is_not_there_is_told),
        WITH_FOLDER(a_secret_may_stand_in_a_file_of_its_own),
        WITH_FOLDER(a_secret_is_never_printed),
        WITH_FOLDER(what_is_in_effect_reads_back_as_a_file),
        cmocka_unit_test(help_has_every_row),
        WITH_FOLDER(a_reload_takes_over_what_may_change_and_notes_the_rest),
        WITH_FOLDER(a_reload_that_fails_leaves_the_running_settings),
        WITH_FOLDER(a_file_of_zero_bytes_is_refused),
        WITH_FOLDER(a_value_without_end_is_refused),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/conf/conf", tests, NULL, NULL);
}
