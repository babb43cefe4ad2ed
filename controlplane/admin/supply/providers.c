/* SPDX-License-Identifier: MIT */
/*
 * /api/v1/providers - what requests are sent to (spec 03 §7.1). Fields are snake_case on the way
 * in and camelCase on the way out; the provider's secret goes in and never comes out.
 */
#include "controlplane/store/supply/providers.h"
#include "controlplane/admin/answer/answer.h"
#include "controlplane/admin/answer/fields.h"
#include "controlplane/admin/supply/routes.h"
#include "lib/base/check.h"
#include "lib/rest/etag.h"
#include "lib/rest/input.h"
#include "lib/rest/page.h"
#include "lib/rest/problem.h"

static const struct answer_codes CODES = {"provider.not_found", "provider.action_failed"};

#define GROUP_TAG_MAX   255
#define WEBSITE_URL_MAX 2048
#define FACTOR_STEP     100000 /* billionths: four decimals */
#define FACTOR_MAX      INT64_C(999999999900000)

static enum provider_sight sight_of(const struct gw_rest_call *call)
{
    return call->shows_internal ? PROVIDER_SEES_ALL : PROVIDER_SEES_PUBLIC;
}

static struct provider_asker asker_of(const struct gw_rest_call *call)
{
    return (struct provider_asker){sight_of(call), answer_match(call)};
}

/* ---- Reading ---------------------------------------------------------------------------- */

static bool is_given(enum gw_json_is is)
{
    return is == GW_JSON_VALUE || is == GW_JSON_NULL;
}

static const char *const TYPES[] = {"claude", "codex", "gemini", "openai-compatible", NULL};
static const char *const ALL_TYPES[] = {"claude",      "codex",      "gemini", "openai-compatible",
                                        "claude-auth", "gemini-cli", NULL};

static const char *const *types_for(const struct gw_rest_call *call)
{
    return call->shows_internal ? ALL_TYPES : TYPES;
}

static void read_type(struct gw_json_in *in, const struct gw_rest_call *call,
                      struct provider_change *change)
{
    const char *const *types = types_for(call);
    size_t place;

    if (gw_json_in_enum(in, "provider_type", GW_JSON_OPTIONAL, types, &place) == GW_JSON_VALUE &&
        gw_provider_type_parse(gw_text_of(types[place]), &change->to.type)) {
        change->given |= PROVIDER_TYPE;
    }
}

static void read_multiplier(struct gw_json_in *in, struct provider_change *change)
{
    const struct gw_factor least = {0}, most = {FACTOR_MAX};
    char text[GW_MONEY_TEXT_SIZE];
    struct gw_factor factor;

    if (gw_json_in_factor(in, "cost_multiplier", GW_JSON_OPTIONAL, least, most, &factor) !=
        GW_JSON_VALUE) {
        return;
    }
    if (factor.billionths % FACTOR_STEP != 0) {
        gw_json_in_wrong(in, "cost_multiplier", GW_JSON_CODE_FORMAT,
                         "must have at most four decimals");
        return;
    }
    (void)gw_factor_format(factor, text);
    change->to.cost_multiplier = gw_text_of(gw_arena_str(in->problems->arena, text));
    change->given |= PROVIDER_COST_MULTIPLIER;
}

/* Each is 0 or within its bounds. */
static void read_timeouts(struct gw_json_in *in, struct provider_change *change)
{
    const struct {
        const char *key;
        int64_t least, most;
        int64_t *ms;
        enum provider_field bit;
    } timeouts[] = {
        {"first_byte_timeout_streaming_ms", 1000, 180000, &change->to.first_byte_timeout_ms,
         PROVIDER_FIRST_BYTE_TIMEOUT},
        {"streaming_idle_timeout_ms", 60000, 600000, &change->to.stream_idle_timeout_ms,
         PROVIDER_STREAM_IDLE_TIMEOUT},
        {"request_timeout_non_streaming_ms", 60000, 1800000, &change->to.total_timeout_ms,
         PROVIDER_TOTAL_TIMEOUT},
    };

    for (size_t i = 0; i < GW_COUNT(timeouts); i++) {
        int64_t *ms = timeouts[i].ms;

        if (gw_json_in_int(in, timeouts[i].key, GW_JSON_OPTIONAL, 0, timeouts[i].most, ms) !=
            GW_JSON_VALUE) {
            continue;
        }
        if (*ms > 0 && *ms < timeouts[i].least) {
            gw_json_in_wrong(in, timeouts[i].key, GW_JSON_CODE_TOO_SMALL,
                             gw_arena_fmt(in->problems->arena, "must be 0 or at least %lld",
                                          (long long)timeouts[i].least));
        } else {
            change->given |= timeouts[i].bit;
        }
    }
}

static void read_routing(struct gw_json_in *in, struct provider_change *change)
{
    enum gw_json_is is;

    is = gw_json_in_bool(in, "is_enabled", GW_JSON_OPTIONAL, &change->to.is_enabled);
    change->given |= is == GW_JSON_VALUE ? PROVIDER_IS_ENABLED : 0;
    is = gw_json_in_int(in, "weight", GW_JSON_OPTIONAL, 1, 100, &change->to.weight);
    change->given |= is == GW_JSON_VALUE ? PROVIDER_WEIGHT : 0;
    is = gw_json_in_int(in, "priority", GW_JSON_OPTIONAL, 0, INT32_MAX, &change->to.priority);
    change->given |= is == GW_JSON_VALUE ? PROVIDER_PRIORITY : 0;
    is = field_groups(in, "group_tag", GROUP_TAG_MAX, &change->to.group_tag);
    change->given |= is_given(is) ? PROVIDER_GROUP_TAG : 0;
}

static void read_website(struct gw_json_in *in, struct provider_change *change)
{
    struct gw_text *url = &change->to.website_url;
    enum gw_json_is is = gw_json_in_text(in, "website_url", GW_JSON_NULLABLE, 0, WEBSITE_URL_MAX,
                                         url);

    if (is == GW_JSON_NULL || (is == GW_JSON_VALUE && url->len == 0)) {
        *url = GW_TEXT_NONE;
    } else if (is == GW_JSON_VALUE && !gw_text_starts_with_nocase(*url, GW_TEXT("http://")) &&
               !gw_text_starts_with_nocase(*url, GW_TEXT("https://"))) {
        gw_json_in_wrong(in, "website_url", GW_JSON_CODE_FORMAT, "must be an http or https URL");
        return;
    }
    change->given |= is_given(is) ? PROVIDER_WEBSITE_URL : 0;
}

static void read_key(struct gw_json_in *in, enum gw_json_may may, struct provider_change *change)
{
    enum gw_json_is is = gw_json_in_text(in, "key", may, 1, PROVIDER_KEY_MAX, &change->key);

    if (is != GW_JSON_VALUE) {
        return;
    }
    if (change->key.len > PROVIDER_KEY_MAX) {
        gw_json_in_wrong(in, "key", GW_JSON_CODE_TOO_BIG, "must have at most 1 MiB");
        return;
    }
    change->given |= PROVIDER_KEY;
}

/* The one list of what a client may set; `may` is about what a new provider must have. */
static void read_change(struct gw_json_in *in, const struct gw_rest_call *call,
                        enum gw_json_may may, struct provider_change *change)
{
    enum gw_json_is is;

    if (field_name(in, may, &change->to.name) == GW_JSON_VALUE) {
        change->given |= PROVIDER_NAME;
    }
    is = gw_json_in_text(in, "url", may, 1, PROVIDER_URL_MAX, &change->to.url);
    change->given |= is == GW_JSON_VALUE ? PROVIDER_URL : 0;
    read_key(in, may, change);
    read_type(in, call, change);
    read_routing(in, change);
    read_multiplier(in, change);
    read_website(in, change);
    read_timeouts(in, change);
}

/* ---- Writing ---------------------------------------------------------------------------- */

static void show(struct gw_json_out *out, const struct provider *provider)
{
    gw_json_open_object(out);
    gw_json_put_int(out, "id", provider->id);
    gw_json_put_text(out, "name", provider->name);
    gw_json_put_text(out, "url", provider->url);
    gw_json_put_text(out, "maskedKey", provider->key_hint);
    gw_json_put_str(out, "providerType", gw_provider_type_name(provider->type));
    gw_json_put_bool(out, "isEnabled", provider->is_enabled);
    gw_json_put_int(out, "weight", provider->weight);
    gw_json_put_int(out, "priority", provider->priority);
    answer_put_text(out, "groupTag", provider->group_tag);
    gw_json_put_text(out, "costMultiplier", provider->cost_multiplier);
    answer_put_text(out, "websiteUrl", provider->website_url);
    gw_json_put_int(out, "firstByteTimeoutStreamingMs", provider->first_byte_timeout_ms);
    gw_json_put_int(out, "streamingIdleTimeoutMs", provider->stream_idle_timeout_ms);
    gw_json_put_int(out, "requestTimeoutNonStreamingMs", provider->total_timeout_ms);
    gw_json_put_time(out, "createdAt", provider->created_at_us);
    gw_json_put_time(out, "updatedAt", provider->updated_at_us);
    gw_json_close_object(out);
}

static enum gw_err write_one(struct gw_rest_call *call, int status, const struct provider *provider)
{
    struct gw_json_out out;

    gw_rest_reply_begin(call, &out);
    show(&out, provider);
    gw_rest_add_etag(call, provider->revision);
    return gw_rest_reply_end(call, &out, status);
}

static enum gw_err fail(struct gw_rest_call *call, enum gw_err err)
{
    const char *rule = answer_store(call)->rule;
    struct gw_json_problems problems;

    if (rule != NULL && strcmp(rule, "REDACTED") == 0) {
        gw_rest_refuse(call, 422, "provider.redacted_placeholder_rejected",
                       "a placeholder stands where a secret belongs");
        return GW_OK;
    }
    if (rule != NULL && strcmp(rule, "URL_INVALID") == 0) {
        gw_json_problems_init(&problems, call->arena);
        gw_json_problems_add(&problems, "url", GW_JSON_CODE_FORMAT, "must be an http or https URL");
        gw_rest_refuse_fields(call, &problems);
        return GW_OK;
    }
    return answer_failure(call, err, &CODES);
}

/* ---- Handlers --------------------------------------------------------------------------- */

static enum gw_err write_list(struct gw_rest_call *call, const struct provider_list *providers,
                              int64_t limit)
{
    struct gw_rest_cursor next = {0};
    struct gw_json_out out;

    gw_rest_reply_begin(call, &out);
    gw_json_open_object(&out);
    gw_json_key(&out, "items");
    gw_json_open_array(&out);
    for (size_t i = 0; i < providers->count; i++) {
        show(&out, &providers->at[i]);
        next.id = providers->at[i].id;
    }
    gw_json_close_array(&out);
    gw_rest_put_page_info(&out, call->arena, providers->has_more ? &next : NULL, limit);
    gw_json_close_object(&out);
    return gw_rest_reply_end(call, &out, 200);
}

static enum gw_err list(struct gw_rest_call *call, struct gw_fault *fault)
{
    struct provider_query query = {.limit = 100, .sight = sight_of(call)};
    struct provider_list providers;
    struct gw_rest_cursor cursor;
    struct gw_rest_input input;
    size_t type;
    enum gw_err err = GW_OK;

    gw_rest_input_init(&input, call);
    gw_rest_query_cursor(&input, &cursor);
    (void)gw_rest_query_int(&input, "limit", 1, 1000, &query.limit);
    (void)gw_rest_query_text(&input, "q", 200, &query.q);
    if (gw_rest_query_enum(&input, "providerType", types_for(call), &type)) {
        (void)gw_provider_type_parse(gw_text_of(types_for(call)[type]), &query.type);
    }
    if (gw_rest_input_accept(&input)) {
        query.before_id = cursor.id;
        err = provider_find(answer_store(call), &query, call->arena, &providers, fault);
        err = err != GW_OK ? err : write_list(call, &providers, query.limit);
    }
    gw_rest_input_fini(&input);
    return err;
}

static enum gw_err create(struct gw_rest_call *call, struct gw_fault *fault)
{
    struct provider_change change = {0};
    struct provider provider;
    struct gw_rest_input input;
    struct gw_json_in *in;
    enum gw_err err = GW_OK;

    gw_rest_input_init(&input, call);
    in = gw_rest_input_body(&input);
    if (in != NULL) {
        read_change(in, call, GW_JSON_REQUIRED, &change);
    }
    if (gw_rest_input_accept(&input)) {
        err = provider_create(answer_store(call), &change, call->arena, &provider, fault);
        if (err == GW_OK) {
            gw_rest_add_location(call, "/api/v1/providers", provider.id);
            err = write_one(call, 201, &provider);
        }
    }
    gw_rest_input_fini(&input);
    return err == GW_OK ? err : fail(call, err);
}

static enum gw_err read(struct gw_rest_call *call, struct gw_fault *fault)
{
    struct gw_rest_input input;
    struct provider provider;
    int64_t id;
    enum gw_err err = GW_OK;

    gw_rest_input_init(&input, call);
    gw_rest_input_id(&input, 0, "id", &id);
    if (gw_rest_input_accept(&input)) {
        err = provider_get(answer_store(call), id, sight_of(call), call->arena, &provider, fault);
        err = err != GW_OK ? err : write_one(call, 200, &provider);
    }
    gw_rest_input_fini(&input);
    return err == GW_OK ? err : fail(call, err);
}

static enum gw_err update(struct gw_rest_call *call, struct gw_fault *fault)
{
    const struct provider_asker asker = asker_of(call);
    struct provider_change change = {0};
    struct provider provider = {0};
    struct gw_rest_input input;
    struct gw_json_in *in;
    enum gw_err err = GW_OK;

    gw_rest_input_init(&input, call);
    gw_rest_input_id(&input, 0, "id", &provider.id);
    in = gw_rest_input_body(&input);
    if (in != NULL) {
        read_change(in, call, GW_JSON_OPTIONAL, &change);
    }
    if (gw_rest_input_accept(&input)) {
        err = provider_update(answer_store(call), &change, &asker, call->arena, &provider, fault);
        err = err != GW_OK ? err : write_one(call, 200, &provider);
    }
    gw_rest_input_fini(&input);
    return err == GW_OK ? err : fail(call, err);
}

static enum gw_err delete (struct gw_rest_call *call, struct gw_fault *fault) {
    const struct provider_asker asker = asker_of(call); struct gw_rest_input input; int64_t id;
    enum gw_err err = GW_OK;

    gw_rest_input_init(&input, call); gw_rest_input_id(&input, 0, "id", &id);
    if (gw_rest_input_accept(&input)){err = provider_delete(answer_store(call), id, &asker, fault);
                                      if (err == GW_OK){gw_rest_reply_empty(call, 204);}
}
gw_rest_input_fini(&input);
return err == GW_OK ? err : fail(call, err);
}

static const struct gw_rest_route ROUTES[] = {
    {"GET", "/api/v1/providers", GW_REST_ADMIN, list},
    {"POST", "/api/v1/providers", GW_REST_ADMIN, create},
    {"GET", "/api/v1/providers/{id}", GW_REST_ADMIN, read},
    {"PATCH", "/api/v1/providers/{id}", GW_REST_ADMIN, update},
    {"DELETE", "/api/v1/providers/{id}", GW_REST_ADMIN, delete},
};

const struct gw_rest_routes PROVIDER_ROUTES = {ROUTES, GW_COUNT(ROUTES)};
