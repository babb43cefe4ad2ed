/* SPDX-License-Identifier: MIT */
/*
 * Every address is looked at as sixteen bytes; IPv4 in its mapped form, ::ffff:a.b.c.d. That is
 * also how rules are kept, so that ::ffff:10.0.0.1 and 10.0.0.1, which the kernel takes for the
 * same host, are the same to a rule. The other ways to carry IPv4 inside IPv6 only matter for the
 * class: a rule has to name them as they are written.
 *
 * Of IPv6 only 2000::/3 is given out to hosts, so everything outside of it that has no name of its
 * own is reserved.
 */
#include "lib/net/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

#include "lib/base/check.h"

#define ADDRESS_SIZE ((size_t)16)
#define MAPPED_BITS  96

struct block {
    unsigned char bytes[ADDRESS_SIZE];
    unsigned bits;
};

struct rule {
    struct block block;
    bool is_four; /* about IPv4 */
};

struct gw_guard {
    bool allows_class[GW_GUARD_UNIX + 1];
    size_t count;
    struct rule rules[];
};

/* ---- Classes ---------------------------------------------------------------------------- */

static const char *const NAMES[] = {
    [GW_GUARD_PUBLIC] = "public",
    [GW_GUARD_LOOPBACK] = "loopback",
    [GW_GUARD_PRIVATE] = "private",
    [GW_GUARD_LINK_LOCAL] = "link-local",
    [GW_GUARD_METADATA] = "metadata",
    [GW_GUARD_SHARED] = "shared",
    [GW_GUARD_UNSPECIFIED] = "unspecified",
    [GW_GUARD_MULTICAST] = "multicast",
    [GW_GUARD_BROADCAST] = "broadcast",
    [GW_GUARD_RESERVED] = "reserved",
    [GW_GUARD_UNIX] = "unix",
};

const char *gw_guard_class_name(enum gw_guard_class class)
{
    GW_CHECK((size_t) class < GW_COUNT(NAMES));
    return NAMES[class];
}

/* The first that fits. */
static const struct range4 {
    uint32_t first;
    unsigned bits;
    enum gw_guard_class class;
} RANGES4[] = {
    {0xa9fea9fe, 32, GW_GUARD_METADATA},   /* 169.254.169.254: nearly everybody */
    {0xa9feaa02, 32, GW_GUARD_METADATA},   /* 169.254.170.2: containers at Amazon */
    {0x646464c8, 32, GW_GUARD_METADATA},   /* 100.100.100.200: Alibaba */
    {0xc00000c0, 32, GW_GUARD_METADATA},   /* 192.0.0.192: Oracle */
    {0x00000000, 8, GW_GUARD_UNSPECIFIED}, /* "this network"; Linux takes 0.0.0.0 for loopback */
    {0x0a000000, 8, GW_GUARD_PRIVATE},     /* 10.0.0.0 */
    {0x64400000, 10, GW_GUARD_SHARED},     /* 100.64.0.0 */
    {0x7f000000, 8, GW_GUARD_LOOPBACK},    /* 127.0.0.0 */
    {0xa9fe0000, 16, GW_GUARD_LINK_LOCAL}, /* 169.254.0.0 */
    {0xac100000, 12, GW_GUARD_PRIVATE},    /* 172.16.0.0 */
    {0xc0000000, 24, GW_GUARD_RESERVED},   /* 192.0.0.0: protocol assignments */
    {0xc0000200, 24, GW_GUARD_RESERVED},   /* 192.0.2.0: documentation */
    {0xc0586300, 24, GW_GUARD_RESERVED},   /* 192.88.99.0: relays to 6to4, given up */
    {0xc0a80000, 16, GW_GUARD_PRIVATE},    /* 192.168.0.0 */
    {0xc6120000, 15, GW_GUARD_RESERVED},   /* 198.18.0.0: benchmarks */
    {0xc6336400, 24, GW_GUARD_RESERVED},   /* 198.51.100.0: documentation */
    {0xcb007100, 24, GW_GUARD_RESERVED},   /* 203.0.113.0: documentation */
    {0xe0000000, 4, GW_GUARD_MULTICAST},   /* 224.0.0.0 */
    {0xffffffff, 32, GW_GUARD_BROADCAST},  /* before the next, which holds it */
    {0xf0000000, 4, GW_GUARD_RESERVED},    /* 240.0.0.0: the future */
};

static const struct range6 {
    struct block block;
    enum gw_guard_class class;
} RANGES6[] = {
    {{{0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}, 128}, GW_GUARD_METADATA},
    {{{0}, 128}, GW_GUARD_UNSPECIFIED},
    {{{[15] = 1}, 128}, GW_GUARD_LOOPBACK},
    {{{0xfc}, 7}, GW_GUARD_PRIVATE}, /* unique local */
    {{{0xfe, 0x80}, 10}, GW_GUARD_LINK_LOCAL},
    {{{0xfe, 0xc0}, 10}, GW_GUARD_PRIVATE}, /* site local, given up but routed by some */
    {{{0xff}, 8}, GW_GUARD_MULTICAST},
    {{{0x20, 0x01}, 23}, GW_GUARD_RESERVED}, /* protocol assignments, Teredo among them */
    {{{0x20, 0x01, 0x0d, 0xb8}, 32}, GW_GUARD_RESERVED}, /* documentation */
    {{{0x3f, 0xff}, 20}, GW_GUARD_RESERVED},             /* documentation */
    {{{0x20}, 3}, GW_GUARD_PUBLIC},
};

/* Where an IPv4 address stands inside. */
static const struct carrier {
    struct block block;
    size_t offset;
} CARRIERS[] = {
    {{{[10] = 0xff, [11] = 0xff}, MAPPED_BITS}, 12}, /* mapped */
    {{{0x20, 0x02}, 16}, 2},                         /* 6to4 */
    {{{0, 0x64, 0xff, 0x9b}, 96}, 12},               /* NAT64 */
    {{{[8] = 0xff, [9] = 0xff}, 96}, 12},            /* translated (SIIT) */
    {{{0}, 96}, 12},                                 /* compatible; not :: and ::1 */
};

static bool is_in(const unsigned char *bytes, const struct block *block)
{
    size_t whole = block->bits / 8;
    unsigned rest = block->bits % 8;

    return memcmp(bytes, block->bytes, whole) == 0 &&
           (rest == 0 || ((bytes[whole] ^ block->bytes[whole]) >> (8 - rest)) == 0);
}

static enum gw_guard_class classify4(const unsigned char *bytes)
{
    uint32_t address = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
                       (uint32_t)bytes[2] << 8 | bytes[3];

    for (size_t i = 0; i < GW_COUNT(RANGES4); i++) {
        if ((address ^ RANGES4[i].first) >> (32 - RANGES4[i].bits) == 0) {
            return RANGES4[i].class;
        }
    }
    return GW_GUARD_PUBLIC;
}

static enum gw_guard_class classify16(const unsigned char *bytes)
{
    static const struct carrier *const END = CARRIERS + GW_COUNT(CARRIERS);
    const struct carrier *last = END - 1;

    for (const struct carrier *carrier = CARRIERS; carrier < last; carrier++) {
        if (is_in(bytes, &carrier->block)) {
            return classify4(bytes + carrier->offset);
        }
    }
    for (size_t i = 0; i < GW_COUNT(RANGES6); i++) {
        if (is_in(bytes, &RANGES6[i].block)) {
            return RANGES6[i].class;
        }
    }
    return is_in(bytes, &last->block) ? classify4(bytes + last->offset) : GW_GUARD_RESERVED;
}

/* False for a unix socket and for what is no address at all. */
static bool to_bytes(const struct sockaddr_storage *address, unsigned char bytes[ADDRESS_SIZE])
{
    if (address->ss_family == AF_INET) {
        memcpy(bytes, CARRIERS[0].block.bytes, ADDRESS_SIZE);
        memcpy(bytes + 12, &((const struct sockaddr_in *)address)->sin_addr, 4);
        return true;
    }
    if (address->ss_family == AF_INET6) {
        memcpy(bytes, &((const struct sockaddr_in6 *)address)->sin6_addr, ADDRESS_SIZE);
        return true;
    }
    return false;
}

enum gw_guard_class gw_guard_classify(const struct sockaddr_storage *address)
{
    unsigned char bytes[ADDRESS_SIZE];

    if (to_bytes(address, bytes)) {
        return classify16(bytes);
    }
    return address->ss_family == AF_UNIX ? GW_GUARD_UNIX : GW_GUARD_RESERVED;
}

/* ---- Rules ------------------------------------------------------------------------------ */

static bool parse_address(const char *text, struct block *block, unsigned *ret_width)
{
    memcpy(block->bytes, CARRIERS[0].block.bytes, ADDRESS_SIZE);
    if (inet_pton(AF_INET, text, block->bytes + 12) == 1) {
        *ret_width = 32;
        return true;
    }
    *ret_width = 128;
    return inet_pton(AF_INET6, text, block->bytes) == 1;
}

static enum gw_err parse_rule(const char *text, struct rule *rule)
{
    struct block *block = &rule->block;
    char address[INET6_ADDRSTRLEN];
    struct gw_text before = gw_text_of(text), bits = GW_TEXT_NONE;
    bool has_bits = gw_text_cut(gw_text_of(text), '/', &before, &bits);
    unsigned width;
    uint64_t count;

    if (before.len >= sizeof(address)) {
        return GW_E_INVALID;
    }
    snprintf(address, sizeof(address), "%.*s", GW_TEXT_ARG(before));
    if (!parse_address(address, block, &width)) {
        return GW_E_INVALID;
    }
    count = width;
    if (has_bits) {
        GW_TRY(gw_text_to_u64(bits, &count));
    }
    if (count > width) {
        return GW_E_INVALID;
    }
    block->bits = (unsigned)count + (width == 32 ? MAPPED_BITS : 0);
    rule->is_four = block->bits >= MAPPED_BITS && is_in(block->bytes, &CARRIERS[0].block);
    return GW_OK;
}

static enum gw_err add(struct gw_guard *guard, const char *text, struct gw_fault *fault)
{
    static const enum gw_guard_class WORDS[] = {GW_GUARD_LOOPBACK, GW_GUARD_PRIVATE, GW_GUARD_UNIX};

    for (size_t i = 0; i < GW_COUNT(WORDS); i++) {
        if (strcmp(text, NAMES[WORDS[i]]) == 0) {
            guard->allows_class[WORDS[i]] = true;
            return GW_OK;
        }
    }
    if (parse_rule(text, &guard->rules[guard->count]) != GW_OK) {
        return gw_fail(fault, GW_E_INVALID,
                       "\"%.80s\" is not an address, a CIDR, or one of loopback, private, unix",
                       text);
    }
    guard->count++;
    return GW_OK;
}

enum gw_err gw_guard_new(const char *const *allowed, size_t count, struct gw_guard **ret_guard,
                         struct gw_fault *fault)
{
    struct gw_guard *guard = gw_must_alloc(sizeof(*guard) + count * sizeof(struct rule));

    guard->allows_class[GW_GUARD_PUBLIC] = true;
    for (size_t i = 0; i < count; i++) {
        enum gw_err err = add(guard, allowed[i], fault);

        if (err != GW_OK) {
            gw_guard_free(guard);
            return err;
        }
    }
    *ret_guard = guard;
    return GW_OK;
}

void gw_guard_free(struct gw_guard *guard)
{
    gw_free(guard);
}

bool gw_guard_allows(const struct gw_guard *guard, const struct sockaddr_storage *address)
{
    unsigned char bytes[ADDRESS_SIZE];
    bool is_four;

    if (guard->allows_class[gw_guard_classify(address)]) {
        return true;
    }
    if (!to_bytes(address, bytes)) {
        return false;
    }
    is_four = is_in(bytes, &CARRIERS[0].block);
    for (size_t i = 0; i < guard->count; i++) {
        /* "::/0" is all of IPv6, and nothing of IPv4. */
        if (is_in(bytes, &guard->rules[i].block) && is_four == guard->rules[i].is_four) {
            return true;
        }
    }
    return false;
}
