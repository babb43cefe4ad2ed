/* SPDX-License-Identifier: MIT */
/*
 * inside - what the files of this room share. Not for others.
 */
#ifndef LIB_REPORT_INSIDE_H
#define LIB_REPORT_INSIDE_H

#include "lib/report/counter.h"

/* The two lines before a family's samples. A counter's `name` ends in "_total". */
void gw_metrics_print_head(const char *name, const char *kind, const char *help,
                           enum gw_metrics_format format, struct gw_buf *out);

#endif
