/* SPDX-License-Identifier: MIT */
/*
 * getaddrinfo() blocks, for many seconds if a name server is away, and cannot be called off. Each
 * question therefore has a detached thread, which owns the question's memory together with the
 * loop: who comes last frees it. Whoever asks keeps the number of questions small.
 */
#include "lib/net/resolve.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define STACK_SIZE ((size_t)256 << 10)

struct gw_resolve {
    struct gw_mail mail;
    gw_resolve_fn *done;
    void *owner;
    char *host;
    uint16_t port;
    struct gw_addresses addresses;
    char text[160];

    pthread_mutex_t mutex; /* guards the one below */
    struct gw_loop *loop;  /* NULL once nobody waits any more */
};

bool gw_resolve_literal(const char *host, uint16_t port, struct gw_addresses *ret_addresses)
{
    struct sockaddr_in *four = (struct sockaddr_in *)&ret_addresses->at[0];
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&ret_addresses->at[0];
    struct sockaddr_un *path = (struct sockaddr_un *)&ret_addresses->at[0];

    memset(&ret_addresses->at[0], 0, sizeof(ret_addresses->at[0]));
    ret_addresses->count = 1;
    if (host[0] == '/' && strlen(host) < sizeof(path->sun_path)) {
        path->sun_family = AF_UNIX;
        memcpy(path->sun_path, host, strlen(host) + 1);
        ret_addresses->size[0] = sizeof(*path);
        return true;
    }
    if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        ret_addresses->size[0] = sizeof(*four);
        return true;
    }
    if (inet_pton(AF_INET6, host, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(port);
        ret_addresses->size[0] = sizeof(*six);
        return true;
    }
    ret_addresses->count = 0;
    return false;
}

static void resolve_free(struct gw_resolve *resolve)
{
    pthread_mutex_destroy(&resolve->mutex);
    gw_free(resolve->host);
    gw_free(resolve);
}

static void ask(struct gw_resolve *resolve)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV};
    struct gw_addresses *into = &resolve->addresses;
    struct addrinfo *infos = NULL;
    char port[8];
    int failed;

    snprintf(port, sizeof(port), "%u", resolve->port);
    failed = getaddrinfo(resolve->host, port, &hints, &infos);
    if (failed != 0) {
        snprintf(resolve->text, sizeof(resolve->text), "%s", gai_strerror(failed));
        return;
    }
    for (struct addrinfo *info = infos; info != NULL && into->count < GW_RESOLVE_MAX;
         info = info->ai_next) {
        memcpy(&into->at[into->count], info->ai_addr, info->ai_addrlen);
        into->size[into->count++] = info->ai_addrlen;
    }
    freeaddrinfo(infos);
}

static void deliver(struct gw_mail *mail)
{
    struct gw_resolve *resolve = GW_CONTAINER(mail, struct gw_resolve, mail);
    bool is_wanted;

    pthread_mutex_lock(&resolve->mutex); /* the thread may not have let go of it yet */
    is_wanted = resolve->loop != NULL;
    pthread_mutex_unlock(&resolve->mutex);
    if (is_wanted) {
        resolve->done(resolve->owner, &resolve->addresses, resolve->text);
    }
    resolve_free(resolve);
}

static void *run(void *argument)
{
    struct gw_resolve *resolve = argument;
    bool is_wanted;

    ask(resolve);
    pthread_mutex_lock(&resolve->mutex);
    is_wanted = resolve->loop != NULL;
    if (is_wanted) {
        gw_loop_post(resolve->loop, &resolve->mail); /* under the mutex: the loop cannot die now */
    }
    pthread_mutex_unlock(&resolve->mutex);
    if (!is_wanted) {
        resolve_free(resolve);
    }
    return NULL;
}

static bool start_thread(struct gw_resolve *resolve)
{
    sigset_t all, before;
    pthread_attr_t attr;
    pthread_t thread;
    int failed;

    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are not for such threads */
    failed = pthread_create(&thread, &attr, run, resolve);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return failed == 0;
}

struct gw_resolve *gw_resolve_start(struct gw_loop *loop, const char *host, uint16_t port,
                                    gw_resolve_fn *done, void *owner)
{
    struct gw_resolve *resolve = GW_NEW(struct gw_resolve);

    resolve->mail.deliver = deliver;
    resolve->done = done;
    resolve->owner = owner;
    resolve->host = gw_must_strdup(host);
    resolve->port = port;
    resolve->loop = loop;
    pthread_mutex_init(&resolve->mutex, NULL);
    if (!start_thread(resolve)) {
        snprintf(resolve->text, sizeof(resolve->text), "could not start a thread to ask");
        gw_loop_post(loop, &resolve->mail);
    }
    return resolve;
}

void gw_resolve_cancel(struct gw_resolve *resolve)
{
    pthread_mutex_lock(&resolve->mutex);
    resolve->loop = NULL;
    pthread_mutex_unlock(&resolve->mutex);
}
