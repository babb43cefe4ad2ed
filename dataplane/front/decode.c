/* SPDX-License-Identifier: MIT */
#include "dataplane/front/decode.h"

#include "lib/codec/coding.h"

enum refusal decode_body(struct ask *ask, struct gw_arena *arena, struct gw_buf *plain,
                         const char **ret_detail)
{
    enum gw_coding coding;

    if (!ask->is_coded ||
        gw_coding_parse(gw_http_find(ask->request.headers, GW_TEXT("content-encoding")), &coding) !=
            GW_OK ||
        coding == GW_CODING_UNKNOWN) {
        return REFUSAL_NONE;
    }
    switch (gw_decode(coding, ask->request.body, plain)) {
    case GW_OK:
        break;
    case GW_E_TOO_LARGE:
        return REFUSAL_TOO_LARGE;
    default:
        *ret_detail = gw_coding_name(coding);
        return REFUSAL_DAMAGED;
    }
    ask->request.body = gw_buf_text(plain);
    ask->is_coded = false;
    ask->was_coded = true;
    return ask_read_body(ask, arena, ret_detail);
}
