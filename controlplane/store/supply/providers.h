/* SPDX-License-Identifier: MIT */
/*
 * providers - what requests are sent to.
 */
#ifndef CONTROLPLANE_STORE_SUPPLY_PROVIDERS_H
#define CONTROLPLANE_STORE_SUPPLY_PROVIDERS_H

#include "controlplane/store/store.h"
#include "lib/wire/config.h"

#define PROVIDER_KEY_MAX ((size_t)1024 * 1024) /* bytes */
#define PROVIDER_URL_MAX 255

struct provider {
    int64_t id;
    struct gw_text name;
    struct gw_text url; /* as it may be shown: a login in it is redacted */
    struct gw_text key_hint;
    enum gw_provider_type type;
    bool is_enabled;
    int64_t weight;
    int64_t priority;
    struct gw_text group_tag;       /* at == NULL: none */
    struct gw_text cost_multiplier; /* decimal text */
    struct gw_text website_url;     /* at == NULL: none */
    int64_t first_byte_timeout_ms;  /* streaming; 0: none */
    int64_t stream_idle_timeout_ms; /* 0: none */
    int64_t total_timeout_ms;       /* not streaming; 0: none */
    int64_t revision;
    int64_t created_at_us, updated_at_us;
};

enum provider_field {
    PROVIDER_NAME = 1 << 0,
    PROVIDER_URL = 1 << 1, /* as written, perhaps with a login */
    PROVIDER_KEY = 1 << 2,
    PROVIDER_TYPE = 1 << 3,
    PROVIDER_IS_ENABLED = 1 << 4,
    PROVIDER_WEIGHT = 1 << 5,
    PROVIDER_PRIORITY = 1 << 6,
    PROVIDER_GROUP_TAG = 1 << 7,
    PROVIDER_COST_MULTIPLIER = 1 << 8,
    PROVIDER_WEBSITE_URL = 1 << 9,
    PROVIDER_FIRST_BYTE_TIMEOUT = 1 << 10,
    PROVIDER_STREAM_IDLE_TIMEOUT = 1 << 11,
    PROVIDER_TOTAL_TIMEOUT = 1 << 12,
};

struct provider_change {
    uint32_t given; /* enum provider_field */
    struct provider to;
    struct gw_text key; /* in clear; borrowed for the call */
};

/* Whether somebody sent back what stands in a secret's place in our answers. */
bool provider_is_placeholder(struct gw_text secret);

/*
 * Name, url and key must be given. *ret_provider is what was stored, its texts in `arena`.
 * Rule URL_INVALID: see url.h; rule REDACTED: a placeholder in url or key.
 */
enum gw_err provider_create(struct store *store, const struct provider_change *change,
                            struct gw_arena *arena, struct provider *ret_provider,
                            struct gw_fault *fault) GW_MUST_USE;

/* What the caller may see: internal types only if it asked for them (spec 03 §3.5). */
enum provider_sight { PROVIDER_SEES_PUBLIC, PROVIDER_SEES_ALL };
struct provider_asker {
    enum provider_sight sight;
    struct store_match match;
};

/* GW_E_ABSENT: no such live provider, or one out of sight. */
enum gw_err provider_get(struct store *store, int64_t id, enum provider_sight sight,
                         struct gw_arena *arena, struct provider *ret_provider,
                         struct gw_fault *fault) GW_MUST_USE;

/*
 * The rules of provider_create(). A url equal to the one shown changes nothing. `provider` comes
 * with its id and leaves as it was stored.
 */
enum gw_err provider_update(struct store *store, const struct provider_change *change,
                            const struct provider_asker *asker, struct gw_arena *arena,
                            struct provider *provider, struct gw_fault *fault) GW_MUST_USE;

enum gw_err provider_delete(struct store *store, int64_t id, const struct provider_asker *asker,
                            struct gw_fault *fault) GW_MUST_USE;

/* Newest first. */
struct provider_query {
    int64_t before_id;          /* 0: from the beginning */
    struct gw_text q;           /* in name, url, group tag and type; at == NULL: all */
    enum gw_provider_type type; /* 0: all */
    enum provider_sight sight;
    int64_t limit;
};
struct provider_list {
    struct provider *at;
    size_t count;
    bool has_more;
};
enum gw_err provider_find(struct store *store, const struct provider_query *query,
                          struct gw_arena *arena, struct provider_list *ret_list,
                          struct gw_fault *fault) GW_MUST_USE;

#endif
