/* SPDX-License-Identifier: MIT */
/*
 * One place per hash: what comes later takes it. The hash is SipHash-2-4 with 128 bits of result,
 * under a secret drawn when the table is made: for two keys to share a tag somebody would have to
 * know that secret, or to try 2^64 of them.
 */
#include "dataplane/admit/known.h"

#include "lib/base/check.h"
#include "lib/codec/random.h"

#define PLACES 1024 /* keys in use at the same time by one worker; more only cost time */

struct place {
    struct known_tag tag;
    struct gw_digest digest;
    bool is_taken;
};

struct known {
    uint64_t secret[2];
    struct place places[PLACES];
};

struct known *known_new(void)
{
    struct known *known = GW_NEW(struct known);

    gw_random_bytes(known->secret, sizeof(known->secret));
    return known;
}

void known_free(struct known *known)
{
    if (known != NULL) {
        gw_wipe(known->secret, sizeof(known->secret));
        gw_free(known);
    }
}

/* ---- The hash --------------------------------------------------------------------------- */

static inline uint64_t turn(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

static inline void mix(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = turn(v[1], 13) ^ v[0];
    v[0] = turn(v[0], 32);
    v[2] += v[3];
    v[3] = turn(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = turn(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = turn(v[1], 17) ^ v[2];
    v[2] = turn(v[2], 32);
}

static inline void take_in(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    mix(v);
    mix(v);
    v[0] ^= word;
}

static uint64_t half(uint64_t v[4])
{
    for (int i = 0; i < 4; i++) {
        mix(v);
    }
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct known_tag known_tag(const struct known *known, struct gw_text key)
{
    uint64_t v[4] = {known->secret[0] ^ 0x736f6d6570736575u, known->secret[1] ^ 0x646f72616e646f6du,
                     known->secret[0] ^ 0x6c7967656e657261u,
                     known->secret[1] ^ 0x7465646279746573u};
    uint64_t word = 0;
    struct known_tag tag;
    size_t at = 0;

    v[1] ^= 0xee;
    for (; key.len - at >= 8; at += 8) {
        memcpy(&word, key.at + at, 8);
        take_in(v, word);
    }
    word = 0;
    if (key.len > at) {
        memcpy(&word, key.at + at, key.len - at);
    }
    take_in(v, word | (uint64_t)key.len << 56);
    v[2] ^= 0xee;
    tag.at[0] = half(v);
    v[1] ^= 0xdd;
    tag.at[1] = half(v);
    return tag;
}

/* ---- The table -------------------------------------------------------------------------- */

static bool is_same(struct known_tag a, struct known_tag b)
{
    return ((a.at[0] ^ b.at[0]) | (a.at[1] ^ b.at[1])) == 0;
}

bool known_find(const struct known *known, struct known_tag tag, struct gw_digest *ret_digest)
{
    const struct place *place = &known->places[tag.at[0] % PLACES];

    if (!place->is_taken || !is_same(place->tag, tag)) {
        return false;
    }
    *ret_digest = place->digest;
    return true;
}

void known_keep(struct known *known, struct known_tag tag, const struct gw_digest *digest)
{
    known->places[tag.at[0] % PLACES] = (struct place){tag, *digest, true};
}
