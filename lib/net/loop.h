/* SPDX-License-Identifier: MIT */
/*
 * loop - one thread's event loop, its timers and its mailbox.
 *
 * A loop belongs to the thread that runs it. Everything here is called on that thread, except
 * gw_loop_post() and gw_loop_stop(), which any thread may call.
 */
#ifndef LIB_NET_LOOP_H
#define LIB_NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/list.h"

struct gw_loop;

struct gw_loop *gw_loop_new(void);
/*
 * Not running any more; everything on it is closed or about to be. Connections remember the thread
 * that accepted them, so close servers on the thread that ran the loop, before it ends.
 */
void gw_loop_free(struct gw_loop *loop);
void gw_loop_run(struct gw_loop *loop);  /* until gw_loop_stop() */
void gw_loop_stop(struct gw_loop *loop); /* any thread; the current turn is finished */
void gw_loop_turn(struct gw_loop *loop, int64_t wait_max_us); /* one turn, for whoever drives */
int64_t gw_loop_now_us(const struct gw_loop *loop);           /* monotonic, taken once per turn */

/* ---- Mail: from any thread to the loop's ------------------------------------------------ */

/* Embedded in what is sent. The sender gives it away; `deliver` runs once, on the loop. */
struct gw_mail {
    struct gw_list link;
    void (*deliver)(struct gw_mail *mail);
};

/* In order per sender. Mail posted after the loop has stopped for good is never delivered. */
void gw_loop_post(struct gw_loop *loop, struct gw_mail *mail);

/* ---- Timers ----------------------------------------------------------------------------- */

/* Embedded; may be in no more than one loop. Precise to about a millisecond, never early. */
struct gw_timer {
    void (*fire)(struct gw_timer *timer);
    int64_t due_us; /* monotonic */
    size_t slot;    /* place in the loop's heap, 1 or more; 0 while not running */
};

void gw_timer_init(struct gw_timer *timer, void (*fire)(struct gw_timer *timer));
void gw_timer_start(struct gw_loop *loop, struct gw_timer *timer,
                    int64_t delay_us);                            /* or restart */
void gw_timer_stop(struct gw_loop *loop, struct gw_timer *timer); /* harmless if not running */
static inline bool gw_timer_is_running(const struct gw_timer *timer)
{
    return timer->slot != 0;
}

/* ---- Later ------------------------------------------------------------------------------ */

/*
 * Runs `run` at the end of the current turn. This is how objects die: nobody frees itself, or
 * lets itself be freed, inside a call-out. Embedded; may be queued once at a time.
 */
struct gw_task {
    struct gw_list link;
    void (*run)(struct gw_task *task);
};

void gw_task_init(struct gw_task *task, void (*run)(struct gw_task *task));
void gw_loop_later(struct gw_loop *loop, struct gw_task *task); /* harmless if queued already */

#endif
