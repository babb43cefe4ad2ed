/* SPDX-License-Identifier: MIT */
/*
 * Every setting of statsd, once. The table is the parser, the range check, the text behind
 * --help-config and the reference page in docs/. The rows are in the order an operator meets the
 * subjects.
 */
#include "statsd/conf.h"

#include <string.h>

#define AT(kind, field) GW_CONF_AT(kind, struct statsd_conf, field)

static const struct gw_conf_key KEYS[] = {
    {"listen", AT(text, listen), "127.0.0.1:4191", NULL, NULL, GW_CONF_RESTART,
     "address data planes send usage to (gRPC): host:port, or unix:/path"},
    GW_DAEMON_KEYS(struct statsd_conf, daemon, "127.0.0.1:4291"),
    {"service_token", AT(secret, service_token), "", NULL, "4096", GW_CONF_RESTART,
     "what data planes show us and we show the control plane; empty for none"},
    {"tls.ca", AT(text, tls_ca), "", NULL, NULL, GW_CONF_RESTART,
     "PEM file that vouches for the other services; empty for clear text between them"},
    {"tls.certificate", AT(text, tls_certificate), "", NULL, NULL, GW_CONF_RESTART,
     "PEM file with our own certificate between services"},
    {"tls.key", AT(text, tls_key), "", NULL, NULL, GW_CONF_RESTART, "PEM file with its key"},

    {"database", AT(text, database), NULL, "1", NULL, GW_CONF_RESTART,
     "PostgreSQL, as libpq reads it: host=... user=millrace_statsd dbname=millrace"},
    {"readers", AT(count, readers), "4", "1", "64", GW_CONF_RESTART,
     "threads, with a database connection each, that answer reports"},
    {"flush.delay", AT(duration, flush_delay_us), "50 ms", "0 ms", "250 ms", GW_CONF_RESTART,
     "longest wait of a usage event for company before it is written"},
    {"flush.events", AT(count, flush_events), "1000", "1", "8192", GW_CONF_RESTART,
     "as many usage events are written without waiting"},
    {"hold", AT(size, hold_max), "64 MiB", "1 MiB", "4 GiB", GW_CONF_RESTART,
     "memory for usage events while the database is slow or away; then senders wait"},

    {"controlplane.target", AT(text, controlplane_target), "127.0.0.1:4190", NULL, NULL,
     GW_CONF_RESTART, "the control plane (gRPC): host:port, or unix:/path; empty for none"},

    {"desk.listen", AT(text, desk_listen), "127.0.0.1:4181", "1", NULL, GW_CONF_RESTART,
     "address of the console and the REST API (HTTP): host:port, or /path"},
    {"desk.certificate", AT(text, desk_certificate), "", NULL, NULL, GW_CONF_RESTART,
     "PEM file with the chain for HTTPS; empty for HTTP, behind a proxy that does it"},
    {"desk.key", AT(text, desk_key), "", NULL, NULL, GW_CONF_RESTART, "PEM file with its key"},
    {"desk.web_dir", AT(text, web_dir), "", NULL, NULL, GW_CONF_RELOAD,
     "folder with the console's files; empty for the API alone"},
    {"desk.connections", AT(count, connections_max), "1024", "1", "65536", GW_CONF_RESTART,
     "HTTP connections at the same time; further ones wait"},
    {"base_url", AT(text, base_url), "http://127.0.0.1:4180", "1", "2048", GW_CONF_RESTART,
     "where clients reach the data planes, as the console shows it"},

    {"admin_token", AT(secret, admin_token), "", NULL, "4096", GW_CONF_RESTART,
     "what the administrator signs in with; empty or \"change-me\": nobody can"},
    {"csrf_secret", AT(secret, csrf_secret), "", NULL, "4096", GW_CONF_RESTART,
     "key of the tokens against forged requests; empty: made from admin_token"},
    {"session.ttl", AT(duration, session_ttl_us), "168 h", "60 s", "8760 h", GW_CONF_RESTART,
     "how long a sign-in lasts"},
    {"secure_cookies", AT(flag, secure_cookies), "on", NULL, NULL, GW_CONF_RESTART,
     "let browsers send the session over HTTPS and to localhost only"},
    {"forwarded_headers", AT(flag, forwarded_headers), "on", NULL, NULL, GW_CONF_RESTART,
     "believe X-Real-IP and X-Forwarded-For; turn off where clients connect directly"},
    {"logs_refresh", AT(duration, logs_refresh_us), "5 s", "250 ms", "60 s", GW_CONF_RESTART,
     "how often the console looks for new requests"},
};

static const struct gw_conf_alias ALIASES[] = {
    {"MILLRACE_ADMIN_TOKEN", "admin_token"},
    {"MILLRACE_SERVICE_TOKEN", "service_token"},
};

const struct gw_conf_table STATSD_CONF = {
    .program = "statsd",
    .keys = KEYS,
    .key_count = sizeof(KEYS) / sizeof(KEYS[0]),
    .values_size = sizeof(struct statsd_conf),
    .aliases = ALIASES,
    .alias_count = sizeof(ALIASES) / sizeof(ALIASES[0]),
};

/* ---- Rules between settings ------------------------------------------------------------- */

static bool all_or_none(const char *const *texts, size_t count)
{
    size_t given = 0;

    for (size_t i = 0; i < count; i++) {
        given += texts[i][0] != '\0';
    }
    return given == 0 || given == count;
}

enum gw_err statsd_conf_check(const void *values, struct gw_buf *problems)
{
    const struct statsd_conf *conf = values;
    const char *const between[] = {conf->tls_ca, conf->tls_certificate, conf->tls_key};
    const char *const desk[] = {conf->desk_certificate, conf->desk_key};
    size_t before = problems->len;

    if (!all_or_none(between, 3)) {
        gw_buf_append_str(problems,
                          "tls.ca, tls.certificate and tls.key: give all three or none\n");
    }
    if (!all_or_none(desk, 2)) {
        gw_buf_append_str(problems, "desk.certificate and desk.key: give both or none\n");
    }
    if (conf->csrf_secret.text[0] != '\0' && strlen(conf->csrf_secret.text) < 16) {
        gw_buf_append_str(problems, "csrf_secret: must have 16 characters or more\n");
    }
    if (strncmp(conf->base_url, "http://", 7) != 0 && strncmp(conf->base_url, "https://", 8) != 0) {
        gw_buf_append_str(problems, "base_url: must begin with http:// or https://\n");
    }
    return problems->len == before ? GW_OK : GW_E_INVALID;
}
