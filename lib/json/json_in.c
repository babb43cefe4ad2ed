/* SPDX-License-Identifier: MIT */
/*
 * Every field is looked up by look(), which knows what may be absent or null and remembers who
 * was asked for; what a value may be is decided in take.c.
 */
#include "lib/json/json_in.h"

#include <stdio.h>

#include "lib/base/check.h"
#include "lib/json/inside.h"

/* ---- An object -------------------------------------------------------------------------- */

static enum gw_json_is wrong(const struct gw_json_in *in, const char *key, const char *code,
                             const char *message)
{
    gw_json_problem_at(in, key, SIZE_MAX, code, message);
    return GW_JSON_WRONG;
}

void gw_json_in_root(struct gw_json_in *in, const struct gw_json_doc *doc,
                     struct gw_json_problems *problems)
{
    *in = (struct gw_json_in){.problems = problems, .index = SIZE_MAX};
    if (json_is_object(doc->root)) {
        in->object = doc->root;
    } else {
        wrong(in, NULL, GW_JSON_CODE_TYPE, "must be an object");
    }
}

static bool was_asked(const struct gw_json_in *in, const char *key)
{
    size_t i;

    for (i = 0; i < in->asked_count; i++) {
        if (strcmp(in->asked[i], key) == 0) {
            return true;
        }
    }
    return false;
}

#define UNKNOWN_SHOWN 5

void gw_json_in_end(struct gw_json_in *in)
{
    json_t *object = (json_t *)in->object;
    struct gw_buf names;
    size_t count = 0;
    const char *key;
    json_t *value;

    if (object == NULL || in->is_map) {
        return;
    }
    gw_buf_init(&names, 512);
    json_object_foreach(object, key, value)
    {
        if (was_asked(in, key)) {
            continue;
        }
        if (++count > UNKNOWN_SHOWN) {
            break;
        }
        gw_buf_appendf(&names, "%s \"%.40s\"", count == 1 ? "unknown:" : ",", key);
    }
    if (count > 0) {
        gw_buf_append_str(&names, count > UNKNOWN_SHOWN ? " and more" : "");
        wrong(in, NULL, GW_JSON_CODE_UNRECOGNIZED, names.at);
    }
    gw_buf_fini(&names);
}

void gw_json_in_wrong(struct gw_json_in *in, const char *key, const char *code, const char *message)
{
    gw_json_problem_at(in, key, SIZE_MAX, code, message);
}

/* The field, its absence and null dealt with. */
static enum gw_json_is look(struct gw_json_in *in, const char *key, enum gw_json_may may,
                            json_t **ret_value)
{
    json_t *value;

    if (!was_asked(in, key)) {
        GW_CHECK(in->asked_count < GW_JSON_KEYS_MAX);
        in->asked[in->asked_count++] = key;
    }
    if (in->object == NULL) {
        return GW_JSON_ABSENT;
    }
    value = json_object_get(in->object, key);
    if (value == NULL) {
        return may == GW_JSON_OPTIONAL || may == GW_JSON_NULLABLE
                   ? GW_JSON_ABSENT
                   : wrong(in, key, GW_JSON_CODE_REQUIRED, "is required");
    }
    if (json_is_null(value)) {
        return may == GW_JSON_NULLABLE || may == GW_JSON_REQUIRED_NULLABLE
                   ? GW_JSON_NULL
                   : wrong(in, key, GW_JSON_CODE_TYPE, "may not be null");
    }
    *ret_value = value;
    return GW_JSON_VALUE;
}

/* ---- Values ----------------------------------------------------------------------------- */

static struct gw_json_place place_of(const struct gw_json_in *in, const char *key)
{
    return (struct gw_json_place){in, key, SIZE_MAX};
}

static enum gw_json_is told(bool is_good)
{
    return is_good ? GW_JSON_VALUE : GW_JSON_WRONG;
}

enum gw_json_is gw_json_in_text(struct gw_json_in *in, const char *key, enum gw_json_may may,
                                size_t least, size_t most, struct gw_text *ret_text)
{
    struct gw_json_place place = place_of(in, key);
    json_t *value;
    enum gw_json_is is = look(in, key, may, &value);

    return is == GW_JSON_VALUE ? told(gw_json_take_text(&place, value, least, most, ret_text)) : is;
}

enum gw_json_is gw_json_in_int(struct gw_json_in *in, const char *key, enum gw_json_may may,
                               int64_t least, int64_t most, int64_t *ret_number)
{
    struct gw_json_place place = place_of(in, key);
    json_t *value;
    enum gw_json_is is = look(in, key, may, &value);

    return is == GW_JSON_VALUE ? told(gw_json_take_int(&place, value, least, most, ret_number))
                               : is;
}

enum gw_json_is gw_json_in_bool(struct gw_json_in *in, const char *key, enum gw_json_may may,
                                bool *ret_flag)
{
    json_t *value;
    enum gw_json_is is = look(in, key, may, &value);

    if (is != GW_JSON_VALUE) {
        return is;
    }
    if (!json_is_boolean(value)) {
        return wrong(in, key, GW_JSON_CODE_TYPE, "must be true or false");
    }
    *ret_flag = json_is_true(value);
    return GW_JSON_VALUE;
}

enum gw_json_is gw_json_in_double(struct gw_json_in *in, const char *key, enum gw_json_may may,
                                  double *ret_number)
{
    json_t *value;
    enum gw_json_is is = look(in, key, may, &value);

    if (is != GW_JSON_VALUE) {
        return is;
    }
    if (!json_is_number(value)) {
        return wrong(in, key, GW_JSON_CODE_TYPE, "must be a number");
    }
    *ret_number = json_number_value(value);
    return GW_JSON_VALUE;
}

enum gw_json_is gw_json_in_money(struct gw_json_in *in, const char *key, enum gw_json_may may,
                                 struct gw_money least, struct gw_money most,
                                 struct gw_money *ret_money)
{
    struct gw_json_place place = place_of(in, key);
    json_t *value;
    enum gw_json_is is = look(in, key, may, &value);

    return is == GW_JSON_VALUE ? told(gw_json_take_money(&place, value, least, most, ret_money))
                               : is;
}

enum gw_json_is gw_json_in_factor(struct gw_json_in *in, const char *key, enum gw_json_may may,
                                  struct gw_factor least, struct gw_factor most,
                                  struct gw_factor *ret_factor)
{
    struct gw_json_place place = place_of(in, key);
    json_t *value;
    enum gw_json_is is = look(in, key, may, &value);

    return is == GW_JSON_VALUE ? told(gw_json_take_factor(&place, value, least, most, ret_factor))
                               : is;
}

enum gw_json_is gw_json_in_enum(struct gw_json_in *in, const char *key, enum gw_json_may may,
                                const char *const *words, size_t *ret_place)
{
    struct gw_json_place place = place_of(in, key);
    json_t *value;
    enum gw_json_is is = look(in, key, may, &value);

    return is == GW_JSON_VALUE ? told(gw_json_take_enum(&place, value, words, ret_place)) : is;
}

enum gw_json_is gw_json_in_time(struct gw_json_in *in, const char *key, enum gw_json_may may,
                                int64_t *ret_wall_us)
{
    struct gw_json_place place = place_of(in, key);
    json_t *value;
    enum gw_json_is is = look(in, key, may, &value);

    return is == GW_JSON_VALUE ? told(gw_json_take_time(&place, value, ret_wall_us)) : is;
}

enum gw_json_is gw_json_in_any(struct gw_json_in *in, const char *key, enum gw_json_may may,
                               struct gw_buf *out)
{
    struct gw_json_out writer;
    json_t *value;
    enum gw_json_is is = look(in, key, may, &value);

    if (is == GW_JSON_VALUE) {
        gw_json_out_init(&writer, out);
        gw_json_write_value(&writer, value);
    }
    return is;
}

/* ---- Inside ----------------------------------------------------------------------------- */

enum gw_json_is gw_json_in_array(struct gw_json_in *in, const char *key, enum gw_json_may may,
                                 size_t most, struct gw_json_array *ret_array)
{
    char message[64];
    json_t *value;
    enum gw_json_is is = look(in, key, may, &value);

    if (is != GW_JSON_VALUE) {
        return is;
    }
    if (!json_is_array(value)) {
        return wrong(in, key, GW_JSON_CODE_TYPE, "must be an array");
    }
    if (json_array_size(value) > most) {
        snprintf(message, sizeof(message), "may have at most %zu items", most);
        return wrong(in, key, GW_JSON_CODE_TOO_BIG, message);
    }
    *ret_array = (struct gw_json_array){value, json_array_size(value), in, key};
    return GW_JSON_VALUE;
}

static json_t *item_at(const struct gw_json_array *array, size_t index)
{
    GW_CHECK(index < array->count);
    return json_array_get(array->array, index);
}

bool gw_json_array_text(const struct gw_json_array *array, size_t index, size_t least, size_t most,
                        struct gw_text *ret_text)
{
    struct gw_json_place place = {array->in, array->key, index};

    return gw_json_take_text(&place, item_at(array, index), least, most, ret_text);
}

bool gw_json_array_int(const struct gw_json_array *array, size_t index, int64_t least, int64_t most,
                       int64_t *ret_number)
{
    struct gw_json_place place = {array->in, array->key, index};

    return gw_json_take_int(&place, item_at(array, index), least, most, ret_number);
}

bool gw_json_array_object(const struct gw_json_array *array, size_t index, struct gw_json_in *item)
{
    json_t *value = item_at(array, index);

    *item = (struct gw_json_in){
        .problems = array->in->problems, .parent = array->in, .name = array->key, .index = index};
    if (!json_is_object(value)) {
        wrong(item, NULL, GW_JSON_CODE_TYPE, "must be an object");
        return false;
    }
    item->object = value;
    return true;
}

enum gw_json_is gw_json_in_object(struct gw_json_in *in, const char *key, enum gw_json_may may,
                                  struct gw_json_in *inner)
{
    json_t *value;
    enum gw_json_is is = look(in, key, may, &value);

    *inner = (struct gw_json_in){
        .problems = in->problems, .parent = in, .name = key, .index = SIZE_MAX};
    if (is != GW_JSON_VALUE) {
        return is;
    }
    if (!json_is_object(value)) {
        return wrong(in, key, GW_JSON_CODE_TYPE, "must be an object");
    }
    inner->object = value;
    return GW_JSON_VALUE;
}

size_t gw_json_in_names(struct gw_json_in *in, size_t most, const char *ret_names[])
{
    json_t *object = (json_t *)in->object;
    char message[64];
    size_t count = 0;
    const char *key;
    json_t *value;

    in->is_map = true;
    if (object == NULL) {
        return 0;
    }
    if (json_object_size(object) > most) {
        snprintf(message, sizeof(message), "may have at most %zu names", most);
        wrong(in, NULL, GW_JSON_CODE_TOO_BIG, message);
        return 0;
    }
    json_object_foreach(object, key, value)
    {
        ret_names[count++] = key;
    }
    return count;
}
