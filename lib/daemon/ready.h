/* SPDX-License-Identifier: MIT */
/*
 * ready - what a daemon needs, and whether it is there.
 *
 * Parts are declared while starting and reported on for ever after. A daemon is ready when every
 * required part is there and it is not on its way out. Any thread.
 */
#ifndef LIB_DAEMON_READY_H
#define LIB_DAEMON_READY_H

#include <stdbool.h>

#include "lib/base/text.h"

#define GW_READY_PARTS_MAX 32

enum gw_ready_need {
    GW_READY_REQUIRED, /* without it /readyz answers 503 */
    GW_READY_OPTIONAL, /* its absence is listed, no more */
};

enum gw_ready_is {
    GW_READY_YES,
    GW_READY_NO,
};

struct gw_ready;

struct gw_ready *gw_ready_new(void);
void gw_ready_free(struct gw_ready *ready);

/* Not there until told otherwise. `part` ("postgresql") is borrowed for good. */
void gw_ready_declare(struct gw_ready *ready, const char *part, enum gw_ready_need need);

/* `text` says why, for an operator; copied, cut at 200 bytes; NULL is fine. True if it changed. */
bool gw_ready_set(struct gw_ready *ready, const char *part, enum gw_ready_is is, const char *text);

/* From now on not ready, whatever the parts say. */
void gw_ready_stop(struct gw_ready *ready);

bool gw_ready_is_ready(const struct gw_ready *ready);

/* Whether it is ready, and the body of /readyz:
 * {"status":"ready","parts":[{"name":"redis","ok":false,"required":false,"reason":"..."}]} */
bool gw_ready_print(const struct gw_ready *ready, struct gw_buf *out);

#endif
