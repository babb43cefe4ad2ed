/* SPDX-License-Identifier: MIT */
/*
 * child - a small program in a process of its own, for the tests of this room. The test reads its
 * log line by line and sends it signals.
 */
#ifndef TESTS_UNIT_LIB_DAEMON_CHILD_H
#define TESTS_UNIT_LIB_DAEMON_CHILD_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/daemon/daemon.h"
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

static __attribute__((unused)) int setup(void **state)
{
    struct child *child = calloc(1, sizeof(*child));

    snprintf(child->folder, sizeof(child->folder), "%s", "/tmp/daemon_test.XXXXXX");
    assert_non_null(mkdtemp(child->folder));
    snprintf(child->socket, sizeof(child->socket), "%s/ops", child->folder);
    snprintf(child->conf, sizeof(child->conf), "%s/conf", child->folder);
    *state = child;
    return 0;
}

static __attribute__((unused)) int teardown(void **state)
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

static __attribute__((unused)) void write_conf(const struct child *child, const char *text)
{
    FILE *file = fopen(child->conf, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* Starts it with `words`, ended by NULL. */
static __attribute__((unused)) void begin(struct child *child, const char *const *words)
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
static __attribute__((unused)) void await(struct child *child, const char *text)
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

static __attribute__((unused)) void expect_exit(struct child *child, int code)
{
    int status;

    while (*next_line(child) != '\0') {
    }
    assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
    child->pid = 0;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), code);
}

static __attribute__((unused)) void send_signal(const struct child *child, int number)
{
    assert_int_equal(kill(child->pid, number), 0);
}

#define IN_CHILD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
