/* SPDX-License-Identifier: MIT */
/*
 * Since OpenSSL 3 looking up an algorithm by name costs more than hashing a short text, so SHA-256
 * is fetched once. An HMAC key is kept as two contexts that have swallowed their pads
 * (RFC 2104): a digest copies them and never touches the key again. Only a lack of memory can
 * make these calls fail.
 */
#include "lib/codec/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

#include "lib/base/check.h"

#define BLOCK_SIZE 64 /* of SHA-256 */

static EVP_MD *sha256;

static void fetch(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    GW_CHECK(sha256 != NULL);
}

static const EVP_MD *algorithm(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, fetch);
    return sha256;
}

static EVP_MD_CTX *new_context(void)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    GW_CHECK(context != NULL);
    GW_CHECK(EVP_DigestInit_ex(context, algorithm(), NULL) == 1);
    return context;
}

static void add(EVP_MD_CTX *context, const void *bytes, size_t size)
{
    GW_CHECK(EVP_DigestUpdate(context, bytes, size) == 1);
}

static void finish(EVP_MD_CTX *context, unsigned char ret_digest[GW_DIGEST_SIZE])
{
    unsigned size;

    GW_CHECK(EVP_DigestFinal_ex(context, ret_digest, &size) == 1 && size == GW_DIGEST_SIZE);
}

/* ---- SHA-256 ---------------------------------------------------------------------------- */

void gw_sha256(struct gw_text bytes, struct gw_digest *ret_digest)
{
    EVP_MD_CTX *context = new_context();

    add(context, bytes.at, bytes.len);
    finish(context, ret_digest->at);
    EVP_MD_CTX_free(context);
}

struct gw_sha256 {
    EVP_MD_CTX *context;
};

struct gw_sha256 *gw_sha256_new(void)
{
    struct gw_sha256 *sum = GW_NEW(struct gw_sha256);

    sum->context = new_context();
    return sum;
}

void gw_sha256_add(struct gw_sha256 *sum, struct gw_text bytes)
{
    add(sum->context, bytes.at, bytes.len);
}

void gw_sha256_end(struct gw_sha256 *sum, struct gw_digest *ret_digest)
{
    finish(sum->context, ret_digest->at);
    GW_CHECK(EVP_DigestInit_ex(sum->context, NULL, NULL) == 1);
}

void gw_sha256_free(struct gw_sha256 *sum)
{
    if (sum != NULL) {
        EVP_MD_CTX_free(sum->context);
        gw_free(sum);
    }
}

/* ---- HMAC ------------------------------------------------------------------------------- */

struct gw_hmac {
    EVP_MD_CTX *inner;
    EVP_MD_CTX *outer;
};

static EVP_MD_CTX *padded(const unsigned char key[BLOCK_SIZE], unsigned char pad)
{
    EVP_MD_CTX *context = new_context();
    unsigned char block[BLOCK_SIZE];
    size_t i;

    for (i = 0; i < BLOCK_SIZE; i++) {
        block[i] = key[i] ^ pad;
    }
    add(context, block, BLOCK_SIZE);
    gw_wipe(block, sizeof(block));
    return context;
}

struct gw_hmac *gw_hmac_new(struct gw_text key)
{
    struct gw_hmac *hmac = GW_NEW(struct gw_hmac);
    unsigned char block[BLOCK_SIZE] = {0};
    struct gw_digest digest;

    if (key.len > BLOCK_SIZE) {
        gw_sha256(key, &digest);
        memcpy(block, digest.at, GW_DIGEST_SIZE);
    } else if (key.len > 0) {
        memcpy(block, key.at, key.len);
    }
    hmac->inner = padded(block, 0x36);
    hmac->outer = padded(block, 0x5c);
    gw_wipe(block, sizeof(block));
    gw_wipe(&digest, sizeof(digest));
    return hmac;
}

void gw_hmac_free(struct gw_hmac *hmac)
{
    if (hmac != NULL) {
        EVP_MD_CTX_free(hmac->inner); /* wipes its state */
        EVP_MD_CTX_free(hmac->outer);
        gw_free(hmac);
    }
}

void gw_hmac_digest(const struct gw_hmac *hmac, struct gw_text bytes, struct gw_digest *ret_digest)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    GW_CHECK(context != NULL);
    GW_CHECK(EVP_MD_CTX_copy_ex(context, hmac->inner) == 1);
    add(context, bytes.at, bytes.len);
    finish(context, ret_digest->at);
    GW_CHECK(EVP_MD_CTX_copy_ex(context, hmac->outer) == 1);
    add(context, ret_digest->at, GW_DIGEST_SIZE);
    finish(context, ret_digest->at);
    EVP_MD_CTX_free(context);
}

/* ---- Secrets ---------------------------------------------------------------------------- */

bool gw_text_eq_secret(struct gw_text a, struct gw_text b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.at, b.at, a.len) == 0);
}

bool gw_digest_eq(const struct gw_digest *a, const struct gw_digest *b)
{
    return CRYPTO_memcmp(a->at, b->at, GW_DIGEST_SIZE) == 0;
}

void gw_wipe(void *at, size_t size)
{
    OPENSSL_cleanse(at, size);
}
