/* SPDX-License-Identifier: MIT */
/*
 * /api/v1/users/{userId}/keys and /api/v1/keys - client keys (spec 03 §5.2).
 */
#include "controlplane/admin/accounts/routes.h"
#include "controlplane/admin/accounts/show.h"
#include "controlplane/admin/answer/answer.h"
#include "controlplane/admin/answer/fields.h"
#include "lib/base/check.h"
#include "lib/codec/digest.h"
#include "lib/rest/etag.h"
#include "lib/rest/input.h"
#include "lib/rest/problem.h"
#include "lib/units/clock.h"

static const struct answer_codes CODES = {"key.not_found", "key.action_failed"};
static const struct answer_codes USER_CODES = {"NOT_FOUND", "key.action_failed"};

#define GROUPS_MAX 200

static bool is_given(enum gw_json_is is)
{
    return is == GW_JSON_VALUE || is == GW_JSON_NULL;
}

/* The one list of what a client may set. The name is needed even by a change. */
static void read_change(struct gw_json_in *in, enum field_expiry expiry, struct key_change *change)
{
    enum gw_json_is is;

    if (field_name(in, GW_JSON_REQUIRED, &change->to.name) == GW_JSON_VALUE) {
        change->given |= KEY_NAME;
    }
    is = gw_json_in_bool(in, "isEnabled", GW_JSON_OPTIONAL, &change->to.is_enabled);
    change->given |= is == GW_JSON_VALUE ? KEY_IS_ENABLED : 0;
    is = field_expires_at(in, expiry, gw_clock_wall_us(), &change->to.expires_at_us);
    change->given |= is_given(is) ? KEY_EXPIRES_AT : 0;
    is = field_groups(in, "providerGroup", GROUPS_MAX, &change->to.provider_group);
    change->given |= is_given(is) ? KEY_PROVIDER_GROUP : 0;
    is = gw_json_in_bool(in, "canLoginWebUi", GW_JSON_OPTIONAL, &change->to.can_login_web_ui);
    change->given |= is == GW_JSON_VALUE ? KEY_CAN_LOGIN_WEB_UI : 0;
}

/* A name that is taken is told with the name, for a translated message. */
static enum gw_err fail(struct gw_rest_call *call, enum gw_err err, struct gw_text name,
                        const struct answer_codes *codes)
{
    const struct gw_rest_param param = {"name", name};
    const char *rule = answer_store(call)->rule;

    if (rule != NULL && strcmp(rule, "DUPLICATE_NAME") == 0) {
        gw_rest_refuse_with(call, 400, rule, "the user has an enabled key of that name", &param, 1);
        return GW_OK;
    }
    return answer_failure(call, err, codes);
}

/* ---- Keys of a user --------------------------------------------------------------------- */

static enum gw_err write_list(struct gw_rest_call *call, const struct key_list *keys)
{
    struct gw_json_out out;

    gw_rest_reply_begin(call, &out);
    gw_json_open_object(&out);
    gw_json_key(&out, "items");
    gw_json_open_array(&out);
    for (size_t i = 0; i < keys->count; i++) {
        show_key(&out, &keys->at[i]);
    }
    gw_json_close_array(&out);
    gw_json_close_object(&out);
    return gw_rest_reply_end(call, &out, 200);
}

static enum gw_err list(struct gw_rest_call *call, struct gw_fault *fault)
{
    struct gw_rest_input input;
    struct key_list keys;
    struct user user;
    int64_t user_id;
    enum gw_err err = GW_OK;

    gw_rest_input_init(&input, call);
    gw_rest_input_id(&input, 0, "userId", &user_id);
    if (gw_rest_input_accept(&input)) {
        err = user_get(answer_store(call), user_id, call->arena, &user, fault);
        err = err != GW_OK
                  ? err
                  : key_list_of(answer_store(call), &user_id, 1, call->arena, &keys, fault);
        err = err != GW_OK ? err : write_list(call, &keys);
    }
    gw_rest_input_fini(&input);
    return err == GW_OK ? err : answer_failure(call, err, &USER_CODES);
}

static enum gw_err write_created(struct gw_rest_call *call, const struct key *key,
                                 const char *key_text)
{
    struct gw_json_out out;

    gw_rest_reply_begin(call, &out);
    gw_json_open_object(&out);
    gw_json_put_int(&out, "id", key->id);
    gw_json_put_str(&out, "generatedKey", key_text);
    gw_json_put_text(&out, "name", key->name);
    gw_json_close_object(&out);
    gw_rest_add_location(call, "/api/v1/keys", key->id);
    return gw_rest_reply_end(call, &out, 201);
}

static enum gw_err create(struct gw_rest_call *call, struct gw_fault *fault)
{
    struct key_change change = {0};
    struct key key = key_fallback();
    char key_text[KEY_TEXT_SIZE] = "";
    struct gw_rest_input input;
    struct gw_json_in *in;
    enum gw_err err = GW_OK;

    gw_rest_input_init(&input, call);
    gw_rest_input_id(&input, 0, "userId", &key.user_id);
    in = gw_rest_input_body(&input);
    if (in != NULL) {
        read_change(in, FIELD_EXPIRY_AHEAD, &change);
    }
    if (gw_rest_input_accept(&input)) {
        key_apply(&key, &change);
        err = key_create(answer_store(call), &key, key_text, call->arena, fault);
        err = err != GW_OK ? err : write_created(call, &key, key_text);
        gw_wipe(key_text, sizeof(key_text));
    }
    err = err == GW_OK ? err : fail(call, err, change.to.name, &USER_CODES);
    gw_rest_input_fini(&input);
    return err;
}

/* ---- One key ---------------------------------------------------------------------------- */

static enum gw_err write_one(struct gw_rest_call *call, const struct key *key)
{
    struct gw_json_out out;

    gw_rest_reply_begin(call, &out);
    show_key(&out, key);
    gw_rest_add_etag(call, key->revision);
    return gw_rest_reply_end(call, &out, 200);
}

static enum gw_err read(struct gw_rest_call *call, struct gw_fault *fault)
{
    struct gw_rest_input input;
    struct key key;
    int64_t id;
    enum gw_err err = GW_OK;

    gw_rest_input_init(&input, call);
    gw_rest_input_id(&input, 0, "keyId", &id);
    if (gw_rest_input_accept(&input)) {
        err = key_get(answer_store(call), id, call->arena, &key, fault);
        err = err != GW_OK ? err : write_one(call, &key);
    }
    gw_rest_input_fini(&input);
    return err == GW_OK ? err : answer_failure(call, err, &CODES);
}

static enum gw_err update(struct gw_rest_call *call, struct gw_fault *fault)
{
    const struct store_match match = answer_match(call);
    struct key_change change = {0};
    struct gw_rest_input input;
    struct gw_json_in *in;
    int64_t id, revision;
    enum gw_err err = GW_OK;

    gw_rest_input_init(&input, call);
    gw_rest_input_id(&input, 0, "keyId", &id);
    in = gw_rest_input_body(&input);
    if (in != NULL) {
        read_change(in, FIELD_EXPIRY_ANY, &change);
    }
    if (gw_rest_input_accept(&input)) {
        err = key_update(answer_store(call), id, &change, &match, &revision, fault);
        if (err == GW_OK) {
            gw_rest_add_etag(call, revision);
            err = answer_ok(call);
        }
    }
    err = err == GW_OK ? err : fail(call, err, change.to.name, &CODES);
    gw_rest_input_fini(&input);
    return err;
}

static enum gw_err delete (struct gw_rest_call *call, struct gw_fault *fault) {
    const struct store_match match = answer_match(call); struct gw_rest_input input; int64_t id;
    enum gw_err err = GW_OK;

    gw_rest_input_init(&input, call); gw_rest_input_id(&input, 0, "keyId", &id);
    if (gw_rest_input_accept(&input)){err = key_delete(answer_store(call), id, &match, fault);
                                      if (err == GW_OK){gw_rest_reply_empty(call, 204);}
}
gw_rest_input_fini(&input);
return err == GW_OK ? err : answer_failure(call, err, &CODES);
}

static const struct gw_rest_route ROUTES[] = {
    {"GET", "/api/v1/users/{userId}/keys", GW_REST_ADMIN, list},
    {"POST", "/api/v1/users/{userId}/keys", GW_REST_ADMIN, create},
    {"GET", "/api/v1/keys/{keyId}", GW_REST_ADMIN, read},
    {"PATCH", "/api/v1/keys/{keyId}", GW_REST_ADMIN, update},
    {"DELETE", "/api/v1/keys/{keyId}", GW_REST_ADMIN, delete},
};

const struct gw_rest_routes KEY_ROUTES = {ROUTES, GW_COUNT(ROUTES)};
