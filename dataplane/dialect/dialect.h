/* SPDX-License-Identifier: MIT */
/*
 * dialect - what clients and providers speak; nothing is translated between them.
 *
 * One row per dialect: its name, what is looked for in its answers, and which words mark the end
 * of one. reader.h reads answers by it. Any thread; constants only.
 */
#ifndef DATAPLANE_DIALECT_DIALECT_H
#define DATAPLANE_DIALECT_DIALECT_H

#include "lib/base/text.h"
#include "lib/json/scan.h"

enum dialect {
    DIALECT_CLAUDE,     /* Anthropic Messages */
    DIALECT_OPENAI,     /* Chat Completions and the other OpenAI families */
    DIALECT_RESPONSE,   /* OpenAI Responses */
    DIALECT_GEMINI,     /* Google generateContent */
    DIALECT_GEMINI_CLI, /* the same in the envelope of Code Assist */
};
#define DIALECTS 5

/* What a word in `type`, or as the name of an event, says about the frame it stands in. */
enum dialect_mark {
    DIALECT_MARK_NONE,
    DIALECT_MARK_COMPLETE, /* the answer is complete with it */
    DIALECT_MARK_ERROR,    /* the answer failed with it */
};

struct dialect_word {
    struct gw_text text; /* an empty one ends the list */
    enum dialect_mark mark;
};

#define DIALECT_WORD(literal, mark)                                                                \
    {                                                                                              \
        {literal, sizeof(literal) - 1}, mark                                                       \
    }
#define DIALECT_NO_WORD                                                                            \
    {                                                                                              \
        {NULL, 0}, DIALECT_MARK_NONE                                                               \
    }

struct dialect_rules {
    const char *name;                 /* "gemini-cli"; in logs, metrics and the ledger */
    const struct gw_scan_name *table; /* ids are enum figure and enum frame_field (figures.h) */
    const struct dialect_word *words;
    const char *sentinel; /* data that is no JSON and ends the stream; NULL: none */
    /* Later figures fill up earlier ones (Anthropic); otherwise the last usage object stands. */
    bool merges_figures;
};

const struct dialect_rules *dialect_rules(enum dialect dialect);

/* Each in the file of its dialect. */
extern const struct dialect_rules DIALECT_ANTHROPIC_RULES, DIALECT_CHAT_RULES,
    DIALECT_RESPONSES_RULES, DIALECT_GEMINI_RULES, DIALECT_GEMINI_CLI_RULES;

#endif
