/* SPDX-License-Identifier: MIT */
/*
 * Making updates, and looking into them. The checks of what came from a peer are in
 * update_check.c, reports in report.c.
 *
 * An update made here and one unpacked differ in who owns the arrays of rows: those being made
 * grow, so they are memory of their own; unpacked ones lie in the arena with everything else.
 */
#include "lib/wire/update.h"

#include <inttypes.h>

#include "lib/base/arena.h"
#include "lib/base/check.h"
#include "lib/wire/update_check.h"

#define ROW_OVERHEAD 6 /* a row's tag and length inside the update, at most */

struct gw_update {
    struct gw_arena arena;
    Millrace__Snapshot__V1__Update *message;
    bool is_read; /* unpacked: its arrays are in the arena */
    size_t size;  /* while it is made: about what it packs to */
};

/* ---- Making one ------------------------------------------------------------------------- */

static char *copied(struct gw_update *update, struct gw_text text)
{
    return (char *)gw_arena_text(&update->arena, text).at;
}

static Millrace__Snapshot__V1__Version *version_message(struct gw_update *update,
                                                        const struct gw_version *version)
{
    Millrace__Snapshot__V1__Version *message = GW_ARENA_NEW(&update->arena,
                                                            Millrace__Snapshot__V1__Version);

    millrace__snapshot__v1__version__init(message);
    message->epoch = copied(update, gw_text_of(version->epoch));
    message->number = version->number;
    return message;
}

struct gw_update *gw_update_new(const struct gw_version *base, const struct gw_version *version)
{
    struct gw_update *update = GW_NEW(struct gw_update);

    gw_arena_init(&update->arena, SIZE_MAX / 2); /* holds what we were given, no peer's data */
    update->message = GW_ARENA_NEW(&update->arena, Millrace__Snapshot__V1__Update);
    millrace__snapshot__v1__update__init(update->message);
    if (base != NULL && base->number > 0) {
        update->message->since = version_message(update, base);
    }
    update->message->version = version_message(update, version);
    update->size = protobuf_c_message_get_packed_size(&update->message->base);
    return update;
}

void gw_update_free(struct gw_update *update)
{
    if (update == NULL) {
        return;
    }
    if (!update->is_read) {
        gw_free(update->message->users);
        gw_free(update->message->keys);
        gw_free(update->message->providers);
        gw_free(update->message->removed_users);
        gw_free(update->message->removed_keys);
        gw_free(update->message->removed_providers);
    }
    gw_arena_fini(&update->arena);
    gw_free(update);
}

/* Room for one more behind `count`: the array doubles whenever its count is a power of two. */
static void *grown(struct gw_update *update, void *at, size_t count, size_t item_size)
{
    GW_CHECK(!update->is_read);
    if ((count & (count - 1)) != 0) {
        return at;
    }
    return gw_must_realloc(at, (count == 0 ? 1 : 2 * count) * item_size);
}

static void count_row(struct gw_update *update, const ProtobufCMessage *row)
{
    update->size += protobuf_c_message_get_packed_size(row) + ROW_OVERHEAD;
}

static char **groups_message(struct gw_update *update, const struct gw_groups *groups)
{
    char **at = GW_ARENA_ARRAY(&update->arena, char *, groups->count);

    for (size_t i = 0; i < groups->count; i++) {
        at[i] = copied(update, groups->at[i]);
    }
    return at;
}

void gw_update_set_settings(struct gw_update *update, const struct gw_config_settings *settings)
{
    Millrace__Snapshot__V1__Settings *row = GW_ARENA_NEW(&update->arena,
                                                         Millrace__Snapshot__V1__Settings);

    millrace__snapshot__v1__settings__init(row);
    row->timezone = copied(update, settings->timezone);
    update->message->settings = row;
    count_row(update, &row->base);
}

void gw_update_put_user(struct gw_update *update, const struct gw_config_user *user)
{
    Millrace__Snapshot__V1__Update *message = update->message;
    Millrace__Snapshot__V1__User *row = GW_ARENA_NEW(&update->arena, Millrace__Snapshot__V1__User);

    millrace__snapshot__v1__user__init(row);
    row->id = user->id;
    row->name = copied(update, user->name);
    row->enabled = user->enabled;
    row->expires_at_us = user->expires_at_us;
    row->n_groups = user->groups.count;
    row->groups = groups_message(update, &user->groups);
    message->users = grown(update, message->users, message->n_users, sizeof(row));
    message->users[message->n_users++] = row;
    count_row(update, &row->base);
}

void gw_update_put_key(struct gw_update *update, const struct gw_config_key *key)
{
    Millrace__Snapshot__V1__Update *message = update->message;
    Millrace__Snapshot__V1__Key *row = GW_ARENA_NEW(&update->arena, Millrace__Snapshot__V1__Key);

    millrace__snapshot__v1__key__init(row);
    row->id = key->id;
    row->user_id = key->user_id;
    row->name = copied(update, key->name);
    row->digest.len = sizeof(key->digest);
    row->digest.data = gw_arena_alloc(&update->arena, sizeof(key->digest));
    memcpy(row->digest.data, key->digest, sizeof(key->digest));
    row->enabled = key->enabled;
    row->expires_at_us = key->expires_at_us;
    row->n_groups = key->groups.count;
    row->groups = groups_message(update, &key->groups);
    message->keys = grown(update, message->keys, message->n_keys, sizeof(row));
    message->keys[message->n_keys++] = row;
    count_row(update, &row->base);
}

void gw_update_put_provider(struct gw_update *update, const struct gw_config_provider *provider)
{
    Millrace__Snapshot__V1__Update *message = update->message;
    Millrace__Snapshot__V1__Provider *row = GW_ARENA_NEW(&update->arena,
                                                         Millrace__Snapshot__V1__Provider);

    millrace__snapshot__v1__provider__init(row);
    row->id = provider->id;
    row->name = copied(update, provider->name);
    row->type = (Millrace__Snapshot__V1__ProviderType)provider->type;
    row->url = copied(update, provider->url);
    row->sealed_key.len = provider->sealed_key.len;
    row->sealed_key.data = (uint8_t *)copied(update, provider->sealed_key);
    row->enabled = provider->enabled;
    row->weight = provider->weight;
    row->priority = provider->priority;
    row->n_groups = provider->groups.count;
    row->groups = groups_message(update, &provider->groups);
    row->cost_multiplier = copied(update, provider->cost_multiplier);
    row->first_byte_timeout_us = provider->first_byte_timeout_us;
    row->stream_idle_timeout_us = provider->stream_idle_timeout_us;
    row->total_timeout_us = provider->total_timeout_us;
    message->providers = grown(update, message->providers, message->n_providers, sizeof(row));
    message->providers[message->n_providers++] = row;
    count_row(update, &row->base);
}

static void remove_id(struct gw_update *update, size_t *count, uint64_t **ids, uint64_t id)
{
    *ids = grown(update, *ids, *count, sizeof(id));
    (*ids)[(*count)++] = id;
    update->size += sizeof(id);
}

void gw_update_remove_user(struct gw_update *update, uint64_t id)
{
    remove_id(update, &update->message->n_removed_users, &update->message->removed_users, id);
}

void gw_update_remove_key(struct gw_update *update, uint64_t id)
{
    remove_id(update, &update->message->n_removed_keys, &update->message->removed_keys, id);
}

void gw_update_remove_provider(struct gw_update *update, uint64_t id)
{
    remove_id(update, &update->message->n_removed_providers, &update->message->removed_providers,
              id);
}

size_t gw_update_size(const struct gw_update *update)
{
    return update->size;
}

void gw_update_set_last(struct gw_update *update, bool is_last)
{
    update->message->last = is_last;
}

enum gw_err gw_update_pack(const struct gw_update *update, struct gw_buf *out)
{
    return gw_border_pack(&update->message->base, out);
}

/* ---- Reading one ------------------------------------------------------------------------ */

enum gw_err gw_update_unpack(struct gw_text bytes, struct gw_update **ret_update,
                             struct gw_fault *fault)
{
    struct gw_update *update = GW_NEW(struct gw_update);
    enum gw_err err;

    update->is_read = true;
    update->size = bytes.len;
    gw_arena_init(&update->arena, gw_border_memory_max(bytes.len));
    update->message = gw_border_unpack(&millrace__snapshot__v1__update__descriptor, bytes,
                                       &update->arena);
    if (update->message == NULL) {
        err = gw_fail(fault, GW_E_CORRUPT, "update: %zu bytes that cannot be unpacked", bytes.len);
    } else {
        err = gw_update_check(update->message, fault);
    }
    if (err != GW_OK) {
        gw_update_free(update);
        return err;
    }
    *ret_update = update;
    return GW_OK;
}

static struct gw_version version_of(const Millrace__Snapshot__V1__Version *message)
{
    struct gw_version version = {.number = 0};

    if (message != NULL) {
        version.number = message->number;
        memcpy(version.epoch, message->epoch, strlen(message->epoch) + 1);
    }
    return version;
}

bool gw_update_peek(struct gw_text bytes, struct gw_version *ret_version, bool *ret_is_last)
{
    Millrace__Snapshot__V1__Update *message;
    struct gw_arena arena;
    bool is_readable;

    gw_arena_init(&arena, gw_border_memory_max(bytes.len));
    message = gw_border_unpack(&millrace__snapshot__v1__update__descriptor, bytes, &arena);
    is_readable = message != NULL && message->version != NULL && message->version->number > 0 &&
                  gw_version_check(message->version, NULL) == GW_OK;
    if (is_readable) {
        *ret_version = version_of(message->version);
        *ret_is_last = message->last;
    }
    gw_arena_fini(&arena);
    return is_readable;
}

struct gw_version gw_update_base(const struct gw_update *update)
{
    return version_of(update->message->since);
}

struct gw_version gw_update_version(const struct gw_update *update)
{
    return version_of(update->message->version);
}

bool gw_update_is_last(const struct gw_update *update)
{
    return update->message->last;
}

bool gw_update_settings(const struct gw_update *update, struct gw_config_settings *ret_settings)
{
    if (update->message->settings == NULL) {
        return false;
    }
    *ret_settings = (struct gw_config_settings){
        .timezone = gw_border_text(update->message->settings->timezone),
    };
    return true;
}

size_t gw_update_users(const struct gw_update *update)
{
    return update->message->n_users;
}

size_t gw_update_keys(const struct gw_update *update)
{
    return update->message->n_keys;
}

size_t gw_update_providers(const struct gw_update *update)
{
    return update->message->n_providers;
}

static void groups_of(size_t count, char *const *groups, struct gw_groups *ret_groups)
{
    ret_groups->count = count;
    for (size_t i = 0; i < count; i++) {
        ret_groups->at[i] = gw_border_text(groups[i]);
    }
}

void gw_update_user(const struct gw_update *update, size_t i, struct gw_config_user *ret_user)
{
    const Millrace__Snapshot__V1__User *row;

    GW_CHECK(i < update->message->n_users);
    row = update->message->users[i];
    ret_user->id = row->id;
    ret_user->name = gw_border_text(row->name);
    ret_user->enabled = row->enabled;
    ret_user->expires_at_us = row->expires_at_us;
    groups_of(row->n_groups, row->groups, &ret_user->groups);
}

void gw_update_key(const struct gw_update *update, size_t i, struct gw_config_key *ret_key)
{
    const Millrace__Snapshot__V1__Key *row;

    GW_CHECK(i < update->message->n_keys);
    row = update->message->keys[i];
    ret_key->id = row->id;
    ret_key->user_id = row->user_id;
    ret_key->name = gw_border_text(row->name);
    memcpy(ret_key->digest, row->digest.data, sizeof(ret_key->digest));
    ret_key->enabled = row->enabled;
    ret_key->expires_at_us = row->expires_at_us;
    groups_of(row->n_groups, row->groups, &ret_key->groups);
}

void gw_update_provider(const struct gw_update *update, size_t i,
                        struct gw_config_provider *ret_provider)
{
    const Millrace__Snapshot__V1__Provider *row;

    GW_CHECK(i < update->message->n_providers);
    row = update->message->providers[i];
    ret_provider->id = row->id;
    ret_provider->name = gw_border_text(row->name);
    ret_provider->type = (enum gw_provider_type)row->type;
    ret_provider->url = gw_border_text(row->url);
    ret_provider->sealed_key = (struct gw_text){(const char *)row->sealed_key.data,
                                                row->sealed_key.len};
    ret_provider->enabled = row->enabled;
    ret_provider->weight = row->weight;
    ret_provider->priority = row->priority;
    ret_provider->cost_multiplier = gw_border_text(row->cost_multiplier);
    ret_provider->first_byte_timeout_us = row->first_byte_timeout_us;
    ret_provider->stream_idle_timeout_us = row->stream_idle_timeout_us;
    ret_provider->total_timeout_us = row->total_timeout_us;
    groups_of(row->n_groups, row->groups, &ret_provider->groups);
}

size_t gw_update_removed_users(const struct gw_update *update, const uint64_t **ret_ids)
{
    *ret_ids = update->message->removed_users;
    return update->message->n_removed_users;
}

size_t gw_update_removed_keys(const struct gw_update *update, const uint64_t **ret_ids)
{
    *ret_ids = update->message->removed_keys;
    return update->message->n_removed_keys;
}

size_t gw_update_removed_providers(const struct gw_update *update, const uint64_t **ret_ids)
{
    *ret_ids = update->message->removed_providers;
    return update->message->n_removed_providers;
}
