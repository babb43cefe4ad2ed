/* SPDX-License-Identifier: MIT */
/*
 * parts - rows on their way into the messages of one update.
 *
 * Messages are closed at about a megabyte, so that neither end needs a buffer for all of it.
 */
#ifndef CONTROLPLANE_COMPILE_PARTS_H
#define CONTROLPLANE_COMPILE_PARTS_H

#include "controlplane/compile/compiled.h"
#include "lib/wire/update.h"

struct parts;

/* `base` with number 0: a full update. */
struct parts *parts_new(const struct gw_version *base, const struct gw_version *version);
void parts_free(struct parts *parts);

/* The message to put the next row into. Asked for each row, since it may be a new one. */
struct gw_update *parts_next(struct parts *parts);

/*
 * Closes the last message. GW_E_TOO_LARGE: a row that no message can hold. In any case `parts` is
 * only to be freed.
 */
enum gw_err parts_finish(struct parts *parts, struct compiled **ret_compiled,
                         struct gw_fault *fault) GW_MUST_USE;

#endif
