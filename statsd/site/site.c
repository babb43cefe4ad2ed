/* SPDX-License-Identifier: MIT */
/*
 * Three kinds of answer:
 *
 *   a file      named by its path; below /assets/ it has a hash in its name and never changes
 *   the page    index.html for every path of the console, which are names of nothing here; a
 *               fresh nonce stands in it and in its policy, so that the style elements that the
 *               console makes are allowed and no others
 *   404         whatever looks like a file and is none, so that a stale page never gets HTML
 *               where it wants a script
 */
#include "statsd/site/site.h"

#include <inttypes.h>

#include "lib/base/check.h"
#include "lib/codec/random.h"
#include "lib/rest/input.h"
#include "statsd/site/inside.h"

#define NONCE_PLACE GW_TEXT("__CSP_NONCE__")
#define NONCE_BYTES 16

static const char *const NOT_CONSOLE[] = {"/api", "/v1", "/v1beta", "/health", NULL};

/* ---- Replies ---------------------------------------------------------------------------- */

static void add(struct site_reply *reply, struct gw_text name, struct gw_text value)
{
    GW_CHECK(reply->header_count < SITE_HEADERS_MAX);
    reply->headers[reply->header_count++] = (struct gw_http_header){name, value};
}

static void refuse(struct site_reply *reply, int status, struct gw_text body)
{
    reply->status = status;
    reply->body = body;
    add(reply, GW_TEXT("Content-Type"), GW_TEXT("text/plain; charset=utf-8"));
    add(reply, GW_TEXT("Cache-Control"), GW_TEXT("no-store"));
    add(reply, GW_TEXT("X-Content-Type-Options"), GW_TEXT("nosniff"));
}

static struct gw_text content_type(struct gw_text path)
{
    static const struct {
        struct gw_text suffix, type;
    } TYPES[] = {
        {GW_TEXT(".js"), GW_TEXT("text/javascript; charset=utf-8")},
        {GW_TEXT(".mjs"), GW_TEXT("text/javascript; charset=utf-8")},
        {GW_TEXT(".css"), GW_TEXT("text/css; charset=utf-8")},
        {GW_TEXT(".html"), GW_TEXT("text/html; charset=utf-8")},
        {GW_TEXT(".json"), GW_TEXT("application/json")},
        {GW_TEXT(".map"), GW_TEXT("application/json")},
        {GW_TEXT(".webmanifest"), GW_TEXT("application/manifest+json")},
        {GW_TEXT(".svg"), GW_TEXT("image/svg+xml")},
        {GW_TEXT(".png"), GW_TEXT("image/png")},
        {GW_TEXT(".jpg"), GW_TEXT("image/jpeg")},
        {GW_TEXT(".webp"), GW_TEXT("image/webp")},
        {GW_TEXT(".ico"), GW_TEXT("image/x-icon")},
        {GW_TEXT(".woff2"), GW_TEXT("font/woff2")},
        {GW_TEXT(".wasm"), GW_TEXT("application/wasm")},
        {GW_TEXT(".txt"), GW_TEXT("text/plain; charset=utf-8")},
    };

    for (size_t i = 0; i < GW_COUNT(TYPES); i++) {
        if (gw_text_ends_with(path, TYPES[i].suffix)) {
            return TYPES[i].type;
        }
    }
    return GW_TEXT("application/octet-stream");
}

/* ---- The page --------------------------------------------------------------------------- */

static void add_page_headers(struct site_reply *reply, const char *nonce, bool is_secure,
                             struct gw_arena *arena)
{
    const char *policy = gw_arena_fmt(
        arena,
        "default-src 'self'; style-src 'self' 'nonce-%s'; img-src 'self' data:; connect-src "
        "'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'",
        nonce);

    add(reply, GW_TEXT("Content-Type"), GW_TEXT("text/html; charset=utf-8"));
    add(reply, GW_TEXT("Cache-Control"), GW_TEXT("no-cache"));
    add(reply, GW_TEXT("Content-Security-Policy"), gw_text_of(policy));
    add(reply, GW_TEXT("X-Content-Type-Options"), GW_TEXT("nosniff"));
    add(reply, GW_TEXT("X-Frame-Options"), GW_TEXT("DENY"));
    add(reply, GW_TEXT("Referrer-Policy"), GW_TEXT("same-origin"));
    add(reply, GW_TEXT("Permissions-Policy"),
        GW_TEXT("camera=(), microphone=(), geolocation=(), payment=(), usb=()"));
    if (is_secure) {
        add(reply, GW_TEXT("Strict-Transport-Security"),
            GW_TEXT("max-age=31536000; includeSubDomains"));
    }
}

/* index.html with every placeholder replaced. */
static struct gw_text fill_in(struct gw_text page, const char *nonce, struct gw_arena *arena)
{
    struct gw_buf buf;
    struct gw_text filled;

    gw_buf_init(&buf, 4 * page.len + 4096);
    while (page.len > 0) {
        size_t at = gw_text_find_text(page, NONCE_PLACE);

        gw_buf_append(&buf, (struct gw_text){page.at, at});
        if (at < page.len) {
            gw_buf_append_str(&buf, nonce);
            at += NONCE_PLACE.len;
        }
        page = gw_text_skip(page, at);
    }
    filled = gw_arena_text(arena, gw_buf_text(&buf));
    gw_buf_fini(&buf);
    return filled;
}

static void reply_page(const struct site *site, const struct site_ask *ask, struct gw_arena *arena,
                       struct site_reply *reply)
{
    char nonce[2 * NONCE_BYTES + 1];

    gw_random_hex(NONCE_BYTES, nonce);
    reply->status = 200;
    reply->body = fill_in(site->index->forms[SITE_PLAIN], nonce, arena);
    add_page_headers(reply, nonce, ask->is_secure, arena);
}

/* ---- Files ------------------------------------------------------------------------------ */

/* Whether a list such as "gzip, br;q=0" takes `coding`. */
static bool accepts_coding(struct gw_text list, struct gw_text coding)
{
    struct gw_text item, name, weight;

    while (list.len > 0) {
        if (!gw_text_cut(list, ',', &item, &list)) {
            item = list;
            list = GW_TEXT_NONE;
        }
        if (!gw_text_cut(item, ';', &name, &weight)) {
            name = item;
            weight = GW_TEXT_NONE;
        }
        if (gw_text_eq_nocase(gw_text_trim(name), coding)) {
            weight = gw_text_trim(weight);
            return !(gw_text_eq(weight, GW_TEXT("q=0")) ||
                     gw_text_starts_with(weight, GW_TEXT("q=0.0")));
        }
    }
    return false;
}

static enum site_form choose_form(const struct site_file *file, const struct site_ask *ask)
{
    struct gw_text accepted = gw_http_find(ask->headers, GW_TEXT("accept-encoding"));

    if (gw_http_find(ask->headers, GW_TEXT("range")).at != NULL) {
        return SITE_PLAIN;
    }
    if (file->forms[SITE_BROTLI].at != NULL && accepts_coding(accepted, GW_TEXT("br"))) {
        return SITE_BROTLI;
    }
    if (file->forms[SITE_GZIP].at != NULL && accepts_coding(accepted, GW_TEXT("gzip"))) {
        return SITE_GZIP;
    }
    return SITE_PLAIN;
}

static bool has_tag(struct gw_text list, struct gw_text tag)
{
    return gw_text_eq(gw_text_trim(list), GW_TEXT("*")) || gw_text_find_text(list, tag) < list.len;
}

/* "bytes=first-", "bytes=first-last" or "bytes=-count"; several ranges are not served as such. */
static bool read_range(struct gw_text text, uint64_t size, uint64_t *ret_first, uint64_t *ret_last)
{
    struct gw_text first_text, last_text;
    uint64_t first = 0, last = size - 1;

    if (!gw_text_starts_with(text, GW_TEXT("bytes=")) ||
        !gw_text_cut(gw_text_skip(text, 6), '-', &first_text, &last_text) || size == 0 ||
        (first_text.len == 0 && last_text.len == 0) ||
        (first_text.len > 0 && gw_text_to_u64(first_text, &first) != GW_OK) ||
        (last_text.len > 0 && gw_text_to_u64(last_text, &last) != GW_OK)) {
        return false;
    }
    if (first_text.len == 0) {
        first = last < size ? size - last : 0;
        last = size - 1;
    }
    *ret_first = first;
    *ret_last = last < size ? last : size - 1;
    return true;
}

/* Cuts the body down to the range asked for, if one is and it can be. */
static void apply_range(const struct site_ask *ask, struct gw_text tag, struct gw_arena *arena,
                        struct site_reply *reply)
{
    struct gw_text range = gw_http_find(ask->headers, GW_TEXT("range"));
    struct gw_text condition = gw_http_find(ask->headers, GW_TEXT("if-range"));
    uint64_t size = reply->body.len, first, last;

    if (range.at == NULL || (condition.at != NULL && !gw_text_eq(condition, tag)) ||
        !read_range(range, size, &first, &last)) {
        return;
    }
    if (first >= size || last < first) {
        reply->status = 416;
        reply->body = GW_TEXT("");
        add(reply, GW_TEXT("Content-Range"),
            gw_text_of(gw_arena_fmt(arena, "bytes */%" PRIu64, size)));
        return;
    }
    reply->status = 206;
    reply->body = (struct gw_text){reply->body.at + first, last - first + 1};
    add(reply, GW_TEXT("Content-Range"),
        gw_text_of(
            gw_arena_fmt(arena, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, first, last, size)));
}

static void reply_file(const struct site_file *file, const struct site_ask *ask,
                       struct gw_arena *arena, struct site_reply *reply)
{
    static const char *const MARKS[] = {
        [SITE_PLAIN] = "", [SITE_BROTLI] = "-br", [SITE_GZIP] = "-gz"};
    struct gw_text path = gw_text_of(file->path);
    enum site_form form = choose_form(file, ask);
    struct gw_text tag = gw_text_of(gw_arena_fmt(arena, "\"%s%s\"", file->tag, MARKS[form]));

    add(reply, GW_TEXT("ETag"), tag);
    add(reply, GW_TEXT("Cache-Control"),
        gw_text_starts_with(path, GW_TEXT("/assets/"))
            ? GW_TEXT("public, max-age=31536000, immutable")
            : GW_TEXT("no-cache"));
    add(reply, GW_TEXT("Vary"), GW_TEXT("Accept-Encoding"));
    add(reply, GW_TEXT("X-Content-Type-Options"), GW_TEXT("nosniff"));
    if (has_tag(gw_http_find(ask->headers, GW_TEXT("if-none-match")), tag)) {
        reply->status = 304;
        return;
    }
    reply->status = 200;
    reply->body = file->forms[form];
    add(reply, GW_TEXT("Content-Type"), content_type(path));
    if (form != SITE_PLAIN) {
        add(reply, GW_TEXT("Content-Encoding"),
            form == SITE_BROTLI ? GW_TEXT("br") : GW_TEXT("gzip"));
        return;
    }
    add(reply, GW_TEXT("Accept-Ranges"), GW_TEXT("bytes"));
    apply_range(ask, tag, arena, reply);
}

/* ---- Which ------------------------------------------------------------------------------ */

static bool is_below(struct gw_text path, const char *prefix)
{
    size_t len = strlen(prefix);

    return gw_text_starts_with(path, gw_text_of(prefix)) &&
           (path.len == len || path.at[len] == '/');
}

/* A path of the console: nothing that looks like a file, is hidden, or belongs to somebody else. */
static bool is_console_path(struct gw_text path)
{
    for (size_t i = 0; NOT_CONSOLE[i] != NULL; i++) {
        if (is_below(path, NOT_CONSOLE[i])) {
            return false;
        }
    }
    return !is_below(path, "/assets") && gw_text_find(path, '.') == path.len;
}

static bool wants_page(const struct site_ask *ask, struct gw_text path)
{
    struct gw_text accept = gw_http_find(ask->headers, GW_TEXT("accept"));

    return gw_text_eq(path, GW_TEXT("/")) ||
           gw_text_find_text(accept, GW_TEXT("text/html")) < accept.len;
}

static void choose(const struct site *site, const struct site_ask *ask, struct gw_arena *arena,
                   struct site_reply *reply)
{
    const struct site_file *file;
    struct gw_text path;

    if (gw_rest_percent_decode(ask->path, GW_REST_PLUS_IS_PLUS, arena, &path) != GW_OK) {
        refuse(reply, 404, GW_TEXT("not found\n"));
        return;
    }
    file = site_find(site, path);
    if (file != NULL && file != site->index) {
        reply_file(file, ask, arena, reply);
    } else if (file == site->index || (is_console_path(path) && wants_page(ask, path))) {
        reply_page(site, ask, arena, reply);
    } else {
        refuse(reply, 404, GW_TEXT("not found\n"));
    }
}

void site_answer(const struct site *site, const struct site_ask *ask, struct gw_arena *arena,
                 struct site_reply *ret_reply)
{
    bool is_head = gw_text_eq(ask->method, GW_TEXT("HEAD"));

    *ret_reply = (struct site_reply){.status = 0};
    if (!is_head && !gw_text_eq(ask->method, GW_TEXT("GET"))) {
        refuse(ret_reply, 405, GW_TEXT("method not allowed\n"));
        add(ret_reply, GW_TEXT("Allow"), GW_TEXT("GET, HEAD"));
    } else if (site == NULL) {
        refuse(ret_reply, 404, GW_TEXT("there is no console here; set web.root\n"));
    } else {
        choose(site, ask, arena, ret_reply);
    }
    if (is_head) {
        ret_reply->body = GW_TEXT("");
    }
}
