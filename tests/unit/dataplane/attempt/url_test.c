/* SPDX-License-Identifier: MIT */
#include "dataplane/attempt/url.h"

#include "dataplane/attempt/headers.h"
#include "tests/support/cmocka_first.h"

static void assert_join(const char *base, const char *target, const char *expected)
{
    struct gw_text path = gw_text_of(target), query = GW_TEXT_NONE;
    struct gw_buf out;

    (void)gw_text_cut(path, '?', &path, &query);
    gw_buf_init(&out, 4096);
    url_join(gw_text_of(base), path, query, &out);
    assert_string_equal(out.at, expected);
    gw_buf_fini(&out);
}

static void s02_001_a_bare_host_takes_the_clients_path(void **state)
{
    (void)state;
    assert_join("", "/v1/messages?beta=true", "/v1/messages?beta=true");
    assert_join("/", "/v1/messages", "/v1/messages");
    assert_join("/anthropic", "/v1/messages", "/anthropic/v1/messages");
}

static void s02_002_a_base_that_begins_as_the_path_does_is_not_repeated(void **state)
{
    (void)state;
    assert_join("/v1", "/v1/chat/completions", "/v1/chat/completions");
    assert_join("/v1beta", "/v1beta/models/g:generateContent", "/v1beta/models/g:generateContent");
    assert_join("/v1/chat/completions", "/v1/chat/completions", "/v1/chat/completions");
}

static void s02_003_another_version_takes_the_clients_place(void **state)
{
    (void)state;
    assert_join("/api/paas/v4/", "/v1/chat/completions", "/api/paas/v4/chat/completions");
    assert_join("/api/v1beta", "/v1/models/g:generateContent",
                "/api/v1beta/models/g:generateContent");
    assert_join("/x/V2ALPHA1", "/v1/messages", "/x/V2ALPHA1/messages");
    assert_join("/x/v1preview", "/v1/embeddings", "/x/v1preview/embeddings");
}

static void s02_004_a_base_may_name_the_endpoint(void **state)
{
    (void)state;
    assert_join("/openai/responses", "/v1/responses", "/openai/responses");
    assert_join("/openai/responses", "/v1/responses/compact", "/openai/responses/compact");
    assert_join("/x/v1/images", "/v1/images/edits", "/x/v1/images/edits");
}

static void s02_005_a_base_may_name_the_endpoint_and_more(void **state)
{
    (void)state;
    assert_join("/x/messages/count_tokens", "/v1/messages/count_tokens",
                "/x/messages/count_tokens");
    assert_join("/x/v1/messages/count_tokens", "/v1/messages/count_tokens",
                "/x/v1/messages/count_tokens");
}

static void s02_006_what_only_looks_like_a_version_is_none(void **state)
{
    (void)state;
    assert_join("/v1api", "/v1/messages", "/v1api/v1/messages");
    assert_join("/v10models", "/v1/messages", "/v10models/v1/messages");
    assert_join("/v", "/v1/messages", "/v/v1/messages");
}

static void s02_007_a_query_in_the_base_is_lost(void **state)
{
    (void)state;
    assert_join("/anthropic?tenant=1", "/v1/messages", "/anthropic/v1/messages");
}

static void s02_008_the_clients_query_is_kept(void **state)
{
    (void)state;
    assert_join("/g/v1beta", "/v1beta/models/m:streamGenerateContent?alt=sse",
                "/g/v1beta/models/m:streamGenerateContent?alt=sse");
}

static void paths_we_do_not_know_are_put_behind_the_base(void **state)
{
    (void)state;
    assert_join("/x/v1", "/v1/some_tool", "/x/v1/v1/some_tool");
    assert_join("/v1", "/v1/some_tool", "/v1/some_tool");
    assert_join("/x/v1", "/v1/messages_of_mine", "/x/v1/v1/messages_of_mine");
}

/* The reference sends it on (spec 02 B-03). */
static void our_own_key_never_travels(void **state)
{
    (void)state;
    assert_join("", "/v1/models?key=sk-1", "/v1/models");
    assert_join("", "/v1/models?alt=sse&key=sk-1&x=y", "/v1/models?alt=sse&x=y");
    assert_join("", "/v1/models?key=a&key=b&monkey=c", "/v1/models?monkey=c");
    assert_join("", "/v1/models?key", "/v1/models");
}

static bool up(const char *name, const char *connection)
{
    return headers_go_up(gw_text_of(name), gw_text_of(connection));
}

static void s02_012_what_tells_where_the_client_is_stays_here(void **state)
{
    (void)state;
    assert_false(up("X-Forwarded-For", ""));
    assert_false(up("cf-ray", ""));
    assert_false(up("TraceParent", ""));
    assert_false(up("x-b3-traceid", ""));
    assert_false(up("x-request-id", ""));
    assert_true(up("cookie", ""));
    assert_true(up("anthropic-beta", ""));
    assert_true(up("x-stainless-lang", ""));
    assert_true(up("User-Agent", ""));
}

static void s02_028_keys_and_headers_of_our_own_stay_here(void **state)
{
    (void)state;
    assert_false(up("Authorization", ""));
    assert_false(up("x-api-key", ""));
    assert_false(up("x-goog-api-key", ""));
    assert_false(up("x-cch-internal-secret", ""));
    assert_false(up("X-Millrace-Anything", ""));
}

static void headers_of_one_connection_stay_on_it(void **state)
{
    (void)state;
    assert_false(up("Connection", ""));
    assert_false(up("TE", ""));
    assert_false(up("Upgrade", ""));
    assert_false(up("proxy-authorization", ""));
    assert_false(up("X-Hop", "keep-alive, x-hop"));
    assert_true(up("X-Hop", "close"));
}

static bool down(const char *name, int status)
{
    return headers_go_down(gw_text_of(name), GW_TEXT("x-hop"), status);
}

static void s02_029_a_provider_speaks_for_itself_only(void **state)
{
    (void)state;
    assert_true(down("x-request-id", 200));
    assert_true(down("retry-after", 429));
    assert_true(down("anthropic-ratelimit-requests-remaining", 200));
    assert_true(down("set-cookie", 200));
    assert_false(down("Content-Length", 200));
    assert_false(down("transfer-encoding", 200));
    assert_false(down("x-hop", 200));
    assert_false(down("Access-Control-Allow-Origin", 200));
    assert_false(down("alt-svc", 200));
    assert_false(down("Location", 302));
    assert_true(down("Location", 201));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s02_001_a_bare_host_takes_the_clients_path),
        cmocka_unit_test(s02_002_a_base_that_begins_as_the_path_does_is_not_repeated),
        cmocka_unit_test(s02_003_another_version_takes_the_clients_place),
        cmocka_unit_test(s02_004_a_base_may_name_the_endpoint),
        cmocka_unit_test(s02_005_a_base_may_name_the_endpoint_and_more),
        cmocka_unit_test(s02_006_what_only_looks_like_a_version_is_none),
        cmocka_unit_test(s02_007_a_query_in_the_base_is_lost),
        cmocka_unit_test(s02_008_the_clients_query_is_kept),
        cmocka_unit_test(paths_we_do_not_know_are_put_behind_the_base),
        cmocka_unit_test(our_own_key_never_travels),
        cmocka_unit_test(s02_012_what_tells_where_the_client_is_stays_here),
        cmocka_unit_test(s02_028_keys_and_headers_of_our_own_stay_here),
        cmocka_unit_test(headers_of_one_connection_stay_on_it),
        cmocka_unit_test(s02_029_a_provider_speaks_for_itself_only),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("attempt/url", tests, NULL, NULL);
}
