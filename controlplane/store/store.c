/* SPDX-License-Identifier: MIT */
#include "controlplane/store/store.h"

void store_init(struct store *store, struct gw_pg *pg, const struct gw_keyring *keyring)
{
    *store = (struct store){.pg = pg, .keyring = keyring};
}

enum gw_err store_begin(struct store *store, struct gw_fault *fault)
{
    enum gw_err err;

    store->rule = NULL;
    GW_TRY(gw_pg_begin(store->pg, fault));
    err = gw_pg_run(store->pg, "select config_bump()", NULL, NULL, fault);
    if (err != GW_OK) {
        gw_pg_rollback(store->pg);
    }
    return err;
}

enum gw_err store_commit(struct store *store, struct gw_fault *fault)
{
    return gw_pg_commit(store->pg, fault);
}

void store_end(struct store *store)
{
    gw_pg_rollback(store->pg);
}

enum gw_err store_refuse(struct store *store, const char *rule, struct gw_fault *fault)
{
    store->rule = rule;
    return gw_fail(fault, GW_E_INVALID, "refused: %s", rule);
}

struct gw_text store_like(struct gw_text text, struct gw_arena *arena)
{
    char *pattern = gw_arena_alloc(arena, 2 * text.len + 3), *to = pattern;

    *to++ = '%';
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '%' || text.at[i] == '_' || text.at[i] == '\\') {
            *to++ = '\\';
        }
        *to++ = text.at[i];
    }
    *to++ = '%';
    return (struct gw_text){pattern, (size_t)(to - pattern)};
}

/* ---- Masks ------------------------------------------------------------------------------ */

static bool is_lead(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

/* Offset of character number `count`, or the length. */
static size_t skip_characters(struct gw_text text, size_t count)
{
    size_t at = 0;

    for (; at < text.len; at++) {
        if (is_lead(text.at[at]) && count-- == 0) {
            break;
        }
    }
    return at;
}

struct gw_text store_mask(struct gw_text secret, struct gw_arena *arena)
{
    size_t head = skip_characters(secret, 4), tail = secret.len;
    const char *masked;

    if (skip_characters(secret, 8) == secret.len) {
        return GW_TEXT(STORE_BULLETS);
    }
    for (int left = 4; left > 0 && tail > 0;) {
        left -= is_lead(secret.at[--tail]);
    }
    masked = gw_arena_fmt(arena, "%.*s" STORE_BULLETS "%.*s", (int)head, secret.at,
                          (int)(secret.len - tail), secret.at + tail);
    return gw_text_of(masked);
}

enum gw_err store_check_match(const struct store_match *match, int64_t revision,
                              struct gw_fault *fault)
{
    if (match == NULL || match->fits(match->asker, revision)) {
        return GW_OK;
    }
    return gw_fail(fault, GW_E_CONFLICT, "changed by someone else meanwhile");
}
