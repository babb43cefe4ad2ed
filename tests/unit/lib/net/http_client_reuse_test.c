/* SPDX-License-Identifier: MIT */
#include "tests/unit/lib/net/client_scene.h"

/* ---- Connections ------------------------------------------------------------------------ */

static void the_connection_used_last_is_used_first_and_the_rest_expires(void **state)
{
    struct scene *scene = *state;
    struct asked *first, *second;
    struct peer *one, *two;

    new_client(scene, 8, 500000);
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
        scene_turn_for(scene->loop, 120000);
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

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(the_connection_used_last_is_used_first_and_the_rest_expires),
        CASE(no_more_connections_wait_than_allowed),
        CASE(a_waiting_connection_that_speaks_or_closes_is_dropped),
        CASE(bytes_behind_the_answer_spoil_the_connection),
        CASE(a_pooled_connection_that_turns_out_dead_is_replaced_once),
        CASE(a_second_death_is_a_failure),
        CASE(after_a_byte_of_answer_nothing_is_tried_again),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/net/http_client_reuse", tests, NULL, NULL);
}
