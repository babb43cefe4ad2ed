/* SPDX-License-Identifier: MIT */
/*
 * Every setting of the data plane, once: this table is the parser, the range check and the text
 * behind --help-config. In the order an operator meets the subjects.
 */
#include "dataplane/conf.h"

#include "lib/base/check.h"
#include "lib/net/guard.h"

#define AT(kind, field) GW_CONF_AT(kind, struct dataplane_conf, field)

static const struct gw_conf_key KEYS[] = {
    {"listen", AT(text, listen), "0.0.0.0:4180", "1", NULL, GW_CONF_RESTART,
     "address clients connect to, or /path of a unix socket"},
    {"workers", AT(count, workers), "0", "0", "256", GW_CONF_RESTART,
     "event loops, one thread each; 0 means one per core; on a unix socket always one"},
    {"connections_max", AT(count, connections_max), "65536", "1", "1048576", GW_CONF_RESTART,
     "connections from clients, over all workers"},
    {"listen.certificate", AT(text, listen_certificate), "", NULL, NULL, GW_CONF_RESTART,
     "PEM file with the certificate clients are shown and its chain; empty for clear text"},
    {"listen.key", AT(text, listen_key), "", NULL, NULL, GW_CONF_RESTART,
     "PEM file with the key of listen.certificate"},
    {"request.max", AT(size, request_max), "100 MiB", "1 KiB", "1 GiB", GW_CONF_RESTART,
     "largest request body a client may send"},
    {"request.head_timeout", AT(duration, request_head_timeout_us), "60 s", "1 s", "1 h",
     GW_CONF_RESTART, "longest wait for the head of a request, and for the next on a connection"},
    {"request.idle_timeout", AT(duration, request_idle_timeout_us), "60 s", "1 s", "1 h",
     GW_CONF_RESTART, "longest silence inside a request body"},
    {"client_ip.headers", AT(list, client_ip_headers), "x-real-ip, x-forwarded-for", "0", "8",
     GW_CONF_RESTART,
     "headers that name the client's address, in order; empty where no proxy stands in front"},

    {"node", AT(text, node), "", NULL, "128", GW_CONF_RESTART,
     "name of this data plane in reports; empty for the host's name"},
    {"data_dir", AT(text, data_dir), "/var/lib/millrace-dataplane", "1", NULL, GW_CONF_RESTART,
     "folder for the last good configuration and for usage that is not confirmed yet"},
    {"snapshot.file", AT(text, snapshot_file), "", NULL, NULL, GW_CONF_RESTART,
     "configuration written by hand as JSON, instead of a control plane"},
    {"keyring", AT(secret, keyring), "", NULL, NULL, GW_CONF_RESTART,
     "the installation's key ring; millrace-controlplane keyring makes one"},
    {"service_token", AT(secret, service_token), "", NULL, NULL, GW_CONF_RESTART,
     "what the services show each other to be let in"},
    {"controlplane.target", AT(text, controlplane_target), "127.0.0.1:4190", NULL, NULL,
     GW_CONF_RESTART, "where the configuration comes from: host:port, or unix:/path"},
    {"statsd.target", AT(text, statsd_target), "127.0.0.1:4191", NULL, NULL, GW_CONF_RESTART,
     "where usage is told: host:port, or unix:/path; empty for nowhere"},
    {"tls.ca", AT(text, tls_ca), "", NULL, NULL, GW_CONF_RESTART,
     "PEM file with the authorities the other services are verified by; empty for clear text"},
    {"tls.certificate", AT(text, tls_certificate), "", NULL, NULL, GW_CONF_RESTART,
     "PEM file with the certificate they are shown"},
    {"tls.key", AT(text, tls_key), "", NULL, NULL, GW_CONF_RESTART, "PEM file with its key"},
    {"redis.target", AT(text, redis_target), "", NULL, NULL, GW_CONF_RESTART,
     "host:port or /path of the Redis that data planes share; empty for one alone"},
    {"redis.password", AT(secret, redis_password), "", NULL, NULL, GW_CONF_RESTART,
     "what Redis is shown; empty for nothing"},

    {"upstream.connect_timeout", AT(duration, connect_timeout_us), "30 s", "100 ms", "10 min",
     GW_CONF_RESTART, "longest wait for a connection to a provider, TLS included"},
    {"upstream.head_timeout", AT(duration, head_timeout_us), "10 min", "1 s", "2 h",
     GW_CONF_RESTART, "longest wait for a provider's first byte, where its row says nothing"},
    {"upstream.idle_timeout", AT(duration, idle_timeout_us), "10 min", "1 s", "2 h",
     GW_CONF_RESTART, "longest silence inside an answer, where the provider's row says nothing"},
    {"upstream.keep_alive", AT(duration, keep_alive_us), "60 s", "0 s", "1 h", GW_CONF_RESTART,
     "how long an idle connection to a provider is kept"},
    {"upstream.keep_alive_max", AT(count, keep_alive_max), "256", "0", "65536", GW_CONF_RESTART,
     "idle connections kept per provider and worker"},
    {"upstream.ca_file", AT(text, ca_file), "", NULL, NULL, GW_CONF_RESTART,
     "PEM file with the authorities providers are verified by; empty for the system's"},
    {"outbound.allow", AT(list, outbound_allow), "", "0", "64", GW_CONF_RESTART,
     "addresses that are not public and may be called all the same: CIDRs, loopback, private, "
     "unix"},

    {"usage.when_full", AT(choice, usage_when_full), "serve", CONF_FULL_WORDS, NULL,
     GW_CONF_RESTART, "what happens to requests while no more usage can be kept"},
    {"access_log", AT(choice, access_log), "all", CONF_ACCESS_WORDS, NULL, GW_CONF_RESTART,
     "which requests get a line in the log"},

    {"ops.listen", AT(text, daemon.ops_listen), "127.0.0.1:4280", NULL, NULL, GW_CONF_RESTART,
     "address of /healthz, /readyz and /metrics, or /path; empty for none"},
    {"log.level", AT(choice, daemon.log_level), "info", GW_LOG_LEVELS, NULL, GW_CONF_RELOAD,
     "least important line that is written"},
    {"log.format", AT(choice, daemon.log_format), "logfmt", GW_LOG_FORMATS, NULL, GW_CONF_RELOAD,
     "how a line of the log looks"},
    /* Not the head of the table all programs share: streams here may take a quarter of an hour. */
    {"drain_timeout", AT(duration, daemon.drain_timeout_us), "15 min", "0 s", "24 h",
     GW_CONF_RELOAD, "how long open streams may go on after a request to stop"},
    {"core_dumps", AT(flag, daemon.core_dumps), "off", NULL, NULL, GW_CONF_RESTART,
     "let a crash write a core file, which holds secrets"},
};

static const struct gw_conf_alias ALIASES[] = {
    {"MILLRACE_KEYRING", "keyring"},
    {"MILLRACE_SERVICE_TOKEN", "service_token"},
};

const struct gw_conf_table DATAPLANE_TABLE = {
    .program = "dataplane",
    .keys = KEYS,
    .key_count = GW_COUNT(KEYS),
    .values_size = sizeof(struct dataplane_conf),
    .aliases = ALIASES,
    .alias_count = GW_COUNT(ALIASES),
};

static void check_outbound(const struct dataplane_conf *conf, struct gw_buf *problems)
{
    struct gw_fault fault = {""};
    struct gw_guard *guard;

    if (gw_guard_new(conf->outbound_allow.at, conf->outbound_allow.count, &guard, &fault) ==
        GW_OK) {
        gw_guard_free(guard);
    } else {
        gw_buf_appendf(problems, "outbound.allow: %s\n", fault.text);
    }
}

enum gw_err dataplane_conf_check(const void *values, struct gw_buf *problems)
{
    const struct dataplane_conf *conf = values;
    size_t before = problems->len;

    if ((conf->listen_certificate[0] == '\0') != (conf->listen_key[0] == '\0')) {
        gw_buf_append_str(problems, "listen.certificate and listen.key go together\n");
    }
    if ((conf->tls_certificate[0] == '\0') != (conf->tls_key[0] == '\0')) {
        gw_buf_append_str(problems, "tls.certificate and tls.key go together\n");
    }
    if (conf->snapshot_file[0] == '\0' && conf->controlplane_target[0] == '\0') {
        gw_buf_append_str(problems, "controlplane.target or snapshot.file is needed: without one "
                                    "of them there is no configuration\n");
    }
    if (conf->keyring.text[0] == '\0' && conf->snapshot_file[0] == '\0') {
        gw_buf_append_str(problems, "keyring is needed to know the keys of a control plane\n");
    }
    check_outbound(conf, problems);
    return problems->len == before ? GW_OK : GW_E_INVALID;
}
