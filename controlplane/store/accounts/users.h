/* SPDX-License-Identifier: MIT */
/*
 * users - the accounts.
 */
#ifndef CONTROLPLANE_STORE_ACCOUNTS_USERS_H
#define CONTROLPLANE_STORE_ACCOUNTS_USERS_H

#include "controlplane/store/store.h"

#define USER_TAGS_MAX 20

/* A limit in dollars is decimal text as the database writes it; at == NULL: no limit. */
struct user {
    int64_t id;
    struct gw_text name;
    struct gw_text note; /* at == NULL: none */
    struct gw_text tags[USER_TAGS_MAX];
    size_t tag_count;
    bool is_admin;
    bool is_enabled;
    int64_t expires_at_us; /* 0: never */
    struct gw_text provider_group;
    int64_t rpm; /* -1: no limit; so is 0 */
    struct gw_text limit_5h_usd, limit_daily_usd, limit_weekly_usd, limit_monthly_usd;
    struct gw_text limit_total_usd;
    int64_t limit_concurrent_sessions; /* -1: no limit; so is 0 */
    int64_t revision;
    int64_t created_at_us, updated_at_us;
};

/* One bit for each thing that may be changed. */
enum user_field {
    USER_NAME = 1 << 0,
    USER_NOTE = 1 << 1,
    USER_TAGS = 1 << 2,
    USER_ROLE = 1 << 3,
    USER_IS_ENABLED = 1 << 4,
    USER_EXPIRES_AT = 1 << 5,
    USER_PROVIDER_GROUP = 1 << 6,
    USER_RPM = 1 << 7,
    USER_LIMIT_5H = 1 << 8,
    USER_LIMIT_DAILY = 1 << 9,
    USER_LIMIT_WEEKLY = 1 << 10,
    USER_LIMIT_MONTHLY = 1 << 11,
    USER_LIMIT_TOTAL = 1 << 12,
    USER_LIMIT_CONCURRENT = 1 << 13,
};

struct user_change {
    uint32_t given; /* enum user_field */
    struct user to;
};

/* Texts of what is read live in `arena`. */

/* Inside a transaction. *user gets id, revision and times. */
enum gw_err user_insert(struct store *store, struct user *user, struct gw_arena *arena,
                        struct gw_fault *fault) GW_MUST_USE;
struct user user_fallback(void); /* enabled, no limits, group "default" */
void user_apply(struct user *user, const struct user_change *change);

/* GW_E_ABSENT when there is no such live user. */
enum gw_err user_get(struct store *store, int64_t id, struct gw_arena *arena, struct user *ret_user,
                     struct gw_fault *fault) GW_MUST_USE;

/* A transaction of its own; *ret_revision is the new one. GW_E_CONFLICT: see store_match. */
enum gw_err user_update(struct store *store, int64_t id, const struct user_change *change,
                        const struct store_match *match, int64_t *ret_revision,
                        struct gw_fault *fault) GW_MUST_USE;

/* GW_OK also when there was none. The keys stay as they are: without a user they open nothing. */
enum gw_err user_delete(struct store *store, int64_t id, const struct store_match *match,
                        struct gw_fault *fault) GW_MUST_USE;

/* Administrators first, then by id. */
struct user_query {
    bool after_is_user; /* the row after which to begin: its role ... */
    int64_t after_id;   /* ... and id; 0: from the beginning */
    struct gw_text q;   /* at == NULL: all */
    int64_t limit;
};
struct user_list {
    struct user *at;
    size_t count;
    bool has_more;
};
enum gw_err user_find(struct store *store, const struct user_query *query, struct gw_arena *arena,
                      struct user_list *ret_list, struct gw_fault *fault) GW_MUST_USE;

#endif
