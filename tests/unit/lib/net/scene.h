/* SPDX-License-Identifier: MIT */
/*
 * scene - a loop, and raw sockets that talk to what runs on it, all on one thread: the loop turns
 * whenever a test waits for something.
 */
#ifndef TESTS_UNIT_LIB_NET_SCENE_H
#define TESTS_UNIT_LIB_NET_SCENE_H

#include "tests/support/cmocka_first.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/net/loop.h"

#define SCENE_PATIENCE_US 20000000
#define UNUSED            __attribute__((unused))

static UNUSED int64_t scene_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Turns the loop until `condition` holds; fails the test when it never does. */
#define UNTIL(loop, condition)                                                                     \
    do {                                                                                           \
        int64_t scene_until_us = scene_now_us() + SCENE_PATIENCE_US;                               \
        while (!(condition)) {                                                                     \
            if (scene_now_us() > scene_until_us) {                                                 \
                fail_msg("never came true: %s", #condition);                                       \
            }                                                                                      \
            gw_loop_turn(loop, 1000);                                                              \
        }                                                                                          \
    } while (0)

/* Turns the loop while nothing is expected to happen. */
static UNUSED void scene_turn_for(struct gw_loop *loop, int64_t us)
{
    int64_t until_us = scene_now_us() + us;

    while (scene_now_us() < until_us) {
        gw_loop_turn(loop, 1000);
    }
}

/* ---- Raw peers -------------------------------------------------------------------------- */

struct peer {
    int fd;
    struct gw_loop *loop;
    char in[1 << 18];
    size_t len;
    bool is_ended; /* end of file or reset */
    bool is_reset;
};

static UNUSED int peer_listen(uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static UNUSED struct peer *peer_new(struct gw_loop *loop, int fd)
{
    struct peer *peer = calloc(1, sizeof(*peer));

    assert_true(fd >= 0);
    peer->fd = fd;
    peer->loop = loop;
    return peer;
}

static UNUSED struct peer *peer_connect(struct gw_loop *loop, uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return peer_new(loop, fd);
}

static UNUSED struct peer *peer_connect_unix(struct gw_loop *loop, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return peer_new(loop, fd);
}

/* The next connection that somebody on the loop makes to `listener`. */
static UNUSED struct peer *peer_accept(struct gw_loop *loop, int listener)
{
    struct pollfd look = {.fd = listener, .events = POLLIN};

    UNTIL(loop, poll(&look, 1, 0) == 1);
    return peer_new(loop, accept4(listener, NULL, NULL, SOCK_CLOEXEC));
}

static UNUSED bool peer_may_accept(int listener)
{
    struct pollfd look = {.fd = listener, .events = POLLIN};

    return poll(&look, 1, 0) == 1;
}

static UNUSED void peer_close(struct peer *peer)
{
    if (peer != NULL) {
        if (peer->fd >= 0) {
            close(peer->fd);
        }
        free(peer);
    }
}

static UNUSED void peer_reset(struct peer *peer)
{
    struct linger at_once = {.l_onoff = 1};

    setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(peer->fd);
    peer->fd = -1;
}

static UNUSED void peer_say(struct peer *peer, const char *text)
{
    size_t len = strlen(text);

    assert_int_equal(send(peer->fd, text, len, MSG_NOSIGNAL), len);
}

/* Reads what is there; true if anything new came. */
static UNUSED bool peer_read(struct peer *peer)
{
    ssize_t count = recv(peer->fd, peer->in + peer->len, sizeof(peer->in) - 1 - peer->len,
                         MSG_DONTWAIT);

    if (count > 0) {
        peer->len += (size_t)count;
        peer->in[peer->len] = '\0';
        return true;
    }
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
        peer->is_reset |= count < 0;
        peer->is_ended = true;
    }
    return false;
}

static UNUSED bool peer_has(struct peer *peer, const char *text)
{
    while (peer_read(peer)) {
    }
    return strstr(peer->in, text) != NULL;
}

static UNUSED bool peer_ended(struct peer *peer)
{
    while (peer_read(peer)) {
    }
    return peer->is_ended;
}

static UNUSED void peer_expect(struct peer *peer, const char *text)
{
    int64_t until_us = scene_now_us() + SCENE_PATIENCE_US;

    while (!peer_has(peer, text)) {
        if (scene_now_us() > until_us || peer->is_ended) {
            fail_msg("expected \"%s\", got \"%s\"%s", text, peer->in,
                     peer->is_ended ? " and the end" : "");
        }
        gw_loop_turn(peer->loop, 1000);
    }
}

static UNUSED void peer_expect_end(struct peer *peer)
{
    UNTIL(peer->loop, peer_ended(peer));
}

static UNUSED void peer_forget(struct peer *peer)
{
    peer->len = 0;
    peer->in[0] = '\0';
}

#endif
