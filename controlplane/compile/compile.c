/* SPDX-License-Identifier: MIT */
/*
 * All reads of one update happen in one repeatable-read transaction, so they see one version of
 * the configuration, whose number is read first. Rows come in portions of some thousand by id,
 * and are put into messages as they come: memory is one portion and what is packed.
 *
 * Both kinds of update read the same columns from the same tables. A full one takes every live
 * row; a difference takes the ids that changed since its base, and whichever of them is no live
 * row any more is one to be removed. That both lead to the same place is what
 * tests/unit/controlplane/compile holds with random changes.
 */
#include "controlplane/compile/compile.h"

#include "controlplane/compile/parts.h"
#include "controlplane/store/groups.h"
#include "lib/base/check.h"

#define PORTION    "5000"
#define SEALED_MAX ((size_t)2 * 1024 * 1024)

#define KEPT_VERSIONS "10000"
#define KEPT_FOR      "24 hours"

/* ---- What is read ----------------------------------------------------------------------- */

/* $1: ids above this. The first two columns are the id and whether the row is live. */
#define USER_COLUMNS "u.name, u.is_enabled, u.expires_at, u.provider_group"
#define KEY_COLUMNS  "k.user_id, k.name, k.digest, k.is_enabled, k.expires_at, k.provider_group"
#define PROVIDER_COLUMNS                                                                           \
    "p.name, p.provider_type, p.url, p.sealed_key, p.is_enabled, p.weight, p.priority,"            \
    " coalesce(p.group_tag, 'default'), trim_scale(p.cost_multiplier),"                            \
    " p.first_byte_timeout_streaming_ms, p.streaming_idle_timeout_ms,"                             \
    " p.request_timeout_non_streaming_ms"

/* $2: changed after this version. */
#define CHANGED(kind)                                                                              \
    "(select distinct id from config_change where kind = '" kind "' and id > $1 and version > $2"  \
    " order by id limit " PORTION ") c"

static const char ALL_USERS[] =
    "select u.id, true, " USER_COLUMNS " from users u"
    " where u.deleted_at is null and u.id > $1 order by u.id limit " PORTION;
static const char CHANGED_USERS[] = "select c.id, u.id is not null, " USER_COLUMNS " from " CHANGED(
    "user") " left join users u on u.id = c.id and u.deleted_at is null order by c.id";

/* A key without a live user opens nothing, so it is not there. */
static const char ALL_KEYS[] = "select k.id, true, " KEY_COLUMNS
                               " from keys k join users u on u.id = k.user_id"
                               " where k.deleted_at is null and u.deleted_at is null and k.id > $1"
                               " order by k.id limit " PORTION;
static const char CHANGED_KEYS[] = "select c.id, u.id is not null, " KEY_COLUMNS " from " CHANGED(
    "key") " left join keys k on k.id = c.id and k.deleted_at is null"
           " left join users u on u.id = k.user_id and u.deleted_at is null order by c.id";

static const char ALL_PROVIDERS[] =
    "select p.id, true, " PROVIDER_COLUMNS " from providers p"
    " where p.deleted_at is null and p.id > $1 order by p.id limit " PORTION;
static const char CHANGED_PROVIDERS[] =
    "select c.id, p.id is not null, " PROVIDER_COLUMNS " from " CHANGED(
        "provider") " left join providers p on p.id = c.id and p.deleted_at is null order by c.id";

static const char ALL_SETTINGS[] = "select timezone from settings";
static const char CHANGED_SETTINGS[] =
    "select timezone from settings"
    " where exists (select from config_change where kind = 'settings' and version > $1)";

/* ---- From rows to messages -------------------------------------------------------------- */

/* 0 is never; so a time before 1970 becomes the first moment after it. */
static int64_t expiry(const struct gw_pg_rows *rows, size_t row, int column)
{
    int64_t at_us = gw_pg_time(rows, row, column);

    if (gw_pg_is_null(rows, row, column)) {
        return 0;
    }
    return at_us > 0 ? at_us : 1;
}

/* More groups than a message may name cannot be stored over REST; the first ones must do. */
static void groups_of(const struct gw_pg_rows *rows, size_t row, int column,
                      struct gw_groups *ret_groups)
{
    (void)groups_split(gw_pg_text(rows, row, column), ret_groups);
}

static enum gw_err put_user(struct parts *parts, const struct gw_pg_rows *rows, size_t row)
{
    struct gw_config_user user = {
        .id = (uint64_t)gw_pg_i64(rows, row, 0),
        .name = gw_pg_text(rows, row, 2),
        .enabled = gw_pg_bool(rows, row, 3),
        .expires_at_us = expiry(rows, row, 4),
    };

    groups_of(rows, row, 5, &user.groups);
    gw_update_put_user(parts_next(parts), &user);
    return GW_OK;
}

static enum gw_err put_key(struct parts *parts, const struct gw_pg_rows *rows, size_t row)
{
    struct gw_config_key key = {
        .id = (uint64_t)gw_pg_i64(rows, row, 0),
        .user_id = (uint64_t)gw_pg_i64(rows, row, 2),
        .name = gw_pg_text(rows, row, 3),
        .enabled = gw_pg_bool(rows, row, 5),
        .expires_at_us = expiry(rows, row, 6),
    };
    struct gw_buf digest;
    enum gw_err err;

    gw_buf_init(&digest, GW_KEY_DIGEST_SIZE);
    err = gw_pg_bytes(rows, row, 4, &digest);
    if (err == GW_OK && digest.len == GW_KEY_DIGEST_SIZE) {
        memcpy(key.digest, digest.at, GW_KEY_DIGEST_SIZE);
        groups_of(rows, row, 7, &key.groups);
        gw_update_put_key(parts_next(parts), &key);
    } else {
        err = GW_E_CORRUPT;
    }
    gw_buf_fini(&digest);
    return err;
}

static enum gw_err put_provider(struct parts *parts, const struct gw_pg_rows *rows, size_t row)
{
    struct gw_config_provider provider = {
        .id = (uint64_t)gw_pg_i64(rows, row, 0),
        .name = gw_pg_text(rows, row, 2),
        .url = gw_pg_text(rows, row, 4),
        .enabled = gw_pg_bool(rows, row, 6),
        .weight = (uint32_t)gw_pg_i64(rows, row, 7),
        .priority = (int32_t)gw_pg_i64(rows, row, 8),
        .cost_multiplier = gw_pg_text(rows, row, 10),
        .first_byte_timeout_us = 1000 * gw_pg_i64(rows, row, 11),
        .stream_idle_timeout_us = 1000 * gw_pg_i64(rows, row, 12),
        .total_timeout_us = 1000 * gw_pg_i64(rows, row, 13),
    };
    struct gw_buf sealed;
    enum gw_err err;

    gw_buf_init(&sealed, SEALED_MAX);
    err = gw_pg_bytes(rows, row, 5, &sealed);
    if (err == GW_OK && gw_provider_type_parse(gw_pg_text(rows, row, 3), &provider.type)) {
        provider.sealed_key = gw_buf_text(&sealed);
        groups_of(rows, row, 9, &provider.groups);
        gw_update_put_provider(parts_next(parts), &provider);
    } else {
        err = GW_E_CORRUPT;
    }
    gw_buf_fini(&sealed);
    return err;
}

/* One kind of row: how it is read, put and removed. */
struct kind {
    const char *name;
    const char *all, *changed;
    enum gw_err (*put)(struct parts *parts, const struct gw_pg_rows *rows, size_t row);
    void (*remove)(struct gw_update *update, uint64_t id);
};

static const struct kind KINDS[] = {
    {"user", ALL_USERS, CHANGED_USERS, put_user, gw_update_remove_user},
    {"key", ALL_KEYS, CHANGED_KEYS, put_key, gw_update_remove_key},
    {"provider", ALL_PROVIDERS, CHANGED_PROVIDERS, put_provider, gw_update_remove_provider},
};

/* ---- Reading ---------------------------------------------------------------------------- */

static enum gw_err put_portion(struct parts *parts, const struct kind *kind,
                               const struct gw_pg_rows *rows, struct gw_fault *fault)
{
    for (size_t row = 0; row < gw_pg_count(rows); row++) {
        enum gw_err err = GW_OK;

        if (gw_pg_bool(rows, row, 1)) {
            err = kind->put(parts, rows, row);
        } else {
            kind->remove(parts_next(parts), (uint64_t)gw_pg_i64(rows, row, 0));
        }
        if (err != GW_OK) {
            return gw_fail(fault, err, "%s %lld cannot be published: %s", kind->name,
                           (long long)gw_pg_i64(rows, row, 0), gw_err_text(err));
        }
    }
    return GW_OK;
}

/* The portion after *after, which becomes its last id, or 0 when there was nothing left. */
static enum gw_err read_portion(struct gw_pg *pg, struct parts *parts, const struct kind *kind,
                                int64_t base_number, int64_t *after, struct gw_fault *fault)
{
    struct gw_pg_args args;
    struct gw_pg_rows *rows = NULL;
    enum gw_err err;

    gw_pg_args_init(&args);
    gw_pg_add_i64(&args, *after);
    if (base_number > 0) {
        gw_pg_add_i64(&args, base_number);
    }
    err = gw_pg_run(pg, base_number > 0 ? kind->changed : kind->all, &args, &rows, fault);
    if (err == GW_OK) {
        size_t count = gw_pg_count(rows);

        *after = count == 0 ? 0 : gw_pg_i64(rows, count - 1, 0);
        err = put_portion(parts, kind, rows, fault);
    }
    gw_pg_rows_free(rows);
    gw_pg_args_fini(&args);
    return err;
}

static enum gw_err read_kind(struct gw_pg *pg, struct parts *parts, const struct kind *kind,
                             int64_t base_number, struct gw_fault *fault)
{
    int64_t after = 0;

    do {
        GW_TRY(read_portion(pg, parts, kind, base_number, &after, fault));
    } while (after > 0);
    return GW_OK;
}

static enum gw_err read_settings(struct gw_pg *pg, struct parts *parts, int64_t base_number,
                                 struct gw_fault *fault)
{
    struct gw_config_settings settings;
    struct gw_pg_args args;
    struct gw_pg_rows *rows = NULL;
    enum gw_err err;

    gw_pg_args_init(&args);
    if (base_number > 0) {
        gw_pg_add_i64(&args, base_number);
    }
    err = gw_pg_run(pg, base_number > 0 ? CHANGED_SETTINGS : ALL_SETTINGS, &args, &rows, fault);
    if (err == GW_OK && gw_pg_count(rows) > 0) {
        settings.timezone = gw_pg_text(rows, 0, 0);
        gw_update_set_settings(parts_next(parts), &settings);
    }
    gw_pg_rows_free(rows);
    gw_pg_args_fini(&args);
    return err;
}

/* ---- Versions --------------------------------------------------------------------------- */

static void version_of(const struct gw_pg_rows *rows, struct gw_version *ret_version)
{
    struct gw_text epoch = gw_pg_text(rows, 0, 0);

    memset(ret_version, 0, sizeof(*ret_version));
    memcpy(ret_version->epoch, epoch.at, epoch.len < GW_EPOCH_SIZE ? epoch.len : 0);
    ret_version->number = (uint64_t)gw_pg_i64(rows, 0, 1);
}

enum gw_err compile_claim(struct gw_pg *pg, struct gw_version *ret_version, struct gw_fault *fault)
{
    struct gw_pg_rows *rows;

    GW_TRY(gw_pg_run(pg, "select epoch, version from config_claim()", NULL, &rows, fault));
    version_of(rows, ret_version);
    gw_pg_rows_free(rows);
    return GW_OK;
}

/* The version to compile, and the base to do it from: `base`, or nothing. */
static enum gw_err choose_base(struct gw_pg *pg, const struct gw_version *base,
                               struct gw_version *ret_base, struct gw_version *ret_version,
                               struct gw_fault *fault)
{
    struct gw_pg_rows *rows;
    uint64_t pruned_to;

    GW_TRY(
        gw_pg_run(pg, "select epoch, version, pruned_to from config_version", NULL, &rows, fault));
    version_of(rows, ret_version);
    pruned_to = (uint64_t)gw_pg_i64(rows, 0, 2);
    gw_pg_rows_free(rows);
    memset(ret_base, 0, sizeof(*ret_base));
    if (strcmp(base->epoch, ret_version->epoch) == 0 && base->number > 0 &&
        base->number >= pruned_to && base->number <= ret_version->number) {
        *ret_base = *base;
    }
    return GW_OK;
}

static enum gw_err compile_inside(struct gw_pg *pg, const struct gw_version *wanted_base,
                                  struct compiled **ret_compiled, struct gw_fault *fault)
{
    struct gw_version base, version;
    struct parts *parts;
    enum gw_err err = GW_OK;

    GW_TRY(choose_base(pg, wanted_base, &base, &version, fault));
    parts = parts_new(&base, &version);
    if (!version_eq(&base, &version)) {
        err = read_settings(pg, parts, (int64_t)base.number, fault);
        for (size_t i = 0; i < GW_COUNT(KINDS) && err == GW_OK; i++) {
            err = read_kind(pg, parts, &KINDS[i], (int64_t)base.number, fault);
        }
    }
    err = err != GW_OK ? err : parts_finish(parts, ret_compiled, fault);
    parts_free(parts);
    return err;
}

enum gw_err compile_update(struct gw_pg *pg, const struct gw_version *base,
                           struct compiled **ret_compiled, struct gw_fault *fault)
{
    enum gw_err err;

    GW_TRY(gw_pg_begin_snapshot(pg, fault));
    err = compile_inside(pg, base, ret_compiled, fault);
    /* Nothing was written, so there is nothing to commit. */
    gw_pg_rollback(pg);
    return err;
}

enum gw_err compile_prune(struct gw_pg *pg, struct gw_fault *fault)
{
    return gw_pg_run(pg, "select config_prune(" KEPT_VERSIONS ", interval '" KEPT_FOR "')", NULL,
                     NULL, fault);
}
