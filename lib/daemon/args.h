/* SPDX-License-Identifier: MIT */
/*
 * args - the command line of every program. Not for others.
 */
#ifndef LIB_DAEMON_ARGS_H
#define LIB_DAEMON_ARGS_H

#include "lib/base/text.h"
#include "lib/conf/conf.h"

enum gw_args_action {
    GW_ARGS_RUN,
    GW_ARGS_HELP,
    GW_ARGS_VERSION,
    GW_ARGS_CHECK,
    GW_ARGS_HELP_CONFIG,
    GW_ARGS_PRINT_EFFECTIVE,
};

#define GW_ARGS_MAX 256

struct gw_args {
    enum gw_args_action action;
    const char *config_path; /* NULL: not given */
    struct gw_conf_argument settings[GW_ARGS_MAX];
    size_t setting_count;
};

/* Borrows from `argv`. GW_E_INVALID: `problems` has a line for each thing that is wrong. */
enum gw_err gw_args_read(int argc, char *const *argv, struct gw_args *ret_args,
                         struct gw_buf *problems) GW_MUST_USE;

void gw_args_print_help(const char *name, const char *summary, struct gw_buf *out);

#endif
