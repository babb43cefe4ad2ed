/* SPDX-License-Identifier: MIT */
#include "dataplane/dialect/dialect.h"

const struct dialect_rules *dialect_rules(enum dialect dialect)
{
    static const struct dialect_rules *const RULES[DIALECTS] = {
        [DIALECT_CLAUDE] = &DIALECT_ANTHROPIC_RULES,      [DIALECT_OPENAI] = &DIALECT_CHAT_RULES,
        [DIALECT_RESPONSE] = &DIALECT_RESPONSES_RULES,    [DIALECT_GEMINI] = &DIALECT_GEMINI_RULES,
        [DIALECT_GEMINI_CLI] = &DIALECT_GEMINI_CLI_RULES,
    };

    return RULES[dialect];
}
