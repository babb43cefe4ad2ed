/* SPDX-License-Identifier: MIT */
#include "controlplane/figures.h"

static const char *const KINDS[] = {"full", "difference", NULL};
static const char *const CLASSES[] = {"1xx", "2xx", "3xx", "4xx", "5xx", NULL};

const struct gw_metric FIGURE_TABLE[FIGURES] = {
    [FIGURE_VERSION] = {.name = "millrace_controlplane_configuration_version",
                        .kind = GW_METRIC_GAUGE,
                        .help = "version of the configuration that is published"},
    [FIGURE_DATAPLANES] = {.name = "millrace_controlplane_dataplanes",
                           .kind = GW_METRIC_GAUGE,
                           .help = "data planes connected"},
    [FIGURE_PUBLISHED] = {.name = "millrace_controlplane_published_total",
                          .kind = GW_METRIC_COUNTER,
                          .help = "versions published"},
    [FIGURE_PUBLISH_TIME] = {.name = "millrace_controlplane_publish_seconds",
                             .kind = GW_METRIC_HISTOGRAM,
                             .help = "from noticing a change to handing it to the data planes",
                             .bounds = GW_METRIC_LATENCIES},
    [FIGURE_PUBLISH_FAILURES] = {.name = "millrace_controlplane_publish_failures_total",
                                 .kind = GW_METRIC_COUNTER,
                                 .help = "updates that could not be made; each is tried again"},
    [FIGURE_UPDATES_SENT] = {.name = "millrace_controlplane_updates_sent_total",
                             .kind = GW_METRIC_COUNTER,
                             .help = "updates begun to be sent to a data plane",
                             .labels = {{"kind", KINDS}}},
    [FIGURE_UPDATE_BYTES] = {.name = "millrace_controlplane_update_bytes_total",
                             .kind = GW_METRIC_COUNTER,
                             .help = "bytes of those updates"},
    [FIGURE_UPDATES_REFUSED] = {.name = "millrace_controlplane_updates_refused_total",
                                .kind = GW_METRIC_COUNTER,
                                .help = "updates a data plane did not take"},
    [FIGURE_CALLS] = {.name = "millrace_controlplane_calls_total",
                      .kind = GW_METRIC_COUNTER,
                      .help = "calls of the REST API answered, by class of status",
                      .labels = {{"class", CLASSES}}},
    [FIGURE_CALL_TIME] = {.name = "millrace_controlplane_call_seconds",
                          .kind = GW_METRIC_HISTOGRAM,
                          .help = "time to answer such a call",
                          .bounds = GW_METRIC_LATENCIES},
};
