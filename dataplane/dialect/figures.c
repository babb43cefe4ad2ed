/* SPDX-License-Identifier: MIT */
/*
 * The rules of spec 02 §18.2, 18.4 and 18.5, with the defects named there mended: the last
 * usage object counts, and details by modality never count cached tokens twice.
 */
#include "dataplane/dialect/figures.h"

static const struct gw_scan_name CACHE_CREATION[] = {
    {"ephemeral_5m_input_tokens", FIGURE_EPHEMERAL_5M, NULL},
    {"ephemeral_1h_input_tokens", FIGURE_EPHEMERAL_1H, NULL},
    {NULL, -1, NULL},
};
static const struct gw_scan_name INPUT_DETAILS[] = {
    {"cached_tokens", FIGURE_INPUT_CACHED, NULL},
    {"cache_write_tokens", FIGURE_INPUT_CACHE_WRITE, NULL},
    {NULL, -1, NULL},
};
static const struct gw_scan_name PROMPT_DETAILS[] = {
    {"cached_tokens", FIGURE_PROMPT_CACHED, NULL},
    {"cache_write_tokens", FIGURE_PROMPT_CACHE_WRITE, NULL},
    {NULL, -1, NULL},
};
static const struct gw_scan_name OUTPUT_DETAILS[] = {
    {"reasoning_tokens", FIGURE_REASONING, NULL},
    {NULL, -1, NULL},
};

const struct gw_scan_name FIGURES_USAGE[] = {
    {"input_tokens", FIGURE_INPUT_TOKENS, NULL},
    {"output_tokens", FIGURE_OUTPUT_TOKENS, NULL},
    {"prompt_tokens", FIGURE_PROMPT_TOKENS, NULL},
    {"completion_tokens", FIGURE_COMPLETION_TOKENS, NULL},
    {"promptTokenCount", FIGURE_PROMPT_TOKEN_COUNT, NULL},
    {"candidatesTokenCount", FIGURE_CANDIDATES_TOKEN_COUNT, NULL},
    {"cachedContentTokenCount", FIGURE_CACHED_CONTENT_TOKEN_COUNT, NULL},
    {"thoughtsTokenCount", FIGURE_THOUGHTS_TOKEN_COUNT, NULL},
    {"cache_creation_input_tokens", FIGURE_CACHE_CREATION, NULL},
    {"cache_read_input_tokens", FIGURE_CACHE_READ, NULL},
    {"cache_creation", -1, CACHE_CREATION},
    {"cache_creation_5m_input_tokens", FIGURE_FLAT_5M, NULL},
    {"cache_creation_1h_input_tokens", FIGURE_FLAT_1H, NULL},
    {"claude_cache_creation_5_m_tokens", FIGURE_LEGACY_5M, NULL},
    {"claude_cache_creation_1_h_tokens", FIGURE_LEGACY_1H, NULL},
    {"input_tokens_details", -1, INPUT_DETAILS},
    {"prompt_tokens_details", -1, PROMPT_DETAILS},
    {"output_tokens_details", -1, OUTPUT_DETAILS},
    {"completion_tokens_details", -1, OUTPUT_DETAILS},
    {NULL, -1, NULL},
};

void figures_merge(struct figures *figures, const struct figures *later)
{
    for (int f = 0; f < FIGURES; f++) {
        if (figures_has(later, (enum figure)f)) {
            figures_set(figures, (enum figure)f, later->at[f]);
        }
    }
}

/* The first of `of` (ended by FIGURES) that is named. */
static bool first_named(const struct figures *figures, const enum figure *of, uint64_t *ret_value)
{
    for (; *of != FIGURES; of++) {
        if (figures_has(figures, *of)) {
            *ret_value = figures->at[*of];
            return true;
        }
    }
    return false;
}

static uint64_t less(uint64_t from, uint64_t amount)
{
    return from > amount ? from - amount : 0;
}

/* No peer's number may make a sum wrap. */
static uint64_t plus(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static void set(struct gw_tokens *tokens, uint64_t *field, uint64_t value, uint32_t bit)
{
    *field = value;
    tokens->known |= bit;
}

static void find_reads(const struct figures *figures, struct gw_tokens *tokens)
{
    static const enum figure READS[] = {FIGURE_CACHE_READ, FIGURE_INPUT_CACHED,
                                        FIGURE_PROMPT_CACHED, FIGURE_CACHED_CONTENT_TOKEN_COUNT,
                                        FIGURES};
    uint64_t value;

    if (first_named(figures, READS, &value)) {
        set(tokens, &tokens->cache_read, value, GW_TOKENS_CACHE_READ);
    }
}

/* What was written to a cache: by its time to live where that was told, otherwise as 5 minutes. */
static void find_writes(const struct figures *figures, struct gw_tokens *tokens)
{
    static const enum figure FIVE_MINUTES[] = {FIGURE_EPHEMERAL_5M, FIGURE_FLAT_5M,
                                               FIGURE_LEGACY_5M, FIGURES};
    static const enum figure ONE_HOUR[] = {FIGURE_EPHEMERAL_1H, FIGURE_FLAT_1H, FIGURE_LEGACY_1H,
                                           FIGURES};
    static const enum figure TOTAL[] = {FIGURE_CACHE_CREATION, FIGURE_INPUT_CACHE_WRITE,
                                        FIGURE_PROMPT_CACHE_WRITE, FIGURES};
    uint64_t value, split;

    if (first_named(figures, FIVE_MINUTES, &value)) {
        set(tokens, &tokens->cache_write_5m, value, GW_TOKENS_CACHE_WRITE_5M);
    }
    if (first_named(figures, ONE_HOUR, &value)) {
        set(tokens, &tokens->cache_write_1h, value, GW_TOKENS_CACHE_WRITE_1H);
    }
    split = plus(tokens->cache_write_5m, tokens->cache_write_1h);
    if (first_named(figures, TOTAL, &value)) {
        set(tokens, &tokens->cache_write_5m, plus(tokens->cache_write_5m, less(value, split)),
            GW_TOKENS_CACHE_WRITE_5M);
    }
}

static void find_output(const struct figures *figures, struct gw_tokens *tokens)
{
    static const enum figure OUTPUT[] = {FIGURE_OUTPUT_TOKENS, FIGURE_CANDIDATES_TOKEN_COUNT,
                                         FIGURE_COMPLETION_TOKENS, FIGURES};
    static const enum figure REASONING[] = {FIGURE_THOUGHTS_TOKEN_COUNT, FIGURE_REASONING, FIGURES};
    uint64_t value;

    if (first_named(figures, OUTPUT, &value)) {
        set(tokens, &tokens->output, value, GW_TOKENS_OUTPUT);
    }
    if (figures_has(figures, FIGURE_THOUGHTS_TOKEN_COUNT)) {
        /* Google counts thoughts beside the candidates, the others within the output. */
        value = plus(tokens->output, figures->at[FIGURE_THOUGHTS_TOKEN_COUNT]);
        set(tokens, &tokens->output, value, GW_TOKENS_OUTPUT);
    }
    if (first_named(figures, REASONING, &value)) {
        set(tokens, &tokens->reasoning, value, GW_TOKENS_REASONING);
    }
}

static void find_input(const struct figures *figures, enum gw_provider_type type,
                       struct gw_tokens *tokens)
{
    static const enum figure INPUT[] = {FIGURE_INPUT_TOKENS, FIGURE_PROMPT_TOKENS, FIGURES};
    static const enum figure NESTED[] = {FIGURE_INPUT_CACHE_WRITE, FIGURE_PROMPT_CACHE_WRITE,
                                         FIGURES};
    uint64_t value, written = 0;

    if (first_named(figures, INPUT, &value)) {
        if (type == GW_PROVIDER_CODEX || type == GW_PROVIDER_OPENAI_COMPATIBLE) {
            if (!figures_has(figures, FIGURE_CACHE_CREATION)) {
                (void)first_named(figures, NESTED, &written);
            }
            value = less(less(value, tokens->cache_read), written);
        }
        set(tokens, &tokens->input, value, GW_TOKENS_INPUT);
    } else if (figures_has(figures, FIGURE_PROMPT_TOKEN_COUNT)) {
        value = less(figures->at[FIGURE_PROMPT_TOKEN_COUNT], tokens->cache_read);
        set(tokens, &tokens->input, value, GW_TOKENS_INPUT);
    }
}

struct gw_tokens figures_tokens(const struct figures *figures, enum gw_provider_type type)
{
    struct gw_tokens tokens = {0};

    find_reads(figures, &tokens);
    find_writes(figures, &tokens);
    find_output(figures, &tokens);
    find_input(figures, type, &tokens);
    return tokens;
}
