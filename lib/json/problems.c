/* SPDX-License-Identifier: MIT */
/*
 * What is wrong with a document, and where: declared in json_in.h.
 */
#include "lib/base/check.h"
#include "lib/json/inside.h"

#define PATH_MAX_BYTES 2048

void gw_json_problems_init(struct gw_json_problems *problems, struct gw_arena *arena)
{
    *problems = (struct gw_json_problems){.arena = arena};
}

static void keep(struct gw_json_problems *problems, struct gw_text path, const char *code,
                 const char *message)
{
    size_t message_size = strlen(message) + 1;
    char *at;

    if (problems->count == GW_JSON_PROBLEMS_MAX ||
        (at = gw_arena_try(problems->arena, path.len + 1 + message_size)) == NULL) {
        problems->left_out++;
        return;
    }
    memcpy(at, path.at, path.len);
    at[path.len] = '\0';
    memcpy(at + path.len + 1, message, message_size);
    problems->at[problems->count++] = (struct gw_json_problem){
        .path = at, .code = code, .message = at + path.len + 1};
}

static void write_path(const struct gw_json_in *in, struct gw_json_out *out)
{
    if (in->parent != NULL) {
        write_path(in->parent, out);
        gw_json_str(out, in->name);
        if (in->index != SIZE_MAX) {
            gw_json_uint(out, in->index);
        }
    }
}

void gw_json_problem_at(const struct gw_json_in *in, const char *key, size_t index,
                        const char *code, const char *message)
{
    struct gw_json_out out;
    struct gw_buf path;

    gw_buf_init(&path, PATH_MAX_BYTES);
    gw_json_out_init(&out, &path);
    gw_json_open_array(&out);
    write_path(in, &out);
    if (key != NULL) {
        gw_json_str(&out, key);
    }
    if (index != SIZE_MAX) {
        gw_json_uint(&out, index);
    }
    gw_json_close_array(&out);
    /* Names a sender chose may be longer than anybody wants to read. */
    keep(in->problems, gw_json_out_end(&out) == GW_OK ? gw_buf_text(&path) : GW_TEXT("[]"), code,
         message);
    gw_buf_fini(&path);
}

void gw_json_problems_add(struct gw_json_problems *problems, const char *name, const char *code,
                          const char *message)
{
    struct gw_json_in nowhere = {.problems = problems, .index = SIZE_MAX};

    gw_json_problem_at(&nowhere, name, SIZE_MAX, code, message);
}

void gw_json_problems_write(const struct gw_json_problems *problems, struct gw_json_out *out)
{
    size_t i;

    gw_json_open_array(out);
    for (i = 0; i < problems->count; i++) {
        const struct gw_json_problem *problem = &problems->at[i];

        gw_json_open_object(out);
        gw_json_key(out, "path");
        gw_json_raw(out, gw_text_of(problem->path));
        gw_json_put_str(out, "code", problem->code);
        gw_json_put_str(out, "message", problem->message);
        gw_json_close_object(out);
    }
    gw_json_close_array(out);
}
