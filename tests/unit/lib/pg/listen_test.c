/* SPDX-License-Identifier: MIT */
#include "lib/pg/listen.h"

#include "lib/base/check.h"
#include "lib/pg/pg.h"
#include "lib/units/clock.h"
#include "tests/support/scratch_pg.h"

static char CONNINFO[320];

/* A listener on a loop, and what it heard. The loop stops as soon as `wanted` is there. */
struct ear {
    struct gw_loop *loop;
    struct gw_pg_listen *listen;
    struct gw_timer limit;
    struct gw_mail last_mail;
    const char *wanted;
    char heard[512]; /* "up;notice 7;down;" */
    char why[240];
};

static void note(struct ear *ear, const char *what, struct gw_text detail)
{
    size_t len = strlen(ear->heard);

    snprintf(ear->heard + len, sizeof(ear->heard) - len, "%s%.*s;", what, GW_TEXT_ARG(detail));
    if (strstr(ear->heard, ear->wanted) != NULL) {
        gw_loop_stop(ear->loop);
    }
}

static void on_up(void *owner)
{
    note(owner, "up", GW_TEXT(""));
}

static void on_down(void *owner, const char *why)
{
    struct ear *ear = owner;

    snprintf(ear->why, sizeof(ear->why), "%s", why);
    note(ear, "down", GW_TEXT(""));
}

static void on_notice(void *owner, struct gw_text payload)
{
    note(owner, "notice ", payload);
}

static const struct gw_pg_listen_ops OPS = {on_up, on_down, on_notice};

static void too_late(struct gw_timer *timer)
{
    struct ear *ear = GW_CONTAINER(timer, struct ear, limit);

    fail_msg("waited for \"%s\", heard \"%s\"", ear->wanted, ear->heard);
}

static void ear_open(struct ear *ear, const char *conninfo)
{
    *ear = (struct ear){.loop = gw_loop_new(), .wanted = "never"};
    gw_timer_init(&ear->limit, too_late);
    ear->listen = gw_pg_listen_open(ear->loop, conninfo, "ear_test", &OPS, ear);
}

static void stop_loop(struct gw_mail *mail)
{
    gw_loop_stop(GW_CONTAINER(mail, struct ear, last_mail)->loop);
}

/* With one more run of the loop, in which what was on its way arrives and finds nobody. */
static void ear_close(struct ear *ear)
{
    gw_pg_listen_close(ear->listen);
    ear->last_mail.deliver = stop_loop;
    gw_loop_post(ear->loop, &ear->last_mail);
    gw_loop_run(ear->loop);
    gw_loop_free(ear->loop);
}

static void wait_for(struct ear *ear, const char *wanted)
{
    ear->wanted = wanted;
    if (strstr(ear->heard, wanted) == NULL) {
        gw_timer_start(ear->loop, &ear->limit, 20 * GW_US_PER_SECOND);
        gw_loop_run(ear->loop);
        gw_timer_stop(ear->loop, &ear->limit);
    }
}

static void say(const char *sql)
{
    struct gw_pg *pg = gw_pg_new(CONNINFO, "listen_test");

    assert_int_equal(gw_pg_script(pg, sql, NULL), GW_OK);
    gw_pg_free(pg);
}

static void a_notice_arrives_after_its_transaction_committed(void **state)
{
    struct ear ear;

    (void)state;
    ear_open(&ear, CONNINFO);
    wait_for(&ear, "up;");
    say("begin; select pg_notify('ear_test', 'lost'); rollback;"
        "begin; select pg_notify('ear_test', '41'); select pg_notify('ear_test', '42'); commit");
    wait_for(&ear, "notice 42;");
    assert_string_equal(ear.heard, "up;notice 41;notice 42;");
    ear_close(&ear);
}

static void it_comes_back_after_the_server_ended_the_connection(void **state)
{
    struct ear ear;

    (void)state;
    ear_open(&ear, CONNINFO);
    wait_for(&ear, "up;");
    say("select pg_terminate_backend(pid, 5000) from pg_stat_activity"
        " where application_name = 'millrace-listen' and datname = current_database()");
    wait_for(&ear, "up;down;up;");
    say("select pg_notify('ear_test', 'again')");
    wait_for(&ear, "notice again;");
    ear_close(&ear);
}

static void an_absent_server_is_told_once_with_the_reason(void **state)
{
    struct ear ear;

    (void)state;
    ear_open(&ear, "host=/nonexistent dbname=x");
    wait_for(&ear, "down;");
    assert_non_null(strstr(ear.why, "/nonexistent"));
    ear_close(&ear);
    assert_string_equal(ear.heard, "down;");
}

static void it_can_be_closed_while_mail_is_on_its_way(void **state)
{
    struct ear ear;

    (void)state;
    ear_open(&ear, CONNINFO);
    wait_for(&ear, "up;");
    say("select pg_notify('ear_test', n::text) from generate_series(1, 500) as n");
    ear_close(&ear);
    assert_string_equal(ear.heard, "up;");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_notice_arrives_after_its_transaction_committed),
        cmocka_unit_test(it_comes_back_after_the_server_ended_the_connection),
        cmocka_unit_test(an_absent_server_is_told_once_with_the_reason),
        cmocka_unit_test(it_can_be_closed_while_mail_is_on_its_way),
    };

    snprintf(CONNINFO, sizeof(CONNINFO), "%s", scratch_pg());
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/pg/listen", tests, NULL, NULL);
}
