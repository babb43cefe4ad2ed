/* SPDX-License-Identifier: MIT */
#include "dataplane/snapshot/subscriber.h"

#include "tests/support/fake_controlplane.h"

static void it_says_hello_and_what_it_runs(void **state)
{
    struct plane *plane = *state;
    struct subscriber_status status;

    start_both(plane);
    assert_true(plane->heard[0].has_hello);
    assert_string_equal(plane->heard[0].node, "edge-1");
    assert_int_equal(plane->heard[0].running.number, 0);
    assert_false(plane->heard[1].has_hello);
    assert_int_equal(plane->heard[1].running.number, 1);
    assert_string_equal(plane->heard[1].running.epoch, EPOCH);
    subscriber_status(plane->subscriber, &status);
    assert_true(status.is_connected);
    assert_int_equal(status.version.number, 1);
    assert_int_equal(status.applied, 1);
    assert_true(status.applied_us > 0);
}

static void nothing_is_in_use_before_the_last_part_came(void **state)
{
    struct plane *plane = *state;
    const struct snapshot *snapshot;

    start_both(plane);
    send_update(plane, put_keys(change(1, 2), 11, 20));
    send_update(plane, put_keys(change(1, 2), 21, 30));
    subscriber_set_load(plane->subscriber, 5, true); /* a report, as a sign that both came in */
    UNTIL(plane, last_heard(plane)->is_draining);
    assert_int_equal(last_heard(plane)->open_requests, 5);
    assert_int_equal(running(plane), 1);
    send_update(plane, the_last(put_keys(change(1, 2), 31, 40)));
    UNTIL(plane, last_heard(plane)->running.number == 2);
    snapshot = holder_get(plane->holder);
    assert_int_equal(snapshot_count_keys(snapshot), 40);
    snapshot_unref(snapshot);
}

static void content_that_cannot_be_used_is_refused_and_the_old_goes_on(void **state)
{
    struct plane *plane = *state;
    struct gw_config_key same = {.id = 99, .user_id = 1};
    struct gw_update *update;
    uint64_t one = 1;
    char text[300];

    start_both(plane);
    memcpy(same.digest, &one, sizeof(one)); /* key 1 has it */
    update = the_last(change(1, 2));
    gw_update_put_key(update, &same);
    send_update(plane, update);
    UNTIL(plane, last_heard(plane)->refused.number == 2);
    assert_string_equal(last_heard(plane)->refusal, "keys 1 and 99 have the same digest");
    assert_int_equal(last_heard(plane)->running.number, 1);
    assert_int_equal(times_told(plane, SUBSCRIBER_REFUSED, text), 1);
    assert_string_equal(text, "version 2: keys 1 and 99 have the same digest");

    /* The same stream takes what follows. */
    send_update(plane, the_last(put_keys(change(1, 3), 99, 99)));
    UNTIL(plane, last_heard(plane)->running.number == 3);
    assert_int_equal(plane->streams, 1);
}

static void the_rest_of_a_refused_update_is_skipped(void **state)
{
    struct plane *plane = *state;
    struct gw_config_user nobody = {.id = 0};
    struct gw_update *update = change(0, 2);

    start_both(plane);
    gw_update_put_user(update, &nobody);
    send_update(plane, update);
    send_update(plane, put_keys(change(0, 2), 1, 3));
    send_update(plane, the_last(put_keys(change(0, 2), 4, 5)));
    send_update(plane, the_last(put_keys(change(1, 3), 50, 50)));
    UNTIL(plane, last_heard(plane)->running.number == 3);
    assert_int_equal(times_told(plane, SUBSCRIBER_REFUSED, NULL), 1);
    assert_int_equal(plane->streams, 1);
}

static void a_change_of_something_else_makes_it_begin_again(void **state)
{
    struct plane *plane = *state;

    start_both(plane);
    send_update(plane, the_last(put_keys(change(5, 6), 50, 50)));
    UNTIL(plane, plane->streams == 2 && last_heard(plane)->has_hello);
    assert_int_equal(last_heard(plane)->running.number, 1);
    send_update(plane, the_last(put_keys(change(1, 6), 50, 50)));
    UNTIL(plane, last_heard(plane)->running.number == 6);
}

static void bytes_that_are_no_update_make_it_begin_again(void **state)
{
    struct plane *plane = *state;

    start_both(plane);
    send_bytes(plane, GW_TEXT("\x12\xff nonsense"));
    UNTIL(plane, plane->streams == 2 && last_heard(plane)->has_hello);
    assert_int_equal(running(plane), 1);
    assert_int_equal(times_told(plane, SUBSCRIBER_LOST, NULL), 1);
}

static void half_an_update_is_forgotten_with_its_stream(void **state)
{
    struct plane *plane = *state;
    const struct snapshot *snapshot;

    start_both(plane);
    send_update(plane, put_keys(change(1, 2), 11, 20));
    UNTIL(plane, gw_rpc_stream_may_send(plane->stream));
    gw_rpc_stream_end(plane->stream, GW_OK, "");
    UNTIL(plane, plane->streams == 2 && last_heard(plane)->has_hello);
    send_update(plane, the_last(put_keys(change(1, 2), 31, 31)));
    UNTIL(plane, last_heard(plane)->running.number == 2);
    snapshot = holder_get(plane->holder);
    assert_int_equal(snapshot_count_keys(snapshot), 11);
    snapshot_unref(snapshot);
}

static void it_goes_on_without_a_control_plane_and_finds_it_again(void **state)
{
    struct plane *plane = *state;
    struct subscriber_status status;

    start_both(plane);
    close_server(plane);
    UNTIL(plane, times_told(plane, SUBSCRIBER_LOST, NULL) == 1);
    subscriber_status(plane->subscriber, &status);
    assert_false(status.is_connected);
    assert_true(status.why[0] != '\0');
    assert_int_equal(running(plane), 1);
    open_server(plane);
    UNTIL(plane, plane->streams == 2 && last_heard(plane)->has_hello);
    assert_int_equal(last_heard(plane)->running.number, 1);
    UNTIL(plane, times_told(plane, SUBSCRIBER_CONNECTED, NULL) == 2);
    assert_int_equal(times_told(plane, SUBSCRIBER_LOST, NULL), 1);
}

static void it_starts_from_the_file_when_nobody_is_there(void **state)
{
    struct plane *plane = *state;
    char text[300];

    start_both(plane);
    subscriber_close(plane->subscriber); /* writes the file */
    plane->subscriber = NULL;
    close_server(plane);
    holder_free(plane->holder);
    plane->holder = holder_new();

    open_subscriber(plane);
    assert_int_equal(running(plane), 1);
    assert_int_equal(times_told(plane, SUBSCRIBER_STARTED_FROM, text), 1);
    assert_non_null(strstr(text, "10 keys"));
    open_server(plane);
    UNTIL(plane, last_heard(plane)->has_hello && last_heard(plane)->running.number == 1);
}

static void a_damaged_file_is_told_and_the_start_goes_on(void **state)
{
    struct plane *plane = *state;
    FILE *file = fopen(plane->file, "w");

    fputs("MRS1 and then nonsense, long enough for a digest", file);
    fclose(file);
    start_both(plane);
    assert_int_equal(times_told(plane, SUBSCRIBER_FILE_FAILED, NULL), 1);
}

static void an_address_that_cannot_be_is_an_error_at_once(void **state)
{
    struct plane *plane = *state;
    struct subscriber_conf conf = {.courier = plane->courier,
                                   .controlplane = {.target = "", .token = "t"},
                                   .holder = plane->holder,
                                   .ring = plane->ring,
                                   .node = "edge-1"};
    struct gw_fault fault;

    assert_int_equal(subscriber_open(&conf, NULL, NULL, &plane->subscriber, &fault), GW_E_INVALID);
    plane->subscriber = NULL;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_PLANE(it_says_hello_and_what_it_runs),
        WITH_PLANE(nothing_is_in_use_before_the_last_part_came),
        WITH_PLANE(content_that_cannot_be_used_is_refused_and_the_old_goes_on),
        WITH_PLANE(the_rest_of_a_refused_update_is_skipped),
        WITH_PLANE(a_change_of_something_else_makes_it_begin_again),
        WITH_PLANE(bytes_that_are_no_update_make_it_begin_again),
        WITH_PLANE(half_an_update_is_forgotten_with_its_stream),
        WITH_PLANE(it_goes_on_without_a_control_plane_and_finds_it_again),
        WITH_PLANE(it_starts_from_the_file_when_nobody_is_there),
        WITH_PLANE(a_damaged_file_is_told_and_the_start_goes_on),
        WITH_PLANE(an_address_that_cannot_be_is_an_error_at_once),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("dataplane/snapshot/subscriber", tests, NULL, NULL);
}
