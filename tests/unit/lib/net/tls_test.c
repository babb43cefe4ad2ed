/* SPDX-License-Identifier: MIT */
#include "lib/net/tls.h"

#include "lib/net/http_client.h"
#include "lib/net/http_server.h"
#include "tests/unit/lib/net/certificates.h"
#include "tests/unit/lib/net/scene.h"

/* ---- Scene ------------------------------------------------------------------------------ */

struct scene {
    struct files files;
    struct gw_loop *loop;
    struct gw_tls_server *tls;
    struct gw_http_server *server;
    struct gw_http_client *client;
    struct gw_http_call *call;
    struct gw_http_request *open;
    const char *answer;
    size_t answer_size, body_len, request_len;
    bool was_tls, streams;
    int status, ends, fails, gones;
    enum gw_http_failure failure;
    char text[200];
};

static void on_gone(void *owner)
{
    ((struct scene *)owner)->gones++;
}

static const struct gw_http_reply_ops REPLY_OPS = {NULL, on_gone};

static void on_request(void *owner, struct gw_http_request *request)
{
    struct scene *scene = owner;

    scene->was_tls = gw_http_request_is_tls(request);
    scene->request_len = gw_http_request_body(request).len;
    if (scene->streams) {
        scene->open = request;
        gw_http_request_own(request, &REPLY_OPS, scene);
        return;
    }
    gw_http_reply_whole(request, 200, (struct gw_http_headers){NULL, 0},
                        (struct gw_text){scene->answer, scene->answer_size});
}

static void on_head(void *owner, const struct gw_http_answer *answer)
{
    ((struct scene *)owner)->status = answer->status;
}

static void on_body(void *owner)
{
    struct scene *scene = owner;

    scene->body_len += gw_http_call_take(scene->call).len;
}

static void on_end(void *owner)
{
    ((struct scene *)owner)->ends++;
}

static void on_fail(void *owner, enum gw_http_failure failure, const char *text)
{
    struct scene *scene = owner;

    scene->fails++;
    scene->failure = failure;
    snprintf(scene->text, sizeof(scene->text), "%s", text);
}

static const struct gw_http_call_ops CALL_OPS = {on_head, on_body, on_end, on_fail};

static void open_client(struct scene *scene, const char *ca_file)
{
    struct gw_http_client_conf conf = {4, 60000000, ca_file, NULL};

    gw_http_client_free(scene->client);
    scene->client = gw_http_client_new(scene->loop, &conf);
}

static struct scene *open_scene(const char *alternatives)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    struct gw_http_server_conf conf = {.body_max = 8 << 20,
                                       .head_timeout_us = 10000000,
                                       .body_idle_timeout_us = 10000000,
                                       .connections_max = 16};
    struct gw_http_service service = {on_request, scene};
    struct gw_fault fault = {""};

    make_files(&scene->files, alternatives);
    scene->loop = gw_loop_new();
    assert_int_equal(
        gw_tls_server_open(scene->files.certificate, scene->files.key, &scene->tls, &fault), GW_OK);
    conf.tls = scene->tls;
    assert_int_equal(
        gw_http_server_open(scene->loop, "127.0.0.1:0", &conf, &service, &scene->server, &fault),
        GW_OK);
    open_client(scene, scene->files.ca);
    scene->answer = "hello";
    scene->answer_size = 5;
    return scene;
}

static void close_scene(struct scene *scene)
{
    gw_http_client_free(scene->client);
    gw_http_server_close(scene->server);
    gw_loop_free(scene->loop);
    gw_tls_server_close(scene->tls);
    remove_files(&scene->files);
    free(scene);
}

/* Calls `host` and waits for what comes of it. */
static void ask(struct scene *scene, const char *host, struct gw_text body)
{
    struct gw_http_send send = {.origin = {.host = gw_text_of(host),
                                           .port = gw_http_server_port(scene->server),
                                           .tls = true},
                                .method = GW_TEXT("POST"),
                                .target = GW_TEXT("/"),
                                .body = &body,
                                .body_count = 1,
                                .has_body = true};

    scene->ends = scene->fails = 0;
    scene->body_len = 0;
    scene->call = gw_http_call_open(scene->client, &send, &CALL_OPS, scene);
    UNTIL(scene->loop, scene->ends + scene->fails == 1);
}

/* ---- Cases ------------------------------------------------------------------------------ */

static void a_peer_with_the_right_name_is_spoken_to_and_its_connection_kept(void **state)
{
    struct scene *scene = open_scene("DNS:localhost");

    (void)state;
    for (int i = 0; i < 3; i++) {
        ask(scene, "localhost", GW_TEXT("{}"));
        if (scene->fails) {
            fail_msg("%s", scene->text);
        }
        assert_int_equal(scene->status, 200);
        assert_int_equal(scene->body_len, 5);
        assert_true(scene->was_tls);
        assert_int_equal(gw_http_call_times(scene->call).connected_us == 0, i > 0);
        gw_http_call_close(scene->call);
    }
    close_scene(scene);
}

static void a_peer_named_by_its_address_is_spoken_to(void **state)
{
    struct scene *scene = open_scene("IP:127.0.0.1");

    (void)state;
    ask(scene, "127.0.0.1", GW_TEXT("{}"));
    assert_int_equal(scene->ends, 1);
    gw_http_call_close(scene->call);
    close_scene(scene);
}

/* On the first call and on later ones, when a session could be resumed. */
static void a_peer_with_another_name_is_refused_every_time(void **state)
{
    struct scene *scene = open_scene("DNS:other.example,IP:127.0.0.2");
    static const char *const HOSTS[] = {"localhost", "localhost", "127.0.0.1", "localhost"};

    (void)state;
    for (size_t i = 0; i < sizeof(HOSTS) / sizeof(HOSTS[0]); i++) {
        ask(scene, HOSTS[i], GW_TEXT("secret"));
        assert_int_equal(scene->fails, 1);
        assert_int_equal(scene->failure, GW_HTTP_FAILURE_TLS);
        assert_non_null(strstr(scene->text, "mismatch"));
        gw_http_call_close(scene->call);
    }
    assert_int_equal(scene->request_len, 0);
    close_scene(scene);
}

static void a_peer_nobody_vouches_for_is_refused(void **state)
{
    struct scene *scene = open_scene("DNS:localhost");

    (void)state;
    open_client(scene, scene->files.other_ca);
    ask(scene, "localhost", GW_TEXT("secret"));
    assert_int_equal(scene->failure, GW_HTTP_FAILURE_TLS);
    gw_http_call_close(scene->call);
    open_client(scene, NULL); /* the system's store does not know it, either */
    ask(scene, "localhost", GW_TEXT("secret"));
    assert_int_equal(scene->failure, GW_HTTP_FAILURE_TLS);
    gw_http_call_close(scene->call);
    close_scene(scene);
}

static void a_peer_that_does_not_speak_tls_is_told(void **state)
{
    struct scene *scene = open_scene("DNS:localhost");
    struct gw_http_send send = {.method = GW_TEXT("GET"), .target = GW_TEXT("/")};
    struct peer *provider;
    int listener = peer_listen(&send.origin.port);

    (void)state;
    send.origin.host = GW_TEXT("127.0.0.1");
    send.origin.tls = true;
    for (int how = 0; how < 2; how++) {
        scene->fails = 0;
        scene->call = gw_http_call_open(scene->client, &send, &CALL_OPS, scene);
        provider = peer_accept(scene->loop, listener);
        if (how == 0) {
            peer_say(provider, "HTTP/1.1 400 Bad Request\r\n\r\n");
        } else {
            close(provider->fd);
            provider->fd = -1;
        }
        UNTIL(scene->loop, scene->fails == 1);
        assert_int_equal(scene->failure, GW_HTTP_FAILURE_TLS);
        gw_http_call_close(scene->call);
        peer_close(provider);
    }
    close(listener);
    close_scene(scene);
}

static void large_bodies_pass_both_ways(void **state)
{
    struct scene *scene = open_scene("DNS:localhost");
    size_t size = 5000000;
    char *body = malloc(size);

    (void)state;
    memset(body, 'x', size);
    scene->answer = body;
    scene->answer_size = size;
    for (int i = 0; i < 2; i++) {
        ask(scene, "localhost", (struct gw_text){body, size});
        assert_int_equal(scene->ends, 1);
        assert_int_equal(scene->request_len, size);
        assert_int_equal(scene->body_len, size);
        gw_http_call_close(scene->call);
    }
    free(body);
    close_scene(scene);
}

static void a_client_that_leaves_while_it_waits_is_noticed(void **state)
{
    struct scene *scene = open_scene("DNS:localhost");
    struct gw_text body = GW_TEXT("{}");
    struct gw_http_send send = {.origin = {.host = GW_TEXT("localhost"),
                                           .port = gw_http_server_port(scene->server),
                                           .tls = true},
                                .method = GW_TEXT("POST"),
                                .target = GW_TEXT("/"),
                                .body = &body,
                                .body_count = 1,
                                .has_body = true};

    (void)state;
    scene->streams = true;
    scene->call = gw_http_call_open(scene->client, &send, &CALL_OPS, scene);
    UNTIL(scene->loop, scene->open != NULL);
    gw_http_call_close(scene->call); /* says goodbye in TLS, then closes */
    UNTIL(scene->loop, scene->gones == 1);
    UNTIL(scene->loop, gw_http_server_connections(scene->server) == 0);
    close_scene(scene);
}

static void an_aborted_stream_is_a_truncated_one(void **state)
{
    struct scene *scene = open_scene("DNS:localhost");
    struct gw_http_send send = {.origin = {.host = GW_TEXT("localhost"),
                                           .port = gw_http_server_port(scene->server),
                                           .tls = true},
                                .method = GW_TEXT("GET"),
                                .target = GW_TEXT("/")};

    (void)state;
    scene->streams = true;
    scene->call = gw_http_call_open(scene->client, &send, &CALL_OPS, scene);
    UNTIL(scene->loop, scene->open != NULL);
    gw_http_reply_start(scene->open, 200, (struct gw_http_headers){NULL, 0},
                        GW_HTTP_LENGTH_UNKNOWN);
    gw_http_reply_send(scene->open, GW_TEXT("begun"));
    UNTIL(scene->loop, scene->body_len == 5);
    gw_http_reply_abort(scene->open);
    UNTIL(scene->loop, scene->fails + scene->ends == 1);
    assert_int_equal(scene->fails, 1);
    assert_int_equal(scene->failure, GW_HTTP_FAILURE_TRUNCATED);
    gw_http_call_close(scene->call);
    close_scene(scene);
}

static void files_that_do_not_fit_are_told(void **state)
{
    struct files files;
    struct gw_tls_server *tls;
    struct gw_fault fault = {""};

    (void)state;
    make_files(&files, "DNS:localhost");
    assert_int_equal(gw_tls_server_open("/no/such/file", files.key, &tls, &fault), GW_E_INVALID);
    assert_non_null(strstr(fault.text, "certificate file \"/no/such/file\""));
    assert_int_equal(gw_tls_server_open(files.certificate, "/no/such/key", &tls, &fault),
                     GW_E_INVALID);
    assert_non_null(strstr(fault.text, "key file \"/no/such/key\""));
    assert_int_equal(gw_tls_server_open(files.ca, files.key, &tls, &fault), GW_E_INVALID);
    remove_files(&files);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_peer_with_the_right_name_is_spoken_to_and_its_connection_kept),
        cmocka_unit_test(a_peer_named_by_its_address_is_spoken_to),
        cmocka_unit_test(a_peer_with_another_name_is_refused_every_time),
        cmocka_unit_test(a_peer_nobody_vouches_for_is_refused),
        cmocka_unit_test(a_peer_that_does_not_speak_tls_is_told),
        cmocka_unit_test(large_bodies_pass_both_ways),
        cmocka_unit_test(a_client_that_leaves_while_it_waits_is_noticed),
        cmocka_unit_test(an_aborted_stream_is_a_truncated_one),
        cmocka_unit_test(files_that_do_not_fit_are_told),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/net/tls", tests, NULL, NULL);
}
