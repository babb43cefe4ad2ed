/* SPDX-License-Identifier: MIT */
#include "dataplane/attempt/prepare.h"

#include "dataplane/attempt/headers.h"
#include "dataplane/attempt/secret.h"
#include "dataplane/attempt/url.h"
#include "lib/base/check.h"

/* Used where a client of that kind sends none (spec 02 §5.5). */
#define CODEX_AGENT  "codex_cli_rs/0.93.0 (Windows 10.0.26200; x86_64) vscode/1.108.1"
#define GOOGLE_AGENT "millrace"

#define HOST_ROOM 280 /* a host's name, brackets and a port */

/* Of providers whose URL is empty. */
static struct gw_text url_of(const struct gw_config_provider *row)
{
    if (row->url.len > 0) {
        return row->url;
    }
    return row->type == GW_PROVIDER_GEMINI
               ? GW_TEXT("https://generativelanguage.googleapis.com/v1beta")
           : row->type == GW_PROVIDER_GEMINI_CLI
               ? GW_TEXT("https://cloudcode-pa.googleapis.com/v1internal")
               : GW_TEXT_NONE;
}

/* ---- Headers ---------------------------------------------------------------------------- */

static bool add(struct prepared *prepared, struct gw_text name, struct gw_text value)
{
    if (prepared->header_count == PREPARED_HEADERS_MAX) {
        return false;
    }
    prepared->headers[prepared->header_count++] = (struct gw_http_header){name, value};
    return true;
}

static bool add_host(struct prepared *prepared)
{
    const struct gw_http_origin *origin = &prepared->origin;
    bool is_address6 = gw_text_find(origin->host, ':') < origin->host.len;
    size_t from = prepared->room.len;

    if (origin->host.at[0] == '/') {
        return add(prepared, GW_TEXT("host"), GW_TEXT("localhost"));
    }
    gw_buf_append(&prepared->room, is_address6 ? GW_TEXT("[") : GW_TEXT_NONE);
    gw_buf_append(&prepared->room, origin->host);
    gw_buf_append(&prepared->room, is_address6 ? GW_TEXT("]") : GW_TEXT_NONE);
    if (origin->port != (origin->tls ? 443 : 80)) {
        gw_buf_append_byte(&prepared->room, ':');
        gw_buf_append_u64(&prepared->room, origin->port);
    }
    return add(prepared, GW_TEXT("host"),
               (struct gw_text){prepared->room.at + from, prepared->room.len - from});
}

/* What the client sent, less what stays here; a JSON body is called so. */
static bool add_clients(struct prepared *prepared, const struct ask *ask)
{
    struct gw_http_headers from = ask->request.headers;
    struct gw_text hops = headers_hops(from);
    bool has_type = false, is_good = true;

    for (size_t i = 0; i < from.count && is_good; i++) {
        struct gw_text name = from.at[i].name, value = from.at[i].value;

        if (!headers_go_up(name, hops) ||
            (ask->was_coded && gw_text_eq_nocase(name, GW_TEXT("content-encoding")))) {
            continue;
        }
        if (gw_text_eq_nocase(name, GW_TEXT("content-type"))) {
            has_type = true;
            if (ask->is_json && !ask_is_json_type(value)) {
                value = GW_TEXT("application/json");
            }
        }
        is_good = add(prepared, name, value);
    }
    if (!has_type && ask->request.body.len > 0) {
        is_good = is_good && add(prepared, GW_TEXT("content-type"), GW_TEXT("application/json"));
    }
    return is_good;
}

static bool add_agent(struct prepared *prepared, const struct ask *ask, enum gw_provider_type type)
{
    if (gw_http_find(ask->request.headers, GW_TEXT("user-agent")).at != NULL) {
        return true;
    }
    switch (type) {
    case GW_PROVIDER_CODEX:
        return add(prepared, GW_TEXT("user-agent"), GW_TEXT(CODEX_AGENT));
    case GW_PROVIDER_GEMINI:
    case GW_PROVIDER_GEMINI_CLI:
        return add(prepared, GW_TEXT("user-agent"), GW_TEXT(GOOGLE_AGENT));
    case GW_PROVIDER_CLAUDE:
    case GW_PROVIDER_CLAUDE_AUTH:
    case GW_PROVIDER_OPENAI_COMPATIBLE:
        return true;
    }
    return true;
}

static void drop(struct prepared *prepared, struct gw_text name)
{
    size_t kept = 0;

    for (size_t i = 0; i < prepared->header_count; i++) {
        if (!gw_text_eq_nocase(prepared->headers[i].name, name)) {
            prepared->headers[kept++] = prepared->headers[i];
        }
    }
    prepared->header_count = kept;
}

static enum gw_err add_headers(struct prepared *prepared, const struct ask *ask,
                               const struct secret *secret, struct gw_fault *fault)
{
    struct secret_headers shown;
    bool is_good;

    GW_TRY(secret_show(secret, &prepared->room, &shown, fault));
    is_good = add_host(prepared) && add_clients(prepared, ask) &&
              add_agent(prepared, ask, secret->type) &&
              add(prepared, GW_TEXT("accept-encoding"), GW_TEXT("identity"));
    if (secret->type == GW_PROVIDER_GEMINI_CLI) {
        drop(prepared, GW_TEXT("x-goog-api-client"));
    }
    for (size_t i = 0; i < shown.count; i++) {
        is_good = is_good && add(prepared, shown.at[i].name, shown.at[i].value);
    }
    return is_good ? GW_OK : gw_fail(fault, GW_E_TOO_LARGE, "request has too many headers");
}

/* ---- All of it -------------------------------------------------------------------------- */

static bool is_with_body(const struct ask *ask)
{
    static const char *const METHODS[] = {"POST", "PUT", "PATCH"};

    for (size_t i = 0; i < sizeof(METHODS) / sizeof(METHODS[0]); i++) {
        if (gw_text_eq(ask->request.method, gw_text_of(METHODS[i]))) {
            return true;
        }
    }
    return ask->request.body.len > 0;
}

static enum gw_err fill(struct prepared *prepared, const struct snapshot_provider *provider,
                        const struct ask *ask, int64_t wall_us, struct gw_fault *fault)
{
    struct gw_text url = url_of(provider->row), base;
    size_t room = url.len + ask->request.target.len + provider->secret.len + SECRET_ROOM +
                  HOST_ROOM;
    struct secret secret = {
        .type = provider->row->type, .text = provider->secret, .wall_us = wall_us};
    void *unused;

    /* All at once: texts are borrowed from it while it is filled. */
    gw_buf_init(&prepared->room, room);
    GW_TRY(gw_buf_reserve(&prepared->room, room, &unused));
    if (gw_http_origin_parse(url, &prepared->origin, &base) != GW_OK) {
        return gw_fail(fault, GW_E_INVALID, "provider's url is not a url");
    }
    secret.host = prepared->origin.host;
    url_join(base, ask->path, ask->query, &prepared->room);
    prepared->target = gw_buf_text(&prepared->room);
    prepared->body = ask->request.body;
    prepared->has_body = is_with_body(ask);
    GW_TRY(add_headers(prepared, ask, &secret, fault));
    GW_CHECK(prepared->room.err == GW_OK);
    return GW_OK;
}

enum gw_err prepare(const struct snapshot_provider *provider, const struct ask *ask,
                    int64_t wall_us, struct prepared *ret_prepared, struct gw_fault *fault)
{
    enum gw_err err;

    ret_prepared->header_count = 0;
    err = fill(ret_prepared, provider, ask, wall_us, fault);
    if (err != GW_OK) {
        prepared_fini(ret_prepared);
    }
    return err;
}

void prepared_fini(struct prepared *prepared)
{
    gw_buf_fini(&prepared->room);
}
