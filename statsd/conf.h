/* SPDX-License-Identifier: MIT */
/*
 * conf - every setting of statsd.
 */
#ifndef STATSD_CONF_H
#define STATSD_CONF_H

#include "lib/daemon/daemon.h"

struct statsd_conf {
    const char *listen; /* gRPC */
    struct gw_daemon_conf daemon;
    struct gw_conf_secret service_token;
    const char *tls_ca, *tls_certificate, *tls_key;

    const char *database;
    uint32_t readers;
    int64_t flush_delay_us;
    uint32_t flush_events;
    size_t hold_max;

    const char *controlplane_target;

    const char *desk_listen;
    const char *desk_certificate, *desk_key;
    const char *web_dir;
    uint32_t connections_max;
    const char *base_url;

    struct gw_conf_secret admin_token;
    struct gw_conf_secret csrf_secret;
    int64_t session_ttl_us;
    bool secure_cookies;
    bool forwarded_headers;
    int64_t logs_refresh_us;
};

extern const struct gw_conf_table STATSD_CONF;

/* Rules between settings. */
enum gw_err statsd_conf_check(const void *values, struct gw_buf *problems);

#endif
