/* SPDX-License-Identifier: MIT */
/*
 * login - signing in and out, and what the console needs to know about its session.
 *
 * Handlers of /api/v1/auth/..., which answer without waiting for anything. Belongs to the
 * loop's thread.
 */
#ifndef STATSD_LOGIN_LOGIN_H
#define STATSD_LOGIN_LOGIN_H

#include "lib/report/counter.h"
#include "lib/rest/router.h"
#include "statsd/login/caller.h"
#include "statsd/login/limiter.h"

struct login_conf {
    struct gw_text admin_token, csrf_secret; /* read once */
    int64_t session_ttl_us;
    int64_t logs_refresh_us;
    bool secure_cookies;
    enum caller_headers believe;
    struct gw_text base_url;       /* borrowed, as is the next */
    struct gw_text openapi_sha256; /* in hex */
};

struct login {
    struct login_conf conf; /* without the two secrets */
    struct token_signer *signer;
    struct limiter *limiter;
    struct gw_metrics *metrics;
};

/* What call->context points at for these handlers. */
struct login_call {
    struct login *login;
    struct caller caller;
    struct gw_http_headers headers;
    struct gw_text host;
    int64_t now_us; /* wall clock */
};

bool login_has_admin(const struct login_conf *conf); /* an admin token is set */
void login_init(struct login *login, const struct login_conf *conf, struct gw_metrics *metrics);
void login_fini(struct login *login);

extern const struct gw_rest_routes LOGIN_ROUTES;

#endif
