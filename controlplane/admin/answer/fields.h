/* SPDX-License-Identifier: MIT */
/*
 * fields - kinds of fields that several subjects have.
 *
 * Each tells what is wrong to the problems and returns what the field turned out to be, as
 * lib/json/json_in.h does.
 */
#ifndef CONTROLPLANE_ADMIN_ANSWER_FIELDS_H
#define CONTROLPLANE_ADMIN_ANSWER_FIELDS_H

#include "lib/json/json_in.h"

/* Trimmed; 1 to 64 characters. */
enum gw_json_is field_name(struct gw_json_in *in, enum gw_json_may may, struct gw_text *ret_name);

/* Dollars with at most two decimals, as decimal text in the arena of the problems. */
enum gw_json_is field_usd(struct gw_json_in *in, const char *key, int64_t most,
                          struct gw_text *ret_usd);

/* Comma separated groups; null reads as "", which stands for the default. */
enum gw_json_is field_groups(struct gw_json_in *in, const char *key, size_t most,
                             struct gw_text *ret_groups);

/*
 * When something ends: 0 for null, which is never. For what is being made it lies ahead; what
 * exists may be ended by a time that is past. Never more than ten years ahead.
 */
enum field_expiry { FIELD_EXPIRY_AHEAD, FIELD_EXPIRY_ANY };
enum gw_json_is field_expires_at(struct gw_json_in *in, enum field_expiry which, int64_t now_us,
                                 int64_t *ret_wall_us);

size_t field_characters(struct gw_text text);

#endif
