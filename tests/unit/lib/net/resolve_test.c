/* SPDX-License-Identifier: MIT */
#include "lib/net/resolve.h"

#include <stdio.h>

#include "tests/unit/lib/net/scene.h"

struct scene {
    struct gw_loop *loop;
    struct gw_resolver *resolver;
};

struct asked {
    int answers;
    struct gw_addresses addresses;
    char text[128];
};

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));

    scene->loop = gw_loop_new();
    scene->resolver = gw_resolver_new(scene->loop);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    gw_resolver_free(scene->resolver);
    gw_loop_free(scene->loop);
    free(scene);
    return 0;
}

static void done(void *owner, const struct gw_addresses *addresses, const char *text)
{
    struct asked *asked = owner;

    asked->answers++;
    asked->addresses = *addresses;
    snprintf(asked->text, sizeof(asked->text), "%s", text);
}

static uint16_t port_of(const struct gw_addresses *addresses, size_t at)
{
    return ntohs(((const struct sockaddr_in *)&addresses->at[at])->sin_port); /* same place in v6 */
}

static void an_answer_is_remembered_for_every_port(void **state)
{
    struct scene *scene = *state;
    struct asked asked = {0};
    struct gw_addresses addresses;
    const char *text;

    assert_false(gw_resolver_knows(scene->resolver, "localhost", 1, &addresses, &text));
    assert_non_null(gw_resolve_start(scene->resolver, "localhost", 81, done, &asked));
    assert_false(gw_resolver_knows(scene->resolver, "localhost", 1, &addresses, &text));
    assert_int_equal(asked.answers, 0); /* not inside the call */
    UNTIL(scene->loop, asked.answers == 1);
    assert_true(asked.addresses.count > 0);
    assert_true(gw_resolver_knows(scene->resolver, "localhost", 82, &addresses, &text));
    assert_null(text);
    assert_int_equal(addresses.count, asked.addresses.count);
    for (size_t i = 0; i < addresses.count; i++) {
        assert_int_equal(port_of(&asked.addresses, i), 81);
        assert_int_equal(port_of(&addresses, i), 82);
        assert_int_equal(addresses.size[i], addresses.at[i].ss_family == AF_INET6
                                                ? sizeof(struct sockaddr_in6)
                                                : sizeof(struct sockaddr_in));
    }
}

static void that_there_is_none_is_remembered_for_a_moment(void **state)
{
    struct scene *scene = *state;
    struct asked asked = {0};
    struct gw_addresses addresses;
    const char *text = NULL;
    int64_t told_us;

    gw_resolve_start(scene->resolver, "no-such-host.invalid", 80, done, &asked);
    UNTIL(scene->loop, asked.answers == 1);
    told_us = scene_now_us();
    assert_int_equal(asked.addresses.count, 0);
    assert_true(strlen(asked.text) > 0);
    if (gw_resolver_knows(scene->resolver, "no-such-host.invalid", 80, &addresses, &text)) {
        assert_int_equal(addresses.count, 0);
        assert_string_equal(text, asked.text);
    } else {
        assert_true(scene_now_us() - told_us > 900000); /* the machine was busy elsewhere */
    }
    UNTIL(scene->loop,
          !gw_resolver_knows(scene->resolver, "no-such-host.invalid", 80, &addresses, &text));
    assert_true(scene_now_us() - told_us > 900000);
}

static void what_is_doubted_is_asked_again_soon(void **state)
{
    struct scene *scene = *state;
    struct asked asked = {0};
    struct gw_addresses addresses;
    const char *text;

    gw_resolver_doubt(scene->resolver, "localhost"); /* harmless */
    gw_resolve_start(scene->resolver, "localhost", 80, done, &asked);
    UNTIL(scene->loop, asked.answers == 1);
    gw_resolver_doubt(scene->resolver, "localhost");
    UNTIL(scene->loop, !gw_resolver_knows(scene->resolver, "localhost", 80, &addresses, &text));
}

static int count_answers(const struct asked *asked, size_t count)
{
    int answers = 0;

    for (size_t i = 0; i < count; i++) {
        answers += asked[i].answers;
    }
    return answers;
}

static void all_who_ask_are_answered_but_those_who_left(void **state)
{
    struct scene *scene = *state;
    struct asked asked[64] = {{0}};
    struct gw_resolve *resolves[64];

    for (size_t i = 0; i < 64; i++) {
        char host[64];

        snprintf(host, sizeof(host), "no-such-host-%zu.invalid", i / 8);
        resolves[i] = gw_resolve_start(scene->resolver, i % 2 ? "localhost" : host, 80, done,
                                       &asked[i]);
    }
    for (size_t i = 0; i < 64; i += 4) {
        gw_resolve_cancel(resolves[i]);
        gw_resolve_cancel(resolves[i + 1]);
    }
    UNTIL(scene->loop, count_answers(asked, 64) == 32);
    for (size_t i = 0; i < 64; i++) {
        assert_int_equal(asked[i].answers, i % 4 >= 2);
        assert_int_equal(asked[i].addresses.count > 0, i % 4 == 3);
    }
}

static void a_resolver_may_go_while_questions_are_out(void **state)
{
    struct scene *scene = *state;
    struct asked asked[16] = {{0}};

    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < 16; i++) {
            char host[64];

            snprintf(host, sizeof(host), "no-such-host-%zu.invalid", i);
            gw_resolve_start(scene->resolver, host, 80, done, &asked[i]);
        }
        if (round % 2 == 1) {
            scene_turn_for(scene->loop, 500);
        }
        gw_resolver_free(scene->resolver);
        memset(asked, 0, sizeof(asked));
        scene->resolver = gw_resolver_new(scene->loop);
    }
    scene_turn_for(scene->loop, 20000); /* answers that were in the mail */
    for (size_t i = 0; i < 16; i++) {
        assert_int_equal(asked[i].answers, 0);
    }
}

static void memory_for_names_has_a_ceiling(void **state)
{
    struct scene *scene = *state;
    struct asked asked = {0};
    struct gw_addresses addresses;
    const char *text;

    gw_resolve_start(scene->resolver, "127.0.0.1", 80, done, &asked);
    UNTIL(scene->loop, asked.answers == 1);
    for (int i = 0; i < 1100; i++) {
        char host[64];

        snprintf(host, sizeof(host), "127.1.%d.%d", i / 250, i % 250);
        gw_resolve_start(scene->resolver, host, 80, done, &asked);
        UNTIL(scene->loop, asked.answers == i + 2);
    }
    assert_false(gw_resolver_knows(scene->resolver, "127.0.0.1", 80, &addresses, &text));
    assert_true(gw_resolver_knows(scene->resolver, "127.1.4.90", 80, &addresses, &text));
}

int main(int argc, char **argv)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(an_answer_is_remembered_for_every_port),
        CASE(that_there_is_none_is_remembered_for_a_moment),
        CASE(what_is_doubted_is_asked_again_soon),
        CASE(all_who_ask_are_answered_but_those_who_left),
        CASE(a_resolver_may_go_while_questions_are_out),
        CASE(memory_for_names_has_a_ceiling),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/net/resolve", tests, NULL, NULL);
}
