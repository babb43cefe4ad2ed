/* SPDX-License-Identifier: MIT */
/*
 * A line is put together in a buffer on the stack and leaves with one write(2), which the kernel
 * keeps in one piece for a pipe (up to PIPE_BUF) and for a file opened to append. Nothing is
 * allocated, no lock is taken. What does not fit is cut at a whole character and the line
 * ends in truncated=true, for which room is kept from the start.
 *
 * Everything that is not plain printable ASCII or valid UTF-8 above it is escaped, in both forms
 * the same way: \n, \t, \", \\ and \u00xx; a byte that is no UTF-8 becomes U+FFFD. So a line is
 * always valid text, ends once, and no value can pretend to be another field.
 */
#include "lib/report/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/base/check.h"
#include "lib/base/utf8.h"
#include "lib/units/clock.h"

#define TAIL_MAX 24 /* a closing quote, `,"truncated":true}` and the newline */

static const char *const LEVELS[] = {
    [GW_LOG_DEBUG] = "debug",
    [GW_LOG_INFO] = "info",
    [GW_LOG_WARN] = "warn",
    [GW_LOG_ERROR] = "error",
};

static _Atomic int least_level = GW_LOG_INFO;
static _Atomic int line_format = GW_LOG_LOGFMT;
static _Atomic int line_fd = STDERR_FILENO;

void gw_log_setup(enum gw_log_level least, enum gw_log_format format)
{
    atomic_store_explicit(&least_level, (int)least, memory_order_relaxed);
    atomic_store_explicit(&line_format, (int)format, memory_order_relaxed);
}

void gw_log_to_fd(int fd)
{
    atomic_store_explicit(&line_fd, fd, memory_order_relaxed);
}

bool gw_log_is_on(enum gw_log_level level)
{
    return (int)level >= atomic_load_explicit(&least_level, memory_order_relaxed);
}

/* ---- A line ----------------------------------------------------------------------------- */

struct line {
    enum gw_log_format format;
    bool is_cut;
    size_t len;
    char at[GW_LOG_LINE_MAX];
};

static size_t room_in(const struct line *line)
{
    size_t end = sizeof(line->at) - TAIL_MAX;

    return line->is_cut || line->len > end ? 0 : end - line->len;
}

/* All of it or nothing. */
static void put(struct line *line, const char *bytes, size_t len)
{
    if (line->is_cut || len > room_in(line)) {
        line->is_cut = true;
        return;
    }
    memcpy(line->at + line->len, bytes, len);
    line->len += len;
}

static void put_str(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

static void put_escaped_byte(struct line *line, unsigned char byte)
{
    char escape[8];

    switch (byte) {
    case '\n':
        put(line, "\\n", 2);
        break;
    case '\r':
        put(line, "\\r", 2);
        break;
    case '\t':
        put(line, "\\t", 2);
        break;
    case '"':
        put(line, "\\\"", 2);
        break;
    case '\\':
        put(line, "\\\\", 2);
        break;
    default:
        snprintf(escape, sizeof(escape), "\\u%04x", byte);
        put(line, escape, 6);
    }
}

static bool is_plain(unsigned char byte)
{
    return byte >= ' ' && byte < 0x7f && byte != '"' && byte != '\\';
}

/* As much of a run of plain bytes as there is room for. */
static size_t put_plain(struct line *line, struct gw_text text)
{
    size_t count = 0, room = room_in(line);

    while (count < text.len && is_plain((unsigned char)text.at[count])) {
        count++;
    }
    put(line, text.at, count < room ? count : room);
    line->is_cut = line->is_cut || count > room;
    return count;
}

/* One character that is not plain, at the beginning of `text`. Returns how long it was. */
static size_t put_special(struct line *line, struct gw_text text)
{
    const unsigned char *at = (const unsigned char *)text.at;
    size_t size = gw_utf8_size(text);

    if (at[0] < 0x80) {
        put_escaped_byte(line, at[0]);
    } else if (size == 0) {
        put(line, "\xef\xbf\xbd", 3);
        return 1;
    } else if (size == 2 && at[0] == 0xc2 && at[1] < 0xa0) {
        put_escaped_byte(line, at[1]); /* the control characters above ASCII */
    } else {
        put(line, text.at, size);
    }
    return size;
}

static void put_quoted(struct line *line, struct gw_text text)
{
    put(line, "\"", 1);
    if (line->is_cut) {
        return;
    }
    while (text.len > 0 && !line->is_cut) {
        bool plain = is_plain((unsigned char)text.at[0]);

        text = gw_text_skip(text, plain ? put_plain(line, text) : put_special(line, text));
    }
    line->at[line->len++] = '"'; /* there is always room for this one */
}

static bool is_bare(struct gw_text text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.at[i];

        if (!is_plain(byte) || byte == ' ' || byte == '=') {
            return false;
        }
    }
    return text.len > 0;
}

static void put_text(struct line *line, struct gw_text text)
{
    if (line->format == GW_LOG_LOGFMT && text.len < 256 && is_bare(text)) {
        put(line, text.at, text.len);
    } else {
        put_quoted(line, text);
    }
}

static void put_key(struct line *line, const char *key)
{
    if (line->format == GW_LOG_JSON) {
        put_str(line, line->len == 1 ? "\"" : ",\"");
        put_str(line, key);
        put(line, "\":", 2);
        return;
    }
    put(line, " ", line->len == 0 ? 0 : 1);
    put_str(line, key);
    put(line, "=", 1);
}

/* A field goes in whole or, if it is a text, with its text cut; a lone key never stays behind. */
static void put_field(struct line *line, const struct gw_log_field *field)
{
    size_t before = line->len;
    char number[24];

    put_key(line, field->key);
    if (line->is_cut) {
        line->len = before;
        return;
    }
    switch (field->kind) {
    case GW_LOG_KIND_NONE:
        return;
    case GW_LOG_KIND_TEXT:
        put_text(line, field->as.text);
        return; /* cut is better than nothing */
    case GW_LOG_KIND_INT:
        snprintf(number, sizeof(number), "%" PRId64, field->as.number);
        put_str(line, number);
        break;
    case GW_LOG_KIND_UINT:
        snprintf(number, sizeof(number), "%" PRIu64, field->as.count);
        put_str(line, number);
        break;
    case GW_LOG_KIND_BOOL:
        put_str(line, field->as.flag ? "true" : "false");
        break;
    case GW_LOG_KIND_ERR:
        put_text(line, gw_text_of(gw_err_name(field->as.err)));
        break;
    }
    if (line->is_cut) {
        line->len = before;
    }
}

static void put_end(struct line *line)
{
    const char *tail = line->format == GW_LOG_JSON ? ",\"truncated\":true" : " truncated=true";

    if (line->is_cut) {
        memcpy(line->at + line->len, tail, strlen(tail));
        line->len += strlen(tail);
    }
    if (line->format == GW_LOG_JSON) {
        line->at[line->len++] = '}';
    }
    line->at[line->len++] = '\n';
}

static void write_line(const struct line *line)
{
    int fd = atomic_load_explicit(&line_fd, memory_order_relaxed);
    size_t done = 0;

    /* A second round only where the first stopped short, such as a terminal or a full disk. */
    while (done < line->len) {
        ssize_t size = write(fd, line->at + done, line->len - done);

        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size <= 0) {
            return; /* there is nobody left to tell */
        }
        done += (size_t)size;
    }
}

void gw_log_write(enum gw_log_level level, const char *event, const struct gw_log_field *fields,
                  size_t count)
{
    char now[GW_CLOCK_TEXT_SIZE];
    struct line line;
    int saved_errno = errno;
    size_t i;

    GW_CHECK((size_t)level < GW_COUNT(LEVELS));
    line.format = (enum gw_log_format)atomic_load_explicit(&line_format, memory_order_relaxed);
    line.is_cut = false;
    line.len = 0;
    if (line.format == GW_LOG_JSON) {
        put(&line, "{", 1);
    }
    gw_clock_format(gw_clock_wall_us(), now);
    put_field(&line, &GW_LOG_STR("time", now));
    put_field(&line, &GW_LOG_STR("level", LEVELS[level]));
    put_field(&line, &GW_LOG_STR("event", event));
    for (i = 0; i < count && !line.is_cut; i++) {
        if (fields[i].kind != GW_LOG_KIND_NONE) {
            put_field(&line, &fields[i]);
        }
    }
    put_end(&line);
    write_line(&line);
    errno = saved_errno;
}

/* ---- Limiting --------------------------------------------------------------------------- */

#define BURST     5
#define PERIOD_US (10 * GW_US_PER_SECOND)

bool gw_log_limit_pass(struct gw_log_limit *limit, uint32_t burst, int64_t period_us,
                       int64_t now_us, uint64_t *ret_suppressed)
{
    int64_t began_us = atomic_load_explicit(&limit->period_began_us, memory_order_relaxed);

    if ((began_us == 0 || now_us - began_us >= period_us) &&
        atomic_compare_exchange_strong(&limit->period_began_us, &began_us, now_us)) {
        atomic_store_explicit(&limit->in_period, 0, memory_order_relaxed);
    }
    if (atomic_fetch_add_explicit(&limit->in_period, 1, memory_order_relaxed) >= burst) {
        atomic_fetch_add_explicit(&limit->suppressed, 1, memory_order_relaxed);
        return false;
    }
    *ret_suppressed = atomic_exchange_explicit(&limit->suppressed, 0, memory_order_relaxed);
    return true;
}

bool gw_log_limit_now(struct gw_log_limit *limit, uint64_t *ret_suppressed)
{
    return gw_log_limit_pass(limit, BURST, PERIOD_US, gw_clock_monotonic_us(), ret_suppressed);
}
