/* SPDX-License-Identifier: MIT */
#include "lib/pg/pg.h"

#include <inttypes.h>

#include "tests/support/scratch_pg.h"

static char CONNINFO[320];

static int open_pg(void **state)
{
    *state = gw_pg_new(CONNINFO, "pg_test");
    return 0;
}

static int close_pg(void **state)
{
    gw_pg_free(*state);
    return 0;
}

static void script(struct gw_pg *pg, const char *sql)
{
    struct gw_fault fault = {""};

    if (gw_pg_script(pg, sql, &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
}

/* What the server says the number of something is, over a connection of its own. */
static int64_t count_of(const char *sql)
{
    struct gw_pg *pg = gw_pg_new(CONNINFO, "pg_test_other");
    struct gw_pg_rows *rows;
    int64_t count;

    assert_int_equal(gw_pg_run(pg, sql, NULL, &rows, NULL), GW_OK);
    count = gw_pg_i64(rows, 0, 0);
    gw_pg_rows_free(rows);
    gw_pg_free(pg);
    return count;
}

static void end_other_connections(void)
{
    (void)count_of("select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity"
                   " where application_name = 'pg_test' and datname = current_database()");
}

/* ---- Values ----------------------------------------------------------------------------- */

static void values_come_back_as_they_went(void **state)
{
    static const unsigned char BYTES[] = {0, 1, 0xfe, 0xff, '\\', '\''};
    const struct gw_text words[] = {GW_TEXT("plain"), GW_TEXT("a \"b\", {c} \\ "), GW_TEXT(""),
                                    GW_TEXT("NULL")};
    struct gw_pg *pg = *state;
    struct gw_pg_args args;
    struct gw_pg_rows *rows;
    struct gw_arena arena;
    struct gw_text back[8];
    struct gw_buf buf;

    gw_arena_init(&arena, 65536);
    gw_buf_init(&buf, 64);
    gw_pg_args_init(&args);
    gw_pg_add_text(&args, GW_TEXT("o'hara \xc3\xa4"));
    gw_pg_add_i64(&args, INT64_MIN);
    gw_pg_add_bool(&args, true);
    gw_pg_add_time(&args, INT64_C(1795379450123456));
    gw_pg_add_bytes(&args, (struct gw_text){(const char *)BYTES, sizeof(BYTES)});
    gw_pg_add_text_array(&args, words, 4);
    gw_pg_add_null(&args);
    gw_pg_add_time(&args, 0);
    gw_pg_add_text(&args, GW_TEXT(""));
    gw_pg_add_time(&args, -1);
    assert_int_equal(gw_pg_run(pg,
                               "select $1::text, $2::bigint, $3::bool, $4::timestamptz, $5::bytea,"
                               " $6::text[], $7::text, $8::timestamptz, $9::text, $10::timestamptz",
                               &args, &rows, NULL),
                     GW_OK);
    assert_int_equal(gw_pg_count(rows), 1);
    assert_true(gw_text_eq(gw_pg_text(rows, 0, 0), GW_TEXT("o'hara \xc3\xa4")));
    assert_true(gw_pg_i64(rows, 0, 1) == INT64_MIN);
    assert_true(gw_pg_bool(rows, 0, 2));
    assert_true(gw_pg_time(rows, 0, 3) == INT64_C(1795379450123456));
    assert_int_equal(gw_pg_bytes(rows, 0, 4, &buf), GW_OK);
    assert_int_equal(buf.len, sizeof(BYTES));
    assert_memory_equal(buf.at, BYTES, sizeof(BYTES));
    assert_int_equal(gw_pg_text_array(rows, 0, 5, 8, back, &arena), 4);
    for (size_t i = 0; i < 4; i++) {
        assert_true(gw_text_eq(back[i], words[i]));
    }
    assert_true(gw_pg_is_null(rows, 0, 6));
    assert_null(gw_pg_text(rows, 0, 6).at);
    assert_true(gw_pg_time(rows, 0, 7) == 0);
    assert_false(gw_pg_is_null(rows, 0, 8));
    assert_true(gw_pg_time(rows, 0, 9) == -1);
    gw_pg_rows_free(rows);
    gw_pg_args_fini(&args);
    gw_buf_fini(&buf);
    gw_arena_fini(&arena);
}

static void many_stored_parameters_survive_the_growth_of_their_store(void **state)
{
    struct gw_pg *pg = *state;
    struct gw_pg_args args;
    struct gw_pg_rows *rows;

    gw_pg_args_init(&args);
    for (int64_t i = 0; i < 5; i++) {
        struct gw_buf big;

        gw_buf_init(&big, 400000);
        for (int64_t n = 0; n < 40000 * (i + 1); n++) {
            gw_buf_append_byte(&big, 'x');
        }
        gw_pg_add_i64(&args, 7 + i);
        gw_pg_add_bytes(&args, gw_buf_text(&big));
        gw_buf_fini(&big);
    }
    assert_int_equal(
        gw_pg_run(pg,
                  "select $1::bigint, length($2::bytea), $3::bigint, length($4::bytea), $5::bigint,"
                  " length($6::bytea), $7::bigint, length($8::bytea), $9::bigint,"
                  " length($10::bytea)",
                  &args, &rows, NULL),
        GW_OK);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(gw_pg_i64(rows, 0, 2 * i), 7 + i);
        assert_int_equal(gw_pg_i64(rows, 0, 2 * i + 1), 40000 * (i + 1));
    }
    gw_pg_rows_free(rows);
    gw_pg_args_fini(&args);
}

static void a_zero_byte_in_a_text_is_refused(void **state)
{
    const struct gw_text word = {"a\0b", 3};
    struct gw_pg_args args;

    gw_pg_args_init(&args);
    gw_pg_add_text(&args, word);
    assert_int_equal(gw_pg_run(*state, "select $1::text", &args, NULL, NULL), GW_E_INVALID);
    gw_pg_args_fini(&args);
    gw_pg_args_init(&args);
    gw_pg_add_text_array(&args, &word, 1);
    assert_int_equal(gw_pg_run(*state, "select $1::text[]", &args, NULL, NULL), GW_E_INVALID);
    gw_pg_args_fini(&args);
}

/* ---- Failures --------------------------------------------------------------------------- */

static void a_failure_says_its_kind_and_its_constraint(void **state)
{
    struct gw_pg *pg = *state;
    struct gw_fault fault;

    script(pg, "create table thing (id int primary key, size int constraint small check"
               " (size < 10), name text not null)");
    script(pg, "insert into thing values (1, 1, 'a')");
    assert_int_equal(gw_pg_run(pg, "insert into thing values (1, 1, 'a')", NULL, NULL, &fault),
                     GW_E_EXISTS);
    assert_string_equal(gw_pg_constraint(pg), "thing_pkey");
    assert_int_equal(gw_pg_run(pg, "insert into thing values (2, 10, 'a')", NULL, NULL, &fault),
                     GW_E_INVALID);
    assert_string_equal(gw_pg_constraint(pg), "small");
    assert_int_equal(gw_pg_run(pg, "insert into thing values (3, 1, null)", NULL, NULL, &fault),
                     GW_E_INVALID);
    assert_string_equal(gw_pg_constraint(pg), "name");
    assert_int_equal(gw_pg_run(pg, "select 1 / 0", NULL, NULL, &fault), GW_E_INVALID);
    assert_int_equal(gw_pg_run(pg, "selec", NULL, NULL, &fault), GW_E_INTERNAL);
    assert_non_null(strstr(fault.text, "42601"));
    assert_int_equal(gw_pg_run(pg, "select 1", NULL, NULL, &fault), GW_OK);
    assert_string_equal(gw_pg_constraint(pg), "");
    script(pg, "drop table thing");
}

static void a_database_that_is_not_there_is_unavailable_and_named(void **state)
{
    struct gw_pg *pg = gw_pg_new("host=/nonexistent dbname=x", "pg_test");
    struct gw_fault fault;

    (void)state;
    assert_int_equal(gw_pg_run(pg, "select 1", NULL, NULL, &fault), GW_E_UNAVAILABLE);
    assert_non_null(strstr(fault.text, "/nonexistent"));
    assert_int_equal(gw_pg_begin(pg, &fault), GW_E_UNAVAILABLE);
    gw_pg_rollback(pg);
    gw_pg_free(pg);
}

static void a_connection_that_died_while_idle_is_replaced_before_use(void **state)
{
    struct gw_pg *pg = *state;

    assert_int_equal(gw_pg_run(pg, "select 1", NULL, NULL, NULL), GW_OK);
    end_other_connections();
    assert_int_equal(gw_pg_run(pg, "select 1", NULL, NULL, NULL), GW_OK);
    end_other_connections();
    assert_int_equal(gw_pg_begin(pg, NULL), GW_OK);
    assert_int_equal(gw_pg_run(pg, "select 1", NULL, NULL, NULL), GW_OK);
    assert_int_equal(gw_pg_commit(pg, NULL), GW_OK);
}

static void a_transaction_dies_with_its_connection(void **state)
{
    struct gw_pg *pg = *state;

    script(pg, "create table half (id int)");
    assert_int_equal(gw_pg_begin(pg, NULL), GW_OK);
    assert_int_equal(gw_pg_run(pg, "insert into half values (1)", NULL, NULL, NULL), GW_OK);
    end_other_connections();
    assert_int_equal(gw_pg_run(pg, "insert into half values (2)", NULL, NULL, NULL),
                     GW_E_UNAVAILABLE);
    /* Still the same transaction for the caller: nothing may slip out beside it. */
    assert_int_equal(gw_pg_run(pg, "insert into half values (3)", NULL, NULL, NULL),
                     GW_E_UNAVAILABLE);
    assert_int_equal(gw_pg_commit(pg, NULL), GW_E_UNAVAILABLE);
    gw_pg_rollback(pg);
    assert_int_equal(gw_pg_run(pg, "insert into half values (4)", NULL, NULL, NULL), GW_OK);
    assert_int_equal(count_of("select sum(id) from half"), 4);
    script(pg, "drop table half");
}

/* ---- Transactions ----------------------------------------------------------------------- */

static void a_transaction_with_a_failed_statement_cannot_be_committed(void **state)
{
    struct gw_pg *pg = *state;

    script(pg, "create table kept (id int)");
    assert_int_equal(gw_pg_begin(pg, NULL), GW_OK);
    assert_int_equal(gw_pg_run(pg, "insert into kept values (1)", NULL, NULL, NULL), GW_OK);
    assert_int_equal(gw_pg_run(pg, "select 1 / 0", NULL, NULL, NULL), GW_E_INVALID);
    assert_false(gw_pg_is_inside(pg));
    assert_int_equal(gw_pg_commit(pg, NULL), GW_E_INTERNAL);
    gw_pg_rollback(pg);
    assert_int_equal(count_of("select count(*) from kept"), 0);
    script(pg, "drop table kept");
}

static void a_snapshot_neither_sees_later_commits_nor_writes(void **state)
{
    struct gw_pg *pg = *state, *other = gw_pg_new(CONNINFO, "pg_test_other");
    struct gw_pg_rows *rows;

    script(pg, "create table seen (id int)");
    assert_int_equal(gw_pg_begin_snapshot(pg, NULL), GW_OK);
    assert_int_equal(gw_pg_run(pg, "select 1", NULL, NULL, NULL), GW_OK);
    script(other, "insert into seen values (1)");
    assert_int_equal(gw_pg_run(pg, "select count(*) from seen", NULL, &rows, NULL), GW_OK);
    assert_int_equal(gw_pg_i64(rows, 0, 0), 0);
    gw_pg_rows_free(rows);
    assert_int_equal(gw_pg_run(pg, "insert into seen values (2)", NULL, NULL, NULL),
                     GW_E_UNAVAILABLE);
    gw_pg_rollback(pg);
    script(pg, "drop table seen");
    gw_pg_free(other);
}

static void a_statement_is_prepared_again_when_the_schema_changed_under_it(void **state)
{
    static const char ALL[] = "select * from grown";
    struct gw_pg *pg = *state;
    struct gw_pg_rows *rows;

    script(pg, "create table grown (a int); insert into grown values (1)");
    assert_int_equal(gw_pg_run(pg, ALL, NULL, NULL, NULL), GW_OK);
    script(pg, "alter table grown add b int default 2");
    assert_int_equal(gw_pg_run(pg, ALL, NULL, &rows, NULL), GW_OK);
    assert_int_equal(gw_pg_i64(rows, 0, 1), 2);
    gw_pg_rows_free(rows);
    script(pg, "alter table grown add c int");
    assert_int_equal(gw_pg_begin(pg, NULL), GW_OK);
    assert_int_equal(gw_pg_run(pg, ALL, NULL, NULL, NULL), GW_E_CONFLICT);
    gw_pg_rollback(pg);
    script(pg, "drop table grown");
}

static void changed_counts_the_rows_that_were_written(void **state)
{
    struct gw_pg *pg = *state;
    struct gw_pg_rows *rows;

    script(pg, "create table many (id int); insert into many select generate_series(1, 12)");
    assert_int_equal(gw_pg_run(pg, "update many set id = 0 where id > 5", NULL, &rows, NULL),
                     GW_OK);
    assert_int_equal(gw_pg_changed(rows), 7);
    gw_pg_rows_free(rows);
    script(pg, "drop table many");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_pg, close_pg)
        TEST(values_come_back_as_they_went),
        TEST(many_stored_parameters_survive_the_growth_of_their_store),
        TEST(a_zero_byte_in_a_text_is_refused),
        TEST(a_failure_says_its_kind_and_its_constraint),
        TEST(a_database_that_is_not_there_is_unavailable_and_named),
        TEST(a_connection_that_died_while_idle_is_replaced_before_use),
        TEST(a_transaction_dies_with_its_connection),
        TEST(a_transaction_with_a_failed_statement_cannot_be_committed),
        TEST(a_snapshot_neither_sees_later_commits_nor_writes),
        TEST(a_statement_is_prepared_again_when_the_schema_changed_under_it),
        TEST(changed_counts_the_rows_that_were_written),
    };

    snprintf(CONNINFO, sizeof(CONNINFO), "%s", scratch_pg());
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/pg/pg", tests, NULL, NULL);
}
