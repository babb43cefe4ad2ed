/* SPDX-License-Identifier: MIT */
/*
 * Every setting of the control plane, once. The table is the parser, the range check, the text
 * behind --help-config and the reference page in docs/.
 */
#include "controlplane/conf.h"

#include <string.h>

#include "lib/codec/keyring.h"

#define AT(kind, field) GW_CONF_AT(kind, struct controlplane_conf, field)

static const struct gw_conf_key KEYS[] = {
    {"listen", AT(text, listen), "127.0.0.1:4190", "1", NULL, GW_CONF_RESTART,
     "address data planes and statsd connect to (gRPC): host:port, or unix:/path"},
    GW_DAEMON_KEYS(struct controlplane_conf, daemon, "127.0.0.1:4290"),
    {"service_token", AT(secret, service_token), "", NULL, "4096", GW_CONF_RESTART,
     "what the services show each other to be let in; empty for none"},
    {"tls.ca", AT(text, tls_ca), "", NULL, NULL, GW_CONF_RESTART,
     "PEM file that vouches for the other services; empty for clear text between them"},
    {"tls.certificate", AT(text, tls_certificate), "", NULL, NULL, GW_CONF_RESTART,
     "PEM file with our own certificate between services"},
    {"tls.key", AT(text, tls_key), "", NULL, NULL, GW_CONF_RESTART, "PEM file with its key"},

    {"database", AT(secret, database), NULL, "1", NULL, GW_CONF_RESTART,
     "PostgreSQL, as libpq reads it: host=... user=millrace_controlplane dbname=millrace"},
    {"migrate", AT(flag, migrate), "on", NULL, NULL, GW_CONF_RESTART,
     "bring the schema up to date at the start; off: wait until it is"},
    {"threads", AT(count, threads), "4", "1", "64", GW_CONF_RESTART,
     "threads, with a database connection each, that answer calls of the REST API"},

    {"keyring", AT(secret, keyring), NULL, "1", NULL, GW_CONF_RESTART,
     "the installation's key ring; \"millrace-controlplane keyring\" makes one"},
};

static const struct gw_conf_alias ALIASES[] = {
    {"MILLRACE_KEYRING", "keyring"},
    {"MILLRACE_SERVICE_TOKEN", "service_token"},
};

const struct gw_conf_table CONTROLPLANE_CONF = {
    .program = "controlplane",
    .keys = KEYS,
    .key_count = sizeof(KEYS) / sizeof(KEYS[0]),
    .values_size = sizeof(struct controlplane_conf),
    .aliases = ALIASES,
    .alias_count = sizeof(ALIASES) / sizeof(ALIASES[0]),
};

enum gw_err controlplane_conf_check(const void *values, struct gw_buf *problems)
{
    const struct controlplane_conf *conf = values;
    bool has_ca = conf->tls_ca[0] != '\0', has_certificate = conf->tls_certificate[0] != '\0';
    struct gw_keyring *ring = NULL;
    size_t before = problems->len;
    struct gw_fault fault;

    if (has_ca != has_certificate || has_certificate != (conf->tls_key[0] != '\0')) {
        gw_buf_append_str(problems,
                          "tls.ca, tls.certificate and tls.key: give all three or none\n");
    }
    if (gw_keyring_parse(gw_text_of(conf->keyring.text), &ring, &fault) != GW_OK) {
        gw_buf_appendf(problems, "keyring: %s\n", fault.text);
    }
    gw_keyring_free(ring);
    return problems->len == before ? GW_OK : GW_E_INVALID;
}
