/* SPDX-License-Identifier: MIT */
#include "tests/unit/lib/net/server_scene.h"

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
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/net/http_server", tests, NULL, NULL);
}
