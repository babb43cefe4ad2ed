/* SPDX-License-Identifier: MIT */
/*
 *   CONNECT   -> DONE                                          HTTP and HTTPS proxies
 *   METHOD -> [PASSWORD] -> REPLY -> [REPLY_REST] -> DONE      SOCKS5, RFC 1928 and 1929
 *   REPLY4    -> DONE                                          SOCKS4 and 4a
 *
 * Each step is named after what is awaited. Names are always resolved by the proxy. Origins in
 * clear text are tunnelled as well: the request then reaches the origin as we have written it, and
 * what a proxy has to say cannot be mistaken for the origin's answer.
 */
#include "lib/net/call/proxy.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "lib/base/check.h"

#define IN_MAX    4096 /* heads of proxies are short; one that needs more makes no sense */
#define OUT_MAX   2048 /* CONNECT with the longest host twice, and the longest credentials */
#define FIELD_MAX 255

enum step {
    STEP_CONNECT,
    STEP_METHOD,
    STEP_PASSWORD,
    STEP_REPLY,
    STEP_REPLY_REST,
    STEP_REPLY4,
};

struct proxy_talk {
    enum step step;
    const struct gw_http_proxy *proxy;
    const char *host;
    uint16_t port;
    size_t said, out_len;
    size_t in_len, awaited; /* awaited: of a SOCKS message; 0 for a head */
    char out[OUT_MAX];
    char in[IN_MAX + 1];
    char text[160];
};

static void put(struct proxy_talk *talk, const void *at, size_t size)
{
    GW_CHECK(talk->out_len + size <= OUT_MAX);
    if (size > 0) {
        memcpy(talk->out + talk->out_len, at, size);
    }
    talk->out_len += size;
}

static void put_byte(struct proxy_talk *talk, size_t byte)
{
    unsigned char one = (unsigned char)byte;

    put(talk, &one, 1);
}

static void put_port(struct proxy_talk *talk)
{
    put_byte(talk, talk->port >> 8);
    put_byte(talk, talk->port & 0xff);
}

static void put_text(struct proxy_talk *talk, const char *text)
{
    put(talk, text, strlen(text));
}

/* Forgets both directions; the proxy's answer will have `awaited` bytes. */
static void begin(struct proxy_talk *talk, enum step step, size_t awaited)
{
    talk->step = step;
    talk->said = talk->out_len = talk->in_len = 0;
    talk->awaited = awaited;
}

static enum proxy_result fail(struct proxy_talk *talk, const char *reason)
{
    snprintf(talk->text, sizeof(talk->text), "%s", reason);
    return PROXY_FAILED;
}

/* ---- CONNECT ---------------------------------------------------------------------------- */

static void put_credentials(struct proxy_talk *talk)
{
    char plain[2 * FIELD_MAX + 2], coded[4 * sizeof(plain) / 3 + 5];
    int len = snprintf(plain, sizeof(plain), "%.*s:%.*s", GW_TEXT_ARG(talk->proxy->user),
                       GW_TEXT_ARG(talk->proxy->password));

    EVP_EncodeBlock((unsigned char *)coded, (const unsigned char *)plain, len);
    put_text(talk, "Proxy-Authorization: Basic ");
    put_text(talk, coded);
    put_text(talk, "\r\n");
    OPENSSL_cleanse(plain, sizeof(plain));
    OPENSSL_cleanse(coded, sizeof(coded));
}

static void say_connect(struct proxy_talk *talk)
{
    bool is_six = strchr(talk->host, ':') != NULL;
    char authority[FIELD_MAX + 16];

    begin(talk, STEP_CONNECT, 0);
    snprintf(authority, sizeof(authority), "%s%s%s:%u", is_six ? "[" : "", talk->host,
             is_six ? "]" : "", talk->port);
    put_text(talk, "CONNECT ");
    put_text(talk, authority);
    put_text(talk, " HTTP/1.1\r\nHost: ");
    put_text(talk, authority);
    put_text(talk, "\r\n");
    if (talk->proxy->user.len > 0) {
        put_credentials(talk);
    }
    put_text(talk, "\r\n");
}

static enum proxy_result hear_head(struct proxy_talk *talk)
{
    const char *end;
    int status = 0, after = 0;

    talk->in[talk->in_len] = '\0'; /* a zero byte inside hides the end, which is as good as none */
    end = strstr(talk->in, "\r\n\r\n");
    if (end == NULL) {
        return talk->in_len < IN_MAX ? PROXY_MORE : fail(talk, "answer to CONNECT does not end");
    }
    if (sscanf(talk->in, "HTTP/1.%*1[01] %3d%n", &status, &after) != 1 || after != 12 ||
        (talk->in[12] != ' ' && talk->in[12] != '\r') || status < 100) {
        return fail(talk, "answer to CONNECT is not HTTP");
    }
    if (status < 200 || status > 299) {
        snprintf(talk->text, sizeof(talk->text), "answered %d to CONNECT", status);
        return PROXY_FAILED;
    }
    if (end + 4 != talk->in + talk->in_len) {
        return fail(talk, "said more than was asked"); /* origins do not speak first */
    }
    return PROXY_DONE;
}

/* ---- SOCKS5 ----------------------------------------------------------------------------- */

enum { SOCKS_NO_AUTH = 0, SOCKS_PASSWORD = 2 };
enum { SOCKS_IPV4 = 1, SOCKS_NAME = 3, SOCKS_IPV6 = 4 };

static void say_methods(struct proxy_talk *talk)
{
    bool has_user = talk->proxy->user.len > 0;

    begin(talk, STEP_METHOD, 2);
    put_byte(talk, 5);
    put_byte(talk, has_user ? 2 : 1);
    put_byte(talk, SOCKS_NO_AUTH);
    if (has_user) {
        put_byte(talk, SOCKS_PASSWORD);
    }
}

static void say_password(struct proxy_talk *talk)
{
    const struct gw_http_proxy *proxy = talk->proxy;

    begin(talk, STEP_PASSWORD, 2);
    put_byte(talk, 1);
    put_byte(talk, proxy->user.len);
    put(talk, proxy->user.at, proxy->user.len);
    put_byte(talk, proxy->password.len);
    put(talk, proxy->password.at, proxy->password.len);
}

static void say_where(struct proxy_talk *talk)
{
    static const unsigned char HEAD[] = {5, 1, 0}; /* version, connect, reserved */
    struct in6_addr six;
    struct in_addr four;

    begin(talk, STEP_REPLY, 5);
    put(talk, HEAD, sizeof(HEAD));
    if (inet_pton(AF_INET, talk->host, &four) == 1) {
        put_byte(talk, SOCKS_IPV4);
        put(talk, &four, sizeof(four));
    } else if (inet_pton(AF_INET6, talk->host, &six) == 1) {
        put_byte(talk, SOCKS_IPV6);
        put(talk, &six, sizeof(six));
    } else {
        put_byte(talk, SOCKS_NAME);
        put_byte(talk, strlen(talk->host));
        put_text(talk, talk->host);
    }
    put_port(talk);
}

static enum proxy_result hear_method(struct proxy_talk *talk)
{
    switch (talk->in[1]) {
    case SOCKS_NO_AUTH:
        say_where(talk);
        return PROXY_MORE;
    case SOCKS_PASSWORD:
        if (talk->proxy->user.len > 0) {
            say_password(talk);
            return PROXY_MORE;
        }
        return fail(talk, "wants a password that it was not asked for");
    default:
        return fail(talk, "takes none of our ways to authenticate");
    }
}

static enum proxy_result hear_password(struct proxy_talk *talk)
{
    if (talk->in[0] != 1) {
        return fail(talk, "answer is not SOCKS5");
    }
    if (talk->in[1] != 0) {
        return fail(talk, "does not accept the user and password");
    }
    say_where(talk);
    return PROXY_MORE;
}

/* The first five bytes are enough to know how many follow. */
static enum proxy_result hear_reply(struct proxy_talk *talk)
{
    static const char *const REASONS[] = {
        "reports success",          "reports a general failure",  "does not allow the origin",
        "cannot reach the network", "cannot reach the host",      "was refused by the origin",
        "reports an expired TTL",   "does not know this command", "does not know this address type",
    };
    unsigned char code = (unsigned char)talk->in[1];

    if (code != 0) {
        return fail(talk, code < GW_COUNT(REASONS) ? REASONS[code] : "reports an unknown failure");
    }
    talk->step = STEP_REPLY_REST;
    switch (talk->in[3]) {
    case SOCKS_IPV4:
        talk->awaited = 4 + 4 + 2;
        return PROXY_MORE;
    case SOCKS_IPV6:
        talk->awaited = 4 + 16 + 2;
        return PROXY_MORE;
    case SOCKS_NAME:
        talk->awaited = 4 + 1 + (size_t)(unsigned char)talk->in[4] + 2;
        return PROXY_MORE;
    default:
        return fail(talk, "answer is not SOCKS5");
    }
}

/* ---- SOCKS4 ----------------------------------------------------------------------------- */

static void say_where4(struct proxy_talk *talk)
{
    static const unsigned char BY_NAME[] = {0, 0, 0, 1};
    struct in_addr four;
    bool is_literal = inet_pton(AF_INET, talk->host, &four) == 1;

    begin(talk, STEP_REPLY4, 8);
    put_byte(talk, 4);
    put_byte(talk, 1);
    put_port(talk);
    put(talk, is_literal ? (const void *)&four : BY_NAME, 4);
    put(talk, talk->proxy->user.at, talk->proxy->user.len);
    put_byte(talk, 0);
    if (!is_literal) {
        put(talk, talk->host, strlen(talk->host) + 1);
    }
}

static enum proxy_result hear_reply4(struct proxy_talk *talk)
{
    if (talk->in[0] != 0) {
        return fail(talk, "answer is not SOCKS4");
    }
    return talk->in[1] == 90 ? PROXY_DONE : fail(talk, "rejects the request or cannot fulfil it");
}

/* ---- Both ------------------------------------------------------------------------------- */

static const char *why_not(const struct gw_http_proxy *proxy, const char *host)
{
    if (host[0] == '/') {
        return "unix sockets are not reached through proxies";
    }
    for (const char *at = host; *at != '\0'; at++) {
        if ((unsigned char)*at <= ' ' || *at == 0x7f) {
            return "host holds a control character";
        }
    }
    if (proxy->user.len > FIELD_MAX || proxy->password.len > FIELD_MAX ||
        strlen(host) > FIELD_MAX) {
        return "user, password or host is too long";
    }
    if (proxy->kind == GW_HTTP_PROXY_SOCKS4 &&
        (strchr(host, ':') != NULL || gw_text_find(proxy->user, '\0') < proxy->user.len)) {
        return "SOCKS4 cannot express the address or the user";
    }
    return NULL;
}

struct proxy_talk *proxy_talk_new(const struct gw_http_proxy *proxy, const char *host,
                                  uint16_t port, const char **ret_text)
{
    struct proxy_talk *talk;

    *ret_text = why_not(proxy, host);
    if (*ret_text != NULL) {
        return NULL;
    }
    talk = GW_NEW(struct proxy_talk);
    talk->proxy = proxy;
    talk->host = host;
    talk->port = port;
    switch (proxy->kind) {
    case GW_HTTP_PROXY_HTTP:
    case GW_HTTP_PROXY_HTTPS:
        say_connect(talk);
        break;
    case GW_HTTP_PROXY_SOCKS5:
        say_methods(talk);
        break;
    case GW_HTTP_PROXY_SOCKS4:
        say_where4(talk);
        break;
    }
    return talk;
}

void proxy_talk_free(struct proxy_talk *talk)
{
    if (talk != NULL) {
        OPENSSL_cleanse(talk->out, sizeof(talk->out));
        gw_free(talk);
    }
}

struct gw_text proxy_talk_say(const struct proxy_talk *talk)
{
    return (struct gw_text){talk->out + talk->said, talk->out_len - talk->said};
}

void proxy_talk_said(struct proxy_talk *talk, size_t count)
{
    talk->said += count;
}

char *proxy_talk_room(struct proxy_talk *talk, size_t *ret_size)
{
    *ret_size = (talk->awaited == 0 ? IN_MAX : talk->awaited) - talk->in_len;
    return talk->in + talk->in_len;
}

enum proxy_result proxy_talk_heard(struct proxy_talk *talk, size_t count, const char **ret_text)
{
    bool is_socks5 = talk->step != STEP_CONNECT && talk->step != STEP_REPLY4;

    talk->in_len += count;
    *ret_text = talk->text;
    if (talk->said < talk->out_len) {
        return fail(talk, "answers before it has heard us out");
    }
    if (is_socks5 && talk->step != STEP_PASSWORD && talk->in[0] != 5) {
        return fail(talk, "answer is not SOCKS5");
    }
    if (talk->in_len < talk->awaited) {
        return PROXY_MORE;
    }
    switch (talk->step) {
    case STEP_CONNECT:
        return hear_head(talk);
    case STEP_METHOD:
        return hear_method(talk);
    case STEP_PASSWORD:
        return hear_password(talk);
    case STEP_REPLY:
        return hear_reply(talk);
    case STEP_REPLY_REST:
        return PROXY_DONE;
    case STEP_REPLY4:
        return hear_reply4(talk);
    }
    return PROXY_FAILED;
}
