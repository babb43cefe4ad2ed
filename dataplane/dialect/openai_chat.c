/* SPDX-License-Identifier: MIT */
/*
 * OpenAI Chat Completions, and the other families that tell their usage as it does. A stream
 * tells it in one chunk near the end, if it was asked to; some providers tell a running sum.
 */
#include "dataplane/dialect/dialect.h"
#include "dataplane/dialect/figures.h"

static const struct gw_scan_name FUNCTION[] = {{"arguments", FRAME_CONTENT, NULL},
                                               {NULL, -1, NULL}};
static const struct gw_scan_name TOOL_CALL[] = {{"function", -1, FUNCTION}, {NULL, -1, NULL}};
static const struct gw_scan_name TOOL_CALLS[] = {{"[]", -1, TOOL_CALL}, {NULL, -1, NULL}};
static const struct gw_scan_name AUDIO[] = {
    {"data", FRAME_CONTENT, NULL}, {"transcript", FRAME_CONTENT, NULL}, {NULL, -1, NULL}};

static const struct gw_scan_name DELTA[] = {
    {"content", FRAME_CONTENT, NULL},
    {"reasoning_content", FRAME_CONTENT, NULL},
    {"refusal", FRAME_CONTENT, NULL},
    {"tool_calls", -1, TOOL_CALLS},
    {"function_call", -1, FUNCTION},
    {"audio", -1, AUDIO},
    {NULL, -1, NULL},
};

static const struct gw_scan_name CHOICE[] = {
    {"delta", -1, DELTA}, {"finish_reason", FRAME_FINISH, NULL}, {NULL, -1, NULL}};
static const struct gw_scan_name CHOICES[] = {{"[]", -1, CHOICE}, {NULL, -1, NULL}};

static const struct gw_scan_name ROOT[] = {
    {"choices", -1, CHOICES},
    {"usage", FRAME_USAGE, FIGURES_USAGE},
    {"model", FRAME_MODEL, NULL},
    {"error", FRAME_ERROR, NULL},
    {NULL, -1, NULL},
};

static const struct dialect_word WORDS[] = {DIALECT_NO_WORD};

const struct dialect_rules DIALECT_CHAT_RULES = {
    .name = "openai", .table = ROOT, .words = WORDS, .sentinel = "[DONE]"};
