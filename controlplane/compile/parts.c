/* SPDX-License-Identifier: MIT */
#include "controlplane/compile/parts.h"

#include "lib/base/check.h"

#define PART_FULL    ((size_t)1024 * 1024)
#define MESSAGE_MAX  ((size_t)3 * 1024 * 1024) /* gRPC's own limit is 4 MiB */
#define FIRST_PLACES 8

struct compiled {
    size_t readers;
    struct gw_version base, version;
    struct gw_text *parts; /* owned */
    size_t count, room;
    size_t size;
};

struct parts {
    struct compiled *compiled;
    struct gw_update *open; /* NULL: none yet */
    enum gw_err err;        /* of the first message that could not be packed */
};

/* ---- What is ready ---------------------------------------------------------------------- */

struct compiled *compiled_ref(struct compiled *compiled)
{
    compiled->readers++;
    return compiled;
}

void compiled_unref(struct compiled *compiled)
{
    if (compiled == NULL || --compiled->readers > 0) {
        return;
    }
    for (size_t i = 0; i < compiled->count; i++) {
        gw_free((char *)compiled->parts[i].at);
    }
    gw_free(compiled->parts);
    gw_free(compiled);
}

struct gw_version compiled_base(const struct compiled *compiled)
{
    return compiled->base;
}

struct gw_version compiled_version(const struct compiled *compiled)
{
    return compiled->version;
}

size_t compiled_parts(const struct compiled *compiled)
{
    return compiled->count;
}

struct gw_text compiled_part(const struct compiled *compiled, size_t place)
{
    GW_CHECK(place < compiled->count);
    return compiled->parts[place];
}

size_t compiled_size(const struct compiled *compiled)
{
    return compiled->size;
}

bool version_eq(const struct gw_version *a, const struct gw_version *b)
{
    return a->number == b->number && strcmp(a->epoch, b->epoch) == 0;
}

/* ---- What is being made ----------------------------------------------------------------- */

struct parts *parts_new(const struct gw_version *base, const struct gw_version *version)
{
    struct parts *parts = GW_NEW(struct parts);

    parts->compiled = GW_NEW(struct compiled);
    parts->compiled->readers = 1;
    parts->compiled->base = *base;
    parts->compiled->version = *version;
    return parts;
}

void parts_free(struct parts *parts)
{
    if (parts == NULL) {
        return;
    }
    gw_update_free(parts->open);
    compiled_unref(parts->compiled);
    gw_free(parts);
}

static void keep(struct compiled *compiled, struct gw_buf *packed)
{
    size_t len = packed->len;

    if (compiled->count == compiled->room) {
        compiled->room = compiled->room == 0 ? FIRST_PLACES : 2 * compiled->room;
        compiled->parts = gw_must_realloc(compiled->parts,
                                          compiled->room * sizeof(compiled->parts[0]));
    }
    compiled->parts[compiled->count++] = (struct gw_text){gw_buf_take(packed), len};
    compiled->size += len;
}

static void close_open(struct parts *parts)
{
    struct gw_buf packed;
    enum gw_err err;

    gw_buf_init(&packed, MESSAGE_MAX);
    err = gw_update_pack(parts->open, &packed);
    if (err == GW_OK) {
        keep(parts->compiled, &packed);
    } else if (parts->err == GW_OK) {
        parts->err = err;
    }
    gw_buf_fini(&packed);
    gw_update_free(parts->open);
    parts->open = NULL;
}

struct gw_update *parts_next(struct parts *parts)
{
    if (parts->open != NULL && gw_update_size(parts->open) >= PART_FULL) {
        close_open(parts);
    }
    if (parts->open == NULL) {
        parts->open = gw_update_new(&parts->compiled->base, &parts->compiled->version);
    }
    return parts->open;
}

enum gw_err parts_finish(struct parts *parts, struct compiled **ret_compiled,
                         struct gw_fault *fault)
{
    /* Without a last message the receiver would never take the new version's number. */
    if (parts->open == NULL && !version_eq(&parts->compiled->base, &parts->compiled->version)) {
        (void)parts_next(parts);
    }
    if (parts->open != NULL) {
        gw_update_set_last(parts->open, true);
        close_open(parts);
    }
    if (parts->err != GW_OK) {
        return gw_fail(fault, parts->err, "could not pack the update: %s", gw_err_text(parts->err));
    }
    *ret_compiled = parts->compiled;
    parts->compiled = NULL;
    return GW_OK;
}
