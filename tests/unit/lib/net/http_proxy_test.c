/* SPDX-License-Identifier: MIT */
#include "tests/unit/lib/net/client_scene.h"

/* Asks "api.example" by way of the scene's listener. */
static struct asked *ask_through(struct scene *scene, const char *scheme, const char *host)
{
    struct asked *asked = calloc(1, sizeof(*asked));
    struct gw_http_proxy_room room;
    struct gw_http_proxy proxy;
    struct gw_http_send send = {.origin = {.host = gw_text_of(host), .port = 80},
                                .proxy = &proxy,
                                .method = GW_TEXT("GET"),
                                .target = GW_TEXT("/"),
                                .timeouts = scene->timeouts};
    char url[128];

    snprintf(url, sizeof(url), "%s127.0.0.1:%u", scheme, scene->port);
    assert_int_equal(gw_http_proxy_parse(gw_text_of(url), &room, &proxy), GW_OK);
    asked->loop = scene->loop;
    asked->call = gw_http_call_open(scene->client, &send, &OPS, asked);
    memset(&room, 'x', sizeof(room)); /* what was borrowed is not needed any more */
    memset(url, 'x', sizeof(url));
    return asked;
}

static void say_bytes(struct peer *peer, const char *bytes, size_t size)
{
    assert_int_equal(send(peer->fd, bytes, size, MSG_NOSIGNAL), size);
}

#define SAY(peer, literal) say_bytes(peer, literal, sizeof(literal) - 1)

static void expect_bytes(struct peer *peer, const char *bytes, size_t size)
{
    while (peer->len < size) {
        UNTIL(peer->loop, peer_read(peer));
    }
    assert_int_equal(peer->len, size);
    assert_memory_equal(peer->in, bytes, size);
    peer_forget(peer);
}

#define EXPECT(peer, literal) expect_bytes(peer, literal, sizeof(literal) - 1)

/* The way is open: the request comes, and is answered. */
static void answer(struct scene *scene, struct peer *proxy, struct asked *asked)
{
    peer_expect(proxy, "GET / HTTP/1.1\r\n\r\n");
    peer_say(proxy, OK5);
    UNTIL(scene->loop, asked->ends + asked->fails == 1);
    assert_int_equal(asked->ends, 1);
    assert_memory_equal(asked->body, "hello", 5);
    forget(asked);
    peer_forget(proxy);
}

static void expect_proxy_failure(struct scene *scene, struct asked *asked, const char *text)
{
    expect_failure(scene, asked, GW_HTTP_FAILURE_PROXY);
    assert_non_null(strstr(asked->text, "127.0.0.1"));
    assert_null(strstr(asked->text, "secret"));
    if (strstr(asked->text, text) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", asked->text, text);
    }
    forget(asked);
}

static void connect_opens_the_way_and_the_way_is_kept(void **state)
{
    struct scene *scene = *state;
    struct asked *asked = ask_through(scene, "http://", "api.example");
    struct peer *proxy = peer_accept(scene->loop, scene->listener);

    peer_expect(proxy, "CONNECT api.example:80 HTTP/1.1\r\nHost: api.example:80\r\n\r\n");
    peer_forget(proxy);
    SAY(proxy, "HTTP/1.1 200 Connection est");
    scene_turn_for(scene->loop, 5000);
    SAY(proxy, "ablished\r\n\r\n");
    answer(scene, proxy, asked);
    asked = ask_through(scene, "http://", "api.example");
    answer(scene, proxy, asked); /* no second CONNECT */
    peer_close(proxy);
}

static void connect_shows_credentials(void **state)
{
    struct scene *scene = *state;
    struct asked *asked = ask_through(scene, "http://me:secret@", "api.example");
    struct peer *proxy = peer_accept(scene->loop, scene->listener);

    peer_expect(proxy, "\r\nProxy-Authorization: Basic bWU6c2VjcmV0\r\n\r\n");
    peer_forget(proxy);
    SAY(proxy, "HTTP/1.1 200 OK\r\n\r\n");
    peer_expect(proxy, "\r\n\r\n");
    assert_false(peer_has(proxy, "Proxy-Authorization")); /* not for the origin */
    answer(scene, proxy, asked);
    peer_close(proxy);
}

static void s02_062_socks5_is_shown_user_and_password(void **state)
{
    struct scene *scene = *state;
    struct asked *asked = ask_through(scene, "socks5://u:p@", "api.example");
    struct peer *proxy = peer_accept(scene->loop, scene->listener);

    EXPECT(proxy, "\5\2\0\2");
    SAY(proxy, "\5\2");
    EXPECT(proxy, "\1\1u\1p");
    SAY(proxy, "\1\0");
    EXPECT(proxy, "\5\1\0\3\13api.example\0\120");
    SAY(proxy, "\5\0\0\1\1\2\3\4\0\120");
    answer(scene, proxy, asked);
    peer_close(proxy);
}

static void socks4_opens_the_way(void **state)
{
    struct scene *scene = *state;
    struct asked *asked = ask_through(scene, "socks4://", "api.example");
    struct peer *proxy = peer_accept(scene->loop, scene->listener);

    EXPECT(proxy, "\4\1\0\120\0\0\0\1\0api.example\0");
    SAY(proxy, "\0\132\0\0\0\0\0\0");
    answer(scene, proxy, asked);
    peer_close(proxy);
}

/* Each way of going has connections of its own. */
static void connections_are_not_shared_between_credentials(void **state)
{
    static const char *const WAYS[] = {"http://", "http://a:secret@", "http://a:other@",
                                       "http://b:secret@"};
    struct scene *scene = *state;
    struct peer *proxies[4];

    for (size_t i = 0; i < 4; i++) {
        struct asked *asked = ask_through(scene, WAYS[i], "api.example");

        proxies[i] = peer_accept(scene->loop, scene->listener);
        peer_expect(proxies[i], "\r\n\r\n");
        peer_forget(proxies[i]);
        SAY(proxies[i], "HTTP/1.1 200 OK\r\n\r\n");
        answer(scene, proxies[i], asked);
    }
    for (size_t i = 0; i < 4; i++) {
        answer(scene, proxies[i], ask_through(scene, WAYS[i], "api.example"));
        peer_close(proxies[i]);
    }
}

static void a_proxy_that_refuses_is_told_apart_from_the_origin(void **state)
{
    struct scene *scene = *state;
    struct asked *asked = ask_through(scene, "http://me:secret@", "api.example");
    struct peer *proxy = peer_accept(scene->loop, scene->listener);

    peer_expect(proxy, "\r\n\r\n");
    SAY(proxy, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    expect_proxy_failure(scene, asked, "answered 407");
    peer_expect_end(proxy);
    peer_close(proxy);

    asked = ask_through(scene, "socks5://", "api.example");
    proxy = peer_accept(scene->loop, scene->listener);
    EXPECT(proxy, "\5\1\0");
    SAY(proxy, "\5\0");
    EXPECT(proxy, "\5\1\0\3\13api.example\0\120");
    SAY(proxy, "\5\5\0\1\0\0\0\0\0\0");
    expect_proxy_failure(scene, asked, "refused by the origin");
    peer_close(proxy);
}

static void a_proxy_that_makes_no_sense_is_told(void **state)
{
    static const struct {
        const char *scheme, *says, *text;
    } CASES[] = {
        {"http://", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "not HTTP"},
        {"socks5://", "HTTP/1.1 400 Bad Request\r\n\r\n", "not SOCKS5"},
        {"socks4://", "HTTP/1.1 400 Bad Request\r\n\r\n", "not SOCKS4"},
        {"http://", "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "said more"},
        {"http://", NULL, "closed"},
        {"socks5://", NULL, "closed"},
    };
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct asked *asked = ask_through(scene, CASES[i].scheme, "api.example");
        struct peer *proxy = peer_accept(scene->loop, scene->listener);

        UNTIL(scene->loop, peer_read(proxy));
        if (CASES[i].says != NULL) {
            peer_say(proxy, CASES[i].says);
        } else {
            peer_reset(proxy);
        }
        expect_proxy_failure(scene, asked, CASES[i].text);
        peer_close(proxy);
    }
}

static void a_proxy_that_is_silent_or_away_is_told(void **state)
{
    struct scene *scene = *state;
    struct asked *asked;
    struct peer *proxy;

    scene->timeouts.connect_us = 50000;
    asked = ask_through(scene, "http://", "api.example");
    proxy = peer_accept(scene->loop, scene->listener);
    expect_proxy_failure(scene, asked, "in time");
    peer_close(proxy);
    close(scene->listener);
    asked = ask_through(scene, "socks5://", "api.example");
    expect_proxy_failure(scene, asked, "refused");
    scene->listener = peer_listen(&scene->port);
}

static void a_call_that_is_closed_while_the_proxy_is_talked_to_leaves_nothing(void **state)
{
    struct scene *scene = *state;
    struct asked *asked = ask_through(scene, "http://", "api.example");
    struct peer *proxy = peer_accept(scene->loop, scene->listener);

    peer_expect(proxy, "\r\n\r\n");
    forget(asked);
    peer_expect_end(proxy);
    peer_close(proxy);
}

static void an_origin_that_closes_behind_the_proxy_is_no_fault_of_the_proxy(void **state)
{
    struct scene *scene = *state;
    struct asked *asked = ask_through(scene, "http://", "api.example");
    struct peer *proxy = peer_accept(scene->loop, scene->listener);

    peer_expect(proxy, "\r\n\r\n");
    SAY(proxy, "HTTP/1.1 200 OK\r\n\r\n");
    peer_expect(proxy, "GET / HTTP/1.1\r\n\r\n");
    peer_close(proxy);
    expect_failure(scene, asked, GW_HTTP_FAILURE_CLOSED);
    forget(asked);
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

static void the_guard_looks_at_the_proxy_and_at_what_it_would_reach(void **state)
{
    static const char *const HOSTS[] = {
        "10.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "0xa000001",
        "10.1",     "0.0.0.0",         "fe80::1"};
    struct scene *scene = *state;
    struct asked *asked;
    struct peer *proxy;

    guard_with(scene, NULL);
    asked = ask_through(scene, "http://", "api.example");
    expect_failure(scene, asked, GW_HTTP_FAILURE_FORBIDDEN);
    assert_non_null(strstr(asked->text, "loopback"));
    forget(asked);

    guard_with(scene, "127.0.0.1");
    for (size_t i = 0; i < sizeof(HOSTS) / sizeof(HOSTS[0]); i++) {
        asked = ask_through(scene, "socks5://", HOSTS[i]);
        expect_failure(scene, asked, GW_HTTP_FAILURE_FORBIDDEN);
        assert_non_null(strstr(asked->text, HOSTS[i]));
        forget(asked);
        assert_false(peer_may_accept(scene->listener));
    }
    asked = ask_through(scene, "http://", "api.example");
    proxy = peer_accept(scene->loop, scene->listener);
    peer_expect(proxy, "\r\n\r\n");
    peer_forget(proxy);
    SAY(proxy, "HTTP/1.1 200 OK\r\n\r\n");
    answer(scene, proxy, asked);
    peer_close(proxy);
}

static void the_name_that_means_the_proxy_itself_is_guarded(void **state)
{
    static const char *const HOSTS[] = {"localhost", "LOCALHOST.", "a.localhost"};
    struct scene *scene = *state;

    guard_with(scene, NULL);
    for (size_t i = 0; i < 3; i++) {
        struct asked *asked = ask_through(scene, "http://", HOSTS[i]);

        expect_failure(scene, asked, GW_HTTP_FAILURE_FORBIDDEN);
        assert_non_null(strstr(asked->text, HOSTS[i]));
        forget(asked);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(connect_opens_the_way_and_the_way_is_kept),
        CASE(connect_shows_credentials),
        CASE(s02_062_socks5_is_shown_user_and_password),
        CASE(socks4_opens_the_way),
        CASE(connections_are_not_shared_between_credentials),
        CASE(a_proxy_that_refuses_is_told_apart_from_the_origin),
        CASE(a_proxy_that_makes_no_sense_is_told),
        CASE(a_proxy_that_is_silent_or_away_is_told),
        CASE(a_call_that_is_closed_while_the_proxy_is_talked_to_leaves_nothing),
        CASE(an_origin_that_closes_behind_the_proxy_is_no_fault_of_the_proxy),
        CASE(the_guard_looks_at_the_proxy_and_at_what_it_would_reach),
        CASE(the_name_that_means_the_proxy_itself_is_guarded),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/net/http_proxy", tests, NULL, NULL);
}
