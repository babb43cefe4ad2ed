/* SPDX-License-Identifier: MIT */
/*
 * A turn of the loop:
 *
 *     wait for sockets  ->  their call-backs, mail among them  ->  timers  ->  tasks
 *
 * Sockets are h2o's; timers are ours, because h2o's run on the wall clock and know only a fixed
 * set of durations. They are a binary heap on monotonic time and decide how long h2o may wait.
 *
 * h2o runs what a call-back made ready (a finished write, say) in the same turn, but what a timer
 * or a task made ready only after its next wait. turn_wait_ms() therefore looks into h2o's lists
 * and does not wait while there is something in them.
 *
 * The time of a turn is read when it is first asked for after the wait: between the wait and the
 * call-backs there is no place where it could be read once for all.
 */
#include "lib/net/loop.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/net/fd.h"
#include "lib/net/loop_inside.h"
#include "lib/units/clock.h"

#define WAIT_MAX_MS     (3600 * 1000)
#define FREE_TURNS_MAX  1000
#define HEAP_ROOM_FIRST 64
#define INPUT_FIRST     4096 /* what h2o asks for with each read; less would be too little */

struct gw_loop {
    h2o_loop_t *h2o;
    struct clock {
        int64_t now_us;
        bool is_fresh;
    } * clock; /* apart, so that asking the time of a const loop may read it */

    struct gw_timer **heap; /* heap[0] is not used; heap[1] is due first */
    size_t heap_count;
    size_t heap_room;
    bool is_firing;

    struct gw_list tasks;

    pthread_mutex_t mutex; /* guards mail */
    struct gw_list mail;
    int wake_fd;
    struct gw_fd *wake_watch;
    atomic_bool is_stopping;
};

h2o_loop_t *gw_loop_h2o(struct gw_loop *loop)
{
    return loop->h2o;
}

int64_t gw_loop_now_us(const struct gw_loop *loop)
{
    if (!loop->clock->is_fresh) {
        loop->clock->now_us = gw_clock_monotonic_us();
        loop->clock->is_fresh = true;
    }
    return loop->clock->now_us;
}

/* ---- Mail ------------------------------------------------------------------------------- */

static void wake(struct gw_loop *loop)
{
    uint64_t one = 1;
    ssize_t written;

    do {
        written = write(loop->wake_fd, &one, sizeof(one));
    } while (written < 0 && errno == EINTR); /* EAGAIN: it is awake for sure */
}

static void deliver(void *owner)
{
    struct gw_loop *loop = owner;
    struct gw_list mail, *node;
    uint64_t count;

    gw_list_init(&mail);
    pthread_mutex_lock(&loop->mutex);
    if (read(loop->wake_fd, &count, sizeof(count)) < 0) {
        count = 0; /* woken by nobody: harmless */
    }
    while ((node = gw_list_pop_front(&loop->mail)) != NULL) {
        gw_list_push_back(&mail, node);
    }
    pthread_mutex_unlock(&loop->mutex);

    while ((node = gw_list_pop_front(&mail)) != NULL) {
        struct gw_mail *letter = GW_CONTAINER(node, struct gw_mail, link);

        letter->deliver(letter);
    }
}

void gw_loop_post(struct gw_loop *loop, struct gw_mail *mail)
{
    bool was_empty;

    gw_list_init(&mail->link);
    pthread_mutex_lock(&loop->mutex);
    was_empty = gw_list_is_empty(&loop->mail);
    gw_list_push_back(&loop->mail, &mail->link);
    if (was_empty) {
        wake(loop);
    }
    pthread_mutex_unlock(&loop->mutex);
}

/* ---- Timers ----------------------------------------------------------------------------- */

static void put(struct gw_loop *loop, size_t slot, struct gw_timer *timer)
{
    loop->heap[slot] = timer;
    timer->slot = slot;
}

static void sift_up(struct gw_loop *loop, size_t slot)
{
    struct gw_timer *timer = loop->heap[slot];

    while (slot > 1 && timer->due_us < loop->heap[slot / 2]->due_us) {
        put(loop, slot, loop->heap[slot / 2]);
        slot /= 2;
    }
    put(loop, slot, timer);
}

static void sift_down(struct gw_loop *loop, size_t slot)
{
    struct gw_timer *timer = loop->heap[slot];
    size_t child;

    while ((child = 2 * slot) <= loop->heap_count) {
        if (child < loop->heap_count && loop->heap[child + 1]->due_us < loop->heap[child]->due_us) {
            child++;
        }
        if (timer->due_us <= loop->heap[child]->due_us) {
            break;
        }
        put(loop, slot, loop->heap[child]);
        slot = child;
    }
    put(loop, slot, timer);
}

static void settle(struct gw_loop *loop, size_t slot)
{
    if (slot > 1 && loop->heap[slot]->due_us < loop->heap[slot / 2]->due_us) {
        sift_up(loop, slot);
    } else {
        sift_down(loop, slot);
    }
}

void gw_timer_init(struct gw_timer *timer, void (*fire)(struct gw_timer *timer))
{
    *timer = (struct gw_timer){.fire = fire};
}

void gw_timer_start(struct gw_loop *loop, struct gw_timer *timer, int64_t delay_us)
{
    /* A timer that starts itself again at once must not be found due again in the same turn. */
    int64_t least_us = loop->is_firing ? 1 : 0;
    int64_t now_us = gw_loop_now_us(loop);

    delay_us = delay_us < least_us ? least_us : delay_us;
    timer->due_us = delay_us > INT64_MAX - now_us ? INT64_MAX : now_us + delay_us;
    if (timer->slot != 0) {
        settle(loop, timer->slot);
        return;
    }
    if (loop->heap_count + 1 >= loop->heap_room) {
        loop->heap_room *= 2;
        loop->heap = gw_must_realloc(loop->heap, loop->heap_room * sizeof(struct gw_timer *));
    }
    put(loop, ++loop->heap_count, timer);
    sift_up(loop, timer->slot);
}

void gw_timer_stop(struct gw_loop *loop, struct gw_timer *timer)
{
    size_t slot = timer->slot;
    struct gw_timer *last;

    if (slot == 0) {
        return;
    }
    GW_CHECK(slot <= loop->heap_count && loop->heap[slot] == timer);
    timer->slot = 0;
    last = loop->heap[loop->heap_count--];
    if (last != timer) {
        put(loop, slot, last);
        settle(loop, slot);
    }
}

static void fire_due(struct gw_loop *loop)
{
    int64_t now_us;

    if (loop->heap_count == 0) {
        return;
    }
    now_us = gw_loop_now_us(loop);
    loop->is_firing = true;
    while (loop->heap_count > 0 && loop->heap[1]->due_us <= now_us) {
        struct gw_timer *timer = loop->heap[1];

        gw_timer_stop(loop, timer);
        timer->fire(timer);
    }
    loop->is_firing = false;
}

/* ---- Later ------------------------------------------------------------------------------ */

void gw_task_init(struct gw_task *task, void (*run)(struct gw_task *task))
{
    gw_list_init(&task->link);
    task->run = run;
}

void gw_loop_later(struct gw_loop *loop, struct gw_task *task)
{
    if (!gw_list_is_linked(&task->link)) {
        gw_list_push_back(&loop->tasks, &task->link);
    }
}

/* Tasks queued by tasks wait for the next turn, so that none of them can hold up the sockets. */
static void run_tasks(struct gw_loop *loop)
{
    struct gw_list end, *node;

    if (gw_list_is_empty(&loop->tasks)) {
        return;
    }
    gw_list_init(&end);
    gw_list_push_back(&loop->tasks, &end);
    while ((node = gw_list_pop_front(&loop->tasks)) != &end) {
        struct gw_task *task = GW_CONTAINER(node, struct gw_task, link);

        task->run(task);
    }
}

/* ---- Turns ------------------------------------------------------------------------------ */

static bool has_work(const struct gw_loop *loop)
{
    return !gw_list_is_empty(&loop->tasks) || loop->h2o->_pending_as_client != NULL ||
           loop->h2o->_pending_as_server != NULL;
}

/* h2o's contexts put their lists of timeouts into the loop. */
static bool has_server(const struct gw_loop *loop)
{
    return !h2o_linklist_is_empty(&loop->h2o->_timeouts);
}

static int32_t turn_wait_ms(struct gw_loop *loop, int64_t wait_max_us)
{
    int64_t wait_us = wait_max_us, wait_ms;

    if (has_work(loop)) {
        return 0;
    }
    if (loop->heap_count > 0) {
        int64_t left_us = loop->heap[1]->due_us - gw_clock_monotonic_us();

        wait_us = left_us < wait_us ? left_us : wait_us;
    }
    if (wait_us <= 0) {
        return 0;
    }
    wait_ms = wait_us / GW_US_PER_MS + (wait_us % GW_US_PER_MS != 0); /* rounded up: never early */
    return wait_ms > WAIT_MAX_MS ? WAIT_MAX_MS : (int32_t)wait_ms;
}

void gw_loop_turn(struct gw_loop *loop, int64_t wait_max_us)
{
    int32_t wait_ms = turn_wait_ms(loop, wait_max_us);

    loop->clock->is_fresh = false;
    (void)h2o_evloop_run(loop->h2o, wait_ms); /* -1 when a signal interrupted the wait */
    fire_due(loop);
    run_tasks(loop);
}

/*
 * Each connection has an input buffer for as long as its request is open. h2o's are 8 KiB, and
 * thousands of open streams wait with a request of 2 KiB in them. The size must not change once
 * a buffer was made on the thread: h2o keeps used ones and believes them all alike.
 */
static void set_up_thread(void)
{
    static __thread bool is_set_up;

    if (!is_set_up) {
        is_set_up = true;
        h2o_socket_buffer_prototype._initial_buf.capacity = INPUT_FIRST;
    }
}

void gw_loop_run(struct gw_loop *loop)
{
    set_up_thread();
    while (!atomic_load_explicit(&loop->is_stopping, memory_order_acquire)) {
        gw_loop_turn(loop, INT64_MAX);
    }
    atomic_store_explicit(&loop->is_stopping, false, memory_order_relaxed);
}

void gw_loop_stop(struct gw_loop *loop)
{
    atomic_store_explicit(&loop->is_stopping, true, memory_order_release);
    wake(loop);
}

/* ---- Life ------------------------------------------------------------------------------- */

static const struct gw_fd_ops WAKE_OPS = {.on_readable = deliver};

struct gw_loop *gw_loop_new(void)
{
    struct gw_loop *loop = GW_NEW(struct gw_loop);

    set_up_thread();
    /* h2o writes with writev(), so a peer that is gone would end the process. */
    signal(SIGPIPE, SIG_IGN);
    /* h2o puts buffers beyond 32 MiB into a file in /tmp; what clients ask stays in memory. */
    h2o_socket_buffer_mmap_settings.threshold = SIZE_MAX;

    loop->h2o = h2o_evloop_create();
    loop->clock = GW_NEW(struct clock);
    loop->heap_room = HEAP_ROOM_FIRST;
    loop->heap = gw_must_alloc(loop->heap_room * sizeof(struct gw_timer *));
    gw_list_init(&loop->tasks);
    pthread_mutex_init(&loop->mutex, NULL);
    gw_list_init(&loop->mail);
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    GW_CHECK(loop->wake_fd >= 0);
    loop->wake_watch = gw_fd_watch(loop, loop->wake_fd, &WAKE_OPS, loop);
    gw_fd_read_start(loop->wake_watch);
    return loop;
}

void gw_loop_free(struct gw_loop *loop)
{
    if (loop == NULL) {
        return;
    }
    /* What was closed a moment ago is freed by a task, or when the kernel has told h2o. */
    for (int turn = 0; turn < FREE_TURNS_MAX && (has_work(loop) || has_server(loop)); turn++) {
        gw_loop_turn(loop, GW_US_PER_MS);
    }
    GW_CHECK(!has_server(loop)); /* somebody forgot to close it */
    gw_fd_unwatch(loop->wake_watch);
    (void)h2o_evloop_run(loop->h2o, 0);
    close(loop->wake_fd);
    h2o_evloop_destroy(loop->h2o);
    pthread_mutex_destroy(&loop->mutex);
    gw_free(loop->heap);
    gw_free(loop->clock);
    gw_free(loop);
}

/* ---- Sanitizers ------------------------------------------------------------------------- */

#ifdef GW_SANITIZED
/*
 * h2o keeps buffers for reuse in variables of the thread and has no way to give them back when
 * the thread ends; what a joined thread kept looks leaked. Nothing else comes from there.
 */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:h2o_mem_alloc_recycle\n";
}
#endif
