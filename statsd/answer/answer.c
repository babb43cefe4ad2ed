/* SPDX-License-Identifier: MIT */
/*
 * A window is cut where hours begin:
 *
 *      from        first hour           last hour        until
 *   ----|-------------|--------------------|---------------|----
 *          usage_ledger     usage_hourly      usage_ledger
 *
 * so that a window of a month reads some hundred rows and is exact to the microsecond all the
 * same. A window without a whole hour is read from the ledger alone. One statement reads all
 * three, so it sees all of a flush or nothing of it.
 */
#include "statsd/answer/answer.h"

#include "lib/base/check.h"
#include "lib/report/log.h"
#include "lib/units/clock.h"
#include "statsd/answer/reader.h"
#include "statsd/sink/figures.h"

/* $1 whose; $2..$3 before the first hour, $3..$4 whole hours, $4..$5 after the last. */
#define SUM_OF(column)                                                                             \
    "select coalesce(sum(cost_usd), 0)::numeric(38, 15), coalesce(sum(requests), 0)::bigint,"      \
    " statement_timestamp() from ("                                                                \
    " select cost_usd, requests from usage_hourly"                                                 \
    "  where " column " = $1 and hour >= $3 and hour < $4"                                         \
    " union all select sum(cost_usd), count(*) from usage_ledger"                                  \
    "  where " column " = $1 and created_at >= $2 and created_at < $3"                             \
    " union all select sum(cost_usd), count(*) from usage_ledger"                                  \
    "  where " column " = $1 and created_at >= $4 and created_at < $5) as parts"

static const char *statement(enum gw_sum_subject subject)
{
    switch (subject) {
    case GW_SUM_USER:
        return SUM_OF("user_id");
    case GW_SUM_KEY:
        return SUM_OF("key_id");
    case GW_SUM_PROVIDER:
        return SUM_OF("provider_id");
    }
    return NULL;
}

#define TIME_MAX_US                                                                                \
    (INT64_C(7258118400) * GW_US_PER_SECOND) /* the year 2200: any later is "ever" */

/* Where the window is cut. Times are after 1970, so division rounds down. */
struct cuts {
    int64_t from_us, first_hour_us, last_hour_us, until_us;
};

static struct cuts cut(const struct gw_sum_question *question, int64_t now_us)
{
    struct cuts cuts;

    cuts.from_us = question->from_us == 0 ? GW_US_PER_HOUR : question->from_us;
    cuts.until_us = question->until_us == 0 ? now_us : question->until_us;
    cuts.from_us = cuts.from_us > TIME_MAX_US ? TIME_MAX_US : cuts.from_us;
    cuts.until_us = cuts.until_us > TIME_MAX_US ? TIME_MAX_US : cuts.until_us;
    if (cuts.until_us < cuts.from_us) {
        cuts.until_us = cuts.from_us;
    }
    cuts.first_hour_us = (cuts.from_us + GW_US_PER_HOUR - 1) / GW_US_PER_HOUR * GW_US_PER_HOUR;
    cuts.last_hour_us = cuts.until_us / GW_US_PER_HOUR * GW_US_PER_HOUR;
    if (cuts.last_hour_us < cuts.first_hour_us) {
        cuts.first_hour_us = cuts.last_hour_us = cuts.until_us; /* no whole hour in it */
    }
    return cuts;
}

enum gw_err answer_read(struct gw_pg *pg, const struct gw_sum_question *question,
                        struct gw_sum_answer *ret_answer, struct gw_fault *fault)
{
    /* "Now" is a day from now: clocks of data planes may be ahead of ours. */
    const struct cuts cuts = cut(question, gw_clock_wall_us() + 24 * GW_US_PER_HOUR);
    struct gw_pg_rows *rows = NULL;
    struct gw_pg_args args;
    enum gw_err err;

    gw_pg_args_init(&args);
    gw_pg_add_i64(&args, (int64_t)question->id);
    gw_pg_add_time(&args, cuts.from_us);
    gw_pg_add_time(&args, cuts.first_hour_us);
    gw_pg_add_time(&args, cuts.last_hour_us);
    gw_pg_add_time(&args, cuts.until_us);
    err = gw_pg_run(pg, statement(question->subject), &args, &rows, fault);
    gw_pg_args_fini(&args);
    GW_TRY(err);
    if (gw_money_parse(gw_pg_text(rows, 0, 0), &ret_answer->cost) != GW_OK) {
        err = gw_fail(fault, GW_E_INTERNAL, "a sum of the ledger is beyond what money holds");
    }
    ret_answer->requests = (uint64_t)gw_pg_i64(rows, 0, 1);
    ret_answer->as_of_us = gw_pg_time(rows, 0, 2);
    gw_pg_rows_free(rows);
    return err;
}

/* ---- Over gRPC -------------------------------------------------------------------------- */

struct answer {
    struct gw_loop *loop;
    struct gw_pool *readers;
    struct gw_metrics *metrics;
};

struct asking {
    struct gw_job job;
    struct answer *answer;
    struct gw_rpc_question *question;
    struct gw_sum_question asked;
    struct gw_sum_answer sum;
    enum gw_err err;
    struct gw_fault fault;
};

static void work(struct gw_job *job, void *context)
{
    struct asking *asking = GW_CONTAINER(job, struct asking, job);
    struct gw_pg *pg;

    asking->err = reader_pg(context, &pg, &asking->fault);
    if (asking->err == GW_OK) {
        asking->err = answer_read(pg, &asking->asked, &asking->sum, &asking->fault);
    }
}

static void reply(struct asking *asking)
{
    struct gw_buf buf;

    gw_buf_init(&buf, 4096);
    if (asking->err == GW_OK) {
        asking->err = gw_sum_answer_pack(&asking->sum, &buf);
    }
    if (asking->err != GW_OK) {
        gw_log_limited(GW_LOG_WARN, "sum_failed", GW_LOG_ERR(asking->err),
                       GW_LOG_FAULT(&asking->fault));
    }
    gw_metric_count(asking->answer->metrics, FIGURE_SUMS,
                    gw_metric_series(asking->answer->metrics, FIGURE_SUMS,
                                     asking->err == GW_OK ? END_OK : END_FAILED, 0));
    gw_rpc_answer(asking->question, asking->err, gw_buf_text(&buf), asking->fault.text);
    gw_buf_fini(&buf);
}

static void done(struct gw_job *job)
{
    struct asking *asking = GW_CONTAINER(job, struct asking, job);

    reply(asking);
    gw_free(asking);
}

void answer_question(struct answer *answer, struct gw_rpc_question *question,
                     struct gw_text request)
{
    struct asking *asking = GW_NEW(struct asking);

    asking->answer = answer;
    asking->question = question;
    asking->job = (struct gw_job){.loop = answer->loop, .work = work, .done = done};
    asking->err = gw_sum_question_unpack(request, &asking->asked, &asking->fault);
    if (asking->err == GW_OK) {
        asking->err = gw_pool_submit(answer->readers, &asking->job);
    }
    if (asking->err != GW_OK) {
        done(&asking->job);
    }
}

struct answer *answer_new(struct gw_loop *loop, struct gw_pool *readers, struct gw_metrics *metrics)
{
    struct answer *answer = GW_NEW(struct answer);

    *answer = (struct answer){.loop = loop, .readers = readers, .metrics = metrics};
    return answer;
}

void answer_free(struct answer *answer)
{
    gw_free(answer);
}
