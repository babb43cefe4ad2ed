/* SPDX-License-Identifier: MIT */
#include "controlplane/admin/accounts/show.h"

#include "controlplane/admin/answer/answer.h"

void show_key(struct gw_json_out *out, const struct key *key)
{
    gw_json_open_object(out);
    gw_json_put_int(out, "id", key->id);
    gw_json_put_int(out, "userId", key->user_id);
    gw_json_put_text(out, "name", key->name);
    gw_json_put_text(out, "maskedKey", key->masked);
    gw_json_put_bool(out, "isEnabled", key->is_enabled);
    answer_put_time(out, "expiresAt", key->expires_at_us);
    gw_json_put_text(out, "providerGroup", key->provider_group);
    gw_json_put_bool(out, "canLoginWebUi", key->can_login_web_ui);
    gw_json_put_time(out, "createdAt", key->created_at_us);
    gw_json_put_time(out, "updatedAt", key->updated_at_us);
    gw_json_close_object(out);
}

static void put_tags(struct gw_json_out *out, const struct user *user)
{
    gw_json_key(out, "tags");
    gw_json_open_array(out);
    for (size_t i = 0; i < user->tag_count; i++) {
        gw_json_text(out, user->tags[i]);
    }
    gw_json_close_array(out);
}

static void put_limits(struct gw_json_out *out, const struct user *user)
{
    answer_put_number(out, "rpm", user->rpm);
    answer_put_text(out, "dailyQuota", user->limit_daily_usd);
    answer_put_text(out, "limit5hUsd", user->limit_5h_usd);
    answer_put_text(out, "limitWeeklyUsd", user->limit_weekly_usd);
    answer_put_text(out, "limitMonthlyUsd", user->limit_monthly_usd);
    answer_put_text(out, "limitTotalUsd", user->limit_total_usd);
    answer_put_number(out, "limitConcurrentSessions", user->limit_concurrent_sessions);
}

void show_user(struct gw_json_out *out, const struct user *user, const struct key_list *keys)
{
    gw_json_open_object(out);
    gw_json_put_int(out, "id", user->id);
    gw_json_put_text(out, "name", user->name);
    answer_put_text(out, "note", user->note);
    put_tags(out, user);
    gw_json_put_str(out, "role", user->is_admin ? "admin" : "user");
    gw_json_put_bool(out, "isEnabled", user->is_enabled);
    answer_put_time(out, "expiresAt", user->expires_at_us);
    gw_json_put_text(out, "providerGroup", user->provider_group);
    put_limits(out, user);
    gw_json_put_time(out, "createdAt", user->created_at_us);
    gw_json_put_time(out, "updatedAt", user->updated_at_us);
    gw_json_key(out, "keys");
    gw_json_open_array(out);
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->at[i].user_id == user->id) {
            show_key(out, &keys->at[i]);
        }
    }
    gw_json_close_array(out);
    gw_json_close_object(out);
}
