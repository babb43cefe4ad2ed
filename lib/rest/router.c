/* SPDX-License-Identifier: MIT */
/*
 * Tables are walked from top to bottom for each call: a few hundred rows, most of them refused
 * at their first differing byte, are nothing beside the query that follows.
 */
#include "lib/rest/router.h"

#include "lib/base/check.h"
#include "lib/rest/input.h"
#include "lib/rest/problem.h"

/* ---- Patterns --------------------------------------------------------------------------- */

struct match {
    const struct gw_rest_route *route;
    uint32_t literals; /* bit (31 - n): segment n is one; compared as a number */
    size_t param_count;
    struct gw_text params[GW_REST_PARAMS_MAX];
};

/* The next segment of *text, which begins with '/'; false at the end. */
static bool next_segment(struct gw_text *text, struct gw_text *ret_segment)
{
    size_t end;

    if (text->len == 0 || text->at[0] != '/') {
        return false;
    }
    *text = gw_text_skip(*text, 1);
    end = gw_text_find(*text, '/');
    *ret_segment = (struct gw_text){text->at, end};
    *text = gw_text_skip(*text, end);
    return true;
}

/* "{id}:enable" or "{id}" against one segment. A parameter is never empty and has no colon. */
static bool match_param(struct gw_text pattern, struct gw_text segment, struct gw_text *ret_param)
{
    struct gw_text verb = gw_text_skip(pattern, gw_text_find(pattern, '}') + 1);
    size_t colon = gw_text_find(segment, ':');

    *ret_param = (struct gw_text){segment.at, colon};
    return colon > 0 && gw_text_eq(gw_text_skip(segment, colon), verb);
}

static bool match_pattern(const char *pattern_text, struct gw_text path, struct match *match)
{
    struct gw_text pattern = gw_text_of(pattern_text), want, have;

    match->literals = 0;
    match->param_count = 0;
    for (int n = 0; next_segment(&pattern, &want); n++) {
        if (!next_segment(&path, &have)) {
            return false;
        }
        if (want.len > 0 && want.at[0] == '{') {
            GW_CHECK(match->param_count < GW_REST_PARAMS_MAX);
            if (!match_param(want, have, &match->params[match->param_count++])) {
                return false;
            }
        } else if (gw_text_eq(want, have)) {
            match->literals |= UINT32_C(1) << (31 - n);
        } else {
            return false;
        }
    }
    return path.len == 0;
}

/* ---- Looking up ------------------------------------------------------------------------- */

static bool method_fits(const char *offered, struct gw_text asked)
{
    return gw_text_eq(gw_text_of(offered), asked) ||
           (gw_text_eq(asked, GW_TEXT("HEAD")) && strcmp(offered, "GET") == 0);
}

/* The best route; *ret_path_fits tells 405 from 404. */
static bool look_up(const struct gw_rest_routes *tables, size_t table_count,
                    const struct gw_rest_call *call, struct match *ret_match, bool *ret_path_fits)
{
    struct match match;

    ret_match->route = NULL;
    *ret_path_fits = false;
    for (size_t t = 0; t < table_count; t++) {
        for (size_t i = 0; i < tables[t].count; i++) {
            match.route = &tables[t].at[i];
            if (!match_pattern(match.route->pattern, call->path, &match)) {
                continue;
            }
            *ret_path_fits = true;
            if (method_fits(match.route->method, call->method) &&
                (ret_match->route == NULL || match.literals > ret_match->literals)) {
                *ret_match = match;
            }
        }
    }
    return ret_match->route != NULL;
}

static const char *allowed_methods(const struct gw_rest_routes *tables, size_t table_count,
                                   struct gw_rest_call *call)
{
    const char *list = "";
    struct match match;

    for (size_t t = 0; t < table_count; t++) {
        for (size_t i = 0; i < tables[t].count; i++) {
            const struct gw_rest_route *route = &tables[t].at[i];

            if (match_pattern(route->pattern, call->path, &match)) {
                list = gw_arena_fmt(call->arena, "%s%s%s%s", list, list[0] == '\0' ? "" : ", ",
                                    route->method, strcmp(route->method, "GET") ? "" : ", HEAD");
            }
        }
    }
    return list;
}

bool gw_rest_has_path(const struct gw_rest_routes *tables, size_t table_count, struct gw_text path)
{
    struct match match;

    for (size_t t = 0; t < table_count; t++) {
        for (size_t i = 0; i < tables[t].count; i++) {
            if (match_pattern(tables[t].at[i].pattern, path, &match)) {
                return true;
            }
        }
    }
    return false;
}

/* ---- Answering -------------------------------------------------------------------------- */

static bool may_enter(struct gw_rest_call *call, enum gw_rest_access needed)
{
    if (call->principal.access >= needed) {
        return true;
    }
    if (call->principal.access == GW_REST_PUBLIC) {
        gw_rest_refuse(call, 401, "auth.missing", "a credential is needed");
    } else {
        gw_rest_refuse(call, 403, NULL, NULL);
    }
    return false;
}

static bool take_params(struct gw_rest_call *call, const struct match *match)
{
    for (size_t i = 0; i < match->param_count; i++) {
        if (gw_rest_percent_decode(match->params[i], GW_REST_PLUS_IS_PLUS, call->arena,
                                   &call->params[i]) != GW_OK) {
            gw_rest_refuse(call, 400, NULL, "the path has a bad escape");
            return false;
        }
    }
    return true;
}

static enum gw_err run(const struct gw_rest_hooks *hooks, struct gw_rest_call *call,
                       gw_rest_handler handler, struct gw_fault *fault)
{
    enum gw_err err;

    if (hooks != NULL && hooks->before != NULL && hooks->before(hooks->owner, call)) {
        return GW_OK;
    }
    err = handler(call, fault);
    if (err != GW_OK && call->status == 0) {
        gw_rest_refuse_err(call, err);
    }
    GW_CHECK(call->status != 0);
    if (hooks != NULL && hooks->after != NULL) {
        hooks->after(hooks->owner, call);
    }
    return err;
}

enum gw_err gw_rest_dispatch(const struct gw_rest_routes *tables, size_t table_count,
                             const struct gw_rest_hooks *hooks, struct gw_rest_call *call,
                             struct gw_fault *fault)
{
    struct match match;
    bool path_fits;
    enum gw_err err;

    if (!look_up(tables, table_count, call, &match, &path_fits)) {
        if (path_fits) {
            call->allowed = allowed_methods(tables, table_count, call);
        }
        gw_rest_refuse(call, path_fits ? 405 : 404, NULL, NULL);
        return GW_OK;
    }
    if (!may_enter(call, match.route->access) || !take_params(call, &match)) {
        return GW_OK;
    }
    err = run(hooks, call, match.route->handler, fault);
    if (gw_text_eq(call->method, GW_TEXT("HEAD"))) {
        gw_buf_clear(&call->reply);
    }
    return err;
}
