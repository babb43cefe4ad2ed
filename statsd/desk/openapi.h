/* SPDX-License-Identifier: MIT */
/*
 * openapi - proto/admin.openapi.json, compiled in.
 */
#ifndef STATSD_DESK_OPENAPI_H
#define STATSD_DESK_OPENAPI_H

#include "lib/base/text.h"

struct gw_text openapi_document(void);
/* SHA-256 of it in hex: the console compares it with the one it was built from. */
const char *openapi_sha256(void);

#endif
