/* SPDX-License-Identifier: MIT */
/*
 *                                   there is something to send
 *   --> GREETING --hello--> WANTING ---------------------------> SENDING
 *                            ^ ^  |                              | | |  ^
 *                            | |  | nothing to send              | | |  | an update that
 *                            | |  +---------------> CURRENT <----+ | |  | fits is published
 *                            | |                     |  |  all sent| |  |
 *                            | +---------------------+  +----------|-|--+
 *                            |   another is published, or refused  | |
 *                            +-------------------------------------+ |
 *                            |   a newer one was published meanwhile |
 *                            |                                       |
 *                            +--------------- REFUSED <--------------+
 *                               the next is    |   ^    everything was sent and refused
 *                               published      |   +--- (also out of CURRENT)
 *                                              +------> CURRENT: the peer runs it after all
 *
 *   GREETING   waits for the first report
 *   WANTING    waits for what leads from `holds` to the present
 *   SENDING    the parts of one update go out, one when the stream takes it
 *   CURRENT    nothing to do until the next version
 *   REFUSED    the peer cannot take what there is; only another version may change that
 *
 * What a feed keeps is one counted update, however slowly its peer reads and however many
 * versions come meanwhile: those are not queued but made up for by one difference afterwards.
 *
 * `holds` runs ahead of what the peer reports, since updates follow each other without waiting
 * for the answer. A peer that refuses one is brought back by a full update, which asks nothing
 * of what it had.
 */
#include "controlplane/publish/feed.h"

#include "lib/base/check.h"

static const char *const STATE_NAMES[] = {
    [FEED_GREETING] = "greeting", [FEED_WANTING] = "wanting", [FEED_SENDING] = "sending",
    [FEED_CURRENT] = "current",   [FEED_REFUSED] = "refused",
};

/* MOVES[from][to]: the arrows in the drawing above, and no others. */
static const bool MOVES[5][5] = {
    [FEED_GREETING] = {[FEED_WANTING] = true},
    [FEED_WANTING] = {[FEED_SENDING] = true, [FEED_CURRENT] = true},
    [FEED_SENDING] = {[FEED_CURRENT] = true, [FEED_WANTING] = true, [FEED_REFUSED] = true},
    [FEED_CURRENT] = {[FEED_SENDING] = true, [FEED_WANTING] = true, [FEED_REFUSED] = true},
    [FEED_REFUSED] = {[FEED_WANTING] = true, [FEED_CURRENT] = true},
};

const char *feed_state_name(enum feed_state state)
{
    return STATE_NAMES[state];
}

/* The only place that assigns `state`. */
static void enter(struct feed *feed, enum feed_state to)
{
    GW_CHECK(MOVES[feed->state][to]);
    feed->state = to;
}

void feed_init(struct feed *feed, const struct feed_ops *ops, void *owner,
               const struct gw_version *published)
{
    *feed = (struct feed){
        .state = FEED_GREETING, .ops = ops, .owner = owner, .published = *published};
}

void feed_fini(struct feed *feed)
{
    compiled_unref(feed->sending);
    feed->sending = NULL;
}

/* ---- Sending ---------------------------------------------------------------------------- */

static void forget_sending(struct feed *feed)
{
    compiled_unref(feed->sending);
    feed->sending = NULL;
}

static void want(struct feed *feed)
{
    enter(feed, FEED_WANTING);
    feed->ops->want(feed->owner, &feed->holds);
}

static void want_everything(struct feed *feed)
{
    feed->holds = (struct gw_version){.number = 0};
    feed->start_over = false;
    want(feed);
}

static void send_next(struct feed *feed)
{
    feed->ops->send(feed->owner, compiled_part(feed->sending, feed->next_part++));
}

static void begin_sending(struct feed *feed, struct compiled *compiled)
{
    enter(feed, FEED_SENDING);
    feed->sending = compiled_ref(compiled);
    feed->holds = compiled_version(compiled);
    feed->was_full = compiled_is_full(compiled);
    feed->next_part = 0;
    send_next(feed);
}

static bool is_behind(const struct feed *feed)
{
    return !version_eq(&feed->holds, &feed->published);
}

/* Everything was sent. */
static void settle(struct feed *feed)
{
    forget_sending(feed);
    if (feed->start_over && feed->was_full) {
        feed->start_over = false;
        enter(feed, FEED_REFUSED);
    } else if (feed->start_over) {
        want_everything(feed);
    } else if (is_behind(feed)) {
        want(feed);
    } else {
        enter(feed, FEED_CURRENT);
    }
}

void feed_sent(struct feed *feed)
{
    if (feed->state != FEED_SENDING) {
        return;
    }
    if (feed->next_part < compiled_parts(feed->sending)) {
        send_next(feed);
    } else {
        settle(feed);
    }
}

/* ---- Versions --------------------------------------------------------------------------- */

bool feed_wants(const struct feed *feed, const struct gw_version *base)
{
    return feed->state == FEED_WANTING && version_eq(&feed->holds, base);
}

void feed_give(struct feed *feed, struct compiled *compiled)
{
    struct gw_version version = compiled_version(compiled);

    GW_CHECK(feed->state == FEED_WANTING);
    /* It may be newer than what is published here: another control plane was faster. */
    if (version.number > feed->published.number ||
        strcmp(version.epoch, feed->published.epoch) != 0) {
        feed->published = version;
    }
    if (compiled_parts(compiled) > 0) {
        begin_sending(feed, compiled);
        return;
    }
    feed->holds = version;
    enter(feed, FEED_CURRENT);
}

/* Whether `compiled` leads on from what the peer has. */
static bool fits(const struct feed *feed, const struct compiled *compiled)
{
    struct gw_version base;

    if (compiled == NULL || compiled_parts(compiled) == 0) {
        return false;
    }
    base = compiled_base(compiled);
    return base.number > 0 && version_eq(&base, &feed->holds);
}

void feed_published(struct feed *feed, const struct gw_version *version, struct compiled *compiled)
{
    feed->published = *version;
    switch (feed->state) {
    case FEED_GREETING:
    case FEED_WANTING:
    case FEED_SENDING:
        break; /* looked at when that is over */
    case FEED_CURRENT:
        if (fits(feed, compiled)) {
            begin_sending(feed, compiled);
        } else if (is_behind(feed)) {
            want(feed);
        }
        break;
    case FEED_REFUSED:
        want_everything(feed);
        break;
    }
}

/* ---- Reports ---------------------------------------------------------------------------- */

/* Whether what was refused matters for what the peer has now, or will have when all is sent. */
static bool is_stale(const struct feed *feed, const struct gw_report *report)
{
    return version_eq(&report->running, &feed->holds) ||
           (feed->was_full && !version_eq(&report->refused, &feed->holds));
}

static void take_refusal(struct feed *feed, const struct gw_report *report)
{
    feed->ops->refused(feed->owner, &report->refused, report->refusal);
    switch (feed->state) {
    case FEED_GREETING:
    case FEED_WANTING:
    case FEED_REFUSED:
        break; /* what comes next does not build on what was refused, or nothing comes */
    case FEED_SENDING:
        feed->start_over = feed->start_over || !is_stale(feed, report);
        break;
    case FEED_CURRENT:
        if (is_stale(feed, report)) {
            break;
        }
        if (feed->was_full) {
            enter(feed, FEED_REFUSED);
        } else {
            want_everything(feed);
        }
        break;
    }
}

enum gw_err feed_report(struct feed *feed, const struct gw_report *report, struct gw_fault *fault)
{
    if (feed->state == FEED_GREETING) {
        if (!report->has_hello) {
            return gw_fail(fault, GW_E_INVALID, "the first report has no hello");
        }
        feed->holds = report->running;
        want(feed);
    } else if (report->refused.number > 0) {
        take_refusal(feed, report);
    } else if (feed->state == FEED_REFUSED && version_eq(&report->running, &feed->holds)) {
        enter(feed, FEED_CURRENT);
    }
    return GW_OK;
}
