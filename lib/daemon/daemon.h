/* SPDX-License-Identifier: MIT */
/*
 * daemon - what the three programs share: start, signals, drain, stop.
 *
 * main() is one line: return gw_daemon_main(argc, argv, &PROGRAM). The main thread runs a loop of
 * its own with the ops listener and the signals; the program's hooks are called there. Signals
 * are blocked before the first thread starts, so every thread inherits that.
 *
 *     --help  --version  --check  --help-config  --print-effective  --config FILE
 *     --set KEY=VALUE  --KEY VALUE  --KEY=VALUE
 *
 *     SIGTERM, SIGINT   drain; a second one, or drain_timeout, stops at once
 *     SIGQUIT           stop at once
 *     SIGHUP            read the settings again, then the reload hook
 *
 * The ops listener answers /healthz (also /health, /livez), /readyz and /metrics.
 */
#ifndef LIB_DAEMON_DAEMON_H
#define LIB_DAEMON_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/text.h"
#include "lib/conf/conf.h"
#include "lib/daemon/ready.h"
#include "lib/net/loop.h"
#include "lib/report/counter.h"
#include "lib/report/log.h"

enum gw_daemon_exit {
    GW_EXIT_CLEAN = 0,   /* asked to stop, and stopped in time */
    GW_EXIT_FAILURE = 1, /* failed while running, or had to be stopped the hard way */
    GW_EXIT_USAGE = 2,   /* the command line or the settings are wrong */
    GW_EXIT_START = 3,   /* could not start: an address is taken, a file is missing */
};

/* ---- Settings every daemon has ---------------------------------------------------------- */

struct gw_daemon_conf {
    const char *ops_listen; /* "" for none */
    int log_level;          /* enum gw_log_level */
    int log_format;         /* enum gw_log_format */
    int64_t drain_timeout_us;
    bool core_dumps;
};

/* The rows for a member of that type, for the head of the program's table. */
/* clang-format off */
#define GW_DAEMON_KEYS(owner, member, ops_listen_fallback)                                         \
    {"ops.listen", GW_CONF_AT(text, owner, member.ops_listen), ops_listen_fallback, NULL, NULL,    \
     GW_CONF_RESTART, "address of /healthz, /readyz and /metrics, or /path; empty for none"},      \
    {"log.level", GW_CONF_AT(choice, owner, member.log_level), "info", GW_LOG_LEVELS, NULL,        \
     GW_CONF_RELOAD, "least important line that is written"},                                      \
    {"log.format", GW_CONF_AT(choice, owner, member.log_format), "logfmt", GW_LOG_FORMATS, NULL,   \
     GW_CONF_RELOAD, "how a line of the log looks"},                                               \
    {"drain_timeout", GW_CONF_AT(duration, owner, member.drain_timeout_us), "30 s", "0 s", "24 h", \
     GW_CONF_RELOAD, "how long open work may go on after a request to stop"},                      \
    {"core_dumps", GW_CONF_AT(flag, owner, member.core_dumps), "off", NULL, NULL,                  \
     GW_CONF_RESTART, "let a crash write a core file, which holds secrets"}
/* clang-format on */

/* ---- A program -------------------------------------------------------------------------- */

struct gw_daemon;

struct gw_daemon_program {
    const char *name;    /* "millrace-dataplane" */
    const char *summary; /* one line for --help */
    const struct gw_conf_table *table;
    size_t conf_offset; /* of struct gw_daemon_conf in the table's struct */

    /* Rules between settings; part of --check. NULL is fine. GW_E_INVALID tells by `problems`. */
    enum gw_err (*check)(const void *values, struct gw_buf *problems);

    /*
     * Everything is there to be used; nothing runs yet. *ret_owner is passed to the other hooks.
     * On failure it has given back what it took. Start other threads here; do not
     * wait for anything, because signals are not heard yet.
     */
    enum gw_err (*start)(struct gw_daemon *daemon, void **ret_owner, struct gw_fault *fault);

    /*
     * The settings were read again (gw_daemon_values()). The old ones stay readable until the
     * next reload; whoever kept them elsewhere is to be told here. May be NULL.
     */
    void (*reload)(struct gw_daemon *daemon, void *owner);

    /* Take nothing new; finish what is open; then call gw_daemon_drained(), here or later. */
    void (*drain)(struct gw_daemon *daemon, void *owner);

    /*
     * After draining, or instead: stop, join, free. The main loop does not run meanwhile; it takes
     * its last turns afterwards, in which what was closed on it is freed.
     */
    void (*stop)(struct gw_daemon *daemon, void *owner);

    /* More for /metrics: refresh gauges, append other tables. May be NULL; `owner` may be NULL. */
    void (*metrics)(struct gw_daemon *daemon, void *owner, enum gw_metrics_format format,
                    struct gw_buf *out);
};

/* Returns what main() returns. */
int gw_daemon_main(int argc, char **argv, const struct gw_daemon_program *program);

/* ---- For the hooks ---------------------------------------------------------------------- */

struct gw_loop *gw_daemon_loop(struct gw_daemon *daemon); /* the main thread's */
/* The settings in effect, any thread; readable until the second reload after this. */
const void *gw_daemon_values(const struct gw_daemon *daemon);
struct gw_ready *gw_daemon_ready(struct gw_daemon *daemon);

/* Drained, as asked: the daemon stops. Any thread; more than once is harmless. */
void gw_daemon_drained(struct gw_daemon *daemon);

/* Something broke that the daemon cannot live without: logs it, stops, exits 1. Any thread. */
void gw_daemon_fail(struct gw_daemon *daemon, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
