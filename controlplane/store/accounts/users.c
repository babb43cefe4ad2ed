/* SPDX-License-Identifier: MIT */
#include "controlplane/store/accounts/users.h"

#include "controlplane/store/groups.h"
#include "lib/base/check.h"

/* ---- Rows ------------------------------------------------------------------------------- */

#define COLUMNS                                                                                    \
    "u.id, u.name, u.note, u.tags, u.role, u.is_enabled, u.expires_at, u.provider_group,"          \
    " u.rpm_limit, u.limit_5h_usd, u.limit_daily_usd, u.limit_weekly_usd, u.limit_monthly_usd,"    \
    " u.limit_total_usd, u.limit_concurrent_sessions, u.revision, u.created_at, u.updated_at"

static struct gw_text keep(const struct gw_pg_rows *rows, size_t row, int column,
                           struct gw_arena *arena)
{
    struct gw_text text = gw_pg_text(rows, row, column);

    return text.at == NULL ? text : gw_arena_text(arena, text);
}

static int64_t number_or_none(const struct gw_pg_rows *rows, size_t row, int column)
{
    return gw_pg_is_null(rows, row, column) ? -1 : gw_pg_i64(rows, row, column);
}

static void read_row(const struct gw_pg_rows *rows, size_t row, struct gw_arena *arena,
                     struct user *user)
{
    *user = (struct user){
        .id = gw_pg_i64(rows, row, 0),
        .name = keep(rows, row, 1, arena),
        .note = keep(rows, row, 2, arena),
        .is_admin = gw_text_eq(gw_pg_text(rows, row, 4), GW_TEXT("admin")),
        .is_enabled = gw_pg_bool(rows, row, 5),
        .expires_at_us = gw_pg_time(rows, row, 6),
        .provider_group = keep(rows, row, 7, arena),
        .rpm = number_or_none(rows, row, 8),
        .limit_5h_usd = keep(rows, row, 9, arena),
        .limit_daily_usd = keep(rows, row, 10, arena),
        .limit_weekly_usd = keep(rows, row, 11, arena),
        .limit_monthly_usd = keep(rows, row, 12, arena),
        .limit_total_usd = keep(rows, row, 13, arena),
        .limit_concurrent_sessions = number_or_none(rows, row, 14),
        .revision = gw_pg_i64(rows, row, 15),
        .created_at_us = gw_pg_time(rows, row, 16),
        .updated_at_us = gw_pg_time(rows, row, 17),
    };
    user->tag_count = gw_pg_text_array(rows, row, 3, USER_TAGS_MAX, user->tags, arena);
}

static void add_number_or_none(struct gw_pg_args *args, int64_t number)
{
    if (number < 0) {
        gw_pg_add_null(args);
    } else {
        gw_pg_add_i64(args, number);
    }
}

/* $1 to $14, in this order in both statements that write a user. */
static void add_values(struct gw_pg_args *args, const struct user *user)
{
    gw_pg_add_text(args, user->name);
    gw_pg_add_text(args, user->note);
    gw_pg_add_text_array(args, user->tags, user->tag_count);
    gw_pg_add_text(args, user->is_admin ? GW_TEXT("admin") : GW_TEXT("user"));
    gw_pg_add_bool(args, user->is_enabled);
    gw_pg_add_time(args, user->expires_at_us);
    gw_pg_add_text(args, user->provider_group);
    add_number_or_none(args, user->rpm);
    gw_pg_add_text(args, user->limit_5h_usd);
    gw_pg_add_text(args, user->limit_daily_usd);
    gw_pg_add_text(args, user->limit_weekly_usd);
    gw_pg_add_text(args, user->limit_monthly_usd);
    gw_pg_add_text(args, user->limit_total_usd);
    add_number_or_none(args, user->limit_concurrent_sessions);
}

/* ---- Changes ---------------------------------------------------------------------------- */

struct user user_fallback(void)
{
    return (struct user){
        .is_enabled = true,
        .provider_group = GW_TEXT("default"),
        .rpm = -1,
        .limit_concurrent_sessions = -1,
    };
}

void user_apply(struct user *user, const struct user_change *change)
{
#define TAKE(bit, member)                                                                          \
    if (change->given & (bit)) {                                                                   \
        user->member = change->to.member;                                                          \
    }
    TAKE(USER_NAME, name)
    TAKE(USER_NOTE, note)
    TAKE(USER_ROLE, is_admin)
    TAKE(USER_IS_ENABLED, is_enabled)
    TAKE(USER_EXPIRES_AT, expires_at_us)
    TAKE(USER_PROVIDER_GROUP, provider_group)
    TAKE(USER_RPM, rpm)
    TAKE(USER_LIMIT_5H, limit_5h_usd)
    TAKE(USER_LIMIT_DAILY, limit_daily_usd)
    TAKE(USER_LIMIT_WEEKLY, limit_weekly_usd)
    TAKE(USER_LIMIT_MONTHLY, limit_monthly_usd)
    TAKE(USER_LIMIT_TOTAL, limit_total_usd)
    TAKE(USER_LIMIT_CONCURRENT, limit_concurrent_sessions)
#undef TAKE
    if (change->given & USER_TAGS) {
        memcpy(user->tags, change->to.tags, sizeof(user->tags));
        user->tag_count = change->to.tag_count;
    }
}

enum gw_err user_insert(struct store *store, struct user *user, struct gw_arena *arena,
                        struct gw_fault *fault)
{
    struct gw_pg_args args;
    struct gw_pg_rows *rows = NULL;
    enum gw_err err;

    user->provider_group = groups_normalise(user->provider_group, arena);
    gw_pg_args_init(&args);
    add_values(&args, user);
    err = gw_pg_run(store->pg,
                    "insert into users as u (name, note, tags, role, is_enabled, expires_at,"
                    " provider_group, rpm_limit, limit_5h_usd, limit_daily_usd, limit_weekly_usd,"
                    " limit_monthly_usd, limit_total_usd, limit_concurrent_sessions)"
                    " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
                    " returning " COLUMNS,
                    &args, &rows, fault);
    if (err == GW_OK) {
        read_row(rows, 0, arena, user);
    }
    gw_pg_rows_free(rows);
    gw_pg_args_fini(&args);
    return err;
}

static enum gw_err get(struct store *store, const char *sql, int64_t id, struct gw_arena *arena,
                       struct user *ret_user, struct gw_fault *fault)
{
    struct gw_pg_args args;
    struct gw_pg_rows *rows = NULL;
    enum gw_err err;

    gw_pg_args_init(&args);
    gw_pg_add_i64(&args, id);
    err = gw_pg_run(store->pg, sql, &args, &rows, fault);
    if (err == GW_OK && gw_pg_count(rows) == 0) {
        err = gw_fail(fault, GW_E_ABSENT, "no user %lld", (long long)id);
    }
    if (err == GW_OK) {
        read_row(rows, 0, arena, ret_user);
    }
    gw_pg_rows_free(rows);
    gw_pg_args_fini(&args);
    return err;
}

enum gw_err user_get(struct store *store, int64_t id, struct gw_arena *arena, struct user *ret_user,
                     struct gw_fault *fault)
{
    store->rule = NULL;
    return get(store, "select " COLUMNS " from users u where u.id = $1 and u.deleted_at is null",
               id, arena, ret_user, fault);
}

static enum gw_err write_back(struct store *store, const struct user *user, int64_t *ret_revision,
                              struct gw_fault *fault)
{
    struct gw_pg_args args;
    struct gw_pg_rows *rows = NULL;
    enum gw_err err;

    gw_pg_args_init(&args);
    add_values(&args, user);
    gw_pg_add_i64(&args, user->id);
    err = gw_pg_run(store->pg,
                    "update users set name = $1, note = $2, tags = $3, role = $4, is_enabled = $5,"
                    " expires_at = $6, provider_group = $7, rpm_limit = $8, limit_5h_usd = $9,"
                    " limit_daily_usd = $10, limit_weekly_usd = $11, limit_monthly_usd = $12,"
                    " limit_total_usd = $13, limit_concurrent_sessions = $14,"
                    " revision = revision + 1, updated_at = now() where id = $15"
                    " returning revision",
                    &args, &rows, fault);
    if (err == GW_OK) {
        *ret_revision = gw_pg_i64(rows, 0, 0);
    }
    gw_pg_rows_free(rows);
    gw_pg_args_fini(&args);
    return err;
}

static enum gw_err update_inside(struct store *store, int64_t id, const struct user_change *change,
                                 const struct store_match *match, int64_t *ret_revision,
                                 struct gw_fault *fault)
{
    struct gw_arena arena;
    struct user user;
    enum gw_err err;

    gw_arena_init(&arena, 1024 * 1024);
    err = user_get(store, id, &arena, &user, fault);
    err = err != GW_OK ? err : store_check_match(match, user.revision, fault);
    if (err == GW_OK) {
        user_apply(&user, change);
        user.provider_group = groups_normalise(user.provider_group, &arena);
        err = write_back(store, &user, ret_revision, fault);
    }
    gw_arena_fini(&arena);
    return err;
}

enum gw_err user_update(struct store *store, int64_t id, const struct user_change *change,
                        const struct store_match *match, int64_t *ret_revision,
                        struct gw_fault *fault)
{
    enum gw_err err;

    GW_TRY(store_begin(store, fault));
    err = update_inside(store, id, change, match, ret_revision, fault);
    err = err != GW_OK ? err : store_commit(store, fault);
    store_end(store);
    return err;
}

static enum gw_err delete_inside(struct store *store, int64_t id, const struct store_match *match,
                                 struct gw_fault *fault)
{
    struct gw_arena arena;
    struct gw_pg_args args;
    struct user user;
    enum gw_err err;

    gw_arena_init(&arena, 1024 * 1024);
    gw_pg_args_init(&args);
    gw_pg_add_i64(&args, id);
    err = user_get(store, id, &arena, &user, fault);
    err = err != GW_OK ? err : store_check_match(match, user.revision, fault);
    err = err != GW_OK ? err
                       : gw_pg_run(store->pg,
                                   "update users set deleted_at = now(), updated_at = now(),"
                                   " revision = revision + 1 where id = $1",
                                   &args, NULL, fault);
    gw_pg_args_fini(&args);
    gw_arena_fini(&arena);
    return err;
}

enum gw_err user_delete(struct store *store, int64_t id, const struct store_match *match,
                        struct gw_fault *fault)
{
    enum gw_err err;

    GW_TRY(store_begin(store, fault));
    err = delete_inside(store, id, match, fault);
    if (err == GW_OK) {
        err = store_commit(store, fault);
    } else if (err == GW_E_ABSENT) {
        err = GW_OK; /* nothing to do, and nothing changed */
    }
    store_end(store);
    return err;
}

/* ---- Lists ------------------------------------------------------------------------------ */

static const char FIND[] =
    "select " COLUMNS " from users u"
    " where u.deleted_at is null and ((u.role <> 'admin'), u.id) > ($1::boolean, $2::bigint)"
    " and ($3::text is null or u.name ilike $3 or u.note ilike $3 or u.provider_group ilike $3"
    "  or exists (select from unnest(u.tags) tag where tag ilike $3)"
    "  or exists (select from keys k where k.user_id = u.id and k.deleted_at is null"
    "   and (k.name ilike $3 or k.prefix ilike $3 or k.last_four ilike $3 or k.digest = $4)))"
    " order by (u.role <> 'admin'), u.id limit $5";

static void add_query(struct store *store, struct gw_pg_args *args, const struct user_query *query,
                      struct gw_arena *arena)
{
    struct gw_digest digest;

    gw_pg_add_bool(args, query->after_id > 0 && query->after_is_user);
    gw_pg_add_i64(args, query->after_id);
    if (query->q.at == NULL) {
        gw_pg_add_null(args);
        gw_pg_add_null(args);
    } else {
        /* A whole key pasted into the search field finds its owner. */
        gw_keyring_digest(store->keyring, query->q, &digest);
        gw_pg_add_text(args, store_like(query->q, arena));
        gw_pg_add_bytes(args, gw_digest_text(&digest));
    }
    gw_pg_add_i64(args, query->limit + 1);
}

enum gw_err user_find(struct store *store, const struct user_query *query, struct gw_arena *arena,
                      struct user_list *ret_list, struct gw_fault *fault)
{
    struct gw_pg_args args;
    struct gw_pg_rows *rows = NULL;
    enum gw_err err;

    store->rule = NULL;
    gw_pg_args_init(&args);
    add_query(store, &args, query, arena);
    err = gw_pg_run(store->pg, FIND, &args, &rows, fault);
    if (err == GW_OK) {
        size_t count = gw_pg_count(rows);

        ret_list->has_more = count > (size_t)query->limit;
        ret_list->count = ret_list->has_more ? (size_t)query->limit : count;
        ret_list->at = GW_ARENA_ARRAY(arena, struct user, ret_list->count + 1);
        for (size_t i = 0; i < ret_list->count; i++) {
            read_row(rows, i, arena, &ret_list->at[i]);
        }
    }
    gw_pg_rows_free(rows);
    gw_pg_args_fini(&args);
    return err;
}
