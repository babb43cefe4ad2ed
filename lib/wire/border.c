/* SPDX-License-Identifier: MIT */
#include "lib/wire/border.h"

#include "lib/base/utf8.h"

#define STRUCT_BYTES_PER_WIRE_BYTE 24 /* the smallest honest row, a key, takes about 8 */
#define STRUCT_BYTES_ANYWAY        ((size_t)64 * 1024)

/* ---- Messages --------------------------------------------------------------------------- */

static void *arena_alloc(void *arena, size_t size)
{
    return gw_arena_try(arena, size);
}

static void arena_free(void *arena, void *at)
{
    (void)arena;
    (void)at;
}

void *gw_border_unpack(const ProtobufCMessageDescriptor *type, struct gw_text bytes,
                       struct gw_arena *arena)
{
    ProtobufCAllocator allocator = {arena_alloc, arena_free, arena};

    return protobuf_c_message_unpack(type, &allocator, bytes.len, (const uint8_t *)bytes.at);
}

size_t gw_border_memory_max(size_t size)
{
    if (size > (SIZE_MAX / 2) / STRUCT_BYTES_PER_WIRE_BYTE) {
        return SIZE_MAX / 2;
    }
    return STRUCT_BYTES_ANYWAY + size * STRUCT_BYTES_PER_WIRE_BYTE;
}

enum gw_err gw_border_pack(const ProtobufCMessage *message, struct gw_buf *out)
{
    void *room;

    GW_TRY(gw_buf_reserve(out, protobuf_c_message_get_packed_size(message), &room));
    out->len += protobuf_c_message_pack(message, room);
    out->at[out->len] = '\0';
    return GW_OK;
}

/* ---- Text ------------------------------------------------------------------------------- */

bool gw_border_is_text(const char *zero_terminated, size_t max)
{
    struct gw_text text = gw_text_of(zero_terminated);

    return text.len <= max && gw_utf8_is_valid(text);
}

static bool is_plain(char byte)
{
    return byte >= 0x20 && byte < 0x7f; /* false for a negative char as well */
}

#define EACH(byte) (UINT64_MAX / 0xff * (byte))

/* Copies what is plain at the front, eight bytes at a time; returns how many. */
static size_t copy_plain(struct gw_text text, size_t max, char *to)
{
    size_t at = 0, len = text.len < max ? text.len : max;
    uint64_t word, del, odd;

    for (; len - at >= sizeof(word); at += sizeof(word)) {
        memcpy(&word, text.at + at, sizeof(word));
        del = word ^ EACH(0x7f);
        /* A high bit where a byte is 0x80 or more, below 0x20, or 0x7f. */
        odd = word | ((word - EACH(0x20)) & ~word) | ((del - EACH(0x01)) & ~del);
        if ((odd & EACH(0x80)) != 0) {
            break;
        }
        memcpy(to + at, &word, sizeof(word));
    }
    return at;
}

size_t gw_border_clean(struct gw_text text, size_t max, char *ret_text)
{
    size_t at = copy_plain(text, max, ret_text), to = at;

    while (at < text.len && to < max) {
        size_t len;

        if (is_plain(text.at[at])) { /* nearly always */
            ret_text[to++] = text.at[at++];
            continue;
        }
        len = gw_utf8_size((struct gw_text){text.at + at, text.len - at});
        if (len < 2) { /* a control character, or none at all */
            ret_text[to++] = '?';
            at++;
            continue;
        }
        if (to + len > max) {
            break;
        }
        memmove(ret_text + to, text.at + at, len); /* they may be the same text */
        to += len;
        at += len;
    }
    ret_text[to] = '\0';
    return to;
}
