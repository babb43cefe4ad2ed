/* SPDX-License-Identifier: MIT */
/*
 * millrace-fake-provider - a provider that does what its requests tell it to; see README.md.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/fake_provider/exchange.h"

#define BODY_MAX    ((size_t)64 << 20)
#define TIMEOUT_US  INT64_C(300000000)
#define BENCH_SIZE  1024
#define CONNECTIONS 100000

static const char HELP[] =
    "usage: millrace-fake-provider --listen ADDRESS [--record FILE] [--port-file FILE]\n"
    "                              [--delay-ms N]\n"
    "\n"
    "Answers as Anthropic, OpenAI and Gemini do. What exactly, the request's own text says:\n"
    "  [[echo:TEXT]]                 answers TEXT\n"
    "  [[mock:key=value,...]]        chunks, delay, first, size, in, out, cr, c5m, c1h, status,\n"
    "                                retry-after, cut, stall\n"
    "\n"
    "  --listen ADDRESS   host:port, or /path of a unix socket\n"
    "  --record FILE      appends a line for each answer written to its end\n"
    "  --port-file FILE   receives the port that was bound\n"
    "  --delay-ms N       between two events of a stream that does not say otherwise (0)\n"
    "  --help\n";

struct options {
    const char *listen;
    const char *record;
    const char *port_file;
    int64_t delay_ms;
};

static struct gw_loop *stop_loop;
static char bench_body[BENCH_SIZE];

static void on_signal(int number)
{
    (void)number;
    gw_loop_stop(stop_loop);
}

/* ---- Requests --------------------------------------------------------------------------- */

static void reply_json(struct gw_http_request *request, struct gw_text body)
{
    const struct gw_http_header headers[] = {
        {GW_TEXT("Content-Type"), GW_TEXT("application/json")}};

    gw_http_reply_whole(request, 200, (struct gw_http_headers){headers, 1}, body);
}

static void reply_models(struct gw_http_request *request, struct gw_text path)
{
    if (gw_text_starts_with(path, GW_TEXT("/v1beta/"))) {
        reply_json(request, GW_TEXT("{\"models\":[{\"name\":\"models/gemini-scripted\","
                                    "\"supportedGenerationMethods\":[\"generateContent\"]}]}"));
    } else if (gw_http_find(gw_http_request_headers(request), GW_TEXT("anthropic-version")).at !=
               NULL) {
        reply_json(request, GW_TEXT("{\"data\":[{\"type\":\"model\",\"id\":\"claude-scripted\","
                                    "\"display_name\":\"Scripted\",\"created_at\":"
                                    "\"2026-01-01T00:00:00Z\"}],\"has_more\":false,"
                                    "\"first_id\":\"claude-scripted\","
                                    "\"last_id\":\"claude-scripted\"}"));
    } else {
        reply_json(request, GW_TEXT("{\"object\":\"list\",\"data\":[{\"id\":\"gpt-scripted\","
                                    "\"object\":\"model\",\"created\":1767225600,"
                                    "\"owned_by\":\"scripted\"}]}"));
    }
}

static void on_request(void *owner, struct gw_http_request *request)
{
    struct gw_text target = gw_http_request_target(request);
    struct gw_text path = {target.at, gw_text_find(target, '?')};

    if (gw_http_find(gw_http_request_headers(request), GW_TEXT("x-bench")).at != NULL ||
        gw_text_eq(path, GW_TEXT("/__bench"))) {
        reply_json(request, (struct gw_text){bench_body, sizeof(bench_body)});
    } else if (gw_text_eq(gw_http_request_method(request), GW_TEXT("GET")) &&
               (gw_text_eq(path, GW_TEXT("/v1/models")) ||
                gw_text_eq(path, GW_TEXT("/v1beta/models")))) {
        reply_models(request, path);
    } else {
        exchange_open(owner, request);
    }
}

/* What an answer of 1 KiB looks like: a usage that can be billed, and filling. */
static void fill_bench_body(void)
{
    static const char BEGIN[] =
        "{\"id\":\"msg_bench\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"scripted\","
        "\"usage\":{\"input_tokens\":500,\"output_tokens\":200},\"stop_reason\":\"end_turn\","
        "\"content\":[{\"type\":\"text\",\"text\":\"";
    static const char END[] = "\"}]}";

    memset(bench_body, 'x', sizeof(bench_body));
    memcpy(bench_body, BEGIN, sizeof(BEGIN) - 1);
    memcpy(bench_body + sizeof(bench_body) - (sizeof(END) - 1), END, sizeof(END) - 1);
}

/* ---- Start ------------------------------------------------------------------------------ */

static bool read_options(int argc, char **argv, struct options *ret_options)
{
    static const struct option LONG[] = {
        {"listen", required_argument, NULL, 'l'},
        {"record", required_argument, NULL, 'r'},
        {"port-file", required_argument, NULL, 'p'},
        {"delay-ms", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int which;

    *ret_options = (struct options){0};
    while ((which = getopt_long(argc, argv, "", LONG, NULL)) != -1) {
        switch (which) {
        case 'l':
            ret_options->listen = optarg;
            break;
        case 'r':
            ret_options->record = optarg;
            break;
        case 'p':
            ret_options->port_file = optarg;
            break;
        case 'd':
            if (gw_text_to_i64(gw_text_of(optarg), &ret_options->delay_ms) != GW_OK) {
                return false;
            }
            break;
        case 'h':
            fputs(HELP, stdout);
            exit(0);
        default:
            return false;
        }
    }
    return optind == argc && ret_options->listen != NULL;
}

/* Appears whole or not at all: somebody is waiting for it. */
static bool write_port(const char *path, uint16_t port)
{
    char beside[4096];
    FILE *file;

    snprintf(beside, sizeof(beside), "%s.new", path);
    file = fopen(beside, "w");
    if (file == NULL) {
        return false;
    }
    fprintf(file, "%u\n", port);
    return fclose(file) == 0 && rename(beside, path) == 0;
}

static void stop_on_signals(struct gw_loop *loop)
{
    struct sigaction action = {.sa_handler = on_signal};

    stop_loop = loop;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

static int serve(const struct options *options, struct provider *provider)
{
    struct gw_http_server_conf conf = {
        .body_max = BODY_MAX,
        .head_timeout_us = TIMEOUT_US,
        .body_idle_timeout_us = TIMEOUT_US,
        .connections_max = CONNECTIONS,
    };
    struct gw_http_service service = {on_request, provider};
    struct gw_http_server *server;
    struct gw_fault fault;

    if (gw_http_server_open(provider->loop, options->listen, &conf, &service, &server, &fault) !=
        GW_OK) {
        fprintf(stderr, "%s\n", fault.text);
        return 1;
    }
    if (options->port_file != NULL &&
        !write_port(options->port_file, gw_http_server_port(server))) {
        fprintf(stderr, "could not write \"%s\": %s\n", options->port_file, strerror(errno));
        gw_http_server_close(server);
        return 1;
    }
    printf("listening on %s, port %u\n", options->listen, gw_http_server_port(server));
    fflush(stdout);
    gw_loop_run(provider->loop);
    gw_http_server_close(server);
    return 0;
}

int main(int argc, char **argv)
{
    struct provider provider = {.record_fd = -1};
    struct options options;
    int code;

    if (!read_options(argc, argv, &options)) {
        fputs(HELP, stderr);
        return 2;
    }
    if (options.record != NULL) {
        provider.record_fd = open(options.record, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        if (provider.record_fd < 0) {
            fprintf(stderr, "could not open \"%s\": %s\n", options.record, strerror(errno));
            return 1;
        }
    }
    fill_bench_body();
    provider.loop = gw_loop_new();
    provider.delay_ms = options.delay_ms;
    stop_on_signals(provider.loop);
    code = serve(&options, &provider);
    gw_loop_free(provider.loop);
    return code;
}
