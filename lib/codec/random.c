/* SPDX-License-Identifier: MIT */
#include "lib/codec/random.h"

#include <limits.h>
#include <openssl/rand.h>
#include <string.h>

#include "lib/base/check.h"
#include "lib/codec/digest.h"

#define RESERVE_SIZE 1000 /* a hundred ids */

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

/*
 * Ids are drawn for every request, and each visit to OpenSSL's generator costs as much as a system
 * call. So each thread keeps a reserve; what was handed out is wiped from it. Keys, nonces and
 * tokens are never taken from here.
 */
static void draw_from_reserve(unsigned char *ret_bytes, size_t size)
{
    static _Thread_local unsigned char reserve[RESERVE_SIZE];
    static _Thread_local size_t left;

    if (left < size) {
        gw_random_bytes(reserve, sizeof(reserve));
        left = sizeof(reserve);
    }
    left -= size;
    memcpy(ret_bytes, reserve + left, size);
    memset(reserve + left, 0, size);
}

void gw_random_uuid7_bytes(int64_t wall_us, uint8_t id[GW_UUID_SIZE])
{
    uint64_t ms = (uint64_t)wall_us / 1000;

    for (int i = 0; i < 6; i++) {
        id[i] = (unsigned char)(ms >> (40 - 8 * i));
    }
    draw_from_reserve(id + 6, 10);
    id[6] = (unsigned char)(0x70 | (id[6] & 0x0f)); /* version 7 */
    id[8] = (unsigned char)(0x80 | (id[8] & 0x3f)); /* the variant of RFC 9562 */
}

void gw_uuid_text(const uint8_t id[GW_UUID_SIZE], char ret_text[GW_UUID_TEXT_SIZE])
{
    static const char DIGITS[] = "0123456789abcdef";
    char *to = ret_text;

    for (size_t i = 0; i < GW_UUID_SIZE; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *to++ = '-';
        }
        *to++ = DIGITS[id[i] >> 4];
        *to++ = DIGITS[id[i] & 0x0f];
    }
    *to = '\0';
}

void gw_random_uuid7(int64_t wall_us, char ret_text[GW_UUID_TEXT_SIZE])
{
    uint8_t id[GW_UUID_SIZE];

    gw_random_uuid7_bytes(wall_us, id);
    gw_uuid_text(id, ret_text);
}
