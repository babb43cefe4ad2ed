/* SPDX-License-Identifier: MIT */
/*
 * update - pack, unpack and check messages of snapshot.v1.
 *
 * The border between generated types and ours: nothing that leaves here needs checking again
 * (ids are real, digests have their length, weights and types are in range).
 */
#ifndef LIB_WIRE_UPDATE_H
#define LIB_WIRE_UPDATE_H

#include "lib/wire/config.h"
#include "lib/wire/version.h"

struct gw_update; /* one part of an update: the unpacked message, or one being filled */

/* ---- Making one ------------------------------------------------------------------------- */

struct gw_update *gw_update_new(const struct gw_version *base, const struct gw_version *version);
void gw_update_free(struct gw_update *update);
/* Each copies what it is given. */
void gw_update_set_settings(struct gw_update *update, const struct gw_config_settings *settings);
void gw_update_put_user(struct gw_update *update, const struct gw_config_user *user);
void gw_update_put_key(struct gw_update *update, const struct gw_config_key *key);
void gw_update_put_provider(struct gw_update *update, const struct gw_config_provider *provider);
void gw_update_remove_user(struct gw_update *update, uint64_t id);
void gw_update_remove_key(struct gw_update *update, uint64_t id);
void gw_update_remove_provider(struct gw_update *update, uint64_t id);
size_t gw_update_size(const struct gw_update *update); /* bytes it would pack to, about */
void gw_update_set_last(struct gw_update *update, bool is_last);

enum gw_err gw_update_pack(const struct gw_update *update, struct gw_buf *out) GW_MUST_USE;

/* ---- Reading one ------------------------------------------------------------------------ */

/* GW_E_CORRUPT or GW_E_INVALID with what is wrong; `bytes` are not needed afterwards. */
enum gw_err gw_update_unpack(struct gw_text bytes, struct gw_update **ret_update,
                             struct gw_fault *fault) GW_MUST_USE;

/* What an update that was refused says about itself; false if not even that can be read. */
bool gw_update_peek(struct gw_text bytes, struct gw_version *ret_version, bool *ret_is_last);

struct gw_version gw_update_base(const struct gw_update *update);
struct gw_version gw_update_version(const struct gw_update *update);
bool gw_update_is_last(const struct gw_update *update);
bool gw_update_settings(const struct gw_update *update, struct gw_config_settings *ret_settings);

size_t gw_update_users(const struct gw_update *update);
size_t gw_update_keys(const struct gw_update *update);
size_t gw_update_providers(const struct gw_update *update);
void gw_update_user(const struct gw_update *update, size_t i, struct gw_config_user *ret_user);
void gw_update_key(const struct gw_update *update, size_t i, struct gw_config_key *ret_key);
void gw_update_provider(const struct gw_update *update, size_t i,
                        struct gw_config_provider *ret_provider);
size_t gw_update_removed_users(const struct gw_update *update, const uint64_t **ret_ids);
size_t gw_update_removed_keys(const struct gw_update *update, const uint64_t **ret_ids);
size_t gw_update_removed_providers(const struct gw_update *update, const uint64_t **ret_ids);

/* ---- Reports, the way back -------------------------------------------------------------- */

struct gw_report {
    bool has_hello;
    struct gw_text node, instance, build; /* borrowed */
    int64_t started_us;
    struct gw_version running;
    struct gw_version refused;
    struct gw_text refusal;
    bool draining;
    uint64_t open_requests;
};

enum gw_err gw_report_pack(const struct gw_report *report, struct gw_buf *out) GW_MUST_USE;
/* Texts of *ret_report are copied into `store`. */
enum gw_err gw_report_unpack(struct gw_text bytes, struct gw_buf *store,
                             struct gw_report *ret_report, struct gw_fault *fault) GW_MUST_USE;

#endif
