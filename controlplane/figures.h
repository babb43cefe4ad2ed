/* SPDX-License-Identifier: MIT */
/*
 * figures - what the control plane counts.
 */
#ifndef CONTROLPLANE_FIGURES_H
#define CONTROLPLANE_FIGURES_H

#include "lib/report/counter.h"

enum {
    FIGURE_VERSION,
    FIGURE_DATAPLANES,
    FIGURE_PUBLISHED,
    FIGURE_PUBLISH_TIME,
    FIGURE_PUBLISH_FAILURES,
    FIGURE_UPDATES_SENT,
    FIGURE_UPDATE_BYTES,
    FIGURE_UPDATES_REFUSED,
    FIGURE_CALLS,
    FIGURE_CALL_TIME,
    FIGURES,
};

enum { FIGURE_FULL, FIGURE_DIFFERENCE };

extern const struct gw_metric FIGURE_TABLE[FIGURES];

#endif
