/* SPDX-License-Identifier: MIT */
/*
 * The sources are read in turn, each over the one before, and every value is checked where it
 * stands: a mistake in the file is told although the environment would have hidden it, because
 * it will bite on the day the variable is gone.
 *
 * All texts of one load lie in one arena, and die with it. Whoever reloads keeps the old load
 * until nobody reads it any more.
 */
#include "lib/conf/conf.h"

#include <stdio.h>

#include "lib/base/check.h"
#include "lib/conf/inside.h"

/* The file, the environment and the command line are each bounded far below this. */
#define ARENA_MAX ((size_t)64 * 1024 * 1024)

/* ---- One value -------------------------------------------------------------------------- */

void gw_conf_problem(struct gw_conf_load *load, const char *place, const char *fmt, ...)
{
    va_list args;

    load->has_failed = true;
    gw_buf_appendf(load->problems, "%s: ", place);
    va_start(args, fmt);
    gw_buf_vappendf(load->problems, fmt, args);
    va_end(args);
    gw_buf_append_byte(load->problems, '\n');
}

const struct gw_conf_key *gw_conf_find(const struct gw_conf_table *table, struct gw_text name)
{
    size_t i;

    for (i = 0; i < table->key_count; i++) {
        if (gw_text_eq(gw_text_of(table->keys[i].name), name)) {
            return &table->keys[i];
        }
    }
    return NULL;
}

static void *value_at(const struct gw_conf *conf, const struct gw_conf_key *key)
{
    return (char *)conf->values + key->offset;
}

static struct gw_conf_slot *slot_of(const struct gw_conf *conf, const struct gw_conf_key *key)
{
    return &conf->slots[key - conf->table->keys];
}

void gw_conf_put(struct gw_conf_load *load, const struct gw_conf_key *key, struct gw_text text,
                 const char *place)
{
    struct gw_conf *conf = load->conf;
    struct gw_conf_slot *slot = slot_of(conf, key);
    struct gw_fault fault;

    slot->place = gw_arena_str(&conf->arena, place);
    slot->is_given = true;
    if (key->type->read(&conf->arena, key, text, value_at(conf, key), &fault) != GW_OK) {
        gw_conf_problem(load, place, "\"%s\" %s", key->name, fault.text);
    }
}

/* ---- Loading ---------------------------------------------------------------------------- */

static struct gw_conf *new_conf(const struct gw_conf_table *table)
{
    struct gw_conf *conf = GW_NEW(struct gw_conf);

    conf->table = table;
    gw_arena_init(&conf->arena, ARENA_MAX);
    conf->values = gw_must_alloc(table->values_size);
    conf->slots = gw_must_alloc(table->key_count * sizeof(*conf->slots));
    return conf;
}

void gw_conf_free(struct gw_conf *conf)
{
    if (conf == NULL) {
        return;
    }
    gw_free(conf->slots);
    gw_free(conf->values);
    gw_arena_fini(&conf->arena);
    gw_free(conf);
}

const void *gw_conf_values(const struct gw_conf *conf)
{
    return conf->values;
}

/* A fallback that its own row refuses is a mistake in the table. */
static void put_fallbacks(struct gw_conf_load *load)
{
    const struct gw_conf_table *table = load->conf->table;
    size_t i;

    for (i = 0; i < table->key_count; i++) {
        const struct gw_conf_key *key = &table->keys[i];

        GW_CHECK(key->offset + key->type->size <= table->values_size);
        if (key->fallback != NULL) {
            gw_conf_put(load, key, gw_text_of(key->fallback), "default");
            GW_CHECK(!load->has_failed);
        }
        *slot_of(load->conf, key) = (struct gw_conf_slot){.place = "default"};
    }
}

static void expect_all_given(struct gw_conf_load *load)
{
    const struct gw_conf_table *table = load->conf->table;
    size_t i;

    for (i = 0; i < table->key_count; i++) {
        const struct gw_conf_key *key = &table->keys[i];

        if (key->fallback == NULL && !load->conf->slots[i].is_given) {
            gw_conf_problem(load, "settings", "\"%s\" is not set: %s", key->name, key->help);
        }
    }
}

enum gw_err gw_conf_load(const struct gw_conf_table *table, const struct gw_conf_sources *sources,
                         struct gw_conf **ret_conf, struct gw_buf *problems)
{
    struct gw_conf_load load = {.conf = new_conf(table), .problems = problems};

    put_fallbacks(&load);
    if (sources->path != NULL) {
        gw_conf_read_file(&load, sources->path);
    }
    if (sources->environment != NULL) {
        gw_conf_read_environment(&load, sources->environment);
    }
    gw_conf_read_arguments(&load, sources->arguments, sources->argument_count);
    expect_all_given(&load);
    if (load.has_failed) {
        gw_conf_free(load.conf);
        return GW_E_INVALID;
    }
    *ret_conf = load.conf;
    return GW_OK;
}

/* ---- Loading again ---------------------------------------------------------------------- */

static void keep_running_value(const struct gw_conf *running, struct gw_conf *conf,
                               const struct gw_conf_key *key, struct gw_buf *notes)
{
    const void *old = value_at(running, key);
    void *now = value_at(conf, key);

    if (key->when != GW_CONF_RESTART || key->type->same(old, now)) {
        return;
    }
    gw_buf_appendf(notes, "%s: \"%s\" changes at the next start only\n", slot_of(conf, key)->place,
                   key->name);
    key->type->copy(&conf->arena, old, now);
    slot_of(conf, key)->place = gw_arena_str(&conf->arena, slot_of(running, key)->place);
}

enum gw_err gw_conf_reload(const struct gw_conf *running, const struct gw_conf_sources *sources,
                           struct gw_conf **ret_conf, struct gw_buf *notes)
{
    const struct gw_conf_table *table = running->table;
    struct gw_conf *conf;
    size_t i;

    GW_TRY(gw_conf_load(table, sources, &conf, notes));
    for (i = 0; i < table->key_count; i++) {
        keep_running_value(running, conf, &table->keys[i], notes);
    }
    *ret_conf = conf;
    return GW_OK;
}

/* ---- Printing --------------------------------------------------------------------------- */

void gw_conf_print_effective(const struct gw_conf *conf, struct gw_buf *out)
{
    size_t i;

    for (i = 0; i < conf->table->key_count; i++) {
        const struct gw_conf_key *key = &conf->table->keys[i];

        if (conf->slots[i].is_given) {
            gw_buf_appendf(out, "# from %s\n", conf->slots[i].place);
        }
        gw_buf_appendf(out, "%s = ", key->name);
        key->type->print(key, value_at(conf, key), out);
        gw_buf_append_byte(out, '\n');
    }
}

static void print_bounds(const struct gw_conf_key *key, struct gw_buf *out)
{
    if (key->type == &gw_conf_choice) {
        gw_buf_appendf(out, ", one of %s", key->least);
        return;
    }
    if (key->least != NULL) {
        gw_buf_appendf(out, ", at least %s", key->least);
    }
    if (key->most != NULL) {
        gw_buf_appendf(out, ", at most %s", key->most);
    }
}

static void print_variables(const struct gw_conf_table *table, const struct gw_conf_key *key,
                            struct gw_buf *out)
{
    const char *at;
    size_t i;

    gw_buf_append_str(out, "    MILLRACE_");
    for (at = table->program; *at != '\0'; at++) {
        gw_buf_append_byte(out, gw_conf_upper(*at));
    }
    gw_buf_append_byte(out, '_');
    for (at = key->name; *at != '\0'; at++) {
        gw_buf_append_byte(out, gw_conf_upper(*at));
    }
    for (i = 0; i < table->alias_count; i++) {
        if (strcmp(table->aliases[i].key, key->name) == 0) {
            gw_buf_appendf(out, " or %s", table->aliases[i].variable);
        }
    }
    gw_buf_append_byte(out, '\n');
}

void gw_conf_print_help(const struct gw_conf_table *table, struct gw_buf *out)
{
    size_t i;

    for (i = 0; i < table->key_count; i++) {
        const struct gw_conf_key *key = &table->keys[i];

        gw_buf_appendf(out, "%s%s\n    %s", i == 0 ? "" : "\n", key->name, key->type->name);
        print_bounds(key, out);
        if (key->fallback == NULL) {
            gw_buf_append_str(out, "; must be set");
        } else {
            gw_buf_appendf(out, "; default %s", *key->fallback == '\0' ? "empty" : key->fallback);
        }
        gw_buf_appendf(out, "; %s\n    %s\n",
                       key->when == GW_CONF_RELOAD ? "reloads" : "needs a restart", key->help);
        print_variables(table, key, out);
    }
}
