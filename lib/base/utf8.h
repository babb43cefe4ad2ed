/* SPDX-License-Identifier: MIT */
/*
 * utf8 - which bytes are characters (RFC 3629). Any thread.
 */
#ifndef LIB_BASE_UTF8_H
#define LIB_BASE_UTF8_H

#include "lib/base/text.h"

/* How many bytes (1 to 4) the character that `text` begins with has, or 0 if it is none. */
size_t gw_utf8_size(struct gw_text text);

bool gw_utf8_is_valid(struct gw_text text);

/* Characters in valid text. */
size_t gw_utf8_count(struct gw_text text);

#endif
