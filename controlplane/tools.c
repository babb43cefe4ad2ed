/* SPDX-License-Identifier: MIT */
#include "controlplane/tools.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "controlplane/conf.h"
#include "controlplane/schema.h"
#include "lib/base/check.h"
#include "lib/codec/digest.h"
#include "lib/codec/keyring.h"

/* ---- keyring ---------------------------------------------------------------------------- */

static bool write_whole(int fd, struct gw_text text)
{
    while (text.len > 0) {
        ssize_t count = write(fd, text.at, text.len);

        if (count < 0 && errno != EINTR) {
            return false;
        }
        text = gw_text_skip(text, count > 0 ? (size_t)count : 0);
    }
    return true;
}

/* Never over a file that is there: what was sealed under it could not be opened any more. */
static int write_new_file(const char *path, struct gw_text text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool written;

    if (fd < 0) {
        fprintf(stderr, "could not make \"%s\": %s\n", path, strerror(errno));
        return GW_EXIT_FAILURE;
    }
    written = write_whole(fd, text) && fsync(fd) == 0;
    if (close(fd) != 0 || !written) {
        fprintf(stderr, "could not write \"%s\": %s\n", path, strerror(errno));
        return GW_EXIT_FAILURE;
    }
    return GW_EXIT_CLEAN;
}

int tools_keyring(int argc, char **argv)
{
    struct gw_buf text;
    int code;

    if (argc > 3 || (argc == 3 && argv[2][0] == '-')) {
        fprintf(stderr, "usage: millrace-controlplane keyring [FILE]\n");
        return GW_EXIT_USAGE;
    }
    gw_buf_init(&text, 4096);
    gw_keyring_generate(&text);
    if (argc == 3) {
        code = write_new_file(argv[2], gw_buf_text(&text));
    } else {
        code = write_whole(STDOUT_FILENO, gw_buf_text(&text)) ? GW_EXIT_CLEAN : GW_EXIT_FAILURE;
    }
    gw_wipe(text.at, text.len);
    gw_buf_fini(&text);
    return code;
}

/* ---- migrate ---------------------------------------------------------------------------- */

/* The whole work is done while starting; then the program asks itself to stop. */
static enum gw_err start(struct gw_daemon *daemon, void **ret_owner, struct gw_fault *fault)
{
    const struct controlplane_conf *conf = gw_daemon_values(daemon);
    struct gw_pg *pg = gw_pg_new(conf->database.text, "millrace-controlplane-migrate");
    struct gw_pg_migrated migrated;
    enum gw_err err = schema_migrate(pg, &migrated, fault);

    gw_pg_free(pg);
    if (err == GW_OK) {
        gw_log(GW_LOG_INFO, "migrated", GW_LOG_UINT("files", migrated.applied),
               GW_LOG_INT("newest", migrated.newest_applied));
        *ret_owner = NULL;
        kill(getpid(), SIGTERM);
    }
    return err;
}

static void drain(struct gw_daemon *daemon, void *owner)
{
    (void)owner;
    gw_daemon_drained(daemon);
}

static void stop(struct gw_daemon *daemon, void *owner)
{
    (void)daemon;
    (void)owner;
}

static const struct gw_daemon_program MIGRATE = {
    .name = "millrace-controlplane migrate",
    .summary = "brings the database's schema up to date and ends",
    .table = &CONTROLPLANE_CONF,
    .conf_offset = offsetof(struct controlplane_conf, daemon),
    .check = controlplane_conf_check,
    .start = start,
    .drain = drain,
    .stop = stop,
};

int tools_migrate(int argc, char **argv)
{
    /* Without "migrate", and without the ops listener, whose address may be in use. */
    char **args = gw_must_alloc((size_t)(argc + 1) * sizeof(args[0]));
    int count = 0, code;

    args[count++] = argv[0];
    for (int i = 2; i < argc; i++) {
        args[count++] = argv[i];
    }
    args[count++] = (char *)"--ops.listen=";
    code = gw_daemon_main(count, args, &MIGRATE);
    gw_free(args);
    return code;
}
