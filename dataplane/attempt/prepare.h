/* SPDX-License-Identifier: MIT */
/*
 * prepare - a client's request as one provider wants it: address, headers, secret.
 *
 * Starts from the client's own bytes every time, so that nothing made for one provider reaches
 * another. The body is not touched. Any thread.
 */
#ifndef DATAPLANE_ATTEMPT_PREPARE_H
#define DATAPLANE_ATTEMPT_PREPARE_H

#include "dataplane/front/ask.h"
#include "dataplane/snapshot/snapshot.h"
#include "lib/net/http_client.h"

#define PREPARED_HEADERS_MAX 128

struct prepared {
    struct gw_http_origin origin;
    struct gw_text target;
    struct gw_http_header headers[PREPARED_HEADERS_MAX];
    size_t header_count;
    struct gw_text body;
    bool has_body;
    struct gw_buf room; /* what none of the above could be borrowed from */
};

/*
 * GW_OK, and prepared_fini() is due; texts are borrowed from `ask` and `provider`. Otherwise this
 * provider cannot be asked: its URL or credential is of no use, or the client sent more headers
 * than we pass on (GW_E_TOO_LARGE).
 */
enum gw_err prepare(const struct snapshot_provider *provider, const struct ask *ask,
                    int64_t wall_us, struct prepared *ret_prepared,
                    struct gw_fault *fault) GW_MUST_USE;
void prepared_fini(struct prepared *prepared);

#endif
