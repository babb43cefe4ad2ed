/* SPDX-License-Identifier: MIT */
/*
 * conf - every setting of the control plane.
 */
#ifndef CONTROLPLANE_CONF_H
#define CONTROLPLANE_CONF_H

#include "lib/conf/conf.h"
#include "lib/daemon/daemon.h"

struct controlplane_conf {
    struct gw_daemon_conf daemon;
    const char *listen;
    struct gw_conf_secret service_token;
    const char *tls_ca, *tls_certificate, *tls_key;
    struct gw_conf_secret database;
    bool migrate;
    struct gw_conf_secret keyring;
    uint32_t threads;
};

extern const struct gw_conf_table CONTROLPLANE_CONF;

enum gw_err controlplane_conf_check(const void *values, struct gw_buf *problems);

#endif
