/* SPDX-License-Identifier: MIT */
#include "lib/daemon/daemon.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/support/cmocka_first.h"
#include "tests/unit/lib/daemon/child.h"

/* ---- Questions -------------------------------------------------------------------------- */

static void help_version_and_the_table_need_no_settings(void **state)
{
    struct child *child = *state;

    begin(child, (const char *[]){"--version", NULL});
    assert_string_equal(next_line(child), "millrace-sample " GW_VERSION "\n");
    expect_exit(child, 0);
    fclose(child->out);
    begin(child, (const char *[]){"--help", NULL});
    assert_string_equal(next_line(child), "millrace-sample - a program for tests\n");
    expect_exit(child, 0);
    fclose(child->out);
    begin(child, (const char *[]){"--help-config", NULL});
    await(child, "MILLRACE_SAMPLE_NUMBER");
    expect_exit(child, 0);
}

static void a_check_tells_all_that_is_wrong_and_ends_with_2(void **state)
{
    struct child *child = *state;

    begin(child, (const char *[]){"--check", "--number=x", "--colour", "red", NULL});
    assert_string_equal(next_line(child),
                        "millrace-sample: --number: \"number\" is \"x\", which is "
                        "not a count\n");
    assert_string_equal(next_line(child), "millrace-sample: --colour: unknown setting\n");
    expect_exit(child, 2);
    fclose(child->out);
    begin(child, (const char *[]){"--check", "--number=13", NULL});
    assert_string_equal(next_line(child),
                        "millrace-sample: \"number\" is 13, which brings bad luck\n");
    expect_exit(child, 2);
    fclose(child->out);
    begin(child, (const char *[]){"--check", "--number=12", NULL});
    assert_string_equal(next_line(child), "millrace-sample: the settings are right\n");
    expect_exit(child, 0);
}

static void a_wrong_command_line_ends_with_2(void **state)
{
    struct child *child = *state;

    begin(child, (const char *[]){"stray", NULL});
    await(child, "millrace-sample: command line: \"stray\" is not an option");
    expect_exit(child, 2);
}

static void the_file_may_be_named_in_the_environment(void **state)
{
    struct child *child = *state;

    write_conf(child, "number = 42\n");
    setenv("MILLRACE_SAMPLE_CONFIG", child->conf, 1);
    begin(child, (const char *[]){"--print-effective", NULL});
    unsetenv("MILLRACE_SAMPLE_CONFIG");
    await(child, "number = 42");
    expect_exit(child, 0);
}

/* ---- Life ------------------------------------------------------------------------------- */

static void it_drains_and_ends_with_0_when_asked_to_stop(void **state)
{
    struct child *child = *state;

    begin(child, (const char *[]){NULL});
    await(child, "event=started program=millrace-sample version=" GW_VERSION);
    send_signal(child, SIGTERM);
    await(child, "event=signal name=TERM");
    await(child, "event=draining timeout_ms=30000");
    await(child, "event=drained");
    await(child, "event=stopped exit=0");
    expect_exit(child, 0);
}

static void a_second_signal_does_not_wait(void **state)
{
    struct child *child = *state;

    begin(child, (const char *[]){"--behaviour=hold", NULL});
    await(child, "event=started");
    send_signal(child, SIGINT);
    await(child, "event=draining");
    send_signal(child, SIGTERM);
    await(child, "event=stopped exit=1");
    expect_exit(child, 1);
}

static void draining_is_cut_off_at_its_limit(void **state)
{
    struct child *child = *state;

    begin(child, (const char *[]){"--behaviour=hold", "--drain_timeout=20 ms", NULL});
    await(child, "event=started");
    send_signal(child, SIGTERM);
    await(child, "event=drain_timeout");
    expect_exit(child, 1);
}

static void sigquit_stops_at_once(void **state)
{
    struct child *child = *state;

    begin(child, (const char *[]){"--behaviour=hold", NULL});
    await(child, "event=started");
    send_signal(child, SIGQUIT);
    await(child, "event=stopped exit=0");
    expect_exit(child, 0);
}

static void a_start_that_fails_ends_with_3_and_its_reason(void **state)
{
    struct child *child = *state;

    begin(child, (const char *[]){"--behaviour=refuse", NULL});
    await(child, "event=start_failed err=unavailable reason=\"could not start: no will\"");
    expect_exit(child, 3);
}

static void an_address_that_is_taken_is_named(void **state)
{
    struct child *child = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char option[96];
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    /* Somebody listens there. */
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", child->socket);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 1), 0);
    snprintf(option, sizeof(option), "--ops.listen=%s", child->socket);
    begin(child, (const char *[]){option, NULL});
    await(child, "event=start_failed");
    expect_exit(child, 3);
    close(fd);
}

static void what_breaks_another_thread_ends_it_with_1(void **state)
{
    struct child *child = *state;

    begin(child, (const char *[]){"--behaviour=break", NULL});
    await(child, "level=error event=failed reason=\"part 7 broke\"");
    expect_exit(child, 1);
}

static void sighup_reads_the_settings_again(void **state)
{
    struct child *child = *state;

    write_conf(child, "number = 2\n");
    begin(child, (const char *[]){"--config", child->conf, NULL});
    await(child, "event=started");
    write_conf(child, "number = 3\nbehaviour = hold\n");
    send_signal(child, SIGHUP);
    await(child, "event=reload_note reason=\"");
    await(child, "event=number is=3 behaviour=0");
    await(child, "event=reloaded");
    write_conf(child, "number = 13\n");
    send_signal(child, SIGHUP);
    await(child, "event=reload_refused reason=\"\\\"number\\\" is 13");
    write_conf(child, "nonsense\n");
    send_signal(child, SIGHUP);
    await(child, "event=reload_refused");
    write_conf(child, "number = 5\nlog.format = json\n");
    send_signal(child, SIGHUP);
    await(child, "\"event\":\"number\",\"is\":5");
    send_signal(child, SIGTERM);
    expect_exit(child, 0);
}

static void the_service_manager_is_told(void **state)
{
    struct child *child = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    char message[64] = "";

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", child->socket);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    setenv("NOTIFY_SOCKET", child->socket, 1);
    begin(child, (const char *[]){NULL});
    unsetenv("NOTIFY_SOCKET");
    assert_int_equal(recv(fd, message, sizeof(message) - 1, 0), 7);
    assert_string_equal(message, "READY=1");
    send_signal(child, SIGTERM);
    assert_int_equal(recv(fd, message, sizeof(message) - 1, 0), 10);
    assert_string_equal(message, "STOPPING=1");
    expect_exit(child, 0);
    close(fd);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        IN_CHILD(help_version_and_the_table_need_no_settings),
        IN_CHILD(a_check_tells_all_that_is_wrong_and_ends_with_2),
        IN_CHILD(a_wrong_command_line_ends_with_2),
        IN_CHILD(the_file_may_be_named_in_the_environment),
        IN_CHILD(it_drains_and_ends_with_0_when_asked_to_stop),
        IN_CHILD(a_second_signal_does_not_wait),
        IN_CHILD(draining_is_cut_off_at_its_limit),
        IN_CHILD(sigquit_stops_at_once),
        IN_CHILD(a_start_that_fails_ends_with_3_and_its_reason),
        IN_CHILD(an_address_that_is_taken_is_named),
        IN_CHILD(what_breaks_another_thread_ends_it_with_1),
        IN_CHILD(sighup_reads_the_settings_again),
        IN_CHILD(the_service_manager_is_told),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/daemon/daemon", tests, NULL, NULL);
}
