/* SPDX-License-Identifier: MIT */
/*
 * site - the console's files, from memory (spec 04 §29).
 *
 * What is served was read when the site was loaded, so nothing a client asks for can leave the
 * folder. Immutable after loading; any thread.
 */
#ifndef STATSD_SITE_SITE_H
#define STATSD_SITE_SITE_H

#include "lib/base/arena.h"
#include "lib/net/http.h"

struct site;

/*
 * Reads every plain file under `root`: no links, no names that begin with a dot. Blocks. "x.br" and
 * "x.gz" beside "x" are its compressed forms.
 *
 *   GW_E_ABSENT     no such folder
 *   GW_E_INVALID    no index.html in it
 *   GW_E_TOO_LARGE  more files or bytes than a console has
 *   GW_E_IO         the reason in `fault`
 */
enum gw_err site_load(const char *root, struct site **ret_site, struct gw_fault *fault) GW_MUST_USE;
void site_free(struct site *site);
size_t site_count(const struct site *site); /* files */

struct site_ask {
    struct gw_text method, path; /* not decoded, without query */
    struct gw_http_headers headers;
    bool is_secure; /* the console is reached over HTTPS */
};

#define SITE_HEADERS_MAX 12

struct site_reply {
    int status;
    struct gw_http_header headers[SITE_HEADERS_MAX];
    size_t header_count;
    struct gw_text body; /* empty for HEAD; borrowed from the site or in the arena */
};

/* `site` NULL: there is no console here, and the answer says so. */
void site_answer(const struct site *site, const struct site_ask *ask, struct gw_arena *arena,
                 struct site_reply *ret_reply);

#endif
