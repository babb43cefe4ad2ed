/* SPDX-License-Identifier: MIT */
#include "lib/daemon/args.h"

#include "lib/base/check.h"

struct word {
    const char *name;
    enum gw_args_action action;
    const char *help;
};

static const struct word WORDS[] = {
    {"help", GW_ARGS_HELP, "this text"},
    {"version", GW_ARGS_VERSION, "name and version"},
    {"check", GW_ARGS_CHECK, "read the settings, tell everything that is wrong, and end"},
    {"help-config", GW_ARGS_HELP_CONFIG, "every setting: kind, bounds, default, variable"},
    {"print-effective", GW_ARGS_PRINT_EFFECTIVE, "every setting as it is, and where from"},
};

static const struct word *find_word(struct gw_text name)
{
    size_t i;

    for (i = 0; i < GW_COUNT(WORDS); i++) {
        if (gw_text_eq(name, gw_text_of(WORDS[i].name))) {
            return &WORDS[i];
        }
    }
    return NULL;
}

/* Where reading is. */
struct reading {
    int argc;
    char *const *argv;
    int next;
    struct gw_args *args;
    struct gw_buf *problems;
    bool has_failed;
};

static void problem(struct reading *reading, const char *argument, const char *what)
{
    reading->has_failed = true;
    gw_buf_appendf(reading->problems, "command line: \"%.80s\" %s\n", argument, what);
}

static void add_setting(struct reading *reading, struct gw_text key, struct gw_text value)
{
    struct gw_args *args = reading->args;

    if (args->setting_count == GW_ARGS_MAX) {
        problem(reading, "...", "is one setting too many");
        return;
    }
    args->settings[args->setting_count++] = (struct gw_conf_argument){key, value};
}

static void read_set(struct reading *reading, struct gw_text pair)
{
    struct gw_text key, value;

    if (!gw_text_cut(pair, '=', &key, &value)) {
        problem(reading, "--set", "wants KEY=VALUE");
        return;
    }
    add_setting(reading, key, value);
}

/* --name=value, or --name and the next argument. */
static void read_valued(struct reading *reading, const char *argument)
{
    struct gw_text name = gw_text_of(argument + 2), value;

    if (!gw_text_cut(name, '=', &name, &value)) {
        if (reading->next == reading->argc) {
            problem(reading, argument, "wants a value");
            return;
        }
        value = gw_text_of(reading->argv[reading->next++]);
    }
    if (gw_text_eq(name, GW_TEXT("set"))) {
        read_set(reading, value);
    } else if (gw_text_eq(name, GW_TEXT("config"))) {
        reading->args->config_path = value.at; /* the rest of an argument, so it has an end */
    } else {
        add_setting(reading, name, value);
    }
}

enum gw_err gw_args_read(int argc, char *const *argv, struct gw_args *ret_args,
                         struct gw_buf *problems)
{
    struct reading reading = {argc, argv, 1, ret_args, problems, false};
    const struct word *word;

    *ret_args = (struct gw_args){.action = GW_ARGS_RUN};
    while (reading.next < argc) {
        const char *argument = argv[reading.next++];

        if (strcmp(argument, "-h") == 0) {
            ret_args->action = GW_ARGS_HELP;
        } else if (strncmp(argument, "--", 2) != 0 || argument[2] == '\0') {
            problem(&reading, argument, "is not an option");
        } else if ((word = find_word(gw_text_of(argument + 2))) != NULL) {
            ret_args->action = word->action;
        } else {
            read_valued(&reading, argument);
        }
    }
    return reading.has_failed ? GW_E_INVALID : GW_OK;
}

void gw_args_print_help(const char *name, const char *summary, struct gw_buf *out)
{
    size_t i;

    gw_buf_appendf(out, "%s - %s\n\nusage: %s [OPTION]...\n\n", name, summary, name);
    for (i = 0; i < GW_COUNT(WORDS); i++) {
        gw_buf_appendf(out, "  --%-16s %s\n", WORDS[i].name, WORDS[i].help);
    }
    gw_buf_append_str(out, "  --config FILE      settings, one \"key = value\" a line\n"
                           "  --set KEY=VALUE    one setting; wins over file and environment\n"
                           "  --KEY VALUE        the same, also as --KEY=VALUE\n"
                           "\n"
                           "SIGTERM and SIGINT finish open work first, a second one does not.\n"
                           "SIGQUIT stops at once. SIGHUP reads the settings again.\n"
                           "\n"
                           "Exit status: 0 stopped as asked, 1 failed while running, 2 wrong\n"
                           "command line or settings, 3 could not start.\n");
}
