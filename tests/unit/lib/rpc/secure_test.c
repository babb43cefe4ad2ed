/* SPDX-License-Identifier: MIT */
#include "tests/support/rpc_pair.h"

/* ---- Tokens ----------------------------------------------------------------------------- */

static void assert_refused_with(struct world *world, const char *token)
{
    struct asked asked;
    struct talk *talk = &world->talks[0];

    close_client(world);
    open_client(world, &(struct gw_rpc_client_conf){.target = world->address, .token = token});
    asked = ask(world, "/test.v1.Echo/Ask", GW_TEXT("x"), GW_US_PER_SECOND);
    assert_int_equal(asked.err, GW_E_UNAUTHENTICATED);
    start_talk(world, "/test.v1.Echo/Talk", talk);
    UNTIL(world, talk->is_done);
    assert_int_equal(talk->err, GW_E_UNAUTHENTICATED);
    assert_string_equal(talk->why, "token is missing or wrong");
}

static void who_shows_no_token_or_another_is_refused(void **state)
{
    struct world *world = *state;

    assert_refused_with(world, NULL);
    assert_refused_with(world, "t0keN");
    assert_refused_with(world, "t0ke");
    assert_refused_with(world, "t0kenn");
    assert_int_equal(world->streams, 0);
}

static void tokens_that_cannot_travel_are_refused_at_once(void **state)
{
    struct world *world = *state;
    struct gw_rpc_client_conf conf = {.target = world->address, .token = "a b"};
    struct gw_fault fault;

    assert_int_equal(gw_rpc_client_open(world->courier, world->loop, &conf, &world->client, &fault),
                     GW_E_INVALID);
    conf.token = "";
    assert_int_equal(gw_rpc_client_open(world->courier, world->loop, &conf, &world->client, &fault),
                     GW_E_INVALID);
}

/* ---- TLS -------------------------------------------------------------------------------- */

static void shell(struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void shell(struct world *world, const char *format, ...)
{
    char command[1024], line[1200];
    va_list args;

    va_start(args, format);
    vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    snprintf(line, sizeof(line), "cd %s && (%s) >log 2>&1 || (cat log; false)", world->folder,
             command);
    assert_int_equal(system(line), 0);
}

#define NEW_KEY "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"

static void make_certificates(struct world *world)
{
    shell(world, "openssl req -x509 " NEW_KEY " -keyout ca.key -out ca.pem -subj /CN=ca");
    for (size_t i = 0; i < 2; i++) {
        const char *name = i == 0 ? "server" : "client";

        shell(world,
              "openssl req " NEW_KEY " -keyout %s.key -out %s.csr -subj /CN=%s &&"
              " printf 'subjectAltName=DNS:localhost,IP:127.0.0.1' >ext &&"
              " openssl x509 -req -in %s.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
              " -extfile ext -out %s.pem",
              name, name, name, name, name);
    }
    shell(world, "openssl req -x509 " NEW_KEY " -keyout x.key -out x.pem -subj /CN=x");
}

struct paths {
    char ca[96], server[96], server_key[96], client[96], client_key[96], other[96];
};

static void name_paths(struct world *world, struct paths *paths)
{
    snprintf(paths->ca, sizeof(paths->ca), "%s/ca.pem", world->folder);
    snprintf(paths->server, sizeof(paths->server), "%s/server.pem", world->folder);
    snprintf(paths->server_key, sizeof(paths->server_key), "%s/server.key", world->folder);
    snprintf(paths->client, sizeof(paths->client), "%s/client.pem", world->folder);
    snprintf(paths->client_key, sizeof(paths->client_key), "%s/client.key", world->folder);
    snprintf(paths->other, sizeof(paths->other), "%s/x.pem", world->folder);
}

static enum gw_err ask_as(struct world *world, const struct gw_rpc_client_conf *conf)
{
    enum gw_err err;

    open_client(world, conf);
    err = ask(world, "/test.v1.Echo/Ask", GW_TEXT("x"), 10 * GW_US_PER_SECOND).err;
    close_client(world);
    return err;
}

static void with_tls_both_ends_must_show_who_they_are(void **state)
{
    struct world *world = *state;
    struct paths paths;
    char target[64];

    make_certificates(world);
    name_paths(world, &paths);
    open_server(world, &(struct gw_rpc_server_conf){.listen = "127.0.0.1:0",
                                                    .token = "t0ken",
                                                    .ca_file = paths.ca,
                                                    .certificate_file = paths.server,
                                                    .key_file = paths.server_key});
    snprintf(target, sizeof(target), "127.0.0.1:%d", gw_rpc_server_port(world->server));
    assert_int_equal(ask_as(world, &(struct gw_rpc_client_conf){.target = target,
                                                                .token = "t0ken",
                                                                .ca_file = paths.ca,
                                                                .certificate_file = paths.client,
                                                                .key_file = paths.client_key}),
                     GW_OK);
    assert_int_equal(ask_as(world, &(struct gw_rpc_client_conf){.target = target,
                                                                .ca_file = paths.ca,
                                                                .certificate_file = paths.client,
                                                                .key_file = paths.client_key}),
                     GW_E_UNAUTHENTICATED); /* a certificate does not replace the token */
    assert_int_equal(ask_as(world, &(struct gw_rpc_client_conf){.target = target,
                                                                .token = "t0ken",
                                                                .ca_file = paths.ca}),
                     GW_E_UNAVAILABLE); /* no certificate */
    assert_int_equal(ask_as(world, &(struct gw_rpc_client_conf){.target = target,
                                                                .token = "t0ken",
                                                                .ca_file = paths.other,
                                                                .certificate_file = paths.client,
                                                                .key_file = paths.client_key}),
                     GW_E_UNAVAILABLE); /* the server's is not the one expected */
    assert_int_equal(
        ask_as(world, &(struct gw_rpc_client_conf){.target = target, .token = "t0ken"}),
        GW_E_UNAVAILABLE); /* clear text */
}

static void files_that_are_no_certificates_are_named(void **state)
{
    struct world *world = *state;
    struct gw_fault fault;
    struct paths paths;
    struct gw_rpc_client_conf client = {.target = "127.0.0.1:1"};
    struct gw_rpc_server_conf server = {.listen = "127.0.0.1:0"};

    make_certificates(world);
    name_paths(world, &paths);
    client.ca_file = "/nonexistent/ca.pem";
    assert_int_equal(
        gw_rpc_client_open(world->courier, world->loop, &client, &world->client, &fault),
        GW_E_ABSENT);
    assert_non_null(strstr(fault.text, "/nonexistent/ca.pem"));
    client.ca_file = paths.client_key;
    assert_int_equal(
        gw_rpc_client_open(world->courier, world->loop, &client, &world->client, &fault),
        GW_E_INVALID);
    client.ca_file = paths.ca;
    client.certificate_file = paths.client;
    assert_int_equal(
        gw_rpc_client_open(world->courier, world->loop, &client, &world->client, &fault),
        GW_E_INVALID);
    server.certificate_file = paths.server;
    server.key_file = paths.client_key; /* another's */
    assert_int_not_equal(gw_rpc_server_open(world->courier, world->loop, &server, METHODS,
                                            GW_COUNT(METHODS), world, &world->server, &fault),
                         GW_OK);
    server.certificate_file = server.key_file = NULL;
    server.ca_file = paths.ca;
    assert_int_equal(gw_rpc_server_open(world->courier, world->loop, &server, METHODS,
                                        GW_COUNT(METHODS), world, &world->server, &fault),
                     GW_E_INVALID);
    world->server = NULL;
    world->client = NULL;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_BOTH(who_shows_no_token_or_another_is_refused),
        ALONE(tokens_that_cannot_travel_are_refused_at_once),
        ALONE(with_tls_both_ends_must_show_who_they_are),
        ALONE(files_that_are_no_certificates_are_named),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/rpc/secure", tests, NULL, NULL);
}
