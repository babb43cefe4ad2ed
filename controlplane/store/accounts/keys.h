/* SPDX-License-Identifier: MIT */
/*
 * keys - the client keys of users.
 *
 * A key exists in clear once: in the answer to the call that made it.
 */
#ifndef CONTROLPLANE_STORE_ACCOUNTS_KEYS_H
#define CONTROLPLANE_STORE_ACCOUNTS_KEYS_H

#include "controlplane/store/store.h"

#define KEY_TEXT_SIZE 36 /* "sk-", 32 hex digits, zero byte */

struct key {
    int64_t id;
    int64_t user_id;
    struct gw_text name;
    struct gw_text masked;
    bool is_enabled;
    int64_t expires_at_us; /* 0: never */
    struct gw_text provider_group;
    bool can_login_web_ui;
    int64_t revision;
    int64_t created_at_us, updated_at_us;
};

enum key_field {
    KEY_NAME = 1 << 0,
    KEY_IS_ENABLED = 1 << 1,
    KEY_EXPIRES_AT = 1 << 2,
    KEY_PROVIDER_GROUP = 1 << 3,
    KEY_CAN_LOGIN_WEB_UI = 1 << 4,
};

struct key_change {
    uint32_t given; /* enum key_field */
    struct key to;
};

struct key key_fallback(void); /* enabled, may sign in, group "default" */
void key_apply(struct key *key, const struct key_change *change);

/*
 * Inside a transaction. Draws the key and writes it to `ret_text`, which the caller wipes.
 * Rule DUPLICATE_NAME: the user has another live enabled key of that name.
 */
enum gw_err key_insert(struct store *store, struct key *key, char ret_text[KEY_TEXT_SIZE],
                       struct gw_arena *arena, struct gw_fault *fault) GW_MUST_USE;

/* The same as a transaction of its own; GW_E_ABSENT: no such user. */
enum gw_err key_create(struct store *store, struct key *key, char ret_text[KEY_TEXT_SIZE],
                       struct gw_arena *arena, struct gw_fault *fault) GW_MUST_USE;

/* GW_E_ABSENT when there is no such live key of a live user. */
enum gw_err key_get(struct store *store, int64_t id, struct gw_arena *arena, struct key *ret_key,
                    struct gw_fault *fault) GW_MUST_USE;

/* Rule DUPLICATE_NAME. A change of groups changes the user's as well. */
enum gw_err key_update(struct store *store, int64_t id, const struct key_change *change,
                       const struct store_match *match, int64_t *ret_revision,
                       struct gw_fault *fault) GW_MUST_USE;

/* Rule CANNOT_DELETE_LAST_KEY: the only enabled key of its user. */
enum gw_err key_delete(struct store *store, int64_t id, const struct store_match *match,
                       struct gw_fault *fault) GW_MUST_USE;

struct key_list {
    struct key *at;
    size_t count;
};
/* The live keys of these users, by user and id. */
enum gw_err key_list_of(struct store *store, const int64_t *user_ids, size_t user_count,
                        struct gw_arena *arena, struct key_list *ret_list,
                        struct gw_fault *fault) GW_MUST_USE;

#endif
