/* SPDX-License-Identifier: MIT */
#include "lib/net/fd.h"

#include "tests/support/cmocka_first.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct side {
    struct gw_fd *watch;
    int fd;
    int readable;
    int writable;
    bool ends_inside;
};

static void on_readable(void *owner)
{
    struct side *side = owner;

    side->readable++;
    if (side->ends_inside) {
        gw_fd_unwatch(side->watch);
        side->watch = NULL;
    }
}

static void on_writable(void *owner)
{
    struct side *side = owner;

    side->writable++;
}

static const struct gw_fd_ops OPS = {on_readable, on_writable};

struct scene {
    struct gw_loop *loop;
    struct side side;
    int peer;
};

static int set_up(void **state)
{
    static struct scene scene;
    int fds[2];

    memset(&scene, 0, sizeof(scene));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    scene.loop = gw_loop_new();
    scene.side.fd = fds[0];
    scene.peer = fds[1];
    scene.side.watch = gw_fd_watch(scene.loop, fds[0], &OPS, &scene.side);
    *state = &scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    gw_fd_unwatch(scene->side.watch);
    close(scene->side.fd);
    close(scene->peer);
    gw_loop_free(scene->loop);
    return 0;
}

static void readable_is_told_each_turn_until_it_was_read(void **state)
{
    struct scene *scene = *state;
    char byte;

    gw_fd_read_start(scene->side.watch);
    gw_loop_turn(scene->loop, 0);
    assert_int_equal(scene->side.readable, 0);
    assert_int_equal(write(scene->peer, "x", 1), 1);
    gw_loop_turn(scene->loop, 1000000);
    gw_loop_turn(scene->loop, 1000000);
    assert_int_equal(scene->side.readable, 2);
    assert_int_equal(read(scene->side.fd, &byte, 1), 1); /* nobody else has read it */
    gw_loop_turn(scene->loop, 0);
    assert_int_equal(scene->side.readable, 2);
}

static void read_stop_stops(void **state)
{
    struct scene *scene = *state;

    gw_fd_read_start(scene->side.watch);
    assert_int_equal(write(scene->peer, "x", 1), 1);
    gw_loop_turn(scene->loop, 1000000);
    gw_fd_read_stop(scene->side.watch);
    gw_loop_turn(scene->loop, 0);
    assert_int_equal(scene->side.readable, 1);
    gw_fd_read_start(scene->side.watch);
    gw_loop_turn(scene->loop, 1000000);
    assert_int_equal(scene->side.readable, 2);
}

static void writable_is_told_once(void **state)
{
    struct scene *scene = *state;

    gw_fd_write_once(scene->side.watch);
    gw_fd_write_once(scene->side.watch);
    gw_loop_turn(scene->loop, 1000000);
    gw_loop_turn(scene->loop, 0);
    assert_int_equal(scene->side.writable, 1);
    gw_fd_write_once(scene->side.watch);
    gw_loop_turn(scene->loop, 1000000);
    assert_int_equal(scene->side.writable, 2);
}

static void a_peer_that_leaves_makes_it_readable(void **state)
{
    struct scene *scene = *state;

    gw_fd_read_start(scene->side.watch);
    gw_loop_turn(scene->loop, 0);
    shutdown(scene->peer, SHUT_RDWR);
    gw_loop_turn(scene->loop, 1000000);
    assert_true(scene->side.readable > 0);
}

static void the_watch_may_end_inside_its_own_call_out(void **state)
{
    struct scene *scene = *state;

    scene->side.ends_inside = true;
    gw_fd_read_start(scene->side.watch);
    gw_fd_write_once(scene->side.watch);
    gw_loop_turn(scene->loop, 0); /* writable already */
    assert_int_equal(write(scene->peer, "x", 1), 1);
    gw_fd_write_once(scene->side.watch);
    gw_loop_turn(scene->loop, 1000000);
    gw_loop_turn(scene->loop, 0);
    assert_int_equal(scene->side.readable, 1);
    assert_int_equal(scene->side.writable, 1); /* the second was due in the same turn */
}

static void the_descriptor_survives_the_watch(void **state)
{
    struct scene *scene = *state;

    gw_fd_read_start(scene->side.watch);
    gw_fd_write_once(scene->side.watch);
    gw_fd_unwatch(scene->side.watch);
    scene->side.watch = gw_fd_watch(scene->loop, scene->side.fd, &OPS, &scene->side);
    gw_fd_read_start(scene->side.watch);
    assert_int_not_equal(fcntl(scene->side.fd, F_GETFD), -1);
    assert_int_equal(write(scene->peer, "x", 1), 1);
    gw_loop_turn(scene->loop, 1000000);
    assert_int_equal(scene->side.readable, 1);
    assert_int_equal(scene->side.writable, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(readable_is_told_each_turn_until_it_was_read),
        CASE(read_stop_stops),
        CASE(writable_is_told_once),
        CASE(a_peer_that_leaves_makes_it_readable),
        CASE(the_watch_may_end_inside_its_own_call_out),
        CASE(the_descriptor_survives_the_watch),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/net/fd", tests, NULL, NULL);
}
