/* SPDX-License-Identifier: MIT */
/*
 * The server spoken to in HTTP/2, byte by byte: what matters here are frames that no polite
 * client sends.
 */
#include "lib/net/http_server.h"

#include "tests/unit/lib/net/scene.h"

#define HEADERS  1
#define RST      3
#define SETTINGS 4
#define GOAWAY   7
#define WINDOW   8

#define OPEN_MAX 300

struct scene {
    struct gw_loop *loop;
    struct gw_http_server *server;
    struct gw_http_request *open[OPEN_MAX];
    int requests, gones, sents, drains, version;
    char target[64], body[64];
    bool answers_at_once;
};

static void on_sent(void *owner)
{
    ((struct scene *)owner)->sents++;
}

static void on_gone(void *owner)
{
    ((struct scene *)owner)->gones++;
}

static const struct gw_http_reply_ops OPS = {on_sent, on_gone};

static void on_request(void *owner, struct gw_http_request *request)
{
    struct scene *scene = owner;
    struct gw_text target = gw_http_request_target(request), body = gw_http_request_body(request);

    snprintf(scene->target, sizeof(scene->target), "%.*s", GW_TEXT_ARG(target));
    snprintf(scene->body, sizeof(scene->body), "%.*s", GW_TEXT_ARG(body));
    scene->version = gw_http_request_version(request);
    if (scene->answers_at_once) {
        gw_http_reply_whole(request, 200, (struct gw_http_headers){NULL, 0}, GW_TEXT("hello"));
    } else {
        scene->open[scene->requests % OPEN_MAX] = request;
        gw_http_request_own(request, &OPS, scene);
    }
    scene->requests++;
}

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    struct gw_http_server_conf conf = {.body_max = 1 << 20,
                                       .head_timeout_us = 10000000,
                                       .body_idle_timeout_us = 10000000,
                                       .connections_max = 16};
    struct gw_http_service service = {on_request, scene};
    struct gw_fault fault;

    scene->loop = gw_loop_new();
    assert_int_equal(
        gw_http_server_open(scene->loop, "127.0.0.1:0", &conf, &service, &scene->server, &fault),
        GW_OK);
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

/* ---- Frames ----------------------------------------------------------------------------- */

static bool say_frame(struct peer *client, int type, int flags, uint32_t stream,
                      struct gw_text payload)
{
    unsigned char frame[256];

    assert_true(payload.len < 200);
    frame[0] = frame[1] = 0;
    frame[2] = (unsigned char)payload.len;
    frame[3] = (unsigned char)type;
    frame[4] = (unsigned char)flags;
    for (int i = 0; i < 4; i++) {
        frame[5 + i] = (unsigned char)(stream >> (24 - 8 * i));
    }
    memcpy(frame + 9, payload.at == NULL ? "" : payload.at, payload.len);
    return send(client->fd, frame, 9 + payload.len, MSG_NOSIGNAL) == (ssize_t)(9 + payload.len);
}

/* POST / http a, by HPACK's static table; 4: end of headers, 1: end of stream. */
static bool say_request(struct peer *client, uint32_t stream, int flags)
{
    return say_frame(client, HEADERS, flags, stream, GW_TEXT("\x83\x86\x84\x41\x01\x61"));
}

static struct peer *greet(struct scene *scene)
{
    struct peer *client = peer_connect(scene->loop, gw_http_server_port(scene->server));

    peer_say(client, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    say_frame(client, SETTINGS, 0, 0, GW_TEXT_NONE);
    return client;
}

/* How many frames of `type` have come on `stream` (0: any). */
static int frames(struct peer *client, int type, uint32_t stream)
{
    const unsigned char *at = (const unsigned char *)client->in;
    size_t left;
    int count = 0;

    while (peer_read(client)) {
    }
    for (left = client->len; left >= 9;) {
        size_t size = 9 + ((size_t)at[0] << 16 | (size_t)at[1] << 8 | at[2]);
        uint32_t id = (uint32_t)at[5] << 24 | (uint32_t)at[6] << 16 | (uint32_t)at[7] << 8 | at[8];

        count += at[3] == type && (stream == 0 || id == stream);
        if (size > left) {
            break;
        }
        at += size;
        left -= size;
    }
    return count;
}

static bool has_bytes(struct peer *client, const char *text)
{
    while (peer_read(client)) {
    }
    return memmem(client->in, client->len, text, strlen(text)) != NULL;
}

/* ---- Cases ------------------------------------------------------------------------------ */

static void prior_knowledge_is_understood(void **state)
{
    struct scene *scene = *state;
    struct peer *client = greet(scene);

    scene->answers_at_once = true;
    say_request(client, 1, 4);
    say_frame(client, 0, 1, 1, GW_TEXT("body"));
    UNTIL(scene->loop, has_bytes(client, "hello"));
    assert_int_equal(scene->version, 20);
    assert_string_equal(scene->target, "/");
    assert_string_equal(scene->body, "body");
    assert_int_equal(frames(client, HEADERS, 1), 1);
    peer_close(client);
}

static void a_stream_is_flushed_event_by_event(void **state)
{
    struct scene *scene = *state;
    struct peer *client = greet(scene);
    char event[32];

    say_request(client, 1, 5);
    UNTIL(scene->loop, scene->requests == 1);
    gw_http_reply_start(scene->open[0], 200, (struct gw_http_headers){NULL, 0},
                        GW_HTTP_LENGTH_UNKNOWN);
    for (int i = 0; i < 5; i++) {
        snprintf(event, sizeof(event), "data: %d\n\n", i);
        gw_http_reply_send(scene->open[0], gw_text_of(event));
        UNTIL(scene->loop, scene->sents == i + 1);
        UNTIL(scene->loop, has_bytes(client, event));
    }
    gw_http_reply_finish(scene->open[0], GW_TEXT("end"));
    UNTIL(scene->loop, has_bytes(client, "end"));
    assert_false(has_bytes(client, "transfer-encoding"));
    assert_int_equal(gw_http_server_requests(scene->server), 0);
    peer_close(client);
}

static void a_cancelled_stream_is_told_and_others_go_on(void **state)
{
    struct scene *scene = *state;
    struct peer *client = greet(scene);

    say_request(client, 1, 5);
    say_request(client, 3, 5);
    UNTIL(scene->loop, scene->requests == 2);
    gw_http_reply_start(scene->open[0], 200, (struct gw_http_headers){NULL, 0},
                        GW_HTTP_LENGTH_UNKNOWN);
    gw_http_reply_send(scene->open[0], GW_TEXT("begun"));
    UNTIL(scene->loop, scene->sents == 1);
    say_frame(client, RST, 0, 1, GW_TEXT("\0\0\0\x08"));
    UNTIL(scene->loop, scene->gones == 1);
    gw_http_reply_whole(scene->open[1], 200, (struct gw_http_headers){NULL, 0}, GW_TEXT("other"));
    UNTIL(scene->loop, has_bytes(client, "other"));
    peer_close(client);
}

static void an_aborted_reply_resets_its_stream_only(void **state)
{
    struct scene *scene = *state;
    struct peer *client = greet(scene);

    say_request(client, 1, 5);
    say_request(client, 3, 5);
    UNTIL(scene->loop, scene->requests == 2);
    gw_http_reply_start(scene->open[0], 200, (struct gw_http_headers){NULL, 0},
                        GW_HTTP_LENGTH_UNKNOWN);
    gw_http_reply_send(scene->open[0], GW_TEXT("begun"));
    UNTIL(scene->loop, scene->sents == 1);
    gw_http_reply_abort(scene->open[0]);
    gw_http_reply_abort(scene->open[1]); /* nothing sent yet */
    UNTIL(scene->loop, frames(client, RST, 1) == 1 && frames(client, RST, 3) == 1);
    scene->answers_at_once = true;
    say_request(client, 5, 5);
    UNTIL(scene->loop, has_bytes(client, "hello"));
    assert_int_equal(scene->gones, 0);
    peer_close(client);
}

/* The client's window is full; the bytes are the owner's no more, but still to be written. */
static void an_abort_with_bytes_under_way_lets_go_of_them_at_once(void **state)
{
    struct scene *scene = *state;
    struct peer *client = greet(scene);
    char *block = malloc(200000);

    memset(block, 'x', 200000);
    say_request(client, 1, 5);
    UNTIL(scene->loop, scene->requests == 1);
    gw_http_reply_start(scene->open[0], 200, (struct gw_http_headers){NULL, 0},
                        GW_HTTP_LENGTH_UNKNOWN);
    gw_http_reply_send(scene->open[0], (struct gw_text){block, 200000});
    scene_turn_for(scene->loop, 20000);
    assert_int_equal(scene->sents, 0);
    gw_http_reply_abort(scene->open[0]);
    free(block);
    say_frame(client, WINDOW, 0, 0, GW_TEXT("\0\x10\0\0"));
    say_frame(client, WINDOW, 0, 1, GW_TEXT("\0\x10\0\0"));
    UNTIL(scene->loop, frames(client, RST, 1) == 1);
    peer_close(client);
}

static void a_client_that_leaves_ends_all_its_requests(void **state)
{
    struct scene *scene = *state;
    struct peer *client = greet(scene);

    for (uint32_t i = 0; i < 10; i++) {
        say_request(client, 1 + 2 * i, 5);
    }
    UNTIL(scene->loop, scene->requests == 10);
    close(client->fd);
    client->fd = -1;
    UNTIL(scene->loop, scene->gones == 10);
    assert_int_equal(gw_http_server_requests(scene->server), 0);
    peer_close(client);
}

/* CVE-2023-44487: requests that cost the client nothing. */
static void rapid_reset_ends_the_connection(void **state)
{
    struct scene *scene = *state;
    struct peer *client = greet(scene);
    bool is_good = true;

    for (uint32_t i = 0; i < 5000 && is_good; i++) {
        is_good = say_request(client, 1 + 2 * i, 5) &&
                  say_frame(client, RST, 0, 1 + 2 * i, GW_TEXT("\0\0\0\x08"));
        if (i % 10 == 0) {
            gw_loop_turn(scene->loop, 0);
        }
    }
    peer_expect_end(client);
    assert_in_range(scene->requests, 200, 300);
    assert_int_equal(scene->gones, scene->requests);
    peer_close(client);
}

/* The same, but it is the server that is brought to reset: a window update of nothing. */
static void made_you_reset_ends_the_connection(void **state)
{
    struct scene *scene = *state;
    struct peer *client = greet(scene);
    bool is_good = true;

    for (uint32_t i = 0; i < 5000 && is_good; i++) {
        is_good = say_request(client, 1 + 2 * i, 5) &&
                  say_frame(client, WINDOW, 0, 1 + 2 * i, GW_TEXT("\0\0\0\0"));
        if (i % 10 == 0) {
            gw_loop_turn(scene->loop, 0);
        }
    }
    peer_expect_end(client);
    assert_in_range(scene->requests, 200, 300);
    peer_close(client);
}

static void a_target_that_is_no_path_is_refused(void **state)
{
    struct scene *scene = *state;
    struct peer *client = greet(scene);

    say_frame(client, HEADERS, 5, 1, GW_TEXT("\x83\x86\x44\x04http\x41\x01\x61"));
    UNTIL(scene->loop, frames(client, HEADERS, 1) == 1);
    assert_int_equal(scene->requests, 0);
    peer_close(client);
}

static void on_drained(void *owner)
{
    ((struct scene *)owner)->drains++;
}

static void draining_says_goaway_and_lets_streams_finish(void **state)
{
    struct scene *scene = *state;
    struct peer *client = greet(scene);

    say_request(client, 1, 5);
    UNTIL(scene->loop, scene->requests == 1);
    gw_http_server_drain(scene->server, on_drained, scene);
    UNTIL(scene->loop, frames(client, GOAWAY, 0) == 1);
    scene_turn_for(scene->loop, 1200000); /* h2o says it a second time after a second */
    assert_int_equal(frames(client, GOAWAY, 0), 2);
    assert_int_equal(scene->drains, 0);
    assert_int_equal(scene->gones, 0);
    gw_http_reply_whole(scene->open[0], 200, (struct gw_http_headers){NULL, 0}, GW_TEXT("last"));
    UNTIL(scene->loop, has_bytes(client, "last"));
    UNTIL(scene->loop, scene->drains == 1);
    peer_close(client);
}

static void closing_tells_all_streams(void **state)
{
    struct scene *scene = *state;
    struct peer *client = greet(scene);

    say_request(client, 1, 5);
    say_request(client, 3, 5);
    UNTIL(scene->loop, scene->requests == 2);
    gw_http_reply_start(scene->open[0], 200, (struct gw_http_headers){NULL, 0},
                        GW_HTTP_LENGTH_UNKNOWN);
    gw_http_reply_send(scene->open[0], GW_TEXT("begun"));
    gw_http_server_close(scene->server);
    scene->server = NULL;
    assert_int_equal(scene->gones, 2);
    peer_expect_end(client);
    peer_close(client);
}

static void garbage_after_the_greeting_is_survived(void **state)
{
    struct scene *scene = *state;

    srand(5);
    for (int round = 0; round < 200; round++) {
        struct peer *client = greet(scene);
        char noise[64];

        for (size_t i = 0; i < sizeof(noise); i++) {
            noise[i] = (char)rand();
        }
        noise[0] = noise[1] = 0;
        say_request(client, 1, 5);
        (void)!send(client->fd, noise, sizeof(noise), MSG_NOSIGNAL);
        gw_loop_turn(scene->loop, 0);
        gw_loop_turn(scene->loop, 0);
        peer_close(client);
    }
    UNTIL(scene->loop, gw_http_server_connections(scene->server) == 0);
    assert_int_equal(scene->gones, scene->requests);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(prior_knowledge_is_understood),
        CASE(a_stream_is_flushed_event_by_event),
        CASE(a_cancelled_stream_is_told_and_others_go_on),
        CASE(an_aborted_reply_resets_its_stream_only),
        CASE(an_abort_with_bytes_under_way_lets_go_of_them_at_once),
        CASE(a_client_that_leaves_ends_all_its_requests),
        CASE(rapid_reset_ends_the_connection),
        CASE(made_you_reset_ends_the_connection),
        CASE(a_target_that_is_no_path_is_refused),
        CASE(draining_says_goaway_and_lets_streams_finish),
        CASE(closing_tells_all_streams),
        CASE(garbage_after_the_greeting_is_survived),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/net/http2", tests, NULL, NULL);
}
