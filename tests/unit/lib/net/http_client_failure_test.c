/* SPDX-License-Identifier: MIT */
#include "tests/unit/lib/net/client_scene.h"

/* ---- Failures --------------------------------------------------------------------------- */

static void a_refused_connection_is_told(void **state)
{
    struct scene *scene = *state;
    struct asked *asked;

    close(scene->listener);
    asked = ask(scene, "GET", NULL);
    expect_failure(scene, asked, GW_HTTP_FAILURE_CONNECT);
    assert_non_null(strstr(asked->text, "refused"));
    forget(asked);
    scene->listener = peer_listen(&scene->port);
}

static void a_name_that_does_not_exist_is_told_and_holds_nobody_up(void **state)
{
    struct scene *scene = *state;
    struct asked asked = {0};
    struct gw_http_send send = {.origin = {.host = GW_TEXT("no-such-host.invalid"), .port = 80},
                                .method = GW_TEXT("GET"),
                                .target = GW_TEXT("/")};

    asked.call = gw_http_call_open(scene->client, &send, &OPS, &asked);
    expect_failure(scene, &asked, GW_HTTP_FAILURE_DNS);
    gw_http_call_close(asked.call);
    asked.call = gw_http_call_open(scene->client, &send, &OPS, &asked);
    gw_loop_turn(scene->loop, 0); /* asked, not answered */
    gw_http_call_close(asked.call);
}

static void a_name_is_resolved(void **state)
{
    struct scene *scene = *state;
    struct asked asked = {0};
    struct gw_http_send send = {.origin = {.host = GW_TEXT("localhost"), .port = scene->port},
                                .method = GW_TEXT("GET"),
                                .target = GW_TEXT("/")};
    struct peer *provider;

    asked.call = gw_http_call_open(scene->client, &send, &OPS, &asked);
    provider = peer_accept(scene->loop, scene->listener);
    peer_expect(provider, "\r\n\r\n");
    peer_say(provider, OK5);
    UNTIL(scene->loop, asked.ends == 1);
    gw_http_call_close(asked.call);
    peer_close(provider);
}

static void a_unix_socket_can_be_called(void **state)
{
    struct scene *scene = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct asked asked = {0};
    struct gw_http_send send = {.method = GW_TEXT("GET"), .target = GW_TEXT("/")};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    struct peer *provider;

    snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/gw-net-call-%d", (int)getpid());
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, 4), 0);
    send.origin.host = gw_text_of(address.sun_path);
    asked.call = gw_http_call_open(scene->client, &send, &OPS, &asked);
    provider = peer_accept(scene->loop, listener);
    peer_expect(provider, "\r\n\r\n");
    peer_say(provider, OK5);
    UNTIL(scene->loop, asked.ends == 1);
    gw_http_call_close(asked.call);
    peer_close(provider);
    close(listener);
    unlink(address.sun_path);
    asked.call = gw_http_call_open(scene->client, &send, &OPS, &asked);
    gw_http_call_close(asked.call);
}

struct broken {
    const char *raw;
    bool resets;
    enum gw_http_failure failure;
};

static const struct broken BROKEN[] = {
    {"", false, GW_HTTP_FAILURE_CLOSED},
    {"", true, GW_HTTP_FAILURE_CLOSED},
    {"HTTP/1.1 200 OK\r\nContent-", false, GW_HTTP_FAILURE_CLOSED},
    {"HTTP/1.1 200 OK\r\nContent-", true, GW_HTTP_FAILURE_CLOSED},
    {"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", false, GW_HTTP_FAILURE_TRUNCATED},
    {"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", true, GW_HTTP_FAILURE_TRUNCATED},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", false,
     GW_HTTP_FAILURE_TRUNCATED},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", false,
     GW_HTTP_FAILURE_TRUNCATED},
    {"HTTP/1.1 200 OK\r\n\r\nuntil close", true, GW_HTTP_FAILURE_TRUNCATED},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello", false, GW_HTTP_FAILURE_PROTOCOL},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", false,
     GW_HTTP_FAILURE_PROTOCOL},
    {"SSH-2.0-OpenSSH_9.2\r\n\r\n", false, GW_HTTP_FAILURE_PROTOCOL},
    {"HTTP/1.1 101 Switching Protocols\r\n\r\n", false, GW_HTTP_FAILURE_PROTOCOL},
};

static void each_way_to_break_off_has_its_name(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof(BROKEN) / sizeof(BROKEN[0]); i++) {
        struct asked *asked = ask(scene, "GET", NULL);
        struct peer *provider = peer_accept(scene->loop, scene->listener);

        peer_expect(provider, "\r\n\r\n");
        peer_say(provider, BROKEN[i].raw);
        scene_turn_for(scene->loop, 3000);
        if (BROKEN[i].resets) {
            peer_reset(provider);
        } else {
            close(provider->fd);
            provider->fd = -1;
        }
        expect_failure(scene, asked, BROKEN[i].failure);
        assert_int_equal(asked->ends, 0);
        forget(asked);
        peer_close(provider);
    }
}

static void a_provider_that_hangs_up_while_we_send_is_told(void **state)
{
    struct scene *scene = *state;
    char *body = malloc(8000001);
    struct asked *asked;
    struct peer *provider;

    memset(body, 'b', 8000000);
    body[8000000] = '\0';
    asked = ask(scene, "POST", body);
    provider = peer_accept(scene->loop, scene->listener);
    scene_turn_for(scene->loop, 10000);
    peer_reset(provider);
    expect_failure(scene, asked, GW_HTTP_FAILURE_SEND);
    forget(asked);
    free(body);
    peer_close(provider);
}

static void an_endless_head_is_refused(void **state)
{
    struct scene *scene = *state;

    for (int kind = 0; kind < 2; kind++) {
        struct asked *asked = ask(scene, "GET", NULL);
        struct peer *provider = peer_accept(scene->loop, scene->listener);

        peer_say(provider, "HTTP/1.1 200 OK\r\n");
        for (int i = 0; i < 100000 && asked->fails == 0; i++) {
            const char *more = kind == 0 ? "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" : "aa";

            (void)!send(provider->fd, more, strlen(more), MSG_NOSIGNAL | MSG_DONTWAIT);
            gw_loop_turn(scene->loop, 0);
        }
        expect_failure(scene, asked, GW_HTTP_FAILURE_PROTOCOL);
        forget(asked);
        peer_close(provider);
    }
}

/* ---- Timers ----------------------------------------------------------------------------- */

static void silence_before_the_head_is_timed(void **state)
{
    struct scene *scene = *state;
    struct asked *asked;
    struct peer *provider;

    scene->timeouts.first_byte_us = 50000;
    asked = ask(scene, "GET", NULL);
    provider = peer_accept(scene->loop, scene->listener);
    peer_expect(provider, "\r\n\r\n");
    peer_say(provider, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 2");
    expect_failure(scene, asked, GW_HTTP_FAILURE_FIRST_BYTE_TIMEOUT);
    peer_expect_end(provider);
    forget(asked);
    peer_close(provider);
}

static void silence_inside_the_body_is_timed_from_the_last_byte(void **state)
{
    struct scene *scene = *state;
    struct asked *asked;
    struct peer *provider;

    scene->timeouts.idle_us = 60000;
    asked = ask(scene, "GET", NULL);
    provider = peer_accept(scene->loop, scene->listener);
    peer_expect(provider, "\r\n\r\n");
    peer_say(provider, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
    for (int i = 0; i < 8; i++) { /* much longer than the limit in all */
        scene_turn_for(scene->loop, 20000);
        peer_say(provider, "x");
        UNTIL(scene->loop, asked->body_len == (size_t)i + 1);
        assert_int_equal(asked->fails, 0);
    }
    expect_failure(scene, asked, GW_HTTP_FAILURE_IDLE_TIMEOUT);
    forget(asked);
    peer_close(provider);
}

static void the_whole_call_is_timed_however_lively_it_is(void **state)
{
    struct scene *scene = *state;
    struct asked *asked;
    struct peer *provider;

    scene->timeouts.idle_us = 60000;
    scene->timeouts.total_us = 100000;
    asked = ask(scene, "GET", NULL);
    provider = peer_accept(scene->loop, scene->listener);
    peer_say(provider, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    for (int i = 0; i < 1000 && asked->fails == 0; i++) {
        (void)!send(provider->fd, "x", 1, MSG_NOSIGNAL);
        scene_turn_for(scene->loop, 5000);
    }
    expect_failure(scene, asked, GW_HTTP_FAILURE_TOTAL_TIMEOUT);
    forget(asked);
    peer_close(provider);
}

/* A listener whose queue is full lets the kernel drop our SYN: nobody answers. */
static void a_connection_that_nobody_answers_is_timed(void **state)
{
    struct scene *scene = *state;
    struct peer *filler[8];
    struct asked *asked;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    address.sin_port = htons(scene->port);
    assert_int_equal(listen(scene->listener, 0), 0);
    for (int i = 0; i < 8; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

        (void)!connect(fd, (struct sockaddr *)&address, sizeof(address));
        filler[i] = peer_new(scene->loop, fd);
    }
    scene->timeouts.connect_us = 50000;
    asked = ask(scene, "GET", NULL);
    expect_failure(scene, asked, GW_HTTP_FAILURE_CONNECT_TIMEOUT);
    forget(asked);
    for (int i = 0; i < 8; i++) {
        peer_close(filler[i]);
    }
}

/* ---- The guard --------------------------------------------------------------------------- */

static void guard_with(struct scene *scene, const char *allowed)
{
    struct gw_fault fault = {""};

    gw_http_client_free(scene->client);
    scene->client = NULL;
    gw_guard_free(scene->guard);
    assert_int_equal(gw_guard_new(&allowed, allowed == NULL ? 0 : 1, &scene->guard, &fault), GW_OK);
    new_client(scene, 8, 60000000);
}

/* Asks `host` at the scene's port, and expects to be kept from it for a `class` of addresses. */
static void expect_forbidden(struct scene *scene, const char *host, const char *class)
{
    struct asked asked = {0};
    struct gw_http_send send = {.origin = {.host = gw_text_of(host), .port = scene->port},
                                .method = GW_TEXT("GET"),
                                .target = GW_TEXT("/")};

    asked.call = gw_http_call_open(scene->client, &send, &OPS, &asked);
    expect_failure(scene, &asked, GW_HTTP_FAILURE_FORBIDDEN);
    assert_non_null(strstr(asked.text, host));
    assert_non_null(strstr(asked.text, class));
    gw_http_call_close(asked.call);
    assert_false(peer_may_accept(scene->listener));
}

static void an_address_that_is_not_allowed_is_never_connected_to(void **state)
{
    struct scene *scene = *state;

    guard_with(scene, NULL);
    expect_forbidden(scene, "127.0.0.1", "loopback");
    expect_forbidden(scene, "169.254.169.254", "metadata");
    expect_forbidden(scene, "::ffff:127.0.0.1", "loopback");
    expect_forbidden(scene, "::1", "loopback");
    expect_forbidden(scene, "0.0.0.0", "unspecified");
    expect_forbidden(scene, "/run/some.sock", "unix");
}

/* What getaddrinfo() takes for an address counts as what it has become. */
static void a_name_is_judged_by_what_it_resolves_to(void **state)
{
    static const char *const NAMES[] = {"localhost", "2130706433", "0x7f000001", "0177.0.0.1",
                                        "127.1"};
    struct scene *scene = *state;

    guard_with(scene, NULL);
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        expect_forbidden(scene, NAMES[i], "loopback");
    }
    guard_with(scene, "private");
    expect_forbidden(scene, "localhost", "loopback");
}

static void an_address_that_is_allowed_is_connected_to(void **state)
{
    static const char *const RULES[] = {"loopback", "127.0.0.1", "127.0.0.0/8"};
    struct scene *scene = *state;

    for (size_t i = 0; i < 3; i++) {
        struct peer *provider;

        guard_with(scene, RULES[i]);
        provider = pooled(scene);
        ask_again_over(scene, provider);
        peer_close(provider);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(a_refused_connection_is_told),
        CASE(a_name_that_does_not_exist_is_told_and_holds_nobody_up),
        CASE(a_name_is_resolved),
        CASE(a_unix_socket_can_be_called),
        CASE(each_way_to_break_off_has_its_name),
        CASE(a_provider_that_hangs_up_while_we_send_is_told),
        CASE(an_endless_head_is_refused),
        CASE(silence_before_the_head_is_timed),
        CASE(silence_inside_the_body_is_timed_from_the_last_byte),
        CASE(the_whole_call_is_timed_however_lively_it_is),
        CASE(a_connection_that_nobody_answers_is_timed),
        CASE(an_address_that_is_not_allowed_is_never_connected_to),
        CASE(a_name_is_judged_by_what_it_resolves_to),
        CASE(an_address_that_is_allowed_is_connected_to),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/net/http_client_failure", tests, NULL, NULL);
}
