/* SPDX-License-Identifier: MIT */
/*
 * /api/v1/users - accounts (spec 03 §5.1).
 *
 * Handlers read the call, ask the store, write the answer, and nothing else: rules about what a
 * user may be live in the store, so that they hold for every way in.
 */
#include "controlplane/admin/accounts/routes.h"
#include "controlplane/admin/accounts/show.h"
#include "controlplane/admin/answer/answer.h"
#include "controlplane/admin/answer/fields.h"
#include "lib/base/check.h"
#include "lib/codec/digest.h"
#include "lib/rest/etag.h"
#include "lib/rest/input.h"
#include "lib/rest/page.h"
#include "lib/units/clock.h"

static const struct answer_codes CODES = {"NOT_FOUND", "user.action_failed"};

#define NOTE_MAX   200
#define TAG_MAX    32
#define GROUPS_MAX 200

/* ---- Reading ---------------------------------------------------------------------------- */

static void read_tags(struct gw_json_in *in, struct user_change *change)
{
    struct gw_json_array array;

    if (gw_json_in_array(in, "tags", GW_JSON_OPTIONAL, USER_TAGS_MAX, &array) != GW_JSON_VALUE) {
        return;
    }
    for (size_t i = 0; i < array.count; i++) {
        if (gw_json_array_text(&array, i, 1, TAG_MAX, &change->to.tags[change->to.tag_count])) {
            change->to.tag_count++;
        }
    }
    change->given |= USER_TAGS;
}

static bool is_given(enum gw_json_is is)
{
    return is == GW_JSON_VALUE || is == GW_JSON_NULL;
}

static void read_dollars(struct gw_json_in *in, struct user_change *change)
{
    const struct {
        const char *key;
        int64_t most;
        struct gw_text *usd;
        enum user_field bit;
    } limits[] = {
        {"dailyQuota", 10000, &change->to.limit_daily_usd, USER_LIMIT_DAILY},
        {"limit5hUsd", 10000, &change->to.limit_5h_usd, USER_LIMIT_5H},
        {"limitWeeklyUsd", 50000, &change->to.limit_weekly_usd, USER_LIMIT_WEEKLY},
        {"limitMonthlyUsd", 200000, &change->to.limit_monthly_usd, USER_LIMIT_MONTHLY},
        {"limitTotalUsd", 10000000, &change->to.limit_total_usd, USER_LIMIT_TOTAL},
    };

    for (size_t i = 0; i < GW_COUNT(limits); i++) {
        if (is_given(field_usd(in, limits[i].key, limits[i].most, limits[i].usd))) {
            change->given |= limits[i].bit;
        }
    }
}

/* Whole numbers; null is -1. */
static void read_numbers(struct gw_json_in *in, struct user_change *change)
{
    const struct {
        const char *key;
        int64_t most;
        int64_t *number;
        enum user_field bit;
    } limits[] = {
        {"rpm", 1000000, &change->to.rpm, USER_RPM},
        {"limitConcurrentSessions", 1000, &change->to.limit_concurrent_sessions,
         USER_LIMIT_CONCURRENT},
    };

    for (size_t i = 0; i < GW_COUNT(limits); i++) {
        enum gw_json_is is = gw_json_in_int(in, limits[i].key, GW_JSON_NULLABLE, 0, limits[i].most,
                                            limits[i].number);

        if (is == GW_JSON_NULL) {
            *limits[i].number = -1;
        }
        change->given |= is_given(is) ? limits[i].bit : 0;
    }
}

/* The one list of what a client may set. */
static void read_change(struct gw_json_in *in, enum gw_json_may name_may, enum field_expiry expiry,
                        struct user_change *change)
{
    static const char *const ROLES[] = {"user", "admin", NULL};
    enum gw_json_is is;
    size_t role;

    if (field_name(in, name_may, &change->to.name) == GW_JSON_VALUE) {
        change->given |= USER_NAME;
    }
    is = gw_json_in_text(in, "note", GW_JSON_NULLABLE, 0, NOTE_MAX, &change->to.note);
    change->given |= is_given(is) ? USER_NOTE : 0;
    read_tags(in, change);
    if (gw_json_in_enum(in, "role", GW_JSON_OPTIONAL, ROLES, &role) == GW_JSON_VALUE) {
        change->to.is_admin = role == 1;
        change->given |= USER_ROLE;
    }
    is = gw_json_in_bool(in, "isEnabled", GW_JSON_OPTIONAL, &change->to.is_enabled);
    change->given |= is == GW_JSON_VALUE ? USER_IS_ENABLED : 0;
    is = field_expires_at(in, expiry, gw_clock_wall_us(), &change->to.expires_at_us);
    change->given |= is_given(is) ? USER_EXPIRES_AT : 0;
    is = field_groups(in, "providerGroup", GROUPS_MAX, &change->to.provider_group);
    change->given |= is_given(is) ? USER_PROVIDER_GROUP : 0;
    read_dollars(in, change);
    read_numbers(in, change);
}

/* ---- GET /users ------------------------------------------------------------------------- */

static enum gw_err keys_of(struct store *store, const struct user *users, size_t count,
                           struct gw_arena *arena, struct key_list *ret_keys,
                           struct gw_fault *fault)
{
    int64_t *ids = GW_ARENA_ARRAY(arena, int64_t, count + 1);

    for (size_t i = 0; i < count; i++) {
        ids[i] = users[i].id;
    }
    return key_list_of(store, ids, count, arena, ret_keys, fault);
}

static enum gw_err write_list(struct gw_rest_call *call, const struct user_list *users,
                              const struct key_list *keys, int64_t limit)
{
    struct gw_rest_cursor next = {0};
    struct gw_json_out out;

    gw_rest_reply_begin(call, &out);
    gw_json_open_object(&out);
    gw_json_key(&out, "items");
    gw_json_open_array(&out);
    for (size_t i = 0; i < users->count; i++) {
        show_user(&out, &users->at[i], keys);
        next = (struct gw_rest_cursor){.rank = !users->at[i].is_admin, .id = users->at[i].id};
    }
    gw_json_close_array(&out);
    gw_rest_put_page_info(&out, call->arena, users->has_more ? &next : NULL, limit);
    gw_json_close_object(&out);
    return gw_rest_reply_end(call, &out, 200);
}

static enum gw_err list(struct gw_rest_call *call, struct gw_fault *fault)
{
    struct user_query query = {.limit = 50};
    struct gw_rest_cursor cursor;
    struct gw_rest_input input;
    struct user_list users;
    struct key_list keys;
    enum gw_err err = GW_OK;

    gw_rest_input_init(&input, call);
    gw_rest_query_cursor(&input, &cursor);
    (void)gw_rest_query_int(&input, "limit", 1, 100, &query.limit);
    (void)gw_rest_query_text(&input, "q", 200, &query.q);
    if (gw_rest_input_accept(&input)) {
        query.after_is_user = cursor.rank != 0;
        query.after_id = cursor.id;
        err = user_find(answer_store(call), &query, call->arena, &users, fault);
        err = err != GW_OK
                  ? err
                  : keys_of(answer_store(call), users.at, users.count, call->arena, &keys, fault);
        err = err != GW_OK ? err : write_list(call, &users, &keys, query.limit);
    }
    gw_rest_input_fini(&input);
    return err;
}

/* ---- POST /users ------------------------------------------------------------------------ */

struct creation {
    struct user user;
    struct key key;
    bool with_key;
    char key_text[KEY_TEXT_SIZE];
};

static enum gw_err create_inside(struct store *store, struct creation *creation,
                                 struct gw_arena *arena, struct gw_fault *fault)
{
    GW_TRY(user_insert(store, &creation->user, arena, fault));
    if (creation->with_key) {
        creation->key = key_fallback();
        creation->key.user_id = creation->user.id;
        creation->key.name = GW_TEXT("default");
        creation->key.provider_group = creation->user.provider_group;
        GW_TRY(key_insert(store, &creation->key, creation->key_text, arena, fault));
    }
    return store_commit(store, fault);
}

static enum gw_err write_created(struct gw_rest_call *call, const struct creation *creation)
{
    const struct key_list keys = {(struct key *)&creation->key, creation->with_key};
    struct gw_json_out out;

    gw_rest_reply_begin(call, &out);
    gw_json_open_object(&out);
    gw_json_key(&out, "user");
    show_user(&out, &creation->user, &keys);
    if (creation->with_key) {
        gw_json_key(&out, "defaultKey");
        gw_json_open_object(&out);
        gw_json_put_int(&out, "id", creation->key.id);
        gw_json_put_text(&out, "name", creation->key.name);
        gw_json_put_str(&out, "key", creation->key_text);
        gw_json_close_object(&out);
    }
    gw_json_close_object(&out);
    gw_rest_add_location(call, "/api/v1/users", creation->user.id);
    return gw_rest_reply_end(call, &out, 201);
}

static enum gw_err make(struct gw_rest_call *call, struct creation *creation,
                        struct gw_fault *fault)
{
    enum gw_err err;

    GW_TRY(store_begin(answer_store(call), fault));
    err = create_inside(answer_store(call), creation, call->arena, fault);
    store_end(answer_store(call));
    if (err == GW_OK) {
        err = write_created(call, creation);
    }
    gw_wipe(creation->key_text, sizeof(creation->key_text));
    return err;
}

static enum gw_err create(struct gw_rest_call *call, struct gw_fault *fault)
{
    struct user_change change = {0};
    struct creation creation = {.user = user_fallback(), .with_key = true};
    struct gw_rest_input input;
    struct gw_json_in *in;
    enum gw_err err = GW_OK;

    gw_rest_input_init(&input, call);
    (void)gw_rest_query_bool(&input, "withDefaultKey", &creation.with_key);
    in = gw_rest_input_body(&input);
    if (in != NULL) {
        read_change(in, GW_JSON_REQUIRED, FIELD_EXPIRY_AHEAD, &change);
    }
    if (gw_rest_input_accept(&input)) {
        user_apply(&creation.user, &change);
        err = make(call, &creation, fault);
    }
    gw_rest_input_fini(&input);
    return err == GW_OK ? err : answer_failure(call, err, &CODES);
}

/* ---- One user --------------------------------------------------------------------------- */

static enum gw_err write_one(struct gw_rest_call *call, const struct user *user,
                             const struct key_list *keys)
{
    struct gw_json_out out;

    gw_rest_reply_begin(call, &out);
    show_user(&out, user, keys);
    gw_rest_add_etag(call, user->revision);
    return gw_rest_reply_end(call, &out, 200);
}

static enum gw_err read(struct gw_rest_call *call, struct gw_fault *fault)
{
    struct gw_rest_input input;
    struct user user;
    struct key_list keys;
    int64_t id;
    enum gw_err err = GW_OK;

    gw_rest_input_init(&input, call);
    gw_rest_input_id(&input, 0, "id", &id);
    if (gw_rest_input_accept(&input)) {
        err = user_get(answer_store(call), id, call->arena, &user, fault);
        err = err != GW_OK ? err : keys_of(answer_store(call), &user, 1, call->arena, &keys, fault);
        err = err != GW_OK ? err : write_one(call, &user, &keys);
    }
    gw_rest_input_fini(&input);
    return err == GW_OK ? err : answer_failure(call, err, &CODES);
}

static enum gw_err write_updated(struct gw_rest_call *call, int64_t id, int64_t revision)
{
    struct gw_json_out out;

    gw_rest_reply_begin(call, &out);
    gw_json_open_object(&out);
    gw_json_put_int(&out, "id", id);
    gw_json_put_bool(&out, "updated", true);
    gw_json_close_object(&out);
    gw_rest_add_etag(call, revision);
    return gw_rest_reply_end(call, &out, 200);
}

static enum gw_err update(struct gw_rest_call *call, struct gw_fault *fault)
{
    const struct store_match match = answer_match(call);
    struct user_change change = {0};
    struct gw_rest_input input;
    struct gw_json_in *in;
    int64_t id, revision;
    enum gw_err err = GW_OK;

    gw_rest_input_init(&input, call);
    gw_rest_input_id(&input, 0, "id", &id);
    in = gw_rest_input_body(&input);
    if (in != NULL) {
        read_change(in, GW_JSON_OPTIONAL, FIELD_EXPIRY_ANY, &change);
    }
    if (gw_rest_input_accept(&input)) {
        err = user_update(answer_store(call), id, &change, &match, &revision, fault);
        err = err != GW_OK ? err : write_updated(call, id, revision);
    }
    gw_rest_input_fini(&input);
    return err == GW_OK ? err : answer_failure(call, err, &CODES);
}

static enum gw_err delete (struct gw_rest_call *call, struct gw_fault *fault) {
    const struct store_match match = answer_match(call); struct gw_rest_input input; int64_t id;
    enum gw_err err = GW_OK;

    gw_rest_input_init(&input, call); gw_rest_input_id(&input, 0, "id", &id);
    if (gw_rest_input_accept(&input)){err = user_delete(answer_store(call), id, &match, fault);
                                      if (err == GW_OK){gw_rest_reply_empty(call, 204);}
}
gw_rest_input_fini(&input);
return err == GW_OK ? err : answer_failure(call, err, &CODES);
}

static const struct gw_rest_route ROUTES[] = {
    {"GET", "/api/v1/users", GW_REST_ADMIN, list},
    {"POST", "/api/v1/users", GW_REST_ADMIN, create},
    {"GET", "/api/v1/users/{id}", GW_REST_ADMIN, read},
    {"PATCH", "/api/v1/users/{id}", GW_REST_ADMIN, update},
    {"DELETE", "/api/v1/users/{id}", GW_REST_ADMIN, delete},
};

const struct gw_rest_routes USER_ROUTES = {ROUTES, GW_COUNT(ROUTES)};
