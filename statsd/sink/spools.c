/* SPDX-License-Identifier: MIT */
/*
 * The row of usage_mark is the lock on its spool. Locks are taken in the order of the ids, so
 * that two writers cannot hold one each and wait for the other.
 */
#include "statsd/sink/spools.h"

#include <stdlib.h>

#include "lib/base/check.h"
#include "lib/codec/digest.h"
#include "statsd/sink/rows.h"

/* ---- Life ------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    return memcmp(((const struct spool *)a)->id, ((const struct spool *)b)->id, GW_SPOOL_ID_SIZE);
}

void spools_init(struct spools *spools, const struct gw_usage_batch *const *batches, size_t count)
{
    struct spool *at = gw_must_alloc(count * sizeof(*at));

    for (size_t i = 0; i < count; i++) {
        at[i] = (struct spool){.id = batches[i]->head.spool_id, .node = batches[i]->head.node};
    }
    qsort(at, count, sizeof(*at), compare);
    *spools = (struct spools){.at = at};
    for (size_t i = 0; i < count; i++) {
        if (spools->count == 0 || compare(&at[spools->count - 1], &at[i]) != 0) {
            at[spools->count++] = at[i];
        }
    }
    for (size_t i = 0; i < spools->count; i++) {
        seen_init(&at[i].seen, 1);
    }
}

void spools_fini(struct spools *spools)
{
    for (size_t i = 0; i < spools->count; i++) {
        seen_fini(&spools->at[i].seen);
    }
    gw_free(spools->at);
}

struct spool *spools_find(const struct spools *spools, const uint8_t *id)
{
    struct spool wanted = {.id = id};

    return bsearch(&wanted, spools->at, spools->count, sizeof(wanted), compare);
}

/* ---- Marks and gaps --------------------------------------------------------------------- */
/* The spool whose id stands in hex in column 0. */
static struct spool *spool_of_row(const struct spools *spools, const struct gw_pg_rows *rows,
                                  size_t row)
{
    uint8_t id[GW_SPOOL_ID_SIZE];

    if (gw_unhex(gw_pg_text(rows, row, 0), id, sizeof(id)) != GW_OK) {
        return NULL;
    }
    return spools_find(spools, id);
}

/* The update of the node's name is what takes the lock on a mark that is there already. */
static enum gw_err lock_marks(struct spools *spools, struct gw_pg *pg, struct gw_fault *fault)
{
    static const char SQL[] =
        "insert into usage_mark (spool_id, node)"
        " select * from unnest($1::uuid[], $2::text[]) as spool (id, node) order by id"
        " on conflict (spool_id) do update set node = excluded.node"
        " returning encode(uuid_send(spool_id), 'hex'), counted_below";
    struct gw_pg_rows *marks = NULL;
    struct rows rows;
    enum gw_err err;

    rows_init(&rows, 2);
    for (size_t i = 0; i < spools->count; i++) {
        rows_put_uuid(&rows, spools->at[i].id);
        rows_put_text(&rows, spools->at[i].node);
    }
    err = rows_run(&rows, pg, SQL, &marks, fault);
    for (size_t i = 0; err == GW_OK && i < gw_pg_count(marks); i++) {
        struct spool *spool = spool_of_row(spools, marks, i);

        if (spool != NULL) {
            seen_init(&spool->seen, (uint64_t)gw_pg_i64(marks, i, 1));
        }
    }
    gw_pg_rows_free(marks);
    rows_fini(&rows);
    return err;
}

static enum gw_err read_gaps(struct spools *spools, struct gw_pg *pg, struct gw_fault *fault)
{
    static const char SQL[] =
        "select encode(uuid_send(spool_id), 'hex'), first_seq, last_seq, found_at from usage_gap"
        " where state = 'open' and spool_id = any($1::uuid[]) order by spool_id, first_seq";
    struct gw_pg_rows *gaps = NULL;
    struct rows rows;
    enum gw_err err;

    rows_init(&rows, 1);
    for (size_t i = 0; i < spools->count; i++) {
        rows_put_uuid(&rows, spools->at[i].id);
    }
    err = rows_run(&rows, pg, SQL, &gaps, fault);
    for (size_t i = 0; err == GW_OK && i < gw_pg_count(gaps); i++) {
        struct spool *spool = spool_of_row(spools, gaps, i);

        if (spool != NULL) {
            seen_add_open(&spool->seen, (uint64_t)gw_pg_i64(gaps, i, 1),
                          (uint64_t)gw_pg_i64(gaps, i, 2), gw_pg_time(gaps, i, 3));
        }
    }
    gw_pg_rows_free(gaps);
    rows_fini(&rows);
    return err;
}

static enum gw_err move_marks(const struct spools *spools, struct gw_pg *pg, struct gw_fault *fault)
{
    static const char SQL[] = "update usage_mark set counted_below = new.below, moved_at = now()"
                              " from unnest($1::uuid[], $2::bigint[]) as new (id, below)"
                              " where spool_id = new.id and counted_below <> new.below";
    struct rows rows;
    enum gw_err err;

    rows_init(&rows, 2);
    for (size_t i = 0; i < spools->count; i++) {
        rows_put_uuid(&rows, spools->at[i].id);
        rows_put_i64(&rows, (int64_t)spools->at[i].seen.below);
    }
    err = rows_run(&rows, pg, SQL, NULL, fault);
    rows_fini(&rows);
    return err;
}

static enum gw_err put_gaps(const struct spool *spool, struct rows *rows, struct gw_pg *pg,
                            struct gw_fault *fault)
{
    static const char SQL[] =
        "insert into usage_gap (spool_id, first_seq, last_seq, state, found_at, closed_at)"
        " select spool_id, first_seq, last_seq, state,"
        " timestamptz 'epoch' + found_us * interval '1 microsecond',"
        " case when state <> 'open' then now() end"
        " from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[])"
        " as gap (spool_id, first_seq, last_seq, state, found_us)";
    const struct seen *seen = &spool->seen;

    for (size_t i = 0; i < seen->open_count + seen->closed_count; i++) {
        const struct seen_range *range = i < seen->open_count ? &seen->open[i]
                                                              : &seen->closed[i - seen->open_count];

        if (rows_is_full(rows)) {
            GW_TRY(rows_run(rows, pg, SQL, NULL, fault));
        }
        rows_put_uuid(rows, spool->id);
        rows_put_i64(rows, (int64_t)range->first);
        rows_put_i64(rows, (int64_t)range->last);
        rows_put_str(rows, seen_state_name(range->state));
        rows_put_i64(rows, range->found_us);
    }
    return rows_run(rows, pg, SQL, NULL, fault);
}

/* The open gaps of a spool are stored anew as a whole; nearly always there are none. */
static enum gw_err store_gaps(const struct spools *spools, struct gw_pg *pg, struct gw_fault *fault)
{
    static const char SQL[] =
        "delete from usage_gap where state = 'open' and spool_id = any($1::uuid[])";
    struct rows old, rows;
    enum gw_err err = GW_OK;

    rows_init(&old, 1);
    rows_init(&rows, 5);
    for (size_t i = 0; i < spools->count && err == GW_OK; i++) {
        if (spools->at[i].seen.gaps_changed) {
            rows_put_uuid(&old, spools->at[i].id);
            err = rows_run(&old, pg, SQL, NULL, fault);
            err = err == GW_OK ? put_gaps(&spools->at[i], &rows, pg, fault) : err;
        }
    }
    rows_fini(&rows);
    rows_fini(&old);
    return err;
}

enum gw_err spools_lock(struct spools *spools, struct gw_pg *pg, struct gw_fault *fault)
{
    GW_TRY(lock_marks(spools, pg, fault));
    return read_gaps(spools, pg, fault);
}

enum gw_err spools_store(struct spools *spools, struct gw_pg *pg, struct gw_fault *fault)
{
    GW_TRY(store_gaps(spools, pg, fault));
    return move_marks(spools, pg, fault);
}
