/* SPDX-License-Identifier: MIT */
/*
 * The kinds of setting: how each is read, bounded, printed, compared and copied.
 */
#include <stdio.h>

#include "lib/base/check.h"
#include "lib/conf/inside.h"

#define SECRET_MAX     ((size_t)64 * 1024)
#define LIST_ITEMS_MAX ((size_t)256)

/* For messages: no more of a wrong value than fits a line. */
#define SHOWN(text) (int)((text).len < 60 ? (text).len : 60), (text).len == 0 ? "" : (text).at

/* ---- Numbers with a unit ---------------------------------------------------------------- */

struct unit {
    const char *name;
    uint64_t factor;
};

/* From the largest, so that printing finds the roundest. */
static const struct unit SIZES[] = {{"GiB", UINT64_C(1) << 30},
                                    {"MiB", UINT64_C(1) << 20},
                                    {"KiB", UINT64_C(1) << 10},
                                    {"B", 1},
                                    {"", 1},
                                    {NULL, 0}};

static const struct unit DURATIONS[] = {{"d", UINT64_C(86400000000)}, {"h", UINT64_C(3600000000)},
                                        {"min", UINT64_C(60000000)},  {"m", UINT64_C(60000000)},
                                        {"s", UINT64_C(1000000)},     {"ms", UINT64_C(1000)},
                                        {"us", UINT64_C(1)},          {NULL, 0}};

static const struct unit COUNTS[] = {{"", 1}, {NULL, 0}};

static bool read_units(struct gw_text text, const struct unit *units, uint64_t *ret_value)
{
    struct gw_text digits = text, unit;
    uint64_t number;

    digits.len = 0;
    while (digits.len < text.len && text.at[digits.len] >= '0' && text.at[digits.len] <= '9') {
        digits.len++;
    }
    if (gw_text_to_u64(digits, &number) != GW_OK) {
        return false;
    }
    unit = gw_text_trim(gw_text_skip(text, digits.len));
    for (; units->name != NULL; units++) {
        if (gw_text_eq(unit, gw_text_of(units->name)) ||
            (number == 0 && unit.len == 0)) { /* nothing of any unit */
            return !__builtin_mul_overflow(number, units->factor, ret_value);
        }
    }
    return false;
}

static void print_units(uint64_t value, const struct unit *units, struct gw_buf *out)
{
    if (value == 0) {
        gw_buf_append_byte(out, '0');
        return;
    }
    while (value % units->factor != 0) {
        units++;
    }
    gw_buf_appendf(out, "%llu%s%s", (unsigned long long)(value / units->factor),
                   *units->name == '\0' ? "" : " ", units->name);
}

/* Within the key's bounds, and no more than `max`. */
static enum gw_err read_bounded(const struct gw_conf_key *key, const struct unit *units,
                                struct gw_text text, uint64_t max, uint64_t *ret_value,
                                struct gw_fault *fault)
{
    uint64_t value, least = 0, most = max;

    GW_CHECK(key->least == NULL || read_units(gw_text_of(key->least), units, &least));
    GW_CHECK(key->most == NULL || read_units(gw_text_of(key->most), units, &most));
    if (!read_units(text, units, &value)) {
        return gw_fail(fault, GW_E_INVALID, "is \"%.*s\", which is not a %s", SHOWN(text),
                       key->type->name);
    }
    if (value < least) {
        return gw_fail(fault, GW_E_INVALID, "must be at least %s", key->least);
    }
    if (value > most && key->most != NULL) {
        return gw_fail(fault, GW_E_INVALID, "must be at most %s", key->most);
    }
    if (value > max) {
        return gw_fail(fault, GW_E_INVALID, "is too large");
    }
    *ret_value = value;
    return GW_OK;
}

static enum gw_err read_count(struct gw_arena *arena, const struct gw_conf_key *key,
                              struct gw_text text, void *ret_value, struct gw_fault *fault)
{
    uint64_t value;

    (void)arena;
    GW_TRY(read_bounded(key, COUNTS, text, UINT32_MAX, &value, fault));
    *(gw_conf_count_c *)ret_value = (gw_conf_count_c)value;
    return GW_OK;
}

static void print_count(const struct gw_conf_key *key, const void *value, struct gw_buf *out)
{
    (void)key;
    gw_buf_appendf(out, "%u", *(const gw_conf_count_c *)value);
}

static enum gw_err read_size(struct gw_arena *arena, const struct gw_conf_key *key,
                             struct gw_text text, void *ret_value, struct gw_fault *fault)
{
    uint64_t value;

    (void)arena;
    GW_TRY(read_bounded(key, SIZES, text, SIZE_MAX / 2, &value, fault));
    *(gw_conf_size_c *)ret_value = (gw_conf_size_c)value;
    return GW_OK;
}

static void print_size(const struct gw_conf_key *key, const void *value, struct gw_buf *out)
{
    (void)key;
    print_units(*(const gw_conf_size_c *)value, SIZES, out);
}

static enum gw_err read_duration(struct gw_arena *arena, const struct gw_conf_key *key,
                                 struct gw_text text, void *ret_value, struct gw_fault *fault)
{
    uint64_t value;

    (void)arena;
    GW_TRY(read_bounded(key, DURATIONS, text, INT64_MAX / 2, &value, fault));
    *(gw_conf_duration_c *)ret_value = (gw_conf_duration_c)value;
    return GW_OK;
}

static void print_duration(const struct gw_conf_key *key, const void *value, struct gw_buf *out)
{
    (void)key;
    print_units((uint64_t) * (const gw_conf_duration_c *)value, DURATIONS, out);
}

#define SCALAR(kind)                                                                               \
    static bool same_##kind(const void *a, const void *b)                                          \
    {                                                                                              \
        return *(const gw_conf_##kind##_c *)a == *(const gw_conf_##kind##_c *)b;                   \
    }                                                                                              \
    static void copy_##kind(struct gw_arena *arena, const void *from, void *ret_to)                \
    {                                                                                              \
        (void)arena;                                                                               \
        *(gw_conf_##kind##_c *)ret_to = *(const gw_conf_##kind##_c *)from;                         \
    }

SCALAR(count)
SCALAR(size)
SCALAR(duration)
SCALAR(choice)
SCALAR(flag)

/* ---- Choices and flags ------------------------------------------------------------------ */

/* Word number `place` of "a|b|c", or GW_TEXT_NONE. */
static struct gw_text word_at(const char *words, int place)
{
    struct gw_text rest = gw_text_of(words), word;

    while (gw_text_cut(rest, '|', &word, &rest)) {
        if (place-- == 0) {
            return word;
        }
    }
    return place == 0 ? rest : GW_TEXT_NONE;
}

static enum gw_err read_choice(struct gw_arena *arena, const struct gw_conf_key *key,
                               struct gw_text text, void *ret_value, struct gw_fault *fault)
{
    struct gw_text word;
    int place;

    (void)arena;
    GW_CHECK(key->least != NULL);
    for (place = 0; (word = word_at(key->least, place)).at != NULL; place++) {
        if (gw_text_eq(word, text)) {
            *(gw_conf_choice_c *)ret_value = place;
            return GW_OK;
        }
    }
    return gw_fail(fault, GW_E_INVALID, "is \"%.*s\", which is not one of %s", SHOWN(text),
                   key->least);
}

static void print_choice(const struct gw_conf_key *key, const void *value, struct gw_buf *out)
{
    gw_buf_append(out, word_at(key->least, *(const gw_conf_choice_c *)value));
}

static enum gw_err read_flag(struct gw_arena *arena, const struct gw_conf_key *key,
                             struct gw_text text, void *ret_value, struct gw_fault *fault)
{
    static const char *const WORDS[][2] = {{"off", "on"}, {"false", "true"}, {"no", "yes"}};
    size_t i;
    int on;

    (void)arena;
    (void)key;
    for (i = 0; i < GW_COUNT(WORDS); i++) {
        for (on = 0; on <= 1; on++) {
            if (gw_text_eq(text, gw_text_of(WORDS[i][on]))) {
                *(gw_conf_flag_c *)ret_value = on == 1;
                return GW_OK;
            }
        }
    }
    return gw_fail(fault, GW_E_INVALID, "is \"%.*s\", which is neither on nor off", SHOWN(text));
}

static void print_flag(const struct gw_conf_key *key, const void *value, struct gw_buf *out)
{
    (void)key;
    gw_buf_append_str(out, *(const gw_conf_flag_c *)value ? "on" : "off");
}

/* ---- Texts and secrets ------------------------------------------------------------------ */

static enum gw_err within_length(const struct gw_conf_key *key, size_t len, const char *what,
                                 struct gw_fault *fault)
{
    uint64_t least = 0, most = UINT64_MAX;

    GW_CHECK(key->least == NULL || read_units(gw_text_of(key->least), COUNTS, &least));
    GW_CHECK(key->most == NULL || read_units(gw_text_of(key->most), COUNTS, &most));
    if (len < least) {
        return gw_fail(fault, GW_E_INVALID, "must have at least %s %s", key->least, what);
    }
    if (len > most) {
        return gw_fail(fault, GW_E_INVALID, "must have at most %s %s", key->most, what);
    }
    return GW_OK;
}

static bool has_control_byte(struct gw_text text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f) {
            return true;
        }
    }
    return false;
}

static enum gw_err read_text(struct gw_arena *arena, const struct gw_conf_key *key,
                             struct gw_text text, void *ret_value, struct gw_fault *fault)
{
    if (has_control_byte(text)) {
        return gw_fail(fault, GW_E_INVALID, "has a control character");
    }
    GW_TRY(within_length(key, text.len, "characters", fault));
    *(gw_conf_text_c *)ret_value = gw_arena_text(arena, text).at;
    return GW_OK;
}

static void print_plain(const char *text, struct gw_buf *out)
{
    struct gw_text whole = gw_text_of(text);
    bool is_bare = whole.len > 0 && text[0] != '"' && gw_text_trim(whole).len == whole.len;

    gw_buf_appendf(out, is_bare ? "%s" : "\"%s\"", text);
}

static void print_text(const struct gw_conf_key *key, const void *value, struct gw_buf *out)
{
    (void)key;
    print_plain(*(const gw_conf_text_c *)value, out);
}

static bool same_text(const void *a, const void *b)
{
    return strcmp(*(const gw_conf_text_c *)a, *(const gw_conf_text_c *)b) == 0;
}

static void copy_text(struct gw_arena *arena, const void *from, void *ret_to)
{
    *(gw_conf_text_c *)ret_to = gw_arena_str(arena, *(const gw_conf_text_c *)from);
}

static enum gw_err keep_secret(struct gw_arena *arena, const struct gw_conf_key *key,
                               struct gw_text text, void *ret_value, struct gw_fault *fault)
{
    if (text.len > 0 && memchr(text.at, '\0', text.len) != NULL) {
        return gw_fail(fault, GW_E_INVALID, "has a zero byte");
    }
    GW_TRY(within_length(key, text.len, "characters", fault));
    ((gw_conf_secret_c *)ret_value)->text = gw_arena_text(arena, text).at;
    return GW_OK;
}

static enum gw_err read_secret_file(struct gw_arena *arena, const struct gw_conf_key *key,
                                    const char *path, void *ret_value, struct gw_fault *fault)
{
    struct gw_fault reason;
    struct gw_text text;
    struct gw_buf file;
    enum gw_err err;

    gw_buf_init(&file, SECRET_MAX);
    err = gw_conf_slurp(path, &file, &reason);
    if (err == GW_OK) {
        text = gw_buf_text(&file);
        while (text.len > 0 && (text.at[text.len - 1] == '\n' || text.at[text.len - 1] == '\r')) {
            text.len--;
        }
        err = keep_secret(arena, key, text, ret_value, fault);
    } else {
        err = gw_fail(fault, err, "is not there: %.200s", reason.text);
    }
    if (file.at != NULL) {
        explicit_bzero(file.at, file.len);
    }
    gw_buf_fini(&file);
    return err;
}

static enum gw_err read_secret(struct gw_arena *arena, const struct gw_conf_key *key,
                               struct gw_text text, void *ret_value, struct gw_fault *fault)
{
    struct gw_text path;

    if (!gw_text_starts_with(text, GW_TEXT("file:"))) {
        return keep_secret(arena, key, text, ret_value, fault);
    }
    path = gw_arena_text(arena, gw_text_skip(text, sizeof("file:") - 1));
    return read_secret_file(arena, key, path.at, ret_value, fault);
}

static void print_secret(const struct gw_conf_key *key, const void *value, struct gw_buf *out)
{
    (void)key;
    gw_buf_append_str(out, *((const gw_conf_secret_c *)value)->text == '\0' ? "\"\"" : "***");
}

static bool same_secret(const void *a, const void *b)
{
    return same_text(&((const gw_conf_secret_c *)a)->text, &((const gw_conf_secret_c *)b)->text);
}

static void copy_secret(struct gw_arena *arena, const void *from, void *ret_to)
{
    copy_text(arena, &((const gw_conf_secret_c *)from)->text, &((gw_conf_secret_c *)ret_to)->text);
}

/* ---- Lists ------------------------------------------------------------------------------ */

static enum gw_err read_list(struct gw_arena *arena, const struct gw_conf_key *key,
                             struct gw_text text, void *ret_value, struct gw_fault *fault)
{
    const char **items = GW_ARENA_ARRAY(arena, const char *, LIST_ITEMS_MAX);
    struct gw_text item;
    size_t count = 0;
    bool is_more = gw_text_trim(text).len > 0;

    if (has_control_byte(text)) {
        return gw_fail(fault, GW_E_INVALID, "has a control character");
    }
    while (is_more) {
        is_more = gw_text_cut(text, ',', &item, &text);
        item = gw_text_trim(is_more ? item : text);
        if (item.len == 0) {
            return gw_fail(fault, GW_E_INVALID, "has an empty item");
        }
        if (count == LIST_ITEMS_MAX) {
            return gw_fail(fault, GW_E_INVALID, "must have at most %zu items", LIST_ITEMS_MAX);
        }
        items[count++] = gw_arena_text(arena, item).at;
    }
    GW_TRY(within_length(key, count, "items", fault));
    *(gw_conf_list_c *)ret_value = (gw_conf_list_c){items, count};
    return GW_OK;
}

static void print_list(const struct gw_conf_key *key, const void *value, struct gw_buf *out)
{
    const gw_conf_list_c *list = value;
    size_t i;

    (void)key;
    if (list->count == 0) {
        gw_buf_append_str(out, "\"\"");
    }
    for (i = 0; i < list->count; i++) {
        gw_buf_appendf(out, "%s%s", i == 0 ? "" : ", ", list->at[i]);
    }
}

static bool same_list(const void *a, const void *b)
{
    const gw_conf_list_c *one = a, *other = b;
    size_t i;

    for (i = 0; i < one->count && i < other->count; i++) {
        if (strcmp(one->at[i], other->at[i]) != 0) {
            return false;
        }
    }
    return one->count == other->count;
}

static void copy_list(struct gw_arena *arena, const void *from, void *ret_to)
{
    const gw_conf_list_c *list = from;
    const char **items = GW_ARENA_ARRAY(arena, const char *, list->count + 1);
    size_t i;

    for (i = 0; i < list->count; i++) {
        items[i] = gw_arena_str(arena, list->at[i]);
    }
    *(gw_conf_list_c *)ret_to = (gw_conf_list_c){items, list->count};
}

/* ---- The kinds -------------------------------------------------------------------------- */

#define KIND(kind)                                                                                 \
    const struct gw_conf_type gw_conf_##kind = {                                                   \
        #kind, sizeof(gw_conf_##kind##_c), read_##kind, print_##kind, same_##kind, copy_##kind}

KIND(text);
KIND(count);
KIND(size);
KIND(duration);
KIND(choice);
KIND(flag);
KIND(secret);
KIND(list);
