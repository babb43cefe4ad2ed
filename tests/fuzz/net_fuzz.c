/* SPDX-License-Identifier: MIT */
/*
 * What peers send to lib/net: an answer's head, its chunks, a request's head. The first byte
 * chooses. Chunks are decoded whole and in two pieces, which must come to the same.
 */
#include <stdint.h>
#include <stdlib.h>

#include "lib/base/check.h"
#include "lib/net/call/framing.h"
#include "lib/net/http_client.h"
#include "lib/net/serve/guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct decoded {
    char *at;
    size_t len;
    size_t used;
    enum gw_http_chunks_result result;
};

/* Decodes what is left of `raw` up to `to`, in a copy as large as the piece. */
static void decode(struct gw_http_chunks *chunks, struct gw_text raw, size_t to,
                   struct decoded *into)
{
    size_t some = to - into->used, used;
    char *piece = malloc(some + 1);
    struct gw_text body;

    if (some > 0) {
        memcpy(piece, raw.at + into->used, some);
    }
    into->result = gw_http_chunks_decode(chunks, piece, some, &body, &used);
    GW_CHECK(used <= some && body.len <= some);
    if (body.len > 0) {
        memcpy(into->at + into->len, body.at, body.len);
    }
    into->len += body.len;
    into->used += used;
    free(piece);
}

static void fuzz_chunks(struct gw_text raw, size_t cut)
{
    struct gw_http_chunks chunks;
    struct decoded whole = {.at = malloc(raw.len + 1)}, halves = {.at = malloc(raw.len + 1)};

    gw_http_chunks_init(&chunks);
    decode(&chunks, raw, raw.len, &whole);
    gw_http_chunks_init(&chunks);
    decode(&chunks, raw, cut, &halves);
    if (halves.result == GW_HTTP_CHUNKS_MORE) {
        decode(&chunks, raw, raw.len, &halves);
    }
    GW_CHECK(whole.result == halves.result && whole.used == halves.used);
    GW_CHECK(whole.len == halves.len && memcmp(whole.at, halves.at, whole.len) == 0);
    free(whole.at);
    free(halves.at);
}

static void fuzz_head(struct gw_text raw)
{
    struct gw_http_head head;
    size_t scanned = 0, size = gw_http_head_size(raw, &scanned);

    raw.len = size;
    if (size > 0 && gw_http_head_parse(raw, false, &head) == NULL) {
        GW_CHECK(head.status >= 100 && head.status <= 599);
        for (size_t i = 0; i < head.header_count; i++) {
            GW_CHECK(head.headers[i].name.len > 0);
        }
    }
}

static void fuzz_url(struct gw_text raw)
{
    struct gw_http_origin origin;
    struct gw_text rest;

    if (gw_http_origin_parse(raw, &origin, &rest) == GW_OK) {
        GW_CHECK(origin.host.len > 0 && origin.port > 0);
        GW_CHECK(memchr(origin.host.at, 0, origin.host.len) == NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gw_text raw;
    char *exact;

    if (size < 2) {
        return 0;
    }
    exact = malloc(size - 2 + 1);
    memcpy(exact, data + 2, size - 2);
    raw = (struct gw_text){exact, size - 2};
    switch (data[0] % 4) {
    case 0:
        fuzz_head(raw);
        break;
    case 1:
        fuzz_chunks(raw, raw.len == 0 ? 0 : data[1] % raw.len);
        break;
    case 2:
        (void)gw_http_guard_head(raw);
        (void)gw_http_guard_has_head(raw);
        break;
    default:
        fuzz_url(raw);
    }
    free(exact);
    return 0;
}
