/* SPDX-License-Identifier: MIT */
#include "lib/daemon/daemon.h"
#include "statsd/service.h"

static enum gw_err start(struct gw_daemon *daemon, void **ret_owner, struct gw_fault *fault)
{
    struct service *service;

    GW_TRY(service_start(daemon, &service, fault));
    *ret_owner = service;
    return GW_OK;
}

static void reload(struct gw_daemon *daemon, void *owner)
{
    service_reload(owner, gw_daemon_values(daemon));
}

static void drain(struct gw_daemon *daemon, void *owner)
{
    (void)daemon;
    service_drain(owner);
}

static void stop(struct gw_daemon *daemon, void *owner)
{
    (void)daemon;
    service_stop(owner);
}

static void metrics(struct gw_daemon *daemon, void *owner, enum gw_metrics_format format,
                    struct gw_buf *out)
{
    (void)daemon;
    if (owner != NULL) {
        service_metrics(owner, format, out);
    }
}

static const struct gw_daemon_program PROGRAM = {
    .name = "millrace-statsd",
    .summary = "keeps the ledger, answers reports, serves the REST API and the console",
    .table = &STATSD_CONF,
    .conf_offset = offsetof(struct statsd_conf, daemon),
    .check = statsd_conf_check,
    .start = start,
    .reload = reload,
    .drain = drain,
    .stop = stop,
    .metrics = metrics,
};

int main(int argc, char **argv)
{
    return gw_daemon_main(argc, argv, &PROGRAM);
}
