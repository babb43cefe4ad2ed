/* SPDX-License-Identifier: MIT */
/*
 * random - tokens and ids nobody can guess. Any thread.
 */
#ifndef LIB_CODEC_RANDOM_H
#define LIB_CODEC_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* From the kernel's generator through OpenSSL's. A system that has none ends the process. */
void gw_random_bytes(void *ret_bytes, size_t size);

/* `bytes` random bytes as 2 * bytes hex digits and a zero byte. */
void gw_random_hex(size_t bytes, char *ret_text);

uint32_t gw_random_below(uint32_t limit); /* even; `limit` is 1 or more */

/* Version 7 of RFC 9562, lower case: sorts by time. `wall_us` from gw_clock_wall_us(). */
#define GW_UUID_SIZE      16
#define GW_UUID_TEXT_SIZE 37
void gw_random_uuid7(int64_t wall_us, char ret_text[GW_UUID_TEXT_SIZE]);
void gw_random_uuid7_bytes(int64_t wall_us,
                           uint8_t ret_id[GW_UUID_SIZE]); /* the same, not as text */
void gw_uuid_text(const uint8_t id[GW_UUID_SIZE], char ret_text[GW_UUID_TEXT_SIZE]);

#endif
