/* SPDX-License-Identifier: MIT */
/*
 * border - what every conversion in this room needs: memory with a ceiling, and text that is text.
 *
 * For the sources of lib/wire only; it names protobuf-c's types.
 */
#ifndef LIB_WIRE_BORDER_H
#define LIB_WIRE_BORDER_H

#include <protobuf-c/protobuf-c.h>

#include "lib/base/arena.h"
#include "lib/base/text.h"

/*
 * The message in `arena`, or NULL: the bytes do not parse, or want more memory than the arena
 * gives. There is nothing to free but the arena.
 */
void *gw_border_unpack(const ProtobufCMessageDescriptor *type, struct gw_text bytes,
                       struct gw_arena *arena);

/*
 * Memory that an honest message of `size` bytes cannot pass. A few bytes of wire become a hundred
 * of struct, so the message's own size is no bound.
 */
size_t gw_border_memory_max(size_t size);

/* Appends the packed message. */
enum gw_err gw_border_pack(const ProtobufCMessage *message, struct gw_buf *out) GW_MUST_USE;

/* UTF-8 of at most `max` bytes. */
bool gw_border_is_text(const char *zero_terminated, size_t max);

/*
 * Writes at most `max` bytes of `text` and a zero byte to `ret_text` and returns the length: cut
 * between characters, and every control character and byte that is not UTF-8 replaced by "?".
 * What clients and providers write goes into PostgreSQL, which takes nothing else.
 */
size_t gw_border_clean(struct gw_text text, size_t max, char *ret_text);

/* What protobuf-c gave us for an absent or present text. */
static inline struct gw_text gw_border_text(const char *zero_terminated)
{
    return (struct gw_text){zero_terminated, strlen(zero_terminated)};
}

#define GW_BORDER_ID_MAX ((uint64_t)INT64_MAX) /* a PostgreSQL bigint */

#endif
