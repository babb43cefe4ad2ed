/* SPDX-License-Identifier: MIT */
#include "statsd/login/login.h"

#include <inttypes.h>

#include "lib/base/check.h"
#include "lib/report/log.h"
#include "lib/rest/input.h"
#include "lib/rest/problem.h"
#include "lib/units/clock.h"
#include "statsd/sink/figures.h"

#define KEY_MAX 4096

/* ---- Life ------------------------------------------------------------------------------- */

bool login_has_admin(const struct login_conf *conf)
{
    return conf->admin_token.len > 0 && !gw_text_eq(conf->admin_token, GW_TEXT("change-me"));
}

void login_init(struct login *login, const struct login_conf *conf, struct gw_metrics *metrics)
{
    *login = (struct login){.conf = *conf, .metrics = metrics};
    login->signer = token_signer_new(conf->admin_token, conf->csrf_secret, conf->session_ttl_us);
    login->limiter = limiter_new();
    login->conf.admin_token = login->conf.csrf_secret = GW_TEXT_NONE;
}

void login_fini(struct login *login)
{
    token_signer_free(login->signer);
    limiter_free(login->limiter);
}

/* ---- Signing in ------------------------------------------------------------------------- */

static void count(const struct login *login, enum figure_sign_in end)
{
    gw_metric_count(login->metrics, FIGURE_SIGN_INS,
                    gw_metric_series(login->metrics, FIGURE_SIGN_INS, end, 0));
}

static void refuse_locked(struct gw_rest_call *call, int64_t wait_seconds)
{
    const char *wait = gw_arena_fmt(call->arena, "%" PRId64, wait_seconds);
    const struct gw_rest_param param = {"retryAfter", gw_text_of(wait)};

    gw_rest_refuse_with(call, 429, "RATE_LIMITED", "too many failed attempts to sign in", &param,
                        1);
    gw_rest_add_header(call, GW_TEXT("Retry-After"), gw_text_of(wait));
}

/* False: refused already, for an origin or an address that may not try at all. */
static bool may_try(struct gw_rest_call *call, const struct login_call *context)
{
    int64_t wait_seconds;

    if (!caller_is_same_origin(context->headers, context->host)) {
        gw_rest_refuse(call, 403, "CSRF_REJECTED", "asked for by a page of another origin");
        return false;
    }
    wait_seconds = limiter_wait_seconds(context->login->limiter, call->principal.client_ip,
                                        context->now_us);
    if (wait_seconds > 0) {
        count(context->login, SIGN_IN_LOCKED);
        gw_log_limited(GW_LOG_WARN, "login_rate_limited",
                       GW_LOG_TEXT("client_ip", call->principal.client_ip));
        refuse_locked(call, wait_seconds);
        return false;
    }
    return true;
}

static void refuse_wrong(struct gw_rest_call *call, const struct login_call *context, int status,
                         const char *code)
{
    limiter_fail(context->login->limiter, call->principal.client_ip, context->now_us);
    count(context->login, SIGN_IN_WRONG);
    gw_log_limited(GW_LOG_WARN, "login_failed", GW_LOG_STR("code", code),
                   GW_LOG_TEXT("client_ip", call->principal.client_ip));
    gw_rest_refuse(call, status, code, status == 400 ? "a key is needed" : "the key is not valid");
}

static void add_cookie(struct gw_rest_call *call, const struct login *login, struct gw_text value,
                       int64_t age_seconds)
{
    const char *cookie = gw_arena_fmt(
        call->arena, "auth-token=%.*s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%" PRId64 "%s",
        GW_TEXT_ARG(value), age_seconds, login->conf.secure_cookies ? "; Secure" : "");

    gw_rest_add_header(call, GW_TEXT("Set-Cookie"), gw_text_of(cookie));
}

static void put_admin(struct gw_json_out *out)
{
    gw_json_key(out, "user");
    gw_json_open_object(out);
    gw_json_put_int(out, "id", -1);
    gw_json_put_str(out, "name", "Admin Token");
    gw_json_put_null(out, "description");
    gw_json_put_str(out, "role", "admin");
    gw_json_close_object(out);
}

static enum gw_err reply_signed_in(struct gw_rest_call *call, const struct login_call *context)
{
    const struct login *login = context->login;
    struct gw_json_out out;

    gw_rest_reply_begin(call, &out);
    gw_json_open_object(&out);
    gw_json_put_bool(&out, "ok", true);
    put_admin(&out);
    gw_json_put_str(&out, "redirectTo", "/dashboard");
    gw_json_put_str(&out, "loginType", "admin");
    gw_json_close_object(&out);
    add_cookie(call, login, token_make_session(login->signer, context->now_us, call->arena),
               login->conf.session_ttl_us / GW_US_PER_SECOND);
    return gw_rest_reply_end(call, &out, 200);
}

static enum gw_err sign_in_with(struct gw_rest_call *call, const struct login_call *context,
                                struct gw_text key)
{
    if (!token_is_admin(context->login->signer, gw_text_trim(key))) {
        refuse_wrong(call, context, 401, "KEY_INVALID");
        return GW_OK;
    }
    limiter_succeed(context->login->limiter, call->principal.client_ip);
    count(context->login, SIGN_IN_OK);
    gw_log(GW_LOG_INFO, "login_succeeded", GW_LOG_STR("login_type", "admin"),
           GW_LOG_TEXT("client_ip", call->principal.client_ip));
    return reply_signed_in(call, context);
}

/* POST /api/v1/auth/login */
static enum gw_err sign_in(struct gw_rest_call *call, struct gw_fault *fault)
{
    const struct login_call *context = call->context;
    struct gw_text key = GW_TEXT_NONE;
    struct gw_rest_input input;
    struct gw_json_in *in;
    enum gw_err err = GW_OK;

    (void)fault;
    if (!may_try(call, context)) {
        return GW_OK;
    }
    gw_rest_input_init(&input, call);
    in = gw_rest_input_body(&input);
    if (in != NULL) {
        if (gw_json_in_text(in, "key", GW_JSON_REQUIRED, 1, KEY_MAX, &key) != GW_JSON_VALUE) {
            refuse_wrong(call, context, 400, "KEY_REQUIRED");
        } else if (gw_rest_input_accept(&input)) {
            err = sign_in_with(call, context, key);
        }
    }
    gw_rest_input_fini(&input);
    return err;
}

/* POST /api/v1/auth/logout */
static enum gw_err sign_out(struct gw_rest_call *call, struct gw_fault *fault)
{
    const struct login_call *context = call->context;
    struct gw_json_out out;

    (void)fault;
    if (!caller_is_same_origin(context->headers, context->host)) {
        gw_rest_refuse(call, 403, "CSRF_REJECTED", "asked for by a page of another origin");
        return GW_OK;
    }
    gw_rest_reply_begin(call, &out);
    gw_json_open_object(&out);
    gw_json_put_bool(&out, "ok", true);
    gw_json_close_object(&out);
    add_cookie(call, context->login, GW_TEXT(""), 0);
    return gw_rest_reply_end(call, &out, 200);
}

/* ---- The session ------------------------------------------------------------------------ */

static struct gw_text make_csrf(struct gw_rest_call *call, const struct login_call *context)
{
    return token_make_csrf(context->login->signer, context->caller.credential,
                           call->principal.user_id, context->now_us, call->arena);
}

/* GET /api/v1/auth/csrf */
static enum gw_err get_csrf(struct gw_rest_call *call, struct gw_fault *fault)
{
    struct gw_json_out out;

    (void)fault;
    gw_rest_reply_begin(call, &out);
    gw_json_open_object(&out);
    gw_json_put_text(&out, "csrfToken", make_csrf(call, call->context));
    gw_json_close_object(&out);
    return gw_rest_reply_end(call, &out, 200);
}

static void put_display(struct gw_json_out *out)
{
    gw_json_key(out, "display");
    gw_json_open_object(out);
    gw_json_put_str(out, "siteTitle", "Millrace");
    gw_json_put_str(out, "currencyDisplay", "USD");
    gw_json_put_str(out, "timeZone", "UTC");
    gw_json_close_object(out);
}

static void put_features(struct gw_json_out *out, const struct login_conf *conf)
{
    gw_json_key(out, "features");
    gw_json_open_object(out);
    gw_json_put_bool(out, "highConcurrencyMode", false);
    gw_json_put_bool(out, "allowGlobalUsageView", false);
    gw_json_put_bool(out, "ipGeoLookup", false);
    gw_json_put_bool(out, "secureCookies", conf->secure_cookies);
    gw_json_put_int(out, "logsRefreshMs", conf->logs_refresh_us / GW_US_PER_MS);
    gw_json_close_object(out);
}

/* GET /api/v1/auth/session */
static enum gw_err get_session(struct gw_rest_call *call, struct gw_fault *fault)
{
    const struct login_call *context = call->context;
    const struct login_conf *conf = &context->login->conf;
    struct gw_json_out out;

    (void)fault;
    gw_rest_reply_begin(call, &out);
    gw_json_open_object(&out);
    gw_json_put_str(&out, "loginType", "admin");
    gw_json_put_str(&out, "role", "admin");
    put_admin(&out);
    gw_json_put_null(&out, "key");
    put_display(&out);
    put_features(&out, conf);
    gw_json_put_str(&out, "version", GW_VERSION);
    gw_json_put_str(&out, "apiVersion", "1.0.0");
    gw_json_put_text(&out, "openapiSha256", conf->openapi_sha256);
    if (context->caller.by_cookie) {
        gw_json_put_text(&out, "csrfToken", make_csrf(call, context));
    } else {
        gw_json_put_null(&out, "csrfToken");
    }
    gw_json_put_text(&out, "baseUrl", conf->base_url);
    gw_json_close_object(&out);
    return gw_rest_reply_end(call, &out, 200);
}

/* The two paths without version are what older clients ask (spec 03 §4). */
static const struct gw_rest_route ROUTES[] = {
    {"POST", "/api/v1/auth/login", GW_REST_PUBLIC, sign_in},
    {"POST", "/api/v1/auth/logout", GW_REST_PUBLIC, sign_out},
    {"POST", "/api/auth/login", GW_REST_PUBLIC, sign_in},
    {"POST", "/api/auth/logout", GW_REST_PUBLIC, sign_out},
    {"GET", "/api/v1/auth/csrf", GW_REST_READ, get_csrf},
    {"GET", "/api/v1/auth/session", GW_REST_READ, get_session},
};

const struct gw_rest_routes LOGIN_ROUTES = {ROUTES, GW_COUNT(ROUTES)};
