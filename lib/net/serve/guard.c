/* SPDX-License-Identifier: MIT */
/*
 * h2o 2.2.5 hides what it decided about a request's framing: it takes the first of two different
 * Content-Lengths, prefers chunks over a length, folds lines, and the headers in question are
 * gone when the handler runs. Harmless as long as nobody in front of us decides otherwise; with
 * a proxy there, it is how one client's request becomes part of another's. So the head is read
 * once more, from the connection's input buffer, which still begins with it.
 *
 * Refused: two Content-Lengths, a length beside a coding, two codings, two Hosts, a line
 * that does not end in CR LF, a line that continues the previous one.
 */
#include "lib/net/serve/guard.h"

enum { LENGTHS, CODINGS, HOSTS, KINDS };

static const struct gw_text NAMES[KINDS] = {
    [LENGTHS] = {"content-length", 14},
    [CODINGS] = {"transfer-encoding", 17},
    [HOSTS] = {"host", 4},
};

static void count(struct gw_text line, int counts[KINDS])
{
    size_t colon;

    switch (line.len == 0 ? 0 : line.at[0] | 0x20) { /* most lines need not be looked at */
    case 'c':
    case 't':
    case 'h':
        break;
    default:
        return;
    }
    colon = gw_text_find(line, ':');
    for (int kind = 0; kind < KINDS; kind++) {
        if (gw_text_eq_nocase((struct gw_text){line.at, colon}, NAMES[kind])) {
            counts[kind]++;
        }
    }
}

static const char *judge(const int counts[KINDS])
{
    if (counts[LENGTHS] > 1) {
        return "more than one content-length";
    }
    if (counts[CODINGS] > 1) {
        return "more than one transfer-encoding";
    }
    if (counts[LENGTHS] > 0 && counts[CODINGS] > 0) {
        return "content-length beside transfer-encoding";
    }
    if (counts[HOSTS] > 1) {
        return "more than one host";
    }
    return NULL;
}

const char *gw_http_guard_head(struct gw_text raw)
{
    int counts[KINDS] = {0};
    bool is_first = true;

    if (gw_text_starts_with(raw, GW_TEXT("\r\n"))) {
        raw = gw_text_skip(raw, 2); /* h2o forgives one empty line in front */
    }
    while (raw.len > 0) {
        const char *end = memchr(raw.at, '\n', raw.len);
        size_t len = end == NULL ? raw.len : (size_t)(end - raw.at);

        if (end == NULL || len == 0 || raw.at[len - 1] != '\r') {
            return "line without carriage return";
        }
        if (len == 1) {
            return judge(counts);
        }
        if (!is_first && (raw.at[0] == ' ' || raw.at[0] == '\t')) {
            return "folded header line";
        }
        if (!is_first) {
            count((struct gw_text){raw.at, len - 1}, counts);
        }
        is_first = false;
        raw = gw_text_skip(raw, len + 1);
    }
    return "no end of the head";
}

bool gw_http_guard_has_head(struct gw_text raw)
{
    while (raw.len > 0 && (raw.at[0] == '\r' || raw.at[0] == '\n')) {
        raw = gw_text_skip(raw, 1);
    }
    return memmem(raw.at == NULL ? "" : raw.at, raw.len, "\r\n\r\n", 4) != NULL ||
           memmem(raw.at == NULL ? "" : raw.at, raw.len, "\n\n", 2) != NULL;
}
