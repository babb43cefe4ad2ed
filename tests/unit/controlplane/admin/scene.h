/* SPDX-License-Identifier: MIT */
/*
 * scene - the control plane's REST side with a database of its own, and one call after another.
 */
#ifndef TESTS_UNIT_CONTROLPLANE_ADMIN_SCENE_H
#define TESTS_UNIT_CONTROLPLANE_ADMIN_SCENE_H

#include <stdarg.h>
#include <stdio.h>

#include "controlplane/admin/api.h"
#include "controlplane/publish/roster.h"
#include "lib/base/check.h"
#include "tests/support/schema_pg.h"

struct scene {
    struct gw_pg *pg;   /* the handlers' */
    struct gw_pg *look; /* to see what was stored */
    struct gw_keyring *keyring;
    struct answer_context context;

    /* For the next call only. */
    const char *if_match;
    const char *content_type;
    bool shows_internal;
    enum gw_rest_access access;

    /* The last call. */
    struct gw_arena arena;
    struct gw_rest_call call;
    struct gw_fault fault;
    const char *body; /* zero-terminated */
};

static const char SCENE_KEYRING[] =
    "digest 1111111111111111111111111111111111111111111111111111111111111111;"
    "seal 1 2222222222222222222222222222222222222222222222222222222222222222";

static inline void scene_defaults(struct scene *scene)
{
    scene->if_match = NULL;
    scene->content_type = "application/json";
    scene->shows_internal = false;
    scene->access = GW_REST_ADMIN;
}

static inline int scene_begin(void **state)
{
    struct scene *scene = GW_NEW(struct scene);
    struct gw_fault fault;
    const char *conninfo;

    scene->pg = schema_pg(&conninfo);
    scene->look = gw_pg_new(conninfo, "look");
    assert_int_equal(gw_keyring_parse(gw_text_of(SCENE_KEYRING), &scene->keyring, &fault), GW_OK);
    store_init(&scene->context.store, scene->pg, scene->keyring);
    scene->context.roster = roster_new();
    scene_defaults(scene);
    gw_arena_init(&scene->arena, 64 * 1024 * 1024);
    gw_rest_call_init(&scene->call, &scene->arena);
    *state = scene;
    return 0;
}

static inline int scene_end(void **state)
{
    struct scene *scene = *state;

    gw_rest_call_fini(&scene->call);
    gw_arena_fini(&scene->arena);
    roster_free(scene->context.roster);
    gw_keyring_free(scene->keyring);
    gw_pg_free(scene->look);
    gw_pg_free(scene->pg);
    gw_free(scene);
    return 0;
}

/* One call as the administrator; `target` may have a query. The status. */
static inline int scene_call(struct scene *scene, const char *method, const char *target,
                             const char *body)
{
    struct gw_text path, query;

    gw_rest_call_fini(&scene->call);
    gw_arena_fini(&scene->arena);
    gw_arena_init(&scene->arena, 64 * 1024 * 1024);
    gw_rest_call_init(&scene->call, &scene->arena);
    if (!gw_text_cut(gw_arena_text(&scene->arena, gw_text_of(target)), '?', &path, &query)) {
        path = gw_arena_text(&scene->arena, gw_text_of(target));
        query = GW_TEXT_NONE;
    }
    scene->call.method = gw_text_of(method);
    scene->call.path = path;
    scene->call.query = query;
    scene->call.body = gw_text_of(body);
    scene->call.content_type = body == NULL ? GW_TEXT_NONE : gw_text_of(scene->content_type);
    scene->call.if_match = gw_text_of(scene->if_match);
    scene->call.request_id = GW_TEXT("test");
    scene->call.shows_internal = scene->shows_internal;
    scene->call.principal.access = scene->access;
    scene->call.principal.user_id = -1;
    scene->fault.text[0] = '\0';
    (void)api_answer(&scene->call, &scene->context, &scene->fault);
    scene->body = scene->call.reply.at == NULL ? "" : scene->call.reply.at;
    scene_defaults(scene);
    return scene->call.status;
}

static inline void scene_expect(struct scene *scene, int status, const char *part)
{
    if (scene->call.status != status || strstr(scene->body, part) == NULL) {
        fail_msg("wanted %d with %s; got %d %s (%s)", status, part, scene->call.status, scene->body,
                 scene->fault.text);
    }
}

/* A problem document with this code. */
static inline void scene_expect_problem(struct scene *scene, int status, const char *code)
{
    char part[160];

    snprintf(part, sizeof(part), "\"errorCode\":\"%s\"", code);
    scene_expect(scene, status, part);
    snprintf(part, sizeof(part), "\"type\":\"urn:millrace:problem:%s\"", code);
    scene_expect(scene, status, part);
}

static inline const char *scene_header(const struct scene *scene, const char *name)
{
    for (size_t i = 0; i < scene->call.header_count; i++) {
        if (gw_text_eq_nocase(scene->call.headers[i].name, gw_text_of(name))) {
            return scene->call.headers[i].value.at;
        }
    }
    return "";
}

/* The text after `before` in the last answer, up to a quote or comma; kept by the caller. */
static inline void scene_field(const struct scene *scene, const char *before, char *ret_text,
                               size_t size)
{
    const char *at = strstr(scene->body, before);

    if (at == NULL) {
        fail_msg("no %s in %s", before, scene->body);
        return;
    }
    at += strlen(before);
    snprintf(ret_text, size, "%.*s", (int)strcspn(at, "\","), at);
}

#endif
