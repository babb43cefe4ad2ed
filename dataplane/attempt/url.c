/* SPDX-License-Identifier: MIT */
/*
 * Operators paste all kinds of bases: a host, a host with a version, a whole endpoint. The rules
 * below find out what the two paths have in common, so that nothing stands there twice.
 */
#include "dataplane/attempt/url.h"

static const char *const ENDPOINTS[] = {
    "/responses",          "/messages", "/chat/completions",
    "/embeddings",         "/images",   "/audio/transcriptions",
    "/audio/translations", "/files",    "/models",
};

static const char *const STAGES[] = {"alpha", "beta",   "preview", "internal", "rc",
                                     "ga",    "stable", "dev",     "canary"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_alnum(char byte)
{
    return is_digit(byte) || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');
}

static size_t digits_at(struct gw_text text, size_t at)
{
    size_t count = 0;

    while (at + count < text.len && is_digit(text.at[at + count])) {
        count++;
    }
    return count;
}

/* A client's path as "/v1" + "/messages" + "/count_tokens". */
struct parts {
    struct gw_text version;
    struct gw_text endpoint;
    struct gw_text suffix; /* empty, or from its slash on */
};

static bool take_apart(struct gw_text path, struct parts *ret_parts)
{
    size_t end = 2;
    struct gw_text rest;

    if (!gw_text_starts_with(path, GW_TEXT("/v")) || digits_at(path, end) == 0) {
        return false;
    }
    while (end < path.len && is_alnum(path.at[end])) {
        end++;
    }
    rest = gw_text_skip(path, end);
    for (size_t i = 0; i < COUNT(ENDPOINTS); i++) {
        struct gw_text endpoint = gw_text_of(ENDPOINTS[i]);

        if (gw_text_starts_with(rest, endpoint) &&
            (rest.len == endpoint.len || rest.at[endpoint.len] == '/')) {
            *ret_parts = (struct parts){.version = {path.at, end},
                                        .endpoint = {rest.at, endpoint.len},
                                        .suffix = gw_text_skip(rest, endpoint.len)};
            return true;
        }
    }
    return false;
}

/* "v1", "v4", "v1beta", "v2alpha1"; not "v1api", not "v10models". */
static bool is_version_root(struct gw_text segment)
{
    size_t digits, at = 1;

    if (segment.len < 2 || (segment.at[0] | 0x20) != 'v') {
        return false;
    }
    digits = digits_at(segment, at);
    at += digits;
    if (digits == 0 || at == segment.len) {
        return digits > 0;
    }
    for (size_t i = 0; i < COUNT(STAGES); i++) {
        struct gw_text rest = gw_text_skip(segment, at), stage = gw_text_of(STAGES[i]);

        if (gw_text_starts_with_nocase(rest, stage) &&
            digits_at(rest, stage.len) == rest.len - stage.len) {
            return true;
        }
    }
    return false;
}

static struct gw_text last_segment(struct gw_text base)
{
    size_t at = base.len;

    while (at > 0 && base.at[at - 1] != '/') {
        at--;
    }
    return gw_text_skip(base, at);
}

/* The parts of a client's path lie side by side in it, so a range of them is a text, too. */
static struct gw_text from_to(struct gw_text first, struct gw_text last)
{
    return (struct gw_text){first.at, (size_t)(last.at + last.len - first.at)};
}

static void join_path(struct gw_text base, struct gw_text path, struct gw_buf *out)
{
    struct parts parts;

    if (gw_text_starts_with(path, base) && (path.len == base.len || path.at[base.len] == '/')) {
        gw_buf_append(out, path);
        return;
    }
    gw_buf_append(out, base);
    if (!take_apart(path, &parts)) {
        gw_buf_append(out, path);
    } else if (parts.suffix.len > 0 &&
               gw_text_ends_with(base, from_to(parts.endpoint, parts.suffix))) {
        return;
    } else if (gw_text_ends_with(base, parts.endpoint)) {
        gw_buf_append(out, parts.suffix);
    } else if (is_version_root(last_segment(base))) {
        gw_buf_append(out, from_to(parts.endpoint, parts.suffix));
    } else {
        gw_buf_append(out, path);
    }
}

static void append_query(struct gw_text query, struct gw_buf *out)
{
    char mark = '?';

    while (query.len > 0) {
        struct gw_text one = query, rest = GW_TEXT_NONE;

        (void)gw_text_cut(query, '&', &one, &rest);
        if (!gw_text_starts_with(one, GW_TEXT("key=")) && !gw_text_eq(one, GW_TEXT("key"))) {
            gw_buf_append_byte(out, mark);
            gw_buf_append(out, one);
            mark = '&';
        }
        query = rest;
    }
}

void url_join(struct gw_text base, struct gw_text path, struct gw_text query, struct gw_buf *out)
{
    base.len = gw_text_find(base, '?');
    if (base.len > 0 && base.at[base.len - 1] == '/') {
        base.len--;
    }
    join_path(base, path, out);
    append_query(query, out);
}
