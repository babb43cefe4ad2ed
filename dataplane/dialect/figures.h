/* SPDX-License-Identifier: MIT */
/*
 * figures - what an answer says it consumed, in its own words, and what that means.
 *
 * Providers use three vocabularies for the same things; an answer's numbers are kept under the
 * names they came with and turned into struct gw_tokens once, at the end (spec 02 §18).
 */
#ifndef DATAPLANE_DIALECT_FIGURES_H
#define DATAPLANE_DIALECT_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/json/scan.h"
#include "lib/wire/config.h"
#include "lib/wire/usage.h"

/* Ids in the dialects' tables. Those below FIGURES are numbers of a usage object. */
enum figure {
    FIGURE_INPUT_TOKENS,
    FIGURE_OUTPUT_TOKENS,
    FIGURE_PROMPT_TOKENS,
    FIGURE_COMPLETION_TOKENS,
    FIGURE_PROMPT_TOKEN_COUNT,
    FIGURE_CANDIDATES_TOKEN_COUNT,
    FIGURE_CACHED_CONTENT_TOKEN_COUNT,
    FIGURE_THOUGHTS_TOKEN_COUNT,
    FIGURE_CACHE_CREATION,
    FIGURE_INPUT_CACHE_WRITE,
    FIGURE_PROMPT_CACHE_WRITE,
    FIGURE_EPHEMERAL_5M,
    FIGURE_EPHEMERAL_1H,
    FIGURE_FLAT_5M,
    FIGURE_FLAT_1H,
    FIGURE_LEGACY_5M,
    FIGURE_LEGACY_1H,
    FIGURE_CACHE_READ,
    FIGURE_INPUT_CACHED,
    FIGURE_PROMPT_CACHED,
    FIGURE_REASONING,
    FIGURES,
};

/* The other ids. */
enum frame_field {
    FRAME_USAGE = FIGURES, /* a usage object, as a whole */
    FRAME_TYPE,            /* says what kind of frame this is */
    FRAME_MODEL,           /* the model that answered */
    FRAME_CONTENT,         /* something the user asked for, if it is not empty */
    FRAME_FINISH,          /* why the answer is complete, if it is not empty */
    FRAME_ERROR,           /* what went wrong, if it is not empty */
};

struct figures {
    uint64_t at[FIGURES];
    uint32_t named; /* bit f: at[f] was there */
};

static inline bool figures_has(const struct figures *figures, enum figure figure)
{
    return (figures->named >> figure & 1) != 0;
}

static inline void figures_set(struct figures *figures, enum figure figure, uint64_t value)
{
    figures->at[figure] = value;
    figures->named |= UINT32_C(1) << figure;
}

/* Lays what `later` names over `figures`. */
void figures_merge(struct figures *figures, const struct figures *later);

/*
 * What they mean when they come from a provider of that type: providers of OpenAI's kind count
 * cached tokens within the input, the others beside it.
 */
struct gw_tokens figures_tokens(const struct figures *figures, enum gw_provider_type type);

/* The members of a usage object, in any vocabulary; for the dialects' tables. */
extern const struct gw_scan_name FIGURES_USAGE[];

#endif
