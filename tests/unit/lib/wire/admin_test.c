/* SPDX-License-Identifier: MIT */
#include "lib/wire/admin.h"

#include <stdlib.h>

#include "tests/support/cmocka_first.h"

static struct gw_admin_request a_request(void)
{
    return (struct gw_admin_request){
        .method = GW_TEXT("PATCH"),
        .path = GW_TEXT("/api/v1/users/7"),
        .query = GW_TEXT("a=%20b"),
        .body = GW_TEXT("{\"a\":\0}"),
        .content_type = GW_TEXT("application/json"),
        .if_match = GW_TEXT("\"3\""),
        .idempotency_key = GW_TEXT("k"),
        .request_id = GW_TEXT("0193"),
        .role = GW_ADMIN_ADMIN,
        .user_id = -1,
        .name = GW_TEXT("管理者"),
        .client_ip = GW_TEXT("10.0.0.1"),
        .user_agent = GW_TEXT("curl/8"),
    };
}

static enum gw_err carried(const struct gw_admin_request *request, struct gw_arena *arena,
                           struct gw_admin_request *ret_request, struct gw_fault *fault)
{
    struct gw_buf bytes;
    enum gw_err err;

    gw_buf_init(&bytes, 65536);
    assert_int_equal(gw_admin_request_pack(request, &bytes), GW_OK);
    err = gw_admin_request_unpack(gw_buf_text(&bytes), arena, ret_request, fault);
    gw_buf_fini(&bytes);
    return err;
}

static void a_request_arrives_as_it_was_sent(void **state)
{
    struct gw_admin_request sent = a_request(), request;
    struct gw_arena arena;
    struct gw_fault fault;

    (void)state;
    gw_arena_init(&arena, 65536);
    assert_int_equal(carried(&sent, &arena, &request, &fault), GW_OK);
    assert_true(gw_text_eq(request.method, sent.method));
    assert_true(gw_text_eq(request.path, sent.path));
    assert_true(gw_text_eq(request.query, sent.query));
    assert_true(gw_text_eq(request.body, sent.body));
    assert_true(gw_text_eq(request.content_type, sent.content_type));
    assert_true(gw_text_eq(request.if_match, sent.if_match));
    assert_true(gw_text_eq(request.idempotency_key, sent.idempotency_key));
    assert_true(gw_text_eq(request.request_id, sent.request_id));
    assert_int_equal(request.role, GW_ADMIN_ADMIN);
    assert_int_equal(request.user_id, -1);
    assert_int_equal(request.key_id, 0);
    assert_true(gw_text_eq(request.name, sent.name));
    assert_true(gw_text_eq(request.client_ip, sent.client_ip));
    assert_true(gw_text_eq(request.user_agent, sent.user_agent));
    gw_arena_fini(&arena);
}

static void assert_refused(const struct gw_admin_request *request)
{
    struct gw_admin_request read;
    struct gw_arena arena;
    struct gw_fault fault;

    gw_arena_init(&arena, 65536);
    assert_int_equal(carried(request, &arena, &read, &fault), GW_E_INVALID);
    gw_arena_fini(&arena);
}

static void requests_without_principal_or_with_odd_heads_are_refused(void **state)
{
    struct gw_admin_request request = a_request();

    (void)state;
    request.role = (enum gw_admin_role)0;
    assert_refused(&request);
    request = a_request();
    request.role = (enum gw_admin_role)4;
    assert_refused(&request);
    request = a_request();
    request.user_id = -2;
    assert_refused(&request);
    request = a_request();
    request.path = GW_TEXT("users");
    assert_refused(&request);
    request = a_request();
    request.method = GW_TEXT("GET /");
    assert_refused(&request);
    request = a_request();
    request.if_match = GW_TEXT("a\r\nb: c");
    assert_refused(&request);
}

static void a_request_cut_anywhere_is_refused(void **state)
{
    struct gw_admin_request sent = a_request(), request;
    struct gw_buf bytes;

    (void)state;
    gw_buf_init(&bytes, 65536);
    assert_int_equal(gw_admin_request_pack(&sent, &bytes), GW_OK);
    /* The principal stands in the middle; without it no request is one. */
    for (size_t len = 0; len < bytes.len - 6; len++) {
        char *copy = malloc(len == 0 ? 1 : len);
        struct gw_arena arena;
        struct gw_fault fault;

        memcpy(copy, bytes.at, len);
        gw_arena_init(&arena, 65536);
        assert_int_not_equal(
            gw_admin_request_unpack((struct gw_text){copy, len}, &arena, &request, &fault), GW_OK);
        gw_arena_fini(&arena);
        free(copy);
    }
    gw_buf_fini(&bytes);
}

static void a_reply_arrives_as_it_was_sent(void **state)
{
    struct gw_admin_reply reply, sent = {
                                     .status = 201,
                                     .headers = {{GW_TEXT("location"), GW_TEXT("/api/v1/users/8")},
                                                 {GW_TEXT("etag"), GW_TEXT("\"1\"")}},
                                     .header_count = 2,
                                     .body = GW_TEXT("{}"),
                                 };
    struct gw_arena arena;
    struct gw_fault fault;
    struct gw_buf bytes;

    (void)state;
    gw_buf_init(&bytes, 65536);
    gw_arena_init(&arena, 65536);
    assert_int_equal(gw_admin_reply_pack(&sent, &bytes), GW_OK);
    assert_int_equal(gw_admin_reply_unpack(gw_buf_text(&bytes), &arena, &reply, &fault), GW_OK);
    assert_int_equal(reply.status, 201);
    assert_int_equal(reply.header_count, 2);
    assert_true(gw_text_eq(reply.headers[1].name, GW_TEXT("etag")));
    assert_true(gw_text_eq(reply.headers[1].value, GW_TEXT("\"1\"")));
    assert_true(gw_text_eq(reply.body, GW_TEXT("{}")));
    gw_arena_fini(&arena);
    gw_buf_fini(&bytes);
}

static void replies_that_would_smuggle_are_refused(void **state)
{
    struct gw_admin_reply reply, sent = {
                                     .status = 200,
                                     .headers = {{GW_TEXT("a"), GW_TEXT("b\r\nc: d")}},
                                     .header_count = 1,
                                 };
    struct gw_arena arena;
    struct gw_fault fault;
    struct gw_buf bytes;

    (void)state;
    gw_buf_init(&bytes, 65536);
    gw_arena_init(&arena, 65536);
    assert_int_equal(gw_admin_reply_pack(&sent, &bytes), GW_OK);
    assert_int_equal(gw_admin_reply_unpack(gw_buf_text(&bytes), &arena, &reply, &fault),
                     GW_E_INVALID);
    assert_int_equal(gw_admin_reply_unpack(GW_TEXT("\x08\x63"), &arena, &reply, &fault),
                     GW_E_INVALID);
    assert_string_equal(fault.text, "reply: status 99");
    gw_arena_fini(&arena);
    gw_buf_fini(&bytes);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_arrives_as_it_was_sent),
        cmocka_unit_test(requests_without_principal_or_with_odd_heads_are_refused),
        cmocka_unit_test(a_request_cut_anywhere_is_refused),
        cmocka_unit_test(a_reply_arrives_as_it_was_sent),
        cmocka_unit_test(replies_that_would_smuggle_are_refused),
    };

    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("lib/wire/admin", tests, NULL, NULL);
}
