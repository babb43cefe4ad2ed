/* SPDX-License-Identifier: MIT */
/*
 * The file, the environment and the command line; each ends in gw_conf_put().
 */
#include <stdio.h>

#include "lib/base/check.h"
#include "lib/conf/inside.h"

#define FILE_MAX  ((size_t)1024 * 1024)
#define VALUE_MAX ((size_t)64 * 1024)
#define PLACE_MAX 512

/* What --config says in the environment; read by the program itself, before there is a file. */
#define CONFIG_VARIABLE "CONFIG"

/* ---- The file --------------------------------------------------------------------------- */

/* Which keys the file has named already. */
struct reading {
    struct gw_conf_load *load;
    const char *path;
    unsigned line;
    bool *seen;
};

static struct gw_text unquoted(struct gw_text value)
{
    if (value.len >= 2 && value.at[0] == '"' && value.at[value.len - 1] == '"') {
        return (struct gw_text){value.at + 1, value.len - 2};
    }
    return value;
}

static void read_line(struct reading *reading, struct gw_text line)
{
    const struct gw_conf_table *table = reading->load->conf->table;
    struct gw_text name, value;
    const struct gw_conf_key *key;
    char place[PLACE_MAX];

    snprintf(place, sizeof(place), "%s:%u", reading->path, reading->line);
    if (line.len > 0 && line.at[line.len - 1] == '\r') {
        line.len--;
    }
    line = gw_text_trim(line);
    if (line.len == 0 || line.at[0] == '#') {
        return;
    }
    if (!gw_text_cut(line, '=', &name, &value)) {
        gw_conf_problem(reading->load, place, "not a \"key = value\" line");
        return;
    }
    name = gw_text_trim(name);
    key = gw_conf_find(table, name);
    if (key == NULL) {
        gw_conf_problem(reading->load, place, "unknown setting \"%.*s\"",
                        (int)(name.len < 80 ? name.len : 80), name.at);
    } else if (reading->seen[key - table->keys]) {
        gw_conf_problem(reading->load, place, "\"%s\" is set twice in this file", key->name);
    } else {
        reading->seen[key - table->keys] = true;
        gw_conf_put(reading->load, key, unquoted(gw_text_trim(value)), place);
    }
}

static void read_lines(struct gw_conf_load *load, const char *path, struct gw_text rest)
{
    struct reading reading = {.load = load, .path = path};
    struct gw_text line;

    reading.seen = gw_must_alloc(load->conf->table->key_count * sizeof(bool));
    while (rest.len > 0) {
        if (!gw_text_cut(rest, '\n', &line, &rest)) {
            line = rest;
            rest = GW_TEXT_NONE;
        }
        reading.line++;
        read_line(&reading, line);
    }
    gw_free(reading.seen);
}

void gw_conf_read_file(struct gw_conf_load *load, const char *path)
{
    struct gw_buf file;
    struct gw_fault fault;

    gw_buf_init(&file, FILE_MAX);
    if (gw_conf_slurp(path, &file, &fault) != GW_OK) {
        gw_conf_problem(load, "settings", "%s", fault.text);
    } else if (memchr(file.at == NULL ? "" : file.at, '\0', file.len) != NULL) {
        gw_conf_problem(load, "settings", "file \"%s\" has a zero byte and is no text", path);
    } else {
        read_lines(load, path, gw_buf_text(&file));
    }
    if (file.at != NULL) {
        explicit_bzero(file.at, file.len); /* may hold secrets */
    }
    gw_buf_fini(&file);
}

/* ---- The environment -------------------------------------------------------------------- */

static bool is_variable_of(struct gw_text variable, const char *name)
{
    size_t i;

    for (i = 0; i < variable.len && name[i] != '\0'; i++) {
        if (variable.at[i] != gw_conf_upper(name[i])) {
            return false;
        }
    }
    return i == variable.len && name[i] == '\0';
}

static const struct gw_conf_key *key_of_variable(const struct gw_conf_table *table,
                                                 struct gw_text variable)
{
    size_t i;

    for (i = 0; i < table->key_count; i++) {
        if (is_variable_of(variable, table->keys[i].name)) {
            return &table->keys[i];
        }
    }
    return NULL;
}

static void put_bounded(struct gw_conf_load *load, const struct gw_conf_key *key,
                        struct gw_text value, const char *place)
{
    if (value.len > VALUE_MAX) {
        gw_conf_problem(load, place, "\"%s\" is longer than %zu bytes", key->name, VALUE_MAX);
        return;
    }
    gw_conf_put(load, key, value, place);
}

/* MILLRACE_DATAPLANE_ in `ret_prefix`. */
static struct gw_text prefix_of(const struct gw_conf_table *table, char *ret_prefix, size_t size)
{
    int len = snprintf(ret_prefix, size, "MILLRACE_%s_", table->program);
    int i;

    GW_CHECK(len > 0 && (size_t)len < size);
    for (i = 0; i < len; i++) {
        ret_prefix[i] = gw_conf_upper(ret_prefix[i]);
    }
    return (struct gw_text){ret_prefix, (size_t)len};
}

static void read_aliases(struct gw_conf_load *load, struct gw_text name, struct gw_text value)
{
    const struct gw_conf_table *table = load->conf->table;
    size_t i;

    for (i = 0; i < table->alias_count; i++) {
        const struct gw_conf_key *key = gw_conf_find(table, gw_text_of(table->aliases[i].key));

        GW_CHECK(key != NULL);
        if (gw_text_eq(name, gw_text_of(table->aliases[i].variable))) {
            put_bounded(load, key, value, table->aliases[i].variable);
        }
    }
}

static void read_own(struct gw_conf_load *load, struct gw_text prefix, struct gw_text name,
                     struct gw_text value)
{
    const struct gw_conf_key *key;
    char place[PLACE_MAX];

    if (!gw_text_starts_with(name, prefix) ||
        gw_text_eq(gw_text_skip(name, prefix.len), GW_TEXT(CONFIG_VARIABLE))) {
        return;
    }
    snprintf(place, sizeof(place), "%.*s", (int)(name.len < 200 ? name.len : 200), name.at);
    key = key_of_variable(load->conf->table, gw_text_skip(name, prefix.len));
    if (key == NULL) {
        gw_conf_problem(load, place, "unknown variable");
        return;
    }
    put_bounded(load, key, value, place);
}

/* Shared names first, so that the program's own win. */
void gw_conf_read_environment(struct gw_conf_load *load, const char *const *environment)
{
    struct gw_text name, value;
    char buffer[80];
    struct gw_text prefix = prefix_of(load->conf->table, buffer, sizeof(buffer));
    const char *const *at;

    for (at = environment; *at != NULL; at++) {
        if (gw_text_cut(gw_text_of(*at), '=', &name, &value)) {
            read_aliases(load, name, value);
        }
    }
    for (at = environment; *at != NULL; at++) {
        if (gw_text_cut(gw_text_of(*at), '=', &name, &value)) {
            read_own(load, prefix, name, value);
        }
    }
}

/* ---- The command line ------------------------------------------------------------------- */

void gw_conf_read_arguments(struct gw_conf_load *load, const struct gw_conf_argument *arguments,
                            size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        struct gw_text name = arguments[i].key;
        const struct gw_conf_key *key = gw_conf_find(load->conf->table, name);
        char place[PLACE_MAX];

        snprintf(place, sizeof(place), "--%.*s", (int)(name.len < 80 ? name.len : 80),
                 name.len == 0 ? "" : name.at);
        if (key == NULL) {
            gw_conf_problem(load, place, "unknown setting");
        } else {
            put_bounded(load, key, arguments[i].value, place);
        }
    }
}
