/* SPDX-License-Identifier: MIT */
#include "dataplane/snapshot/entity.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/base/check.h"
#include "lib/codec/digest.h"
#include "lib/codec/seal.h"

/* Where the next text goes. */
struct room {
    char *at;
};

static struct gw_text settled(struct room *room, struct gw_text text)
{
    char *copy = room->at;

    if (text.len > 0) {
        memcpy(copy, text.at, text.len);
    }
    room->at += text.len;
    return (struct gw_text){copy, text.len};
}

static size_t groups_size(const struct gw_groups *groups)
{
    size_t size = groups->count * sizeof(groups->at[0]);

    for (size_t i = 0; i < groups->count; i++) {
        size += groups->at[i].len;
    }
    return size;
}

static void settle_groups(struct room *room, const struct gw_groups *from, struct gw_groups *to)
{
    to->count = from->count;
    for (size_t i = 0; i < from->count; i++) {
        to->at[i] = settled(room, from->at[i]);
    }
}

static void *new_entity(enum entity_kind kind, uint64_t id, size_t size)
{
    struct entity *entity = gw_must_alloc(size);

    atomic_init(&entity->refs, 1);
    entity->kind = kind;
    entity->id = id;
    return entity;
}

struct entity *entity_of_user(const struct gw_config_user *user)
{
    size_t fixed = offsetof(struct entity_user, row.groups.at);
    struct entity_user *entity = new_entity(ENTITY_USER, user->id,
                                            fixed + groups_size(&user->groups) + user->name.len);
    struct room room = {(char *)entity + fixed + user->groups.count * sizeof(struct gw_text)};

    entity->row.id = user->id;
    entity->row.name = settled(&room, user->name);
    entity->row.enabled = user->enabled;
    entity->row.expires_at_us = user->expires_at_us;
    settle_groups(&room, &user->groups, &entity->row.groups);
    return &entity->head;
}

struct entity *entity_of_key(const struct gw_config_key *key)
{
    size_t fixed = offsetof(struct entity_key, row.groups.at);
    struct entity_key *entity = new_entity(ENTITY_KEY, key->id,
                                           fixed + groups_size(&key->groups) + key->name.len);
    struct room room = {(char *)entity + fixed + key->groups.count * sizeof(struct gw_text)};

    entity->row.id = key->id;
    entity->row.user_id = key->user_id;
    entity->row.name = settled(&room, key->name);
    memcpy(entity->row.digest, key->digest, sizeof(key->digest));
    entity->row.enabled = key->enabled;
    entity->row.expires_at_us = key->expires_at_us;
    settle_groups(&room, &key->groups, &entity->row.groups);
    return &entity->head;
}

static void open_secret(struct entity_provider *entity, const struct gw_keyring *ring)
{
    char place[32];
    int len = snprintf(place, sizeof(place), "provider:%" PRIu64, entity->row.id);
    struct gw_buf plain;

    gw_buf_init(&plain, entity->row.sealed_key.len);
    if (ring != NULL && gw_unseal(ring, (struct gw_text){place, (size_t)len},
                                  entity->row.sealed_key, &plain) == GW_OK) {
        entity->secret_len = plain.len;
        entity->secret = gw_must_alloc(plain.len + 1);
        memcpy(entity->secret, plain.at == NULL ? "" : plain.at, plain.len);
    }
    if (plain.at != NULL) {
        gw_wipe(plain.at, plain.room);
    }
    gw_buf_fini(&plain);
}

struct entity *entity_of_provider(const struct gw_config_provider *provider,
                                  const struct gw_keyring *ring)
{
    size_t fixed = offsetof(struct entity_provider, row.groups.at);
    size_t texts = provider->name.len + provider->url.len + provider->sealed_key.len +
                   provider->cost_multiplier.len;
    struct entity_provider *entity = new_entity(ENTITY_PROVIDER, provider->id,
                                                fixed + groups_size(&provider->groups) + texts);
    struct room room = {(char *)entity + fixed + provider->groups.count * sizeof(struct gw_text)};
    struct gw_config_provider *row = &entity->row;

    row->id = provider->id;
    row->name = settled(&room, provider->name);
    row->type = provider->type;
    row->url = settled(&room, provider->url);
    row->sealed_key = settled(&room, provider->sealed_key);
    row->enabled = provider->enabled;
    row->weight = provider->weight;
    row->priority = provider->priority;
    row->cost_multiplier = settled(&room, provider->cost_multiplier);
    row->first_byte_timeout_us = provider->first_byte_timeout_us;
    row->stream_idle_timeout_us = provider->stream_idle_timeout_us;
    row->total_timeout_us = provider->total_timeout_us;
    settle_groups(&room, &provider->groups, &row->groups);
    open_secret(entity, ring);
    return &entity->head;
}

struct entity *entity_ref(struct entity *entity)
{
    atomic_fetch_add_explicit(&entity->refs, 1, memory_order_relaxed);
    return entity;
}

void entity_unref(struct entity *entity)
{
    if (atomic_fetch_sub_explicit(&entity->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    if (entity->kind == ENTITY_PROVIDER) {
        struct entity_provider *provider = (struct entity_provider *)entity;

        if (provider->secret != NULL) {
            gw_wipe(provider->secret, provider->secret_len);
            gw_free(provider->secret);
        }
    }
    gw_free(entity);
}
