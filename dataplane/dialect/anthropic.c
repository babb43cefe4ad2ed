/* SPDX-License-Identifier: MIT */
/*
 * Anthropic Messages. A stream tells its input in message_start and its output in message_delta,
 * and the later frame may correct the earlier one.
 */
#include "dataplane/dialect/dialect.h"
#include "dataplane/dialect/figures.h"

static const struct gw_scan_name MESSAGE[] = {
    {"usage", FRAME_USAGE, FIGURES_USAGE},
    {"model", FRAME_MODEL, NULL},
    {NULL, -1, NULL},
};

static const struct gw_scan_name DELTA[] = {
    {"text", FRAME_CONTENT, NULL},     {"partial_json", FRAME_CONTENT, NULL},
    {"thinking", FRAME_CONTENT, NULL}, {"signature", FRAME_CONTENT, NULL},
    {"citation", FRAME_CONTENT, NULL}, {NULL, -1, NULL},
};

/* Blocks that arrive whole: redacted thinking and the results of the provider's own tools. */
static const struct gw_scan_name BLOCK[] = {
    {"data", FRAME_CONTENT, NULL},
    {"content", FRAME_CONTENT, NULL},
    {"file_id", FRAME_CONTENT, NULL},
    {"fileId", FRAME_CONTENT, NULL},
    {"url", FRAME_CONTENT, NULL},
    {"result", FRAME_CONTENT, NULL},
    {NULL, -1, NULL},
};

static const struct gw_scan_name ROOT[] = {
    {"type", FRAME_TYPE, NULL},
    {"delta", -1, DELTA},
    {"usage", FRAME_USAGE, FIGURES_USAGE},
    {"message", -1, MESSAGE},
    {"content_block", -1, BLOCK},
    {"model", FRAME_MODEL, NULL},
    {"error", FRAME_ERROR, NULL},
    {NULL, -1, NULL},
};

static const struct dialect_word WORDS[] = {
    DIALECT_WORD("message_stop", DIALECT_MARK_COMPLETE),
    DIALECT_WORD("error", DIALECT_MARK_ERROR),
    DIALECT_NO_WORD,
};

const struct dialect_rules DIALECT_ANTHROPIC_RULES = {
    .name = "claude", .table = ROOT, .words = WORDS, .merges_figures = true};
