/* SPDX-License-Identifier: MIT */
/* What site.c and load.c share. */
#ifndef STATSD_SITE_INSIDE_H
#define STATSD_SITE_INSIDE_H

#include "lib/base/text.h"
#include "statsd/site/site.h"

enum site_form { SITE_PLAIN, SITE_BROTLI, SITE_GZIP, SITE_FORMS };

struct site_file {
    char *path;                       /* "/assets/x.js" */
    struct gw_text forms[SITE_FORMS]; /* at == NULL: there is none */
    char tag[17];                     /* of the plain form, hex */
};

struct site {
    struct site_file *files; /* by path, ascending */
    size_t count;
    const struct site_file *index;
};

const struct site_file *site_find(const struct site *site, struct gw_text path); /* or NULL */

#endif
