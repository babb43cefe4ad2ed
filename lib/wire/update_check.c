/* SPDX-License-Identifier: MIT */
/*
 * Lengths are generous: they keep a damaged or hostile control plane from hurting a data plane,
 * and are no rules about what an operator may write. Those are checked where it is written.
 */
#include "lib/wire/update_check.h"

#include <inttypes.h>

#include "lib/units/money.h"
#include "lib/wire/config.h"
#include "lib/wire/version.h"

#define ROW_NAME_MAX   512
#define GROUP_MAX      256
#define URL_MAX        4096
#define TIMEZONE_MAX   128
#define SEALED_MAX     ((size_t)1024 * 1024 + 64) /* spec 03 §7.1 allows a key of 1 MiB */
#define MULTIPLIER_MAX 64
#define WEIGHT_MAX     100

enum gw_err gw_version_check(const Millrace__Snapshot__V1__Version *version, struct gw_fault *fault)
{
    if (version == NULL) {
        return GW_OK;
    }
    if (strlen(version->epoch) >= GW_EPOCH_SIZE || !gw_border_is_text(version->epoch, SIZE_MAX)) {
        return gw_fail(fault, GW_E_INVALID, "version: epoch is not a UUID");
    }
    if ((version->number > 0) != (version->epoch[0] != '\0')) {
        return gw_fail(fault, GW_E_INVALID, "version: epoch and number must come together");
    }
    return GW_OK;
}

static enum gw_err check_versions(const Millrace__Snapshot__V1__Update *message,
                                  struct gw_fault *fault)
{
    const Millrace__Snapshot__V1__Version *since = message->since, *version = message->version;

    GW_TRY(gw_version_check(since, fault));
    GW_TRY(gw_version_check(version, fault));
    if (version == NULL || version->number == 0) {
        return gw_fail(fault, GW_E_INVALID, "update: version is missing");
    }
    if (since != NULL && since->number > 0 &&
        (strcmp(since->epoch, version->epoch) != 0 || since->number > version->number)) {
        return gw_fail(fault, GW_E_INVALID, "update: version %" PRIu64 " cannot follow %" PRIu64,
                       version->number, since->number);
    }
    return GW_OK;
}

/* What user, key and provider have in common. */
struct common {
    const char *kind;
    uint64_t id;
    const char *name;
    size_t group_count;
    char *const *groups;
};

static enum gw_err check_common(const struct common *row, struct gw_fault *fault)
{
    if (row->id == 0 || row->id > GW_BORDER_ID_MAX) {
        return gw_fail(fault, GW_E_INVALID, "%s: %" PRIu64 " is no id", row->kind, row->id);
    }
    if (!gw_border_is_text(row->name, ROW_NAME_MAX)) {
        return gw_fail(fault, GW_E_INVALID, "%s %" PRIu64 ": name is too long or not UTF-8",
                       row->kind, row->id);
    }
    if (row->group_count > GW_GROUPS_MAX) {
        return gw_fail(fault, GW_E_INVALID, "%s %" PRIu64 ": more than %d groups", row->kind,
                       row->id, GW_GROUPS_MAX);
    }
    for (size_t i = 0; i < row->group_count; i++) {
        if (row->groups[i][0] == '\0' || !gw_border_is_text(row->groups[i], GROUP_MAX)) {
            return gw_fail(fault, GW_E_INVALID,
                           "%s %" PRIu64 ": group is empty, too long or not UTF-8", row->kind,
                           row->id);
        }
    }
    return GW_OK;
}

static enum gw_err check_user(const Millrace__Snapshot__V1__User *row, struct gw_fault *fault)
{
    const struct common common = {"user", row->id, row->name, row->n_groups, row->groups};

    GW_TRY(check_common(&common, fault));
    if (row->expires_at_us < 0) {
        return gw_fail(fault, GW_E_INVALID, "user %" PRIu64 ": expires before 1970", row->id);
    }
    return GW_OK;
}

static enum gw_err check_key(const Millrace__Snapshot__V1__Key *row, struct gw_fault *fault)
{
    const struct common common = {"key", row->id, row->name, row->n_groups, row->groups};

    GW_TRY(check_common(&common, fault));
    if (row->user_id == 0 || row->user_id > GW_BORDER_ID_MAX) {
        return gw_fail(fault, GW_E_INVALID, "key %" PRIu64 ": user is missing", row->id);
    }
    if (row->digest.len != GW_KEY_DIGEST_SIZE) {
        return gw_fail(fault, GW_E_INVALID, "key %" PRIu64 ": digest has %zu bytes", row->id,
                       row->digest.len);
    }
    if (row->expires_at_us < 0) {
        return gw_fail(fault, GW_E_INVALID, "key %" PRIu64 ": expires before 1970", row->id);
    }
    return GW_OK;
}

static enum gw_err check_multiplier(const Millrace__Snapshot__V1__Provider *row,
                                    struct gw_fault *fault)
{
    struct gw_factor factor;

    if (strlen(row->cost_multiplier) > MULTIPLIER_MAX ||
        gw_factor_parse(gw_border_text(row->cost_multiplier), &factor) != GW_OK ||
        factor.billionths < 0) {
        return gw_fail(fault, GW_E_INVALID,
                       "provider %" PRIu64 ": cost multiplier is no decimal of 0 or more", row->id);
    }
    return GW_OK;
}

static enum gw_err check_provider(const Millrace__Snapshot__V1__Provider *row,
                                  struct gw_fault *fault)
{
    const struct common common = {"provider", row->id, row->name, row->n_groups, row->groups};

    GW_TRY(check_common(&common, fault));
    if (row->type < MILLRACE__SNAPSHOT__V1__PROVIDER_TYPE__CLAUDE ||
        row->type > MILLRACE__SNAPSHOT__V1__PROVIDER_TYPE__GEMINI_CLI) {
        return gw_fail(fault, GW_E_INVALID, "provider %" PRIu64 ": type %d is not known", row->id,
                       (int)row->type);
    }
    if (row->url[0] == '\0' || !gw_border_is_text(row->url, URL_MAX)) {
        return gw_fail(fault, GW_E_INVALID,
                       "provider %" PRIu64 ": url is empty, too long or not UTF-8", row->id);
    }
    if (row->sealed_key.len > SEALED_MAX) {
        return gw_fail(fault, GW_E_INVALID, "provider %" PRIu64 ": sealed key has %zu bytes",
                       row->id, row->sealed_key.len);
    }
    if (row->weight < 1 || row->weight > WEIGHT_MAX) {
        return gw_fail(fault, GW_E_INVALID, "provider %" PRIu64 ": weight %" PRIu32 " is not 1..%d",
                       row->id, row->weight, WEIGHT_MAX);
    }
    if (row->first_byte_timeout_us < 0 || row->stream_idle_timeout_us < 0 ||
        row->total_timeout_us < 0) {
        return gw_fail(fault, GW_E_INVALID, "provider %" PRIu64 ": timeout is below 0", row->id);
    }
    return check_multiplier(row, fault);
}

static enum gw_err check_ids(const char *kind, size_t count, const uint64_t *ids,
                             struct gw_fault *fault)
{
    for (size_t i = 0; i < count; i++) {
        if (ids[i] == 0 || ids[i] > GW_BORDER_ID_MAX) {
            return gw_fail(fault, GW_E_INVALID, "removed %s: %" PRIu64 " is no id", kind, ids[i]);
        }
    }
    return GW_OK;
}

enum gw_err gw_update_check(const Millrace__Snapshot__V1__Update *message, struct gw_fault *fault)
{
    GW_TRY(check_versions(message, fault));
    if (message->settings != NULL &&
        !gw_border_is_text(message->settings->timezone, TIMEZONE_MAX)) {
        return gw_fail(fault, GW_E_INVALID, "settings: time zone is too long or not UTF-8");
    }
    for (size_t i = 0; i < message->n_users; i++) {
        GW_TRY(check_user(message->users[i], fault));
    }
    for (size_t i = 0; i < message->n_keys; i++) {
        GW_TRY(check_key(message->keys[i], fault));
    }
    for (size_t i = 0; i < message->n_providers; i++) {
        GW_TRY(check_provider(message->providers[i], fault));
    }
    GW_TRY(check_ids("user", message->n_removed_users, message->removed_users, fault));
    GW_TRY(check_ids("key", message->n_removed_keys, message->removed_keys, fault));
    return check_ids("provider", message->n_removed_providers, message->removed_providers, fault);
}
