/* SPDX-License-Identifier: MIT */
/*
 * The caller's groups are the key's, or "default" if it has none; the user's groups say nothing
 * here (spec 01 §9.4). A provider without groups is in "default".
 */
#include "dataplane/route/eligible.h"

#define DEFAULT_GROUP GW_TEXT("default")

const enum gw_provider_type *eligible_types(enum dialect dialect)
{
    static const enum gw_provider_type TYPES[DIALECTS][3] = {
        [DIALECT_CLAUDE] = {GW_PROVIDER_CLAUDE, GW_PROVIDER_CLAUDE_AUTH},
        [DIALECT_RESPONSE] = {GW_PROVIDER_CODEX},
        [DIALECT_OPENAI] = {GW_PROVIDER_OPENAI_COMPATIBLE},
        [DIALECT_GEMINI] = {GW_PROVIDER_GEMINI},
        [DIALECT_GEMINI_CLI] = {GW_PROVIDER_GEMINI_CLI},
    };

    return TYPES[dialect];
}

static bool has_group(const struct gw_groups *groups, struct gw_text group)
{
    if (groups->count == 0) {
        return gw_text_eq(group, DEFAULT_GROUP);
    }
    for (size_t i = 0; i < groups->count; i++) {
        if (gw_text_eq(groups->at[i], group)) {
            return true;
        }
    }
    return false;
}

static bool may_use(const struct gw_groups *callers, const struct gw_groups *providers)
{
    if (callers->count == 0) {
        return has_group(providers, DEFAULT_GROUP);
    }
    for (size_t i = 0; i < callers->count; i++) {
        if (gw_text_eq(callers->at[i], GW_TEXT("*")) || has_group(providers, callers->at[i])) {
            return true;
        }
    }
    return false;
}

bool eligible_is(const struct snapshot_provider *provider, const struct caller *caller)
{
    return provider->row->enabled && provider->secret.len > 0 &&
           may_use(&caller->key->groups, &provider->row->groups);
}
