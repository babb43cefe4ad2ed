/* SPDX-License-Identifier: MIT */
/*
 * Google's generateContent and its stream, and the same inside the envelope of Code Assist. A
 * stream is events with alt=sse and one array without; every chunk has a running usage.
 */
#include "dataplane/dialect/dialect.h"
#include "dataplane/dialect/figures.h"

static const struct gw_scan_name DATA[] = {{"data", FRAME_CONTENT, NULL}, {NULL, -1, NULL}};
static const struct gw_scan_name FILE_DATA[] = {{"fileUri", FRAME_CONTENT, NULL}, {NULL, -1, NULL}};
static const struct gw_scan_name NAME[] = {{"name", FRAME_CONTENT, NULL}, {NULL, -1, NULL}};
static const struct gw_scan_name CODE[] = {{"code", FRAME_CONTENT, NULL}, {NULL, -1, NULL}};
static const struct gw_scan_name OUTPUT[] = {{"output", FRAME_CONTENT, NULL}, {NULL, -1, NULL}};

static const struct gw_scan_name PART[] = {
    {"text", FRAME_CONTENT, NULL},       {"inlineData", -1, DATA},
    {"fileData", -1, FILE_DATA},         {"functionCall", -1, NAME},
    {"functionResponse", -1, NAME},      {"executableCode", -1, CODE},
    {"codeExecutionResult", -1, OUTPUT}, {NULL, -1, NULL},
};
static const struct gw_scan_name PARTS[] = {{"[]", -1, PART}, {NULL, -1, NULL}};
static const struct gw_scan_name CONTENT[] = {{"parts", -1, PARTS}, {NULL, -1, NULL}};
static const struct gw_scan_name CANDIDATE[] = {
    {"content", -1, CONTENT}, {"finishReason", FRAME_FINISH, NULL}, {NULL, -1, NULL}};
static const struct gw_scan_name CANDIDATES[] = {{"[]", -1, CANDIDATE}, {NULL, -1, NULL}};
static const struct gw_scan_name FEEDBACK[] = {{"blockReason", FRAME_ERROR, NULL},
                                               {NULL, -1, NULL}};

static const struct gw_scan_name RESPONSE[] = {
    {"candidates", -1, CANDIDATES},      {"usageMetadata", FRAME_USAGE, FIGURES_USAGE},
    {"modelVersion", FRAME_MODEL, NULL}, {"promptFeedback", -1, FEEDBACK},
    {"error", FRAME_ERROR, NULL},        {NULL, -1, NULL},
};

#define CHUNK                                                                                      \
    {"candidates", -1, CANDIDATES}, {"usageMetadata", FRAME_USAGE, FIGURES_USAGE},                 \
        {"usage", FRAME_USAGE, FIGURES_USAGE}, {"modelVersion", FRAME_MODEL, NULL},                \
        {"promptFeedback", -1, FEEDBACK}, {"error", FRAME_ERROR, NULL},                            \
    {                                                                                              \
        "response", -1, RESPONSE                                                                   \
    }

/* A chunk by itself, or as an item of the array. */
static const struct gw_scan_name ITEM[] = {CHUNK, {NULL, -1, NULL}};
static const struct gw_scan_name ROOT[] = {CHUNK, {"[]", -1, ITEM}, {NULL, -1, NULL}};

static const struct dialect_word WORDS[] = {DIALECT_NO_WORD};

const struct dialect_rules DIALECT_GEMINI_RULES = {.name = "gemini", .table = ROOT, .words = WORDS};
const struct dialect_rules DIALECT_GEMINI_CLI_RULES = {
    .name = "gemini-cli", .table = ROOT, .words = WORDS};
