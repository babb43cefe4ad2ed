/* SPDX-License-Identifier: MIT */
/*
 * What is authenticated besides the ciphertext is the head (version and key id) followed by
 * the place. The nonce is random: with 2^32 secrets under one key the odds of one repeating are
 * still below one in 2^32, and an installation holds thousands.
 */
#include "lib/codec/seal.h"

#include <openssl/evp.h>
#include <string.h>

#include "lib/base/check.h"
#include "lib/codec/random.h"

#define VERSION    1
#define HEAD_SIZE  5
#define NONCE_SIZE 12
#define TAG_SIZE   16

static EVP_CIPHER_CTX *new_context(void)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();

    GW_CHECK(context != NULL);
    return context;
}

static int as_int(size_t size)
{
    GW_CHECK(size <= 2 * (size_t)GW_SEAL_PLAIN_MAX);
    return (int)size;
}

/* ---- Sealing ---------------------------------------------------------------------------- */

static void encrypt(const struct gw_seal_key *key, struct gw_text place, struct gw_text plain,
                    unsigned char *sealed)
{
    EVP_CIPHER_CTX *context = new_context();
    unsigned char *nonce = sealed + HEAD_SIZE, *body = nonce + NONCE_SIZE;
    int size;

    GW_CHECK(EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key->at, nonce) == 1);
    GW_CHECK(EVP_EncryptUpdate(context, NULL, &size, sealed, HEAD_SIZE) == 1);
    GW_CHECK(place.len == 0 ||
             EVP_EncryptUpdate(context, NULL, &size, (const unsigned char *)place.at,
                               as_int(place.len)) == 1);
    GW_CHECK(plain.len == 0 ||
             EVP_EncryptUpdate(context, body, &size, (const unsigned char *)plain.at,
                               as_int(plain.len)) == 1);
    GW_CHECK(EVP_EncryptFinal_ex(context, body + plain.len, &size) == 1 && size == 0);
    GW_CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, body + plain.len) == 1);
    EVP_CIPHER_CTX_free(context);
}

enum gw_err gw_seal(const struct gw_keyring *ring, struct gw_text place, struct gw_text plain,
                    struct gw_buf *out)
{
    const struct gw_seal_key *key = gw_keyring_current(ring);
    unsigned char *sealed;
    void *room;

    if (plain.len > GW_SEAL_PLAIN_MAX || place.len > GW_SEAL_PLAIN_MAX) {
        return GW_E_TOO_LARGE;
    }
    GW_TRY(gw_buf_reserve(out, plain.len + GW_SEAL_OVERHEAD, &room));
    sealed = room;
    sealed[0] = VERSION;
    sealed[1] = (unsigned char)(key->id >> 24);
    sealed[2] = (unsigned char)(key->id >> 16);
    sealed[3] = (unsigned char)(key->id >> 8);
    sealed[4] = (unsigned char)key->id;
    gw_random_bytes(sealed + HEAD_SIZE, NONCE_SIZE);
    encrypt(key, place, plain, sealed);
    out->len += plain.len + GW_SEAL_OVERHEAD;
    out->at[out->len] = '\0';
    return GW_OK;
}

/* ---- Opening ---------------------------------------------------------------------------- */

uint32_t gw_seal_key_id(struct gw_text sealed)
{
    const unsigned char *at = (const unsigned char *)sealed.at;

    if (sealed.len < GW_SEAL_OVERHEAD || at[0] != VERSION) {
        return 0;
    }
    return (uint32_t)at[1] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 8 | at[4];
}

/* Writes body.len bytes; false if anything was changed, and then they mean nothing. */
static bool decrypt(const struct gw_seal_key *key, struct gw_text place, struct gw_text sealed,
                    unsigned char *ret_plain)
{
    EVP_CIPHER_CTX *context = new_context();
    const unsigned char *head = (const unsigned char *)sealed.at;
    const unsigned char *body = head + HEAD_SIZE + NONCE_SIZE;
    int size, body_size = as_int(sealed.len - GW_SEAL_OVERHEAD);
    unsigned char tag[TAG_SIZE];
    bool is_good;

    memcpy(tag, body + body_size, TAG_SIZE);
    is_good =
        EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key->at, head + HEAD_SIZE) == 1 &&
        EVP_DecryptUpdate(context, NULL, &size, head, HEAD_SIZE) == 1 &&
        (place.len == 0 || EVP_DecryptUpdate(context, NULL, &size, (const unsigned char *)place.at,
                                             as_int(place.len)) == 1) &&
        (body_size == 0 || EVP_DecryptUpdate(context, ret_plain, &size, body, body_size) == 1) &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1 &&
        EVP_DecryptFinal_ex(context, ret_plain + body_size, &size) == 1;
    EVP_CIPHER_CTX_free(context);
    return is_good;
}

enum gw_err gw_unseal(const struct gw_keyring *ring, struct gw_text place, struct gw_text sealed,
                      struct gw_buf *out)
{
    uint32_t id = gw_seal_key_id(sealed);
    const struct gw_seal_key *key;
    size_t size;
    void *room;

    if (id == 0 || sealed.len > GW_SEAL_PLAIN_MAX + GW_SEAL_OVERHEAD ||
        place.len > GW_SEAL_PLAIN_MAX) {
        return GW_E_CORRUPT;
    }
    key = gw_keyring_find(ring, id);
    if (key == NULL) {
        return GW_E_ABSENT;
    }
    size = sealed.len - GW_SEAL_OVERHEAD;
    GW_TRY(gw_buf_reserve(out, size, &room));
    if (!decrypt(key, place, sealed, room)) {
        gw_wipe(room, size);
        return GW_E_CORRUPT;
    }
    out->len += size;
    out->at[out->len] = '\0';
    return GW_OK;
}
