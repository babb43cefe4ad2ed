/* SPDX-License-Identifier: MIT */
/*
 * Anthropic takes a key in either of two headers and ignores the other; what stands between, a
 * relay somebody runs, often takes the bearer only and stumbles over both. Hence the look at
 * the host's name.
 */
#include "dataplane/attempt/secret.h"

#include "lib/json/scan.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define US_PER_MS    1000

#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static const struct gw_text RELAY_WORDS[] = {TEXT("proxy"),  TEXT("relay"),  TEXT("gateway"),
                                             TEXT("router"), TEXT("worker"), TEXT("openrouter"),
                                             TEXT("api2d"),  TEXT("oaipro")};

/* ---- Hosts ------------------------------------------------------------------------------ */

static bool ends_word(struct gw_text host, size_t at)
{
    return at >= host.len || host.at[at] == '.' || host.at[at] == '-';
}

static bool is_relay(struct gw_text host)
{
    size_t begin = 0;

    if (gw_text_ends_with(host, GW_TEXT(".anthropic.com")) ||
        gw_text_ends_with(host, GW_TEXT(".claude.ai"))) {
        return false;
    }
    for (size_t at = 0; at <= host.len; at++) {
        struct gw_text word = {host.at + begin, at - begin};

        if (!ends_word(host, at)) {
            continue;
        }
        for (size_t i = 0; i < COUNT(RELAY_WORDS); i++) {
            if (word.len == RELAY_WORDS[i].len && gw_text_eq_nocase(word, RELAY_WORDS[i])) {
                return true;
            }
        }
        begin = at + 1;
    }
    return false;
}

/* "us-east-1", "us-gov-west-1": words of letters, and a number last. */
static bool is_region(struct gw_text text)
{
    struct gw_text word;
    size_t words = 0;

    while (gw_text_cut(text, '-', &word, &text)) {
        for (size_t i = 0; i < word.len; i++) {
            if (word.at[i] < 'a' || word.at[i] > 'z') {
                return false;
            }
        }
        words += word.len > 0;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') {
            return false;
        }
    }
    return words >= 2 && text.len > 0;
}

static bool is_aws(struct gw_text host)
{
    struct gw_text prefix = GW_TEXT("aws-external-anthropic."), suffix = GW_TEXT(".api.aws");

    return gw_text_starts_with(host, prefix) && gw_text_ends_with(host, suffix) &&
           host.len > prefix.len + suffix.len &&
           is_region((struct gw_text){host.at + prefix.len, host.len - prefix.len - suffix.len});
}

/* ---- Google's JSON credential ----------------------------------------------------------- */

enum token_field {
    TOKEN_ACCESS,
    TOKEN_EXPIRES_AT,
};

static const struct gw_scan_name TOKEN[] = {
    {"access_token", TOKEN_ACCESS, NULL},
    {"expires_at", TOKEN_EXPIRES_AT, NULL},
    {NULL, -1, NULL},
};

struct token {
    struct gw_text access;
    uint64_t expires_at_ms; /* 0: it does not say */
};

static void on_token(void *owner, const struct gw_scan_found *found)
{
    struct token *token = owner;

    if (found->id == TOKEN_ACCESS && found->kind == GW_SCAN_STRING) {
        token->access = found->text;
    } else if (found->id == TOKEN_EXPIRES_AT && found->kind == GW_SCAN_NUMBER) {
        (void)gw_scan_to_u64(found->text, &token->expires_at_ms);
    }
}

static enum gw_err access_token(const struct secret *secret, struct gw_text *ret_token,
                                struct gw_fault *fault)
{
    struct token token = {GW_TEXT_NONE, 0};
    struct gw_scan scan;

    gw_scan_init(&scan, TOKEN, on_token, &token);
    if (gw_scan_feed(&scan, secret->text) != GW_OK || gw_scan_end(&scan) != GW_OK ||
        token.access.len == 0) {
        return gw_fail(fault, GW_E_INVALID, "credential is no object with an access token");
    }
    if (token.expires_at_ms != 0 && token.expires_at_ms <= (uint64_t)secret->wall_us / US_PER_MS) {
        return gw_fail(fault, GW_E_UNAVAILABLE, "access token has run out");
    }
    *ret_token = token.access;
    return GW_OK;
}

/* ---- Headers ---------------------------------------------------------------------------- */

static void add(struct secret_headers *headers, struct gw_text name, struct gw_text value)
{
    headers->at[headers->count++] = (struct gw_http_header){name, value};
}

static void add_bearer(struct secret_headers *headers, struct gw_text token, struct gw_buf *room)
{
    size_t from = room->len;

    gw_buf_append(room, GW_TEXT("Bearer "));
    gw_buf_append(room, token);
    add(headers, GW_TEXT("authorization"), (struct gw_text){room->at + from, room->len - from});
}

static void add_key(struct secret_headers *headers, struct gw_text key)
{
    add(headers, GW_TEXT("x-api-key"), key);
}

static void show_anthropic(const struct secret *secret, struct gw_buf *room,
                           struct secret_headers *headers)
{
    if (is_aws(secret->host)) {
        add_key(headers, secret->text);
        return;
    }
    add_bearer(headers, secret->text, room);
    if (secret->type == GW_PROVIDER_CLAUDE && !is_relay(secret->host)) {
        add_key(headers, secret->text);
    }
}

static enum gw_err show_google(const struct secret *secret, struct gw_buf *room,
                               struct secret_headers *headers, struct gw_fault *fault)
{
    struct gw_text token = secret->text;

    if (secret->text.at[0] == '{') {
        GW_TRY(access_token(secret, &token, fault));
        add_bearer(headers, token, room);
    } else if (gw_text_starts_with(token, GW_TEXT("ya29."))) {
        add_bearer(headers, token, room);
    } else {
        add(headers, GW_TEXT("x-goog-api-key"), token);
    }
    if (secret->type == GW_PROVIDER_GEMINI_CLI) {
        add(headers, GW_TEXT("x-goog-api-client"), GW_TEXT("GeminiCLI/1.0"));
    }
    return GW_OK;
}

static bool fits_a_header(struct gw_text value)
{
    for (size_t i = 0; i < value.len; i++) {
        if ((unsigned char)value.at[i] < ' ' || value.at[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

static enum gw_err choose(const struct secret *secret, struct gw_buf *room,
                          struct secret_headers *headers, struct gw_fault *fault)
{
    switch (secret->type) {
    case GW_PROVIDER_CLAUDE:
    case GW_PROVIDER_CLAUDE_AUTH:
        show_anthropic(secret, room, headers);
        return GW_OK;
    case GW_PROVIDER_CODEX:
    case GW_PROVIDER_OPENAI_COMPATIBLE:
        add_bearer(headers, secret->text, room);
        return GW_OK;
    case GW_PROVIDER_GEMINI:
    case GW_PROVIDER_GEMINI_CLI:
        return show_google(secret, room, headers, fault);
    }
    return gw_fail(fault, GW_E_INVALID, "provider is of a type we do not know");
}

enum gw_err secret_show(const struct secret *secret, struct gw_buf *room,
                        struct secret_headers *ret_headers, struct gw_fault *fault)
{
    struct secret_headers headers = {.count = 0};

    if (secret->text.len == 0) {
        return gw_fail(fault, GW_E_INVALID, "provider has no credential");
    }
    GW_TRY(choose(secret, room, &headers, fault));
    for (size_t i = 0; i < headers.count; i++) {
        if (!fits_a_header(headers.at[i].value)) {
            return gw_fail(fault, GW_E_INVALID, "credential holds a control character");
        }
    }
    *ret_headers = headers;
    return GW_OK;
}
