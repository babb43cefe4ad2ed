/* SPDX-License-Identifier: MIT */
/*
 * A small program is run in a child; the test reads its log line by line, sends it signals, and
 * asks its ops listener over a unix socket.
 */
#include "lib/daemon/daemon.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/cmocka_first.h"

/* ---- The program ------------------------------------------------------------------------ */

struct values {
    struct gw_daemon_conf daemon;
    int behaviour;
    uint32_t number;
};

enum behaviour { OBEY, REFUSE, HOLD, BREAK };

static const struct gw_conf_key KEYS[] = {
    GW_DAEMON_KEYS(struct values, daemon, ""),
    {"behaviour", GW_CONF_AT(choice, struct values, behaviour), "obey", "obey|refuse|hold|break",
     NULL, GW_CONF_RESTART, "how the program takes it"},
    {"number", GW_CONF_AT(count, struct values, number), "1", "0", "100", GW_CONF_RELOAD,
     "some number; 13 is forbidden"},
};

static const struct gw_conf_table TABLE = {
    "sample", KEYS, sizeof(KEYS) / sizeof(KEYS[0]), sizeof(struct values), NULL, 0};

struct owner {
    pthread_t thread;
    struct gw_daemon *daemon;
};

static const struct values *values_of(const struct gw_daemon *daemon)
{
    return gw_daemon_values(daemon);
}

static enum gw_err check(const void *values, struct gw_buf *problems)
{
    if (((const struct values *)values)->number == 13) {
        gw_buf_append_str(problems, "\"number\" is 13, which brings bad luck\n");
        return GW_E_INVALID;
    }
    return GW_OK;
}

/* What another thread does: the part is there; or something breaks. */
static void *work(void *owner_at)
{
    struct owner *owner = owner_at;

    gw_ready_set(gw_daemon_ready(owner->daemon), "part", GW_READY_YES, NULL);
    if (values_of(owner->daemon)->behaviour == BREAK) {
        gw_daemon_fail(owner->daemon, "part %d broke", 7);
        gw_daemon_fail(owner->daemon, "and another");
    }
    return NULL;
}

static enum gw_err start(struct gw_daemon *daemon, void **ret_owner, struct gw_fault *fault)
{
    struct owner *owner;

    if (values_of(daemon)->behaviour == REFUSE) {
        return gw_fail(fault, GW_E_UNAVAILABLE, "could not start: no will");
    }
    owner = calloc(1, sizeof(*owner));
    owner->daemon = daemon;
    gw_ready_declare(gw_daemon_ready(daemon), "part", GW_READY_REQUIRED);
    pthread_create(&owner->thread, NULL, work, owner);
    *ret_owner = owner;
    return GW_OK;
}

static void reload(struct gw_daemon *daemon, void *owner)
{
    (void)owner;
    gw_log(GW_LOG_INFO, "number", GW_LOG_UINT("is", values_of(daemon)->number),
           GW_LOG_INT("behaviour", values_of(daemon)->behaviour));
}

static void drain(struct gw_daemon *daemon, void *owner)
{
    (void)owner;
    if (values_of(daemon)->behaviour != HOLD) {
        gw_daemon_drained(daemon);
        gw_daemon_drained(daemon);
    }
}

static void stop(struct gw_daemon *daemon, void *owner)
{
    (void)daemon;
    pthread_join(((struct owner *)owner)->thread, NULL);
    free(owner);
}

static void metrics(struct gw_daemon *daemon, void *owner, enum gw_metrics_format format,
                    struct gw_buf *out)
{
    (void)owner;
    (void)format;
    gw_buf_appendf(out, "millrace_sample_number %u\n", values_of(daemon)->number);
}

static const struct gw_daemon_program PROGRAM = {
    .name = "millrace-sample",
    .summary = "a program for tests",
    .table = &TABLE,
    .conf_offset = offsetof(struct values, daemon),
    .check = check,
    .start = start,
    .reload = reload,
    .drain = drain,
    .stop = stop,
    .metrics = metrics,
};

/* ---- Running it ------------------------------------------------------------------------- */

struct child {
    char folder[40];
    char socket[64];
    char conf[64];
    pid_t pid;
    FILE *out; /* its standard output and error */
};

static int setup(void **state)
{
    struct child *child = calloc(1, sizeof(*child));

    strcpy(child->folder, "/tmp/daemon_test.XXXXXX");
    assert_non_null(mkdtemp(child->folder));
    snprintf(child->socket, sizeof(child->socket), "%s/ops", child->folder);
    snprintf(child->conf, sizeof(child->conf), "%s/conf", child->folder);
    *state = child;
    return 0;
}

static int teardown(void **state)
{
    struct child *child = *state;

    if (child->pid > 0) {
        kill(child->pid, SIGKILL);
        waitpid(child->pid, NULL, 0);
    }
    if (child->out != NULL) {
        fclose(child->out);
    }
    unlink(child->socket);
    unlink(child->conf);
    rmdir(child->folder);
    free(child);
    return 0;
}

static void write_conf(const struct child *child, const char *text)
{
    FILE *file = fopen(child->conf, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* Starts it with `words`, ended by NULL. */
static void begin(struct child *child, const char *const *words)
{
    char *argv[16] = {strdup("millrace-sample")};
    int argc = 1, ends[2];

    for (; words[argc - 1] != NULL; argc++) {
        argv[argc] = strdup(words[argc - 1]);
    }
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    child->pid = fork();
    assert_true(child->pid >= 0);
    if (child->pid == 0) {
        int exit_code;

        close(ends[0]);
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[1]);
        exit_code = gw_daemon_main(argc, argv, &PROGRAM);
        fflush(NULL);
        _exit(exit_code);
    }
    close(ends[1]);
    child->out = fdopen(ends[0], "r");
    while (argc > 0) {
        free(argv[--argc]);
    }
}

/* Its next line; "" at the end. */
static const char *next_line(struct child *child)
{
    static char line[8192];

    if (fgets(line, sizeof(line), child->out) == NULL) {
        line[0] = '\0';
    }
    return line;
}

/* Reads on to a line with `text` in it. */
static void await(struct child *child, const char *text)
{
    const char *line;

    while (*(line = next_line(child)) != '\0') {
        if (strstr(line, text) != NULL) {
            return;
        }
    }
    print_error("no \"%s\"\n", text);
    fail();
}

static void expect_exit(struct child *child, int code)
{
    int status;

    while (*next_line(child) != '\0') {
    }
    assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
    child->pid = 0;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), code);
}

static void send_signal(const struct child *child, int number)
{
    assert_int_equal(kill(child->pid, number), 0);
}

/* The whole answer to a request, which asks to close. */
static const char *ask(const struct child *child, const char *method, const char *path,
                       const char *header)
{
    static char answer[65536];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    size_t len = 0;
    ssize_t size;

    strcpy(address.sun_path, child->socket);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    dprintf(fd, "%s %s HTTP/1.1\r\nHost: ops\r\nConnection: close\r\n%s\r\n", method, path, header);
    while ((size = read(fd, answer + len, sizeof(answer) - 1 - len)) > 0) {
        len += (size_t)size;
    }
    answer[len] = '\0';
    close(fd);
    return answer;
}

static void expect_answer(const char *answer, const char *status, const char *text)
{
    if (strncmp(answer, "HTTP/1.1 ", 9) != 0 || strncmp(answer + 9, status, 3) != 0 ||
        strstr(answer, text) == NULL) {
        print_error("neither %s nor \"%s\" in:\n%s\n", status, text, answer);
        fail();
    }
}

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
    strcpy(address.sun_path, child->socket);
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

static void the_ops_listener_answers(void **state)
{
    struct child *child = *state;
    char option[96];

    snprintf(option, sizeof(option), "--ops.listen=%s", child->socket);
    begin(child, (const char *[]){option, "--number=9", NULL});
    await(child, "event=started");
    expect_answer(ask(child, "GET", "/healthz", ""), "200", "{\"status\":\"ok\"}");
    expect_answer(ask(child, "GET", "/health?x=1", ""), "200", "{\"status\":\"ok\"}");
    expect_answer(ask(child, "GET", "/livez", ""), "200", "{\"status\":\"ok\"}");
    expect_answer(ask(child, "GET", "/metrics", ""), "200", "millrace_sample_number 9\n");
    expect_answer(ask(child, "GET", "/metrics", ""), "200", "service=\"sample\"");
    expect_answer(ask(child, "GET", "/metrics", "Accept: application/openmetrics-text\r\n"), "200",
                  "# EOF\n");
    expect_answer(ask(child, "GET", "/nothing", ""), "404", "/readyz");
    expect_answer(ask(child, "POST", "/healthz", ""), "405", "only GET");
    send_signal(child, SIGTERM);
    expect_exit(child, 0);
}

static void readiness_names_its_parts_until_it_stops(void **state)
{
    struct child *child = *state;
    char option[96];

    snprintf(option, sizeof(option), "--ops.listen=%s", child->socket);
    begin(child, (const char *[]){option, "--behaviour=hold", NULL});
    await(child, "event=started");
    while (strstr(ask(child, "GET", "/readyz", ""), "\"ok\":true") == NULL) {
    }
    expect_answer(ask(child, "GET", "/readyz", ""), "200", "{\"status\":\"ready\"");
    send_signal(child, SIGTERM);
    await(child, "event=draining");
    expect_answer(ask(child, "GET", "/readyz", ""), "503", "{\"status\":\"stopping\"");
    expect_answer(ask(child, "GET", "/healthz", ""), "200", "ok");
    send_signal(child, SIGTERM);
    expect_exit(child, 1);
}

static void the_service_manager_is_told(void **state)
{
    struct child *child = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    char message[64] = "";

    strcpy(address.sun_path, child->socket);
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

#define IN_CHILD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

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
        IN_CHILD(the_ops_listener_answers),
        IN_CHILD(readiness_names_its_parts_until_it_stops),
        IN_CHILD(the_service_manager_is_told),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/daemon/daemon", tests, NULL, NULL);
}
