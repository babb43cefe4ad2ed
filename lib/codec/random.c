/* SPDX-License-Identifier: MIT */
#include "lib/codec/random.h"

#include <limits.h>
#include <openssl/rand.h>
#include <stdio.h>

#include "lib/base/check.h"
#include "lib/codec/digest.h"

void gw_random_bytes(void *ret_bytes, size_t size)
{
    GW_CHECK(size <= INT_MAX);
    GW_CHECK(RAND_bytes(ret_bytes, (int)size) == 1);
}

void gw_random_hex(size_t bytes, char *ret_text)
{
    /* The bytes lie in the text's second half until each is written in front of itself. */
    char *raw = ret_text + bytes;
    size_t i;

    gw_random_bytes(raw, bytes);
    for (i = 0; i < bytes; i++) {
        char letters[3];

        gw_hex((struct gw_text){raw + i, 1}, letters);
        ret_text[2 * i] = letters[0];
        ret_text[2 * i + 1] = letters[1];
    }
    ret_text[2 * bytes] = '\0';
}

uint32_t gw_random_below(uint32_t limit)
{
    uint32_t number, uneven;

    GW_CHECK(limit > 0);
    uneven = (0 - limit) % limit; /* 2^32 modulo limit: numbers below would favour some results */
    do {
        gw_random_bytes(&number, sizeof(number));
    } while (number < uneven);
    return number % limit;
}

void gw_random_uuid7(int64_t wall_us, char ret_text[GW_UUID_TEXT_SIZE])
{
    uint64_t ms = (uint64_t)wall_us / 1000;
    unsigned char at[10];

    gw_random_bytes(at, sizeof(at));
    snprintf(ret_text, GW_UUID_TEXT_SIZE, "%08x-%04x-7%01x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
             (unsigned)(ms >> 16 & 0xffffffff), (unsigned)(ms & 0xffff), at[0] & 0xf, at[1],
             (at[2] & 0x3f) | 0x80, at[3], at[4], at[5], at[6], at[7], at[8], at[9]);
}
