/* SPDX-License-Identifier: MIT */
/*
 * load - asks the same thing again and again over so many connections, and tells how long it took.
 *
 *     millrace-bench-load PORT CONNECTIONS SECONDS REQUEST-FILE
 *     millrace-bench-load PORT CONNECTIONS hold REQUEST-FILE
 *
 * REQUEST-FILE holds the bytes of one request, head and body. The first form prints one line,
 * "answers errors per_second p50_us p99_us bytes events", where an event is an empty line in the
 * body. The second form opens that many streams, says "open" when each has begun, and holds
 * them until its standard input ends.
 *
 * One thread, epoll, closed loop: a connection asks again when its answer is complete.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define READ_SIZE     ((size_t)65536)
#define LATENCIES_MAX 4000000
#define TAIL          5 /* what a chunked answer ends with: 0 CR LF CR LF */

struct conn {
    int fd;
    size_t sent;
    int64_t asked_us;
    bool has_head;
    bool has_begun;
    int64_t left; /* of the body, or -1 when it is chunked */
    char tail[TAIL];
    size_t tail_len;
    char head[4096];
    size_t head_len;
};

struct load {
    struct sockaddr_in to;
    const char *request;
    size_t request_size;
    int epoll;
    int64_t now_us;
    uint64_t answers, errors, bytes, events, begun;
    uint32_t *latencies;
    char last; /* byte of a body, for counting events */
};

static char buffer[READ_SIZE];

static int64_t clock_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- One connection --------------------------------------------------------------------- */

static void ask(struct load *load, struct conn *conn)
{
    ssize_t count;

    if (conn->sent == 0) {
        conn->asked_us = clock_us();
        conn->has_head = false;
        conn->head_len = conn->tail_len = 0;
    }
    while (conn->sent < load->request_size) {
        count = send(conn->fd, load->request + conn->sent, load->request_size - conn->sent,
                     MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0) {
            break; /* EPOLLOUT comes; errors are seen when reading */
        }
        conn->sent += (size_t)count;
    }
}

static void reconnect(struct load *load, struct conn *conn)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = conn};
    int on = 1;

    if (conn->fd >= 0) {
        close(conn->fd);
    }
    conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(conn->fd, (struct sockaddr *)&load->to, sizeof(load->to)) != 0) {
        perror("could not connect");
        exit(1);
    }
    setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    epoll_ctl(load->epoll, EPOLL_CTL_ADD, conn->fd, &event);
    conn->sent = 0;
    ask(load, conn);
}

static void answered(struct load *load, struct conn *conn)
{
    if (load->answers < LATENCIES_MAX) {
        load->latencies[load->answers] = (uint32_t)(clock_us() - conn->asked_us);
    }
    load->answers++;
    conn->sent = 0;
    ask(load, conn);
}

static void count_events(struct load *load, const char *at, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        load->events += at[i] == '\n' && load->last == '\n';
        load->last = at[i];
    }
}

/* Keeps the last bytes of a chunked body; true when they are its end. */
static bool is_end(struct conn *conn, const char *at, size_t size)
{
    if (size >= TAIL) {
        memcpy(conn->tail, at + size - TAIL, TAIL);
        conn->tail_len = TAIL;
    } else {
        size_t keep = conn->tail_len + size > TAIL ? TAIL - size : conn->tail_len;

        memmove(conn->tail, conn->tail + conn->tail_len - keep, keep);
        memcpy(conn->tail + keep, at, size);
        conn->tail_len = keep + size;
    }
    return conn->tail_len == TAIL && memcmp(conn->tail, "0\r\n\r\n", TAIL) == 0;
}

static void on_body(struct load *load, struct conn *conn, const char *at, size_t size)
{
    load->bytes += size;
    if (conn->left < 0) {
        count_events(load, at, size);
        if (is_end(conn, at, size)) {
            answered(load, conn);
        }
        return;
    }
    conn->left -= (int64_t)size;
    if (conn->left <= 0) {
        answered(load, conn);
    }
}

static void on_bytes(struct load *load, struct conn *conn, const char *at, size_t size)
{
    const char *end, *length;
    size_t some = sizeof(conn->head) - 1 - conn->head_len;

    if (conn->has_head) {
        on_body(load, conn, at, size);
        return;
    }
    some = size < some ? size : some;
    memcpy(conn->head + conn->head_len, at, some);
    conn->head[conn->head_len + some] = '\0';
    end = strstr(conn->head, "\r\n\r\n");
    if (end == NULL) {
        conn->head_len += some;
        return;
    }
    load->errors += strncmp(conn->head, "HTTP/1.1 200", 12) != 0;
    length = strcasestr(conn->head, "\r\ncontent-length:");
    conn->left = length != NULL && length < end ? strtoll(length + 17, NULL, 10) : -1;
    conn->has_head = true;
    load->begun += !conn->has_begun;
    conn->has_begun = true;
    some = (size_t)(end + 4 - conn->head) - conn->head_len;
    on_body(load, conn, at + some, size - some);
}

static void on_readable(struct load *load, struct conn *conn)
{
    for (;;) {
        ssize_t count = recv(conn->fd, buffer, sizeof(buffer), MSG_DONTWAIT);

        if (count > 0) {
            on_bytes(load, conn, buffer, (size_t)count);
        } else if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        } else {
            load->errors++;
            reconnect(load, conn);
            return;
        }
    }
}

static void turn(struct load *load)
{
    struct epoll_event events[256];
    int count = epoll_wait(load->epoll, events, 256, 100);

    for (int i = 0; i < count; i++) {
        struct conn *conn = events[i].data.ptr;

        if ((events[i].events & EPOLLOUT) != 0 && conn->sent > 0) {
            ask(load, conn);
        }
        if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
            on_readable(load, conn);
        }
    }
}

/* ---- The two forms ---------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return left < right ? -1 : left > right;
}

static void report(struct load *load, int64_t took_us)
{
    size_t count = load->answers < LATENCIES_MAX ? load->answers : LATENCIES_MAX;

    qsort(load->latencies, count, sizeof(uint32_t), by_size);
    printf("%llu %llu %.0f %u %u %llu %llu\n", (unsigned long long)load->answers,
           (unsigned long long)load->errors, (double)load->answers * 1e6 / (double)took_us,
           count == 0 ? 0 : load->latencies[count / 2],
           count == 0 ? 0 : load->latencies[count * 99 / 100], (unsigned long long)load->bytes,
           (unsigned long long)load->events);
}

static void run_for(struct load *load, int64_t us)
{
    int64_t began_us = clock_us();

    while (clock_us() - began_us < us) {
        turn(load);
    }
    report(load, clock_us() - began_us);
}

static void hold(struct load *load, uint64_t streams)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLHUP, .data.ptr = NULL};
    struct epoll_event found;
    int until = epoll_create1(EPOLL_CLOEXEC);
    bool has_told = false;

    epoll_ctl(until, EPOLL_CTL_ADD, STDIN_FILENO, &event);
    while (epoll_wait(until, &found, 1, 0) == 0) {
        turn(load);
        if (load->begun == streams && !has_told) {
            has_told = true;
            printf("open\n");
            fflush(stdout);
        }
    }
}

static char *read_file(const char *path, size_t *ret_size)
{
    FILE *file = fopen(path, "rb");
    char *bytes = malloc((size_t)16 << 20);

    if (file == NULL || bytes == NULL) {
        perror(path);
        exit(1);
    }
    *ret_size = fread(bytes, 1, (size_t)16 << 20, file);
    fclose(file);
    return bytes;
}

int main(int argc, char **argv)
{
    static struct load load;
    struct conn *conns;
    int count;

    if (argc != 5) {
        fprintf(stderr, "usage: %s PORT CONNECTIONS SECONDS|hold REQUEST-FILE\n", argv[0]);
        return 2;
    }
    load.to.sin_family = AF_INET;
    load.to.sin_port = htons((uint16_t)strtol(argv[1], NULL, 10));
    load.to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    load.request = read_file(argv[4], &load.request_size);
    load.latencies = malloc(LATENCIES_MAX * sizeof(uint32_t));
    load.epoll = epoll_create1(EPOLL_CLOEXEC);
    count = (int)strtol(argv[2], NULL, 10);
    conns = calloc((size_t)count, sizeof(*conns));
    for (int i = 0; i < count; i++) {
        conns[i].fd = -1;
        reconnect(&load, &conns[i]);
    }
    if (strcmp(argv[3], "hold") == 0) {
        hold(&load, (uint64_t)count);
    } else {
        run_for(&load, (int64_t)(strtod(argv[3], NULL) * 1e6));
    }
    return 0;
}
