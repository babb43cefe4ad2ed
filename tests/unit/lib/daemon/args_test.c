/* SPDX-License-Identifier: MIT */
#include "lib/daemon/args.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/cmocka_first.h"

struct fixture {
    struct gw_args args;
    struct gw_buf problems;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    gw_buf_init(&fixture->problems, 65536);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    gw_buf_fini(&fixture->problems);
    free(fixture);
    return 0;
}

static char program[] = "program";

/* main()'s words, the first one left out; `words` is ended by NULL and must outlive the look. */
static enum gw_err read_words(struct fixture *fixture, char *const *words)
{
    char *argv[GW_ARGS_MAX + 10] = {program};
    int argc = 1;

    while (words[argc - 1] != NULL) {
        argv[argc] = words[argc - 1];
        argc++;
    }
    gw_buf_clear(&fixture->problems);
    return gw_args_read(argc, argv, &fixture->args, &fixture->problems);
}

static void expect_setting(const struct fixture *fixture, size_t index, const char *key,
                           const char *value)
{
    assert_true(index < fixture->args.setting_count);
    assert_true(gw_text_eq(fixture->args.settings[index].key, gw_text_of(key)));
    assert_true(gw_text_eq(fixture->args.settings[index].value, gw_text_of(value)));
}

static void no_words_mean_run(void **state)
{
    struct fixture *fixture = *state;
    char *words[] = {NULL};

    assert_int_equal(read_words(fixture, words), GW_OK);
    assert_int_equal(fixture->args.action, GW_ARGS_RUN);
    assert_null(fixture->args.config_path);
    assert_int_equal(fixture->args.setting_count, 0);
}

static void a_setting_may_be_written_in_three_ways(void **state)
{
    struct fixture *fixture = *state;
    char set[] = "--set", pair[] = "listen=a=b", joined[] = "--workers=2", name[] = "--log.level",
         value[] = "--odd", set_joined[] = "--set=x=", empty[] = "--y=";
    char *words[] = {set, pair, joined, name, value, set_joined, empty, NULL};

    assert_int_equal(read_words(fixture, words), GW_OK);
    assert_int_equal(fixture->args.setting_count, 5);
    expect_setting(fixture, 0, "listen", "a=b");
    expect_setting(fixture, 1, "workers", "2");
    expect_setting(fixture, 2, "log.level", "--odd");
    expect_setting(fixture, 3, "x", "");
    expect_setting(fixture, 4, "y", "");
}

static void the_file_is_named_by_config(void **state)
{
    struct fixture *fixture = *state;
    char config[] = "--config", path[] = "/etc/g.conf", joined[] = "--config=/other";
    char *words[] = {config, path, NULL}, *more[] = {joined, NULL};

    assert_int_equal(read_words(fixture, words), GW_OK);
    assert_string_equal(fixture->args.config_path, "/etc/g.conf");
    assert_int_equal(read_words(fixture, more), GW_OK);
    assert_string_equal(fixture->args.config_path, "/other");
}

static void every_action_has_its_word(void **state)
{
    static const struct {
        const char *word;
        enum gw_args_action action;
    } PAIRS[] = {
        {"--help", GW_ARGS_HELP},
        {"-h", GW_ARGS_HELP},
        {"--version", GW_ARGS_VERSION},
        {"--check", GW_ARGS_CHECK},
        {"--help-config", GW_ARGS_HELP_CONFIG},
        {"--print-effective", GW_ARGS_PRINT_EFFECTIVE},
    };
    struct fixture *fixture = *state;
    char word[32];
    char *words[] = {word, NULL};
    size_t i;

    for (i = 0; i < sizeof(PAIRS) / sizeof(PAIRS[0]); i++) {
        snprintf(word, sizeof(word), "%s", PAIRS[i].word);
        assert_int_equal(read_words(fixture, words), GW_OK);
        assert_int_equal(fixture->args.action, PAIRS[i].action);
    }
}

static void everything_wrong_is_told(void **state)
{
    struct fixture *fixture = *state;
    char stray[] = "stray", dash[] = "-x", set[] = "--set", bad[] = "nothing", lone[] = "--listen";
    char *words[] = {stray, dash, set, bad, lone, NULL};

    assert_int_equal(read_words(fixture, words), GW_E_INVALID);
    assert_string_equal(fixture->problems.at, "command line: \"stray\" is not an option\n"
                                              "command line: \"-x\" is not an option\n"
                                              "command line: \"--set\" wants KEY=VALUE\n"
                                              "command line: \"--listen\" wants a value\n");
}

static void there_is_a_limit_to_settings(void **state)
{
    struct fixture *fixture = *state;
    char word[] = "--a=b";
    char *words[GW_ARGS_MAX + 2];
    size_t i;

    for (i = 0; i <= GW_ARGS_MAX; i++) {
        words[i] = word;
    }
    words[GW_ARGS_MAX + 1] = NULL;
    assert_int_equal(read_words(fixture, words), GW_E_INVALID);
    assert_int_equal(fixture->args.setting_count, GW_ARGS_MAX);
}

#define READING(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        READING(no_words_mean_run),           READING(a_setting_may_be_written_in_three_ways),
        READING(the_file_is_named_by_config), READING(every_action_has_its_word),
        READING(everything_wrong_is_told),    READING(there_is_a_limit_to_settings),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/daemon/args", tests, NULL, NULL);
}
