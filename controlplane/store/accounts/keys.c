/* SPDX-License-Identifier: MIT */
#include "controlplane/store/accounts/keys.h"

#include <inttypes.h>

#include "controlplane/store/groups.h"
#include "lib/base/check.h"
#include "lib/codec/random.h"

#define KEY_RANDOM_BYTES 16
#define PREFIX_LEN       7
#define LAST_LEN         4
#define LIST_MAX         "50000" /* as many as an answer can hold */

/* ---- Rows ------------------------------------------------------------------------------- */

#define COLUMNS                                                                                    \
    "k.id, k.user_id, k.name, k.prefix, k.last_four, k.is_enabled, k.expires_at,"                  \
    " k.provider_group, k.can_login_web_ui, k.revision, k.created_at, k.updated_at"

/* Made of what was kept, as if the key were still there. */
static struct gw_text masked(const struct gw_pg_rows *rows, size_t row, struct gw_arena *arena)
{
    struct gw_text prefix = gw_pg_text(rows, row, 3), last = gw_pg_text(rows, row, 4);

    if (prefix.len < LAST_LEN) {
        return GW_TEXT(STORE_BULLETS); /* a short key from elsewhere: none of it is shown */
    }
    return gw_text_of(
        gw_arena_fmt(arena, "%.4s" STORE_BULLETS "%.*s", prefix.at, GW_TEXT_ARG(last)));
}

static void read_row(const struct gw_pg_rows *rows, size_t row, struct gw_arena *arena,
                     struct key *key)
{
    *key = (struct key){
        .id = gw_pg_i64(rows, row, 0),
        .user_id = gw_pg_i64(rows, row, 1),
        .name = gw_arena_text(arena, gw_pg_text(rows, row, 2)),
        .masked = masked(rows, row, arena),
        .is_enabled = gw_pg_bool(rows, row, 5),
        .expires_at_us = gw_pg_time(rows, row, 6),
        .provider_group = gw_arena_text(arena, gw_pg_text(rows, row, 7)),
        .can_login_web_ui = gw_pg_bool(rows, row, 8),
        .revision = gw_pg_i64(rows, row, 9),
        .created_at_us = gw_pg_time(rows, row, 10),
        .updated_at_us = gw_pg_time(rows, row, 11),
    };
}

struct key key_fallback(void)
{
    return (struct key){
        .is_enabled = true,
        .provider_group = GW_TEXT("default"),
        .can_login_web_ui = true,
    };
}

void key_apply(struct key *key, const struct key_change *change)
{
#define TAKE(bit, member)                                                                          \
    if (change->given & (bit)) {                                                                   \
        key->member = change->to.member;                                                           \
    }
    TAKE(KEY_NAME, name)
    TAKE(KEY_IS_ENABLED, is_enabled)
    TAKE(KEY_EXPIRES_AT, expires_at_us)
    TAKE(KEY_PROVIDER_GROUP, provider_group)
    TAKE(KEY_CAN_LOGIN_WEB_UI, can_login_web_ui)
#undef TAKE
}

/* Runs `sql` with one number. */
static enum gw_err run_with_id(struct store *store, const char *sql, int64_t id,
                               struct gw_pg_rows **ret_rows, struct gw_fault *fault)
{
    struct gw_pg_args args;
    enum gw_err err;

    gw_pg_args_init(&args);
    gw_pg_add_i64(&args, id);
    err = gw_pg_run(store->pg, sql, &args, ret_rows, fault);
    gw_pg_args_fini(&args);
    return err;
}

/* ---- The user's groups ------------------------------------------------------------------ */

/* All groups of the user's live keys, sorted, each once; more than fit are left out. */
static enum gw_err union_of_groups(struct store *store, int64_t user_id, struct gw_arena *arena,
                                   struct gw_text *ret_union, struct gw_fault *fault)
{
    struct gw_pg_rows *rows = NULL;

    GW_TRY(run_with_id(store,
                       "select coalesce(string_agg(distinct provider_group, ','), '') from keys"
                       " where user_id = $1 and deleted_at is null",
                       user_id, &rows, fault));
    *ret_union = groups_normalise(gw_pg_text(rows, 0, 0), arena);
    gw_pg_rows_free(rows);
    return GW_OK;
}

static enum gw_err follow_groups(struct store *store, int64_t user_id, struct gw_fault *fault)
{
    struct gw_arena arena;
    struct gw_pg_args args;
    struct gw_text groups;
    enum gw_err err;

    gw_arena_init(&arena, 4 * 1024 * 1024);
    gw_pg_args_init(&args);
    err = union_of_groups(store, user_id, &arena, &groups, fault);
    if (err == GW_OK) {
        gw_pg_add_i64(&args, user_id);
        gw_pg_add_text(&args, groups);
        err = gw_pg_run(store->pg,
                        "update users set provider_group = $2, revision = revision + 1,"
                        " updated_at = now() where id = $1 and provider_group <> $2",
                        &args, NULL, fault);
    }
    gw_pg_args_fini(&args);
    gw_arena_fini(&arena);
    return err;
}

/* ---- Making ----------------------------------------------------------------------------- */

static void draw(char ret_text[KEY_TEXT_SIZE])
{
    memcpy(ret_text, "sk-", 3);
    gw_random_hex(KEY_RANDOM_BYTES, ret_text + 3);
}

/* What PostgreSQL found out, as the rule it stands for. */
static enum gw_err name_rule(struct store *store, enum gw_err err, struct gw_fault *fault)
{
    if (err == GW_E_EXISTS && strcmp(gw_pg_constraint(store->pg), "keys_name") == 0) {
        return store_refuse(store, "DUPLICATE_NAME", fault);
    }
    return err;
}

static enum gw_err insert_row(struct store *store, struct key *key, struct gw_text text,
                              struct gw_arena *arena, struct gw_fault *fault)
{
    struct gw_pg_args args;
    struct gw_pg_rows *rows = NULL;
    struct gw_digest digest;
    enum gw_err err;

    gw_keyring_digest(store->keyring, text, &digest);
    gw_pg_args_init(&args);
    gw_pg_add_i64(&args, key->user_id);
    gw_pg_add_text(&args, key->name);
    gw_pg_add_bytes(&args, gw_digest_text(&digest));
    gw_pg_add_text(&args, (struct gw_text){text.at, PREFIX_LEN});
    gw_pg_add_text(&args, gw_text_skip(text, text.len - LAST_LEN));
    gw_pg_add_bool(&args, key->is_enabled);
    gw_pg_add_time(&args, key->expires_at_us);
    gw_pg_add_text(&args, key->provider_group);
    gw_pg_add_bool(&args, key->can_login_web_ui);
    err = gw_pg_run(store->pg,
                    "insert into keys as k (user_id, name, digest, prefix, last_four, is_enabled,"
                    " expires_at, provider_group, can_login_web_ui)"
                    " values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning " COLUMNS,
                    &args, &rows, fault);
    if (err == GW_OK) {
        read_row(rows, 0, arena, key);
    }
    gw_pg_rows_free(rows);
    gw_pg_args_fini(&args);
    return name_rule(store, err, fault);
}

enum gw_err key_insert(struct store *store, struct key *key, char ret_text[KEY_TEXT_SIZE],
                       struct gw_arena *arena, struct gw_fault *fault)
{
    draw(ret_text);
    key->provider_group = groups_normalise(key->provider_group, arena);
    GW_TRY(insert_row(store, key, gw_text_of(ret_text), arena, fault));
    return follow_groups(store, key->user_id, fault);
}

static enum gw_err check_user(struct store *store, int64_t user_id, struct gw_fault *fault)
{
    struct gw_pg_rows *rows = NULL;
    size_t count;

    GW_TRY(run_with_id(store, "select from users where id = $1 and deleted_at is null", user_id,
                       &rows, fault));
    count = gw_pg_count(rows);
    gw_pg_rows_free(rows);
    return count > 0 ? GW_OK : gw_fail(fault, GW_E_ABSENT, "no user %" PRId64, user_id);
}

enum gw_err key_create(struct store *store, struct key *key, char ret_text[KEY_TEXT_SIZE],
                       struct gw_arena *arena, struct gw_fault *fault)
{
    enum gw_err err;

    GW_TRY(store_begin(store, fault));
    err = check_user(store, key->user_id, fault);
    err = err != GW_OK ? err : key_insert(store, key, ret_text, arena, fault);
    err = err != GW_OK ? err : store_commit(store, fault);
    store_end(store);
    return err;
}

/* ---- Reading and changing --------------------------------------------------------------- */

enum gw_err key_get(struct store *store, int64_t id, struct gw_arena *arena, struct key *ret_key,
                    struct gw_fault *fault)
{
    struct gw_pg_rows *rows = NULL;

    store->rule = NULL;
    GW_TRY(run_with_id(store,
                       "select " COLUMNS " from keys k join users u on u.id = k.user_id"
                       " where k.id = $1 and k.deleted_at is null and u.deleted_at is null",
                       id, &rows, fault));
    if (gw_pg_count(rows) == 0) {
        gw_pg_rows_free(rows);
        return gw_fail(fault, GW_E_ABSENT, "no key %" PRId64, id);
    }
    read_row(rows, 0, arena, ret_key);
    gw_pg_rows_free(rows);
    return GW_OK;
}

static enum gw_err write_back(struct store *store, const struct key *key, int64_t *ret_revision,
                              struct gw_fault *fault)
{
    struct gw_pg_args args;
    struct gw_pg_rows *rows = NULL;
    enum gw_err err;

    gw_pg_args_init(&args);
    gw_pg_add_i64(&args, key->id);
    gw_pg_add_text(&args, key->name);
    gw_pg_add_bool(&args, key->is_enabled);
    gw_pg_add_time(&args, key->expires_at_us);
    gw_pg_add_text(&args, key->provider_group);
    gw_pg_add_bool(&args, key->can_login_web_ui);
    err = gw_pg_run(store->pg,
                    "update keys set name = $2, is_enabled = $3, expires_at = $4,"
                    " provider_group = $5, can_login_web_ui = $6, revision = revision + 1,"
                    " updated_at = now() where id = $1 returning revision",
                    &args, &rows, fault);
    if (err == GW_OK) {
        *ret_revision = gw_pg_i64(rows, 0, 0);
    }
    gw_pg_rows_free(rows);
    gw_pg_args_fini(&args);
    return name_rule(store, err, fault);
}

static enum gw_err update_inside(struct store *store, int64_t id, const struct key_change *change,
                                 const struct store_match *match, int64_t *ret_revision,
                                 struct gw_fault *fault)
{
    struct gw_arena arena;
    struct key key;
    enum gw_err err;

    gw_arena_init(&arena, 1024 * 1024);
    err = key_get(store, id, &arena, &key, fault);
    err = err != GW_OK ? err : store_check_match(match, key.revision, fault);
    if (err == GW_OK) {
        key_apply(&key, change);
        key.provider_group = groups_normalise(key.provider_group, &arena);
        err = write_back(store, &key, ret_revision, fault);
    }
    if (err == GW_OK && (change->given & KEY_PROVIDER_GROUP)) {
        err = follow_groups(store, key.user_id, fault);
    }
    gw_arena_fini(&arena);
    return err;
}

enum gw_err key_update(struct store *store, int64_t id, const struct key_change *change,
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

static enum gw_err check_not_last(struct store *store, const struct key *key,
                                  struct gw_fault *fault)
{
    struct gw_pg_rows *rows = NULL;
    int64_t enabled;

    if (!key->is_enabled) {
        return GW_OK;
    }
    GW_TRY(run_with_id(store,
                       "select count(*) from keys"
                       " where user_id = $1 and deleted_at is null and is_enabled",
                       key->user_id, &rows, fault));
    enabled = gw_pg_i64(rows, 0, 0);
    gw_pg_rows_free(rows);
    return enabled > 1 ? GW_OK : store_refuse(store, "CANNOT_DELETE_LAST_KEY", fault);
}

static enum gw_err delete_inside(struct store *store, int64_t id, const struct store_match *match,
                                 struct gw_fault *fault)
{
    struct gw_arena arena;
    struct key key;
    enum gw_err err;

    gw_arena_init(&arena, 1024 * 1024);
    err = key_get(store, id, &arena, &key, fault);
    err = err != GW_OK ? err : store_check_match(match, key.revision, fault);
    err = err != GW_OK ? err : check_not_last(store, &key, fault);
    err = err != GW_OK ? err
                       : run_with_id(store,
                                     "update keys set deleted_at = now(), updated_at = now(),"
                                     " revision = revision + 1 where id = $1",
                                     id, NULL, fault);
    err = err != GW_OK ? err : follow_groups(store, key.user_id, fault);
    gw_arena_fini(&arena);
    return err;
}

enum gw_err key_delete(struct store *store, int64_t id, const struct store_match *match,
                       struct gw_fault *fault)
{
    enum gw_err err;

    GW_TRY(store_begin(store, fault));
    err = delete_inside(store, id, match, fault);
    err = err != GW_OK ? err : store_commit(store, fault);
    store_end(store);
    return err;
}

/* ---- Lists ------------------------------------------------------------------------------ */

static void add_ids(struct gw_pg_args *args, const int64_t *ids, size_t count,
                    struct gw_arena *arena)
{
    struct gw_text *texts = GW_ARENA_ARRAY(arena, struct gw_text, count + 1);

    for (size_t i = 0; i < count; i++) {
        texts[i] = gw_text_of(gw_arena_fmt(arena, "%" PRId64, ids[i]));
    }
    gw_pg_add_text_array(args, texts, count);
}

enum gw_err key_list_of(struct store *store, const int64_t *user_ids, size_t user_count,
                        struct gw_arena *arena, struct key_list *ret_list, struct gw_fault *fault)
{
    struct gw_pg_args args;
    struct gw_pg_rows *rows = NULL;
    enum gw_err err;

    store->rule = NULL;
    gw_pg_args_init(&args);
    add_ids(&args, user_ids, user_count, arena);
    err = gw_pg_run(store->pg,
                    "select " COLUMNS " from keys k where k.user_id = any ($1::bigint[])"
                    " and k.deleted_at is null order by k.user_id, k.id limit " LIST_MAX,
                    &args, &rows, fault);
    if (err == GW_OK) {
        ret_list->count = gw_pg_count(rows);
        ret_list->at = GW_ARENA_ARRAY(arena, struct key, ret_list->count + 1);
        for (size_t i = 0; i < ret_list->count; i++) {
            read_row(rows, i, arena, &ret_list->at[i]);
        }
    }
    gw_pg_rows_free(rows);
    gw_pg_args_fini(&args);
    return err;
}
