/* SPDX-License-Identifier: MIT */
/*
 * The envelopes are supersets of what each vendor's own looks like, so that a client's library
 * finds its fields and a script finds `error.type` and `error.message` in all of them. Where the
 * reference has one shape for everybody, ours differs on purpose.
 */
#include "dataplane/front/refuse.h"

#include <stdio.h>

#include "lib/base/check.h"
#include "lib/json/json_out.h"

struct row {
    int status;
    const char *type;
    const char *message[LANGUAGES]; /* English stands in for what is missing */
};

static const struct row ROWS[REFUSALS] = {
    [REFUSAL_NONE] = {500, "internal_server_error", {[LANGUAGE_EN] = "internal error"}},
    [REFUSAL_UNKNOWN_PATH] = {404,
                              "not_found_error",
                              {[LANGUAGE_EN] = "there is nothing at this path"}},
    [REFUSAL_NO_WEBSOCKET] = {426,
                              "api_error",
                              {[LANGUAGE_EN] =
                                   "WebSocket is not offered here; send the request over HTTP"}},
    [REFUSAL_CODINGS] = {400,
                         "invalid_request_error",
                         {[LANGUAGE_EN] = "the request body has more than one content coding"}},
    [REFUSAL_DAMAGED] = {400,
                         "invalid_request_error",
                         {[LANGUAGE_EN] = "the body is damaged or cut short"}},
    [REFUSAL_TOO_LARGE] = {413,
                           "api_error",
                           {[LANGUAGE_EN] = "the body is too large when decompressed"}},
    [REFUSAL_MALFORMED] = {400,
                           "invalid_request_error",
                           {[LANGUAGE_EN] = "the request body is not a JSON object"}},
    [REFUSAL_AMBIGUOUS] = {400,
                           "invalid_request_error",
                           {[LANGUAGE_EN] = "a field stands twice in the request body"}},
    [REFUSAL_BAD_MODEL] = {400,
                           "invalid_request_error",
                           {[LANGUAGE_EN] = "\"model\" is not the name of a model"}},
    [REFUSAL_NO_MODEL] = {400,
                          "invalid_request_error",
                          {[LANGUAGE_EN] = "the request body names no \"model\"; it is so large "
                                           "that it may have been cut short on its way"}},
    [REFUSAL_LOCKED] = {429,
                        "rate_limit_error",
                        {[LANGUAGE_EN] = "too many failed attempts to authenticate"}},
    [REFUSAL_NO_KEY] = {401, "authentication_error", {[LANGUAGE_EN] = "no API key was given"}},
    [REFUSAL_KEYS_DIFFER] = {401,
                             "authentication_error",
                             {[LANGUAGE_EN] = "different API keys were given in one request"}},
    [REFUSAL_KEY_UNKNOWN] = {401,
                             "invalid_api_key",
                             {[LANGUAGE_ZH_CN] = "API 密钥无效",
                              [LANGUAGE_ZH_TW] = "API 金鑰無效",
                              [LANGUAGE_EN] = "the API key is not valid",
                              [LANGUAGE_RU] = "недействительный ключ API",
                              [LANGUAGE_JA] = "API キーが無効です"}},
    [REFUSAL_KEY_DISABLED] = {401,
                              "key_disabled",
                              {[LANGUAGE_ZH_CN] = "API 密钥已停用",
                               [LANGUAGE_ZH_TW] = "API 金鑰已停用",
                               [LANGUAGE_EN] = "the API key is disabled",
                               [LANGUAGE_RU] = "ключ API отключён",
                               [LANGUAGE_JA] = "API キーは無効化されています"}},
    [REFUSAL_KEY_EXPIRED] = {401,
                             "key_expired",
                             {[LANGUAGE_ZH_CN] = "API 密钥已过期",
                              [LANGUAGE_ZH_TW] = "API 金鑰已過期",
                              [LANGUAGE_EN] = "the API key has expired",
                              [LANGUAGE_RU] = "срок действия ключа API истёк",
                              [LANGUAGE_JA] = "API キーの有効期限が切れています"}},
    [REFUSAL_USER_DISABLED] = {401,
                               "user_disabled",
                               {[LANGUAGE_EN] = "the user of this API key is disabled"}},
    [REFUSAL_USER_EXPIRED] = {401,
                              "user_expired",
                              {[LANGUAGE_EN] = "the user of this API key has expired"}},
    [REFUSAL_NOT_READY] = {503,
                           "service_unavailable_error",
                           {[LANGUAGE_EN] = "this gateway has no configuration yet"}},
    [REFUSAL_NO_PROVIDER] = {503,
                             "no_available_providers",
                             {[LANGUAGE_EN] = "No available providers"}},
    [REFUSAL_UNREACHABLE] = {503,
                             "service_unavailable_error",
                             {[LANGUAGE_EN] = "no provider could be reached"}},
    [REFUSAL_TIMEOUT] = {503,
                         "service_unavailable_error",
                         {[LANGUAGE_EN] = "the provider did not answer in time"}},
    [REFUSAL_FULL] = {503,
                      "service_unavailable_error",
                      {[LANGUAGE_EN] = "usage cannot be recorded at the moment"}},
};

int refuse_status(enum refusal refusal)
{
    return ROWS[refusal].status;
}

const char *refuse_type(enum refusal refusal)
{
    return ROWS[refusal].type;
}

static const char *message_of(const struct row *row, const struct refuse_with *with,
                              char room[static 512])
{
    const char *message = row->message[with->language];

    message = message == NULL ? row->message[LANGUAGE_EN] : message;
    if (with->detail == NULL) {
        return message;
    }
    snprintf(room, 512, "%s (%s)", message, with->detail);
    return room;
}

/* `code` is the type again, except for the type that says nothing. */
static void put_code(const struct row *row, struct gw_json_out *out)
{
    char code[32];

    if (strcmp(row->type, "api_error") != 0) {
        gw_json_put_str(out, "code", row->type);
        return;
    }
    snprintf(code, sizeof(code), "http_%d", row->status);
    gw_json_put_str(out, "code", code);
}

static const char *google_status(int status)
{
    switch (status) {
    case 400:
        return "INVALID_ARGUMENT";
    case 401:
        return "UNAUTHENTICATED";
    case 403:
        return "PERMISSION_DENIED";
    case 404:
        return "NOT_FOUND";
    case 429:
        return "RESOURCE_EXHAUSTED";
    case 503:
        return "UNAVAILABLE";
    case 504:
        return "DEADLINE_EXCEEDED";
    default:
        return status < 500 ? "FAILED_PRECONDITION" : "INTERNAL";
    }
}

static void write_google(const struct row *row, const char *message, struct gw_json_out *out)
{
    gw_json_put_int(out, "code", row->status);
    gw_json_put_str(out, "message", message);
    gw_json_put_str(out, "status", google_status(row->status));
    gw_json_put_str(out, "type", row->type);
    gw_json_key(out, "details");
    gw_json_open_array(out);
    gw_json_open_object(out);
    gw_json_put_str(out, "@type", "type.googleapis.com/google.rpc.ErrorInfo");
    gw_json_put_str(out, "reason", row->type);
    gw_json_put_str(out, "domain", "millrace");
    gw_json_close_object(out);
    gw_json_close_array(out);
}

void refuse_write(enum refusal refusal, const struct refuse_with *with, struct gw_buf *out)
{
    const struct row *row = &ROWS[refusal];
    struct gw_json_out json;
    char room[512];
    const char *message = message_of(row, with, room);

    gw_json_out_init(&json, out);
    gw_json_open_object(&json);
    if (with->shape == REFUSE_ANTHROPIC) {
        gw_json_put_str(&json, "type", "error");
    }
    gw_json_key(&json, "error");
    gw_json_open_object(&json);
    if (with->shape == REFUSE_GOOGLE) {
        write_google(row, message, &json);
    } else {
        gw_json_put_str(&json, "message", message);
        gw_json_put_str(&json, "type", row->type);
        if (with->shape == REFUSE_OPENAI) {
            gw_json_put_null(&json, "param");
        }
        put_code(row, &json);
    }
    gw_json_close_object(&json);
    gw_json_put_str(&json, "request_id", with->request_id);
    gw_json_close_object(&json);
    /* A few lines at most, whatever the detail: a buffer without room for them is our bug. */
    GW_CHECK(gw_json_out_end(&json) == GW_OK);
}
