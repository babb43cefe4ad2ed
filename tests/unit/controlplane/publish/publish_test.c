/* SPDX-License-Identifier: MIT */
/*
 * Publishing as a whole: a real database, a real gRPC server, and data planes that take what they
 * are sent and report it, all on one loop.
 */
#include "controlplane/publish/publish.h"

#include "controlplane/publish/changes.h"
#include "lib/base/check.h"
#include "lib/units/clock.h"
#include "lib/wire/update.h"
#include "tests/support/schema_pg.h"

#define PEERS 6

struct scene;

/* A data plane. */
struct peer {
    struct scene *scene;
    struct gw_rpc_stream *stream; /* NULL: none, or over */
    struct gw_version running;
    size_t users; /* of the last update */
    size_t fulls, differences;
    bool refuses;   /* the next update */
    bool is_silent; /* says no hello */
    enum gw_err over;
};

struct scene {
    struct gw_pg *pg;
    char conninfo[320];
    struct gw_loop *loop;
    struct gw_courier *courier;
    struct gw_pool *pool;
    struct roster *roster;
    struct publish *publish;
    struct changes *changes;
    struct gw_rpc_server *server;
    struct gw_rpc_client *client;
    struct peer peers[PEERS];
    struct gw_timer limit;
    bool (*until)(struct scene *scene);
    bool database_there;
    size_t published, refused, failed, open;
    struct gw_version wanted;
    struct gw_mail last_mail;
};

/* ---- Waiting ---------------------------------------------------------------------------- */

static void look(struct scene *scene)
{
    if (scene->until != NULL && scene->until(scene)) {
        gw_loop_stop(scene->loop);
    }
}

static void too_late(struct gw_timer *timer)
{
    (void)timer;
    fail_msg("waited too long");
}

static void wait_until(struct scene *scene, bool (*until)(struct scene *scene))
{
    scene->until = until;
    if (!until(scene)) {
        gw_timer_start(scene->loop, &scene->limit, 30 * GW_US_PER_SECOND);
        gw_loop_run(scene->loop);
        gw_timer_stop(scene->loop, &scene->limit);
    }
    scene->until = NULL;
}

/* ---- A data plane ----------------------------------------------------------------------- */

static void send_report(struct peer *peer, const struct gw_version *refused)
{
    struct gw_report report = {
        .has_hello = !peer->is_silent,
        .node = GW_TEXT("edge"),
        .instance = GW_TEXT("11111111-2222-3333-4444-555555555555"),
        .build = GW_TEXT("0.1.0"),
        .running = peer->running,
    };
    struct gw_buf buf;

    if (refused != NULL) {
        report.refused = *refused;
        report.refusal = GW_TEXT("not today");
    }
    gw_buf_init(&buf, 4096);
    assert_int_equal(gw_report_pack(&report, &buf), GW_OK);
    gw_rpc_stream_send(peer->stream, gw_buf_text(&buf));
    gw_buf_fini(&buf);
}

static void on_open(void *owner)
{
    send_report(owner, NULL);
}

static void on_message(void *owner, struct gw_text message)
{
    struct peer *peer = owner;
    struct gw_update *update;
    struct gw_version base, version;

    assert_int_equal(gw_update_unpack(message, &update, NULL), GW_OK);
    base = gw_update_base(update);
    version = gw_update_version(update);
    assert_true(base.number == 0 || version_eq(&base, &peer->running));
    peer->users = gw_update_users(update);
    peer->fulls += base.number == 0;
    peer->differences += base.number > 0;
    if (!peer->refuses) {
        peer->running = version;
    }
    gw_update_free(update);
    if (gw_rpc_stream_may_send(peer->stream)) {
        send_report(peer, peer->refuses ? &version : NULL);
    }
    peer->refuses = false;
    look(peer->scene);
}

static void on_done(void *owner, enum gw_err err, const char *why)
{
    struct peer *peer = owner;

    (void)why;
    peer->stream = NULL;
    peer->over = err;
    look(peer->scene);
}

static const struct gw_rpc_stream_ops PEER_OPS = {
    .on_open = on_open, .on_message = on_message, .on_done = on_done};

static void connect_peer(struct scene *scene, size_t place)
{
    struct peer *peer = &scene->peers[place];

    peer->scene = scene;
    peer->stream = gw_rpc_stream_open(scene->client, PUBLISH_METHOD, &PEER_OPS, peer);
}

/* ---- The control plane ------------------------------------------------------------------ */

static void *context_new(void *owner)
{
    return gw_pg_new(((struct scene *)owner)->conninfo, "compiler");
}

static void context_free(void *context)
{
    gw_pg_free(context);
}

static const struct gw_pool_ops POOL_OPS = {context_new, context_free};

static void on_refused(void *owner, const struct roster_row *row, const struct gw_version *version,
                       struct gw_text text)
{
    struct scene *scene = owner;

    assert_string_equal(row->node, "edge");
    assert_true(version->number > 0);
    assert_true(gw_text_eq(text, GW_TEXT("not today")));
    scene->refused++;
}

static const struct publish_ops PUBLISH_OPS = {.refused = on_refused};

static enum gw_err prepare(void *owner, struct gw_pg *pg, struct gw_fault *fault)
{
    (void)owner;
    (void)pg;
    (void)fault;
    return GW_OK;
}

static void on_database(void *owner, bool is_there, const char *why)
{
    struct scene *scene = owner;

    assert_true(is_there || why != NULL);
    scene->database_there = is_there;
    look(scene);
}

static void on_published(void *owner, const struct compiled *compiled, int64_t took_us)
{
    struct scene *scene = owner;

    (void)compiled;
    assert_true(took_us >= 0);
    scene->published++;
    look(scene);
}

static void on_failed(void *owner, enum gw_err err, const char *why)
{
    struct scene *scene = owner;

    assert_int_not_equal(err, GW_OK);
    assert_non_null(why);
    scene->failed++;
    look(scene);
}

static const struct changes_ops CHANGES_OPS = {on_database, on_published, on_failed};

static enum gw_err on_stream(void *owner, struct gw_rpc_stream *stream,
                             const struct gw_rpc_stream_ops **ret_ops, void **ret_owner)
{
    return publish_accept(((struct scene *)owner)->publish, stream, ret_ops, ret_owner);
}

static const struct gw_rpc_method METHODS[] = {{.name = PUBLISH_METHOD, .on_stream = on_stream}};

static bool database_is_there(struct scene *scene)
{
    return scene->database_there;
}

static void start(struct scene *scene, const char *listen_conninfo)
{
    static int number;
    char address[64];
    const struct gw_rpc_server_conf server_conf = {.listen = address};
    const struct gw_rpc_client_conf client_conf = {.target = address};
    const struct changes_conf changes_conf = {listen_conninfo, prepare};
    struct gw_fault fault;

    snprintf(address, sizeof(address), "unix:/tmp/millrace-publish-%d-%d", (int)getpid(), number++);
    scene->loop = gw_loop_new();
    scene->courier = gw_courier_new();
    scene->pool = gw_pool_new(2, &POOL_OPS, scene);
    scene->roster = roster_new();
    scene->publish = publish_new(scene->loop, scene->pool, scene->roster, &PUBLISH_OPS, scene);
    gw_timer_init(&scene->limit, too_late);
    if (gw_rpc_server_open(scene->courier, scene->loop, &server_conf, METHODS, 1, scene,
                           &scene->server, &fault) != GW_OK ||
        gw_rpc_client_open(scene->courier, scene->loop, &client_conf, &scene->client, &fault) !=
            GW_OK) {
        fail_msg("%s", fault.text);
    }
    scene->open = 2;
    scene->changes = changes_new(scene->loop, scene->pool, scene->publish, &changes_conf,
                                 &CHANGES_OPS, scene);
}

static int begin(void **state)
{
    struct scene *scene = GW_NEW(struct scene);
    const char *conninfo;

    scene->pg = schema_pg(&conninfo);
    snprintf(scene->conninfo, sizeof(scene->conninfo), "%s", conninfo);
    start(scene, scene->conninfo);
    wait_until(scene, database_is_there);
    *state = scene;
    return 0;
}

static void closed(void *owner)
{
    struct scene *scene = owner;

    scene->open--;
    look(scene);
}

static bool all_closed(struct scene *scene)
{
    return scene->open == 0;
}

static void stop_loop(struct gw_mail *mail)
{
    gw_loop_stop(GW_CONTAINER(mail, struct scene, last_mail)->loop);
}

static int end(void **state)
{
    struct scene *scene = *state;

    changes_free(scene->changes);
    gw_rpc_client_close_then(scene->client, closed, scene);
    gw_rpc_server_close(scene->server, closed, scene);
    wait_until(scene, all_closed);
    assert_int_equal(roster_count(scene->roster), 0);
    publish_free(scene->publish);
    gw_pool_free(scene->pool);
    /* What the pool still did finds nobody. */
    scene->last_mail.deliver = stop_loop;
    gw_loop_post(scene->loop, &scene->last_mail);
    gw_loop_run(scene->loop);
    gw_loop_free(scene->loop);
    gw_courier_free(scene->courier);
    roster_free(scene->roster);
    gw_pg_free(scene->pg);
    gw_free(scene);
    return 0;
}

/* Whether every connected data plane runs the database's version, as `wanted` remembers it. */
static bool all_run_it(struct scene *scene)
{
    for (size_t i = 0; i < PEERS; i++) {
        struct peer *peer = &scene->peers[i];

        if (peer->stream != NULL && !version_eq(&peer->running, &scene->wanted)) {
            return false;
        }
    }
    return true;
}

static void change(struct scene *scene, const char *sql)
{
    struct gw_pg_rows *rows;
    struct gw_text epoch;

    schema_run(scene->pg, sql);
    assert_int_equal(
        gw_pg_run(scene->pg, "select epoch, version from config_version", NULL, &rows, NULL),
        GW_OK);
    epoch = gw_pg_text(rows, 0, 0);
    memcpy(scene->wanted.epoch, epoch.at, epoch.len + 1);
    scene->wanted.number = (uint64_t)gw_pg_i64(rows, 0, 1);
    gw_pg_rows_free(rows);
}

static void a_change_reaches_everybody_as_one_difference(void **state)
{
    struct scene *scene = *state;

    change(scene, "insert into users (name) values ('a'), ('b')");
    for (size_t i = 0; i < PEERS; i++) {
        connect_peer(scene, i);
    }
    wait_until(scene, all_run_it);
    for (size_t i = 0; i < PEERS; i++) {
        assert_int_equal(scene->peers[i].fulls, 1);
        assert_int_equal(scene->peers[i].users, 2);
    }
    change(scene, "update users set is_enabled = false where id = 1");
    wait_until(scene, all_run_it);
    for (size_t i = 0; i < PEERS; i++) {
        assert_int_equal(scene->peers[i].fulls, 1);
        assert_int_equal(scene->peers[i].differences, 1);
        assert_int_equal(scene->peers[i].users, 1);
    }
}

static void one_that_comes_back_gets_only_what_it_missed(void **state)
{
    struct scene *scene = *state;

    change(scene, "insert into users (name) select 'u' || n from generate_series(1, 50) n");
    connect_peer(scene, 0);
    wait_until(scene, all_run_it);
    scene->peers[1].running = scene->peers[0].running;
    change(scene, "update users set note = 'x' where id = 7");
    wait_until(scene, all_run_it);
    connect_peer(scene, 1);
    wait_until(scene, all_run_it);
    assert_int_equal(scene->peers[1].fulls, 0);
    assert_int_equal(scene->peers[1].differences, 1);
    assert_int_equal(scene->peers[1].users, 1);
}

static bool refused_once(struct scene *scene)
{
    return scene->refused == 1 && scene->peers[0].fulls == 2 && all_run_it(scene);
}

static void one_that_refuses_a_difference_gets_everything(void **state)
{
    struct scene *scene = *state;

    change(scene, "insert into users (name) values ('a')");
    connect_peer(scene, 0);
    wait_until(scene, all_run_it);
    scene->peers[0].refuses = true;
    change(scene, "insert into users (name) values ('b')");
    wait_until(scene, refused_once);
    assert_int_equal(scene->peers[0].users, 2);
}

static bool first_is_over(struct scene *scene)
{
    return scene->peers[0].stream == NULL;
}

static void one_that_says_no_hello_is_turned_away(void **state)
{
    struct scene *scene = *state;

    scene->peers[0].is_silent = true;
    connect_peer(scene, 0);
    wait_until(scene, first_is_over);
    assert_int_equal(scene->peers[0].over, GW_E_INVALID);
}

static bool away(struct scene *scene)
{
    return !scene->database_there;
}

static void changes_made_while_the_database_was_out_of_reach_are_made_up_for(void **state)
{
    struct scene *scene = *state;

    change(scene, "insert into users (name) values ('a')");
    connect_peer(scene, 0);
    wait_until(scene, all_run_it);
    /* Nobody listens when the change is notified: its connection and the compilers' are cut. */
    change(scene, "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                  " where datname = current_database() and pid <> pg_backend_pid();"
                  "insert into users (name) values ('b')");
    wait_until(scene, away);
    wait_until(scene, all_run_it);
    wait_until(scene, database_is_there);
    assert_int_equal(scene->peers[0].fulls, 1);
}

static void a_replaced_database_brings_everything_anew(void **state)
{
    struct scene *scene = *state;

    change(scene, "insert into users (name) values ('a')");
    connect_peer(scene, 0);
    wait_until(scene, all_run_it);
    /* As after restoring a dump: the epoch was drawn elsewhere, and connections were lost. */
    schema_run(scene->pg, "update config_version set drawn_for = 'elsewhere', version = 1");
    schema_run(scene->pg, "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                          " where datname = current_database() and pid <> pg_backend_pid()");
    wait_until(scene, away);
    wait_until(scene, database_is_there);
    change(scene, "insert into users (name) values ('b')");
    wait_until(scene, all_run_it);
    assert_true(scene->peers[0].fulls >= 2);
}

static void a_burst_of_changes_is_not_published_one_by_one(void **state)
{
    struct scene *scene = *state;
    struct gw_version before;

    change(scene, "insert into users (name) values ('a')");
    connect_peer(scene, 0);
    wait_until(scene, all_run_it);
    before = scene->wanted;
    change(scene, "do $$ begin for i in 1..200 loop"
                  " insert into users (name) values ('u'); commit; end loop; end $$");
    assert_int_equal(scene->wanted.number, before.number + 200);
    wait_until(scene, all_run_it);
    assert_true(scene->peers[0].differences < 200);
}

static void without_a_database_streams_wait_and_nothing_breaks(void **state)
{
    struct scene *scene = GW_NEW(struct scene);
    void *as_state = scene;

    (void)state;
    snprintf(scene->conninfo, sizeof(scene->conninfo), "host=/nonexistent dbname=x");
    start(scene, scene->conninfo);
    connect_peer(scene, 0);
    scene->database_there = true;
    wait_until(scene, away);
    assert_int_equal(scene->peers[0].fulls, 0);
    end(&as_state);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
        TEST(a_change_reaches_everybody_as_one_difference),
        TEST(one_that_comes_back_gets_only_what_it_missed),
        TEST(one_that_refuses_a_difference_gets_everything),
        TEST(one_that_says_no_hello_is_turned_away),
        TEST(changes_made_while_the_database_was_out_of_reach_are_made_up_for),
        TEST(a_replaced_database_brings_everything_anew),
        TEST(a_burst_of_changes_is_not_published_one_by_one),
        cmocka_unit_test(without_a_database_streams_wait_and_nothing_breaks),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("controlplane/publish", tests, NULL, NULL);
}
