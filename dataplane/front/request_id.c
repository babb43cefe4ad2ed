/* SPDX-License-Identifier: MIT */
/*
 * The client's own name is repeated to it and written into the log, so it must be short and plain.
 * It never takes the place of ours: nobody but us may say which row of the ledger a request is.
 */
#include "dataplane/front/request_id.h"

#include "lib/base/check.h"
#include "lib/codec/digest.h"

#define OF_CLIENT_MAX 128

static bool is_plain(struct gw_text text)
{
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.at[i];

        if (!((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') && !(byte >= '0' && byte <= '9') &&
            memchr("-_.:", byte, 4) == NULL) {
            return false;
        }
    }
    return text.len > 0 && text.len <= OF_CLIENT_MAX;
}

void request_id_make(struct gw_http_headers headers, int64_t wall_us, struct request_id *ret_id)
{
    struct gw_text given = gw_http_find(headers, GW_TEXT("x-request-id"));

    gw_random_uuid7_bytes(wall_us, ret_id->bytes);
    gw_uuid_text(ret_id->bytes, ret_id->text);
    ret_id->of_client = is_plain(given) ? given : GW_TEXT_NONE;
}
