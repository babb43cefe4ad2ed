/* SPDX-License-Identifier: MIT */
/*
 * A body is scanned for the few fields that decide where it goes (spec 01 §2.6 to 2.8). It is
 * read as JSON unless its type says that it is something else or it has a content coding: many
 * clients forget to name the type. On the conversation endpoints a body that claims to be JSON
 * and is not is refused here: what we cannot read, no rule of the operator's could hold for.
 * Everywhere else bodies of any kind go on as they came.
 *
 * "model" and "stream" must not stand twice. JSON does not say which one counts, so a provider
 * might serve another model than the one that was allowed.
 */
#include "dataplane/front/ask.h"

#include "lib/base/check.h"
#include "lib/json/scan.h"

#define LARGE_WITHOUT_MODEL ((size_t)10 << 20) /* such a body was probably cut short */
#define GEMINI_FALLBACK     "gemini-2.5-flash"

enum field {
    FIELD_MODEL,
    FIELD_STREAM,
    FIELD_CONTENTS,
    FIELD_REQUEST,
    FIELD_INPUT,
    FIELD_MESSAGES,
    FIELD_SYSTEM,
    FIELD_BATCH_MODEL,
    FIELD_BATCH_CONTENT,
};

static const struct gw_scan_name BATCH_CONTENT[] = {{"parts", FIELD_BATCH_CONTENT, NULL},
                                                    {"contents", FIELD_BATCH_CONTENT, NULL},
                                                    {NULL, -1, NULL}};
static const struct gw_scan_name BATCH_ITEM[] = {
    {"model", FIELD_BATCH_MODEL, NULL}, {"content", -1, BATCH_CONTENT}, {NULL, -1, NULL}};
static const struct gw_scan_name BATCH[] = {{"[]", -1, BATCH_ITEM}, {NULL, -1, NULL}};
static const struct gw_scan_name REQUEST[] = {{"requests", -1, BATCH}, {NULL, -1, NULL}};

static const struct gw_scan_name BODY[] = {
    {"model", FIELD_MODEL, NULL},
    {"stream", FIELD_STREAM, NULL},
    {"contents", FIELD_CONTENTS, NULL},
    {"request", FIELD_REQUEST, REQUEST},
    {"input", FIELD_INPUT, NULL},
    {"messages", FIELD_MESSAGES, NULL},
    {"system", FIELD_SYSTEM, NULL},
    {"requests", -1, BATCH},
    {NULL, -1, NULL},
};

/* What the scanner saw. */
struct seen {
    struct gw_text model; /* as written, without quotes */
    bool is_stream;
    bool has_contents, has_request, has_input, has_messages, has_system_array;
    bool has_batch_model, has_batch_content;
    unsigned models, streams; /* how often each was there */
};

static void on_found(void *owner, const struct gw_scan_found *found)
{
    struct seen *seen = owner;

    if (found->edge == GW_SCAN_CLOSE) {
        return;
    }
    switch ((enum field)found->id) {
    case FIELD_MODEL:
        seen->models++;
        seen->model = found->kind == GW_SCAN_STRING ? found->text : GW_TEXT_NONE;
        break;
    case FIELD_STREAM:
        seen->streams++;
        seen->is_stream = found->kind == GW_SCAN_TRUE;
        break;
    case FIELD_CONTENTS:
        seen->has_contents |= found->kind == GW_SCAN_ARRAY;
        break;
    case FIELD_REQUEST:
        seen->has_request |= found->kind == GW_SCAN_OBJECT;
        break;
    case FIELD_INPUT:
        seen->has_input |= found->kind == GW_SCAN_ARRAY;
        break;
    case FIELD_MESSAGES:
        seen->has_messages |= found->kind == GW_SCAN_ARRAY;
        break;
    case FIELD_SYSTEM:
        seen->has_system_array |= found->kind == GW_SCAN_ARRAY;
        break;
    case FIELD_BATCH_MODEL:
        seen->has_batch_model = true;
        break;
    case FIELD_BATCH_CONTENT:
        seen->has_batch_content = true;
        break;
    }
}

/* ---- Format ----------------------------------------------------------------------------- */

static enum dialect dialect_by_body(const struct seen *seen)
{
    if (seen->has_contents && !seen->has_request) {
        return DIALECT_GEMINI;
    }
    if (seen->has_request) {
        return DIALECT_GEMINI_CLI;
    }
    if (seen->has_batch_model && seen->has_batch_content) {
        return DIALECT_GEMINI;
    }
    if (seen->has_input) {
        return DIALECT_RESPONSE;
    }
    if (seen->has_messages) {
        return seen->has_system_array ? DIALECT_CLAUDE : DIALECT_OPENAI;
    }
    return DIALECT_CLAUDE;
}

/* ---- Model ------------------------------------------------------------------------------ */

/* Printable, and UTF-8: it goes into logs, into a ledger and before people's eyes. */
static bool is_name(struct gw_text text)
{
    size_t i = 0;

    while (i < text.len) {
        unsigned char lead = (unsigned char)text.at[i++];
        int more = lead < 0x80 ? 0 : lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;

        if (lead < 0x20 || lead == 0x7f || (lead >= 0x80 && lead < 0xc2) || lead > 0xf4) {
            return false;
        }
        for (; more > 0; more--, i++) {
            if (i == text.len || ((unsigned char)text.at[i] & 0xc0) != 0x80) {
                return false;
            }
        }
    }
    return true;
}

static enum refusal read_model(const struct seen *seen, struct gw_arena *arena, struct ask *ask)
{
    struct gw_text model = gw_text_trim(seen->model);
    struct gw_buf plain;
    enum refusal refusal = REFUSAL_BAD_MODEL;

    gw_buf_init(&plain, ASK_MODEL_MAX);
    if (model.len <= ASK_MODEL_MAX && gw_text_find(model, '\\') == model.len && is_name(model)) {
        ask->model = model;
        refusal = REFUSAL_NONE;
    } else if (model.len <= 6 * ASK_MODEL_MAX && gw_scan_unescape(model, &plain) == GW_OK &&
               is_name(gw_buf_text(&plain))) {
        ask->model = gw_arena_text(arena, gw_buf_text(&plain));
        refusal = REFUSAL_NONE;
    }
    gw_buf_fini(&plain);
    return refusal;
}

static void find_model(const struct seen *seen, struct ask *ask)
{
    if (ask->model.len == 0) {
        ask->model = ask->surface.model;
    }
    if (ask->model.len == 0 && (seen->has_contents || seen->has_request)) {
        ask->model = GW_TEXT(GEMINI_FALLBACK);
    }
    if (ask->model.len > ASK_MODEL_MAX || !is_name(ask->model)) {
        ask->model = GW_TEXT_NONE; /* a path names what it likes */
    }
}

/* ---- Body ------------------------------------------------------------------------------- */

static size_t count_codings(struct gw_text codings)
{
    size_t count = 0;

    while (codings.len > 0) {
        struct gw_text coding = codings, rest = GW_TEXT_NONE;

        (void)gw_text_cut(codings, ',', &coding, &rest);
        coding = gw_text_trim(coding);
        count += coding.len > 0 && !gw_text_eq_nocase(coding, GW_TEXT("identity"));
        codings = rest;
    }
    return count;
}

bool ask_is_json_type(struct gw_text type)
{
    return gw_text_starts_with_nocase(type, GW_TEXT("application/json")) ||
           gw_text_find_text(type, GW_TEXT("json")) < type.len;
}

/* Whether the type claims JSON, denies it, or leaves it open. */
enum claim {
    CLAIM_JSON,
    CLAIM_OPEN,
    CLAIM_OTHER,
};

static enum claim claim_of(struct gw_text type)
{
    if (type.len == 0 || ask_is_json_type(type)) {
        return CLAIM_JSON;
    }
    return gw_text_starts_with_nocase(type, GW_TEXT("multipart/")) ||
                   gw_text_starts_with_nocase(type, GW_TEXT("application/octet-stream")) ||
                   gw_text_starts_with_nocase(type, GW_TEXT("audio/")) ||
                   gw_text_starts_with_nocase(type, GW_TEXT("image/"))
               ? CLAIM_OTHER
               : CLAIM_OPEN;
}

static bool starts_as_object(struct gw_text body)
{
    size_t i = 0;

    while (i < body.len && memchr(" \t\r\n", body.at[i], 4) != NULL) {
        i++;
    }
    return i < body.len && body.at[i] == '{';
}

static enum refusal scan_body(struct ask *ask, struct gw_arena *arena, struct seen *seen,
                              const char **ret_detail)
{
    enum claim claim = claim_of(gw_http_find(ask->request.headers, GW_TEXT("content-type")));
    struct gw_scan scan;

    if (claim == CLAIM_OTHER || ask->is_coded || ask->request.body.len == 0) {
        return REFUSAL_NONE;
    }
    gw_scan_init(&scan, BODY, on_found, seen);
    if (starts_as_object(ask->request.body) && gw_scan_feed(&scan, ask->request.body) == GW_OK &&
        gw_scan_end(&scan) == GW_OK) {
        ask->is_json = true;
        return REFUSAL_NONE;
    }
    *seen = (struct seen){0};
    if (claim == CLAIM_JSON && ask->surface.tier == SURFACE_USAGE_REQUIRED) {
        *ret_detail = gw_arena_fmt(arena, "at byte %llu of %zu", (unsigned long long)scan.offset,
                                   ask->request.body.len);
        return REFUSAL_MALFORMED;
    }
    return REFUSAL_NONE;
}

enum refusal ask_read_body(struct ask *ask, struct gw_arena *arena, const char **ret_detail)
{
    struct seen seen = {0};
    size_t codings = count_codings(gw_http_find(ask->request.headers, GW_TEXT("content-encoding")));
    enum refusal refusal;

    if (codings > 1) {
        return REFUSAL_CODINGS;
    }
    ask->is_coded = codings == 1 && !ask->was_coded && ask->request.body.len > 0;
    refusal = scan_body(ask, arena, &seen, ret_detail);
    if (!ask->surface.is_known) {
        ask->dialect = dialect_by_body(&seen);
    }
    if (refusal == REFUSAL_NONE && (seen.models > 1 || seen.streams > 1)) {
        *ret_detail = seen.models > 1 ? "model" : "stream";
        refusal = REFUSAL_AMBIGUOUS;
    }
    if (refusal == REFUSAL_NONE) {
        refusal = read_model(&seen, arena, ask);
    }
    find_model(&seen, ask);
    ask->wants_stream |= seen.is_stream;
    if (refusal == REFUSAL_NONE && ask->model.len == 0 && !ask->is_coded &&
        ask->surface.tier == SURFACE_USAGE_REQUIRED &&
        ask->request.body.len >= LARGE_WITHOUT_MODEL) {
        refusal = REFUSAL_NO_MODEL;
    }
    return refusal;
}

/* ---- Head ------------------------------------------------------------------------------- */

static bool has_parameter(struct gw_text query, struct gw_text wanted)
{
    while (query.len > 0) {
        struct gw_text one = query, rest = GW_TEXT_NONE;

        (void)gw_text_cut(query, '&', &one, &rest);
        if (gw_text_eq(one, wanted)) {
            return true;
        }
        query = rest;
    }
    return false;
}

/* The HTTP server keeps "Upgrade" to itself; a handshake always has this header beside it. */
static bool is_websocket(const struct ask *ask)
{
    return gw_http_find(ask->request.headers, GW_TEXT("sec-websocket-key")).at != NULL;
}

enum refusal ask_read(const struct ask_request *request, struct gw_arena *arena,
                      struct ask *ret_ask, const char **ret_detail)
{
    struct ask *ask = ret_ask;
    bool is_bodiless = gw_text_eq(request->method, GW_TEXT("GET")) ||
                       gw_text_eq(request->method, GW_TEXT("HEAD"));

    *ask = (struct ask){.request = *request, .path = request->target};
    (void)gw_text_cut(request->target, '?', &ask->path, &ask->query);
    surface_classify(request->method, ask->path, &ask->surface);
    ask->dialect = ask->surface.dialect;
    ask->language = language_of(request->headers);
    ask->user_agent = gw_http_find(request->headers, GW_TEXT("user-agent"));
    if (ask->surface.kind == SURFACE_UNKNOWN) {
        return REFUSAL_UNKNOWN_PATH;
    }
    if (is_websocket(ask)) {
        return REFUSAL_NO_WEBSOCKET;
    }
    if (is_bodiless) {
        ask->request.body = GW_TEXT_NONE;
    }
    ask->wants_stream = (gw_text_find(ask->path, ':') < ask->path.len &&
                         gw_text_find_text(ask->path, GW_TEXT("streamGenerateContent")) <
                             ask->path.len) ||
                        has_parameter(ask->query, GW_TEXT("alt=sse"));
    return ask->surface.kind == SURFACE_PROXY ? ask_read_body(ask, arena, ret_detail)
                                              : REFUSAL_NONE;
}

enum refuse_shape ask_refuse_shape(const struct ask *ask)
{
    struct gw_http_headers headers = ask->request.headers;

    if (!ask->surface.is_known || gw_text_starts_with(ask->path, GW_TEXT("/v1/models"))) {
        if (gw_http_find(headers, GW_TEXT("anthropic-version")).at != NULL) {
            return REFUSE_ANTHROPIC;
        }
        if (gw_http_find(headers, GW_TEXT("x-goog-api-key")).at != NULL) {
            return REFUSE_GOOGLE;
        }
    }
    if (ask->surface.kind == SURFACE_UNKNOWN) {
        return REFUSE_OPENAI;
    }
    switch (ask->dialect) {
    case DIALECT_CLAUDE:
        return REFUSE_ANTHROPIC;
    case DIALECT_OPENAI:
    case DIALECT_RESPONSE:
        return REFUSE_OPENAI;
    case DIALECT_GEMINI:
    case DIALECT_GEMINI_CLI:
        return REFUSE_GOOGLE;
    }
    return REFUSE_OPENAI;
}
