/* SPDX-License-Identifier: MIT */
/*
 * show - users and keys as documents.
 */
#ifndef CONTROLPLANE_ADMIN_ACCOUNTS_SHOW_H
#define CONTROLPLANE_ADMIN_ACCOUNTS_SHOW_H

#include "controlplane/store/accounts/keys.h"
#include "controlplane/store/accounts/users.h"
#include "lib/json/json_out.h"

/* `keys` may hold those of others, too; the user's own are picked out. */
void show_user(struct gw_json_out *out, const struct user *user, const struct key_list *keys);
void show_key(struct gw_json_out *out, const struct key *key);

#endif
