/* SPDX-License-Identifier: MIT */
/*
 * One transaction:
 *
 *   1. lock the marks of the spools, in the order of their ids, so that two writers cannot hold
 *      one each and wait for the other; read their open gaps
 *   2. ask struct seen about each event: new, or counted before
 *   3. new ends go into usage_ledger; the same statement adds exactly the rows it inserted to
 *      usage_hourly, so that the two cannot differ
 *   4. beginnings whose end is not among them go into usage_begun
 *   5. move the marks, store what became of the gaps, commit
 *
 * The commit may succeed and its answer get lost. Then the same batches come again, find the
 * marks moved, and count nothing: which is why nobody needs to know.
 *
 * A request id that the ledger has already is not counted a second time under another number.
 */
#include "statsd/sink/ledger.h"

#include <stdlib.h>

#include "lib/base/check.h"
#include "lib/units/clock.h"
#include "statsd/sink/event_rows.h"
#include "statsd/sink/spools.h"

struct ledger {
    struct gw_pg *pg;
    bool has_schema;         /* when last asked */
    int64_t ensured_from_us; /* every month between the two has its partition; 0 and 0: unknown */
    int64_t ensured_until_us;
};

/* An event that counts. */
struct fresh {
    const struct gw_usage_event *event;
    const uint8_t *spool_id;
    uint64_t seq;
};

struct flush {
    struct ledger *ledger;
    const struct gw_usage_batch *const *batches;
    size_t batch_count;
    struct spools spools;
    struct fresh *ended, *begun;
    size_t ended_count, begun_count;
    int64_t now_us;
    struct ledger_tally tally;
};

/* ---- Life ------------------------------------------------------------------------------- */

struct ledger *ledger_new(const char *conninfo)
{
    struct ledger *ledger = GW_NEW(struct ledger);

    ledger->pg = gw_pg_new(conninfo, "millrace-statsd writer");
    return ledger;
}

void ledger_free(struct ledger *ledger)
{
    if (ledger != NULL) {
        gw_pg_free(ledger->pg);
        gw_free(ledger);
    }
}

static void flush_init(struct flush *flush, struct ledger *ledger,
                       const struct gw_usage_batch *const *batches, size_t count)
{
    size_t events = 0;

    GW_CHECK(count > 0 && count <= LEDGER_BATCHES_MAX);
    for (size_t i = 0; i < count; i++) {
        events += batches[i]->count;
    }
    *flush = (struct flush){.ledger = ledger, .batches = batches, .batch_count = count};
    spools_init(&flush->spools, batches, count);
    flush->ended = gw_must_alloc((events + 1) * sizeof(struct fresh));
    flush->begun = gw_must_alloc((events + 1) * sizeof(struct fresh));
    flush->now_us = gw_clock_wall_us();
}

static void flush_fini(struct flush *flush)
{
    spools_fini(&flush->spools);
    gw_free(flush->ended);
    gw_free(flush->begun);
}

/* ---- The schema ------------------------------------------------------------------------- */

enum gw_err ledger_check(struct ledger *ledger, struct gw_fault *fault)
{
    /* The last thing that the migration of the usage tables makes. */
    static const char SQL[] = "select to_regclass('usage_begun_by_spool') is not null";
    struct gw_pg_rows *rows = NULL;

    GW_TRY(gw_pg_run(ledger->pg, SQL, NULL, &rows, fault));
    ledger->has_schema = gw_pg_bool(rows, 0, 0);
    gw_pg_rows_free(rows);
    if (!ledger->has_schema) {
        return gw_fail(fault, GW_E_UNAVAILABLE,
                       "the database has no usage tables yet; the control plane makes them");
    }
    return GW_OK;
}

static enum gw_err check_schema(struct ledger *ledger, struct gw_fault *fault)
{
    return ledger->has_schema ? GW_OK : ledger_check(ledger, fault);
}

static enum gw_err ensure_span(struct ledger *ledger, int64_t from_us, int64_t until_us,
                               struct gw_fault *fault)
{
    static const char SQL[] = "select usage_partitions_ensure($1, $2)";
    struct gw_pg_args args;
    enum gw_err err;

    gw_pg_args_init(&args);
    gw_pg_add_time(&args, from_us);
    gw_pg_add_time(&args, until_us);
    err = gw_pg_run(ledger->pg, SQL, &args, NULL, fault);
    gw_pg_args_fini(&args);
    return err;
}

enum gw_err ledger_ensure(struct ledger *ledger, int64_t from_us, int64_t until_us,
                          struct gw_fault *fault)
{
    GW_TRY(check_schema(ledger, fault));
    GW_TRY(ensure_span(ledger, from_us, until_us, fault));
    ledger->ensured_from_us = from_us;
    ledger->ensured_until_us = until_us;
    return GW_OK;
}

/* The partitions of all new rows; the span is widened, never torn, so that it has no holes. */
static enum gw_err ensure_partitions(struct flush *flush, struct gw_fault *fault)
{
    struct ledger *ledger = flush->ledger;
    int64_t from_us = ledger->ensured_from_us == 0 ? flush->now_us : ledger->ensured_from_us;
    int64_t until_us = ledger->ensured_from_us == 0 ? flush->now_us : ledger->ensured_until_us;

    for (size_t i = 0; i < flush->ended_count; i++) {
        int64_t at_us = flush->ended[i].event->ended.started_us;

        from_us = at_us < from_us ? at_us : from_us;
        until_us = at_us > until_us ? at_us : until_us;
    }
    if (from_us == ledger->ensured_from_us && until_us == ledger->ensured_until_us) {
        return GW_OK;
    }
    return ensure_span(ledger, from_us, until_us, fault);
}

/* ---- Events ----------------------------------------------------------------------------- */

static void sort_event(struct flush *flush, const struct gw_usage_event *event,
                       const uint8_t *spool_id, uint64_t seq)
{
    struct fresh fresh = {event, spool_id, seq};

    if (event->is_end) {
        flush->ended[flush->ended_count++] = fresh;
    } else {
        flush->begun[flush->begun_count++] = fresh;
    }
}

/* Asks about every number of a batch; what counts is sorted into ended and begun. */
static enum gw_err take_batch(struct flush *flush, const struct gw_usage_batch *batch,
                              struct gw_fault *fault)
{
    struct seen *seen = &spools_find(&flush->spools, batch->head.spool_id)->seen;
    uint64_t first = batch->head.first_seq, below;

    seen_lose(seen, batch->head.lost_below, flush->now_us);
    GW_TRY(seen_may_take(seen, first, batch->count, fault));
    if (batch->count > 0 && first > seen->below) {
        flush->tally.missing += first - seen->below;
    }
    below = seen->below;
    for (size_t i = 0; i < batch->count; i++) {
        if (!seen_take(seen, first + i, flush->now_us)) {
            flush->tally.repeated++;
            continue;
        }
        flush->tally.late += first + i < below ? 1 : 0;
        sort_event(flush, &batch->events[i], batch->head.spool_id, first + i);
    }
    return GW_OK;
}

static void tally_lost(struct flush *flush)
{
    for (size_t i = 0; i < flush->spools.count; i++) {
        const struct seen *seen = &flush->spools.at[i].seen;

        for (size_t j = 0; j < seen->closed_count; j++) {
            if (seen->closed[j].state == SEEN_LOST) {
                flush->tally.lost += seen->closed[j].last - seen->closed[j].first + 1;
            }
        }
    }
}

static enum gw_err write_ended(struct flush *flush, struct gw_fault *fault)
{
    struct rows rows;
    uint64_t inserted = 0;
    enum gw_err err = GW_OK;

    event_rows_init_ended(&rows);
    for (size_t i = 0; i < flush->ended_count && err == GW_OK; i++) {
        const struct fresh *fresh = &flush->ended[i];

        if (rows_is_full(&rows)) {
            err = event_rows_send_ended(&rows, flush->ledger->pg, &inserted, fault);
        }
        if (err == GW_OK) {
            event_rows_put_ended(&rows, &fresh->event->ended, fresh->spool_id, fresh->seq);
        }
    }
    if (err == GW_OK) {
        err = event_rows_send_ended(&rows, flush->ledger->pg, &inserted, fault);
    }
    rows_fini(&rows);
    flush->tally.counted = inserted;
    flush->tally.known = flush->ended_count - inserted;
    return err;
}

static int compare_requests(const void *a, const void *b)
{
    const struct fresh *left = a, *right = b;

    return memcmp(left->event->ended.request_id, right->event->ended.request_id,
                  GW_REQUEST_ID_SIZE);
}

/* Whether the end of a beginning is in this very flush: then the pair leaves no row behind. */
static bool ends_here(const struct flush *flush, const struct fresh *begun)
{
    struct gw_usage_event wanted_event = {.is_end = true};
    struct fresh wanted = {.event = &wanted_event};

    memcpy(wanted_event.ended.request_id, begun->event->begun.request_id, GW_REQUEST_ID_SIZE);
    return bsearch(&wanted, flush->ended, flush->ended_count, sizeof(wanted), compare_requests) !=
           NULL;
}

/* After write_ended(), whose rows tell the beginnings that come late. */
static enum gw_err write_begun(struct flush *flush, struct gw_fault *fault)
{
    struct rows rows;
    enum gw_err err = GW_OK;

    qsort(flush->ended, flush->ended_count, sizeof(*flush->ended), compare_requests);
    event_rows_init_begun(&rows);
    for (size_t i = 0; i < flush->begun_count && err == GW_OK; i++) {
        const struct fresh *fresh = &flush->begun[i];

        if (ends_here(flush, fresh)) {
            continue;
        }
        if (rows_is_full(&rows)) {
            err = event_rows_send_begun(&rows, flush->ledger->pg, fault);
        }
        if (err == GW_OK) {
            event_rows_put_begun(&rows, &fresh->event->begun, fresh->spool_id, fresh->seq);
            flush->tally.begun++;
        }
    }
    if (err == GW_OK) {
        err = event_rows_send_begun(&rows, flush->ledger->pg, fault);
    }
    rows_fini(&rows);
    return err;
}

/* ---- The transaction -------------------------------------------------------------------- */

static enum gw_err write_all(struct flush *flush, struct gw_fault *fault)
{
    GW_TRY(spools_lock(&flush->spools, flush->ledger->pg, fault));
    for (size_t i = 0; i < flush->batch_count; i++) {
        GW_TRY(take_batch(flush, flush->batches[i], fault));
    }
    tally_lost(flush);
    GW_TRY(ensure_partitions(flush, fault));
    GW_TRY(write_ended(flush, fault));
    GW_TRY(write_begun(flush, fault));
    GW_TRY(spools_store(&flush->spools, flush->ledger->pg, fault));
    return gw_pg_commit(flush->ledger->pg, fault);
}

enum gw_err ledger_write(struct ledger *ledger, const struct gw_usage_batch *const *batches,
                         size_t count, struct ledger_tally *ret_tally, struct gw_fault *fault)
{
    struct flush flush;
    enum gw_err err;

    GW_TRY(check_schema(ledger, fault));
    GW_TRY(gw_pg_begin(ledger->pg, fault));
    flush_init(&flush, ledger, batches, count);
    err = write_all(&flush, fault);
    if (err == GW_OK) {
        *ret_tally = flush.tally;
    } else {
        gw_pg_rollback(ledger->pg);
    }
    flush_fini(&flush);
    return err;
}
