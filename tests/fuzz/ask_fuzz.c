/* SPDX-License-Identifier: MIT */
/*
 * What a client sends: the first line is the target, the lines up to an empty one are headers, the
 * rest is the body. Then everything that is read from them, up to what a provider would be sent.
 */
#include <stdint.h>

#include "dataplane/admit/client_ip.h"
#include "dataplane/admit/credential.h"
#include "dataplane/attempt/prepare.h"
#include "dataplane/front/cors.h"
#include "dataplane/front/request_id.h"
#include "lib/base/check.h"
#include "lib/base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEADERS_MAX 16

static struct gw_text next_line(struct gw_text *rest)
{
    struct gw_text line = *rest;

    if (!gw_text_cut(*rest, '\n', &line, rest)) {
        *rest = GW_TEXT_NONE;
    }
    return line;
}

static void read_headers(struct gw_text *rest, struct gw_http_header *headers, size_t *ret_count)
{
    while (*ret_count < HEADERS_MAX) {
        struct gw_text line = next_line(rest);
        struct gw_http_header header;

        if (!gw_text_cut(line, ':', &header.name, &header.value) || header.name.len == 0) {
            return;
        }
        headers[(*ret_count)++] = header;
    }
}

static void prepare_for_all(const struct ask *ask)
{
    static const char *const URLS[] = {"https://h", "http://h/v1", "http://h/x/responses",
                                       "http://h/api/v1beta", "https://my-relay.h/v1/messages"};

    for (int type = GW_PROVIDER_CLAUDE; type <= GW_PROVIDER_GEMINI_CLI; type++) {
        struct gw_config_provider row = {
            .id = 1, .type = (enum gw_provider_type)type, .url = gw_text_of(URLS[type % 5])};
        struct snapshot_provider provider = {&row, GW_TEXT("secret")};
        struct prepared prepared;

        if (prepare(&provider, ask, 1, &prepared, NULL) == GW_OK) {
            GW_CHECK(prepared.target.len > 0 && prepared.target.at[0] == '/');
            prepared_fini(&prepared);
        }
    }
}

static void refuse_in_all(const struct ask *ask, const char *detail)
{
    struct refuse_with with = {.shape = ask_refuse_shape(ask),
                               .language = ask->language,
                               .detail = detail,
                               .request_id = "id"};
    struct gw_buf out;

    gw_buf_init(&out, REFUSE_BODY_MAX);
    for (int refusal = REFUSAL_NONE; refusal < REFUSALS; refusal++) {
        gw_buf_clear(&out);
        refuse_write((enum refusal)refusal, &with, &out);
    }
    gw_buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const CHAIN[] = {"x-real-ip", "x-forwarded-for"};
    static const struct client_ip_rules RULES = {CHAIN, 2};
    struct gw_text rest = {(const char *)data, size}, key;
    struct gw_http_header headers[HEADERS_MAX], own[CORS_HEADERS_MAX];
    struct ask_request request = {.method = GW_TEXT("POST"), .headers = {headers, 0}};
    const char *detail = NULL;
    char ip[CLIENT_IP_SIZE];
    struct request_id id;
    struct gw_arena arena;
    struct ask ask;

    request.target = next_line(&rest);
    read_headers(&rest, headers, &request.headers.count);
    request.body = rest;
    gw_arena_init(&arena, (size_t)1 << 20);
    (void)ask_read(&request, &arena, &ask, &detail);
    GW_CHECK(ask.model.len <= ASK_MODEL_MAX && gw_utf8_is_valid(ask.model));
    (void)credential_find(request.headers, ask.query, &key);
    client_ip_find(&RULES, request.headers, GW_TEXT("192.0.2.1"), ip);
    GW_CHECK(ip[0] != '\0');
    request_id_make(request.headers, 1, &id);
    GW_CHECK(cors_headers(request.headers, own) <= CORS_HEADERS_MAX);
    if (ask.surface.kind == SURFACE_PROXY) {
        prepare_for_all(&ask);
    }
    refuse_in_all(&ask, detail);
    gw_arena_fini(&arena);
    return 0;
}
