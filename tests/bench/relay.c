/* SPDX-License-Identifier: MIT */
/*
 * relay - the least a proxy on lib/net can do: every request goes to one provider, every answer
 * comes back. What the data plane costs beyond this is policy.
 *
 *     millrace-bench-relay LISTEN-ADDRESS PROVIDER-URL
 */
#include <signal.h>
#include <stdio.h>

#include "lib/net/http_client.h"
#include "lib/net/http_server.h"

#define HEADERS_MAX 128
#define TIMEOUT_US  INT64_C(300000000)

struct relay {
    struct gw_loop *loop;
    struct gw_http_client *client;
    struct gw_http_origin origin;
};

struct pair {
    struct relay *relay;
    struct gw_http_request *request;
    struct gw_http_call *call;
    bool is_sending;
    bool is_over;
    struct gw_task death;
};

static struct gw_loop *stop_loop;

static void on_signal(int number)
{
    (void)number;
    gw_loop_stop(stop_loop);
}

static void free_pair(struct gw_task *task)
{
    gw_free(GW_CONTAINER(task, struct pair, death));
}

static void end_pair(struct pair *pair)
{
    pair->is_over = true;
    gw_http_call_close(pair->call);
    gw_loop_later(pair->relay->loop, &pair->death);
}

static bool is_hop(struct gw_text name)
{
    static const struct gw_text HOP[] = {
        {"connection", 10},
        {"keep-alive", 10},
        {"date", 4},
        {"content-length", 14},
        {"transfer-encoding", 17},
        {"te", 2},
        {"upgrade", 7},
        {"proxy-connection", 16},
        {"server", 6},
        {"host", 4},
    };

    for (size_t i = 0; i < sizeof(HOP) / sizeof(HOP[0]); i++) {
        if (gw_text_eq_nocase(name, HOP[i])) {
            return true;
        }
    }
    return false;
}

static size_t copy_headers(struct gw_http_headers from, struct gw_http_header *to, size_t count)
{
    for (size_t i = 0; i < from.count && count < HEADERS_MAX; i++) {
        if (!is_hop(from.at[i].name)) {
            to[count++] = from.at[i];
        }
    }
    return count;
}

/* ---- From the provider ------------------------------------------------------------------ */

static void on_head(void *owner, const struct gw_http_answer *answer)
{
    struct pair *pair = owner;
    struct gw_http_header headers[HEADERS_MAX];
    size_t count = copy_headers(answer->headers, headers, 0);

    gw_http_reply_start(pair->request, answer->status, (struct gw_http_headers){headers, count},
                        answer->length);
}

static void pass_on(struct pair *pair)
{
    struct gw_text bytes = gw_http_call_take(pair->call);

    if (gw_http_call_is_complete(pair->call)) {
        gw_http_reply_finish(pair->request, bytes);
        end_pair(pair);
    } else if (bytes.len > 0) {
        pair->is_sending = true;
        gw_http_reply_send(pair->request, bytes);
    }
}

static void on_body(void *owner)
{
    struct pair *pair = owner;

    if (!pair->is_sending) {
        pass_on(pair);
    }
}

static void on_end(void *owner)
{
    struct pair *pair = owner;

    if (!pair->is_sending && !pair->is_over) {
        gw_http_reply_finish(pair->request, GW_TEXT_NONE);
        end_pair(pair);
    }
}

static void on_fail(void *owner, enum gw_http_failure failure, const char *text)
{
    struct pair *pair = owner;

    (void)failure;
    fprintf(stderr, "%s\n", text);
    gw_http_reply_abort(pair->request);
    end_pair(pair);
}

static const struct gw_http_call_ops CALL_OPS = {on_head, on_body, on_end, on_fail};

/* ---- From the client -------------------------------------------------------------------- */

static void on_sent(void *owner)
{
    struct pair *pair = owner;

    pair->is_sending = false;
    pass_on(pair);
}

static void on_gone(void *owner)
{
    end_pair(owner);
}

static const struct gw_http_reply_ops REPLY_OPS = {on_sent, on_gone};

static void on_request(void *owner, struct gw_http_request *request)
{
    struct relay *relay = owner;
    struct pair *pair = GW_NEW(struct pair);
    struct gw_http_header headers[HEADERS_MAX] = {{GW_TEXT("Host"), relay->origin.host}};
    struct gw_text body = gw_http_request_body(request);
    struct gw_http_send send = {
        .origin = relay->origin,
        .method = gw_http_request_method(request),
        .target = gw_http_request_target(request),
        .headers = {headers, copy_headers(gw_http_request_headers(request), headers, 1)},
        .body = &body,
        .body_count = 1,
        .has_body = body.len > 0,
        .timeouts = {TIMEOUT_US, TIMEOUT_US, TIMEOUT_US, 0},
    };

    pair->relay = relay;
    pair->request = request;
    gw_task_init(&pair->death, free_pair);
    gw_http_request_own(request, &REPLY_OPS, pair);
    pair->call = gw_http_call_open(relay->client, &send, &CALL_OPS, pair);
}

int main(int argc, char **argv)
{
    struct gw_http_server_conf conf = {.body_max = 64 << 20,
                                       .head_timeout_us = TIMEOUT_US,
                                       .body_idle_timeout_us = TIMEOUT_US,
                                       .connections_max = 100000};
    struct gw_http_client_conf client_conf = {512, TIMEOUT_US, NULL, NULL};
    struct relay relay = {.loop = gw_loop_new()};
    struct gw_http_service service = {on_request, &relay};
    struct gw_http_server *server;
    struct gw_fault fault = {"cannot use the provider's URL"};
    struct gw_text rest;

    if (argc != 3 || gw_http_origin_parse(gw_text_of(argv[2]), &relay.origin, &rest) != GW_OK ||
        gw_http_server_open(relay.loop, argv[1], &conf, &service, &server, &fault) != GW_OK) {
        fprintf(stderr, "%s\n", fault.text);
        return 1;
    }
    stop_loop = relay.loop;
    signal(SIGTERM, on_signal);
    relay.client = gw_http_client_new(relay.loop, &client_conf);
    gw_loop_run(relay.loop);
    gw_http_server_close(server);
    gw_loop_turn(relay.loop, 1000);
    gw_http_client_free(relay.client);
    gw_loop_free(relay.loop);
    return 0;
}
