/* SPDX-License-Identifier: MIT */
#include "lib/wire/config.h"

#include "lib/base/check.h"

static const char *const TYPE_NAMES[] = {
    [GW_PROVIDER_CLAUDE] = "claude", [GW_PROVIDER_CLAUDE_AUTH] = "claude-auth",
    [GW_PROVIDER_CODEX] = "codex",   [GW_PROVIDER_OPENAI_COMPATIBLE] = "openai-compatible",
    [GW_PROVIDER_GEMINI] = "gemini", [GW_PROVIDER_GEMINI_CLI] = "gemini-cli",
};

const char *gw_provider_type_name(enum gw_provider_type type)
{
    GW_CHECK(type >= GW_PROVIDER_CLAUDE && (size_t)type < GW_COUNT(TYPE_NAMES));
    return TYPE_NAMES[type];
}

bool gw_provider_type_parse(struct gw_text name, enum gw_provider_type *ret_type)
{
    for (size_t type = GW_PROVIDER_CLAUDE; type < GW_COUNT(TYPE_NAMES); type++) {
        if (gw_text_eq(name, gw_text_of(TYPE_NAMES[type]))) {
            *ret_type = (enum gw_provider_type)type;
            return true;
        }
    }
    return false;
}
