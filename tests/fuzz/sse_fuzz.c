/* SPDX-License-Identifier: MIT */
/*
 * What a provider sends: the first byte chooses dialect and shape, the rest is the answer. However
 * it is cut into pieces, the same must be read from it.
 */
#include <stdint.h>

#include "dataplane/dialect/reader.h"
#include "lib/base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_it(struct reader *reader, uint8_t choice, struct gw_text text, size_t piece)
{
    reader_init(reader, (enum dialect)(choice % DIALECTS),
                (enum reader_shape)(READER_UNKNOWN + choice / DIALECTS % 4));
    for (size_t at = 0; at < text.len; at += piece) {
        size_t len = text.len - at < piece ? text.len - at : piece;
        char *copy = gw_text_dup((struct gw_text){text.at + at, len});

        reader_feed(reader, (struct gw_text){copy, len});
        gw_free(copy);
    }
    reader_end(reader);
}

static void check_same(const struct reader *a, const struct reader *b)
{
    GW_CHECK(a->shape == b->shape);
    GW_CHECK(a->frames == b->frames && a->malformed == b->malformed);
    GW_CHECK(a->has_content == b->has_content && a->is_complete == b->is_complete);
    GW_CHECK(a->has_error == b->has_error);
    GW_CHECK(gw_text_eq(reader_model(a), reader_model(b)));
    GW_CHECK(a->figures.named == b->figures.named);
    for (int f = 0; f < FIGURES; f++) {
        GW_CHECK(!figures_has(&a->figures, (enum figure)f) || a->figures.at[f] == b->figures.at[f]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct reader whole, pieces;
    struct gw_text text = {(const char *)data + 1, size - 1};

    if (size == 0) {
        return 0;
    }
    read_it(&whole, data[0], text, size);
    for (size_t piece = 1; piece <= 5; piece += 2) {
        read_it(&pieces, data[0], text, piece);
        check_same(&whole, &pieces);
    }
    for (int type = GW_PROVIDER_CLAUDE; type <= GW_PROVIDER_GEMINI_CLI; type++) {
        (void)figures_tokens(&whole.figures, (enum gw_provider_type)type);
    }
    return 0;
}
