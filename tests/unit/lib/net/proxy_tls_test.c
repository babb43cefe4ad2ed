/* SPDX-License-Identifier: MIT */
/*
 * TLS through proxies that really relay: a thread accepts, reads CONNECT, and copies both ways.
 */
#include "lib/net/http_client.h"

#include <pthread.h>
#include <signal.h>

#include "lib/net/http_server.h"
#include "lib/net/tls.h"
#include "lib/net/tls_inside.h"
#include "tests/unit/lib/net/certificates.h"
#include "tests/unit/lib/net/scene.h"

/* ---- The proxy -------------------------------------------------------------------------- */

struct relay {
    int listener;
    uint16_t port, to;
    SSL_CTX *tls; /* NULL: clear text */
    pthread_t thread;
    int served; /* read after the thread has ended */
    char head[2048];
};

static ssize_t hear(SSL *ssl, int fd, void *at, size_t size)
{
    return ssl != NULL ? SSL_read(ssl, at, (int)size) : recv(fd, at, size, 0);
}

static ssize_t say(SSL *ssl, int fd, const void *at, size_t size)
{
    return ssl != NULL ? SSL_write(ssl, at, (int)size) : send(fd, at, size, MSG_NOSIGNAL);
}

static bool copy(SSL *from_ssl, int from, SSL *to_ssl, int to)
{
    static __thread char bytes[16384];
    ssize_t count = hear(from_ssl, from, bytes, sizeof(bytes));

    for (ssize_t sent = 0; sent < count;) {
        ssize_t some = say(to_ssl, to, bytes + sent, (size_t)(count - sent));

        if (some <= 0) {
            return false;
        }
        sent += some;
    }
    return count > 0;
}

static void relay_both_ways(SSL *ssl, int client, int server)
{
    struct pollfd look[2] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};

    for (;;) {
        look[0].revents = look[1].revents = 0;
        if ((ssl == NULL || !SSL_has_pending(ssl)) && poll(look, 2, -1) < 0) {
            return;
        }
        if (((ssl != NULL && SSL_has_pending(ssl)) || look[0].revents != 0) &&
            !copy(ssl, client, NULL, server)) {
            return;
        }
        if (look[1].revents != 0 && !copy(NULL, server, ssl, client)) {
            return;
        }
    }
}

static void serve(struct relay *relay, int client)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(relay->to),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    static const char OK[] = "HTTP/1.1 200 OK\r\n\r\n";
    SSL *ssl = relay->tls == NULL ? NULL : SSL_new(relay->tls);
    size_t len = 0;
    ssize_t count = 1;
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (ssl != NULL) {
        SSL_set_fd(ssl, client);
        count = SSL_accept(ssl);
    }
    while (count > 0 && strstr(relay->head, "\r\n\r\n") == NULL) {
        count = hear(ssl, client, relay->head + len, sizeof(relay->head) - 1 - len);
        len += count > 0 ? (size_t)count : 0;
        relay->head[len] = '\0';
    }
    if (count > 0 && connect(server, (struct sockaddr *)&address, sizeof(address)) == 0 &&
        say(ssl, client, OK, sizeof(OK) - 1) > 0) {
        relay->served++;
        relay_both_ways(ssl, client, server);
    }
    close(server);
    SSL_free(ssl);
}

static void *run(void *argument)
{
    struct relay *relay = argument;
    int client;

    while ((client = accept4(relay->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        relay->head[0] = '\0';
        serve(relay, client);
        close(client);
    }
    return NULL;
}

static void relay_stop(struct relay *relay)
{
    shutdown(relay->listener, SHUT_RDWR);
    pthread_join(relay->thread, NULL);
    close(relay->listener);
}

/* ---- Scene ------------------------------------------------------------------------------ */

struct scene {
    struct files files;
    struct gw_loop *loop;
    struct gw_tls_server *tls;
    struct gw_http_server *server;
    struct gw_http_client *client;
    struct gw_http_call *call;
    struct relay relay;
    size_t body_len, request_len;
    int ends, fails;
    enum gw_http_failure failure;
    char text[400];
    char *body;
};

#define BODY_SIZE ((size_t)3000000)

static void on_request(void *owner, struct gw_http_request *request)
{
    struct scene *scene = owner;

    scene->request_len = gw_http_request_body(request).len;
    gw_http_reply_whole(request, 200, (struct gw_http_headers){NULL, 0},
                        (struct gw_text){scene->body, BODY_SIZE});
}

static void on_head(void *owner, const struct gw_http_answer *answer)
{
    (void)owner;
    assert_int_equal(answer->status, 200);
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

static const struct gw_http_call_ops OPS = {on_head, on_body, on_end, on_fail};

/* The origin's and the proxy's certificate is the same. */
static struct scene *open_scene(const char *alternatives, bool is_tls_proxy)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    struct gw_http_server_conf conf = {.body_max = 8 << 20,
                                       .head_timeout_us = 10000000,
                                       .body_idle_timeout_us = 10000000,
                                       .connections_max = 16};
    struct gw_http_service service = {on_request, scene};
    struct gw_http_client_conf client_conf = {4, 60000000, scene->files.ca, NULL};
    struct gw_fault fault = {""};

    make_files(&scene->files, alternatives);
    scene->body = calloc(1, BODY_SIZE);
    scene->loop = gw_loop_new();
    assert_int_equal(
        gw_tls_server_open(scene->files.certificate, scene->files.key, &scene->tls, &fault), GW_OK);
    conf.tls = scene->tls;
    assert_int_equal(
        gw_http_server_open(scene->loop, "127.0.0.1:0", &conf, &service, &scene->server, &fault),
        GW_OK);
    scene->client = gw_http_client_new(scene->loop, &client_conf);
    scene->relay.listener = peer_listen(&scene->relay.port);
    scene->relay.to = gw_http_server_port(scene->server);
    scene->relay.tls = is_tls_proxy ? gw_tls_server_context(scene->tls) : NULL;
    assert_int_equal(pthread_create(&scene->relay.thread, NULL, run, &scene->relay), 0);
    return scene;
}

static void close_scene(struct scene *scene)
{
    gw_http_client_free(scene->client);
    gw_http_server_close(scene->server);
    gw_loop_free(scene->loop);
    relay_stop(&scene->relay);
    gw_tls_server_close(scene->tls);
    remove_files(&scene->files);
    free(scene->body);
    free(scene);
}

static void ask(struct scene *scene, const char *host, const char *proxy_host)
{
    struct gw_text body = {scene->body, BODY_SIZE};
    struct gw_http_proxy proxy = {.kind = scene->relay.tls != NULL ? GW_HTTP_PROXY_HTTPS
                                                                   : GW_HTTP_PROXY_HTTP,
                                  .host = gw_text_of(proxy_host),
                                  .port = scene->relay.port};
    struct gw_http_send send = {.origin = {gw_text_of(host), scene->relay.to, true},
                                .proxy = &proxy,
                                .method = GW_TEXT("POST"),
                                .target = GW_TEXT("/"),
                                .body = &body,
                                .body_count = 1,
                                .has_body = true};

    scene->ends = scene->fails = 0;
    scene->body_len = 0;
    scene->call = gw_http_call_open(scene->client, &send, &OPS, scene);
    UNTIL(scene->loop, scene->ends + scene->fails == 1);
}

/* ---- Cases ------------------------------------------------------------------------------ */

static void tls_passes_through_proxies_of_both_kinds(void **state)
{
    (void)state;
    for (int is_tls_proxy = 0; is_tls_proxy < 2; is_tls_proxy++) {
        struct scene *scene = open_scene("DNS:localhost,DNS:api.example", is_tls_proxy);

        for (int i = 0; i < 2; i++) {
            ask(scene, "api.example", "localhost"); /* a name that only the proxy knows */
            if (scene->fails) {
                fail_msg("%s", scene->text);
            }
            assert_int_equal(scene->request_len, BODY_SIZE);
            assert_int_equal(scene->body_len, BODY_SIZE);
            assert_int_equal(gw_http_call_times(scene->call).connected_us == 0, i > 0);
            gw_http_call_close(scene->call);
        }
        close_scene(scene);
    }
}

static void the_origins_name_is_verified_behind_a_proxy(void **state)
{
    (void)state;
    for (int is_tls_proxy = 0; is_tls_proxy < 2; is_tls_proxy++) {
        struct scene *scene = open_scene("DNS:localhost", is_tls_proxy);

        for (int i = 0; i < 2; i++) {
            ask(scene, "api.example", "localhost");
            assert_int_equal(scene->fails, 1);
            assert_int_equal(scene->failure, GW_HTTP_FAILURE_TLS);
            assert_non_null(strstr(scene->text, "mismatch"));
            gw_http_call_close(scene->call);
        }
        assert_int_equal(scene->request_len, 0);
        close_scene(scene);
    }
}

static void the_proxys_name_is_verified_too(void **state)
{
    struct scene *scene = open_scene("DNS:api.example", true);

    (void)state;
    ask(scene, "api.example", "localhost");
    assert_int_equal(scene->fails, 1);
    assert_int_equal(scene->failure, GW_HTTP_FAILURE_PROXY);
    assert_non_null(strstr(scene->text, "mismatch"));
    gw_http_call_close(scene->call);
    close_scene(scene);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls_passes_through_proxies_of_both_kinds),
        cmocka_unit_test(the_origins_name_is_verified_behind_a_proxy),
        cmocka_unit_test(the_proxys_name_is_verified_too),
    };

    signal(SIGPIPE, SIG_IGN);
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/net/proxy_tls", tests, NULL, NULL);
}
