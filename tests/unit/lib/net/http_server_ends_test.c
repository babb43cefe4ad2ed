/* SPDX-License-Identifier: MIT */
#include "tests/unit/lib/net/server_scene.h"

#include <sys/stat.h>

/* ---- Clients that leave ----------------------------------------------------------------- */

enum leaving { CLOSES, RESETS, HALF_CLOSES, SAYS_MORE_AND_CLOSES, LEAVINGS };

static void leave(struct peer *client, enum leaving how)
{
    switch (how) {
    case CLOSES:
        close(client->fd);
        client->fd = -1;
        break;
    case RESETS:
        peer_reset(client);
        break;
    case HALF_CLOSES:
        shutdown(client->fd, SHUT_WR);
        break;
    case SAYS_MORE_AND_CLOSES:
        peer_say(client, "GET /more HTTP/1.1\r\n");
        gw_loop_turn(client->loop, 10000);
        close(client->fd);
        client->fd = -1;
        break;
    case LEAVINGS:
        break;
    }
}

static void a_client_that_leaves_before_the_answer_is_noticed(void **state)
{
    struct scene *scene = *state;

    for (enum leaving how = CLOSES; how < LEAVINGS; how++) {
        struct peer *client = client_of(scene);

        scene->gones = 0;
        scene->open = NULL;
        peer_say(client, GET);
        UNTIL(scene->loop, scene->open != NULL);
        leave(client, how);
        UNTIL(scene->loop, scene->gones == 1);
        UNTIL(scene->loop, gw_http_server_connections(scene->server) == 0);
        assert_int_equal(gw_http_server_requests(scene->server), 0);
        peer_close(client);
    }
}

static void a_client_that_leaves_between_two_events_is_noticed(void **state)
{
    struct scene *scene = *state;

    for (enum leaving how = CLOSES; how < LEAVINGS; how++) {
        struct peer *client = client_of(scene);

        scene->gones = 0;
        scene->open = NULL;
        peer_say(client, GET);
        UNTIL(scene->loop, scene->open != NULL);
        start(scene, 200, GW_HTTP_LENGTH_UNKNOWN);
        send_now(scene, "data: 1\n\n");
        leave(client, how);
        UNTIL(scene->loop, scene->gones == 1);
        UNTIL(scene->loop, gw_http_server_connections(scene->server) == 0);
        peer_close(client);
    }
}

static void a_client_that_leaves_while_bytes_are_under_way_is_noticed(void **state)
{
    static char block[1 << 20];
    struct scene *scene = *state;
    struct peer *client = client_of(scene);

    peer_say(client, GET);
    UNTIL(scene->loop, scene->open != NULL);
    start(scene, 200, GW_HTTP_LENGTH_UNKNOWN);
    stuff(scene, block, sizeof(block));
    leave(client, CLOSES);
    UNTIL(scene->loop, scene->gones == 1);
    UNTIL(scene->loop, gw_http_server_connections(scene->server) == 0);
    peer_close(client);
}

static void a_client_of_a_unix_socket_that_leaves_is_noticed(void **state)
{
    struct scene *scene = *state;
    char path[64];

    snprintf(path, sizeof(path), "/tmp/gw-net-test-%d.sock", (int)getpid());
    gw_http_server_close(scene->server);
    open_server(scene, path);
    assert_int_equal(gw_http_server_port(scene->server), 0);
    for (enum leaving how = CLOSES; how < LEAVINGS; how++) {
        struct peer *client;

        if (how == RESETS) {
            continue;
        }
        client = peer_connect_unix(scene->loop, path);
        scene->gones = 0;
        scene->open = NULL;
        peer_say(client, GET);
        UNTIL(scene->loop, scene->open != NULL);
        assert_string_equal(scene->peer, "");
        leave(client, how);
        UNTIL(scene->loop, scene->gones == 1);
        peer_close(client);
    }
}

/* ---- Slow clients ----------------------------------------------------------------------- */

static void slow_clients_are_closed(void **state)
{
    static const char *const BEGUN[] = {
        "",                                                             /* says nothing */
        "GET / HTTP/1.1\r\nHost",                                       /* half a head */
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nsome", /* half a body */
        GET,                                                            /* idle after one */
    };
    struct scene *scene = *state;

    gw_http_server_close(scene->server);
    scene->conf.head_timeout_us = 60000;
    scene->conf.body_idle_timeout_us = 60000;
    scene->answers_at_once = true;
    open_server(scene, "127.0.0.1:0");
    for (size_t i = 0; i < sizeof(BEGUN) / sizeof(BEGUN[0]); i++) {
        struct peer *client = client_of(scene);
        int64_t since_us = scene_now_us();

        peer_say(client, BEGUN[i]);
        peer_expect_end(client);
        assert_true(scene_now_us() - since_us >= 60000);
        peer_close(client);
    }
}

static void a_dribbling_head_is_too_slow_and_a_dribbling_body_is_not(void **state)
{
    struct scene *scene = *state;
    struct peer *head, *body;

    gw_http_server_close(scene->server);
    scene->conf.head_timeout_us = 100000;
    scene->conf.body_idle_timeout_us = 100000;
    scene->answers_at_once = true;
    open_server(scene, "127.0.0.1:0");
    head = client_of(scene);
    body = client_of(scene);
    peer_say(head, "GET / HTTP/1.1\r\nX-A: ");
    peer_say(body, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 25\r\n\r\n");
    for (int i = 0; i < 25; i++) {
        scene_turn_for(scene->loop, 12000);
        if (!peer_ended(head)) {
            (void)!send(head->fd, "x", 1, MSG_NOSIGNAL);
        }
        peer_say(body, "x");
    }
    assert_true(peer_ended(head));
    peer_expect(body, "hello");
    assert_int_equal(strlen(scene->body), 25);
    peer_close(head);
    peer_close(body);
}

static void an_open_request_is_not_too_slow(void **state)
{
    struct scene *scene = *state;
    struct peer *client;

    gw_http_server_close(scene->server);
    scene->conf.head_timeout_us = scene->conf.body_idle_timeout_us = 40000;
    open_server(scene, "127.0.0.1:0");
    client = client_of(scene);
    peer_say(client, GET);
    UNTIL(scene->loop, scene->open != NULL);
    scene_turn_for(scene->loop, 200000);
    reply_ok(scene->open, "late");
    peer_expect(client, "late");
    peer_close(client);
}

/* ---- Many, and the end ------------------------------------------------------------------ */

static void connections_beyond_the_limit_wait_their_turn(void **state)
{
    struct scene *scene = *state;
    struct peer *first, *second;

    gw_http_server_close(scene->server);
    scene->conf.connections_max = 1;
    scene->answers_at_once = true;
    open_server(scene, "127.0.0.1:0");
    first = client_of(scene);
    peer_say(first, GET);
    peer_expect(first, "hello");
    second = client_of(scene);
    peer_say(second, GET);
    scene_turn_for(scene->loop, 30000);
    assert_false(peer_has(second, "hello"));
    assert_int_equal(gw_http_server_connections(scene->server), 1);
    peer_close(first);
    peer_expect(second, "hello");
    peer_close(second);
}

static void on_drained(void *owner)
{
    ((struct scene *)owner)->drains++;
}

static void draining_closes_idle_connections_and_lets_open_requests_finish(void **state)
{
    struct scene *scene = *state;
    struct peer *idle = client_of(scene), *busy = client_of(scene), *streaming = client_of(scene);
    struct gw_http_request *stream;
    uint16_t port = gw_http_server_port(scene->server);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    scene->answers_at_once = true;
    peer_say(idle, GET);
    peer_expect(idle, "hello");
    scene->answers_at_once = false;
    peer_say(streaming, GET);
    UNTIL(scene->loop, scene->open != NULL);
    start(scene, 200, GW_HTTP_LENGTH_UNKNOWN);
    send_now(scene, "begun");
    stream = scene->open;
    scene->open = NULL;
    peer_say(busy, GET);
    UNTIL(scene->loop, scene->open != NULL);

    gw_http_server_drain(scene->server, on_drained, scene);
    peer_expect_end(idle);
    gw_loop_turn(scene->loop, 0);
    assert_int_equal(connect(late, (struct sockaddr *)&address, sizeof(address)), -1);
    assert_int_equal(scene->drains, 0);
    reply_ok(scene->open, "answered");
    peer_expect(busy, "answered");
    assert_true(peer_has(busy, "Connection: close\r\n"));
    peer_expect_end(busy);
    assert_int_equal(scene->drains, 0);
    gw_http_reply_finish(stream, GW_TEXT("done"));
    peer_expect(streaming, "done\r\n0\r\n\r\n");
    UNTIL(scene->loop, scene->drains == 1);
    scene_turn_for(scene->loop, 20000);
    assert_int_equal(scene->drains, 1);
    assert_int_equal(scene->gones, 0);
    close(late);
    peer_close(idle);
    peer_close(busy);
    peer_close(streaming);
}

static void draining_an_idle_server_is_over_at_once(void **state)
{
    struct scene *scene = *state;

    gw_http_server_drain(scene->server, on_drained, scene);
    assert_int_equal(scene->drains, 0); /* later, never inside the call */
    gw_loop_turn(scene->loop, 0);
    assert_int_equal(scene->drains, 1);
}

static void closing_tells_open_requests_and_closes_every_connection(void **state)
{
    struct scene *scene = *state;
    struct peer *idle = client_of(scene), *busy = client_of(scene);

    scene->answers_at_once = true;
    peer_say(idle, GET);
    peer_expect(idle, "hello");
    scene->answers_at_once = false;
    peer_say(busy, GET);
    UNTIL(scene->loop, scene->open != NULL);
    gw_http_server_close(scene->server);
    assert_int_equal(scene->gones, 1);
    peer_expect_end(idle);
    peer_expect_end(busy);
    scene->server = NULL;
    peer_close(idle);
    peer_close(busy);
}

/* ---- Listening -------------------------------------------------------------------------- */

static void a_taken_port_is_told_with_its_address(void **state)
{
    struct scene *scene = *state;
    struct gw_http_service service = {on_request, scene};
    struct gw_http_server *second;
    struct gw_fault fault = {""};
    char address[64];

    snprintf(address, sizeof(address), "127.0.0.1:%u", gw_http_server_port(scene->server));
    assert_int_equal(
        gw_http_server_open(scene->loop, address, &scene->conf, &service, &second, &fault),
        GW_E_UNAVAILABLE);
    assert_non_null(strstr(fault.text, address));
    assert_non_null(strstr(fault.text, "in use"));
}

static void addresses_that_are_none_are_refused(void **state)
{
    static const char *const BAD[] = {
        "",      "8080",           "127.0.0.1", "127.0.0.1:",     "[::1:80",
        "[]:80", "127.0.0.1:http", "1.2.3:x",   "256.1.1.1.1:80", "/no/such/folder/a.sock"};
    struct scene *scene = *state;
    struct gw_http_service service = {on_request, scene};

    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        struct gw_http_server *server;
        struct gw_fault fault = {""};

        assert_int_equal(
            gw_http_server_open(scene->loop, BAD[i], &scene->conf, &service, &server, &fault),
            GW_E_UNAVAILABLE);
        assert_non_null(strstr(fault.text, BAD[i]));
    }
}

static void a_stale_unix_socket_is_replaced_and_a_live_one_is_not(void **state)
{
    struct scene *scene = *state;
    struct gw_http_service service = {on_request, scene};
    struct gw_http_server *second;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct gw_fault fault = {""};
    struct stat left;
    int stale = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/gw-net-stale-%d", (int)getpid());
    assert_int_equal(bind(stale, (struct sockaddr *)&address, sizeof(address)), 0);
    close(stale);
    gw_http_server_close(scene->server);
    open_server(scene, address.sun_path);
    assert_int_equal(
        gw_http_server_open(scene->loop, address.sun_path, &scene->conf, &service, &second, &fault),
        GW_E_UNAVAILABLE);
    gw_http_server_close(scene->server);
    scene->server = NULL;
    assert_int_equal(stat(address.sun_path, &left), -1);
}

static void several_loops_may_listen_on_one_address(void **state)
{
    struct scene *scene = *state;
    struct gw_http_service service = {on_request, scene};
    struct gw_http_server *second;
    struct gw_fault fault = {""};
    char address[64];

    gw_http_server_close(scene->server);
    scene->conf.reuse_port = true;
    open_server(scene, "[::1]:0");
    snprintf(address, sizeof(address), "[::1]:%u", gw_http_server_port(scene->server));
    assert_int_equal(
        gw_http_server_open(scene->loop, address, &scene->conf, &service, &second, &fault), GW_OK);
    gw_http_server_close(second);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(a_client_that_leaves_before_the_answer_is_noticed),
        CASE(a_client_that_leaves_between_two_events_is_noticed),
        CASE(a_client_that_leaves_while_bytes_are_under_way_is_noticed),
        CASE(a_client_of_a_unix_socket_that_leaves_is_noticed),
        CASE(slow_clients_are_closed),
        CASE(a_dribbling_head_is_too_slow_and_a_dribbling_body_is_not),
        CASE(an_open_request_is_not_too_slow),
        CASE(connections_beyond_the_limit_wait_their_turn),
        CASE(draining_closes_idle_connections_and_lets_open_requests_finish),
        CASE(draining_an_idle_server_is_over_at_once),
        CASE(closing_tells_open_requests_and_closes_every_connection),
        CASE(a_taken_port_is_told_with_its_address),
        CASE(addresses_that_are_none_are_refused),
        CASE(a_stale_unix_socket_is_replaced_and_a_live_one_is_not),
        CASE(several_loops_may_listen_on_one_address),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/net/http_server_ends", tests, NULL, NULL);
}
