/* SPDX-License-Identifier: MIT */
/*
 * A provider's secrets are sealed before they reach SQL, bound to the row they belong to; so the
 * row's id is drawn first. What can be shown of them (the hint, that the URL has a login) is
 * worked out while they are in clear, and they are never opened here again.
 */
#include "controlplane/store/supply/providers.h"

#include <inttypes.h>

#include "controlplane/store/groups.h"
#include "controlplane/store/supply/url.h"
#include "lib/base/check.h"
#include "lib/codec/seal.h"

/* ---- Rows ------------------------------------------------------------------------------- */

#define COLUMNS                                                                                    \
    "p.id, p.name, p.url, p.sealed_url_login is not null, p.key_hint, p.provider_type,"            \
    " p.is_enabled, p.weight, p.priority, p.group_tag, trim_scale(p.cost_multiplier),"             \
    " p.website_url, p.first_byte_timeout_streaming_ms, p.streaming_idle_timeout_ms,"              \
    " p.request_timeout_non_streaming_ms, p.revision, p.created_at, p.updated_at"

static struct gw_text keep(const struct gw_pg_rows *rows, size_t row, int column,
                           struct gw_arena *arena)
{
    struct gw_text text = gw_pg_text(rows, row, column);

    return text.at == NULL ? text : gw_arena_text(arena, text);
}

static void read_row(const struct gw_pg_rows *rows, size_t row, struct gw_arena *arena,
                     struct provider *provider)
{
    *provider = (struct provider){
        .id = gw_pg_i64(rows, row, 0),
        .name = keep(rows, row, 1, arena),
        .url = keep(rows, row, 2, arena),
        .key_hint = keep(rows, row, 4, arena),
        .type = GW_PROVIDER_CLAUDE,
        .is_enabled = gw_pg_bool(rows, row, 6),
        .weight = gw_pg_i64(rows, row, 7),
        .priority = gw_pg_i64(rows, row, 8),
        .group_tag = keep(rows, row, 9, arena),
        .cost_multiplier = keep(rows, row, 10, arena),
        .website_url = keep(rows, row, 11, arena),
        .first_byte_timeout_ms = gw_pg_i64(rows, row, 12),
        .stream_idle_timeout_ms = gw_pg_i64(rows, row, 13),
        .total_timeout_ms = gw_pg_i64(rows, row, 14),
        .revision = gw_pg_i64(rows, row, 15),
        .created_at_us = gw_pg_time(rows, row, 16),
        .updated_at_us = gw_pg_time(rows, row, 17),
    };
    (void)gw_provider_type_parse(gw_pg_text(rows, row, 5), &provider->type);
    if (gw_pg_bool(rows, row, 3)) {
        provider->url = url_redacted(provider->url, arena);
    }
}

/* $1 to $13 of both statements that write a provider. */
static void add_values(struct gw_pg_args *args, const struct provider *provider, int64_t vendor_id)
{
    gw_pg_add_i64(args, provider->id);
    gw_pg_add_i64(args, vendor_id);
    gw_pg_add_text(args, provider->name);
    gw_pg_add_text(args, gw_text_of(gw_provider_type_name(provider->type)));
    gw_pg_add_bool(args, provider->is_enabled);
    gw_pg_add_i64(args, provider->weight);
    gw_pg_add_i64(args, provider->priority);
    gw_pg_add_text(args, provider->group_tag);
    gw_pg_add_text(args, provider->cost_multiplier);
    gw_pg_add_text(args, provider->website_url);
    gw_pg_add_i64(args, provider->first_byte_timeout_ms);
    gw_pg_add_i64(args, provider->stream_idle_timeout_ms);
    gw_pg_add_i64(args, provider->total_timeout_ms);
}

/* ---- Changes ---------------------------------------------------------------------------- */

static struct provider fallback(void)
{
    return (struct provider){
        .type = GW_PROVIDER_CLAUDE,
        .is_enabled = true,
        .weight = 1,
        .cost_multiplier = GW_TEXT("1"),
    };
}

static void apply(struct provider *provider, const struct provider_change *change)
{
#define TAKE(bit, member)                                                                          \
    if (change->given & (bit)) {                                                                   \
        provider->member = change->to.member;                                                      \
    }
    TAKE(PROVIDER_NAME, name)
    TAKE(PROVIDER_TYPE, type)
    TAKE(PROVIDER_IS_ENABLED, is_enabled)
    TAKE(PROVIDER_WEIGHT, weight)
    TAKE(PROVIDER_PRIORITY, priority)
    TAKE(PROVIDER_GROUP_TAG, group_tag)
    TAKE(PROVIDER_COST_MULTIPLIER, cost_multiplier)
    TAKE(PROVIDER_WEBSITE_URL, website_url)
    TAKE(PROVIDER_FIRST_BYTE_TIMEOUT, first_byte_timeout_ms)
    TAKE(PROVIDER_STREAM_IDLE_TIMEOUT, stream_idle_timeout_ms)
    TAKE(PROVIDER_TOTAL_TIMEOUT, total_timeout_ms)
#undef TAKE
}

bool provider_is_placeholder(struct gw_text secret)
{
    return gw_text_eq(secret, GW_TEXT("[REDACTED]")) ||
           gw_text_find_text(secret, GW_TEXT(STORE_BULLETS)) < secret.len;
}

/* Groups in the order given, each once; none at all is no tag. */
static void normalise_groups(struct provider *provider, struct gw_groups *ret_groups,
                             struct gw_arena *arena)
{
    (void)groups_split(provider->group_tag, ret_groups);
    provider->group_tag = ret_groups->count == 0 ? GW_TEXT_NONE : groups_join(ret_groups, arena);
}

/* ---- Secrets ---------------------------------------------------------------------------- */

/* What a change puts into the three columns that are not shown as they are. */
struct sealed {
    struct gw_text url; /* without login; at == NULL: unchanged */
    struct gw_buf login, key;
    struct gw_text hint; /* at == NULL: the key is unchanged */
};

static void sealed_init(struct sealed *sealed)
{
    sealed->url = sealed->hint = GW_TEXT_NONE;
    gw_buf_init(&sealed->login, PROVIDER_KEY_MAX + GW_SEAL_OVERHEAD);
    gw_buf_init(&sealed->key, PROVIDER_KEY_MAX + GW_SEAL_OVERHEAD);
}

static void sealed_fini(struct sealed *sealed)
{
    gw_buf_fini(&sealed->key);
    gw_buf_fini(&sealed->login);
}

static enum gw_err seal_url(struct store *store, int64_t id, struct gw_text text,
                            struct sealed *sealed, struct gw_arena *arena, struct gw_fault *fault)
{
    struct url url;

    if (!url_parse(text, &url)) {
        return store_refuse(store, "URL_INVALID", fault);
    }
    if (gw_text_eq(url.login, GW_TEXT(URL_REDACTED_LOGIN))) {
        return store_refuse(store, "REDACTED", fault);
    }
    sealed->url = url_without_login(&url, arena);
    if (url.login.len > 0) {
        const char *place = gw_arena_fmt(arena, "provider:%" PRId64 ":url", id);

        return gw_seal(store->keyring, gw_text_of(place), url.login, &sealed->login);
    }
    return GW_OK;
}

static enum gw_err seal_key(struct store *store, int64_t id, struct gw_text key,
                            struct sealed *sealed, struct gw_arena *arena, struct gw_fault *fault)
{
    const char *place = gw_arena_fmt(arena, "provider:%" PRId64, id);

    if (provider_is_placeholder(key)) {
        return store_refuse(store, "REDACTED", fault);
    }
    sealed->hint = store_mask(key, arena);
    return gw_seal(store->keyring, gw_text_of(place), key, &sealed->key);
}

/* `provider` as it is now: its id, and its url as it was answered. */
static enum gw_err seal_change(struct store *store, const struct provider *provider,
                               const struct provider_change *change, struct sealed *sealed,
                               struct gw_arena *arena, struct gw_fault *fault)
{
    if ((change->given & PROVIDER_URL) && !gw_text_eq(change->to.url, provider->url)) {
        GW_TRY(seal_url(store, provider->id, change->to.url, sealed, arena, fault));
    }
    if (change->given & PROVIDER_KEY) {
        GW_TRY(seal_key(store, provider->id, change->key, sealed, arena, fault));
    }
    return GW_OK;
}

/* $14 to $17. */
static void add_sealed(struct gw_pg_args *args, const struct sealed *sealed)
{
    gw_pg_add_text(args, sealed->url);
    gw_pg_add_bytes(args, gw_buf_text(&sealed->login));
    gw_pg_add_bytes(args, gw_buf_text(&sealed->key));
    gw_pg_add_text(args, sealed->hint);
}

/* ---- What belongs to a provider --------------------------------------------------------- */

/* The vendor is known by its website, or by where the provider is when it has none. */
static enum gw_err find_vendor(struct store *store, const struct provider *provider,
                               struct gw_arena *arena, int64_t *ret_id, struct gw_fault *fault)
{
    struct gw_text domain = GW_TEXT("unknown");
    struct gw_pg_args args;
    struct gw_pg_rows *rows = NULL;
    struct url url;
    enum gw_err err;

    if (url_parse(provider->website_url, &url)) {
        url.port = GW_TEXT_NONE;
        domain = url_domain(&url, arena);
    } else if (url_parse(provider->url, &url)) {
        domain = url_domain(&url, arena);
    }
    gw_pg_args_init(&args);
    gw_pg_add_text(&args, domain);
    gw_pg_add_text(&args, provider->website_url);
    err = gw_pg_run(store->pg,
                    "insert into vendors as v (website_domain, website_url) values ($1, $2)"
                    " on conflict (website_domain) do update"
                    " set website_url = coalesce(v.website_url, excluded.website_url)"
                    " returning id",
                    &args, &rows, fault);
    if (err == GW_OK) {
        *ret_id = gw_pg_i64(rows, 0, 0);
    }
    gw_pg_rows_free(rows);
    gw_pg_args_fini(&args);
    return err;
}

static enum gw_err ensure_groups(struct store *store, const struct gw_groups *groups,
                                 struct gw_fault *fault)
{
    struct gw_pg_args args;
    enum gw_err err;

    gw_pg_args_init(&args);
    gw_pg_add_text_array(&args, groups->at, groups->count);
    err = gw_pg_run(store->pg,
                    "insert into provider_groups (name) select unnest($1::text[])"
                    " on conflict do nothing",
                    &args, NULL, fault);
    gw_pg_args_fini(&args);
    return err;
}

static enum gw_err draw_id(struct store *store, int64_t *ret_id, struct gw_fault *fault)
{
    struct gw_pg_rows *rows;

    GW_TRY(gw_pg_run(store->pg, "select nextval(pg_get_serial_sequence('providers', 'id'))", NULL,
                     &rows, fault));
    *ret_id = gw_pg_i64(rows, 0, 0);
    gw_pg_rows_free(rows);
    return GW_OK;
}

/* ---- Writing ---------------------------------------------------------------------------- */

static const char INSERT[] =
    "insert into providers as p (id, vendor_id, name, provider_type, is_enabled, weight, priority,"
    " group_tag, cost_multiplier, website_url, first_byte_timeout_streaming_ms,"
    " streaming_idle_timeout_ms, request_timeout_non_streaming_ms, url, sealed_url_login,"
    " sealed_key, key_hint)"
    " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
    " returning " COLUMNS;

/* A login goes with its URL, and a hint with its key: both are new or neither. */
static const char UPDATE[] =
    "update providers as p set vendor_id = $2, name = $3, provider_type = $4, is_enabled = $5,"
    " weight = $6, priority = $7, group_tag = $8, cost_multiplier = $9, website_url = $10,"
    " first_byte_timeout_streaming_ms = $11, streaming_idle_timeout_ms = $12,"
    " request_timeout_non_streaming_ms = $13, url = coalesce($14, url),"
    " sealed_url_login = case when $14::text is null then sealed_url_login else $15::bytea end,"
    " sealed_key = coalesce($16, sealed_key), key_hint = coalesce($17, key_hint),"
    " revision = revision + 1, updated_at = now() where id = $1 returning " COLUMNS;

static enum gw_err write_row(struct store *store, const char *sql, struct provider *provider,
                             const struct sealed *sealed, struct gw_arena *arena,
                             struct gw_fault *fault)
{
    struct gw_groups groups;
    struct gw_pg_args args;
    struct gw_pg_rows *rows = NULL;
    int64_t vendor_id = 0;
    enum gw_err err;

    if (sealed->url.at != NULL) {
        provider->url = sealed->url;
    }
    normalise_groups(provider, &groups, arena);
    GW_TRY(ensure_groups(store, &groups, fault));
    GW_TRY(find_vendor(store, provider, arena, &vendor_id, fault));
    gw_pg_args_init(&args);
    add_values(&args, provider, vendor_id);
    add_sealed(&args, sealed);
    err = gw_pg_run(store->pg, sql, &args, &rows, fault);
    if (err == GW_OK) {
        read_row(rows, 0, arena, provider);
    }
    gw_pg_rows_free(rows);
    gw_pg_args_fini(&args);
    return err;
}

static enum gw_err create_inside(struct store *store, const struct provider_change *change,
                                 struct gw_arena *arena, struct provider *ret_provider,
                                 struct gw_fault *fault)
{
    struct provider provider = fallback();
    struct sealed sealed;
    enum gw_err err;

    sealed_init(&sealed);
    apply(&provider, change);
    err = draw_id(store, &provider.id, fault);
    err = err != GW_OK ? err : seal_change(store, &provider, change, &sealed, arena, fault);
    err = err != GW_OK ? err : write_row(store, INSERT, &provider, &sealed, arena, fault);
    sealed_fini(&sealed);
    if (err == GW_OK) {
        *ret_provider = provider;
    }
    return err;
}

enum gw_err provider_create(struct store *store, const struct provider_change *change,
                            struct gw_arena *arena, struct provider *ret_provider,
                            struct gw_fault *fault)
{
    enum gw_err err;

    GW_TRY(store_begin(store, fault));
    err = create_inside(store, change, arena, ret_provider, fault);
    err = err != GW_OK ? err : store_commit(store, fault);
    store_end(store);
    return err;
}

static bool is_internal(enum gw_provider_type type)
{
    return type == GW_PROVIDER_CLAUDE_AUTH || type == GW_PROVIDER_GEMINI_CLI;
}

enum gw_err provider_get(struct store *store, int64_t id, enum provider_sight sight,
                         struct gw_arena *arena, struct provider *ret_provider,
                         struct gw_fault *fault)
{
    struct gw_pg_args args;
    struct gw_pg_rows *rows = NULL;
    struct provider provider = {.id = 0};
    enum gw_err err;

    store->rule = NULL;
    gw_pg_args_init(&args);
    gw_pg_add_i64(&args, id);
    err = gw_pg_run(store->pg,
                    "select " COLUMNS " from providers p where p.id = $1 and p.deleted_at is null",
                    &args, &rows, fault);
    if (err == GW_OK && gw_pg_count(rows) > 0) {
        read_row(rows, 0, arena, &provider);
    }
    if (err == GW_OK &&
        (provider.id == 0 || (is_internal(provider.type) && sight == PROVIDER_SEES_PUBLIC))) {
        err = gw_fail(fault, GW_E_ABSENT, "no provider %" PRId64, id);
    }
    if (err == GW_OK) {
        *ret_provider = provider;
    }
    gw_pg_rows_free(rows);
    gw_pg_args_fini(&args);
    return err;
}

static enum gw_err update_inside(struct store *store, const struct provider_change *change,
                                 const struct provider_asker *asker, struct gw_arena *arena,
                                 struct provider *provider, struct gw_fault *fault)
{
    struct sealed sealed;
    enum gw_err err;

    GW_TRY(provider_get(store, provider->id, asker->sight, arena, provider, fault));
    GW_TRY(store_check_match(&asker->match, provider->revision, fault));
    sealed_init(&sealed);
    err = seal_change(store, provider, change, &sealed, arena, fault);
    if (err == GW_OK) {
        apply(provider, change);
        err = write_row(store, UPDATE, provider, &sealed, arena, fault);
    }
    sealed_fini(&sealed);
    return err;
}

enum gw_err provider_update(struct store *store, const struct provider_change *change,
                            const struct provider_asker *asker, struct gw_arena *arena,
                            struct provider *provider, struct gw_fault *fault)
{
    enum gw_err err;

    GW_TRY(store_begin(store, fault));
    err = update_inside(store, change, asker, arena, provider, fault);
    err = err != GW_OK ? err : store_commit(store, fault);
    store_end(store);
    return err;
}

static enum gw_err delete_inside(struct store *store, int64_t id,
                                 const struct provider_asker *asker, struct gw_fault *fault)
{
    struct gw_arena arena;
    struct gw_pg_args args;
    struct provider provider;
    enum gw_err err;

    gw_arena_init(&arena, 1024 * 1024);
    gw_pg_args_init(&args);
    gw_pg_add_i64(&args, id);
    err = provider_get(store, id, asker->sight, &arena, &provider, fault);
    err = err != GW_OK ? err : store_check_match(&asker->match, provider.revision, fault);
    err = err != GW_OK ? err
                       : gw_pg_run(store->pg,
                                   "update providers set deleted_at = now(), updated_at = now(),"
                                   " revision = revision + 1 where id = $1",
                                   &args, NULL, fault);
    gw_pg_args_fini(&args);
    gw_arena_fini(&arena);
    return err;
}

enum gw_err provider_delete(struct store *store, int64_t id, const struct provider_asker *asker,
                            struct gw_fault *fault)
{
    enum gw_err err;

    GW_TRY(store_begin(store, fault));
    err = delete_inside(store, id, asker, fault);
    err = err != GW_OK ? err : store_commit(store, fault);
    store_end(store);
    return err;
}

/* ---- Lists ------------------------------------------------------------------------------ */

static const char FIND[] =
    "select " COLUMNS " from providers p where p.deleted_at is null"
    " and ($1::bigint = 0 or p.id < $1::bigint)"
    " and ($2::text is null or p.name ilike $2 or p.url ilike $2 or p.group_tag ilike $2"
    "  or p.provider_type ilike $2)"
    " and ($3::text is null or p.provider_type = $3)"
    " and ($4::boolean or p.provider_type not in ('claude-auth', 'gemini-cli'))"
    " order by p.id desc limit $5";

enum gw_err provider_find(struct store *store, const struct provider_query *query,
                          struct gw_arena *arena, struct provider_list *ret_list,
                          struct gw_fault *fault)
{
    struct gw_pg_args args;
    struct gw_pg_rows *rows = NULL;
    enum gw_err err;

    store->rule = NULL;
    gw_pg_args_init(&args);
    gw_pg_add_i64(&args, query->before_id);
    gw_pg_add_text(&args, query->q.at == NULL ? query->q : store_like(query->q, arena));
    gw_pg_add_text(&args, query->type == 0 ? GW_TEXT_NONE
                                           : gw_text_of(gw_provider_type_name(query->type)));
    gw_pg_add_bool(&args, query->sight == PROVIDER_SEES_ALL);
    gw_pg_add_i64(&args, query->limit + 1);
    err = gw_pg_run(store->pg, FIND, &args, &rows, fault);
    if (err == GW_OK) {
        size_t count = gw_pg_count(rows);

        ret_list->has_more = count > (size_t)query->limit;
        ret_list->count = ret_list->has_more ? (size_t)query->limit : count;
        ret_list->at = GW_ARENA_ARRAY(arena, struct provider, ret_list->count + 1);
        for (size_t i = 0; i < ret_list->count; i++) {
            read_row(rows, i, arena, &ret_list->at[i]);
        }
    }
    gw_pg_rows_free(rows);
    gw_pg_args_fini(&args);
    return err;
}
