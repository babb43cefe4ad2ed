/* SPDX-License-Identifier: MIT */
#include "controlplane/publish/feed.h"

#include <stdio.h>

#include "controlplane/compile/parts.h"
#include "lib/base/check.h"
#include "tests/support/cmocka_first.h"

static const struct gw_version NOTHING = {"", 0};

/* A feed, and what it asked of its owner. */
struct scene {
    struct feed feed;
    size_t sent, wanted, refusals;
    struct gw_version base;  /* wanted last */
    struct compiled *answer; /* given inside want(), if there is one */
};

static void on_send(void *owner, struct gw_text message)
{
    assert_true(message.len > 0);
    ((struct scene *)owner)->sent++;
}

static void on_want(void *owner, const struct gw_version *base)
{
    struct scene *scene = owner;

    scene->wanted++;
    scene->base = *base;
    if (scene->answer != NULL) {
        feed_give(&scene->feed, scene->answer);
    }
}

static void on_refused(void *owner, const struct gw_version *version, struct gw_text text)
{
    assert_true(version->number > 0);
    assert_true(gw_text_eq(text, GW_TEXT("no")));
    ((struct scene *)owner)->refusals++;
}

static const struct feed_ops OPS = {on_send, on_want, on_refused};

static struct gw_version at(uint64_t number)
{
    struct gw_version version = {"e", number};

    return version;
}

/* What leads from `base` (0: from nothing) to `number`, in so many messages. */
static struct compiled *update(uint64_t base, uint64_t number, size_t messages)
{
    struct gw_version from = base == 0 ? NOTHING : at(base), to = at(number);
    struct parts *parts = parts_new(&from, &to);
    struct compiled *compiled;
    char name[3000];

    memset(name, 'n', sizeof(name));
    for (uint64_t id = 1; id <= 400 * (messages - 1) + 1; id++) {
        struct gw_config_user user = {.id = id, .name = {name, sizeof(name)}};

        gw_update_put_user(parts_next(parts), &user);
    }
    assert_int_equal(parts_finish(parts, &compiled, NULL), GW_OK);
    parts_free(parts);
    assert_int_equal(compiled_parts(compiled), messages);
    return compiled;
}

static void report(struct scene *scene, uint64_t running, uint64_t refused)
{
    struct gw_report made = {
        .has_hello = true,
        .node = GW_TEXT("n"),
        .running = running == 0 ? NOTHING : at(running),
        .refused = refused == 0 ? NOTHING : at(refused),
        .refusal = refused == 0 ? GW_TEXT("") : GW_TEXT("no"),
    };

    assert_int_equal(feed_report(&scene->feed, &made, NULL), GW_OK);
}

static void give(struct scene *scene, uint64_t base, uint64_t number, size_t messages)
{
    struct compiled *compiled = update(base, number, messages);

    feed_give(&scene->feed, compiled);
    compiled_unref(compiled);
}

static void publish(struct scene *scene, uint64_t base, uint64_t number)
{
    struct compiled *compiled = update(base, number, 1);
    struct gw_version version = at(number);

    feed_published(&scene->feed, &version, compiled);
    compiled_unref(compiled);
}

static struct scene *begin(uint64_t published)
{
    struct scene *scene = GW_NEW(struct scene);
    struct gw_version version = published == 0 ? NOTHING : at(published);

    feed_init(&scene->feed, &OPS, scene, &version);
    return scene;
}

/* One that has version 5, by a full update or by a difference from 4. */
static struct scene *current_after(uint64_t base)
{
    struct scene *scene = begin(5);

    report(scene, base, 0);
    give(scene, base, 5, 1);
    feed_sent(&scene->feed);
    assert_int_equal(scene->feed.state, FEED_CURRENT);
    return scene;
}

static void end(struct scene *scene, enum feed_state state)
{
    assert_string_equal(feed_state_name(scene->feed.state), feed_state_name(state));
    feed_fini(&scene->feed);
    gw_free(scene);
}

/* ---- Greeting --------------------------------------------------------------------------- */

static void a_hello_makes_it_want_what_follows_on_what_the_peer_has(void **state)
{
    struct scene *scene = begin(5);

    (void)state;
    report(scene, 3, 0);
    assert_int_equal(scene->wanted, 1);
    assert_int_equal(scene->base.number, 3);
    end(scene, FEED_WANTING);
}

static void a_first_report_without_hello_is_refused(void **state)
{
    struct scene *scene = begin(5);
    struct gw_report made = {.has_hello = false};

    (void)state;
    assert_int_equal(feed_report(&scene->feed, &made, NULL), GW_E_INVALID);
    end(scene, FEED_GREETING);
}

static void versions_before_the_hello_change_nothing(void **state)
{
    struct scene *scene = begin(5);

    (void)state;
    publish(scene, 5, 6);
    assert_int_equal(scene->sent, 0);
    report(scene, 5, 0);
    assert_int_equal(scene->base.number, 5);
    end(scene, FEED_WANTING);
}

/* ---- Wanting and sending ---------------------------------------------------------------- */

static void what_is_given_goes_out_one_message_at_a_time(void **state)
{
    struct scene *scene = begin(5);

    (void)state;
    report(scene, 0, 0);
    give(scene, 0, 5, 3);
    assert_int_equal(scene->sent, 1);
    feed_sent(&scene->feed);
    feed_sent(&scene->feed);
    assert_int_equal(scene->sent, 3);
    assert_int_equal(scene->feed.state, FEED_SENDING);
    feed_sent(&scene->feed);
    assert_int_equal(scene->sent, 3);
    end(scene, FEED_CURRENT);
}

static void with_nothing_to_send_it_is_current_at_once(void **state)
{
    struct scene *scene = begin(5);
    struct gw_version version = at(5);
    struct parts *parts = parts_new(&version, &version);
    struct compiled *nothing;

    (void)state;
    assert_int_equal(parts_finish(parts, &nothing, NULL), GW_OK);
    parts_free(parts);
    report(scene, 5, 0);
    feed_give(&scene->feed, nothing);
    compiled_unref(nothing);
    assert_int_equal(scene->sent, 0);
    end(scene, FEED_CURRENT);
}

static void an_answer_may_come_inside_the_question(void **state)
{
    struct scene *scene = begin(5);

    (void)state;
    scene->answer = update(3, 5, 1);
    report(scene, 3, 0);
    compiled_unref(scene->answer);
    assert_int_equal(scene->sent, 1);
    end(scene, FEED_SENDING);
}

static void versions_that_come_while_it_sends_are_made_up_for_by_one_difference(void **state)
{
    struct scene *scene = begin(5);

    (void)state;
    report(scene, 4, 0);
    give(scene, 4, 5, 1);
    publish(scene, 5, 6);
    publish(scene, 6, 7);
    assert_int_equal(scene->wanted, 1);
    feed_sent(&scene->feed);
    assert_int_equal(scene->wanted, 2);
    assert_int_equal(scene->base.number, 5);
    end(scene, FEED_WANTING);
}

static void what_another_control_plane_published_already_is_not_behind(void **state)
{
    struct scene *scene = begin(5);

    (void)state;
    report(scene, 4, 0);
    give(scene, 4, 6, 1); /* the database was ahead of what is published here */
    feed_sent(&scene->feed);
    assert_int_equal(scene->feed.state, FEED_CURRENT);
    publish(scene, 5, 6);
    assert_int_equal(scene->sent, 1);
    assert_int_equal(scene->wanted, 1);
    end(scene, FEED_CURRENT);
}

/* ---- Current ---------------------------------------------------------------------------- */

static void a_difference_that_fits_is_sent_at_once(void **state)
{
    struct scene *scene = current_after(4);

    (void)state;
    publish(scene, 5, 6);
    assert_int_equal(scene->sent, 2);
    assert_int_equal(scene->feed.holds.number, 6);
    end(scene, FEED_SENDING);
}

static void a_difference_that_does_not_fit_makes_it_want_its_own(void **state)
{
    struct scene *scene = current_after(4);

    (void)state;
    publish(scene, 6, 7);
    assert_int_equal(scene->sent, 1);
    assert_int_equal(scene->base.number, 5);
    end(scene, FEED_WANTING);
}

static void a_version_nothing_was_made_for_makes_it_want(void **state)
{
    struct scene *scene = current_after(4);
    struct gw_version version = at(9);

    (void)state;
    feed_published(&scene->feed, &version, NULL);
    assert_int_equal(scene->base.number, 5);
    end(scene, FEED_WANTING);
}

/* ---- Refusals --------------------------------------------------------------------------- */

static void a_refused_difference_is_followed_by_everything(void **state)
{
    struct scene *scene = current_after(4);

    (void)state;
    report(scene, 4, 5);
    assert_int_equal(scene->refusals, 1);
    assert_int_equal(scene->base.number, 0);
    end(scene, FEED_WANTING);
}

static void a_refusal_while_the_next_one_goes_out_starts_over_after_it(void **state)
{
    struct scene *scene = current_after(4);

    (void)state;
    publish(scene, 5, 6);
    report(scene, 4, 5);
    assert_int_equal(scene->feed.state, FEED_SENDING);
    feed_sent(&scene->feed);
    assert_int_equal(scene->base.number, 0);
    end(scene, FEED_WANTING);
}

static void whoever_refuses_everything_is_left_alone_until_the_next_version(void **state)
{
    struct scene *scene = current_after(0);

    (void)state;
    report(scene, 0, 5);
    assert_int_equal(scene->feed.state, FEED_REFUSED);
    assert_int_equal(scene->wanted, 1);
    publish(scene, 5, 6);
    assert_int_equal(scene->wanted, 2);
    assert_int_equal(scene->base.number, 0);
    end(scene, FEED_WANTING);
}

static void everything_refused_before_its_last_message_was_taken_is_refused(void **state)
{
    struct scene *scene = begin(5);

    (void)state;
    report(scene, 0, 0);
    give(scene, 0, 5, 1);
    report(scene, 0, 5);
    feed_sent(&scene->feed);
    end(scene, FEED_REFUSED);
}

static void a_late_refusal_of_what_was_replaced_by_everything_is_no_reason(void **state)
{
    struct scene *scene = begin(6);

    (void)state;
    report(scene, 0, 0);
    give(scene, 0, 6, 1);
    report(scene, 4, 5);
    feed_sent(&scene->feed);
    assert_int_equal(scene->feed.state, FEED_CURRENT);
    report(scene, 4, 5);
    end(scene, FEED_CURRENT);
}

static void one_that_runs_it_after_all_is_current_again(void **state)
{
    struct scene *scene = current_after(0);

    (void)state;
    report(scene, 0, 5);
    assert_int_equal(scene->feed.state, FEED_REFUSED);
    report(scene, 5, 0);
    end(scene, FEED_CURRENT);
}

static void refusals_are_told_but_change_nothing_while_it_waits(void **state)
{
    struct scene *scene = begin(5);

    (void)state;
    report(scene, 4, 0);
    report(scene, 4, 5);
    assert_int_equal(scene->refusals, 1);
    assert_int_equal(scene->wanted, 1);
    end(scene, FEED_WANTING);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hello_makes_it_want_what_follows_on_what_the_peer_has),
        cmocka_unit_test(a_first_report_without_hello_is_refused),
        cmocka_unit_test(versions_before_the_hello_change_nothing),
        cmocka_unit_test(what_is_given_goes_out_one_message_at_a_time),
        cmocka_unit_test(with_nothing_to_send_it_is_current_at_once),
        cmocka_unit_test(an_answer_may_come_inside_the_question),
        cmocka_unit_test(versions_that_come_while_it_sends_are_made_up_for_by_one_difference),
        cmocka_unit_test(what_another_control_plane_published_already_is_not_behind),
        cmocka_unit_test(a_difference_that_fits_is_sent_at_once),
        cmocka_unit_test(a_difference_that_does_not_fit_makes_it_want_its_own),
        cmocka_unit_test(a_version_nothing_was_made_for_makes_it_want),
        cmocka_unit_test(a_refused_difference_is_followed_by_everything),
        cmocka_unit_test(a_refusal_while_the_next_one_goes_out_starts_over_after_it),
        cmocka_unit_test(whoever_refuses_everything_is_left_alone_until_the_next_version),
        cmocka_unit_test(everything_refused_before_its_last_message_was_taken_is_refused),
        cmocka_unit_test(a_late_refusal_of_what_was_replaced_by_everything_is_no_reason),
        cmocka_unit_test(one_that_runs_it_after_all_is_current_again),
        cmocka_unit_test(refusals_are_told_but_change_nothing_while_it_waits),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("controlplane/publish/feed", tests, NULL, NULL);
}
