/* SPDX-License-Identifier: MIT */
/*
 * feed - one data plane's place in the stream of updates: its state machine, without the stream.
 *
 * Everything on the loop's thread. None of the call-outs may free the feed.
 */
#ifndef CONTROLPLANE_PUBLISH_FEED_H
#define CONTROLPLANE_PUBLISH_FEED_H

#include "controlplane/compile/compiled.h"
#include "lib/wire/update.h"

enum feed_state { FEED_GREETING, FEED_WANTING, FEED_SENDING, FEED_CURRENT, FEED_REFUSED };

struct feed_ops {
    /* One message; the feed hears feed_sent() when the next may follow, never inside this. */
    void (*send)(void *owner, struct gw_text message);
    /*
     * The feed needs what leads from `base` to the present. Answered with feed_give(), later or
     * inside this.
     */
    void (*want)(void *owner, const struct gw_version *base);
    /* The data plane did not take an update, for the log. `text` is its own; borrowed. */
    void (*refused)(void *owner, const struct gw_version *version, struct gw_text text);
};

struct feed {
    enum feed_state state;
    const struct feed_ops *ops;
    void *owner;
    struct gw_version published; /* the newest we heard of */
    struct gw_version holds;     /* what the peer has, or will have when all is sent */
    struct compiled *sending;    /* counted; NULL unless SENDING */
    size_t next_part;
    bool was_full;   /* the update sent last */
    bool start_over; /* it was refused while the next one was on its way */
};

/* `published`: the version known now; number 0 if none is yet. */
void feed_init(struct feed *feed, const struct feed_ops *ops, void *owner,
               const struct gw_version *published);
void feed_fini(struct feed *feed);

/* What the data plane said. The first report must have its hello: else GW_E_INVALID, end it. */
enum gw_err feed_report(struct feed *feed, const struct gw_report *report,
                        struct gw_fault *fault) GW_MUST_USE;

/* The stream takes the next message. */
void feed_sent(struct feed *feed);

/* A new version is there, and what leads to it from the one before, if that was made (or NULL). */
void feed_published(struct feed *feed, const struct gw_version *version, struct compiled *compiled);

/* Whether it waits for what leads on from `base`, and that. Counts `compiled` itself. */
bool feed_wants(const struct feed *feed, const struct gw_version *base);
void feed_give(struct feed *feed, struct compiled *compiled);

const char *feed_state_name(enum feed_state state);

#endif
