/* SPDX-License-Identifier: MIT */
/*
 * conf - every setting of the data plane.
 */
#ifndef DATAPLANE_CONF_H
#define DATAPLANE_CONF_H

#include "lib/conf/conf.h"
#include "lib/daemon/daemon.h"

/* Values of access_log, in the order of its words. */
enum conf_access_log {
    CONF_ACCESS_ALL,
    CONF_ACCESS_FAILED,
    CONF_ACCESS_NONE,
};
#define CONF_ACCESS_WORDS "all|failed|none"

/* Values of usage.when_full. */
enum conf_when_full {
    CONF_FULL_SERVE,
    CONF_FULL_REFUSE,
};
#define CONF_FULL_WORDS "serve|refuse"

struct dataplane_conf {
    struct gw_daemon_conf daemon;

    const char *listen;
    uint32_t workers;
    uint32_t connections_max;
    const char *listen_certificate;
    const char *listen_key;
    size_t request_max;
    int64_t request_head_timeout_us;
    int64_t request_idle_timeout_us;
    struct gw_conf_list client_ip_headers;

    const char *node;
    const char *data_dir;
    const char *snapshot_file;
    struct gw_conf_secret keyring;
    struct gw_conf_secret service_token;
    const char *controlplane_target;
    const char *statsd_target;
    const char *tls_ca, *tls_certificate, *tls_key;
    const char *redis_target;
    struct gw_conf_secret redis_password;

    int64_t connect_timeout_us;
    int64_t head_timeout_us;
    int64_t idle_timeout_us;
    int64_t keep_alive_us;
    uint32_t keep_alive_max;
    const char *ca_file;
    struct gw_conf_list outbound_allow;

    int usage_when_full; /* enum conf_when_full */
    int access_log;      /* enum conf_access_log */
};

extern const struct gw_conf_table DATAPLANE_TABLE;

/* Rules between settings; for struct gw_daemon_program. */
enum gw_err dataplane_conf_check(const void *values, struct gw_buf *problems);

#endif
