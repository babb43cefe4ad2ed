/* SPDX-License-Identifier: MIT */
/*
 * admin - pack, unpack and check messages of admin.v1.
 */
#ifndef LIB_WIRE_ADMIN_H
#define LIB_WIRE_ADMIN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/text.h"

enum gw_admin_role { GW_ADMIN_PUBLIC = 1, GW_ADMIN_READ, GW_ADMIN_ADMIN };

struct gw_admin_request {
    struct gw_text method, path, query, body, content_type, if_match, idempotency_key, request_id;
    enum gw_admin_role role;
    int64_t user_id, key_id;
    struct gw_text name, client_ip, user_agent;
    bool shows_internal; /* an administrator asked for what is hidden */
};

struct gw_admin_header {
    struct gw_text name, value;
};

#define GW_ADMIN_HEADERS_MAX 16
struct gw_admin_reply {
    uint32_t status;
    struct gw_admin_header headers[GW_ADMIN_HEADERS_MAX];
    size_t header_count;
    struct gw_text body;
};

enum gw_err gw_admin_request_pack(const struct gw_admin_request *request,
                                  struct gw_buf *out) GW_MUST_USE;
enum gw_err gw_admin_request_unpack(struct gw_text bytes, struct gw_arena *arena,
                                    struct gw_admin_request *ret_request,
                                    struct gw_fault *fault) GW_MUST_USE;
enum gw_err gw_admin_reply_pack(const struct gw_admin_reply *reply, struct gw_buf *out) GW_MUST_USE;
enum gw_err gw_admin_reply_unpack(struct gw_text bytes, struct gw_arena *arena,
                                  struct gw_admin_reply *ret_reply,
                                  struct gw_fault *fault) GW_MUST_USE;

#endif
