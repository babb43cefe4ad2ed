/* SPDX-License-Identifier: MIT */
/*
 * inside - what a snapshot is made of. For this room only.
 */
#ifndef DATAPLANE_SNAPSHOT_INSIDE_H
#define DATAPLANE_SNAPSHOT_INSIDE_H

#include "dataplane/snapshot/table.h"

#define PROVIDER_TYPES (GW_PROVIDER_GEMINI_CLI + 1)

/* Enabled providers by type; shared by snapshots between which no provider changed. */
struct provider_lists {
    atomic_uint refs;
    size_t unopened; /* enabled ones whose credential could not be opened */
    struct snapshot_providers of[PROVIDER_TYPES];
    struct snapshot_provider at[];
};

struct snapshot {
    atomic_uint refs;
    struct gw_version version;
    struct gw_config_settings settings;
    char *settings_texts;
    struct table users, keys, digests, providers;
    struct provider_lists *lists;
};

#endif
