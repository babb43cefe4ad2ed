/* SPDX-License-Identifier: MIT */
/*
 * The catalogue of spec 01 §2.3 as a table: the first row that fits counts. A pattern is compared
 * with the path in lower case and without one trailing slash; a '*' at its end stands for
 * nothing or for a slash and anything. Google's actions have a table of their own, because there
 * the word behind the colon decides.
 */
#include "dataplane/front/surface.h"

#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    } /* GW_TEXT, for static tables */

struct row {
    struct gw_text path;
    enum dialect dialect;
    enum surface_tier tier;
    enum surface_policy policy;
};

static const struct row CATALOGUE[] = {
    {TEXT("/v1/messages"), DIALECT_CLAUDE, SURFACE_USAGE_REQUIRED, SURFACE_DEFAULT},
    {TEXT("/v1/messages/count_tokens"), DIALECT_CLAUDE, SURFACE_USAGE_NONE, SURFACE_RAW},
    {TEXT("/v1/responses/compact"), DIALECT_RESPONSE, SURFACE_USAGE_NONE, SURFACE_RAW},
    {TEXT("/v1/responses"), DIALECT_RESPONSE, SURFACE_USAGE_REQUIRED, SURFACE_DEFAULT},
    {TEXT("/v1/responses*"), DIALECT_RESPONSE, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1/chat/completions"), DIALECT_OPENAI, SURFACE_USAGE_REQUIRED, SURFACE_DEFAULT},
    {TEXT("/v1/chat/completions*"), DIALECT_OPENAI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1/models*"), DIALECT_OPENAI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1beta/files*"), DIALECT_GEMINI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1beta/models*"), DIALECT_GEMINI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1/embeddings"), DIALECT_OPENAI, SURFACE_USAGE_REQUIRED, SURFACE_DEFAULT},
    {TEXT("/v1/completions*"), DIALECT_OPENAI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1/moderations"), DIALECT_OPENAI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1/audio/speech"), DIALECT_OPENAI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1/audio/transcriptions"), DIALECT_OPENAI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1/audio/translations"), DIALECT_OPENAI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1/audio/voice_consents*"), DIALECT_OPENAI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1/audio/voices*"), DIALECT_OPENAI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1/images*"), DIALECT_OPENAI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1/files*"), DIALECT_OPENAI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1/uploads*"), DIALECT_OPENAI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1/batches*"), DIALECT_OPENAI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1/fine_tuning*"), DIALECT_OPENAI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1/evals*"), DIALECT_OPENAI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1/assistants*"), DIALECT_OPENAI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1/threads*"), DIALECT_OPENAI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1/conversations*"), DIALECT_OPENAI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1/vector_stores*"), DIALECT_OPENAI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1/containers*"), DIALECT_OPENAI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1/realtime*"), DIALECT_OPENAI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1/videos*"), DIALECT_OPENAI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1/skills*"), DIALECT_OPENAI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
    {TEXT("/v1/chatkit*"), DIALECT_OPENAI, SURFACE_USAGE_NONE, SURFACE_DEFAULT},
};

/* Where a path names a model, in the order they are tried. */
static const struct gw_text MODEL_ROOTS[] = {TEXT("/v1/publishers/google/models/"),
                                             TEXT("/v1beta/models/"), TEXT("/v1/models/")};
#define MODEL_ROOT_V1 2

static const struct {
    const char *action; /* in lower case */
    enum surface_tier tier;
    bool not_under_v1_models;
} ACTIONS[] = {
    {"generatecontent", SURFACE_USAGE_REQUIRED, false},
    {"streamgeneratecontent", SURFACE_USAGE_REQUIRED, false},
    {"counttokens", SURFACE_USAGE_OPTIONAL, false},
    {"embedcontent", SURFACE_USAGE_OPTIONAL, false},
    {"batchgeneratecontent", SURFACE_USAGE_OPTIONAL, false},
    {"batchembedcontents", SURFACE_USAGE_OPTIONAL, false},
    {"asyncbatchembedcontent", SURFACE_USAGE_OPTIONAL, false},
    {"predict", SURFACE_USAGE_OPTIONAL, true},
    {"predictlongrunning", SURFACE_USAGE_OPTIONAL, true},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Lower case into `room`, without one trailing slash; empty if it is too long. */
static struct gw_text normalise(struct gw_text path, char room[SURFACE_PATH_MAX])
{
    if (path.len > SURFACE_PATH_MAX) {
        return GW_TEXT_NONE;
    }
    for (size_t i = 0; i < path.len; i++) {
        char byte = path.at[i];

        room[i] = (char)(byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte);
    }
    if (path.len > 1 && room[path.len - 1] == '/') {
        path.len--;
    }
    return (struct gw_text){room, path.len};
}

static bool fits(struct gw_text path, struct gw_text pattern)
{
    if (pattern.at[pattern.len - 1] != '*') {
        return gw_text_eq(path, pattern);
    }
    pattern.len--;
    return gw_text_starts_with(path, pattern) &&
           (path.len == pattern.len || path.at[pattern.len] == '/');
}

enum sign {
    SIGN_SEPARATOR,
    SIGN_DOT,
    SIGN_OTHER,
};

/* What the byte at *at is, also when it is written with a percent sign; moves *at behind it. */
static enum sign next_sign(struct gw_text path, size_t *at)
{
    char byte = path.at[(*at)++];

    if (byte == '%' && path.len - *at >= 2) {
        struct gw_text code = {path.at + *at, 2};

        byte = gw_text_eq(code, GW_TEXT("2e"))   ? '.'
               : gw_text_eq(code, GW_TEXT("2f")) ? '/'
               : gw_text_eq(code, GW_TEXT("5c")) ? '\\'
                                                 : '%';
        *at += byte == '%' ? 0 : 2;
    }
    return byte == '.' ? SIGN_DOT : byte == '/' || byte == '\\' ? SIGN_SEPARATOR : SIGN_OTHER;
}

/* "." or ".." as a part of the path: a provider may resolve it and end up somewhere else. */
static bool has_dots(struct gw_text path)
{
    size_t dots = 0, others = 0, at = 0;

    while (at < path.len) {
        switch (next_sign(path, &at)) {
        case SIGN_DOT:
            dots++;
            break;
        case SIGN_OTHER:
            others++;
            break;
        case SIGN_SEPARATOR:
            if (others == 0 && (dots == 1 || dots == 2)) {
                return true;
            }
            dots = others = 0;
            break;
        }
    }
    return others == 0 && (dots == 1 || dots == 2);
}

static bool classify_model(struct gw_text path, struct gw_text written, struct surface *surface)
{
    for (size_t root = 0; root < COUNT(MODEL_ROOTS); root++) {
        struct gw_text prefix = MODEL_ROOTS[root], action = GW_TEXT_NONE, name;

        if (!gw_text_starts_with(path, prefix) || path.len == prefix.len) {
            continue;
        }
        name = gw_text_skip(path, prefix.len);
        (void)gw_text_cut(name, ':', &name, &action);
        if (gw_text_find(name, '/') == name.len) {
            surface->model = (struct gw_text){written.at + prefix.len, name.len};
        }
        for (size_t i = 0; i < COUNT(ACTIONS); i++) {
            if (gw_text_eq(action, gw_text_of(ACTIONS[i].action)) &&
                !(ACTIONS[i].not_under_v1_models && root == MODEL_ROOT_V1)) {
                surface->is_known = true;
                surface->dialect = DIALECT_GEMINI;
                surface->tier = ACTIONS[i].tier;
                return true;
            }
        }
        return false;
    }
    return false;
}

static void classify_proxy(struct gw_text path, struct gw_text written, struct surface *surface)
{
    surface->kind = SURFACE_PROXY;
    if (classify_model(path, written, surface)) {
        return;
    }
    for (size_t i = 0; i < COUNT(CATALOGUE); i++) {
        if (fits(path, CATALOGUE[i].path)) {
            surface->is_known = true;
            surface->dialect = CATALOGUE[i].dialect;
            surface->tier = CATALOGUE[i].tier;
            surface->policy = CATALOGUE[i].policy;
            return;
        }
    }
}

void surface_classify(struct gw_text method, struct gw_text path, struct surface *ret_surface)
{
    char room[SURFACE_PATH_MAX];
    struct gw_text written = path;
    bool is_head = gw_text_eq(method, GW_TEXT("HEAD"));

    *ret_surface = (struct surface){.kind = SURFACE_UNKNOWN, .dialect = DIALECT_CLAUDE};
    path = normalise(path, room);
    if (is_head && (gw_text_eq(path, GW_TEXT("/")) || gw_text_eq(path, GW_TEXT("/api/hello")))) {
        ret_surface->kind = SURFACE_HELLO;
    } else if (!gw_text_starts_with(path, GW_TEXT("/v1/")) &&
               !gw_text_starts_with(path, GW_TEXT("/v1beta/"))) {
        return;
    } else if (has_dots(path)) {
        return;
    } else if (gw_text_eq(method, GW_TEXT("OPTIONS"))) {
        ret_surface->kind = SURFACE_PREFLIGHT;
    } else if (gw_text_eq(path, GW_TEXT("/v1/_ping")) && gw_text_eq(method, GW_TEXT("GET"))) {
        ret_surface->kind = SURFACE_PING;
    } else {
        classify_proxy(path, written, ret_surface);
    }
}
