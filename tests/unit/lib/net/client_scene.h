/* SPDX-License-Identifier: MIT */
/*
 * client_scene - a client, a provider's listening socket, and what becomes of a call.
 */
#ifndef TESTS_UNIT_LIB_NET_CLIENT_SCENE_H
#define TESTS_UNIT_LIB_NET_CLIENT_SCENE_H

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
    struct gw_guard *guard; /* freed with the scene; new_client() takes it over */
};

static UNUSED void take(struct asked *asked)
{
    struct gw_text bytes = gw_http_call_take(asked->call);

    if (asked->body_len + bytes.len < sizeof(asked->body)) {
        memcpy(asked->body + asked->body_len, bytes.at == NULL ? "" : bytes.at, bytes.len);
    }
    asked->body_len += bytes.len;
}

static UNUSED void close_call(struct asked *asked)
{
    gw_http_call_close(asked->call);
    asked->call = NULL;
}

static UNUSED void on_head(void *owner, const struct gw_http_answer *answer)
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

static UNUSED void on_body(void *owner)
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

static UNUSED void on_end(void *owner)
{
    struct asked *asked = owner;

    asked->ends++;
    if (asked->closes == AT_END) {
        close_call(asked);
    }
}

static UNUSED void on_fail(void *owner, enum gw_http_failure failure, const char *text)
{
    struct asked *asked = owner;

    asked->fails++;
    asked->failure = failure;
    snprintf(asked->text, sizeof(asked->text), "%s", text);
}

static const struct gw_http_call_ops OPS = {on_head, on_body, on_end, on_fail};

static UNUSED void new_client(struct scene *scene, size_t idle_max, int64_t idle_timeout_us)
{
    struct gw_http_client_conf conf = {idle_max, idle_timeout_us, NULL, scene->guard};

    gw_http_client_free(scene->client);
    scene->client = gw_http_client_new(scene->loop, &conf);
}

static UNUSED int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));

    scene->loop = gw_loop_new();
    scene->listener = peer_listen(&scene->port);
    new_client(scene, 8, 60000000);
    *state = scene;
    return 0;
}

static UNUSED int tear_down(void **state)
{
    struct scene *scene = *state;

    gw_http_client_free(scene->client);
    gw_loop_free(scene->loop);
    close(scene->listener);
    gw_guard_free(scene->guard);
    free(scene);
    return 0;
}

/* Sends `body` (NULL: none) to the scene's provider. */
static UNUSED struct asked *ask(struct scene *scene, const char *method, const char *body)
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

static UNUSED void forget(struct asked *asked)
{
    if (asked->call != NULL) {
        gw_http_call_close(asked->call);
    }
    free(asked);
}

/* Another call, which must come over the connection `provider` holds. */
static UNUSED void ask_again_over(struct scene *scene, struct peer *provider)
{
    struct asked *asked = ask(scene, "GET", NULL);

    peer_forget(provider);
    peer_expect(provider, "\r\n\r\n");
    peer_say(provider, OK5);
    UNTIL(scene->loop, asked->ends == 1);
    assert_int_equal(gw_http_call_times(asked->call).connected_us, 0);
    forget(asked);
}

static UNUSED void expect_failure(struct scene *scene, struct asked *asked,
                                  enum gw_http_failure failure)
{
    UNTIL(scene->loop, asked->fails + asked->ends > 0);
    if (asked->fails != 1 || asked->failure != failure) {
        fail_msg("expected %s, got %s (%s)", gw_http_failure_name(failure),
                 asked->fails ? gw_http_failure_name(asked->failure) : "an end", asked->text);
    }
    assert_true(strlen(asked->text) > 0);
}

static UNUSED struct peer *pooled(struct scene *scene)
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

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
