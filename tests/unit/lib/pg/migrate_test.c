/* SPDX-License-Identifier: MIT */
#include "lib/pg/migrate.h"

#include <pthread.h>
#include <sys/stat.h>

#include "lib/base/check.h"
#include "tests/support/scratch_pg.h"

struct place {
    struct gw_pg *pg;
    char conninfo[320];
    char folder[64];
};

static int make_place(void **state)
{
    struct place *place = GW_NEW(struct place);

    snprintf(place->conninfo, sizeof(place->conninfo), "%s", scratch_pg());
    place->pg = gw_pg_new(place->conninfo, "migrate_test");
    snprintf(place->folder, sizeof(place->folder), "/tmp/millrace-migrate.XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    *state = place;
    return 0;
}

static int leave_place(void **state)
{
    struct place *place = *state;
    char command[128];

    snprintf(command, sizeof(command), "rm -rf '%s'", place->folder);
    assert_int_equal(system(command), 0);
    gw_pg_free(place->pg);
    gw_free(place);
    return 0;
}

static void write_file(const struct place *place, const char *name, const char *sql)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", place->folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(sql, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int64_t number(struct gw_pg *pg, const char *sql)
{
    struct gw_pg_rows *rows;
    int64_t value;

    assert_int_equal(gw_pg_run(pg, sql, NULL, &rows, NULL), GW_OK);
    value = gw_pg_i64(rows, 0, 0);
    gw_pg_rows_free(rows);
    return value;
}

static void files_are_applied_in_order_and_once(void **state)
{
    struct place *place = *state;
    struct gw_pg_migrated migrated;
    struct gw_fault fault = {""};

    write_file(place, "0002_fill.sql", "insert into t values (2); insert into t values (3);");
    write_file(place, "0001_make.sql", "create table t (n int); -- \xc3\xa4\n");
    write_file(place, "README.md", "not a migration");
    assert_int_equal(gw_pg_migrate(place->pg, place->folder, &migrated, &fault), GW_OK);
    assert_int_equal(migrated.applied, 2);
    assert_int_equal(migrated.newest, 2);
    assert_int_equal(gw_pg_migrate(place->pg, place->folder, &migrated, &fault), GW_OK);
    assert_int_equal(migrated.applied, 0);
    assert_int_equal(number(place->pg, "select count(*) from t"), 2);
    write_file(place, "0003_more.sql", "insert into t values (4)");
    assert_int_equal(gw_pg_migrate(place->pg, place->folder, &migrated, &fault), GW_OK);
    assert_int_equal(migrated.applied, 1);
    assert_int_equal(migrated.newest_applied, 3);
}

static void a_file_that_changed_after_it_was_applied_is_refused(void **state)
{
    struct place *place = *state;
    struct gw_pg_migrated migrated;
    struct gw_fault fault;

    write_file(place, "0001_make.sql", "create table t (n int)");
    assert_int_equal(gw_pg_migrate(place->pg, place->folder, &migrated, &fault), GW_OK);
    write_file(place, "0001_make.sql", "create table t (n bigint)");
    write_file(place, "0002_more.sql", "create table u (n int)");
    assert_int_equal(gw_pg_migrate(place->pg, place->folder, &migrated, &fault), GW_E_CONFLICT);
    assert_non_null(strstr(fault.text, "0001_make.sql"));
    assert_int_equal(number(place->pg, "select count(to_regclass('u'))"), 0);
}

static void a_file_below_the_newest_applied_one_is_refused(void **state)
{
    struct place *place = *state;
    struct gw_pg_migrated migrated;
    struct gw_fault fault;

    write_file(place, "0002_make.sql", "create table t (n int)");
    assert_int_equal(gw_pg_migrate(place->pg, place->folder, &migrated, &fault), GW_OK);
    write_file(place, "0001_late.sql", "create table u (n int)");
    assert_int_equal(gw_pg_migrate(place->pg, place->folder, &migrated, &fault), GW_E_CONFLICT);
}

static void a_file_that_fails_leaves_nothing_and_the_ones_before_it_stay(void **state)
{
    struct place *place = *state;
    struct gw_pg_migrated migrated;
    struct gw_fault fault;

    write_file(place, "0001_make.sql", "create table t (n int)");
    write_file(place, "0002_half.sql", "create table u (n int); select 1 / 0;");
    assert_int_equal(gw_pg_migrate(place->pg, place->folder, &migrated, &fault), GW_E_INVALID);
    assert_non_null(strstr(fault.text, "0002_half.sql"));
    assert_non_null(strstr(fault.text, "division by zero"));
    assert_int_equal(number(place->pg, "select count(to_regclass('u'))"), 0);
    assert_int_equal(number(place->pg, "select count(*) from schema_migration"), 1);
    write_file(place, "0002_half.sql", "create table u (n int)");
    assert_int_equal(gw_pg_migrate(place->pg, place->folder, &migrated, &fault), GW_OK);
    assert_int_equal(migrated.applied, 1);
}

static void a_file_that_commits_by_itself_is_refused(void **state)
{
    struct place *place = *state;
    struct gw_pg_migrated migrated;
    struct gw_fault fault;

    write_file(place, "0001_make.sql", "create table t (n int); commit;");
    assert_int_equal(gw_pg_migrate(place->pg, place->folder, &migrated, &fault), GW_E_INVALID);
    assert_non_null(strstr(fault.text, "ends its transaction"));
}

static void two_files_with_one_number_and_an_empty_folder_are_refused(void **state)
{
    struct place *place = *state;
    struct gw_pg_migrated migrated;
    struct gw_fault fault;

    assert_int_equal(gw_pg_migrate(place->pg, place->folder, &migrated, &fault), GW_E_ABSENT);
    assert_int_equal(gw_pg_migrate(place->pg, "/nonexistent", &migrated, &fault), GW_E_ABSENT);
    write_file(place, "0001_a.sql", "select 1");
    write_file(place, "0001_b.sql", "select 1");
    assert_int_equal(gw_pg_migrate(place->pg, place->folder, &migrated, &fault), GW_E_INVALID);
}

static void a_database_newer_than_the_folder_is_fine(void **state)
{
    struct place *place = *state;
    struct gw_pg_migrated migrated;
    struct gw_fault fault;
    char path[128];

    write_file(place, "0001_a.sql", "select 1");
    write_file(place, "0002_b.sql", "select 1");
    assert_int_equal(gw_pg_migrate(place->pg, place->folder, &migrated, &fault), GW_OK);
    snprintf(path, sizeof(path), "%s/0002_b.sql", place->folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(gw_pg_migrate(place->pg, place->folder, &migrated, &fault), GW_OK);
    assert_int_equal(migrated.newest, 1);
    assert_int_equal(migrated.newest_applied, 2);
}

static void a_check_only_looks(void **state)
{
    static const struct gw_pg_file FILES[] = {{"0002_b.sql", "create table u (n int)"},
                                              {"0001_a.sql", "create table t (n int)"}};
    static const struct gw_pg_file CHANGED[] = {{"0001_a.sql", "create table t (n bigint)"}};
    const struct gw_pg_files both = {FILES, 2}, first = {FILES + 1, 1}, changed = {CHANGED, 1};
    struct place *place = *state;
    struct gw_pg_migrated migrated;
    struct gw_fault fault;

    assert_int_equal(gw_pg_migrate_check(place->pg, &both, &fault), GW_E_UNAVAILABLE);
    assert_non_null(strstr(fault.text, "0001_a.sql"));
    assert_int_equal(gw_pg_migrate_files(place->pg, &first, &migrated, &fault), GW_OK);
    assert_int_equal(gw_pg_migrate_check(place->pg, &first, &fault), GW_OK);
    assert_int_equal(gw_pg_migrate_check(place->pg, &both, &fault), GW_E_UNAVAILABLE);
    assert_non_null(strstr(fault.text, "0002_b.sql"));
    assert_int_equal(gw_pg_migrate_check(place->pg, &changed, &fault), GW_E_CONFLICT);
    assert_int_equal(gw_pg_migrate_files(place->pg, &both, &migrated, &fault), GW_OK);
    assert_int_equal(gw_pg_migrate_check(place->pg, &first, &fault), GW_OK);
}

static void *migrate_in_a_thread(void *arg)
{
    const struct place *place = arg;
    struct gw_pg *pg = gw_pg_new(place->conninfo, "migrate_test");
    struct gw_pg_migrated migrated = {0};
    struct gw_fault fault;
    enum gw_err err = gw_pg_migrate(pg, place->folder, &migrated, &fault);

    gw_pg_free(pg);
    return (void *)(err == GW_OK ? migrated.applied : SIZE_MAX);
}

static void programs_that_start_at_once_apply_each_file_once(void **state)
{
    struct place *place = *state;
    pthread_t threads[4];
    size_t sum = 0;

    write_file(place, "0001_make.sql", "create table t (n int)");
    write_file(place, "0002_fill.sql", "insert into t values (1)");
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, migrate_in_a_thread, place), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        void *applied;

        assert_int_equal(pthread_join(threads[i], &applied), 0);
        assert_true((size_t)applied <= 2);
        sum += (size_t)applied;
    }
    assert_int_equal(sum, 2);
    assert_int_equal(number(place->pg, "select count(*) from t"), 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, leave_place)
        TEST(files_are_applied_in_order_and_once),
        TEST(a_file_that_changed_after_it_was_applied_is_refused),
        TEST(a_file_below_the_newest_applied_one_is_refused),
        TEST(a_file_that_fails_leaves_nothing_and_the_ones_before_it_stay),
        TEST(a_file_that_commits_by_itself_is_refused),
        TEST(two_files_with_one_number_and_an_empty_folder_are_refused),
        TEST(a_database_newer_than_the_folder_is_fine),
        TEST(a_check_only_looks),
        TEST(programs_that_start_at_once_apply_each_file_once),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/pg/migrate", tests, NULL, NULL);
}
