/* SPDX-License-Identifier: MIT */
/*
 * OpenAI Responses. A stream repeats the whole response object in its first and last events;
 * only the last one names its usage.
 */
#include "dataplane/dialect/dialect.h"
#include "dataplane/dialect/figures.h"

static const struct gw_scan_name TEXT[] = {{"text", FRAME_CONTENT, NULL}, {NULL, -1, NULL}};
static const struct gw_scan_name TEXTS[] = {{"[]", -1, TEXT}, {NULL, -1, NULL}};

static const struct gw_scan_name ITEM[] = {
    {"content", -1, TEXTS},
    {"summary", -1, TEXTS},
    {"arguments", FRAME_CONTENT, NULL},
    {"input", FRAME_CONTENT, NULL},
    {"action", FRAME_CONTENT, NULL},
    {"queries", FRAME_CONTENT, NULL},
    {"query", FRAME_CONTENT, NULL},
    {"code", FRAME_CONTENT, NULL},
    {"command", FRAME_CONTENT, NULL},
    {"operation", FRAME_CONTENT, NULL},
    {NULL, -1, NULL},
};

static const struct gw_scan_name RESPONSE[] = {
    {"usage", FRAME_USAGE, FIGURES_USAGE},
    {"model", FRAME_MODEL, NULL},
    {"error", FRAME_ERROR, NULL},
    {NULL, -1, NULL},
};

static const struct gw_scan_name ROOT[] = {
    {"type", FRAME_TYPE, NULL},
    {"delta", FRAME_CONTENT, NULL},
    {"response", -1, RESPONSE},
    {"usage", FRAME_USAGE, FIGURES_USAGE},
    {"model", FRAME_MODEL, NULL},
    {"error", FRAME_ERROR, NULL},
    {"item", -1, ITEM},
    {"partial_image_b64", FRAME_CONTENT, NULL},
    {"transcript", FRAME_CONTENT, NULL},
    {"refusal", FRAME_CONTENT, NULL},
    {"arguments", FRAME_CONTENT, NULL},
    {"input", FRAME_CONTENT, NULL},
    {"code", FRAME_CONTENT, NULL},
    {NULL, -1, NULL},
};

static const struct dialect_word WORDS[] = {
    DIALECT_WORD("response.completed", DIALECT_MARK_COMPLETE),
    DIALECT_WORD("response.done", DIALECT_MARK_COMPLETE),
    DIALECT_WORD("response.incomplete", DIALECT_MARK_COMPLETE),
    DIALECT_WORD("response.failed", DIALECT_MARK_ERROR),
    DIALECT_WORD("response.error", DIALECT_MARK_ERROR),
    DIALECT_WORD("error", DIALECT_MARK_ERROR),
    DIALECT_NO_WORD,
};

const struct dialect_rules DIALECT_RESPONSES_RULES = {
    .name = "response", .table = ROOT, .words = WORDS};
