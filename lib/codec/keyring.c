/* SPDX-License-Identifier: MIT */
#include "lib/codec/keyring.h"

#include "lib/base/check.h"
#include "lib/codec/file.h"
#include "lib/codec/random.h"

#define FILE_MAX 16384

struct gw_keyring {
    struct gw_hmac *pepper;
    struct gw_seal_key seals[GW_KEYRING_SEALS_MAX];
    size_t seal_count;
};

void gw_keyring_free(struct gw_keyring *ring)
{
    if (ring != NULL) {
        gw_hmac_free(ring->pepper);
        gw_wipe(ring, sizeof(*ring));
        gw_free(ring);
    }
}

/* ---- Reading ---------------------------------------------------------------------------- */

static enum gw_err read_digest(struct gw_keyring *ring, struct gw_text rest, unsigned line,
                               struct gw_fault *fault)
{
    unsigned char key[GW_SEAL_KEY_SIZE];

    if (ring->pepper != NULL) {
        return gw_fail(fault, GW_E_INVALID, "keyring line %u: a second digest key", line);
    }
    if (gw_unhex(rest, key, sizeof(key)) != GW_OK) {
        return gw_fail(fault, GW_E_INVALID, "keyring line %u: a key is 64 hex digits", line);
    }
    ring->pepper = gw_hmac_new((struct gw_text){(const char *)key, sizeof(key)});
    gw_wipe(key, sizeof(key));
    return GW_OK;
}

static enum gw_err read_seal(struct gw_keyring *ring, struct gw_text rest, unsigned line,
                             struct gw_fault *fault)
{
    struct gw_seal_key *key = &ring->seals[ring->seal_count];
    struct gw_text id, hex;
    uint64_t number;

    if (ring->seal_count == GW_KEYRING_SEALS_MAX) {
        return gw_fail(fault, GW_E_INVALID, "keyring line %u: more than %d seal keys", line,
                       GW_KEYRING_SEALS_MAX);
    }
    if (!gw_text_cut(rest, ' ', &id, &hex) || gw_text_to_u64(id, &number) != GW_OK || number == 0 ||
        number > UINT32_MAX) {
        return gw_fail(fault, GW_E_INVALID, "keyring line %u: not \"seal <number> <key>\"", line);
    }
    if (gw_keyring_find(ring, (uint32_t)number) != NULL) {
        return gw_fail(fault, GW_E_INVALID, "keyring line %u: seal key %u stands twice", line,
                       (unsigned)number);
    }
    if (gw_unhex(gw_text_trim(hex), key->at, sizeof(key->at)) != GW_OK) {
        return gw_fail(fault, GW_E_INVALID, "keyring line %u: a key is 64 hex digits", line);
    }
    key->id = (uint32_t)number;
    ring->seal_count++;
    return GW_OK;
}

static enum gw_err read_line(struct gw_keyring *ring, struct gw_text text, unsigned line,
                             struct gw_fault *fault)
{
    struct gw_text word, rest;

    if (text.len > 0 && text.at[text.len - 1] == '\r') {
        text.len--;
    }
    text = gw_text_trim(text);
    if (text.len == 0 || text.at[0] == '#') {
        return GW_OK;
    }
    if (gw_text_cut(text, ' ', &word, &rest)) {
        rest = gw_text_trim(rest);
        if (gw_text_eq(word, GW_TEXT("digest"))) {
            return read_digest(ring, rest, line, fault);
        }
        if (gw_text_eq(word, GW_TEXT("seal"))) {
            return read_seal(ring, rest, line, fault);
        }
    }
    return gw_fail(fault, GW_E_INVALID,
                   "keyring line %u: neither \"digest <key>\" nor \"seal <number> <key>\"", line);
}

/* Where this line ends: at a newline, or at a ';' outside of a comment. */
static size_t line_length(struct gw_text text)
{
    size_t newline = gw_text_find(text, '\n');
    struct gw_text line = gw_text_trim((struct gw_text){text.at, newline});

    if (line.len > 0 && line.at[0] == '#') {
        return newline;
    }
    return gw_text_find((struct gw_text){text.at, newline}, ';');
}

static enum gw_err read_lines(struct gw_keyring *ring, struct gw_text text, struct gw_fault *fault)
{
    unsigned line = 1;

    while (text.len > 0) {
        size_t len = line_length(text);

        GW_TRY(read_line(ring, (struct gw_text){text.at, len}, line, fault));
        line += len < text.len && text.at[len] == '\n';
        text = gw_text_skip(text, len < text.len ? len + 1 : len);
    }
    if (ring->pepper == NULL) {
        return gw_fail(fault, GW_E_INVALID, "keyring has no digest key");
    }
    if (ring->seal_count == 0) {
        return gw_fail(fault, GW_E_INVALID, "keyring has no seal key");
    }
    return GW_OK;
}

enum gw_err gw_keyring_parse(struct gw_text text, struct gw_keyring **ret_ring,
                             struct gw_fault *fault)
{
    struct gw_keyring *ring = GW_NEW(struct gw_keyring);
    enum gw_err err = read_lines(ring, text, fault);

    if (err != GW_OK) {
        gw_keyring_free(ring);
        return err;
    }
    *ret_ring = ring;
    return GW_OK;
}

enum gw_err gw_keyring_load(const char *path, struct gw_keyring **ret_ring, struct gw_fault *fault)
{
    struct gw_buf file;
    struct gw_fault reason;
    enum gw_err err;

    gw_buf_init(&file, FILE_MAX);
    err = gw_file_read(path, &file, fault);
    if (err == GW_OK) {
        err = gw_keyring_parse(gw_buf_text(&file), ret_ring, &reason);
        if (err != GW_OK) {
            gw_fail(fault, err, "file \"%.100s\": %.130s", path, reason.text);
        }
    }
    if (file.at != NULL) {
        gw_wipe(file.at, file.len);
    }
    gw_buf_fini(&file);
    return err;
}

/* ---- Use -------------------------------------------------------------------------------- */

void gw_keyring_generate(struct gw_buf *out)
{
    char key[2 * GW_SEAL_KEY_SIZE + 1];

    gw_random_hex(GW_SEAL_KEY_SIZE, key);
    gw_buf_appendf(out, "digest %s\n", key);
    gw_random_hex(GW_SEAL_KEY_SIZE, key);
    gw_buf_appendf(out, "seal 1 %s\n", key);
    gw_wipe(key, sizeof(key));
}

void gw_keyring_digest(const struct gw_keyring *ring, struct gw_text client_key,
                       struct gw_digest *ret_digest)
{
    gw_hmac_digest(ring->pepper, client_key, ret_digest);
}

const struct gw_seal_key *gw_keyring_current(const struct gw_keyring *ring)
{
    return &ring->seals[0];
}

const struct gw_seal_key *gw_keyring_find(const struct gw_keyring *ring, uint32_t id)
{
    size_t i;

    for (i = 0; i < ring->seal_count; i++) {
        if (ring->seals[i].id == id) {
            return &ring->seals[i];
        }
    }
    return NULL;
}
