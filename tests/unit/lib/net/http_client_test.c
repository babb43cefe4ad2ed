/* SPDX-License-Identifier: MIT */
#include "lib/net/http_client.h"

#include "tests/unit/lib/net/scene.h"

#define OK5 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Request-Id: r1\r\n\r\nhello"

/* One call and what has become of it. */
struct asked {
    struct gw_http_call *call;
    struct gw_loop *loop;
    int heads, bodies, ends, fails;
    int status;
    uint64_t length;
    char request_id[32];
    enum gw_http_failure failure;
    char text[160];
    char body[1 << 16];
    size_t body_len;
    bool keeps_hands_off; /* does not take inside on_body */
    enum { NEVER, AT_HEAD, AT_BODY, AT_END } closes;
};

struct scene {
    struct gw_loop *loop;
    struct gw_http_client *client;
    int listener;
    uint16_t port;
    struct gw_http_timeouts timeouts;
};

static void take(struct asked *asked)
{
    struct gw_text bytes = gw_http_call_take(asked->call);

    if (asked->body_len + bytes.len < sizeof(asked->body)) {
        memcpy(asked->body + asked->body_len, bytes.at == NULL ? "" : bytes.at, bytes.len);
    }
    asked->body_len += bytes.len;
}

static void close_call(struct asked *asked)
{
    gw_http_call_close(asked->call);
    asked->call = NULL;
}

static void on_head(void *owner, const struct gw_http_answer *answer)
{
    struct asked *asked = owner;
    struct gw_text id = gw_http_find(answer->headers, GW_TEXT("x-request-id"));

    asked->heads++;
    asked->status = answer->status;
    asked->length = answer->length;
    snprintf(asked->request_id, sizeof(asked->request_id), "%.*s", GW_TEXT_ARG(id));
    if (asked->closes == AT_HEAD) {
        close_call(asked);
    }
}

static void on_body(void *owner)
{
    struct asked *asked = owner;

    asked->bodies++;
    if (!asked->keeps_hands_off) {
        take(asked);
    }
    if (asked->closes == AT_BODY) {
        close_call(asked);
    }
}

static void on_end(void *owner)
{
    struct asked *asked = owner;

    asked->ends++;
    if (asked->closes == AT_END) {
        close_call(asked);
    }
}

static void on_fail(void *owner, enum gw_http_failure failure, const char *text)
{
    struct asked *asked = owner;

    asked->fails++;
    asked->failure = failure;
    snprintf(asked->text, sizeof(asked->text), "%s", text);
}

static const struct gw_http_call_ops OPS = {on_head, on_body, on_end, on_fail};

static void new_client(struct scene *scene, size_t idle_max, int64_t idle_timeout_us)
{
    struct gw_http_client_conf conf = {idle_max, idle_timeout_us, NULL};

    gw_http_client_free(scene->client);
    scene->client = gw_http_client_new(scene->loop, &conf);
}

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));

    scene->loop = gw_loop_new();
    scene->listener = peer_listen(&scene->port);
    new_client(scene, 8, 60000000);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    gw_http_client_free(scene->client);
    gw_loop_free(scene->loop);
    close(scene->listener);
    free(scene);
    return 0;
}

/* Sends `body` (NULL: none) to the scene's provider. */
static struct asked *ask(struct scene *scene, const char *method, const char *body)
{
    static const struct gw_http_header HEADERS[] = {{{"Host", 4}, {"provider", 8}},
                                                    {{"X-Api-Key", 9}, {"secret", 6}}};
    struct asked *asked = calloc(1, sizeof(*asked));
    size_t half = body == NULL ? 0 : strlen(body) / 2;
    struct gw_text pieces[3] = {
        {body, half},
        {"", 0},
        {body == NULL ? NULL : body + half, body == NULL ? 0 : strlen(body) - half}};
    struct gw_http_send send = {
        .origin = {.host = GW_TEXT("127.0.0.1"), .port = scene->port},
        .method = gw_text_of(method),
        .target = GW_TEXT("/v1/x?y=1"),
        .headers = {HEADERS, 2},
        .body = pieces,
        .body_count = body == NULL ? 0 : 3,
        .has_body = body != NULL,
        .timeouts = scene->timeouts,
    };

    asked->loop = scene->loop;
    asked->call = gw_http_call_open(scene->client, &send, &OPS, asked);
    return asked;
}

static void forget(struct asked *asked)
{
    if (asked->call != NULL) {
        gw_http_call_close(asked->call);
    }
    free(asked);
}

/* Another call, which must come over the connection `provider` holds. */
static void ask_again_over(struct scene *scene, struct peer *provider)
{
    struct asked *asked = ask(scene, "GET", NULL);

    peer_forget(provider);
    peer_expect(provider, "\r\n\r\n");
    peer_say(provider, OK5);
    UNTIL(scene->loop, asked->ends == 1);
    assert_int_equal(gw_http_call_times(asked->call).connected_us, 0);
    forget(asked);
}

static void expect_failure(struct scene *scene, struct asked *asked, enum gw_http_failure failure)
{
    UNTIL(scene->loop, asked->fails + asked->ends > 0);
    if (asked->fails != 1 || asked->failure != failure) {
        fail_msg("expected %s, got %s (%s)", gw_http_failure_name(failure),
                 asked->fails ? gw_http_failure_name(asked->failure) : "an end", asked->text);
    }
    assert_true(strlen(asked->text) > 0);
}

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

/* ---- Connections ------------------------------------------------------------------------ */

static void the_connection_used_last_is_used_first_and_the_rest_expires(void **state)
{
    struct scene *scene = *state;
    struct asked *first, *second;
    struct peer *one, *two;

    new_client(scene, 8, 100000);
    first = ask(scene, "GET", NULL);
    one = peer_accept(scene->loop, scene->listener);
    second = ask(scene, "GET", NULL);
    two = peer_accept(scene->loop, scene->listener);
    peer_expect(one, "\r\n\r\n");
    peer_say(one, OK5);
    UNTIL(scene->loop, first->ends == 1);
    peer_expect(two, "\r\n\r\n");
    peer_say(two, OK5);
    UNTIL(scene->loop, second->ends == 1);
    forget(first);
    forget(second);
    for (int i = 0; i < 6; i++) {
        scene_turn_for(scene->loop, 30000);
        ask_again_over(scene, two);
    }
    assert_true(peer_ended(one));
    assert_false(peer_ended(two));
    peer_expect_end(two);
    peer_close(one);
    peer_close(two);
}

static void no_more_connections_wait_than_allowed(void **state)
{
    struct scene *scene = *state;
    struct asked *asked[3];
    struct peer *providers[3];
    int ended = 0;

    new_client(scene, 2, 60000000);
    for (int i = 0; i < 3; i++) {
        asked[i] = ask(scene, "GET", NULL);
        providers[i] = peer_accept(scene->loop, scene->listener);
    }
    for (int i = 0; i < 3; i++) {
        peer_say(providers[i], OK5);
        UNTIL(scene->loop, asked[i]->ends == 1);
        forget(asked[i]);
    }
    scene_turn_for(scene->loop, 10000);
    for (int i = 0; i < 3; i++) {
        ended += peer_ended(providers[i]);
        assert_int_equal(peer_ended(providers[i]), i == 0); /* the coldest */
        peer_close(providers[i]);
    }
    assert_int_equal(ended, 1);
}

static struct peer *pooled(struct scene *scene)
{
    struct asked *asked = ask(scene, "GET", NULL);
    struct peer *provider = peer_accept(scene->loop, scene->listener);

    peer_expect(provider, "\r\n\r\n");
    peer_say(provider, OK5);
    UNTIL(scene->loop, asked->ends == 1);
    forget(asked);
    peer_forget(provider);
    return provider;
}

static void a_waiting_connection_that_speaks_or_closes_is_dropped(void **state)
{
    struct scene *scene = *state;

    for (int how = 0; how < 2; how++) {
        struct peer *provider = pooled(scene), *fresh;
        struct asked *asked;

        if (how == 0) {
            peer_say(provider, "HTTP/1.1 408 Request Timeout\r\n\r\n");
            peer_expect_end(provider);
        } else {
            close(provider->fd);
            provider->fd = -1;
            scene_turn_for(scene->loop, 5000);
        }
        asked = ask(scene, "GET", NULL);
        fresh = peer_accept(scene->loop, scene->listener);
        peer_expect(fresh, "\r\n\r\n");
        peer_say(fresh, OK5);
        UNTIL(scene->loop, asked->ends == 1);
        forget(asked);
        new_client(scene, 8, 60000000);
        peer_close(provider);
        peer_close(fresh);
    }
}

static void bytes_behind_the_answer_spoil_the_connection(void **state)
{
    struct scene *scene = *state;
    struct asked *asked = ask(scene, "GET", NULL);
    struct peer *provider = peer_accept(scene->loop, scene->listener);

    peer_expect(provider, "\r\n\r\n");
    peer_say(provider, OK5 "HTTP/1.1 200 OK\r\n\r\n");
    UNTIL(scene->loop, asked->ends == 1);
    assert_string_equal(asked->body, "hello");
    peer_expect_end(provider);
    forget(asked);
    peer_close(provider);
}

/* The provider closes just as we write: nothing was lost, so a fresh connection is tried once. */
static void a_pooled_connection_that_turns_out_dead_is_replaced_once(void **state)
{
    struct scene *scene = *state;

    for (int how = 0; how < 2; how++) {
        struct peer *provider = pooled(scene), *fresh;
        struct asked *asked = ask(scene, "POST", "{\"n\":1}");

        peer_expect(provider, "{\"n\":1}");
        if (how == 0) {
            close(provider->fd);
            provider->fd = -1;
        } else {
            peer_reset(provider);
        }
        fresh = peer_accept(scene->loop, scene->listener);
        peer_expect(fresh, "{\"n\":1}");
        assert_non_null(strstr(fresh->in, "POST /v1/x?y=1 HTTP/1.1\r\nHost: provider\r\n"));
        peer_say(fresh, OK5);
        UNTIL(scene->loop, asked->ends == 1);
        assert_int_equal(asked->fails, 0);
        assert_int_equal(asked->heads, 1);
        forget(asked);
        new_client(scene, 8, 60000000);
        peer_close(provider);
        peer_close(fresh);
    }
}

static void a_second_death_is_a_failure(void **state)
{
    struct scene *scene = *state;
    struct peer *provider = pooled(scene), *fresh;
    struct asked *asked = ask(scene, "POST", "{}");

    peer_expect(provider, "{}");
    close(provider->fd);
    provider->fd = -1;
    fresh = peer_accept(scene->loop, scene->listener);
    peer_expect(fresh, "{}");
    close(fresh->fd);
    fresh->fd = -1;
    expect_failure(scene, asked, GW_HTTP_FAILURE_CLOSED);
    assert_false(peer_may_accept(scene->listener));
    forget(asked);
    peer_close(provider);
    peer_close(fresh);
}

static void after_a_byte_of_answer_nothing_is_tried_again(void **state)
{
    struct scene *scene = *state;
    struct peer *provider = pooled(scene);
    struct asked *asked = ask(scene, "POST", "{}");

    peer_expect(provider, "{}");
    peer_say(provider, "H");
    close(provider->fd);
    provider->fd = -1;
    expect_failure(scene, asked, GW_HTTP_FAILURE_CLOSED);
    assert_false(peer_may_accept(scene->listener));
    forget(asked);
    peer_close(provider);
}

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

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
        CASE(the_connection_used_last_is_used_first_and_the_rest_expires),
        CASE(no_more_connections_wait_than_allowed),
        CASE(a_waiting_connection_that_speaks_or_closes_is_dropped),
        CASE(bytes_behind_the_answer_spoil_the_connection),
        CASE(a_pooled_connection_that_turns_out_dead_is_replaced_once),
        CASE(a_second_death_is_a_failure),
        CASE(after_a_byte_of_answer_nothing_is_tried_again),
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
        cmocka_unit_test(urls_are_taken_apart),
        cmocka_unit_test(what_is_no_url_is_refused),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/net/http_client", tests, NULL, NULL);
}
