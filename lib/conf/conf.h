/* SPDX-License-Identifier: MIT */
/*
 * conf - settings from one table.
 *
 * A program lists its settings once; that table is the parser, the range check, --help-config
 * and the reference page. A value comes from the last of these that names it: the table's
 * fallback, the file, the environment, the command line. Everything wrong is told at once.
 *
 * The file holds `key = value` lines, blank lines, and comments: a line that starts with '#'. A
 * value may stand in double quotes to keep spaces at its ends. In the environment a setting is
 * called MILLRACE_<PROGRAM>_<KEY>, upper case, dots as underscores; a variable of this program's
 * that no row knows is a mistake, as is an unknown key in the file.
 *
 * Loading is for one thread; a loaded struct gw_conf never changes and any thread may read it.
 */
#ifndef LIB_CONF_CONF_H
#define LIB_CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/text.h"

/* ---- The table -------------------------------------------------------------------------- */

enum gw_conf_when {
    GW_CONF_RESTART, /* a change is told and waits for the next start */
    GW_CONF_RELOAD,  /* taken over by a reload */
};

struct gw_conf_type; /* conf/types.c */

struct gw_conf_key {
    const char *name; /* "upstream.head_timeout": lower case, digits, '_', '.' */
    const struct gw_conf_type *type;
    size_t offset;
    const char *fallback; /* as the operator would write it; NULL means it must be given */
    /*
     * Bounds, as the operator would write them; NULL means none. They bound the value of a
     * count, size or duration, the length of a text or secret, the number of items of a list.
     * For a choice `least` is the words, "text|json": the value is the place of its word.
     */
    const char *least, *most;
    enum gw_conf_when when;
    const char *help;
};

/* A variable under a name of its own, such as a token that all programs share. */
struct gw_conf_alias {
    const char *variable; /* "MILLRACE_TOKEN"; MILLRACE_<PROGRAM>_<KEY> wins over it */
    const char *key;
};

struct gw_conf_table {
    const char *program; /* "dataplane": MILLRACE_DATAPLANE_... */
    const struct gw_conf_key *keys;
    size_t key_count;
    size_t values_size; /* sizeof the struct the rows describe */
    const struct gw_conf_alias *aliases;
    size_t alias_count;
};

/* What a field of each kind looks like in C. */
struct gw_conf_secret {
    const char *text; /* never printed; "file:/path" was replaced by the file's content */
};

struct gw_conf_list {
    const char *const *at; /* written "one, two, three" */
    size_t count;
};

typedef const char *gw_conf_text_c; /* never NULL: "" when empty */
typedef uint32_t gw_conf_count_c;
typedef size_t gw_conf_size_c;      /* bytes: "512", "64 KiB", "32 MiB", "1 GiB" */
typedef int64_t gw_conf_duration_c; /* microseconds: "250 us", "10 ms", "30 s", "5 min", "1 h" */
typedef int gw_conf_choice_c;
typedef bool gw_conf_flag_c; /* on, off; also true, false, yes, no */
typedef struct gw_conf_secret gw_conf_secret_c;
typedef struct gw_conf_list gw_conf_list_c;

extern const struct gw_conf_type gw_conf_text, gw_conf_count, gw_conf_size, gw_conf_duration,
    gw_conf_choice, gw_conf_flag, gw_conf_secret, gw_conf_list;

/* Fills .type and .offset of a key, and does not compile if the field has another C type. */
#define GW_CONF_AT(kind, owner, field)                                                             \
    &gw_conf_##kind,                                                                               \
        offsetof(owner, field) +                                                                   \
            0 * sizeof(struct {                                                                    \
                _Static_assert(__builtin_types_compatible_p(__typeof__(((owner *)0)->field),       \
                                                            gw_conf_##kind##_c),                   \
                               #field " does not hold a " #kind);                                  \
                char c;                                                                            \
            })

/* ---- Loading ---------------------------------------------------------------------------- */

/* One `--key=value` of the command line. */
struct gw_conf_argument {
    struct gw_text key;
    struct gw_text value;
};

struct gw_conf_sources {
    const char *path;               /* NULL: no file */
    const char *const *environment; /* as environ; NULL: none */
    const struct gw_conf_argument *arguments;
    size_t argument_count;
};

struct gw_conf;

/*
 * Reads every source and every bound. GW_E_INVALID: `problems` has one line for each mistake,
 * each naming its place ("gateway.conf:12: ..."). No secret appears in it. Release the result
 * with gw_conf_free().
 */
enum gw_err gw_conf_load(const struct gw_conf_table *table, const struct gw_conf_sources *sources,
                         struct gw_conf **ret_conf, struct gw_buf *problems) GW_MUST_USE;

/*
 * The same, as a successor of `running`: settings marked GW_CONF_RESTART keep their running
 * value, and `notes` gets a line for each one that would have changed. On GW_E_INVALID the
 * problems are in `notes` and `running` stays what it is.
 */
enum gw_err gw_conf_reload(const struct gw_conf *running, const struct gw_conf_sources *sources,
                           struct gw_conf **ret_conf, struct gw_buf *notes) GW_MUST_USE;

void gw_conf_free(struct gw_conf *conf); /* all its texts die with it */

/* The program's struct, filled; borrowed until gw_conf_free(). */
const void *gw_conf_values(const struct gw_conf *conf);

/* ---- Printing --------------------------------------------------------------------------- */

void gw_conf_print_help(const struct gw_conf_table *table, struct gw_buf *out);
/* Every setting in the file's syntax, with where it came from. Secrets: "***". */
void gw_conf_print_effective(const struct gw_conf *conf, struct gw_buf *out);

#endif
