/* SPDX-License-Identifier: MIT */
/*
 * scan - find a few values in a JSON text without building anything.
 *
 * Bytes are fed in as they come, in pieces of any size; the scanner checks the structure of the
 * whole text and tells about the values a table asks for, wherever they stand. Its memory
 * never grows. Offsets count from the first byte fed, so that a caller who holds the text can cut
 * a value out or put another in its place, and leave every other byte as it was.
 *
 *     static const struct gw_scan_name USAGE[] = {{"input_tokens", INPUT, NULL}, {NULL}};
 *     static const struct gw_scan_name ROOT[] = {{"model", MODEL, NULL},
 *                                                {"usage", -1, USAGE}, {NULL}};
 *     gw_scan_init(&scan, ROOT, on_found, owner);
 *     gw_scan_feed(&scan, bytes);            ... as often as bytes come
 *     if (gw_scan_end(&scan) == GW_OK) ...   the text was whole and well formed
 *
 * Not checked: that strings are UTF-8, and that a name stands once in its object: every time it
 * is found it is told, and the caller decides. One thread at a time.
 */
#ifndef LIB_JSON_SCAN_H
#define LIB_JSON_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/text.h"

#define GW_SCAN_DEPTH_MAX 512 /* containers inside each other; deeper is GW_E_INVALID */
#define GW_SCAN_TRACK_MAX 10  /* how deep tables may lead */
#define GW_SCAN_CARRY_MAX 256 /* longest value told whole when it comes in several pieces */

/* What is looked for in one object. A table ends with a name of NULL and is never freed. */
struct gw_scan_name {
    const char *name;                  /* "[]" stands for every item of an array */
    int id;                            /* what `found` is told; below 0: nothing */
    const struct gw_scan_name *inside; /* looked for in its value; NULL: nothing */
};

enum gw_scan_kind {
    GW_SCAN_NULL,
    GW_SCAN_FALSE,
    GW_SCAN_TRUE,
    GW_SCAN_NUMBER,
    GW_SCAN_STRING,
    GW_SCAN_OBJECT,
    GW_SCAN_ARRAY,
};

enum gw_scan_edge {
    GW_SCAN_WHOLE, /* null, false, true, a number, a string */
    GW_SCAN_OPEN,  /* an object or array begins; `end` and `text` say nothing */
    GW_SCAN_CLOSE, /* the same one is complete; `text` says nothing */
};

struct gw_scan_found {
    int id;
    enum gw_scan_kind kind;
    enum gw_scan_edge edge;
    bool is_cut; /* the value came in pieces and was longer than the carry: `text` is its head */
    uint64_t begin, end; /* from its first byte to the byte after it, quotes included */
    struct gw_text text; /* as written; of a string what stands between its quotes; borrowed */
};

typedef void gw_scan_fn(void *owner, const struct gw_scan_found *found);

struct gw_scan {
    gw_scan_fn *found;
    void *owner;
    struct gw_scan_name root;       /* stands for the text's one value */
    const struct gw_scan_name *hit; /* what the value in hand, or to come, was asked for as */
    const char *mark;               /* where this piece's part of the token in hand begins */
    uint64_t offset;                /* of the next byte; of the offending one after a failure */
    uint64_t begin;                 /* of the token in hand */
    uint64_t is_object[GW_SCAN_DEPTH_MAX / 64];
    uint64_t begins[GW_SCAN_TRACK_MAX];
    const struct gw_scan_name *hits[GW_SCAN_TRACK_MAX]; /* the containers we are in, outermost */
    uint16_t depth;                                     /* containers open */
    uint16_t tracked;                                   /* so many of them are in `hits` */
    uint16_t carried;                                   /* bytes of the token in `carry` */
    uint8_t state;
    uint8_t detail; /* of a number or literal: how far it is */
    bool is_key, has_escape, is_kept, is_cut;
    char carry[GW_SCAN_CARRY_MAX];
};

void gw_scan_init(struct gw_scan *scan, const struct gw_scan_name *table, gw_scan_fn *found,
                  void *owner);

/* GW_E_INVALID: not JSON, at scan->offset. It stays so whatever is fed afterwards. */
enum gw_err gw_scan_feed(struct gw_scan *scan, struct gw_text bytes);

/* No more bytes: GW_E_INVALID unless one whole value was fed. */
enum gw_err gw_scan_end(struct gw_scan *scan);

/* True once one whole value was seen and only white space may follow. */
bool gw_scan_is_whole(const struct gw_scan *scan);

/* ---- Values ----------------------------------------------------------------------------- */

/* Appends what a string's text means: escapes resolved; half a surrogate pair becomes U+FFFD. */
enum gw_err gw_scan_unescape(struct gw_text text, struct gw_buf *out);

/* A whole number from 0 on, also when written 5.0; false if it is not one or does not fit. */
bool gw_scan_to_u64(struct gw_text number, uint64_t *ret_value);

#endif
