/* SPDX-License-Identifier: MIT */
#include "lib/net/http_server.h"

#include "tests/unit/lib/net/scene.h"

#include <sys/stat.h>

#define BODY_MAX 1000
#define GET      "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

/* What the service under test saw last, and holds. */
struct scene {
    struct gw_loop *loop;
    struct gw_http_server *server;
    struct gw_http_server_conf conf;
    struct gw_http_request *open;
    char method[16], target[256], authority[64], body[BODY_MAX + 1], peer[64], header[64];
    int version;
    int requests, gones, sents, drains;
    bool answers_at_once;
    const char *answer;
};

static void on_sent(void *owner)
{
    ((struct scene *)owner)->sents++;
}

static void on_gone(void *owner)
{
    struct scene *scene = owner;

    scene->gones++;
    scene->open = NULL;
}

static const struct gw_http_reply_ops OPS = {on_sent, on_gone};

static void copy(char *to, size_t size, struct gw_text from)
{
    snprintf(to, size, "%.*s", GW_TEXT_ARG(from));
}

static void reply_ok(struct gw_http_request *request, const char *body)
{
    const struct gw_http_header headers[] = {{GW_TEXT("X-Case"), GW_TEXT("Kept")}};

    gw_http_reply_whole(request, 200, (struct gw_http_headers){headers, 1}, gw_text_of(body));
}

static void on_request(void *owner, struct gw_http_request *request)
{
    struct scene *scene = owner;

    scene->requests++;
    copy(scene->method, sizeof(scene->method), gw_http_request_method(request));
    copy(scene->target, sizeof(scene->target), gw_http_request_target(request));
    copy(scene->authority, sizeof(scene->authority), gw_http_request_authority(request));
    copy(scene->body, sizeof(scene->body), gw_http_request_body(request));
    copy(scene->peer, sizeof(scene->peer), gw_http_request_peer(request));
    copy(scene->header, sizeof(scene->header),
         gw_http_find(gw_http_request_headers(request), GW_TEXT("x-ASKED")));
    scene->version = gw_http_request_version(request);
    if (scene->answers_at_once) {
        reply_ok(request, scene->answer);
        return;
    }
    scene->open = request;
    gw_http_request_own(request, &OPS, scene);
}

static void open_server(struct scene *scene, const char *address)
{
    struct gw_http_service service = {on_request, scene};
    struct gw_fault fault = {""};

    assert_int_equal(
        gw_http_server_open(scene->loop, address, &scene->conf, &service, &scene->server, &fault),
        GW_OK);
}

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));

    scene->loop = gw_loop_new();
    scene->conf = (struct gw_http_server_conf){.body_max = BODY_MAX,
                                               .head_timeout_us = 10000000,
                                               .body_idle_timeout_us = 10000000,
                                               .connections_max = 100};
    scene->answer = "hello";
    open_server(scene, "127.0.0.1:0");
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    gw_http_server_close(scene->server);
    gw_loop_free(scene->loop);
    free(scene);
    return 0;
}

static struct peer *client_of(struct scene *scene)
{
    return peer_connect(scene->loop, gw_http_server_port(scene->server));
}

static void start(struct scene *scene, int status, uint64_t length)
{
    const struct gw_http_header headers[] = {
        {GW_TEXT("Content-Type"), GW_TEXT("text/event-stream")}};

    gw_http_reply_start(scene->open, status, (struct gw_http_headers){headers, 1}, length);
}

/* Sends and waits until it was written. */
static void send_now(struct scene *scene, const char *text)
{
    int sents = scene->sents;

    gw_http_reply_send(scene->open, gw_text_of(text));
    UNTIL(scene->loop, scene->sents == sents + 1);
}

/* ---- Requests --------------------------------------------------------------------------- */

static void a_request_arrives_as_it_was_sent(void **state)
{
    struct scene *scene = *state;
    struct peer *client = client_of(scene);

    scene->answers_at_once = true;
    peer_say(client, "POST /v1/messages?beta=%20true HTTP/1.1\r\nHost: gate.example:8080\r\n"
                     "X-Asked: This  Way\r\nContent-Length: 11\r\n\r\n{\"model\":1}");
    peer_expect(client, "\r\n\r\nhello");
    assert_string_equal(scene->method, "POST");
    assert_string_equal(scene->target, "/v1/messages?beta=%20true");
    assert_string_equal(scene->authority, "gate.example:8080");
    assert_string_equal(scene->body, "{\"model\":1}");
    assert_string_equal(scene->header, "This  Way");
    assert_string_equal(scene->peer, "127.0.0.1");
    assert_int_equal(scene->version, 11);
    assert_true(peer_has(client, "HTTP/1.1 200 OK\r\n"));
    assert_true(peer_has(client, "Content-Length: 5\r\n"));
    assert_true(peer_has(client, "Connection: keep-alive\r\n"));
    assert_true(peer_has(client, "X-Case: Kept\r\n"));
    assert_false(peer_has(client, "erver:"));
    peer_close(client);
}

static void a_request_may_arrive_in_pieces_of_any_size(void **state)
{
    static const char *const ASKED = "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                                     "\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nT: r\r\n\r\n";
    struct scene *scene = *state;
    struct peer *client = client_of(scene);

    scene->answers_at_once = true;
    for (size_t cut = 1; cut < strlen(ASKED); cut++) {
        assert_int_equal(send(client->fd, ASKED, cut, MSG_NOSIGNAL), cut);
        gw_loop_turn(scene->loop, 0);
        peer_say(client, ASKED + cut);
        peer_expect(client, "\r\n\r\nhello");
        assert_string_equal(scene->body, "abcdefg");
        peer_forget(client);
    }
    assert_int_equal(scene->requests, strlen(ASKED) - 1);
    peer_close(client);
}

static void pipelined_requests_are_answered_in_turn(void **state)
{
    struct scene *scene = *state;
    struct peer *client = client_of(scene);

    peer_say(client, "GET /one HTTP/1.1\r\nHost: a\r\n\r\nGET /two HTTP/1.1\r\nHost: a\r\n\r\n");
    UNTIL(scene->loop, scene->open != NULL);
    assert_string_equal(scene->target, "/one");
    scene_turn_for(scene->loop, 150000); /* longer than the look at a client that says more */
    assert_int_equal(scene->gones, 0);
    assert_int_equal(scene->requests, 1);
    reply_ok(scene->open, "first");
    scene->open = NULL;
    UNTIL(scene->loop, scene->open != NULL);
    assert_string_equal(scene->target, "/two");
    reply_ok(scene->open, "second");
    peer_expect(client, "second");
    peer_close(client);
}

struct refused {
    const char *what;
    const char *asked;
    const char *status;
};

static const struct refused REFUSED[] = {
    {"two lengths",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
     "HTTP/1.1 400 "},
    {"two equal lengths",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\ncontent-length: 3\r\n\r\nabc",
     "HTTP/1.1 400 "},
    {"length and chunks",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n",
     "HTTP/1.1 400 "},
    {"two codings",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n",
     "HTTP/1.1 400 "},
    {"unknown coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
     "HTTP/1.1 400 "},
    {"bad length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc", "HTTP/1.1 400 "},
    {"folded line", "GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n", "HTTP/1.1 400 "},
    {"no name", "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", "HTTP/1.1 400 "},
    {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "HTTP/1.1 400 "},
    {"bare line feed", "GET / HTTP/1.1\r\nHost: a\nX-A: b\r\n\r\n", "HTTP/1.1 400 "},
    {"absolute target", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400 "},
    {"target is a star", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400 "},
    {"no HTTP", "\x16\x03\x01 hello\r\n\r\n", "HTTP/1.1 400 "},
    {"space before colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "HTTP/1.1 400 "},
    {"bad chunk", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
     "HTTP/1.1 400 "},
    {"too large", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", "HTTP/1.1 413 "},
    {"much too large", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n",
     "HTTP/1.1 413 "},
    {"unknown expectation",
     "POST / HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\nContent-Length: 1\r\n\r\na",
     "HTTP/1.1 417 "},
};

static void ambiguous_and_malformed_requests_are_refused_and_the_connection_closed(void **state)
{
    struct scene *scene = *state;

    scene->answers_at_once = true;
    for (size_t i = 0; i < sizeof(REFUSED) / sizeof(REFUSED[0]); i++) {
        struct peer *client = client_of(scene);

        peer_say(client, REFUSED[i].asked);
        if (strcmp(REFUSED[i].what, "too large") == 0) { /* refused once it was read */
            for (int k = 0; k < 1001; k++) {
                peer_say(client, "x");
            }
        }
        UNTIL(scene->loop, peer_has(client, "\r\n\r\n") || client->is_ended);
        if (strncmp(client->in, REFUSED[i].status, strlen(REFUSED[i].status)) != 0) {
            fail_msg("%s: got \"%s\"", REFUSED[i].what, client->in);
        }
        peer_expect_end(client);
        peer_close(client);
    }
    assert_int_equal(scene->requests, 0);
    peer_close(NULL);
}

static void say_sized(struct peer *client, bool in_chunks, int size)
{
    static char body[BODY_MAX + 2];
    char head[128];

    memset(body, 'x', sizeof(body));
    body[size] = '\0';
    if (in_chunks) {
        snprintf(head, sizeof(head),
                 "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n", size);
    } else {
        snprintf(head, sizeof(head), "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n",
                 size);
    }
    peer_say(client, head);
    peer_say(client, body);
    peer_say(client, in_chunks ? "\r\n0\r\n\r\n" : "");
}

static void a_body_of_exactly_the_limit_is_accepted_and_one_more_byte_is_not(void **state)
{
    struct scene *scene = *state;

    scene->answers_at_once = true;
    for (int kind = 0; kind < 2; kind++) {
        for (int size = BODY_MAX; size <= BODY_MAX + 1; size++) {
            struct peer *client = client_of(scene);

            say_sized(client, kind == 1, size);
            peer_expect(client, size == BODY_MAX ? "HTTP/1.1 200 " : "HTTP/1.1 413 ");
            peer_close(client);
        }
    }
}

/* The client sends on while the answer comes; a plain close would reset and lose the answer. */
static void a_refusal_is_seen_by_a_client_that_is_still_sending(void **state)
{
    struct scene *scene = *state;
    struct peer *client = client_of(scene);

    peer_say(client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n");
    for (int i = 0; i < 50; i++) {
        char block[4096];

        memset(block, 'x', sizeof(block));
        assert_int_equal(send(client->fd, block, sizeof(block), MSG_NOSIGNAL), sizeof(block));
        gw_loop_turn(scene->loop, 1000);
    }
    peer_expect(client, "HTTP/1.1 413 ");
    peer_expect_end(client);
    assert_false(client->is_reset);
    peer_close(client);
}

static void a_client_that_expects_continue_gets_it(void **state)
{
    struct scene *scene = *state;
    struct peer *client = client_of(scene);

    scene->answers_at_once = true;
    peer_say(client,
             "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    peer_expect(client, "HTTP/1.1 100 Continue\r\n\r\n");
    peer_say(client, "ok");
    peer_expect(client, "\r\n\r\nhello");
    assert_string_equal(scene->body, "ok");
    peer_close(client);
}

/* ---- Replies ---------------------------------------------------------------------------- */

static void a_stream_is_written_piece_by_piece_in_chunks(void **state)
{
    struct scene *scene = *state;
    struct peer *client = client_of(scene);

    peer_say(client, GET);
    UNTIL(scene->loop, scene->open != NULL);
    start(scene, 200, GW_HTTP_LENGTH_UNKNOWN);
    send_now(scene, "data: 1\n\n");
    peer_expect(client, "\r\n\r\n9\r\ndata: 1\n\n\r\n");
    assert_true(peer_has(client, "transfer-encoding: chunked\r\n"));
    send_now(scene, "");
    send_now(scene, "0123456789abcdef0");
    peer_expect(client, "\r\n11\r\n0123456789abcdef0\r\n");
    gw_http_reply_finish(scene->open, GW_TEXT("end"));
    peer_expect(client, "3\r\nend\r\n0\r\n\r\n");
    peer_forget(client);
    scene->answers_at_once = true;
    peer_say(client, GET); /* the connection is still good */
    peer_expect(client, "hello");
    assert_int_equal(scene->gones, 0);
    peer_close(client);
}

static void a_stream_that_is_no_success_is_written_in_chunks_too(void **state)
{
    struct scene *scene = *state;
    struct peer *client = client_of(scene);

    peer_say(client, GET);
    UNTIL(scene->loop, scene->open != NULL);
    start(scene, 429, GW_HTTP_LENGTH_UNKNOWN);
    send_now(scene, "slow");
    gw_http_reply_finish(scene->open, GW_TEXT_NONE);
    peer_expect(client, "4\r\nslow\r\n0\r\n\r\n");
    assert_true(peer_has(client, "HTTP/1.1 429 Too Many Requests\r\n"));
    assert_true(peer_has(client, "Connection: keep-alive\r\n"));
    peer_close(client);
}

static void an_old_client_gets_a_stream_that_ends_with_the_connection(void **state)
{
    struct scene *scene = *state;
    struct peer *client = client_of(scene);

    peer_say(client, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    UNTIL(scene->loop, scene->open != NULL);
    assert_int_equal(scene->version, 10);
    assert_string_equal(scene->authority, "");
    start(scene, 200, GW_HTTP_LENGTH_UNKNOWN);
    send_now(scene, "one");
    gw_http_reply_finish(scene->open, GW_TEXT("two"));
    peer_expect_end(client);
    assert_false(client->is_reset);
    assert_true(peer_has(client, "\r\n\r\nonetwo"));
    assert_true(peer_has(client, "Connection: close\r\n"));
    peer_close(client);
}

static void the_answer_to_head_and_204_have_no_body(void **state)
{
    struct scene *scene = *state;
    struct peer *client = client_of(scene);

    peer_say(client, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    UNTIL(scene->loop, scene->open != NULL);
    reply_ok(scene->open, "hello");
    peer_expect(client, "Content-Length: 5\r\n");
    peer_say(client, GET);
    scene->open = NULL;
    UNTIL(scene->loop, scene->open != NULL);
    gw_http_reply_whole(scene->open, 204, (struct gw_http_headers){NULL, 0}, GW_TEXT("ignored"));
    peer_expect(client, "HTTP/1.1 204 No Content\r\n");
    peer_say(client, GET);
    scene->open = NULL;
    UNTIL(scene->loop, scene->open != NULL);
    reply_ok(scene->open, "third");
    peer_expect(client, "third");
    assert_false(peer_has(client, "hello"));
    assert_false(peer_has(client, "ignored"));
    peer_close(client);
}

static void less_than_was_announced_ends_the_connection(void **state)
{
    struct scene *scene = *state;
    struct peer *client = client_of(scene);

    peer_say(client, GET);
    UNTIL(scene->loop, scene->open != NULL);
    start(scene, 200, 10);
    send_now(scene, "12345");
    gw_http_reply_finish(scene->open, GW_TEXT("678"));
    peer_expect_end(client);
    assert_true(peer_has(client, "12345"));
    peer_close(client);
}

static void an_aborted_stream_is_not_ended_properly(void **state)
{
    struct scene *scene = *state;

    for (int version = 0; version < 2; version++) {
        struct peer *client = client_of(scene);

        peer_say(client, version == 0 ? "GET / HTTP/1.0\r\n\r\n" : GET);
        scene->open = NULL;
        UNTIL(scene->loop, scene->open != NULL);
        start(scene, 200, GW_HTTP_LENGTH_UNKNOWN);
        send_now(scene, "begun");
        peer_expect(client, "begun");
        gw_http_reply_abort(scene->open);
        peer_expect_end(client);
        assert_false(peer_has(client, "0\r\n\r\n"));
        assert_int_equal(client->is_reset, version == 0);
        peer_close(client);
    }
    assert_int_equal(scene->gones, 0);
}

static void an_abort_before_the_head_closes_without_an_answer(void **state)
{
    struct scene *scene = *state;
    struct peer *client = client_of(scene);

    peer_say(client, GET);
    UNTIL(scene->loop, scene->open != NULL);
    gw_http_reply_abort(scene->open);
    peer_expect_end(client);
    assert_int_equal(client->len, 0);
    assert_int_equal(gw_http_server_requests(scene->server), 0);
    peer_close(client);
}

/* More than the kernel takes: the send stays open until the client reads, or for ever. */
static void stuff(struct scene *scene, const char *block, size_t size)
{
    int sents;

    do {
        sents = scene->sents;
        gw_http_reply_send(scene->open, (struct gw_text){block, size});
        scene_turn_for(scene->loop, 20000);
    } while (scene->sents > sents);
}

static void a_slow_reader_holds_back_on_sent_and_loses_nothing(void **state)
{
    static char block[1 << 20];
    struct scene *scene = *state;
    struct peer *client = client_of(scene);
    size_t total = 0;
    int sends;

    peer_say(client, GET);
    UNTIL(scene->loop, scene->open != NULL);
    start(scene, 200, GW_HTTP_LENGTH_UNKNOWN);
    memset(block, '#', sizeof(block));
    stuff(scene, block, sizeof(block));
    sends = scene->sents + 1;
    while (scene->sents < sends) {
        for (peer_read(client); client->len > 0; peer_read(client)) {
            for (size_t i = 0; i < client->len; i++) {
                total += client->in[i] == '#';
            }
            peer_forget(client);
        }
        gw_loop_turn(scene->loop, 1000);
    }
    gw_http_reply_finish(scene->open, GW_TEXT_NONE);
    while (total < (size_t)sends * sizeof(block)) {
        peer_forget(client);
        peer_read(client);
        for (size_t i = 0; i < client->len; i++) {
            total += client->in[i] == '#';
        }
        gw_loop_turn(scene->loop, 0);
    }
    assert_int_equal(total, (size_t)sends * sizeof(block));
    peer_close(client);
}

static void an_abort_with_bytes_under_way_lets_go_of_them_at_once(void **state)
{
    struct scene *scene = *state;
    struct peer *client = client_of(scene);
    char *block = malloc(1 << 20);

    peer_say(client, GET);
    UNTIL(scene->loop, scene->open != NULL);
    start(scene, 200, GW_HTTP_LENGTH_UNKNOWN);
    memset(block, 'x', 1 << 20);
    stuff(scene, block, 1 << 20);
    gw_http_reply_abort(scene->open);
    free(block);
    UNTIL(scene->loop, gw_http_server_connections(scene->server) == 0);
    assert_int_equal(scene->gones, 0);
    peer_close(client);
}

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

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(a_request_arrives_as_it_was_sent),
        CASE(a_request_may_arrive_in_pieces_of_any_size),
        CASE(pipelined_requests_are_answered_in_turn),
        CASE(ambiguous_and_malformed_requests_are_refused_and_the_connection_closed),
        CASE(a_body_of_exactly_the_limit_is_accepted_and_one_more_byte_is_not),
        CASE(a_refusal_is_seen_by_a_client_that_is_still_sending),
        CASE(a_client_that_expects_continue_gets_it),
        CASE(a_stream_is_written_piece_by_piece_in_chunks),
        CASE(a_stream_that_is_no_success_is_written_in_chunks_too),
        CASE(an_old_client_gets_a_stream_that_ends_with_the_connection),
        CASE(the_answer_to_head_and_204_have_no_body),
        CASE(less_than_was_announced_ends_the_connection),
        CASE(an_aborted_stream_is_not_ended_properly),
        CASE(an_abort_before_the_head_closes_without_an_answer),
        CASE(a_slow_reader_holds_back_on_sent_and_loses_nothing),
        CASE(an_abort_with_bytes_under_way_lets_go_of_them_at_once),
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
    return cmocka_run_group_tests_name("lib/net/http_server", tests, NULL, NULL);
}
