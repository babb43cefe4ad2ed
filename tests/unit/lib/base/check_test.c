/* SPDX-License-Identifier: MIT */
#include "lib/base/check.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/cmocka_first.h"

/* What a child writes on standard error while it dies of `signal`. */
static void expect_death(int value, int signal_number, const char *text)
{
    char written[256] = "";
    int ends[2], status;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = {0, 0};

        setrlimit(RLIMIT_CORE, &none);
        signal(SIGABRT, SIG_DFL); /* cmocka and sanitizers like to catch it */
        dup2(ends[1], STDERR_FILENO);
        GW_CHECK(value == 1);
        _exit(0);
    }
    close(ends[1]);
    assert_true(read(ends[0], written, sizeof(written) - 1) >= 0);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WIFSIGNALED(status) ? WTERMSIG(status) : 0, signal_number);
    assert_non_null(strstr(written, text));
}

static void what_is_true_goes_on(void **state)
{
    (void)state;
    expect_death(1, 0, "");
}

static void what_cannot_be_ends_the_process_and_says_where(void **state)
{
    (void)state;
    expect_death(2, SIGABRT, "check failed: value == 1 (");
    expect_death(2, SIGABRT, "check_test.c:");
}

static void memory_comes_zeroed_and_grows(void **state)
{
    char *at = gw_must_alloc(1000);
    char *nothing = gw_must_alloc(0);
    size_t i;

    (void)state;
    for (i = 0; i < 1000; i++) {
        assert_int_equal(at[i], 0);
    }
    at[999] = 'x';
    at = gw_must_realloc(at, 100000);
    assert_int_equal(at[999], 'x');
    gw_free(at);
    gw_free(nothing);
    gw_free(NULL);
}

static void a_text_is_copied(void **state)
{
    char source[] = "abc";
    char *copy = gw_must_strdup(source);

    (void)state;
    source[0] = 'x';
    assert_string_equal(copy, "abc");
    gw_free(copy);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_true_goes_on),
        cmocka_unit_test(what_cannot_be_ends_the_process_and_says_where),
        cmocka_unit_test(memory_comes_zeroed_and_grows),
        cmocka_unit_test(a_text_is_copied),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/base/check", tests, NULL, NULL);
}
