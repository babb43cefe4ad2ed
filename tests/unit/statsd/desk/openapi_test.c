/* SPDX-License-Identifier: MIT */
/*
 * The document and the routes say the same: no operation without a route, no route without an
 * operation, and the same access for both.
 */
#include "statsd/desk/openapi.h"

#include <stdio.h>
#include <strings.h>

#include "lib/base/check.h"
#include "lib/json/json_in.h"
#include "statsd/desk/desk.h"
#include "statsd/reports/reports.h"
#include "tests/support/cmocka_first.h"

static const char *const METHODS[] = {"get", "post", "put", "patch", "delete", NULL};
static const char *const ACCESS[] = {"public", "read", "admin", NULL};

static struct gw_arena arena;
static struct gw_json_doc *doc;
static struct gw_json_problems problems;
static struct gw_json_in root, paths;

/* Every route of ours. */
static const struct gw_rest_routes *const TABLES[] = {&DESK_ROUTES, &LOGIN_ROUTES, &REPORT_ROUTES};

static int make(void **state)
{
    struct gw_fault fault = {""};

    (void)state;
    gw_arena_init(&arena, 4 << 20);
    if (gw_json_parse(openapi_document(), GW_JSON_BODY_MAX, &doc, &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
    gw_json_problems_init(&problems, &arena);
    gw_json_in_root(&root, doc, &problems);
    assert_int_equal(gw_json_in_object(&root, "paths", GW_JSON_REQUIRED, &paths), GW_JSON_VALUE);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    gw_json_doc_free(doc);
    gw_arena_fini(&arena);
    return 0;
}

static const struct gw_rest_route *find_route(const char *method, const char *path)
{
    for (size_t t = 0; t < GW_COUNT(TABLES); t++) {
        for (size_t i = 0; i < TABLES[t]->count; i++) {
            const struct gw_rest_route *route = &TABLES[t]->at[i];

            if (strcasecmp(route->method, method) == 0 && strcmp(route->pattern, path) == 0) {
                return route;
            }
        }
    }
    return NULL;
}

typedef void (*visit_fn)(const char *method, const char *path, struct gw_json_in *operation);

static size_t each_operation(visit_fn visit)
{
    const char *names[64];
    size_t path_count = gw_json_in_names(&paths, GW_COUNT(names), names), count = 0;

    for (size_t i = 0; i < path_count; i++) {
        struct gw_json_in path, operation;

        gw_json_in_object(&paths, names[i], GW_JSON_REQUIRED, &path);
        for (size_t m = 0; METHODS[m] != NULL; m++) {
            if (gw_json_in_object(&path, METHODS[m], GW_JSON_OPTIONAL, &operation) ==
                GW_JSON_VALUE) {
                visit(METHODS[m], names[i], &operation);
                count++;
            }
        }
    }
    return count;
}

/* ---- Operations ------------------------------------------------------------------------- */

static void check_route(const char *method, const char *path, struct gw_json_in *operation)
{
    const struct gw_rest_route *route = find_route(method, path);
    size_t access = 0;

    assert_int_equal(
        gw_json_in_enum(operation, "x-required-access", GW_JSON_REQUIRED, ACCESS, &access),
        GW_JSON_VALUE);
    if (route == NULL && !relay_owns(gw_text_of(path))) {
        fail_msg("nobody answers %s %s", method, path);
    }
    if (route != NULL && (size_t)route->access != access) {
        fail_msg("%s %s is %s in the document", method, path, ACCESS[access]);
    }
}

static void every_operation_has_a_route_with_its_access(void **state)
{
    (void)state;
    assert_in_range(each_operation(check_route), 20, 1000);
}

/* ---- Routes ----------------------------------------------------------------------------- */

static bool is_described(const struct gw_rest_route *route)
{
    struct gw_json_in path, operation;
    char method[16] = "";

    for (size_t i = 0; route->method[i] != '\0' && i < sizeof(method) - 1; i++) {
        method[i] = (char)(route->method[i] | 0x20);
        method[i + 1] = '\0';
    }
    return gw_json_in_object(&paths, route->pattern, GW_JSON_OPTIONAL, &path) == GW_JSON_VALUE &&
           gw_json_in_object(&path, method, GW_JSON_OPTIONAL, &operation) == GW_JSON_VALUE;
}

static char aliases[1024];

static void gather_aliases(const char *method, const char *path, struct gw_json_in *operation)
{
    struct gw_json_array array;
    struct gw_text alias;

    (void)method, (void)path;
    if (gw_json_in_array(operation, "x-aliases", GW_JSON_OPTIONAL, 8, &array) != GW_JSON_VALUE) {
        return;
    }
    for (size_t i = 0; i < array.count; i++) {
        assert_true(gw_json_array_text(&array, i, 1, 200, &alias));
        snprintf(aliases + strlen(aliases), sizeof(aliases) - strlen(aliases), "%.*s\n",
                 GW_TEXT_ARG(alias));
    }
}

static void every_route_has_an_operation(void **state)
{
    (void)state;
    aliases[0] = '\0';
    each_operation(gather_aliases);
    for (size_t t = 0; t < GW_COUNT(TABLES); t++) {
        for (size_t i = 0; i < TABLES[t]->count; i++) {
            const struct gw_rest_route *route = &TABLES[t]->at[i];

            if (!is_described(route) && strstr(aliases, route->pattern) == NULL) {
                fail_msg("%s %s is not in the document", route->method, route->pattern);
            }
        }
    }
}

static void every_prefix_of_the_control_plane_has_an_operation(void **state)
{
    const char *names[64];
    size_t count = gw_json_in_names(&paths, GW_COUNT(names), names);

    (void)state;
    for (size_t i = 0; RELAY_PREFIXES[i] != NULL; i++) {
        bool is_found = false;

        for (size_t j = 0; j < count; j++) {
            is_found = is_found ||
                       gw_text_starts_with(gw_text_of(names[j]), gw_text_of(RELAY_PREFIXES[i]));
        }
        if (!is_found) {
            fail_msg("nothing in the document is below %s", RELAY_PREFIXES[i]);
        }
    }
}

/* ---- The document ----------------------------------------------------------------------- */

static char operation_ids[8192];

static void check_document(const char *method, const char *path, struct gw_json_in *operation)
{
    struct gw_text id = GW_TEXT_NONE;
    struct gw_buf parameters;
    char wanted[128];

    assert_int_equal(gw_json_in_text(operation, "operationId", GW_JSON_REQUIRED, 1, 100, &id),
                     GW_JSON_VALUE);
    snprintf(wanted, sizeof(wanted), "\n%.*s\n", GW_TEXT_ARG(id));
    if (strstr(operation_ids, wanted) != NULL) {
        fail_msg("operationId %.*s is there twice", GW_TEXT_ARG(id));
    }
    snprintf(operation_ids + strlen(operation_ids), sizeof(operation_ids) - strlen(operation_ids),
             "%s", wanted);
    gw_buf_init(&parameters, 65536);
    gw_json_in_any(operation, "parameters", GW_JSON_OPTIONAL, &parameters);
    if (strcmp(method, "get") != 0 &&
        gw_text_find_text(gw_buf_text(&parameters), GW_TEXT("parameters/Csrf")) == parameters.len) {
        fail_msg("%s %s does not name the CSRF header", method, path);
    }
    gw_buf_fini(&parameters);
}

static void s03_038_the_document_is_3_1_and_complete(void **state)
{
    struct gw_text version = GW_TEXT_NONE;

    (void)state;
    gw_json_in_text(&root, "openapi", GW_JSON_REQUIRED, 1, 16, &version);
    assert_true(gw_text_eq(version, GW_TEXT("3.1.0")));
    operation_ids[0] = '\0';
    each_operation(check_document);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(every_operation_has_a_route_with_its_access),
        TEST(every_route_has_an_operation),
        TEST(every_prefix_of_the_control_plane_has_an_operation),
        TEST(s03_038_the_document_is_3_1_and_complete),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("statsd/desk/openapi", tests, NULL, NULL);
}
