/* SPDX-License-Identifier: MIT */
#include "lib/codec/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/cmocka_first.h"

struct fixture {
    char folder[40];
    char path[64];
    struct gw_buf out;
    struct gw_fault fault;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    snprintf(fixture->folder, sizeof(fixture->folder), "%s", "/tmp/file_test.XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->path, sizeof(fixture->path), "%s/f", fixture->folder);
    gw_buf_init(&fixture->out, 100000);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    unlink(fixture->path);
    assert_int_equal(rmdir(fixture->folder), 0); /* and nothing else was left in it */
    gw_buf_fini(&fixture->out);
    free(fixture);
    return 0;
}

static void replace(struct fixture *fixture, struct gw_text bytes, mode_t mode)
{
    assert_int_equal(gw_file_replace(fixture->path, bytes, mode, &fixture->fault), GW_OK);
}

static void what_was_written_is_read(void **state)
{
    struct fixture *fixture = *state;

    replace(fixture, GW_TEXT("one\0two"), 0600);
    gw_buf_append_str(&fixture->out, ">");
    assert_int_equal(gw_file_read(fixture->path, &fixture->out, &fixture->fault), GW_OK);
    assert_int_equal(fixture->out.len, 8);
    assert_memory_equal(fixture->out.at, ">one\0two", 8);
}

static void a_file_is_replaced_whole_with_its_mode(void **state)
{
    struct fixture *fixture = *state;
    mode_t before = umask(077);
    struct stat about;

    replace(fixture, GW_TEXT("a long first content"), 0600);
    replace(fixture, GW_TEXT("short"), 0644);
    umask(before);
    assert_int_equal(stat(fixture->path, &about), 0);
    assert_int_equal(about.st_size, 5);
    assert_int_equal(about.st_mode & 07777, 0644);
}

static void an_empty_file_is_fine(void **state)
{
    struct fixture *fixture = *state;

    replace(fixture, GW_TEXT_NONE, 0600);
    assert_int_equal(gw_file_read(fixture->path, &fixture->out, &fixture->fault), GW_OK);
    assert_int_equal(fixture->out.len, 0);
}

static void a_file_that_is_not_there_is_absent(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(gw_file_read(fixture->path, &fixture->out, &fixture->fault), GW_E_ABSENT);
    assert_non_null(strstr(fixture->fault.text, "could not open file \"/tmp/file_test."));
}

static void a_folder_or_a_pipe_is_no_file(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(gw_file_read(fixture->folder, &fixture->out, &fixture->fault), GW_E_INVALID);
    assert_int_equal(mkfifo(fixture->path, 0600), 0);
    assert_int_equal(gw_file_read(fixture->path, &fixture->out, &fixture->fault), GW_E_INVALID);
}

static void a_file_beyond_the_ceiling_is_refused(void **state)
{
    struct fixture *fixture = *state;
    char *bytes = calloc(1, 100001);

    replace(fixture, (struct gw_text){bytes, 100001}, 0600);
    assert_int_equal(gw_file_read(fixture->path, &fixture->out, &fixture->fault), GW_E_TOO_LARGE);
    gw_buf_clear(&fixture->out);
    replace(fixture, (struct gw_text){bytes, 100000}, 0600);
    assert_int_equal(gw_file_read(fixture->path, &fixture->out, &fixture->fault), GW_OK);
    free(bytes);
}

static void what_cannot_be_written_leaves_the_old_file(void **state)
{
    struct fixture *fixture = *state;
    char path[80];

    snprintf(path, sizeof(path), "%s/no/such/folder", fixture->folder);
    assert_int_equal(gw_file_replace(path, GW_TEXT("x"), 0600, &fixture->fault), GW_E_IO);
    assert_non_null(strstr(fixture->fault.text, "could not create file"));
    /* A folder stands where the file should go: nothing is left beside it. */
    assert_int_equal(mkdir(fixture->path, 0700), 0);
    assert_int_equal(gw_file_replace(fixture->path, GW_TEXT("x"), 0600, &fixture->fault), GW_E_IO);
    assert_non_null(strstr(fixture->fault.text, "could not rename"));
    assert_int_equal(rmdir(fixture->path), 0);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(what_was_written_is_read),
        WITH_FOLDER(a_file_is_replaced_whole_with_its_mode),
        WITH_FOLDER(an_empty_file_is_fine),
        WITH_FOLDER(a_file_that_is_not_there_is_absent),
        WITH_FOLDER(a_folder_or_a_pipe_is_no_file),
        WITH_FOLDER(a_file_beyond_the_ceiling_is_refused),
        WITH_FOLDER(what_cannot_be_written_leaves_the_old_file),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/codec/file", tests, NULL, NULL);
}
