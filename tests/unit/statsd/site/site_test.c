/* SPDX-License-Identifier: MIT */
#include "statsd/site/site.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/cmocka_first.h"

static char root[64], outside[64];
static struct site *site;
static struct gw_arena arena;
static struct site_reply reply;

/* ---- A folder to serve ------------------------------------------------------------------ */

static void put(const char *folder, const char *name, const char *content)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(content, file);
    fclose(file);
}

static void link_to(const char *target, const char *name)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", root, name);
    assert_int_equal(symlink(target, path), 0);
}

static void make_folder(const char *name)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", root, name);
    assert_int_equal(mkdir(path, 0755), 0);
}

static int make(void **state)
{
    char path[128];

    (void)state;
    snprintf(root, sizeof(root), "/tmp/millrace-site.XXXXXX");
    snprintf(outside, sizeof(outside), "/tmp/millrace-site.XXXXXX");
    assert_non_null(mkdtemp(root));
    assert_non_null(mkdtemp(outside));
    put(root, "index.html", "<meta content=\"__CSP_NONCE__\"><style nonce=\"__CSP_NONCE__\">");
    put(root, "theme.js", "theme");
    put(root, ".secret", "hidden");
    make_folder("assets");
    make_folder(".git");
    put(root, ".git/config", "hidden");
    put(root, "assets/app-1a2b.js", "0123456789");
    put(root, "assets/app-1a2b.js.br", "BR");
    put(root, "assets/app-1a2b.js.gz", "GZ");
    put(root, "assets/alone.gz", "alone");
    put(outside, "passwd.txt", "root:x");
    snprintf(path, sizeof(path), "%s/passwd.txt", outside);
    link_to(path, "assets/link.js");
    link_to(outside, "elsewhere");
    assert_int_equal(site_load(root, &site, NULL), GW_OK);
    gw_arena_init(&arena, 1 << 20);
    return 0;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about, (void)kind, (void)where;
    return remove(path);
}

static int unmake(void **state)
{
    (void)state;
    gw_arena_fini(&arena);
    site_free(site);
    nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    nftw(outside, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}

/* ---- Asking ----------------------------------------------------------------------------- */

static void ask_with(const char *path, const char *name, const char *value)
{
    const struct gw_http_header headers[] = {{gw_text_of(name), gw_text_of(value)}};
    const struct site_ask ask = {.method = GW_TEXT("GET"),
                                 .path = gw_text_of(path),
                                 .headers = {headers, 1},
                                 .is_secure = true};

    site_answer(site, &ask, &arena, &reply);
}

static int ask(const char *path)
{
    ask_with(path, "Accept", "text/html,*/*");
    return reply.status;
}

static const char *header(const char *name)
{
    for (size_t i = 0; i < reply.header_count; i++) {
        if (gw_text_eq_nocase(reply.headers[i].name, gw_text_of(name))) {
            return gw_arena_fmt(&arena, "%.*s", GW_TEXT_ARG(reply.headers[i].value));
        }
    }
    return "";
}

static const char *body(void)
{
    return gw_arena_fmt(&arena, "%.*s", GW_TEXT_ARG(reply.body));
}

static void srv_01_assets_never_change_and_say_so(void **state)
{
    (void)state;
    assert_int_equal(ask("/assets/app-1a2b.js"), 200);
    assert_string_equal(body(), "0123456789");
    assert_string_equal(header("cache-control"), "public, max-age=31536000, immutable");
    assert_string_equal(header("content-type"), "text/javascript; charset=utf-8");
    assert_int_equal(ask("/theme.js"), 200);
    assert_string_equal(header("cache-control"), "no-cache");
}

static void srv_01_a_compressed_form_goes_to_who_accepts_it(void **state)
{
    (void)state;
    ask_with("/assets/app-1a2b.js", "Accept-Encoding", "gzip, br");
    assert_string_equal(body(), "BR");
    assert_string_equal(header("content-encoding"), "br");
    assert_string_equal(header("content-type"), "text/javascript; charset=utf-8");
    ask_with("/assets/app-1a2b.js", "Accept-Encoding", "gzip, br;q=0");
    assert_string_equal(body(), "GZ");
    ask_with("/assets/app-1a2b.js", "Accept-Encoding", "identity");
    assert_string_equal(body(), "0123456789");
    assert_string_equal(header("vary"), "Accept-Encoding");
    assert_int_equal(ask("/assets/alone.gz"), 200);
    assert_int_equal(ask("/assets/app-1a2b.js.br"), 404);
}

static void srv_01_a_known_tag_is_answered_304_and_ranges_are_cut(void **state)
{
    const char *tag;

    (void)state;
    ask("/assets/app-1a2b.js");
    tag = header("etag");
    ask_with("/assets/app-1a2b.js", "If-None-Match", tag);
    assert_int_equal(reply.status, 304);
    assert_int_equal(reply.body.len, 0);
    ask_with("/assets/app-1a2b.js", "Range", "bytes=2-4");
    assert_int_equal(reply.status, 206);
    assert_string_equal(body(), "234");
    assert_string_equal(header("content-range"), "bytes 2-4/10");
    ask_with("/assets/app-1a2b.js", "Range", "bytes=-3");
    assert_string_equal(body(), "789");
    ask_with("/assets/app-1a2b.js", "Range", "bytes=8-99");
    assert_string_equal(body(), "89");
    ask_with("/assets/app-1a2b.js", "Range", "bytes=10-");
    assert_int_equal(reply.status, 416);
    ask_with("/assets/app-1a2b.js", "Range", "bytes=x-");
    assert_int_equal(reply.status, 200);
}

static void srv_02_a_path_of_the_console_gets_the_page(void **state)
{
    (void)state;
    assert_int_equal(ask("/"), 200);
    assert_string_equal(header("content-type"), "text/html; charset=utf-8");
    assert_string_equal(header("cache-control"), "no-cache");
    assert_int_equal(ask("/zh-CN/dashboard/logs"), 200);
    assert_int_equal(ask("/v1x"), 200);
    assert_int_equal(ask("/index.html"), 200);
    ask_with("/dashboard", "Accept", "application/json");
    assert_int_equal(reply.status, 404);
}

static void srv_02_other_peoples_paths_do_not(void **state)
{
    static const char *const PATHS[] = {"/api",           "/api/v9", "/v1",         "/v1/messages",
                                        "/v1beta/models", "/health", "/favicon.ico"};

    (void)state;
    for (size_t i = 0; i < sizeof(PATHS) / sizeof(PATHS[0]); i++) {
        assert_int_equal(ask(PATHS[i]), 404);
    }
}

static void srv_03_an_unknown_asset_is_404_and_never_the_page(void **state)
{
    (void)state;
    assert_int_equal(ask("/assets/app-0000.js"), 404);
    assert_int_equal(ask("/assets/"), 404);
    assert_int_equal(ask("/assets"), 404);
    assert_string_equal(header("content-type"), "text/plain; charset=utf-8");
}

static void srv_04_the_nonce_of_the_policy_is_in_the_page_and_fresh(void **state)
{
    char nonce[64] = "", first[64];

    (void)state;
    for (int i = 0; i < 2; i++) {
        snprintf(first, sizeof(first), "%s", nonce);
        ask("/");
        assert_int_equal(sscanf(strstr(header("content-security-policy"), "'nonce-"),
                                "'nonce-%32[0-9a-f]'", nonce),
                         1);
        assert_int_equal(strlen(nonce), 32);
        assert_string_not_equal(nonce, first);
        assert_string_equal(
            body(),
            gw_arena_fmt(&arena, "<meta content=\"%s\"><style nonce=\"%s\">", nonce, nonce));
    }
    assert_non_null(strstr(header("content-security-policy"), "frame-ancestors 'none'"));
    assert_null(strstr(header("content-security-policy"), "unsafe"));
    assert_string_equal(header("x-content-type-options"), "nosniff");
    assert_string_equal(header("referrer-policy"), "same-origin");
}

static void srv_08_nothing_outside_hidden_or_linked_is_served(void **state)
{
    static const char *const PATHS[] = {
        "/../passwd",
        "/%2e%2e/passwd.txt",
        "/assets/../theme.js",
        "/assets/%2e%2e/theme.js",
        "/.secret",
        "/%2esecret",
        "/.git/config",
        "/assets/link.js",
        "/elsewhere/passwd.txt",
        "/theme.js%00.js",
        "/theme.js/",
        "//theme.js",
        "/.well-known/x",
        "/%zz",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(PATHS) / sizeof(PATHS[0]); i++) {
        if (ask(PATHS[i]) != 404) {
            fail_msg("\"%s\" was answered %d", PATHS[i], reply.status);
        }
    }
}

static void without_a_console_the_answer_says_so(void **state)
{
    const struct site_ask plain = {.method = GW_TEXT("GET"), .path = GW_TEXT("/")};
    struct site *none;

    (void)state;
    site_answer(NULL, &plain, &arena, &reply);
    assert_int_equal(reply.status, 404);
    assert_int_equal(site_load("/nonexistent", &none, NULL), GW_E_ABSENT);
    assert_int_equal(site_load(outside, &none, NULL), GW_E_INVALID);
}

static void only_get_and_head_are_answered(void **state)
{
    const struct site_ask post = {.method = GW_TEXT("POST"), .path = GW_TEXT("/")};
    const struct site_ask head = {.method = GW_TEXT("HEAD"), .path = GW_TEXT("/theme.js")};

    (void)state;
    site_answer(site, &post, &arena, &reply);
    assert_int_equal(reply.status, 405);
    assert_string_equal(header("allow"), "GET, HEAD");
    site_answer(site, &head, &arena, &reply);
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.body.len, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(srv_01_assets_never_change_and_say_so),
        cmocka_unit_test(srv_01_a_compressed_form_goes_to_who_accepts_it),
        cmocka_unit_test(srv_01_a_known_tag_is_answered_304_and_ranges_are_cut),
        cmocka_unit_test(srv_02_a_path_of_the_console_gets_the_page),
        cmocka_unit_test(srv_02_other_peoples_paths_do_not),
        cmocka_unit_test(srv_03_an_unknown_asset_is_404_and_never_the_page),
        cmocka_unit_test(srv_04_the_nonce_of_the_policy_is_in_the_page_and_fresh),
        cmocka_unit_test(srv_08_nothing_outside_hidden_or_linked_is_served),
        cmocka_unit_test(without_a_console_the_answer_says_so),
        cmocka_unit_test(only_get_and_head_are_answered),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("statsd/site/site", tests, make, unmake);
}
