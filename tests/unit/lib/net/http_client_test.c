/* SPDX-License-Identifier: MIT */
#include "tests/unit/lib/net/client_scene.h"

/* ---- Asking and answering --------------------------------------------------------------- */

static void a_call_sends_what_it_was_given_and_returns_the_answer(void **state)
{
    struct scene *scene = *state;
    struct asked *asked = ask(scene, "POST", "{\"model\":\"m\"}");
    struct peer *provider = peer_accept(scene->loop, scene->listener);
    struct gw_http_call_times times;

    peer_expect(provider, "{\"model\":\"m\"}");
    assert_string_equal(provider->in, "POST /v1/x?y=1 HTTP/1.1\r\nHost: provider\r\n"
                                      "X-Api-Key: secret\r\nContent-Length: 13\r\n\r\n"
                                      "{\"model\":\"m\"}");
    peer_say(provider, OK5);
    UNTIL(scene->loop, asked->ends == 1);
    assert_int_equal(asked->status, 200);
    assert_int_equal(asked->length, 5);
    assert_string_equal(asked->request_id, "r1");
    assert_string_equal(asked->body, "hello");
    assert_int_equal(asked->heads, 1);
    assert_int_equal(asked->fails, 0);
    times = gw_http_call_times(asked->call);
    assert_true(times.connected_us >= 0 && times.sent_us >= times.connected_us);
    assert_true(times.head_us >= times.sent_us);
    forget(asked);
    ask_again_over(scene, provider);
    peer_close(provider);
}

static void nothing_happens_inside_open_and_a_call_closed_at_once_does_not_connect(void **state)
{
    struct scene *scene = *state;
    struct asked *asked = ask(scene, "GET", NULL);

    forget(asked);
    scene_turn_for(scene->loop, 20000);
    assert_false(peer_may_accept(scene->listener));
}

struct answered {
    const char *raw;
    int status;
    const char *body;
    bool ends_with_close;
};

static const struct answered ANSWERED[] = {
    {OK5, 200, "hello", false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n",
     200, "hello, world", false},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
     "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok",
     201, "ok", false},
    {"HTTP/1.1 204 No Content\r\n\r\n", 204, "", false},
    {"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n", 429, "", false},
    {"HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, "until the end", true},
    {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", 200, "ok", false},
};

static void answers_are_understood_wherever_they_were_cut(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof(ANSWERED) / sizeof(ANSWERED[0]); i++) {
        const char *raw = ANSWERED[i].raw;

        for (size_t cut = 1; cut <= strlen(raw); cut++) {
            struct asked *asked = ask(scene, "GET", NULL);
            struct peer *provider = peer_accept(scene->loop, scene->listener);

            peer_expect(provider, "\r\n\r\n");
            assert_int_equal(send(provider->fd, raw, cut, MSG_NOSIGNAL), cut);
            gw_loop_turn(scene->loop, 0);
            gw_loop_turn(scene->loop, 0);
            peer_say(provider, raw + cut);
            if (ANSWERED[i].ends_with_close) {
                close(provider->fd);
                provider->fd = -1;
            }
            UNTIL(scene->loop, asked->ends + asked->fails == 1);
            assert_int_equal(asked->fails, 0);
            assert_int_equal(asked->status, ANSWERED[i].status);
            assert_string_equal(asked->body, ANSWERED[i].body);
            forget(asked);
            new_client(scene, 8, 60000000); /* a fresh connection for the next */
            peer_close(provider);
        }
    }
}

static void events_are_handed_over_as_they_come(void **state)
{
    struct scene *scene = *state;
    struct asked *asked = ask(scene, "POST", "{}");
    struct peer *provider = peer_accept(scene->loop, scene->listener);

    peer_expect(provider, "{}");
    peer_say(provider, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    UNTIL(scene->loop, asked->heads == 1);
    assert_true(asked->length == GW_HTTP_LENGTH_UNKNOWN);
    for (int i = 1; i <= 20; i++) {
        peer_say(provider, "9\r\ndata: x\n\n\r\n");
        UNTIL(scene->loop, asked->body_len == (size_t)i * 9);
        assert_int_equal(asked->bodies, i);
        assert_false(gw_http_call_is_complete(asked->call));
    }
    peer_say(provider, "0\r\n\r\n");
    UNTIL(scene->loop, asked->ends == 1);
    assert_int_equal(asked->bodies, 20);
    forget(asked);
    ask_again_over(scene, provider);
    peer_close(provider);
}

static void what_is_not_taken_is_told_once_and_the_end_waits_for_it(void **state)
{
    struct scene *scene = *state;
    struct asked *asked = ask(scene, "GET", NULL);
    struct peer *provider = peer_accept(scene->loop, scene->listener);

    asked->keeps_hands_off = true;
    peer_expect(provider, "\r\n\r\n");
    peer_say(provider, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nab");
    UNTIL(scene->loop, asked->bodies == 1);
    peer_say(provider, "cd");
    scene_turn_for(scene->loop, 20000);
    assert_int_equal(asked->bodies, 1);
    take(asked);
    assert_string_equal(asked->body, "abcd");
    peer_say(provider, "ef");
    UNTIL(scene->loop, asked->bodies == 2);
    assert_true(gw_http_call_is_complete(asked->call));
    assert_int_equal(asked->ends, 0);
    take(asked);
    assert_int_equal(asked->ends, 0); /* never inside the take */
    gw_loop_turn(scene->loop, 0);
    assert_int_equal(asked->ends, 1);
    assert_string_equal(asked->body, "abcdef");
    forget(asked);
    peer_close(provider);
}

static void taken_bytes_stay_until_the_next_take(void **state)
{
    struct scene *scene = *state;
    struct asked *asked = ask(scene, "GET", NULL);
    struct peer *provider = peer_accept(scene->loop, scene->listener);
    struct gw_text first;

    asked->keeps_hands_off = true;
    peer_expect(provider, "\r\n\r\n");
    peer_say(provider, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nfirst");
    UNTIL(scene->loop, asked->bodies == 1);
    first = gw_http_call_take(asked->call);
    peer_say(provider, "second");
    UNTIL(scene->loop, asked->bodies == 2);
    assert_true(gw_text_eq(first, GW_TEXT("first")));
    assert_true(gw_text_eq(gw_http_call_take(asked->call), GW_TEXT("second")));
    assert_int_equal(gw_http_call_take(asked->call).len, 0);
    forget(asked);
    peer_close(provider);
}

/* Both ways, more than any buffer on the way holds. */
static void large_bodies_pass_unharmed(void **state)
{
    static const char HEAD[] = "HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n";
    struct scene *scene = *state;
    char *body = malloc(3000001);
    struct asked *asked;
    struct peer *provider;
    size_t got = 0, sent = 0;

    memset(body, 'b', 3000000);
    body[3000000] = '\0';
    asked = ask(scene, "POST", body);
    provider = peer_accept(scene->loop, scene->listener);
    while (got < 3000000) {
        peer_forget(provider);
        peer_read(provider);
        for (size_t i = 0; i < provider->len; i++) {
            got += provider->in[i] == 'b';
        }
        gw_loop_turn(scene->loop, 0);
    }
    peer_say(provider, HEAD);
    while (sent < 3000000) {
        ssize_t some = send(provider->fd, body, 3000000 - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

        sent += some > 0 ? (size_t)some : 0;
        gw_loop_turn(scene->loop, 0);
    }
    UNTIL(scene->loop, asked->ends == 1);
    assert_int_equal(asked->body_len, 3000000);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(asked->body[i], 'b');
    }
    forget(asked);
    ask_again_over(scene, provider);
    free(body);
    peer_close(provider);
}

static void a_caller_that_takes_nothing_holds_the_provider_back(void **state)
{
    struct scene *scene = *state;
    struct asked *asked = ask(scene, "GET", NULL);
    struct peer *provider = peer_accept(scene->loop, scene->listener);
    static char block[65536];
    size_t sent = 0, total;
    ssize_t some;

    asked->keeps_hands_off = true;
    scene->timeouts.idle_us = 50000;
    peer_expect(provider, "\r\n\r\n");
    peer_say(provider, "HTTP/1.0 200 OK\r\n\r\n");
    do {
        some = send(provider->fd, block, sizeof(block), MSG_NOSIGNAL | MSG_DONTWAIT);
        sent += some > 0 ? (size_t)some : 0;
        scene_turn_for(scene->loop, 5000);
    } while (some > 0 && sent < ((size_t)64 << 20));
    assert_true(sent < ((size_t)64 << 20));
    take(asked);
    assert_in_range(asked->body_len, 256 << 10, (256 << 10) + 65536);
    asked->keeps_hands_off = false;
    total = sent;
    UNTIL(scene->loop, asked->body_len == total);
    close(provider->fd);
    provider->fd = -1;
    UNTIL(scene->loop, asked->ends == 1);
    forget(asked);
    peer_close(provider);
}

static void an_answer_before_the_request_was_read_is_passed_on(void **state)
{
    struct scene *scene = *state;
    char *body = malloc(8000001);
    struct asked *asked;
    struct peer *provider;

    memset(body, 'b', 8000000);
    body[8000000] = '\0';
    asked = ask(scene, "POST", body);
    provider = peer_accept(scene->loop, scene->listener);
    scene_turn_for(scene->loop, 20000);
    peer_say(provider, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");
    UNTIL(scene->loop, asked->ends == 1);
    assert_int_equal(asked->status, 413);
    assert_string_equal(asked->body, "no");
    free(body);                /* lent until on_head */
    peer_expect_end(provider); /* such a connection carries nothing more */
    forget(asked);
    peer_close(provider);
}

static void an_answer_sent_before_the_provider_closed_its_ears_is_passed_on(void **state)
{
    struct scene *scene = *state;
    char *body = malloc(8000001);
    struct asked *asked;
    struct peer *provider;

    memset(body, 'b', 8000000);
    body[8000000] = '\0';
    asked = ask(scene, "POST", body);
    provider = peer_accept(scene->loop, scene->listener);
    scene_turn_for(scene->loop, 20000);
    peer_say(provider, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");
    shutdown(provider->fd, SHUT_RDWR);
    UNTIL(scene->loop, asked->ends + asked->fails == 1);
    assert_int_equal(asked->ends, 1);
    assert_int_equal(asked->status, 413);
    forget(asked);
    free(body);
    peer_close(provider);
}

static void the_answer_to_head_has_no_body(void **state)
{
    struct scene *scene = *state;
    struct asked *asked = ask(scene, "HEAD", NULL);
    struct peer *provider = peer_accept(scene->loop, scene->listener);

    peer_expect(provider, "\r\n\r\n");
    peer_say(provider, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    UNTIL(scene->loop, asked->ends == 1);
    assert_int_equal(asked->body_len, 0);
    forget(asked);
    ask_again_over(scene, provider);
    peer_close(provider);
}

static void a_call_may_be_closed_in_any_call_out(void **state)
{
    struct scene *scene = *state;

    for (int when = AT_HEAD; when <= AT_END; when++) {
        struct asked *asked = ask(scene, "GET", NULL);
        struct peer *provider = peer_accept(scene->loop, scene->listener);

        asked->closes = when;
        peer_expect(provider, "\r\n\r\n");
        peer_say(provider, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        UNTIL(scene->loop, asked->call == NULL || when == AT_END);
        if (when == AT_END) {
            peer_say(provider, "0\r\n\r\n");
            UNTIL(scene->loop, asked->call == NULL);
        } else {
            peer_expect_end(provider); /* half an answer cannot be reused */
        }
        scene_turn_for(scene->loop, 5000);
        assert_int_equal(asked->fails, 0);
        forget(asked);
        new_client(scene, 8, 60000000);
        peer_close(provider);
    }
}

static void a_request_that_could_be_taken_for_two_is_not_sent(void **state)
{
    static const struct gw_http_header BAD[] = {
        {{"X-A", 3}, {"b\r\nX-B: c", 9}},
        {{"X-A", 3}, {"b\0c", 3}},
        {{"X-A:", 4}, {"", 0}},
        {{"X A", 3}, {"", 0}},
        {{"X\n", 2}, {"", 0}},
    };
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        struct asked *asked = calloc(1, sizeof(*asked));
        struct gw_http_send send = {.origin = {.host = GW_TEXT("127.0.0.1"), .port = scene->port},
                                    .method = GW_TEXT("GET"),
                                    .target = GW_TEXT("/"),
                                    .headers = {&BAD[i], 1}};

        if (i == 2) {
            send.headers.count = 0;
            send.target = GW_TEXT("/ HTTP/1.1\r\n\r\nGET /");
        }
        asked->call = gw_http_call_open(scene->client, &send, &OPS, asked);
        assert_int_equal(asked->fails, 0);
        expect_failure(scene, asked, GW_HTTP_FAILURE_SEND);
        forget(asked);
    }
    assert_false(peer_may_accept(scene->listener));
}

static void a_control_character_is_found_wherever_it_stands(void **state)
{
    static const char BYTES[] = {'\r', '\n', '\0', '\x01', '\x1f', '\x7f', '\t', '\xc3', '~', ' '};
    struct scene *scene = *state;
    char value[40];

    for (size_t at = 0; at < sizeof(value); at++) {
        for (size_t i = 0; i < sizeof(BYTES); i++) {
            struct gw_http_header header = {GW_TEXT("X-A"), {value, sizeof(value)}};
            struct asked asked = {0};
            struct gw_http_send send = {.origin = {.host = GW_TEXT("/no/such/socket")},
                                        .method = GW_TEXT("GET"),
                                        .target = GW_TEXT("/"),
                                        .headers = {&header, 1}};

            memset(value, 'v', sizeof(value));
            value[at] = BYTES[i];
            asked.call = gw_http_call_open(scene->client, &send, &OPS, &asked);
            expect_failure(scene, &asked, i < 6 ? GW_HTTP_FAILURE_SEND : GW_HTTP_FAILURE_CONNECT);
            gw_http_call_close(asked.call);
        }
    }
}

/* ---- URLs ------------------------------------------------------------------------------- */

struct url {
    const char *url;
    const char *host;
    uint16_t port;
    bool tls;
    const char *rest;
};

static const struct url URLS[] = {
    {"http://a", "a", 80, false, ""},
    {"HTTPS://api.example.com", "api.example.com", 443, true, ""},
    {"https://api.example.com/", "api.example.com", 443, true, "/"},
    {"https://api.example.com:8443/base/v1?x=y:z", "api.example.com", 8443, true, "/base/v1?x=y:z"},
    {"http://127.0.0.1:1?q", "127.0.0.1", 1, false, "?q"},
    {"http://[::1]:65535/x", "::1", 65535, false, "/x"},
    {"http://[fe80::1]", "fe80::1", 80, false, ""},
    {"unix:/run/a.sock", "/run/a.sock", 80, false, ""},
    {"unix:/run/a.sock:/base", "/run/a.sock", 80, false, "/base"},
};

static const char *const BAD_URLS[] = {
    "",
    "a",
    "ftp://a",
    "http:/a",
    "http://",
    "http:///x",
    "http://:80",
    "http://a:",
    "http://a:0",
    "http://a:65536",
    "http://a:8o",
    "http://a:+80",
    "http://u@a",
    "http://u:p@a",
    "http://a b",
    "http://a/b c",
    "http://a/#f",
    "http://a#f",
    "http://[::1",
    "http://[]",
    "http://[::1]x",
    "http://[zz]",
    "http://a/\r\n",
    "http://a\\b",
    "unix:",
    "unix:a",
    "unix:/",
    "unix:/a:b",
};

static void urls_are_taken_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(URLS) / sizeof(URLS[0]); i++) {
        struct gw_http_origin origin;
        struct gw_text rest;

        assert_int_equal(gw_http_origin_parse(gw_text_of(URLS[i].url), &origin, &rest), GW_OK);
        assert_true(gw_text_eq(origin.host, gw_text_of(URLS[i].host)));
        assert_int_equal(origin.port, URLS[i].port);
        assert_int_equal(origin.tls, URLS[i].tls);
        assert_true(gw_text_eq(rest, gw_text_of(URLS[i].rest)));
    }
}

static void what_is_no_url_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(BAD_URLS) / sizeof(BAD_URLS[0]); i++) {
        struct gw_http_origin origin;
        struct gw_text rest;

        if (gw_http_origin_parse(gw_text_of(BAD_URLS[i]), &origin, &rest) != GW_E_INVALID) {
            fail_msg("accepted: %s", BAD_URLS[i]);
        }
    }
    assert_int_equal(gw_http_origin_parse(GW_TEXT("http://a\0b/"), &(struct gw_http_origin){0},
                                          &(struct gw_text){0}),
                     GW_E_INVALID);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(a_call_sends_what_it_was_given_and_returns_the_answer),
        CASE(nothing_happens_inside_open_and_a_call_closed_at_once_does_not_connect),
        CASE(answers_are_understood_wherever_they_were_cut),
        CASE(events_are_handed_over_as_they_come),
        CASE(what_is_not_taken_is_told_once_and_the_end_waits_for_it),
        CASE(taken_bytes_stay_until_the_next_take),
        CASE(large_bodies_pass_unharmed),
        CASE(a_caller_that_takes_nothing_holds_the_provider_back),
        CASE(an_answer_before_the_request_was_read_is_passed_on),
        CASE(an_answer_sent_before_the_provider_closed_its_ears_is_passed_on),
        CASE(the_answer_to_head_has_no_body),
        CASE(a_call_may_be_closed_in_any_call_out),
        CASE(a_request_that_could_be_taken_for_two_is_not_sent),
        CASE(a_control_character_is_found_wherever_it_stands),
        cmocka_unit_test(urls_are_taken_apart),
        cmocka_unit_test(what_is_no_url_is_refused),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/net/http_client", tests, NULL, NULL);
}
