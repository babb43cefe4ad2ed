/* SPDX-License-Identifier: MIT */
/*
 * server - a redis-server of our own in a scratch folder, on a unix socket, for the tests of this
 * room. It may be stopped and started again.
 */
#ifndef TESTS_UNIT_LIB_REDIS_SERVER_H
#define TESTS_UNIT_LIB_REDIS_SERVER_H

#include "tests/unit/lib/net/scene.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "lib/redis/redis.h"

struct server {
    char folder[40];
    char socket[64];
    char log[64];
    pid_t pid;
};

static UNUSED bool server_is_up(const struct server *server)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char answer[8] = "";
    bool is_up;

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", server->socket);
    is_up = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
            write(fd, "PING\r\n", 6) == 6 && read(fd, answer, 1) == 1;
    close(fd);
    return is_up;
}

/* `option` and `value` are one more setting, or NULL. Returns when it answers. */
static UNUSED void server_start(struct server *server, const char *option, const char *value)
{
    int64_t until_us = scene_now_us() + SCENE_PATIENCE_US;
    int status;

    fflush(NULL);
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that breaks leaves no server behind */
        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", server->socket,
               "--dir", server->folder, "--logfile", server->log, "--save", "", "--appendonly",
               "no", option, value, NULL);
        _exit(127);
    }
    while (!server_is_up(server)) {
        if (waitpid(server->pid, &status, WNOHANG) == server->pid) {
            fail_msg("redis-server did not start: is it installed?");
        }
        if (scene_now_us() > until_us) {
            fail_msg("redis-server does not answer");
        }
        poll(NULL, 0, 5); /* a breath between two looks */
    }
}

static UNUSED void server_stop(struct server *server)
{
    if (server->pid > 0) {
        kill(server->pid, SIGKILL);
        waitpid(server->pid, NULL, 0);
        server->pid = 0;
    }
}

static UNUSED void server_make_room(struct server *server)
{
    snprintf(server->folder, sizeof(server->folder), "/tmp/redis_test.XXXXXX");
    assert_non_null(mkdtemp(server->folder));
    snprintf(server->socket, sizeof(server->socket), "%s/s", server->folder);
    snprintf(server->log, sizeof(server->log), "%s/log", server->folder);
}

static UNUSED void server_clear(struct server *server)
{
    server_stop(server);
    unlink(server->socket);
    unlink(server->log);
    rmdir(server->folder);
}

/* ---- A client and what it was told ------------------------------------------------------ */

struct client {
    struct gw_loop *loop;
    struct gw_redis *redis;
    int ups, downs;
    bool is_up;
    char reason[256];
    bool closes_when_down;
};

static UNUSED void client_on_state(void *owner, enum gw_redis_is is, const char *reason)
{
    struct client *client = owner;

    client->is_up = is == GW_REDIS_UP;
    client->ups += client->is_up;
    client->downs += !client->is_up;
    snprintf(client->reason, sizeof(client->reason), "%s", reason);
    assert_int_equal(gw_redis_is_up(client->redis), client->is_up);
    if (!client->is_up && client->closes_when_down) {
        gw_redis_close(client->redis);
        client->redis = NULL;
    }
}

static UNUSED struct gw_redis_conf client_conf(const char *address)
{
    return (struct gw_redis_conf){
        .address = address,
        .connect_timeout_us = 5000000,
        .command_timeout_us = 5000000,
        .pause_least_us = 1000,
        .pause_most_us = 20000,
        .pending_max = 1000,
        .reply_max = 100000,
    };
}

static UNUSED void client_open(struct client *client, const struct gw_redis_conf *conf)
{
    struct gw_redis_watch watch = {client_on_state, client};
    struct gw_fault fault;

    client->loop = gw_loop_new();
    if (gw_redis_open(client->loop, conf, &watch, &client->redis, &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
}

static UNUSED void client_close(struct client *client)
{
    gw_redis_close(client->redis);
    gw_loop_free(client->loop);
}

/* ---- Commands --------------------------------------------------------------------------- */

/* One command and how it ended. */
struct call {
    int times; /* done was called */
    enum gw_err err;
    struct gw_redis_reply reply;
    char text[512]; /* a copy: replies are borrowed */
};

static UNUSED void call_done(void *owner, enum gw_err err, const struct gw_redis_reply *reply)
{
    struct call *call = owner;

    call->times++;
    call->err = err;
    assert_int_equal(err == GW_OK, reply != NULL);
    if (reply != NULL) {
        call->reply = *reply;
        snprintf(call->text, sizeof(call->text), "%.*s", GW_TEXT_ARG(reply->text));
    }
}

/* Sends words separated by one space. */
static UNUSED enum gw_err call_send(struct client *client, struct call *call, const char *words,
                                    int64_t timeout_us)
{
    struct gw_text args[16], rest = gw_text_of(words);
    size_t count = 0;

    while (gw_text_cut(rest, ' ', &args[count], &rest)) {
        count++;
    }
    args[count++] = rest;
    *call = (struct call){0};
    return gw_redis_command(client->redis, args, count, timeout_us, call_done, call);
}

static UNUSED void call_wait(struct client *client, struct call *call, const char *words)
{
    assert_int_equal(call_send(client, call, words, 0), GW_OK);
    UNTIL(client->loop, call->times > 0);
    assert_int_equal(call->times, 1);
}

#endif
