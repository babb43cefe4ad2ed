/* SPDX-License-Identifier: MIT */
/*
 * language - which language a client wants to read; plain values, any thread.
 */
#ifndef DATAPLANE_FRONT_LANGUAGE_H
#define DATAPLANE_FRONT_LANGUAGE_H

#include "lib/net/http.h"

enum language {
    LANGUAGE_ZH_CN, /* who says nothing gets this (spec 01 §3.6) */
    LANGUAGE_ZH_TW,
    LANGUAGE_EN,
    LANGUAGE_RU,
    LANGUAGE_JA,
};
#define LANGUAGES 5

/* By the cookie NEXT_LOCALE, else by Accept-Language, else LANGUAGE_ZH_CN. */
enum language language_of(struct gw_http_headers headers);

#endif
