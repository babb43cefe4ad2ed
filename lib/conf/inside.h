/* SPDX-License-Identifier: MIT */
/*
 * inside - what the files of this room share. Not for others.
 */
#ifndef LIB_CONF_INSIDE_H
#define LIB_CONF_INSIDE_H

#include "lib/base/arena.h"
#include "lib/conf/conf.h"

/* One kind of setting. Values lie in the program's struct; texts lie in the arena. */
struct gw_conf_type {
    const char *name; /* "duration" */
    size_t size;
    /* GW_E_INVALID with the reason in `fault`: "must be at least 1 s". Never a secret's text. */
    enum gw_err (*read)(struct gw_arena *arena, const struct gw_conf_key *key, struct gw_text text,
                        void *ret_value, struct gw_fault *fault);
    void (*print)(const struct gw_conf_key *key, const void *value, struct gw_buf *out);
    bool (*same)(const void *a, const void *b);
    void (*copy)(struct gw_arena *arena, const void *from, void *ret_to);
};

/* Where a value came from, as told to people: "default", "gateway.conf:12", "--listen". */
struct gw_conf_slot {
    const char *place;
    bool is_given; /* by anything but the fallback; a wrong value counts */
};

struct gw_conf {
    const struct gw_conf_table *table;
    struct gw_arena arena;
    void *values;
    struct gw_conf_slot *slots; /* one per key */
};

/* ---- conf.c ---- */

/* A load under way. */
struct gw_conf_load {
    struct gw_conf *conf;
    struct gw_buf *problems;
    bool has_failed;
};

void gw_conf_problem(struct gw_conf_load *load, const char *place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The row of that name, or NULL. */
const struct gw_conf_key *gw_conf_find(const struct gw_conf_table *table, struct gw_text name);

/* Reads `text` into the key's field; tells what is wrong with it. */
void gw_conf_put(struct gw_conf_load *load, const struct gw_conf_key *key, struct gw_text text,
                 const char *place);

/* ---- sources.c ---- */

/* A letter of a key as it stands in the environment's name: upper case, '.' as '_'. */
static inline char gw_conf_upper(char letter)
{
    if (letter >= 'a' && letter <= 'z') {
        return (char)(letter - 'a' + 'A');
    }
    return letter == '.' || letter == '-' ? '_' : letter;
}

void gw_conf_read_file(struct gw_conf_load *load, const char *path);
void gw_conf_read_environment(struct gw_conf_load *load, const char *const *environment);
void gw_conf_read_arguments(struct gw_conf_load *load, const struct gw_conf_argument *arguments,
                            size_t count);

/* ---- file.c ---- */

/* Up to `max` bytes of a file. GW_E_ABSENT, GW_E_TOO_LARGE or GW_E_IO, the reason in `fault`. */
enum gw_err gw_conf_slurp(const char *path, struct gw_buf *out, struct gw_fault *fault);

#endif
