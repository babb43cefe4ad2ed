/* SPDX-License-Identifier: MIT */
/*
 * Requests and replies pass through whole, so texts are lent to the packer where they stand: all
 * that protobuf-c needs of them is a zero byte at the end, which the scratch arena gives.
 */
#include "lib/wire/admin.h"

#include <inttypes.h>

#include "admin.pb-c.h"
#include "lib/wire/border.h"

#define METHOD_MAX 16
#define TARGET_MAX 8192
#define FIELD_MAX  8192 /* any other text of a head */

static bool is_token(const char *text, size_t max)
{
    static const char ALSO[] = "!#$%&'*+-.^_`|~";
    size_t len = strlen(text);

    if (len == 0 || len > max) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        char byte = text[i];

        if (!(byte >= 'a' && byte <= 'z') && !(byte >= 'A' && byte <= 'Z') &&
            !(byte >= '0' && byte <= '9') && strchr(ALSO, byte) == NULL) {
            return false;
        }
    }
    return true;
}

/* One line of printable bytes. */
static bool is_field(const char *text, size_t max)
{
    size_t len = strlen(text);

    if (len > max) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

/* ---- Requests --------------------------------------------------------------------------- */

static char *lent(struct gw_arena *arena, struct gw_text text)
{
    return (char *)gw_arena_text(arena, text).at;
}

static void fill_principal(const struct gw_admin_request *request, struct gw_arena *arena,
                           Millrace__Admin__V1__Principal *message)
{
    message->role = (Millrace__Admin__V1__Role)request->role;
    message->user_id = request->user_id;
    message->key_id = request->key_id;
    message->name = lent(arena, request->name);
    message->client_ip = lent(arena, request->client_ip);
    message->user_agent = lent(arena, request->user_agent);
}

enum gw_err gw_admin_request_pack(const struct gw_admin_request *request, struct gw_buf *out)
{
    Millrace__Admin__V1__Request message = MILLRACE__ADMIN__V1__REQUEST__INIT;
    Millrace__Admin__V1__Principal principal = MILLRACE__ADMIN__V1__PRINCIPAL__INIT;
    struct gw_arena arena;
    enum gw_err err;

    gw_arena_init(&arena, SIZE_MAX / 2);
    message.method = lent(&arena, request->method);
    message.path = lent(&arena, request->path);
    message.query = lent(&arena, request->query);
    message.body.data = (uint8_t *)request->body.at;
    message.body.len = request->body.len;
    message.content_type = lent(&arena, request->content_type);
    message.if_match = lent(&arena, request->if_match);
    message.idempotency_key = lent(&arena, request->idempotency_key);
    message.request_id = lent(&arena, request->request_id);
    message.shows_internal = request->shows_internal;
    fill_principal(request, &arena, &principal);
    message.principal = &principal;
    err = gw_border_pack(&message.base, out);
    gw_arena_fini(&arena);
    return err;
}

static enum gw_err check_request(const Millrace__Admin__V1__Request *message,
                                 struct gw_fault *fault)
{
    const Millrace__Admin__V1__Principal *principal = message->principal;

    if (!is_token(message->method, METHOD_MAX)) {
        return gw_fail(fault, GW_E_INVALID, "request: method is no token");
    }
    if (message->path[0] != '/' || !is_field(message->path, TARGET_MAX)) {
        return gw_fail(fault, GW_E_INVALID, "request: path is not one");
    }
    if (!is_field(message->query, TARGET_MAX) || !is_field(message->content_type, FIELD_MAX) ||
        !is_field(message->if_match, FIELD_MAX) || !is_field(message->idempotency_key, FIELD_MAX) ||
        !is_field(message->request_id, FIELD_MAX)) {
        return gw_fail(fault, GW_E_INVALID, "request: field is too long or not one line");
    }
    if (principal == NULL || principal->role < MILLRACE__ADMIN__V1__ROLE__PUBLIC ||
        principal->role > MILLRACE__ADMIN__V1__ROLE__ADMIN) {
        return gw_fail(fault, GW_E_INVALID, "request: principal is missing or has no role");
    }
    if (principal->user_id < -1 || principal->key_id < 0) {
        return gw_fail(fault, GW_E_INVALID, "request: principal has an id that cannot be");
    }
    if (!is_field(principal->name, FIELD_MAX) || !is_field(principal->client_ip, FIELD_MAX) ||
        !is_field(principal->user_agent, FIELD_MAX)) {
        return gw_fail(fault, GW_E_INVALID, "request: principal is too long or not one line");
    }
    return GW_OK;
}

enum gw_err gw_admin_request_unpack(struct gw_text bytes, struct gw_arena *arena,
                                    struct gw_admin_request *ret_request, struct gw_fault *fault)
{
    Millrace__Admin__V1__Request *message = gw_border_unpack(
        &millrace__admin__v1__request__descriptor, bytes, arena);

    if (message == NULL) {
        return gw_fail(fault, GW_E_CORRUPT, "request: %zu bytes that cannot be unpacked",
                       bytes.len);
    }
    GW_TRY(check_request(message, fault));
    *ret_request = (struct gw_admin_request){
        .method = gw_border_text(message->method),
        .path = gw_border_text(message->path),
        .query = gw_border_text(message->query),
        .body = {(const char *)message->body.data, message->body.len},
        .content_type = gw_border_text(message->content_type),
        .if_match = gw_border_text(message->if_match),
        .idempotency_key = gw_border_text(message->idempotency_key),
        .request_id = gw_border_text(message->request_id),
        .role = (enum gw_admin_role)message->principal->role,
        .user_id = message->principal->user_id,
        .key_id = message->principal->key_id,
        .name = gw_border_text(message->principal->name),
        .client_ip = gw_border_text(message->principal->client_ip),
        .user_agent = gw_border_text(message->principal->user_agent),
        .shows_internal = message->shows_internal,
    };
    return GW_OK;
}

/* ---- Replies ---------------------------------------------------------------------------- */

enum gw_err gw_admin_reply_pack(const struct gw_admin_reply *reply, struct gw_buf *out)
{
    Millrace__Admin__V1__Reply message = MILLRACE__ADMIN__V1__REPLY__INIT;
    Millrace__Admin__V1__Header headers[GW_ADMIN_HEADERS_MAX], *places[GW_ADMIN_HEADERS_MAX];
    struct gw_arena arena;
    enum gw_err err;

    if (reply->header_count > GW_ADMIN_HEADERS_MAX) {
        return GW_E_TOO_LARGE;
    }
    gw_arena_init(&arena, SIZE_MAX / 2);
    message.status = reply->status;
    message.body.data = (uint8_t *)reply->body.at;
    message.body.len = reply->body.len;
    message.headers = places;
    message.n_headers = reply->header_count;
    for (size_t i = 0; i < reply->header_count; i++) {
        millrace__admin__v1__header__init(&headers[i]);
        headers[i].name = lent(&arena, reply->headers[i].name);
        headers[i].value = lent(&arena, reply->headers[i].value);
        places[i] = &headers[i];
    }
    err = gw_border_pack(&message.base, out);
    gw_arena_fini(&arena);
    return err;
}

static enum gw_err check_reply(const Millrace__Admin__V1__Reply *message, struct gw_fault *fault)
{
    if (message->status < 200 || message->status > 599) {
        return gw_fail(fault, GW_E_INVALID, "reply: status %" PRIu32, message->status);
    }
    if (message->n_headers > GW_ADMIN_HEADERS_MAX) {
        return gw_fail(fault, GW_E_INVALID, "reply: %zu headers", message->n_headers);
    }
    for (size_t i = 0; i < message->n_headers; i++) {
        if (!is_token(message->headers[i]->name, FIELD_MAX) ||
            !is_field(message->headers[i]->value, FIELD_MAX)) {
            return gw_fail(fault, GW_E_INVALID, "reply: header %zu is not one", i);
        }
    }
    return GW_OK;
}

enum gw_err gw_admin_reply_unpack(struct gw_text bytes, struct gw_arena *arena,
                                  struct gw_admin_reply *ret_reply, struct gw_fault *fault)
{
    Millrace__Admin__V1__Reply *message = gw_border_unpack(&millrace__admin__v1__reply__descriptor,
                                                           bytes, arena);

    if (message == NULL) {
        return gw_fail(fault, GW_E_CORRUPT, "reply: %zu bytes that cannot be unpacked", bytes.len);
    }
    GW_TRY(check_reply(message, fault));
    *ret_reply = (struct gw_admin_reply){
        .status = message->status,
        .body = {(const char *)message->body.data, message->body.len},
        .header_count = message->n_headers,
    };
    for (size_t i = 0; i < message->n_headers; i++) {
        ret_reply->headers[i].name = gw_border_text(message->headers[i]->name);
        ret_reply->headers[i].value = gw_border_text(message->headers[i]->value);
    }
    return GW_OK;
}
