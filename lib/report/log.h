/* SPDX-License-Identifier: MIT */
/*
 * log - one event, one line.
 *
 *     gw_log(GW_LOG_INFO, "listening", GW_LOG_STR("address", address), GW_LOG_INT("port", port));
 *
 * writes  time=2026-11-22T20:30:50.123Z level=info event=listening address=0.0.0.0 port=8080
 * or the same as one JSON object. A line is built on the stack and leaves with one write(2); one
 * longer than GW_LOG_LINE_MAX is cut and says so. Hostile bytes are escaped, so that a
 * value can neither start a line nor forge a field. Any thread; only daemons log, lib/ returns.
 *
 * Never pass a secret: struct gw_conf_secret has no field kind on purpose.
 */
#ifndef LIB_REPORT_LOG_H
#define LIB_REPORT_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/text.h"

#define GW_LOG_LINE_MAX 8192

enum gw_log_level { /* the order of GW_LOG_LEVELS */
                    GW_LOG_DEBUG,
                    GW_LOG_INFO,
                    GW_LOG_WARN,
                    GW_LOG_ERROR,
};
#define GW_LOG_LEVELS "debug|info|warn|error" /* for a choice of lib/conf */

enum gw_log_format { /* the order of GW_LOG_FORMATS */
                     GW_LOG_LOGFMT,
                     GW_LOG_JSON,
};
#define GW_LOG_FORMATS "logfmt|json"

/* May be called again (reload). Before the first call: info, logfmt, standard error. */
void gw_log_setup(enum gw_log_level least, enum gw_log_format format);
/* Where lines go, 2 at first; for tests and for --check. Not while other threads log. */
void gw_log_to_fd(int fd);
bool gw_log_is_on(enum gw_log_level level);

/* ---- Fields ----------------------------------------------------------------------------- */

enum gw_log_kind {
    GW_LOG_KIND_NONE, /* left out, so that a field may be conditional */
    GW_LOG_KIND_TEXT,
    GW_LOG_KIND_INT,
    GW_LOG_KIND_UINT,
    GW_LOG_KIND_BOOL,
    GW_LOG_KIND_ERR,
};

struct gw_log_field {
    const char *key; /* letters, digits, '_'; ours, never from outside */
    enum gw_log_kind kind;
    union {
        struct gw_text text;
        int64_t number;
        uint64_t count;
        bool flag;
        enum gw_err err;
    } as;
};

#define GW_LOG_TEXT(name, value)                                                                   \
    ((struct gw_log_field){.key = (name), .kind = GW_LOG_KIND_TEXT, .as.text = (value)})
#define GW_LOG_STR(name, value) GW_LOG_TEXT(name, gw_text_of(value))
#define GW_LOG_INT(name, value)                                                                    \
    ((struct gw_log_field){.key = (name), .kind = GW_LOG_KIND_INT, .as.number = (value)})
#define GW_LOG_UINT(name, value)                                                                   \
    ((struct gw_log_field){.key = (name), .kind = GW_LOG_KIND_UINT, .as.count = (value)})
#define GW_LOG_BOOL(name, value)                                                                   \
    ((struct gw_log_field){.key = (name), .kind = GW_LOG_KIND_BOOL, .as.flag = (value)})
/* err=unavailable */
#define GW_LOG_ERR(value)                                                                          \
    ((struct gw_log_field){.key = "err", .kind = GW_LOG_KIND_ERR, .as.err = (value)})
/* reason="what the fault says" */
#define GW_LOG_FAULT(fault) GW_LOG_STR("reason", (fault)->text)
#define GW_LOG_NOTHING      ((struct gw_log_field){.kind = GW_LOG_KIND_NONE})

/* ---- Writing ---------------------------------------------------------------------------- */

/* `event` is a word or words_with_underscores, always a literal; fields are evaluated only when
 * the level is on. */
#define gw_log(level, event, ...)                                                                  \
    do {                                                                                           \
        if (gw_log_is_on(level)) {                                                                 \
            const struct gw_log_field gw_log_fields[] = {GW_LOG_NOTHING, ##__VA_ARGS__};           \
            gw_log_write(level, event, gw_log_fields,                                              \
                         sizeof(gw_log_fields) / sizeof(gw_log_fields[0]));                        \
        }                                                                                          \
    } while (0)

void gw_log_write(enum gw_log_level level, const char *event, const struct gw_log_field *fields,
                  size_t count);

/* ---- Limiting by cause ------------------------------------------------------------------ */

/*
 * One per cause, static, zero at first. Lets `burst` lines through in `period_us`; the next line
 * after a silence carries suppressed=N. For events that a peer can cause at will.
 */
struct gw_log_limit {
    _Atomic int64_t period_began_us; /* monotonic */
    _Atomic uint32_t in_period;
    _Atomic uint64_t suppressed;
};

/* True if a line may be written now; *ret_suppressed is what was held back before it. */
bool gw_log_limit_pass(struct gw_log_limit *limit, uint32_t burst, int64_t period_us,
                       int64_t now_us, uint64_t *ret_suppressed);

/* At most five lines in ten seconds, for this place in the source. */
#define gw_log_limited(level, event, ...)                                                          \
    do {                                                                                           \
        static struct gw_log_limit gw_log_here;                                                    \
        uint64_t gw_log_held = 0;                                                                  \
        if (gw_log_is_on(level) && gw_log_limit_now(&gw_log_here, &gw_log_held)) {                 \
            gw_log(level, event,                                                                   \
                   gw_log_held == 0 ? GW_LOG_NOTHING : GW_LOG_UINT("suppressed", gw_log_held),     \
                   ##__VA_ARGS__);                                                                 \
        }                                                                                          \
    } while (0)

bool gw_log_limit_now(struct gw_log_limit *limit, uint64_t *ret_suppressed);

#endif
