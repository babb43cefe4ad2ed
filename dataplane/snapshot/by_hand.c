/* SPDX-License-Identifier: MIT */
#include "dataplane/snapshot/by_hand.h"

#include <inttypes.h>
#include <stdio.h>

#include "dataplane/snapshot/index.h"
#include "lib/base/check.h"
#include "lib/codec/file.h"
#include "lib/codec/random.h"
#include "lib/codec/seal.h"
#include "lib/json/json_in.h"
#include "lib/net/http_client.h"
#include "lib/units/clock.h"

#define FILE_MAX     GW_JSON_BODY_MAX
#define ROWS_MAX     100000
#define NAME_LEN_MAX 128
#define KEY_LEN_MAX  4096
#define PROBLEMS_MAX ((size_t)1024 * 1024)
#define ID_MAX       INT64_MAX

struct reader {
    const struct gw_keyring *ring;
    struct gw_update *update;
    struct gw_arena arena;
    struct gw_json_problems problems;
    char digits[GW_MONEY_TEXT_SIZE]; /* of the provider being read */
};

/* ---- Fields ----------------------------------------------------------------------------- */

static uint64_t read_id(struct gw_json_in *in, const char *name)
{
    int64_t id = 0;

    (void)gw_json_in_int(in, name, GW_JSON_REQUIRED, 1, ID_MAX, &id);
    return (uint64_t)id;
}

static void read_groups(struct gw_json_in *in, struct gw_groups *groups)
{
    struct gw_json_array array;

    groups->count = 0;
    if (gw_json_in_array(in, "groups", GW_JSON_OPTIONAL, GW_GROUPS_MAX, &array) != GW_JSON_VALUE) {
        groups->at[groups->count++] = GW_TEXT("default");
        return;
    }
    for (size_t i = 0; i < array.count; i++) {
        if (gw_json_array_text(&array, i, 1, NAME_LEN_MAX, &groups->at[groups->count])) {
            groups->count++;
        }
    }
}

static int64_t read_timeout(struct gw_json_in *in, const char *name)
{
    int64_t ms = 0;

    (void)gw_json_in_int(in, name, GW_JSON_OPTIONAL, 0, INT32_MAX, &ms);
    return ms * GW_US_PER_MS;
}

/* ---- Rows ------------------------------------------------------------------------------- */

static void read_user(struct reader *reader, struct gw_json_in *in)
{
    struct gw_config_user user = {.name = GW_TEXT(""), .enabled = true};

    user.id = read_id(in, "id");
    (void)gw_json_in_text(in, "name", GW_JSON_REQUIRED, 1, NAME_LEN_MAX, &user.name);
    (void)gw_json_in_bool(in, "enabled", GW_JSON_OPTIONAL, &user.enabled);
    (void)gw_json_in_time(in, "expires_at", GW_JSON_NULLABLE, &user.expires_at_us);
    read_groups(in, &user.groups);
    gw_update_put_user(reader->update, &user);
}

static void read_key(struct reader *reader, struct gw_json_in *in)
{
    struct gw_config_key key = {.name = GW_TEXT(""), .enabled = true};
    struct gw_text clear = GW_TEXT("");
    struct gw_digest digest;

    key.id = read_id(in, "id");
    key.user_id = read_id(in, "user_id");
    (void)gw_json_in_text(in, "key", GW_JSON_REQUIRED, 1, KEY_LEN_MAX, &clear);
    (void)gw_json_in_text(in, "name", GW_JSON_OPTIONAL, 0, NAME_LEN_MAX, &key.name);
    (void)gw_json_in_bool(in, "enabled", GW_JSON_OPTIONAL, &key.enabled);
    (void)gw_json_in_time(in, "expires_at", GW_JSON_NULLABLE, &key.expires_at_us);
    read_groups(in, &key.groups);
    gw_keyring_digest(reader->ring, clear, &digest);
    memcpy(key.digest, digest.at, sizeof(key.digest));
    gw_update_put_key(reader->update, &key);
}

static void read_type(struct gw_json_in *in, enum gw_provider_type *type)
{
    struct gw_text name;

    if (gw_json_in_text(in, "type", GW_JSON_REQUIRED, 1, NAME_LEN_MAX, &name) == GW_JSON_VALUE &&
        !gw_provider_type_parse(name, type)) {
        gw_json_in_wrong(in, "type", GW_JSON_CODE_VALUE, "is no type of provider");
    }
}

static void read_url(struct gw_json_in *in, struct gw_text *url)
{
    struct gw_http_origin origin;
    struct gw_text rest;

    if (gw_json_in_text(in, "url", GW_JSON_REQUIRED, 1, KEY_LEN_MAX, url) == GW_JSON_VALUE &&
        gw_http_origin_parse(*url, &origin, &rest) != GW_OK) {
        gw_json_in_wrong(in, "url", GW_JSON_CODE_FORMAT, "is no address of a provider");
    }
}

static void read_multiplier(struct reader *reader, struct gw_json_in *in, struct gw_text *text)
{
    const struct gw_factor most = {1000 * GW_FACTOR_ONE.billionths}, least = {0};
    struct gw_factor factor;

    *text = GW_TEXT("1");
    if (gw_json_in_factor(in, "cost_multiplier", GW_JSON_OPTIONAL, least, most, &factor) ==
        GW_JSON_VALUE) {
        text->len = gw_factor_format(factor, reader->digits);
        text->at = reader->digits;
    }
}

static void put_provider(struct reader *reader, struct gw_config_provider *provider,
                         struct gw_text clear)
{
    struct gw_buf sealed;
    char place[32];
    int len = snprintf(place, sizeof(place), "provider:%" PRIu64, provider->id);

    gw_buf_init(&sealed, GW_SEAL_OVERHEAD + KEY_LEN_MAX * 4);
    GW_CHECK(gw_seal(reader->ring, (struct gw_text){place, (size_t)len}, clear, &sealed) == GW_OK);
    provider->sealed_key = gw_buf_text(&sealed);
    gw_update_put_provider(reader->update, provider);
    gw_buf_fini(&sealed);
}

static void read_provider(struct reader *reader, struct gw_json_in *in)
{
    struct gw_config_provider provider = {
        .name = GW_TEXT(""), .type = GW_PROVIDER_CLAUDE, .url = GW_TEXT("-"), .enabled = true};
    struct gw_text clear = GW_TEXT("");
    int64_t weight = 1, priority = 0;

    provider.id = read_id(in, "id");
    (void)gw_json_in_text(in, "name", GW_JSON_REQUIRED, 1, NAME_LEN_MAX, &provider.name);
    read_type(in, &provider.type);
    read_url(in, &provider.url);
    (void)gw_json_in_text(in, "key", GW_JSON_REQUIRED, 1, KEY_LEN_MAX, &clear);
    (void)gw_json_in_bool(in, "enabled", GW_JSON_OPTIONAL, &provider.enabled);
    (void)gw_json_in_int(in, "weight", GW_JSON_OPTIONAL, 1, 100, &weight);
    (void)gw_json_in_int(in, "priority", GW_JSON_OPTIONAL, INT32_MIN, INT32_MAX, &priority);
    provider.weight = (uint32_t)weight;
    provider.priority = (int32_t)priority;
    read_multiplier(reader, in, &provider.cost_multiplier);
    provider.first_byte_timeout_us = read_timeout(in, "first_byte_timeout_ms");
    provider.stream_idle_timeout_us = read_timeout(in, "stream_idle_timeout_ms");
    provider.total_timeout_us = read_timeout(in, "total_timeout_ms");
    read_groups(in, &provider.groups);
    put_provider(reader, &provider, clear);
}

static void read_rows(struct reader *reader, struct gw_json_in *in, const char *name,
                      void (*read)(struct reader *reader, struct gw_json_in *in))
{
    struct gw_json_array array;
    struct gw_json_in *item;

    if (gw_json_in_array(in, name, GW_JSON_OPTIONAL, ROWS_MAX, &array) != GW_JSON_VALUE) {
        return;
    }
    item = GW_NEW(struct gw_json_in);
    for (size_t i = 0; i < array.count; i++) {
        if (gw_json_array_object(&array, i, item)) {
            read(reader, item);
            gw_json_in_end(item);
        }
    }
    gw_free(item);
}

/* ---- The file --------------------------------------------------------------------------- */

static void read_document(struct reader *reader, const struct gw_json_doc *doc)
{
    struct gw_config_settings settings = {.timezone = GW_TEXT("")};
    struct gw_json_in in;

    gw_json_in_root(&in, doc, &reader->problems);
    (void)gw_json_in_text(&in, "timezone", GW_JSON_OPTIONAL, 1, NAME_LEN_MAX, &settings.timezone);
    gw_update_set_settings(reader->update, &settings);
    read_rows(reader, &in, "users", read_user);
    read_rows(reader, &in, "keys", read_key);
    read_rows(reader, &in, "providers", read_provider);
    gw_json_in_end(&in);
}

static enum gw_err tell_problems(const struct gw_json_problems *problems, struct gw_fault *fault)
{
    struct gw_buf text;
    enum gw_err err;

    gw_buf_init(&text, sizeof(fault->text) - 1);
    for (size_t i = 0; i < problems->count; i++) {
        gw_buf_appendf(&text, "%s%s %s", i == 0 ? "" : "; ", problems->at[i].path,
                       problems->at[i].message);
    }
    err = gw_fail(fault, GW_E_INVALID, "%.*s", GW_TEXT_ARG(gw_buf_text(&text)));
    gw_buf_fini(&text);
    return err;
}

static enum gw_err build(struct reader *reader, const struct snapshot **ret_snapshot,
                         struct gw_fault *fault)
{
    struct index_draft *draft = index_new(NULL, reader->ring);
    enum gw_err err;

    gw_update_set_last(reader->update, true);
    err = index_add(draft, reader->update, fault);
    if (err != GW_OK) {
        index_free(draft);
        return err;
    }
    return index_finish(draft, ret_snapshot, fault);
}

static enum gw_err read_text(struct gw_text text, const struct gw_keyring *ring,
                             const struct snapshot **ret_snapshot, struct gw_fault *fault)
{
    const struct gw_version version = {"00000000-0000-0000-0000-000000000000", 1};
    struct reader reader = {.ring = ring};
    struct gw_json_doc *doc;
    enum gw_err err;

    GW_TRY(gw_json_parse(text, FILE_MAX, &doc, fault));
    gw_arena_init(&reader.arena, PROBLEMS_MAX);
    gw_json_problems_init(&reader.problems, &reader.arena);
    reader.update = gw_update_new(NULL, &version);
    read_document(&reader, doc);
    if (reader.problems.count + reader.problems.left_out > 0) {
        err = tell_problems(&reader.problems, fault);
    } else {
        err = build(&reader, ret_snapshot, fault);
    }
    gw_update_free(reader.update);
    gw_arena_fini(&reader.arena);
    gw_json_doc_free(doc);
    return err;
}

static enum gw_err fresh_ring(struct gw_keyring **ret_ring)
{
    struct gw_buf text;
    enum gw_err err;

    gw_buf_init(&text, 1024);
    gw_keyring_generate(&text);
    err = gw_keyring_parse(gw_buf_text(&text), ret_ring, NULL);
    gw_wipe(text.at, text.len);
    gw_buf_fini(&text);
    return err;
}

enum gw_err by_hand_read(const char *path, const struct gw_keyring *ring,
                         struct gw_keyring **ret_ring, const struct snapshot **ret_snapshot,
                         struct gw_fault *fault)
{
    struct gw_keyring *fresh = NULL;
    struct gw_fault why = {""};
    struct gw_buf file;
    enum gw_err err;

    gw_buf_init(&file, FILE_MAX);
    err = gw_file_read(path, &file, fault);
    if (err == GW_OK) {
        if (ring == NULL) {
            GW_CHECK(fresh_ring(&fresh) == GW_OK);
        }
        err = read_text(gw_buf_text(&file), ring == NULL ? fresh : ring, ret_snapshot, &why);
        if (err != GW_OK) {
            gw_keyring_free(fresh);
            err = gw_fail(fault, err, "cannot use file \"%s\": %.180s", path, why.text);
        } else if (ring == NULL) {
            *ret_ring = fresh;
        }
    }
    if (file.at != NULL) {
        gw_wipe(file.at, file.len);
    }
    gw_buf_fini(&file);
    return err;
}
