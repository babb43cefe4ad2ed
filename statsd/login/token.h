/* SPDX-License-Identifier: MIT */
/*
 * token - signed session tokens of the administrator, and tokens against forged requests.
 *
 * Nothing is stored anywhere: who has the secret can check them. Immutable after it is made;
 * any thread.
 */
#ifndef STATSD_LOGIN_TOKEN_H
#define STATSD_LOGIN_TOKEN_H

#include "lib/base/arena.h"
#include "lib/base/text.h"

struct token_signer;

/*
 * `admin_token` signs; "" and "change-me" mean that there is none, and then nothing is valid.
 * `csrf_secret` "" means the admin token. Both are only read here.
 */
struct token_signer *token_signer_new(struct gw_text admin_token, struct gw_text csrf_secret,
                                      int64_t session_ttl_us);
void token_signer_free(struct token_signer *signer);

/* Whether `text` is the admin token itself. Takes as long whatever it is. */
bool token_is_admin(const struct token_signer *signer, struct gw_text text);

/* A session that begins now (spec 03 §2.2); lives in `arena`. */
struct gw_text token_make_session(const struct token_signer *signer, int64_t now_us,
                                  struct gw_arena *arena);
bool token_is_session(const struct token_signer *signer, struct gw_text text, int64_t now_us);

/* For mutations with a cookie (spec 03 §2.4): bound to the credential and to half an hour. */
struct gw_text token_make_csrf(const struct token_signer *signer, struct gw_text credential,
                               int64_t user_id, int64_t now_us, struct gw_arena *arena);
bool token_is_csrf(const struct token_signer *signer, struct gw_text text,
                   struct gw_text credential, int64_t user_id, int64_t now_us);

#endif
