/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "controlplane/service.h"
#include "controlplane/tools.h"

static enum gw_err start(struct gw_daemon *daemon, void **ret_owner, struct gw_fault *fault)
{
    struct service *service;

    GW_TRY(service_start(daemon, &service, fault));
    *ret_owner = service;
    return GW_OK;
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
    .name = "millrace-controlplane",
    .summary = "owns the configuration and publishes it to the data planes\n"
               "\n"
               "millrace-controlplane keyring [FILE]    makes a key ring\n"
               "millrace-controlplane migrate [options] brings the schema up to date and ends",
    .table = &CONTROLPLANE_CONF,
    .conf_offset = offsetof(struct controlplane_conf, daemon),
    .check = controlplane_conf_check,
    .start = start,
    .drain = drain,
    .stop = stop,
    .metrics = metrics,
};

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "keyring") == 0) {
        return tools_keyring(argc, argv);
    }
    if (argc > 1 && strcmp(argv[1], "migrate") == 0) {
        return tools_migrate(argc, argv);
    }
    return gw_daemon_main(argc, argv, &PROGRAM);
}
