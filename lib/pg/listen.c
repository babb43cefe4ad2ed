/* SPDX-License-Identifier: MIT */
/*
 *          connected and listening
 *   ---> CONNECTING -----------------> UP
 *          |   ^                        |
 *   failed |   | rested                 | broke
 *          v   |                        |
 *         RESTING <---------------------+
 *
 * All three are places in the thread's one loop, so they need no variable. Each wait, in any of
 * them, also waits for `stop_fd`, which is how close() ends the thread at once.
 *
 * What happens is mailed. A mail may still be on its way when close() is called, so the object
 * lives until the last one arrived; mail that arrives after close() is dropped.
 *
 * A server that vanished without a word (a pulled cable) is noticed by TCP's keepalive, which
 * gw_pg_parameters() sets to about 25 s.
 */
#include "lib/pg/listen.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/check.h"
#include "lib/pg/inside.h"
#include "lib/units/clock.h"

#define REST_FIRST_US   (50 * GW_US_PER_MS)
#define REST_MOST_US    (2 * GW_US_PER_SECOND)
#define CONNECT_MOST_US (5 * GW_US_PER_SECOND)
#define PAYLOAD_MAX     512

enum news { NEWS_UP, NEWS_DOWN, NEWS_NOTICE };

struct gw_pg_listen {
    struct gw_loop *loop;
    const struct gw_pg_listen_ops *ops;
    void *owner;
    char *conninfo;
    char *channel;
    pthread_t thread;
    int stop_fd;
    bool closed; /* the loop's thread only */
    atomic_size_t on_the_way;
    struct gw_task burial;

    /* The thread's own. */
    PGconn *connection;
    bool told_down;
};

struct letter {
    struct gw_mail mail;
    struct gw_pg_listen *listen;
    enum news news;
    size_t len;
    char text[PAYLOAD_MAX + 1];
};

/* ---- On the loop ------------------------------------------------------------------------ */

static void bury(struct gw_task *task)
{
    struct gw_pg_listen *listen = GW_CONTAINER(task, struct gw_pg_listen, burial);

    close(listen->stop_fd);
    gw_free(listen->channel);
    gw_free(listen->conninfo);
    gw_free(listen);
}

static void deliver(struct gw_mail *mail)
{
    struct letter *letter = GW_CONTAINER(mail, struct letter, mail);
    struct gw_pg_listen *listen = letter->listen;
    size_t left = atomic_fetch_sub(&listen->on_the_way, 1) - 1;

    if (listen->closed) {
        if (left == 0) {
            gw_loop_later(listen->loop, &listen->burial);
        }
        gw_free(letter);
        return;
    }
    switch (letter->news) {
    case NEWS_UP:
        listen->ops->on_up(listen->owner);
        break;
    case NEWS_DOWN:
        listen->ops->on_down(listen->owner, letter->text);
        break;
    case NEWS_NOTICE:
        listen->ops->on_notice(listen->owner, (struct gw_text){letter->text, letter->len});
        break;
    }
    gw_free(letter);
}

/* ---- On the thread ---------------------------------------------------------------------- */

static void tell(struct gw_pg_listen *listen, enum news news, const char *text)
{
    struct letter *letter = GW_NEW(struct letter);

    letter->mail.deliver = deliver;
    letter->listen = listen;
    letter->news = news;
    snprintf(letter->text, sizeof(letter->text), "%s", text);
    letter->len = strlen(letter->text);
    atomic_fetch_add(&listen->on_the_way, 1);
    gw_loop_post(listen->loop, &letter->mail);
}

enum wait { WAIT_READY, WAIT_TIMEOUT, WAIT_STOP };

/* Waits for `events` on the connection (0: only for time to pass). -1: for ever. */
static enum wait wait_for(struct gw_pg_listen *listen, short events, int64_t timeout_us)
{
    struct pollfd watch[2] = {{.fd = listen->stop_fd, .events = POLLIN}, {.fd = -1}};
    int timeout_ms = timeout_us < 0 ? -1 : (int)((timeout_us + 999) / 1000);
    int ready;

    if (events != 0) {
        watch[1] = (struct pollfd){.fd = PQsocket(listen->connection), .events = events};
    }
    do {
        ready = poll(watch, 2, timeout_ms);
    } while (ready < 0 && errno == EINTR);
    if (watch[0].revents != 0) {
        return WAIT_STOP;
    }
    return ready > 0 ? WAIT_READY : WAIT_TIMEOUT;
}

/* Drives the connection to its end, good or bad; false if we are to stop. */
static bool finish_connecting(struct gw_pg_listen *listen)
{
    int64_t deadline_us = gw_clock_monotonic_us() + CONNECT_MOST_US;
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;

    while (status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED) {
        int64_t left_us = deadline_us - gw_clock_monotonic_us();

        switch (wait_for(listen, status == PGRES_POLLING_READING ? POLLIN : POLLOUT,
                         left_us > 0 ? left_us : 0)) {
        case WAIT_READY:
            status = PQconnectPoll(listen->connection);
            break;
        case WAIT_TIMEOUT:
            return true; /* the status is not OK: reported by the caller */
        case WAIT_STOP:
            return false;
        }
    }
    return true;
}

static bool ask_to_listen(struct gw_pg_listen *listen)
{
    char sql[160];
    PGresult *result;
    bool ok;

    snprintf(sql, sizeof(sql), "set idle_session_timeout = 0; listen %s", listen->channel);
    result = PQexec(listen->connection, sql);
    ok = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    return ok;
}

/* *ret_up says whether it is connected and listening; false if we are to stop. */
static bool connect_once(struct gw_pg_listen *listen, bool *ret_up)
{
    struct gw_pg_parameters parameters;

    gw_pg_parameters(&parameters, listen->conninfo, "millrace-listen");
    listen->connection = PQconnectStartParams(parameters.keywords, parameters.values, 1);
    GW_CHECK(listen->connection != NULL);
    PQsetNoticeReceiver(listen->connection, gw_pg_ignore_notice, NULL);
    *ret_up = false;
    if (PQstatus(listen->connection) == CONNECTION_BAD) {
        return true;
    }
    if (!finish_connecting(listen)) {
        return false;
    }
    *ret_up = PQstatus(listen->connection) == CONNECTION_OK && ask_to_listen(listen);
    return true;
}

/* Passes on what is notified until the connection breaks (true) or we are to stop (false). */
static bool hear(struct gw_pg_listen *listen)
{
    for (;;) {
        PGnotify *notice;

        while ((notice = PQnotifies(listen->connection)) != NULL) {
            tell(listen, NEWS_NOTICE, notice->extra);
            PQfreemem(notice);
        }
        if (wait_for(listen, POLLIN, -1) == WAIT_STOP) {
            return false;
        }
        if (PQconsumeInput(listen->connection) == 0) {
            return true;
        }
    }
}

static void tell_down(struct gw_pg_listen *listen)
{
    struct gw_fault fault;

    if (listen->told_down) {
        return;
    }
    gw_pg_connection_fault(listen->connection, "could not connect to the database", &fault);
    tell(listen, NEWS_DOWN, fault.text);
    listen->told_down = true;
}

static void *run(void *arg)
{
    struct gw_pg_listen *listen = arg;
    int64_t rest_us = REST_FIRST_US;
    bool go_on = true, up;

    while (go_on) {
        go_on = connect_once(listen, &up);
        if (go_on && up) {
            rest_us = REST_FIRST_US;
            listen->told_down = false;
            tell(listen, NEWS_UP, "");
            go_on = hear(listen);
        }
        if (go_on) {
            tell_down(listen);
        }
        PQfinish(listen->connection);
        listen->connection = NULL;
        if (go_on) {
            go_on = wait_for(listen, 0, rest_us) != WAIT_STOP;
            rest_us = rest_us * 2 > REST_MOST_US ? REST_MOST_US : rest_us * 2;
        }
    }
    return NULL;
}

/* ---- Life ------------------------------------------------------------------------------- */

struct gw_pg_listen *gw_pg_listen_open(struct gw_loop *loop, const char *conninfo,
                                       const char *channel, const struct gw_pg_listen_ops *ops,
                                       void *owner)
{
    struct gw_pg_listen *listen = GW_NEW(struct gw_pg_listen);

    listen->loop = loop;
    listen->ops = ops;
    listen->owner = owner;
    listen->conninfo = gw_must_strdup(conninfo);
    listen->channel = gw_must_strdup(channel);
    gw_task_init(&listen->burial, bury);
    listen->stop_fd = eventfd(0, EFD_CLOEXEC);
    GW_CHECK(listen->stop_fd >= 0);
    GW_CHECK(pthread_create(&listen->thread, NULL, run, listen) == 0);
    return listen;
}

void gw_pg_listen_close(struct gw_pg_listen *listen)
{
    uint64_t one = 1;

    if (listen == NULL) {
        return;
    }
    listen->closed = true;
    GW_CHECK(write(listen->stop_fd, &one, sizeof(one)) == sizeof(one));
    pthread_join(listen->thread, NULL);
    if (atomic_load(&listen->on_the_way) == 0) {
        gw_loop_later(listen->loop, &listen->burial);
    }
}
