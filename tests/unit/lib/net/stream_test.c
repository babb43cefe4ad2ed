/* SPDX-License-Identifier: MIT */
#include "lib/net/stream.h"

#include "lib/net/http_server.h"
#include "lib/net/resolve.h"
#include "lib/net/tls_inside.h"
#include "tests/unit/lib/net/certificates.h"
#include "tests/unit/lib/net/scene.h"

struct scene {
    struct files files;
    struct gw_loop *loop;
    struct gw_tls_server *tls;
    struct gw_http_server *server;
    SSL_CTX *context;
    struct gw_tls_sessions *sessions;
    struct gw_stream stream;
    int opens, fails;
    bool was_tls;
    char text[200];
};

static void on_open(void *owner)
{
    ((struct scene *)owner)->opens++;
}

static void on_fail(void *owner, bool is_tls, const char *text)
{
    struct scene *scene = owner;

    scene->fails++;
    scene->was_tls = is_tls;
    snprintf(scene->text, sizeof(scene->text), "%s", text);
}

static void on_readable(void *owner)
{
    char bytes[4096];

    (void)!gw_stream_read(&((struct scene *)owner)->stream, bytes, sizeof(bytes));
}

static void on_writable(void *owner)
{
    (void)owner;
}

static const struct gw_stream_ops OPS = {on_open, on_fail, on_readable, on_writable};

static void on_request(void *owner, struct gw_http_request *request)
{
    (void)owner;
    gw_http_reply_whole(request, 200, (struct gw_http_headers){NULL, 0}, GW_TEXT("hello"));
}

static struct scene *open_scene(const char *alternatives, int version)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    struct gw_http_server_conf conf = {.body_max = 1 << 20,
                                       .head_timeout_us = 10000000,
                                       .body_idle_timeout_us = 10000000,
                                       .connections_max = 16};
    struct gw_http_service service = {on_request, scene};
    struct gw_fault fault = {""};

    make_files(&scene->files, alternatives);
    scene->loop = gw_loop_new();
    assert_int_equal(
        gw_tls_server_open(scene->files.certificate, scene->files.key, &scene->tls, &fault), GW_OK);
    SSL_CTX_set_max_proto_version(gw_tls_server_context(scene->tls), version);
    conf.tls = scene->tls;
    assert_int_equal(
        gw_http_server_open(scene->loop, "127.0.0.1:0", &conf, &service, &scene->server, &fault),
        GW_OK);
    scene->context = gw_stream_tls_new(scene->files.ca);
    scene->sessions = gw_tls_sessions_new(2);
    gw_stream_init(&scene->stream, scene->loop, &OPS, scene);
    return scene;
}

static void close_scene(struct scene *scene)
{
    gw_stream_close(&scene->stream);
    gw_http_server_close(scene->server);
    gw_loop_free(scene->loop);
    gw_tls_server_close(scene->tls);
    gw_tls_sessions_free(scene->sessions);
    SSL_CTX_free(scene->context);
    remove_files(&scene->files);
    free(scene);
}

/* Connects to the scene's server as `host`, which need not be where it is. */
static void dial(struct scene *scene, const char *host)
{
    uint16_t port = gw_http_server_port(scene->server);
    struct gw_addresses addresses = {0};
    struct gw_stream_target target = {.peer = {scene->context, host, port, scene->sessions}};

    assert_true(gw_resolve_literal("127.0.0.1", port, &addresses));
    target.address = &addresses.at[0];
    target.address_size = addresses.size[0];
    gw_stream_close(&scene->stream);
    scene->opens = scene->fails = 0;
    gw_stream_connect(&scene->stream, &target);
    UNTIL(scene->loop, scene->opens + scene->fails == 1);
}

static SSL_SESSION *kept(struct scene *scene, const char *host)
{
    return gw_tls_sessions_find(scene->sessions, host, gw_http_server_port(scene->server));
}

/* One full handshake, and the session it leaves behind. */
static void meet(struct scene *scene, const char *host)
{
    dial(scene, host);
    if (scene->opens != 1) {
        fail_msg("%s", scene->text);
    }
    assert_false(SSL_session_reused(scene->stream.ssl));
    gw_stream_read_start(&scene->stream);
    UNTIL(scene->loop, kept(scene, host) != NULL);
}

static const int VERSIONS[] = {TLS1_2_VERSION, TLS1_3_VERSION};

static void the_second_handshake_is_a_short_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct scene *scene = open_scene("DNS:localhost", VERSIONS[i]);

        meet(scene, "localhost");
        for (int again = 0; again < 3; again++) {
            dial(scene, "localhost");
            assert_int_equal(scene->opens, 1);
            assert_int_equal(SSL_version(scene->stream.ssl), VERSIONS[i]);
            assert_true(SSL_session_reused(scene->stream.ssl));
            gw_stream_read_start(&scene->stream); /* with TLS 1.3 each is good for one time */
            UNTIL(scene->loop, kept(scene, "localhost") != NULL);
        }
        close_scene(scene);
    }
}

static void a_peer_named_by_its_address_is_resumed_too(void **state)
{
    struct scene *scene = open_scene("IP:127.0.0.1", TLS1_3_VERSION);

    (void)state;
    meet(scene, "127.0.0.1");
    dial(scene, "127.0.0.1");
    assert_true(SSL_session_reused(scene->stream.ssl));
    close_scene(scene);
}

static void sessions_are_not_offered_to_other_names(void **state)
{
    struct scene *scene = open_scene("DNS:localhost,DNS:other.example", TLS1_3_VERSION);

    (void)state;
    meet(scene, "localhost");
    meet(scene, "other.example"); /* a full one */
    dial(scene, "localhost");
    assert_true(SSL_session_reused(scene->stream.ssl));
    close_scene(scene);
}

/* Should a session ever stand under a wrong name, the certificate behind it gives it away. */
static void the_name_is_verified_on_a_resumed_session(void **state)
{
    static const char *const WRONG[] = {"other.example", "127.0.0.1"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct scene *scene = open_scene("DNS:localhost", VERSIONS[i % 2]);
        const char *host = WRONG[i / 2];
        SSL_SESSION *session;

        meet(scene, "localhost");
        session = kept(scene, "localhost");
        SSL_SESSION_up_ref(session);
        gw_tls_sessions_keep(scene->sessions, host, gw_http_server_port(scene->server), session);
        dial(scene, host);
        assert_int_equal(scene->fails, 1);
        assert_true(scene->was_tls);
        assert_non_null(strstr(scene->text, "mismatch"));
        assert_null(kept(scene, host)); /* and it is not tried again */
        dial(scene, host);
        assert_int_equal(scene->fails, 1);
        assert_non_null(strstr(scene->text, "mismatch"));
        close_scene(scene);
    }
}

static void a_wrong_name_is_refused_and_leaves_no_session(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct scene *scene = open_scene("DNS:other.example", VERSIONS[i]);

        for (int again = 0; again < 3; again++) {
            dial(scene, "localhost");
            assert_int_equal(scene->fails, 1);
            assert_non_null(strstr(scene->text, "mismatch"));
            assert_null(kept(scene, "localhost"));
        }
        close_scene(scene);
    }
}

static void a_server_that_has_forgotten_is_met_anew(void **state)
{
    struct scene *scene = open_scene("DNS:localhost", TLS1_3_VERSION);
    unsigned char keys[80];

    (void)state;
    meet(scene, "localhost");
    memset(keys, 7, sizeof(keys));
    assert_int_equal(
        SSL_CTX_set_tlsext_ticket_keys(gw_tls_server_context(scene->tls), keys, sizeof(keys)), 1);
    dial(scene, "localhost");
    assert_int_equal(scene->opens, 1);
    assert_false(SSL_session_reused(scene->stream.ssl));
    close_scene(scene);
}

static void the_peers_whose_sessions_are_kept_are_few(void **state)
{
    struct scene *scene = open_scene("DNS:a.example,DNS:b.example,DNS:c.example", TLS1_3_VERSION);

    (void)state;
    meet(scene, "a.example");
    meet(scene, "b.example");
    meet(scene, "c.example");
    assert_null(kept(scene, "a.example"));
    assert_non_null(kept(scene, "b.example"));
    assert_non_null(kept(scene, "c.example"));
    close_scene(scene);
}

static bool has_bytes(struct peer *peer, const char *bytes, size_t size)
{
    peer_read(peer);
    return memmem(peer->in, peer->len, bytes, size) != NULL;
}

/* The first message is not encrypted. */
static void http_1_and_the_name_are_in_the_hello(void **state)
{
    static const char ALPN[] = "\0\20\0\13\0\11\10http/1.1"; /* type, size, size, size, name */
    struct scene *scene = open_scene("DNS:localhost", TLS1_3_VERSION);
    struct gw_addresses addresses = {0};
    struct gw_stream_target target = {.peer = {scene->context, "localhost", 443, NULL}};
    struct peer *peer;
    uint16_t port;
    int listener = peer_listen(&port);

    (void)state;
    assert_true(gw_resolve_literal("127.0.0.1", port, &addresses));
    target.address = &addresses.at[0];
    target.address_size = addresses.size[0];
    gw_stream_connect(&scene->stream, &target);
    peer = peer_accept(scene->loop, listener);
    UNTIL(scene->loop, has_bytes(peer, ALPN, sizeof(ALPN) - 1));
    assert_true(has_bytes(peer, "\0\11localhost", 11));
    peer_close(peer);
    close(listener);
    close_scene(scene);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_handshake_is_a_short_one),
        cmocka_unit_test(a_peer_named_by_its_address_is_resumed_too),
        cmocka_unit_test(sessions_are_not_offered_to_other_names),
        cmocka_unit_test(the_name_is_verified_on_a_resumed_session),
        cmocka_unit_test(a_wrong_name_is_refused_and_leaves_no_session),
        cmocka_unit_test(a_server_that_has_forgotten_is_met_anew),
        cmocka_unit_test(the_peers_whose_sessions_are_kept_are_few),
        cmocka_unit_test(http_1_and_the_name_are_in_the_hello),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/net/stream", tests, NULL, NULL);
}
