/* SPDX-License-Identifier: MIT */
/*
 * The life of a program:
 *
 *     settings -> START -- started --> RUNNING -- TERM, INT --> DRAINING -- drained --> STOPPING
 *                   |                     |                        |                       |
 *                   | cannot              | QUIT, gw_daemon_fail() | TERM, INT, QUIT,      v
 *                   v                     v                        | drain_timeout        GONE
 *                  GONE                STOPPING <------------------+
 *
 *   START     the hook builds everything; nothing runs on the main loop yet
 *   RUNNING   until a signal, or until something breaks
 *   DRAINING  the hook finishes what is open, within drain_timeout
 *   STOPPING  the loop has ended; the hook joins and frees, and what it closed gets last turns
 *
 * Signals are read from a descriptor on the main loop, so no code runs in a signal handler. They
 * are blocked before the first thread starts; gRPC's threads inherit that.
 */
#include "lib/daemon/daemon.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/base/check.h"
#include "lib/daemon/args.h"
#include "lib/daemon/ops.h"
#include "lib/daemon/system.h"
#include "lib/net/fd.h"
#include "lib/units/clock.h"

#define TEXT_MAX   ((size_t)1024 * 1024) /* of help, of problems */
#define SETTLED_US (2 * GW_US_PER_SECOND)

enum state {
    START,
    RUNNING,
    DRAINING,
    STOPPING,
};

struct gw_daemon {
    const struct gw_daemon_program *program;
    struct gw_conf_sources sources;
    struct gw_conf *_Atomic conf; /* changed by the main thread, read by all */
    struct gw_conf *previous;     /* somebody may still be reading the one before */

    struct gw_loop *loop;
    struct gw_ready *ready;
    struct gw_ops *ops;
    int signal_fd;
    struct gw_fd *signal_watch;
    struct gw_timer drain_timer;
    struct gw_timer settled; /* some time after the start: connections stand, tables are read */

    enum state state;
    atomic_int exit_code;
    void *owner;

    /* Each may be posted by any thread, and is posted once. */
    atomic_bool is_drained_posted, is_failed_posted;
    struct gw_mail drained_mail, failed_mail;
};

struct gw_loop *gw_daemon_loop(struct gw_daemon *daemon)
{
    return daemon->loop;
}

const void *gw_daemon_values(const struct gw_daemon *daemon)
{
    return gw_conf_values(daemon->conf);
}

struct gw_ready *gw_daemon_ready(struct gw_daemon *daemon)
{
    return daemon->ready;
}

static const struct gw_daemon_conf *common(const struct gw_daemon *daemon)
{
    const char *values = gw_conf_values(daemon->conf);

    return (const struct gw_daemon_conf *)(values + daemon->program->conf_offset);
}

/* ---- Stopping --------------------------------------------------------------------------- */

static void stop(struct gw_daemon *daemon, enum gw_daemon_exit exit_code)
{
    int clean = GW_EXIT_CLEAN;

    if (daemon->state == STOPPING) {
        return;
    }
    daemon->state = STOPPING;
    atomic_compare_exchange_strong(&daemon->exit_code, &clean, (int)exit_code);
    gw_ready_stop(daemon->ready);
    gw_loop_stop(daemon->loop);
}

static void on_drained(struct gw_mail *mail)
{
    struct gw_daemon *daemon = GW_CONTAINER(mail, struct gw_daemon, drained_mail);

    if (daemon->state == DRAINING) {
        gw_log(GW_LOG_INFO, "drained");
        stop(daemon, GW_EXIT_CLEAN);
    }
}

void gw_daemon_drained(struct gw_daemon *daemon)
{
    if (!atomic_exchange(&daemon->is_drained_posted, true)) {
        gw_loop_post(daemon->loop, &daemon->drained_mail);
    }
}

static void on_failed(struct gw_mail *mail)
{
    stop(GW_CONTAINER(mail, struct gw_daemon, failed_mail), GW_EXIT_FAILURE);
}

void gw_daemon_fail(struct gw_daemon *daemon, const char *fmt, ...)
{
    struct gw_fault fault;
    va_list args;

    va_start(args, fmt);
    vsnprintf(fault.text, sizeof(fault.text), fmt, args);
    va_end(args);
    gw_log(GW_LOG_ERROR, "failed", GW_LOG_FAULT(&fault));
    atomic_store(&daemon->exit_code, GW_EXIT_FAILURE);
    if (!atomic_exchange(&daemon->is_failed_posted, true)) {
        gw_loop_post(daemon->loop, &daemon->failed_mail);
    }
}

static void on_drain_timeout(struct gw_timer *timer)
{
    struct gw_daemon *daemon = GW_CONTAINER(timer, struct gw_daemon, drain_timer);

    gw_log(GW_LOG_WARN, "drain_timeout",
           GW_LOG_STR("reason", "open work did not end in time and is cut off"));
    stop(daemon, GW_EXIT_FAILURE);
}

static void drain(struct gw_daemon *daemon)
{
    daemon->state = DRAINING;
    gw_log(GW_LOG_INFO, "draining",
           GW_LOG_INT("timeout_ms", common(daemon)->drain_timeout_us / GW_US_PER_MS));
    gw_system_notify("STOPPING=1");
    gw_ready_stop(daemon->ready);
    gw_timer_start(daemon->loop, &daemon->drain_timer, common(daemon)->drain_timeout_us);
    daemon->program->drain(daemon, daemon->owner);
}

/* ---- Settings --------------------------------------------------------------------------- */

/* One line of the log for each line of `lines`. */
static void log_lines(enum gw_log_level level, const char *event, struct gw_text lines)
{
    struct gw_text line;

    while (gw_text_cut(lines, '\n', &line, &lines)) {
        gw_log(level, event, GW_LOG_TEXT("reason", line));
    }
}

static enum gw_err check_values(const struct gw_daemon_program *program, const struct gw_conf *conf,
                                struct gw_buf *problems)
{
    return program->check == NULL ? GW_OK : program->check(gw_conf_values(conf), problems);
}

static void set_up_log(const struct gw_daemon *daemon)
{
    gw_log_setup((enum gw_log_level)common(daemon)->log_level,
                 (enum gw_log_format)common(daemon)->log_format);
}

static void take_over(struct gw_daemon *daemon, struct gw_conf *conf)
{
    gw_conf_free(daemon->previous);
    daemon->previous = daemon->conf;
    daemon->conf = conf;
    set_up_log(daemon);
    if (daemon->program->reload != NULL) {
        daemon->program->reload(daemon, daemon->owner);
    }
}

static void reload(struct gw_daemon *daemon)
{
    struct gw_conf *conf = NULL;
    struct gw_buf notes;
    enum gw_err err;

    gw_buf_init(&notes, TEXT_MAX);
    err = gw_conf_reload(daemon->conf, &daemon->sources, &conf, &notes);
    if (err == GW_OK) {
        err = check_values(daemon->program, conf, &notes);
    }
    if (err == GW_OK) {
        log_lines(GW_LOG_WARN, "reload_note", gw_buf_text(&notes));
        take_over(daemon, conf);
        gw_log(GW_LOG_INFO, "reloaded");
    } else {
        gw_conf_free(conf);
        log_lines(GW_LOG_ERROR, "reload_refused", gw_buf_text(&notes));
    }
    gw_buf_fini(&notes);
}

/* ---- Signals ---------------------------------------------------------------------------- */

static void take_signal(struct gw_daemon *daemon, int number)
{
    gw_log(GW_LOG_INFO, "signal", GW_LOG_STR("name", sigabbrev_np(number)));
    switch (number) {
    case SIGHUP:
        if (daemon->state == RUNNING) {
            reload(daemon);
        }
        break;
    case SIGQUIT:
        stop(daemon, daemon->state == DRAINING ? GW_EXIT_FAILURE : GW_EXIT_CLEAN);
        break;
    default:
        if (daemon->state == RUNNING) {
            drain(daemon);
        } else {
            stop(daemon, GW_EXIT_FAILURE);
        }
    }
}

static void on_signal(void *owner)
{
    struct gw_daemon *daemon = owner;
    struct signalfd_siginfo info;

    while (read(daemon->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        take_signal(daemon, (int)info.ssi_signo);
    }
}

static const struct gw_fd_ops SIGNAL_OPS = {.on_readable = on_signal};

/* ---- Life ------------------------------------------------------------------------------- */

static void print_metrics(void *owner, enum gw_metrics_format format, struct gw_buf *out)
{
    struct gw_daemon *daemon = owner;
    const struct gw_daemon_program *program = daemon->program;

    gw_metrics_print_process(program->table->program, format, out);
    if (program->metrics != NULL) {
        program->metrics(daemon, daemon->owner, format, out);
    }
}

static enum gw_err open_ops(struct gw_daemon *daemon, struct gw_fault *fault)
{
    struct gw_ops_source source = {daemon->ready, print_metrics, daemon};
    const char *address = common(daemon)->ops_listen;

    if (*address == '\0') {
        return GW_OK;
    }
    GW_TRY(gw_ops_open(daemon->loop, address, &source, &daemon->ops, fault));
    gw_log(GW_LOG_INFO, "ops_listening", GW_LOG_STR("address", address));
    return GW_OK;
}

static void on_settled(struct gw_timer *timer)
{
    (void)timer;
    gw_system_forget_start();
}

static void settle_in(struct gw_daemon *daemon)
{
    sigset_t signals;

    gw_system_settle_in(common(daemon)->core_dumps ? GW_CORE_DUMPS_ON : GW_CORE_DUMPS_OFF);
    gw_system_block_signals(&signals);
    set_up_log(daemon);
    daemon->loop = gw_loop_new();
    daemon->ready = gw_ready_new();
    daemon->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    GW_CHECK(daemon->signal_fd >= 0);
    daemon->signal_watch = gw_fd_watch(daemon->loop, daemon->signal_fd, &SIGNAL_OPS, daemon);
    gw_fd_read_start(daemon->signal_watch);
    gw_timer_init(&daemon->drain_timer, on_drain_timeout);
    gw_timer_init(&daemon->settled, on_settled);
    daemon->drained_mail.deliver = on_drained;
    daemon->failed_mail.deliver = on_failed;
}

static void leave(struct gw_daemon *daemon)
{
    gw_timer_stop(daemon->loop, &daemon->drain_timer);
    gw_timer_stop(daemon->loop, &daemon->settled);
    gw_ops_close(daemon->ops);
    gw_fd_unwatch(daemon->signal_watch);
    close(daemon->signal_fd);
    gw_loop_free(daemon->loop);
    gw_ready_free(daemon->ready);
}

static void serve(struct gw_daemon *daemon)
{
    daemon->state = RUNNING;
    gw_log(GW_LOG_INFO, "started", GW_LOG_STR("program", daemon->program->name),
           GW_LOG_STR("version", GW_VERSION), GW_LOG_INT("pid", getpid()));
    gw_system_notify("READY=1");
    gw_timer_start(daemon->loop, &daemon->settled, SETTLED_US);
    gw_loop_run(daemon->loop);
    gw_system_notify("STOPPING=1");
    daemon->program->stop(daemon, daemon->owner);
}

static int run(struct gw_daemon *daemon)
{
    struct gw_fault fault = {""};
    enum gw_err err;

    settle_in(daemon);
    err = open_ops(daemon, &fault);
    if (err == GW_OK) {
        err = daemon->program->start(daemon, &daemon->owner, &fault);
    }
    if (err == GW_OK) {
        serve(daemon);
    } else {
        gw_log(GW_LOG_ERROR, "start_failed", GW_LOG_ERR(err), GW_LOG_FAULT(&fault));
        atomic_store(&daemon->exit_code, GW_EXIT_START);
    }
    leave(daemon);
    gw_log(GW_LOG_INFO, "stopped", GW_LOG_INT("exit", atomic_load(&daemon->exit_code)));
    return atomic_load(&daemon->exit_code);
}

/* ---- The command line ------------------------------------------------------------------- */

static int print(const struct gw_buf *text)
{
    return text->len == 0 || fwrite(text->at, 1, text->len, stdout) == text->len ? GW_EXIT_CLEAN
                                                                                 : GW_EXIT_FAILURE;
}

/* Each problem on its line, after the program's name. */
static int print_problems(const struct gw_daemon_program *program, const struct gw_buf *problems)
{
    struct gw_text rest = gw_buf_text(problems), line;

    while (gw_text_cut(rest, '\n', &line, &rest)) {
        fprintf(stderr, "%s: %.*s\n", program->name, GW_TEXT_ARG(line));
    }
    return GW_EXIT_USAGE;
}

/* What can be said without any settings; false if settings are needed. */
static bool answer_without_settings(const struct gw_daemon_program *program,
                                    enum gw_args_action action, struct gw_buf *text)
{
    switch (action) {
    case GW_ARGS_HELP:
        gw_args_print_help(program->name, program->summary, text);
        return true;
    case GW_ARGS_VERSION:
        gw_buf_appendf(text, "%s %s\n", program->name, GW_VERSION);
        return true;
    case GW_ARGS_HELP_CONFIG:
        gw_conf_print_help(program->table, text);
        return true;
    case GW_ARGS_RUN:
    case GW_ARGS_CHECK:
    case GW_ARGS_PRINT_EFFECTIVE:
        return false;
    }
    return false;
}

static const char *config_path(const struct gw_daemon_program *program, const struct gw_args *args)
{
    char variable[80];
    size_t i;

    if (args->config_path != NULL) {
        return args->config_path;
    }
    snprintf(variable, sizeof(variable), "MILLRACE_%s_CONFIG", program->table->program);
    for (i = 0; variable[i] != '\0'; i++) {
        if (variable[i] >= 'a' && variable[i] <= 'z') {
            variable[i] = (char)(variable[i] - 'a' + 'A');
        }
    }
    return getenv(variable);
}

static enum gw_err load(struct gw_daemon *daemon, const struct gw_args *args,
                        struct gw_buf *problems)
{
    const struct gw_daemon_program *program = daemon->program;
    struct gw_conf *conf;

    daemon->sources = (struct gw_conf_sources){
        .path = config_path(program, args),
        .environment = (const char *const *)environ,
        .arguments = args->settings,
        .argument_count = args->setting_count,
    };
    GW_TRY(gw_conf_load(program->table, &daemon->sources, &conf, problems));
    daemon->conf = conf;
    return check_values(program, conf, problems);
}

static int act(struct gw_daemon *daemon, const struct gw_args *args, struct gw_buf *text)
{
    switch (args->action) {
    case GW_ARGS_CHECK:
        gw_buf_appendf(text, "%s: the settings are right\n", daemon->program->name);
        return print(text);
    case GW_ARGS_PRINT_EFFECTIVE:
        gw_conf_print_effective(daemon->conf, text);
        return print(text);
    case GW_ARGS_RUN:
    case GW_ARGS_HELP:
    case GW_ARGS_VERSION:
    case GW_ARGS_HELP_CONFIG:
        break;
    }
    return run(daemon);
}

int gw_daemon_main(int argc, char **argv, const struct gw_daemon_program *program)
{
    struct gw_daemon *daemon = GW_NEW(struct gw_daemon);
    struct gw_args *args = GW_NEW(struct gw_args);
    struct gw_buf text;
    int exit_code;

    gw_buf_init(&text, TEXT_MAX);
    daemon->program = program;
    if (gw_args_read(argc, argv, args, &text) != GW_OK) {
        exit_code = print_problems(program, &text);
    } else if (answer_without_settings(program, args->action, &text)) {
        exit_code = print(&text);
    } else if (load(daemon, args, &text) != GW_OK) {
        exit_code = print_problems(program, &text);
    } else {
        exit_code = act(daemon, args, &text);
    }
    gw_conf_free(daemon->previous);
    gw_conf_free(daemon->conf);
    gw_buf_fini(&text);
    gw_free(args);
    gw_free(daemon);
    return exit_code;
}
