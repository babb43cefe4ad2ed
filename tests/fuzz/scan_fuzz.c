/* SPDX-License-Identifier: MIT */
/*
 * The scanner must say the same about a text however it is cut into pieces, and must take
 * whatever a parser of the whole text takes.
 */
#include <jansson.h>
#include <stdint.h>

#include "lib/base/check.h"
#include "lib/json/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct gw_scan_name INNER[] = {
    {"a", 1, NULL}, {"bc", 2, NULL}, {"[]", 3, NULL}, {NULL, -1, NULL}};
static const struct gw_scan_name ROOT[] = {
    {"a", 4, NULL}, {"model", 5, INNER}, {"x", -1, INNER}, {"[]", 6, INNER}, {NULL, -1, NULL}};

/* A sum over everything that was told. */
static void on_found(void *owner, const struct gw_scan_found *found)
{
    uint64_t *sum = owner;
    char plain[4096];
    struct gw_buf out;

    *sum = *sum * 31 + (uint64_t)found->id * 7 + (uint64_t)found->kind + found->begin;
    *sum = *sum * 31 + (found->edge == GW_SCAN_OPEN ? 0 : found->end);
    GW_CHECK(found->edge == GW_SCAN_OPEN || found->begin < found->end);
    if (found->edge == GW_SCAN_WHOLE && found->text.len < 64) {
        *sum = *sum * 31 + gw_text_hash(found->text);
        (void)gw_scan_to_u64(found->text, sum);
    }
    gw_buf_init(&out, sizeof(plain));
    (void)gw_scan_unescape(found->text, &out);
    gw_buf_fini(&out);
}

static enum gw_err scan(struct gw_text text, size_t piece, uint64_t *ret_sum)
{
    struct gw_scan scan;

    *ret_sum = 0;
    gw_scan_init(&scan, ROOT, on_found, ret_sum);
    for (size_t at = 0; at < text.len; at += piece) {
        size_t len = text.len - at < piece ? text.len - at : piece;
        char *copy = gw_text_dup((struct gw_text){text.at + at, len});

        (void)gw_scan_feed(&scan, (struct gw_text){copy, len});
        gw_free(copy);
    }
    return gw_scan_end(&scan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gw_text text = {(const char *)data, size};
    uint64_t whole, pieces;
    enum gw_err err = scan(text, size + 1, &whole);
    json_t *parsed;

    for (size_t piece = 1; piece <= 7; piece += 2) {
        GW_CHECK(scan(text, piece, &pieces) == err);
        GW_CHECK(err != GW_OK || pieces == whole);
    }
    if (size == 0 || memchr(data, 0, size) != NULL) {
        return 0; /* the other parser takes a zero byte for the end */
    }
    parsed = json_loadb(text.at, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    GW_CHECK(parsed == NULL || err == GW_OK || size > GW_SCAN_DEPTH_MAX);
    json_decref(parsed);
    return 0;
}
