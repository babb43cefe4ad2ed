/* SPDX-License-Identifier: MIT */
/*
 * scratch_pg - an empty database for one test program, on a private server (postgres.sh).
 *
 * Where there is no PostgreSQL, tests fail if CI is set and are skipped otherwise.
 */
#ifndef TESTS_SUPPORT_SCRATCH_PG_H
#define TESTS_SUPPORT_SCRATCH_PG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/cmocka_first.h"

static inline void scratch_pg_read(const char *command, char *ret_text, size_t size)
{
    FILE *pipe = popen(command, "r");
    int status;

    assert_non_null(pipe);
    if (fgets(ret_text, (int)size, pipe) == NULL) {
        ret_text[0] = '\0';
    }
    status = pclose(pipe);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77 && getenv("CI") == NULL) {
        print_message("no PostgreSQL here: skipped\n");
        exit(0);
    }
    assert_int_equal(status, 0);
    ret_text[strcspn(ret_text, "\n")] = '\0';
}

/* How to connect to this program's server, to its database "postgres". */
static inline const char *scratch_pg_server(void)
{
    static char server[256];
    char command[512];

    if (server[0] == '\0' && getenv("MILLRACE_TEST_PG") != NULL) {
        snprintf(server, sizeof(server), "%s", getenv("MILLRACE_TEST_PG"));
    }
    if (server[0] == '\0') {
        snprintf(command, sizeof(command), "%s/tests/support/postgres.sh start %d", GW_SOURCE_DIR,
                 (int)getpid());
        scratch_pg_read(command, server, sizeof(server));
    }
    return server;
}

static int scratch_pg_count; /* databases made */

/* At the program's end. A server of its own goes away with all of them. */
static inline void scratch_pg_drop(void)
{
    char command[640];

    for (int number = 1; number <= scratch_pg_count && getenv("MILLRACE_TEST_PG"); number++) {
        snprintf(command, sizeof(command),
                 "psql -XAtq '%s' -c 'drop database if exists t%d_%d with (force)' >/dev/null 2>&1",
                 scratch_pg_server(), (int)getpid(), number);
        if (system(command) != 0) {
            return;
        }
    }
}

/* A new empty database and how to connect to it; the text is replaced by the next call. */
static inline const char *scratch_pg(void)
{
    static char conninfo[320];
    char command[640], nothing[64], name[64];

    if (scratch_pg_count == 0) {
        atexit(scratch_pg_drop);
    }
    snprintf(name, sizeof(name), "t%d_%d", (int)getpid(), ++scratch_pg_count);
    snprintf(command, sizeof(command), "psql -XAtq '%s' -c 'create database %s' 2>&1",
             scratch_pg_server(), name);
    scratch_pg_read(command, nothing, sizeof(nothing));
    snprintf(conninfo, sizeof(conninfo), "%s dbname=%s", scratch_pg_server(), name);
    return conninfo;
}

#endif
