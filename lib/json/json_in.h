/* SPDX-License-Identifier: MIT */
/*
 * json_in - read an object field by field, and tell everything that is wrong with it at once.
 *
 * A document is parsed whole, with ceilings for its size and depth; a name that stands twice in
 * one object is refused. Then each field is asked for once, with its rule; what nobody asked
 * for is an unknown key. Every miss is added to the problems, which a handler turns into
 * one answer. Values are borrowed from the document. One thread at a time.
 *
 *     gw_json_problems_init(&problems, arena);
 *     gw_json_in_root(&in, doc, &problems);
 *     gw_json_in_text(&in, "name", GW_JSON_REQUIRED, 1, 64, &name);
 *     if (gw_json_in_int(&in, "rpm", GW_JSON_NULLABLE, 1, 100000, &rpm) == GW_JSON_VALUE) ...
 *     gw_json_in_end(&in);
 *     if (problems.count > 0) ...
 *
 * Not for the bodies of client requests: those are scanned, see scan.h.
 */
#ifndef LIB_JSON_JSON_IN_H
#define LIB_JSON_JSON_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/json/json_out.h"
#include "lib/units/money.h"

/* ---- A document ------------------------------------------------------------------------- */

struct gw_json_doc;

#define GW_JSON_BODY_MAX   ((size_t)8 * 1024 * 1024)
#define GW_JSON_VALUES_MAX 131072 /* a tree costs far more than its text */

/*
 * Copies what it needs from `bytes`.
 *
 *   GW_E_TOO_LARGE  more than `size_max` bytes, or more than GW_JSON_VALUES_MAX values
 *   GW_E_INVALID    not JSON, nested deeper than GW_JSON_DEPTH_MAX, a name twice in one object,
 *                   bytes after the value, not UTF-8; `fault` has line and column, no content
 */
enum gw_err gw_json_parse(struct gw_text bytes, size_t size_max, struct gw_json_doc **ret_doc,
                          struct gw_fault *fault) GW_MUST_USE;
void gw_json_doc_free(struct gw_json_doc *doc);

/* ---- Problems --------------------------------------------------------------------------- */

/* The words clients match on. */
#define GW_JSON_CODE_REQUIRED     "required"
#define GW_JSON_CODE_TYPE         "invalid_type"
#define GW_JSON_CODE_UNRECOGNIZED "unrecognized_keys"
#define GW_JSON_CODE_TOO_SMALL    "too_small"
#define GW_JSON_CODE_TOO_BIG      "too_big"
#define GW_JSON_CODE_VALUE        "invalid_value"  /* not one of the words allowed */
#define GW_JSON_CODE_FORMAT       "invalid_format" /* not a decimal, a URL, a time ... */
#define GW_JSON_CODE_CUSTOM       "custom"

struct gw_json_problem {
    const char *path; /* as JSON: ["limits",0,"name"]; [] is the document itself */
    const char *code;
    const char *message; /* for people, without the value */
};

#define GW_JSON_PROBLEMS_MAX 64 /* what comes after these is counted, not kept */

struct gw_json_problems {
    struct gw_arena *arena; /* keeps paths and messages */
    struct gw_json_problem at[GW_JSON_PROBLEMS_MAX];
    size_t count;
    size_t left_out;
};

void gw_json_problems_init(struct gw_json_problems *problems, struct gw_arena *arena);

/* For rules that are not about JSON: path parameters, a name that is taken. `name` NULL: []. */
void gw_json_problems_add(struct gw_json_problems *problems, const char *name, const char *code,
                          const char *message);

/* Writes the array [{"path": [...], "code": ..., "message": ...}, ...]. */
void gw_json_problems_write(const struct gw_json_problems *problems, struct gw_json_out *out);

/* ---- An object -------------------------------------------------------------------------- */

/* What a field turned out to be. Only GW_JSON_VALUE sets the output. */
enum gw_json_is {
    GW_JSON_ABSENT,
    GW_JSON_NULL,
    GW_JSON_VALUE,
    GW_JSON_WRONG, /* told to the problems already */
};

/* What a field may be besides a value. */
enum gw_json_may {
    GW_JSON_OPTIONAL,          /* absent */
    GW_JSON_REQUIRED,          /* neither */
    GW_JSON_NULLABLE,          /* absent or null */
    GW_JSON_REQUIRED_NULLABLE, /* null */
};

#define GW_JSON_KEYS_MAX 96 /* distinct names asked for in one object */

struct gw_json_in {
    const void *object; /* NULL: was not there or not an object; every field is absent */
    struct gw_json_problems *problems;
    const struct gw_json_in *parent; /* must outlive this */
    const char *name;                /* in the parent, or NULL */
    size_t index;                    /* in the parent's array, or SIZE_MAX */
    const char *asked[GW_JSON_KEYS_MAX];
    size_t asked_count;
    bool is_map; /* names are the sender's choice: none is unknown */
};

/* A document that is no object is told as invalid_type. */
void gw_json_in_root(struct gw_json_in *in, const struct gw_json_doc *doc,
                     struct gw_json_problems *problems);

/* Told as unrecognized_keys, one problem at the object's path: what was never asked for. */
void gw_json_in_end(struct gw_json_in *in);

/* A problem of this field that only the caller can see. */
void gw_json_in_wrong(struct gw_json_in *in, const char *key, const char *code,
                      const char *message);

/* Lengths in characters (code points). A text with a zero character is refused. */
enum gw_json_is gw_json_in_text(struct gw_json_in *in, const char *key, enum gw_json_may may,
                                size_t least, size_t most, struct gw_text *ret_text);
/* An integer, also when written 5.0. */
enum gw_json_is gw_json_in_int(struct gw_json_in *in, const char *key, enum gw_json_may may,
                               int64_t least, int64_t most, int64_t *ret_number);
enum gw_json_is gw_json_in_bool(struct gw_json_in *in, const char *key, enum gw_json_may may,
                                bool *ret_flag);
enum gw_json_is gw_json_in_double(struct gw_json_in *in, const char *key, enum gw_json_may may,
                                  double *ret_number);
/* A decimal as text, or as a number: then the shortest decimal that reads back as that number. */
enum gw_json_is gw_json_in_money(struct gw_json_in *in, const char *key, enum gw_json_may may,
                                 struct gw_money least, struct gw_money most,
                                 struct gw_money *ret_money);
enum gw_json_is gw_json_in_factor(struct gw_json_in *in, const char *key, enum gw_json_may may,
                                  struct gw_factor least, struct gw_factor most,
                                  struct gw_factor *ret_factor);
/* One of `words` (ended by NULL); gives its place. */
enum gw_json_is gw_json_in_enum(struct gw_json_in *in, const char *key, enum gw_json_may may,
                                const char *const *words, size_t *ret_place);
/* "2026-11-22T20:30:50Z", with optional fraction, or with an offset. */
enum gw_json_is gw_json_in_time(struct gw_json_in *in, const char *key, enum gw_json_may may,
                                int64_t *ret_wall_us);

/* ---- Arrays and objects inside ---------------------------------------------------------- */

struct gw_json_array {
    const void *array;
    size_t count;
    struct gw_json_in *in;
    const char *key;
};

/* `most` items at most. */
enum gw_json_is gw_json_in_array(struct gw_json_in *in, const char *key, enum gw_json_may may,
                                 size_t most, struct gw_json_array *ret_array);
/* Item `index` as a text within bounds, or as an object; false if it is not (told). */
bool gw_json_array_text(const struct gw_json_array *array, size_t index, size_t least, size_t most,
                        struct gw_text *ret_text);
bool gw_json_array_int(const struct gw_json_array *array, size_t index, int64_t least, int64_t most,
                       int64_t *ret_number);
/* `item` is set in any case; end it with gw_json_in_end() when it was an object. */
bool gw_json_array_object(const struct gw_json_array *array, size_t index, struct gw_json_in *item);

/* `inner` is set in any case (without an object every field is absent and nothing is told). */
enum gw_json_is gw_json_in_object(struct gw_json_in *in, const char *key, enum gw_json_may may,
                                  struct gw_json_in *inner);

/* The field as JSON text again, appended; for values that are stored as they came. */
enum gw_json_is gw_json_in_any(struct gw_json_in *in, const char *key, enum gw_json_may may,
                               struct gw_buf *out);

/* For maps with names of the sender's choice: the object's names in order, all asked for. */
size_t gw_json_in_names(struct gw_json_in *in, size_t most, const char *ret_names[]);

#endif
