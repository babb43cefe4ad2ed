/* SPDX-License-Identifier: MIT */
/*
 * inside - what the files of this room share. Not for others.
 */
#ifndef LIB_JSON_INSIDE_H
#define LIB_JSON_INSIDE_H

#include <jansson.h>

#include "lib/json/json_in.h"

struct gw_json_doc {
    json_t *root;
};

/* ---- problems.c ---- */

/* A problem of a field of `in` (of `in` itself when `key` is NULL), or of an item of it. */
void gw_json_problem_at(const struct gw_json_in *in, const char *key, size_t index,
                        const char *code, const char *message);

/* ---- take.c ---- */

/* Where a value stands: a field, or with an index an item of it. */
struct gw_json_place {
    const struct gw_json_in *in;
    const char *key;
    size_t index; /* SIZE_MAX for the field itself */
};

/* Each gives the value, or tells what is wrong with it and returns false. */
bool gw_json_take_text(const struct gw_json_place *place, const json_t *value, size_t least,
                       size_t most, struct gw_text *ret_text);
bool gw_json_take_int(const struct gw_json_place *place, const json_t *value, int64_t least,
                      int64_t most, int64_t *ret_number);
bool gw_json_take_money(const struct gw_json_place *place, const json_t *value,
                        struct gw_money least, struct gw_money most, struct gw_money *ret_money);
bool gw_json_take_factor(const struct gw_json_place *place, const json_t *value,
                         struct gw_factor least, struct gw_factor most,
                         struct gw_factor *ret_factor);
bool gw_json_take_enum(const struct gw_json_place *place, const json_t *value,
                       const char *const *words, size_t *ret_place);
bool gw_json_take_time(const struct gw_json_place *place, const json_t *value,
                       int64_t *ret_wall_us);

/* A whole value, as deep as a document may be. */
void gw_json_write_value(struct gw_json_out *out, const json_t *value);

#endif
