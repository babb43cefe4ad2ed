/* SPDX-License-Identifier: MIT */
#include "dataplane/snapshot/snapshot.h"

#include "dataplane/snapshot/inside.h"
#include "lib/base/check.h"

const struct snapshot *snapshot_ref(const struct snapshot *snapshot)
{
    atomic_fetch_add_explicit(&((struct snapshot *)snapshot)->refs, 1, memory_order_relaxed);
    return snapshot;
}

void snapshot_unref(const struct snapshot *snapshot)
{
    struct snapshot *dying = (struct snapshot *)snapshot;

    if (dying == NULL || atomic_fetch_sub_explicit(&dying->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    table_fini(&dying->users);
    table_fini(&dying->keys);
    table_fini(&dying->digests);
    if (dying->lists != NULL &&
        atomic_fetch_sub_explicit(&dying->lists->refs, 1, memory_order_acq_rel) == 1) {
        gw_free(dying->lists);
    }
    table_fini(&dying->providers);
    gw_free(dying->settings_texts);
    gw_free(dying);
}

bool snapshot_is_last_ref(const struct snapshot *snapshot)
{
    return atomic_load_explicit(&((struct snapshot *)snapshot)->refs, memory_order_acquire) == 1;
}

struct gw_version snapshot_version(const struct snapshot *snapshot)
{
    return snapshot->version;
}

const struct gw_config_settings *snapshot_settings(const struct snapshot *snapshot)
{
    return &snapshot->settings;
}

const struct gw_config_key *snapshot_key(const struct snapshot *snapshot,
                                         const uint8_t digest[GW_KEY_DIGEST_SIZE])
{
    const struct entity *entity = table_by_digest(&snapshot->digests, digest);

    return entity == NULL ? NULL : entity_key(entity);
}

const struct gw_config_user *snapshot_user(const struct snapshot *snapshot, uint64_t id)
{
    const struct entity *entity = table_by_id(&snapshot->users, id);

    return entity == NULL ? NULL : entity_user(entity);
}

const struct gw_config_provider *snapshot_provider(const struct snapshot *snapshot, uint64_t id)
{
    const struct entity *entity = table_by_id(&snapshot->providers, id);

    return entity == NULL ? NULL : &entity_provider(entity)->row;
}

struct snapshot_providers snapshot_providers_of(const struct snapshot *snapshot,
                                                enum gw_provider_type type)
{
    GW_CHECK(type >= GW_PROVIDER_CLAUDE && (size_t)type < PROVIDER_TYPES);
    return snapshot->lists->of[type];
}

size_t snapshot_count_keys(const struct snapshot *snapshot)
{
    return snapshot->keys.count;
}

size_t snapshot_count_users(const struct snapshot *snapshot)
{
    return snapshot->users.count;
}

size_t snapshot_count_providers(const struct snapshot *snapshot)
{
    return snapshot->providers.count;
}

size_t snapshot_count_unopened(const struct snapshot *snapshot)
{
    return snapshot->lists->unopened;
}
