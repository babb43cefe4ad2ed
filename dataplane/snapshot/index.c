/* SPDX-License-Identifier: MIT */
/*
 * Keys stand in two tables, by id and by digest. Within one set a digest may move from one key to
 * another, in any order of rows and parts, so while parts come only the ids are kept true;
 * what changed is noted, and the digests are brought up at the end: first all old ones out, then
 * the new ones in. Only then can two keys with one digest be told from a move.
 */
#include "dataplane/snapshot/index.h"

#include <inttypes.h>
#include <stdlib.h>

#include "dataplane/snapshot/inside.h"
#include "lib/base/check.h"

#define ROWS_MAX ((size_t)16 * 1000 * 1000) /* keys, users and providers together */

/* A key was put or removed; each end with a reference, or NULL. */
struct change {
    struct entity *before, *after;
};

struct index_draft {
    const struct snapshot *previous;
    const struct gw_keyring *ring;
    struct snapshot *snapshot; /* being made; NULL before the first part */
    struct gw_version base;
    struct change *changes;
    size_t change_count, change_room;
    bool has_provider_changes;
    bool has_repeats; /* a key was changed by two rows of the set */
};

/* ---- Life ------------------------------------------------------------------------------- */

struct index_draft *index_new(const struct snapshot *previous, const struct gw_keyring *ring)
{
    struct index_draft *draft = GW_NEW(struct index_draft);

    draft->previous = previous == NULL ? NULL : snapshot_ref(previous);
    draft->ring = ring;
    return draft;
}

static void drop_changes(struct index_draft *draft)
{
    for (size_t i = 0; i < draft->change_count; i++) {
        if (draft->changes[i].before != NULL) {
            entity_unref(draft->changes[i].before);
        }
        if (draft->changes[i].after != NULL) {
            entity_unref(draft->changes[i].after);
        }
    }
    gw_free(draft->changes);
}

void index_free(struct index_draft *draft)
{
    if (draft == NULL) {
        return;
    }
    drop_changes(draft);
    snapshot_unref(draft->snapshot);
    snapshot_unref(draft->previous);
    gw_free(draft);
}

static void set_settings(struct snapshot *snapshot, const struct gw_config_settings *settings)
{
    gw_free(snapshot->settings_texts);
    snapshot->settings_texts = gw_text_dup(settings->timezone);
    snapshot->settings.timezone = gw_text_of(snapshot->settings_texts);
}

static struct snapshot *empty_snapshot(void)
{
    struct snapshot *snapshot = GW_NEW(struct snapshot);

    atomic_init(&snapshot->refs, 1);
    table_init(&snapshot->users, TABLE_BY_ID);
    table_init(&snapshot->keys, TABLE_BY_ID);
    table_init(&snapshot->digests, TABLE_BY_DIGEST);
    table_init(&snapshot->providers, TABLE_BY_ID);
    set_settings(snapshot, &(struct gw_config_settings){.timezone = GW_TEXT("")});
    return snapshot;
}

static struct snapshot *snapshot_from(const struct snapshot *previous)
{
    struct snapshot *snapshot = GW_NEW(struct snapshot);

    atomic_init(&snapshot->refs, 1);
    table_init_from(&snapshot->users, &previous->users);
    table_init_from(&snapshot->keys, &previous->keys);
    table_init_from(&snapshot->digests, &previous->digests);
    table_init_from(&snapshot->providers, &previous->providers);
    set_settings(snapshot, &previous->settings);
    snapshot->lists = previous->lists;
    atomic_fetch_add_explicit(&snapshot->lists->refs, 1, memory_order_relaxed);
    return snapshot;
}

/* ---- Parts ------------------------------------------------------------------------------ */

static bool same_version(const struct gw_version *a, const struct gw_version *b)
{
    return a->number == b->number && (a->number == 0 || strcmp(a->epoch, b->epoch) == 0);
}

static enum gw_err begin(struct index_draft *draft, const struct gw_update *part,
                         struct gw_fault *fault)
{
    draft->base = gw_update_base(part);
    if (draft->base.number == 0) {
        draft->snapshot = empty_snapshot();
        draft->has_provider_changes = true;
    } else if (draft->previous != NULL && same_version(&draft->base, &draft->previous->version)) {
        draft->snapshot = snapshot_from(draft->previous);
    } else {
        return gw_fail(fault, GW_E_CONFLICT, "a change of version %" PRIu64 ", which is not here",
                       draft->base.number);
    }
    draft->snapshot->version = gw_update_version(part);
    return GW_OK;
}

/* Takes over both references. */
static void note_change(struct index_draft *draft, struct entity *before, struct entity *after)
{
    if (draft->change_count == draft->change_room) {
        draft->change_room = draft->change_room == 0 ? 16 : 2 * draft->change_room;
        draft->changes = gw_must_realloc(draft->changes,
                                         draft->change_room * sizeof(draft->changes[0]));
    }
    draft->changes[draft->change_count++] = (struct change){before, after};
}

/* Does the key stem from the snapshot the set is a change of? */
static bool was_before(const struct index_draft *draft, const struct entity *key)
{
    return draft->base.number > 0 && table_by_id(&draft->previous->keys, key->id) == key;
}

static void put_key(struct index_draft *draft, const struct gw_config_key *key)
{
    struct entity *before = table_by_id(&draft->snapshot->keys, key->id);
    struct entity *after = entity_of_key(key);

    if (before != NULL && !was_before(draft, before)) {
        draft->has_repeats = true;
    }
    note_change(draft, before == NULL ? NULL : entity_ref(before), entity_ref(after));
    table_put(&draft->snapshot->keys, after);
}

static void add_rows(struct index_draft *draft, const struct gw_update *part)
{
    struct gw_config_provider provider;
    struct gw_config_user user;
    struct gw_config_key key;

    for (size_t i = 0; i < gw_update_users(part); i++) {
        gw_update_user(part, i, &user);
        table_put(&draft->snapshot->users, entity_of_user(&user));
    }
    for (size_t i = 0; i < gw_update_keys(part); i++) {
        gw_update_key(part, i, &key);
        put_key(draft, &key);
    }
    for (size_t i = 0; i < gw_update_providers(part); i++) {
        gw_update_provider(part, i, &provider);
        table_put(&draft->snapshot->providers, entity_of_provider(&provider, draft->ring));
        draft->has_provider_changes = true;
    }
}

static void remove_rows(struct index_draft *draft, const struct gw_update *part)
{
    struct entity *entity;
    const uint64_t *ids;
    size_t count;

    count = gw_update_removed_users(part, &ids);
    for (size_t i = 0; i < count; i++) {
        table_remove(&draft->snapshot->users, &(struct entity){.id = ids[i]});
    }
    count = gw_update_removed_keys(part, &ids);
    for (size_t i = 0; i < count; i++) {
        entity = table_by_id(&draft->snapshot->keys, ids[i]);
        if (entity != NULL) {
            draft->has_repeats = draft->has_repeats || !was_before(draft, entity);
            note_change(draft, entity_ref(entity), NULL);
            table_remove(&draft->snapshot->keys, entity);
        }
    }
    count = gw_update_removed_providers(part, &ids);
    for (size_t i = 0; i < count; i++) {
        table_remove(&draft->snapshot->providers, &(struct entity){.id = ids[i]});
        draft->has_provider_changes = true;
    }
}

enum gw_err index_add(struct index_draft *draft, const struct gw_update *part,
                      struct gw_fault *fault)
{
    struct gw_version base = gw_update_base(part), version = gw_update_version(part);
    struct gw_config_settings settings;

    if (draft->snapshot == NULL) {
        GW_TRY(begin(draft, part, fault));
    } else if (!same_version(&base, &draft->base) ||
               !same_version(&version, &draft->snapshot->version)) {
        return gw_fail(fault, GW_E_CONFLICT,
                       "a part of version %" PRIu64 " among parts of %" PRIu64, version.number,
                       draft->snapshot->version.number);
    }
    if (draft->snapshot->users.count + draft->snapshot->keys.count +
            draft->snapshot->providers.count + gw_update_users(part) + gw_update_keys(part) +
            gw_update_providers(part) >
        ROWS_MAX) {
        return gw_fail(fault, GW_E_TOO_LARGE, "more than %zu rows", ROWS_MAX);
    }
    if (gw_update_settings(part, &settings)) {
        set_settings(draft->snapshot, &settings);
    }
    remove_rows(draft, part);
    add_rows(draft, part);
    return GW_OK;
}

/* ---- Finishing -------------------------------------------------------------------------- */

static enum gw_err bring_up_digests(struct index_draft *draft, struct gw_fault *fault)
{
    struct snapshot *snapshot = draft->snapshot;

    for (size_t i = 0; i < draft->change_count; i++) {
        struct entity *before = draft->changes[i].before;

        if (before != NULL &&
            table_by_digest(&snapshot->digests, entity_key(before)->digest) == before) {
            table_remove(&snapshot->digests, before);
        }
    }
    for (size_t i = 0; i < draft->change_count; i++) {
        struct entity *after = draft->changes[i].after, *there;

        if (after == NULL ||
            (draft->has_repeats && table_by_id(&snapshot->keys, after->id) != after)) {
            continue; /* removed, or changed again by a later row */
        }
        there = table_add(&snapshot->digests, after);
        if (there != NULL) {
            return gw_fail(fault, GW_E_INVALID,
                           "keys %" PRIu64 " and %" PRIu64 " have the same digest", there->id,
                           after->id);
        }
    }
    return GW_OK;
}

static void list_provider(struct entity *entity, void *arg)
{
    const struct entity_provider *provider = entity_provider(entity);
    struct provider_lists *lists = arg;
    struct snapshot_providers *list = &lists->of[provider->row.type];

    if (!provider->row.enabled) {
        return;
    }
    lists->unopened += provider->secret == NULL;
    ((struct snapshot_provider *)list->at)[list->count++] = (struct snapshot_provider){
        .row = &provider->row,
        .secret = {provider->secret, provider->secret_len},
    };
}

static void count_provider(struct entity *entity, void *arg)
{
    const struct gw_config_provider *row = &entity_provider(entity)->row;
    size_t *counts = arg;

    counts[row->type] += row->enabled;
}

static int by_id(const void *a, const void *b)
{
    uint64_t left = ((const struct snapshot_provider *)a)->row->id;
    uint64_t right = ((const struct snapshot_provider *)b)->row->id;

    return left < right ? -1 : left > right;
}

static void list_providers(struct snapshot *snapshot)
{
    size_t counts[PROVIDER_TYPES] = {0}, at = 0;
    struct provider_lists *lists;

    lists = gw_must_alloc(sizeof(*lists) + snapshot->providers.count * sizeof(lists->at[0]));
    atomic_init(&lists->refs, 1);
    table_each(&snapshot->providers, count_provider, counts);
    for (size_t type = 0; type < PROVIDER_TYPES; type++) {
        lists->of[type].at = &lists->at[at];
        at += counts[type];
    }
    table_each(&snapshot->providers, list_provider, lists);
    for (size_t type = 0; type < PROVIDER_TYPES; type++) {
        qsort((void *)lists->of[type].at, lists->of[type].count, sizeof(lists->at[0]), by_id);
    }
    if (snapshot->lists != NULL &&
        atomic_fetch_sub_explicit(&snapshot->lists->refs, 1, memory_order_acq_rel) == 1) {
        gw_free(snapshot->lists);
    }
    snapshot->lists = lists;
}

enum gw_err index_finish(struct index_draft *own_draft, const struct snapshot **ret_snapshot,
                         struct gw_fault *fault)
{
    enum gw_err err;

    if (own_draft->snapshot == NULL) {
        err = gw_fail(fault, GW_E_INVALID, "an update without parts");
    } else {
        err = bring_up_digests(own_draft, fault);
    }
    if (err == GW_OK) {
        if (own_draft->has_provider_changes) {
            list_providers(own_draft->snapshot);
        }
        *ret_snapshot = own_draft->snapshot;
        own_draft->snapshot = NULL;
    }
    index_free(own_draft);
    return err;
}

/* ---- The way back ----------------------------------------------------------------------- */

struct parts {
    const struct snapshot *snapshot;
    size_t part_size;
    enum gw_err (*take)(const struct gw_update *part, void *arg);
    void *arg;
    struct gw_update *part;
    enum gw_err err;
};

static void next_part(struct parts *parts)
{
    if (parts->err == GW_OK) {
        parts->err = parts->take(parts->part, parts->arg);
    }
    gw_update_free(parts->part);
    parts->part = gw_update_new(NULL, &parts->snapshot->version);
}

static void put_row(struct entity *entity, void *arg)
{
    struct parts *parts = arg;

    if (parts->err != GW_OK) {
        return;
    }
    switch (entity->kind) {
    case ENTITY_USER:
        gw_update_put_user(parts->part, entity_user(entity));
        break;
    case ENTITY_KEY:
        gw_update_put_key(parts->part, entity_key(entity));
        break;
    case ENTITY_PROVIDER:
        gw_update_put_provider(parts->part, &entity_provider(entity)->row);
        break;
    }
    if (gw_update_size(parts->part) >= parts->part_size) {
        next_part(parts);
    }
}

enum gw_err index_parts(const struct snapshot *snapshot, size_t part_size,
                        enum gw_err (*take)(const struct gw_update *part, void *arg), void *arg)
{
    struct parts parts = {snapshot, part_size, take, arg, NULL, GW_OK};

    parts.part = gw_update_new(NULL, &snapshot->version);
    gw_update_set_settings(parts.part, &snapshot->settings);
    table_each(&snapshot->users, put_row, &parts);
    table_each(&snapshot->keys, put_row, &parts);
    table_each(&snapshot->providers, put_row, &parts);
    gw_update_set_last(parts.part, true);
    next_part(&parts);
    gw_update_free(parts.part);
    return parts.err;
}
