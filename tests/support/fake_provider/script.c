/* SPDX-License-Identifier: MIT */
#include "tests/support/fake_provider/script.h"

#define CHUNKS_MAX   20000
#define SIZE_MAX_    (8 << 20)
#define TOKENS_MAX   1000000000
#define DELAY_MAX_MS 3600000

struct key {
    const char *name;
    size_t offset;
    int64_t most;
};

#define AT(field, most) offsetof(struct script, field), most

static const struct key KEYS[] = {
    {"chunks", AT(chunks, CHUNKS_MAX)},      {"delay", AT(delay_ms, DELAY_MAX_MS)},
    {"first", AT(first_ms, DELAY_MAX_MS)},   {"size", AT(size, SIZE_MAX_)},
    {"in", AT(tokens_in, TOKENS_MAX)},       {"out", AT(tokens_out, TOKENS_MAX)},
    {"cr", AT(cache_read, TOKENS_MAX)},      {"c5m", AT(cache_5m, TOKENS_MAX)},
    {"c1h", AT(cache_1h, TOKENS_MAX)},       {"status", AT(status, 599)},
    {"retry-after", AT(retry_after, 86400)}, {"cut", AT(cut, CHUNKS_MAX)},
    {"stall", AT(stall, CHUNKS_MAX)},
};

static void read_pair(struct gw_text pair, struct script *script)
{
    struct gw_text name, value;
    uint64_t number;

    if (!gw_text_cut(gw_text_trim(pair), '=', &name, &value) ||
        gw_text_to_u64(value, &number) != GW_OK) {
        return;
    }
    for (size_t i = 0; i < sizeof(KEYS) / sizeof(KEYS[0]); i++) {
        if (gw_text_eq(name, gw_text_of(KEYS[i].name)) && number <= (uint64_t)KEYS[i].most) {
            *(int64_t *)((char *)script + KEYS[i].offset) = (int64_t)number;
        }
    }
}

static void read_mock(struct gw_text pairs, struct script *script)
{
    struct gw_text pair;

    while (gw_text_cut(pairs, ',', &pair, &pairs)) {
        read_pair(pair, script);
    }
    read_pair(pairs, script);
}

/* What stands between `begin` and "]]"; false if it is not there. */
static bool directive(struct gw_text body, struct gw_text begin, struct gw_text *ret_inside)
{
    size_t at = gw_text_find_text(body, begin);
    size_t end;

    if (at == body.len) {
        return false;
    }
    body = gw_text_skip(body, at + begin.len);
    end = gw_text_find_text(body, GW_TEXT("]]"));
    *ret_inside = (struct gw_text){body.at, end};
    return end < body.len;
}

/* What follows `"name" :` at its first place; empty if there is none. */
static struct gw_text value_of(struct gw_text body, struct gw_text quoted_name)
{
    size_t at = gw_text_find_text(body, quoted_name);

    if (at == body.len) {
        return GW_TEXT("");
    }
    body = gw_text_trim(gw_text_skip(body, at + quoted_name.len));
    if (body.len == 0 || body.at[0] != ':') {
        return GW_TEXT("");
    }
    return gw_text_trim(gw_text_skip(body, 1));
}

static bool is_true(struct gw_text body, struct gw_text quoted_name)
{
    return gw_text_starts_with(value_of(body, quoted_name), GW_TEXT("true"));
}

static struct gw_text string_of(struct gw_text body, struct gw_text quoted_name)
{
    struct gw_text value = value_of(body, quoted_name);

    if (value.len == 0 || value.at[0] != '"') {
        return GW_TEXT("");
    }
    value = gw_text_skip(value, 1);
    return (struct gw_text){value.at, gw_text_find(value, '"')};
}

void script_read(struct gw_text body, int64_t delay_ms, struct script *ret_script)
{
    struct gw_text inside;

    *ret_script = (struct script){
        .text = GW_TEXT(""),
        .chunks = 8,
        .delay_ms = delay_ms,
        .tokens_in = 25,
        .tokens_out = -1,
        .status = 200,
        .retry_after = -1,
        .cut = SCRIPT_NEVER,
        .stall = SCRIPT_NEVER,
    };
    if (body.len == 0) {
        return;
    }
    if (directive(body, GW_TEXT("[[echo:"), &inside)) {
        ret_script->text = inside;
    }
    if (directive(body, GW_TEXT("[[mock:"), &inside)) {
        read_mock(inside, ret_script);
    }
    if (ret_script->chunks == 0) {
        ret_script->chunks = 1;
    }
    if (ret_script->tokens_out < 0) {
        ret_script->tokens_out = ret_script->chunks * 2;
    }
    ret_script->model = string_of(body, GW_TEXT("\"model\""));
    ret_script->streams = is_true(body, GW_TEXT("\"stream\""));
    ret_script->includes_usage = is_true(body, GW_TEXT("\"include_usage\""));
    ret_script->wants_base64 = gw_text_eq(string_of(body, GW_TEXT("\"encoding_format\"")),
                                          GW_TEXT("base64"));
}

/* ---- Text ------------------------------------------------------------------------------- */

void script_append_text(const struct script *script, struct gw_buf *out)
{
    static const char WORDS[] = "The quick brown fox jumps over the lazy dog and runs on. ";

    if (script->text.len > 0) {
        gw_buf_append(out, script->text);
        return;
    }
    if (script->size > 0) {
        for (size_t left = (size_t)script->size; left > 0;) {
            size_t some = left < sizeof(WORDS) - 1 ? left : sizeof(WORDS) - 1;

            gw_buf_append(out, (struct gw_text){WORDS, some});
            left -= some;
        }
        return;
    }
    for (int64_t i = 0; i < script->chunks; i++) {
        gw_buf_appendf(out, i == 0 ? "Scripted answer, part %d" : ", part %d", (int)i + 1);
    }
    gw_buf_append_str(out, ".");
}

/* Moves `at` forward to where no character and no escape is cut. */
static size_t boundary(struct gw_text text, size_t at)
{
    size_t safe = at < 12 ? 0 : at - 12;

    while (safe > 0 && ((unsigned char)text.at[safe] & 0xc0) == 0x80) {
        safe--;
    }
    while (safe > 0 && text.at[safe - 1] == '\\') {
        safe--; /* to the first of a row of backslashes */
    }
    while (safe < at && safe < text.len) {
        if (text.at[safe] == '\\') {
            safe += safe + 1 < text.len && text.at[safe + 1] == 'u' ? 6 : 2;
            continue;
        }
        do {
            safe++;
        } while (safe < text.len && ((unsigned char)text.at[safe] & 0xc0) == 0x80);
    }
    return safe > text.len ? text.len : safe;
}

struct gw_text script_piece(struct gw_text text, int64_t index, int64_t count)
{
    size_t from = boundary(text, text.len * (size_t)index / (size_t)count);
    size_t to = boundary(text, text.len * (size_t)(index + 1) / (size_t)count);

    return (struct gw_text){text.at + from, to - from};
}
