/* SPDX-License-Identifier: MIT */
/*
 * request_id - what a request is called: our name, and the one its client gave it.
 */
#ifndef DATAPLANE_FRONT_REQUEST_ID_H
#define DATAPLANE_FRONT_REQUEST_ID_H

#include "lib/codec/random.h"
#include "lib/net/http.h"
#include "lib/wire/usage.h"

struct request_id {
    uint8_t bytes[GW_REQUEST_ID_SIZE]; /* UUIDv7; in the ledger */
    char text[GW_UUID_TEXT_SIZE];
    struct gw_text of_client; /* its x-request-id, borrowed; empty: none, or none that we repeat */
};

void request_id_make(struct gw_http_headers headers, int64_t wall_us, struct request_id *ret_id);

#endif
