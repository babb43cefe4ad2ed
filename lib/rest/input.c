/* SPDX-License-Identifier: MIT */
#include "lib/rest/input.h"

#include "lib/rest/problem.h"

void gw_rest_input_init(struct gw_rest_input *input, struct gw_rest_call *call)
{
    input->call = call;
    input->doc = NULL;
    input->refused = false;
    gw_json_problems_init(&input->problems, call->arena);
}

void gw_rest_input_fini(struct gw_rest_input *input)
{
    gw_json_doc_free(input->doc);
}

/* ---- Path and body ---------------------------------------------------------------------- */

void gw_rest_input_id(struct gw_rest_input *input, size_t place, const char *name, int64_t *ret_id)
{
    int64_t id;

    if (gw_text_to_i64(input->call->params[place], &id) != GW_OK) {
        gw_json_problems_add(&input->problems, name, GW_JSON_CODE_TYPE, "must be a whole number");
    } else if (id < 1) {
        gw_json_problems_add(&input->problems, name, GW_JSON_CODE_TOO_SMALL, "must be at least 1");
    } else {
        *ret_id = id;
    }
}

static bool says_json(struct gw_text content_type)
{
    static const struct gw_text JSON = GW_TEXT("application/json");

    for (; content_type.len >= JSON.len; content_type = gw_text_skip(content_type, 1)) {
        if (gw_text_starts_with_nocase(content_type, JSON)) {
            return true;
        }
    }
    return false;
}

struct gw_json_in *gw_rest_input_body(struct gw_rest_input *input)
{
    struct gw_rest_call *call = input->call;
    struct gw_fault fault;
    enum gw_err err;

    input->refused = true;
    if (!says_json(call->content_type)) {
        gw_rest_refuse(call, 415, NULL, "the body must be application/json");
        return NULL;
    }
    err = gw_json_parse(call->body, GW_JSON_BODY_MAX, &input->doc, &fault);
    if (err == GW_E_TOO_LARGE) {
        gw_rest_refuse(call, 413, NULL, NULL);
        return NULL;
    }
    if (err != GW_OK) {
        gw_rest_refuse(call, 400, "request.malformed_json", gw_arena_str(call->arena, fault.text));
        return NULL;
    }
    input->refused = false;
    gw_json_in_root(&input->in, input->doc, &input->problems);
    return &input->in;
}

bool gw_rest_input_accept(struct gw_rest_input *input)
{
    if (input->refused) {
        return false;
    }
    if (input->doc != NULL) {
        gw_json_in_end(&input->in);
    }
    if (input->problems.count > 0) {
        gw_rest_refuse_fields(input->call, &input->problems);
        return false;
    }
    return true;
}

/* ---- Escapes ---------------------------------------------------------------------------- */

static int nibble(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    digit |= 0x20;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

enum gw_err gw_rest_percent_decode(struct gw_text text, enum gw_rest_plus plus,
                                   struct gw_arena *arena, struct gw_text *ret_text)
{
    char *to = gw_arena_try(arena, text.len + 1);
    size_t len = 0;

    if (to == NULL) {
        return GW_E_TOO_LARGE;
    }
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.at[i];

        if (byte == '%') {
            int high = text.len - i > 2 ? nibble(text.at[i + 1]) : -1;
            int low = text.len - i > 2 ? nibble(text.at[i + 2]) : -1;

            if (high < 0 || low < 0 || (high | low) == 0) {
                return GW_E_INVALID;
            }
            byte = (char)(high << 4 | low);
            i += 2;
        } else if (byte == '+' && plus == GW_REST_PLUS_IS_SPACE) {
            byte = ' ';
        }
        to[len++] = byte;
    }
    *ret_text = (struct gw_text){to, len};
    return GW_OK;
}

/* ---- Query parameters ------------------------------------------------------------------- */

static void wrong(struct gw_rest_input *input, const char *name, const char *code,
                  const char *message)
{
    gw_json_problems_add(&input->problems, name, code, message);
}

/* The decoded value of the one parameter of that name; false if there is none to be used. */
static bool find(struct gw_rest_input *input, const char *name, struct gw_text *ret_value)
{
    struct gw_text rest = input->call->query, pair, key, value, found = GW_TEXT_NONE;
    struct gw_arena *arena = input->call->arena;

    while (rest.len > 0) {
        if (!gw_text_cut(rest, '&', &pair, &rest)) {
            pair = rest;
            rest = GW_TEXT_NONE;
        }
        if (!gw_text_cut(pair, '=', &key, &value)) {
            key = pair;
            value = GW_TEXT("");
        }
        if (!gw_text_eq(key, gw_text_of(name))) {
            continue;
        }
        if (found.at != NULL) {
            wrong(input, name, "duplicate", "is given more than once");
            return false;
        }
        if (gw_rest_percent_decode(value, GW_REST_PLUS_IS_SPACE, arena, &found) != GW_OK) {
            wrong(input, name, GW_JSON_CODE_FORMAT, "has a bad escape");
            return false;
        }
    }
    *ret_value = found;
    return found.len > 0;
}

/* Characters, not bytes. */
static size_t count_characters(struct gw_text text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++) {
        count += ((unsigned char)text.at[i] & 0xc0) != 0x80;
    }
    return count;
}

bool gw_rest_query_text(struct gw_rest_input *input, const char *name, size_t most,
                        struct gw_text *ret_text)
{
    struct gw_text value;

    if (!find(input, name, &value)) {
        return false;
    }
    if (count_characters(value) > most) {
        wrong(input, name, GW_JSON_CODE_TOO_BIG,
              gw_arena_fmt(input->call->arena, "must have at most %zu characters", most));
        return false;
    }
    *ret_text = value;
    return true;
}

bool gw_rest_query_int(struct gw_rest_input *input, const char *name, int64_t least, int64_t most,
                       int64_t *ret_number)
{
    struct gw_arena *arena = input->call->arena;
    struct gw_text value;
    int64_t number;

    if (!find(input, name, &value)) {
        return false;
    }
    if (gw_text_to_i64(value, &number) != GW_OK) {
        wrong(input, name, GW_JSON_CODE_TYPE, "must be a whole number");
        return false;
    }
    if (number < least || number > most) {
        wrong(input, name, number < least ? GW_JSON_CODE_TOO_SMALL : GW_JSON_CODE_TOO_BIG,
              gw_arena_fmt(arena, "must be between %lld and %lld", (long long)least,
                           (long long)most));
        return false;
    }
    *ret_number = number;
    return true;
}

bool gw_rest_query_bool(struct gw_rest_input *input, const char *name, bool *ret_flag)
{
    struct gw_text value;

    if (!find(input, name, &value)) {
        return false;
    }
    if (gw_text_eq(value, GW_TEXT("true")) || gw_text_eq(value, GW_TEXT("1"))) {
        *ret_flag = true;
    } else if (gw_text_eq(value, GW_TEXT("false")) || gw_text_eq(value, GW_TEXT("0"))) {
        *ret_flag = false;
    } else {
        wrong(input, name, GW_JSON_CODE_TYPE, "must be true or false");
        return false;
    }
    return true;
}

bool gw_rest_query_enum(struct gw_rest_input *input, const char *name, const char *const *words,
                        size_t *ret_place)
{
    struct gw_text value;

    if (!find(input, name, &value)) {
        return false;
    }
    for (size_t i = 0; words[i] != NULL; i++) {
        if (gw_text_eq(value, gw_text_of(words[i]))) {
            *ret_place = i;
            return true;
        }
    }
    wrong(input, name, GW_JSON_CODE_VALUE, "is not one of the words allowed");
    return false;
}

bool gw_rest_query_time(struct gw_rest_input *input, const char *name, int64_t *ret_wall_us)
{
    struct gw_json_problems ignored;
    struct gw_json_doc *doc = NULL;
    struct gw_json_in in;
    struct gw_text value;
    struct gw_buf buf;
    enum gw_json_is is = GW_JSON_WRONG;

    if (!find(input, name, &value)) {
        return false;
    }
    /* One reader of times for bodies and queries. */
    gw_json_problems_init(&ignored, input->call->arena);
    gw_buf_init(&buf, 8 * value.len + 64);
    gw_buf_append_str(&buf, "{\"at\":");
    gw_json_quote(value, &buf);
    gw_buf_append_str(&buf, "}");
    if (gw_json_parse(gw_buf_text(&buf), buf.max, &doc, NULL) == GW_OK) {
        gw_json_in_root(&in, doc, &ignored);
        is = gw_json_in_time(&in, "at", GW_JSON_REQUIRED, ret_wall_us);
    }
    gw_json_doc_free(doc);
    gw_buf_fini(&buf);
    if (is != GW_JSON_VALUE) {
        wrong(input, name, GW_JSON_CODE_FORMAT, "must be a time such as 2026-01-31T09:15:02Z");
    }
    return is == GW_JSON_VALUE;
}
