/* SPDX-License-Identifier: MIT */
#include "lib/daemon/ready.h"

#include <pthread.h>

#include "tests/support/cmocka_first.h"

static int setup(void **state)
{
    *state = gw_ready_new();
    gw_ready_declare(*state, "postgresql", GW_READY_REQUIRED);
    gw_ready_declare(*state, "redis", GW_READY_OPTIONAL);
    return 0;
}

static int teardown(void **state)
{
    gw_ready_free(*state);
    return 0;
}

static void expect_page(const struct gw_ready *ready, bool is_ready, const char *json)
{
    struct gw_buf out;

    gw_buf_init(&out, 65536);
    assert_int_equal(gw_ready_print(ready, &out), is_ready);
    assert_string_equal(out.at, json);
    gw_buf_fini(&out);
}

static void nothing_is_there_until_it_was_said(void **state)
{
    assert_false(gw_ready_is_ready(*state));
    expect_page(*state, false,
                "{\"status\":\"not_ready\",\"parts\":["
                "{\"name\":\"postgresql\",\"ok\":false,\"required\":true,"
                "\"reason\":\"has not been there yet\"},"
                "{\"name\":\"redis\",\"ok\":false,\"required\":false,"
                "\"reason\":\"has not been there yet\"}]}");
}

static void what_is_required_decides(void **state)
{
    assert_true(gw_ready_set(*state, "postgresql", GW_READY_YES, NULL));
    assert_true(gw_ready_is_ready(*state));
    gw_ready_set(*state, "redis", GW_READY_NO, "connection \"refused\"");
    expect_page(*state, true,
                "{\"status\":\"ready\",\"parts\":["
                "{\"name\":\"postgresql\",\"ok\":true,\"required\":true},"
                "{\"name\":\"redis\",\"ok\":false,\"required\":false,"
                "\"reason\":\"connection \\\"refused\\\"\"}]}");
    gw_ready_set(*state, "postgresql", GW_READY_NO, "gone");
    assert_false(gw_ready_is_ready(*state));
}

static void only_a_change_is_told(void **state)
{
    assert_true(gw_ready_set(*state, "redis", GW_READY_YES, NULL));
    assert_false(gw_ready_set(*state, "redis", GW_READY_YES, "still"));
    assert_true(gw_ready_set(*state, "redis", GW_READY_NO, NULL));
}

static void who_stops_is_not_ready(void **state)
{
    gw_ready_set(*state, "postgresql", GW_READY_YES, NULL);
    gw_ready_set(*state, "redis", GW_READY_YES, NULL);
    gw_ready_stop(*state);
    assert_false(gw_ready_is_ready(*state));
    expect_page(*state, false,
                "{\"status\":\"stopping\",\"parts\":["
                "{\"name\":\"postgresql\",\"ok\":true,\"required\":true},"
                "{\"name\":\"redis\",\"ok\":true,\"required\":false}]}");
}

static void *flap(void *ready)
{
    int i;

    for (i = 0; i < 1000; i++) {
        gw_ready_set(ready, "redis", i % 2 == 0 ? GW_READY_YES : GW_READY_NO, "again");
        (void)gw_ready_is_ready(ready);
    }
    return NULL;
}

static void threads_may_tell_at_once(void **state)
{
    pthread_t threads[3];
    size_t i;

    for (i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, flap, *state), 0);
    }
    for (i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_true(gw_ready_set(*state, "redis", GW_READY_YES, NULL)); /* the last word was no */
}

#define DECLARED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        DECLARED(nothing_is_there_until_it_was_said),
        DECLARED(what_is_required_decides),
        DECLARED(only_a_change_is_told),
        DECLARED(who_stops_is_not_ready),
        DECLARED(threads_may_tell_at_once),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/daemon/ready", tests, NULL, NULL);
}
