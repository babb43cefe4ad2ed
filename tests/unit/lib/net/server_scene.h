/* SPDX-License-Identifier: MIT */
/*
 * server_scene - a server, its service, and what the service has seen.
 */
#ifndef TESTS_UNIT_LIB_NET_SERVER_SCENE_H
#define TESTS_UNIT_LIB_NET_SERVER_SCENE_H

#include "lib/net/http_server.h"
#include "tests/unit/lib/net/scene.h"

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

static UNUSED void on_sent(void *owner)
{
    ((struct scene *)owner)->sents++;
}

static UNUSED void on_gone(void *owner)
{
    struct scene *scene = owner;

    scene->gones++;
    scene->open = NULL;
}

static const struct gw_http_reply_ops OPS = {on_sent, on_gone};

static UNUSED void copy(char *to, size_t size, struct gw_text from)
{
    snprintf(to, size, "%.*s", GW_TEXT_ARG(from));
}

static UNUSED void reply_ok(struct gw_http_request *request, const char *body)
{
    const struct gw_http_header headers[] = {{GW_TEXT("X-Case"), GW_TEXT("Kept")}};

    gw_http_reply_whole(request, 200, (struct gw_http_headers){headers, 1}, gw_text_of(body));
}

static UNUSED void on_request(void *owner, struct gw_http_request *request)
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

static UNUSED void open_server(struct scene *scene, const char *address)
{
    struct gw_http_service service = {on_request, scene};
    struct gw_fault fault = {""};

    assert_int_equal(
        gw_http_server_open(scene->loop, address, &scene->conf, &service, &scene->server, &fault),
        GW_OK);
}

static UNUSED int set_up(void **state)
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

static UNUSED int tear_down(void **state)
{
    struct scene *scene = *state;

    gw_http_server_close(scene->server);
    gw_loop_free(scene->loop);
    free(scene);
    return 0;
}

static UNUSED struct peer *client_of(struct scene *scene)
{
    return peer_connect(scene->loop, gw_http_server_port(scene->server));
}

static UNUSED void start(struct scene *scene, int status, uint64_t length)
{
    const struct gw_http_header headers[] = {
        {GW_TEXT("Content-Type"), GW_TEXT("text/event-stream")}};

    gw_http_reply_start(scene->open, status, (struct gw_http_headers){headers, 1}, length);
}

/* Sends and waits until it was written. */
static UNUSED void send_now(struct scene *scene, const char *text)
{
    int sents = scene->sents;

    gw_http_reply_send(scene->open, gw_text_of(text));
    UNTIL(scene->loop, scene->sents == sents + 1);
}

/* More than the kernel takes: the send stays open until the client reads, or for ever. */
static UNUSED void stuff(struct scene *scene, const char *block, size_t size)
{
    int sents;

    do {
        sents = scene->sents;
        gw_http_reply_send(scene->open, (struct gw_text){block, size});
        scene_turn_for(scene->loop, 20000);
    } while (scene->sents > sents);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
