/* SPDX-License-Identifier: MIT */
/*
 * desk_scene - the desk on a loop and a thread of its own, a control plane that tells what it was
 * asked, and a client that speaks HTTP/1.1 over a socket.
 */
#ifndef TESTS_UNIT_STATSD_DESK_SCENE_H
#define TESTS_UNIT_STATSD_DESK_SCENE_H

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/rpc/rpc_server.h"
#include "lib/wire/admin.h"
#include "statsd/answer/reader.h"
#include "statsd/desk/desk.h"
#include "statsd/desk/openapi.h"
#include "statsd/sink/figures.h"
#include "tests/unit/statsd/usage_database.h"

#define ADMIN_TOKEN "the-admin-token"
#define AS_ADMIN    "Authorization: Bearer " ADMIN_TOKEN "\r\n"

struct desk_scene {
    struct gw_loop *loop;
    pthread_t thread;
    struct gw_courier *courier;
    struct gw_metrics *metrics;
    struct gw_pool *readers;
    struct gw_rpc_server *controlplane;
    struct gw_rpc_client *client;
    struct relay *relay;
    struct login login;
    struct desk *desk;
    char folder[64], address[96];
    size_t open;
    struct gw_mail stop_mail;
};

/* ---- A control plane -------------------------------------------------------------------- */

static inline void scene_answer(void *owner, struct gw_rpc_question *question,
                                struct gw_text request)
{
    struct gw_admin_request asked;
    struct gw_admin_reply reply = {.status = 200, .header_count = 2};
    struct gw_arena arena;
    struct gw_buf out;

    (void)owner;
    gw_arena_init(&arena, 1 << 20);
    gw_buf_init(&out, 1 << 20);
    assert_int_equal(gw_admin_request_unpack(request, &arena, &asked, NULL), GW_OK);
    reply.headers[0] = (struct gw_admin_header){GW_TEXT("Content-Type"), GW_TEXT("text/x-echo")};
    reply.headers[1] = (struct gw_admin_header){GW_TEXT("ETag"), GW_TEXT("\"7\"")};
    reply.body = gw_text_of(gw_arena_fmt(
        &arena,
        "%.*s %.*s ?%.*s body=%.*s type=%.*s match=%.*s role=%d user=%d name=%.*s ip=%.*s%s",
        GW_TEXT_ARG(asked.method), GW_TEXT_ARG(asked.path), GW_TEXT_ARG(asked.query),
        GW_TEXT_ARG(asked.body), GW_TEXT_ARG(asked.content_type), GW_TEXT_ARG(asked.if_match),
        (int)asked.role, (int)asked.user_id, GW_TEXT_ARG(asked.name), GW_TEXT_ARG(asked.client_ip),
        asked.shows_internal ? " internal" : ""));
    assert_int_equal(gw_admin_reply_pack(&reply, &out), GW_OK);
    gw_rpc_answer(question, GW_OK, gw_buf_text(&out), "");
    gw_buf_fini(&out);
    gw_arena_fini(&arena);
}

static inline void scene_ignore(void *owner, bool is_there, const char *why)
{
    (void)owner, (void)is_there, (void)why;
}

/* ---- Life ------------------------------------------------------------------------------- */

static inline void scene_closed(void *owner)
{
    struct desk_scene *scene = owner;

    if (--scene->open == 0) {
        gw_loop_stop(scene->loop);
    }
}

static inline void scene_deliver_stop(struct gw_mail *mail)
{
    struct desk_scene *scene = GW_CONTAINER(mail, struct desk_scene, stop_mail);

    relay_stop(scene->relay);
    scene->open = 1;
    desk_close(scene->desk, scene_closed, scene);
    if (scene->client != NULL) {
        scene->open += 2;
        gw_rpc_client_close_then(scene->client, scene_closed, scene);
        gw_rpc_server_close(scene->controlplane, scene_closed, scene);
    }
}

static inline void *scene_run(void *argument)
{
    gw_loop_run(((struct desk_scene *)argument)->loop);
    return NULL;
}

static inline void scene_open_controlplane(struct desk_scene *scene)
{
    static const struct gw_rpc_method METHODS[] = {
        {.name = "/millrace.admin.v1.Admin/Call", .on_question = scene_answer}};
    struct gw_rpc_server_conf server_conf = {.listen = scene->address};
    struct gw_rpc_client_conf client_conf = {.target = scene->address};

    assert_int_equal(gw_rpc_server_open(scene->courier, scene->loop, &server_conf, METHODS, 1,
                                        scene, &scene->controlplane, NULL),
                     GW_OK);
    assert_int_equal(
        gw_rpc_client_open(scene->courier, scene->loop, &client_conf, &scene->client, NULL), GW_OK);
}

enum scene_has { SCENE_ALONE, SCENE_WITH_CONTROLPLANE };

static inline struct desk_scene *scene_new(enum scene_has has)
{
    static const struct relay_ops RELAY_OPS = {scene_ignore};
    const struct login_conf login_conf = {.admin_token = GW_TEXT(ADMIN_TOKEN),
                                          .session_ttl_us = 24 * GW_US_PER_HOUR,
                                          .logs_refresh_us = 5 * GW_US_PER_SECOND,
                                          .secure_cookies = true,
                                          .believe = CALLER_BELIEVE_FORWARDED,
                                          .base_url = GW_TEXT("http://gateway.example"),
                                          .openapi_sha256 = gw_text_of(openapi_sha256())};
    const struct desk_conf desk_conf = {.listen = "127.0.0.1:0", .connections_max = 64};
    struct desk_scene *scene = GW_NEW(struct desk_scene);
    struct desk_parts parts;
    struct gw_fault fault = {""};

    snprintf(scene->folder, sizeof(scene->folder), "/tmp/millrace-desk.XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    snprintf(scene->address, sizeof(scene->address), "unix:%s/s", scene->folder);
    scene->loop = gw_loop_new();
    scene->courier = gw_courier_new();
    scene->metrics = gw_metrics_new(FIGURE_TABLE, FIGURES);
    scene->readers = gw_pool_new(2, &READER_POOL, usage_conninfo);
    if (has == SCENE_WITH_CONTROLPLANE) {
        scene_open_controlplane(scene);
    }
    scene->relay = relay_new(scene->loop, scene->client, &RELAY_OPS, scene);
    login_init(&scene->login, &login_conf, scene->metrics);
    parts = (struct desk_parts){scene->loop, &scene->login, scene->relay, scene->readers,
                                scene->metrics};
    if (desk_open(&desk_conf, &parts, &scene->desk, &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
    scene->stop_mail.deliver = scene_deliver_stop;
    assert_int_equal(pthread_create(&scene->thread, NULL, scene_run, scene), 0);
    return scene;
}

static inline void scene_free(struct desk_scene *scene)
{
    char path[128];

    gw_loop_post(scene->loop, &scene->stop_mail);
    pthread_join(scene->thread, NULL);
    gw_pool_free(scene->readers);
    relay_free(scene->relay);
    desk_free(scene->desk);
    login_fini(&scene->login);
    gw_loop_free(scene->loop);
    gw_courier_free(scene->courier);
    gw_metrics_free(scene->metrics);
    snprintf(path, sizeof(path), "%s/s", scene->folder);
    unlink(path);
    rmdir(scene->folder);
    gw_free(scene);
}

/* ---- A client --------------------------------------------------------------------------- */

struct scene_reply {
    int status;
    char head[8192];
    char body[262144];
};

static inline int scene_connect(const struct desk_scene *scene)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)desk_port(scene->desk)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static inline void scene_write(int fd, const char *text)
{
    size_t len = strlen(text);

    assert_int_equal(write(fd, text, len), (ssize_t)len);
}

/* One exchange. `headers` are whole lines; a body brings its length along. */
static inline const struct scene_reply *scene_ask(const struct desk_scene *scene,
                                                  const char *method, const char *path,
                                                  const char *headers, const char *body)
{
    static struct scene_reply reply;
    static char bytes[sizeof(reply.head) + sizeof(reply.body)];
    size_t len = 0;
    ssize_t got;
    char *end;
    int fd = scene_connect(scene);
    char length[64] = "";

    if (body != NULL) {
        snprintf(length, sizeof(length), "Content-Length: %zu\r\n", strlen(body));
    }
    snprintf(bytes, sizeof(bytes),
             "%s %s HTTP/1.1\r\nHost: desk.example\r\nConnection: close\r\n%s%s\r\n%s", method,
             path, headers, length, body == NULL ? "" : body);
    scene_write(fd, bytes);
    while ((got = read(fd, bytes + len, sizeof(bytes) - 1 - len)) > 0) {
        len += (size_t)got;
    }
    close(fd);
    bytes[len] = '\0';
    end = strstr(bytes, "\r\n\r\n");
    assert_non_null(end);
    snprintf(reply.head, sizeof(reply.head), "%.*s\r\n", (int)(end - bytes), bytes);
    snprintf(reply.body, sizeof(reply.body), "%s", end + 4);
    assert_int_equal(sscanf(bytes, "HTTP/1.1 %d", &reply.status), 1);
    return &reply;
}

static inline const struct scene_reply *scene_get(const struct desk_scene *scene, const char *path,
                                                  const char *headers)
{
    return scene_ask(scene, "GET", path, headers, NULL);
}

#define JSON_BODY "Content-Type: application/json\r\n"

static inline const struct scene_reply *scene_post(const struct desk_scene *scene, const char *path,
                                                   const char *headers, const char *body)
{
    char all[4096];

    snprintf(all, sizeof(all), "%s" JSON_BODY, headers);
    return scene_ask(scene, "POST", path, all, body);
}

/* Whether the head has exactly this line. */
static inline bool scene_has(const struct scene_reply *reply, const char *line)
{
    char wanted[512];

    snprintf(wanted, sizeof(wanted), "\r\n%s\r\n", line);
    return strcasestr(reply->head, wanted) != NULL;
}

static inline void scene_assert_problem(const struct scene_reply *reply, int status,
                                        const char *code)
{
    char wanted[256];

    assert_int_equal(reply->status, status);
    assert_true(scene_has(reply, "Content-Type: application/problem+json"));
    snprintf(wanted, sizeof(wanted), "\"errorCode\":\"%s\"", code);
    assert_non_null(strstr(reply->body, wanted));
    snprintf(wanted, sizeof(wanted), "\"type\":\"urn:millrace:problem:%s\"", code);
    assert_non_null(strstr(reply->body, wanted));
}

/* Signs in; the header line with the session cookie. */
static inline void scene_sign_in(const struct desk_scene *scene, char *ret_line, size_t size)
{
    const struct scene_reply *reply = scene_post(scene, "/api/v1/auth/login", "",
                                                 "{\"key\":\"" ADMIN_TOKEN "\"}");
    const char *cookie = strstr(reply->head, "auth-token=");

    assert_int_equal(reply->status, 200);
    assert_non_null(cookie);
    snprintf(ret_line, size, "Cookie: %.*s\r\n", (int)strcspn(cookie, ";"), cookie);
}

#endif
