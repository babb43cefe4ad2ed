/* SPDX-License-Identifier: MIT */
/*
 * getaddrinfo() blocks, for many seconds if a name server is away, and cannot be called off. So
 * threads ask, a few per resolver at most. They may outlive it: what they need is in struct desk,
 * which goes with whoever leaves last, and a question is in the hands of one side at a time.
 *
 *     loop's thread   entry -> question -> desk->queue
 *     a thread        takes it from the queue, asks, mails it back (or frees it, if nobody is in)
 *     loop's thread   the answer becomes the entry's; everybody who waits is told
 */
#include "lib/net/resolve.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/units/clock.h"

#define STACK_SIZE  ((size_t)256 << 10)
#define THREADS_MAX 4
#define ENTRIES_MAX 1024
#define BUCKETS     256
#define KNOWN_US    (30 * GW_US_PER_SECOND)
#define UNKNOWN_US  GW_US_PER_SECOND

struct desk {
    pthread_mutex_t mutex; /* guards all of it */
    struct gw_loop *loop;  /* NULL once the resolver is gone */
    struct gw_list queue;
    size_t threads;
};

struct question {
    struct gw_list link;
    struct gw_mail mail;
    struct entry *entry; /* the loop's; NULL once the resolver is gone */
    struct gw_addresses addresses;
    char text[128];
    char host[];
};

struct entry {
    struct gw_list link; /* in its bucket */
    struct gw_list age;  /* in resolver->ages, the oldest first */
    struct gw_resolver *resolver;
    struct question *question; /* that is out, or NULL */
    struct gw_list waiting;
    struct gw_addresses addresses;
    int64_t until_us;
    char text[128];
    char host[];
};

struct gw_resolver {
    struct gw_loop *loop;
    struct desk *desk;
    struct gw_list buckets[BUCKETS];
    struct gw_list ages;
    size_t count;
};

struct gw_resolve {
    struct gw_list link; /* in entry->waiting */
    gw_resolve_fn *done;
    void *owner;
    uint16_t port;
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

/* ---- Threads ---------------------------------------------------------------------------- */

/* Families take turns, so that one which leads nowhere costs one attempt before the other's. */
static void interleave(struct gw_addresses *addresses)
{
    struct gw_addresses from = *addresses;
    sa_family_t family = from.at[0].ss_family;
    size_t next[2] = {0, 0}; /* of the first one's family, and of others */

    for (size_t to = 0, side = 0; to < from.count; side = !side) {
        size_t *at = &next[side];

        while (*at < from.count && (from.at[*at].ss_family != family) != (side == 1)) {
            (*at)++;
        }
        if (*at < from.count) {
            addresses->at[to] = from.at[*at];
            addresses->size[to++] = from.size[(*at)++];
        }
    }
}

static void ask(struct question *question)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct gw_addresses *into = &question->addresses;
    struct addrinfo *infos = NULL;
    int failed = getaddrinfo(question->host, NULL, &hints, &infos);

    if (failed != 0) {
        snprintf(question->text, sizeof(question->text), "%s", gai_strerror(failed));
        return;
    }
    for (struct addrinfo *info = infos; info != NULL && into->count < GW_RESOLVE_MAX;
         info = info->ai_next) {
        memcpy(&into->at[into->count], info->ai_addr, info->ai_addrlen);
        into->size[into->count++] = info->ai_addrlen;
    }
    freeaddrinfo(infos);
    if (into->count == 0) {
        snprintf(question->text, sizeof(question->text), "no addresses");
    } else {
        interleave(into);
    }
}

static void desk_leave(struct desk *desk, bool is_last)
{
    pthread_mutex_unlock(&desk->mutex);
    if (is_last) {
        pthread_mutex_destroy(&desk->mutex);
        gw_free(desk);
    }
}

static void *run(void *argument)
{
    struct desk *desk = argument;
    struct gw_list *node;

    pthread_mutex_lock(&desk->mutex);
    while ((node = gw_list_pop_front(&desk->queue)) != NULL) {
        struct question *question = GW_CONTAINER(node, struct question, link);

        pthread_mutex_unlock(&desk->mutex);
        ask(question);
        pthread_mutex_lock(&desk->mutex);
        if (desk->loop != NULL) {
            gw_loop_post(desk->loop, &question->mail); /* locked: the loop cannot die now */
        } else {
            gw_free(question);
        }
    }
    desk->threads--;
    desk_leave(desk, desk->threads == 0 && desk->loop == NULL);
    return NULL;
}

static bool start_thread(struct desk *desk)
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
    failed = pthread_create(&thread, &attr, run, desk);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return failed == 0;
}

/* ---- Entries ---------------------------------------------------------------------------- */

static struct gw_list *bucket_of(struct gw_resolver *resolver, const char *host)
{
    return &resolver->buckets[gw_text_hash(gw_text_of(host)) % BUCKETS];
}

static struct entry *find(struct gw_resolver *resolver, const char *host)
{
    GW_LIST_EACH (bucket_of(resolver, host), node) {
        struct entry *entry = GW_CONTAINER(node, struct entry, link);

        if (strcmp(entry->host, host) == 0) {
            return entry;
        }
    }
    return NULL;
}

static void entry_free(struct entry *entry)
{
    gw_list_unlink(&entry->link);
    gw_list_unlink(&entry->age);
    entry->resolver->count--;
    gw_free(entry);
}

/* The oldest that nobody waits for makes room. */
static void make_room(struct gw_resolver *resolver)
{
    GW_LIST_EACH (&resolver->ages, node) {
        struct entry *entry = GW_CONTAINER(node, struct entry, age);

        if (resolver->count < ENTRIES_MAX) {
            return;
        }
        if (entry->question == NULL) {
            entry_free(entry);
        }
    }
}

static struct entry *entry_new(struct gw_resolver *resolver, const char *host)
{
    size_t size = strlen(host) + 1;
    struct entry *entry;

    make_room(resolver);
    entry = gw_must_alloc(sizeof(*entry) + size);
    entry->resolver = resolver;
    memcpy(entry->host, host, size);
    gw_list_init(&entry->link);
    gw_list_init(&entry->age);
    gw_list_init(&entry->waiting);
    gw_list_push_front(bucket_of(resolver, host), &entry->link);
    gw_list_push_back(&resolver->ages, &entry->age);
    resolver->count++;
    return entry;
}

static void copy_addresses(const struct gw_addresses *from, uint16_t port,
                           struct gw_addresses *ret_addresses)
{
    *ret_addresses = *from;
    for (size_t i = 0; i < from->count; i++) {
        struct sockaddr_storage *address = &ret_addresses->at[i];

        if (address->ss_family == AF_INET6) {
            ((struct sockaddr_in6 *)address)->sin6_port = htons(port);
        } else {
            ((struct sockaddr_in *)address)->sin_port = htons(port);
        }
    }
}

bool gw_resolver_knows(struct gw_resolver *resolver, const char *host, uint16_t port,
                       struct gw_addresses *ret_addresses, const char **ret_text)
{
    struct entry *entry = find(resolver, host);

    if (entry == NULL || entry->question != NULL ||
        gw_loop_now_us(resolver->loop) >= entry->until_us) {
        return false;
    }
    copy_addresses(&entry->addresses, port, ret_addresses);
    *ret_text = entry->addresses.count == 0 ? entry->text : NULL;
    return true;
}

void gw_resolver_doubt(struct gw_resolver *resolver, const char *host)
{
    struct entry *entry = find(resolver, host);
    int64_t until_us = gw_loop_now_us(resolver->loop) + UNKNOWN_US;

    if (entry != NULL && entry->until_us > until_us) {
        entry->until_us = until_us;
    }
}

/* ---- Questions -------------------------------------------------------------------------- */

static void tell_all(struct gw_list *waiting, const struct question *question)
{
    struct gw_addresses addresses;
    struct gw_list *node;

    while ((node = gw_list_pop_front(waiting)) != NULL) {
        struct gw_resolve *resolve = GW_CONTAINER(node, struct gw_resolve, link);

        copy_addresses(&question->addresses, resolve->port, &addresses);
        resolve->done(resolve->owner, &addresses, question->text);
        gw_free(resolve);
    }
}

static void deliver(struct gw_mail *mail)
{
    struct question *question = GW_CONTAINER(mail, struct question, mail);
    struct entry *entry = question->entry;
    struct gw_list waiting, *node;

    if (entry != NULL) {
        entry->question = NULL;
        entry->addresses = question->addresses;
        memcpy(entry->text, question->text, sizeof(entry->text));
        entry->until_us = gw_loop_now_us(entry->resolver->loop) +
                          (entry->addresses.count > 0 ? KNOWN_US : UNKNOWN_US);
        gw_list_init(&waiting);
        while ((node = gw_list_pop_front(&entry->waiting)) != NULL) {
            gw_list_push_back(&waiting, node);
        }
        tell_all(&waiting, question); /* who is told may ask anew, and the entry may go */
    }
    gw_free(question);
}

/* Without any thread to ask, the answer is that there is none. */
static void put_question(struct entry *entry)
{
    struct desk *desk = entry->resolver->desk;
    size_t size = strlen(entry->host) + 1;
    struct question *question = gw_must_alloc(sizeof(*question) + size);

    memcpy(question->host, entry->host, size);
    question->mail.deliver = deliver;
    question->entry = entry;
    gw_list_init(&question->link);
    gw_list_init(&question->mail.link);
    entry->question = question;
    pthread_mutex_lock(&desk->mutex);
    gw_list_push_back(&desk->queue, &question->link);
    if (desk->threads < THREADS_MAX && start_thread(desk)) {
        desk->threads++;
    }
    if (desk->threads == 0) {
        gw_list_unlink(&question->link);
        snprintf(question->text, sizeof(question->text), "could not start a thread to ask");
        gw_loop_post(desk->loop, &question->mail);
    }
    pthread_mutex_unlock(&desk->mutex);
}

struct gw_resolve *gw_resolve_start(struct gw_resolver *resolver, const char *host, uint16_t port,
                                    gw_resolve_fn *done, void *owner)
{
    struct entry *entry = find(resolver, host);
    struct gw_resolve *resolve = GW_NEW(struct gw_resolve);

    if (entry == NULL) {
        entry = entry_new(resolver, host);
    }
    resolve->done = done;
    resolve->owner = owner;
    resolve->port = port;
    gw_list_init(&resolve->link);
    gw_list_push_back(&entry->waiting, &resolve->link);
    if (entry->question == NULL) {
        put_question(entry);
    }
    return resolve;
}

void gw_resolve_cancel(struct gw_resolve *resolve)
{
    gw_list_unlink(&resolve->link);
    gw_free(resolve);
}

/* ---- Life ------------------------------------------------------------------------------- */

struct gw_resolver *gw_resolver_new(struct gw_loop *loop)
{
    struct gw_resolver *resolver = GW_NEW(struct gw_resolver);

    resolver->loop = loop;
    resolver->desk = GW_NEW(struct desk);
    resolver->desk->loop = loop;
    gw_list_init(&resolver->desk->queue);
    pthread_mutex_init(&resolver->desk->mutex, NULL);
    gw_list_init(&resolver->ages);
    for (size_t i = 0; i < BUCKETS; i++) {
        gw_list_init(&resolver->buckets[i]);
    }
    return resolver;
}

static void drop_entry(struct entry *entry)
{
    struct gw_list *node;

    while ((node = gw_list_pop_front(&entry->waiting)) != NULL) {
        gw_free(GW_CONTAINER(node, struct gw_resolve, link));
    }
    if (entry->question != NULL) {
        entry->question->entry = NULL;
    }
    entry_free(entry);
}

void gw_resolver_free(struct gw_resolver *resolver)
{
    struct desk *desk;
    struct gw_list *node;

    if (resolver == NULL) {
        return;
    }
    desk = resolver->desk;
    pthread_mutex_lock(&desk->mutex);
    GW_LIST_EACH (&resolver->ages, age) {
        drop_entry(GW_CONTAINER(age, struct entry, age));
    }
    while ((node = gw_list_pop_front(&desk->queue)) != NULL) {
        gw_free(GW_CONTAINER(node, struct question, link));
    }
    desk->loop = NULL;
    desk_leave(desk, desk->threads == 0);
    gw_free(resolver);
}
