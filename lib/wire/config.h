/* SPDX-License-Identifier: MIT */
/*
 * config - what a snapshot is made of, on both sides of the wire.
 *
 * Plain structs whose texts are borrowed from whoever made them: from database rows while the
 * control plane packs, from the unpacked message while a data plane copies.
 */
#ifndef LIB_WIRE_CONFIG_H
#define LIB_WIRE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/text.h"

#define GW_GROUPS_MAX      32 /* that one user, key or provider may name; spec 03 §1 */
#define GW_KEY_DIGEST_SIZE 32

enum gw_provider_type {
    GW_PROVIDER_CLAUDE = 1,
    GW_PROVIDER_CLAUDE_AUTH,
    GW_PROVIDER_CODEX,
    GW_PROVIDER_OPENAI_COMPATIBLE,
    GW_PROVIDER_GEMINI,
    GW_PROVIDER_GEMINI_CLI,
};

const char *gw_provider_type_name(enum gw_provider_type type); /* "openai-compatible" */
bool gw_provider_type_parse(struct gw_text name, enum gw_provider_type *ret_type);

/*
 * Last in each struct below: a snapshot, which holds a million of them, allocates only the groups
 * that are there. So read at[0 .. count), and never copy one of its rows as a whole.
 */
struct gw_groups {
    size_t count;
    struct gw_text at[GW_GROUPS_MAX];
};

struct gw_config_user {
    uint64_t id;
    struct gw_text name;
    bool enabled;
    int64_t expires_at_us; /* 0: never */
    struct gw_groups groups;
};

struct gw_config_key {
    uint64_t id;
    uint64_t user_id;
    struct gw_text name;
    uint8_t digest[GW_KEY_DIGEST_SIZE]; /* HMAC-SHA-256 under the installation's digest secret */
    bool enabled;
    int64_t expires_at_us; /* 0: never */
    struct gw_groups groups;
};

struct gw_config_provider {
    uint64_t id;
    struct gw_text name;
    enum gw_provider_type type;
    struct gw_text url;
    struct gw_text sealed_key; /* lib/codec/seal.h, associated data "provider:<id>" */
    bool enabled;
    uint32_t weight;                /* 1..100 */
    int32_t priority;               /* lower is preferred */
    struct gw_text cost_multiplier; /* decimal text */
    int64_t first_byte_timeout_us;  /* streaming; 0: none */
    int64_t stream_idle_timeout_us; /* 0: none */
    int64_t total_timeout_us;       /* not streaming; 0: none */
    struct gw_groups groups;
};

struct gw_config_settings {
    struct gw_text timezone; /* IANA name; empty: UTC */
};

#endif
