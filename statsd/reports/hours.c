/* SPDX-License-Identifier: MIT */
#include "statsd/reports/reports.h"

#include "lib/base/check.h"
#include "lib/rest/input.h"
#include "lib/rest/problem.h"
#include "lib/units/clock.h"
#include "statsd/answer/reader.h"

#define SPAN_MAX_US (INT64_C(31) * 24 * GW_US_PER_HOUR)
#define ROWS_MAX    40000 /* of about 350 bytes: below what a reply may have */

static const char *const GROUPS[] = {"none", "user", "key", "provider", "model", NULL};

/* $1 and $2 the window, $3 the user or null, $4 how many. */
#define HOURS(id, name, join)                                                                      \
    "select sums.hour, sums.group_id, " name ", requests, failures, input_tokens,"                 \
    " output_tokens, cache_write_5m_tokens + cache_write_1h_tokens, cache_read_tokens,"            \
    " cache_write_5m_tokens, cache_write_1h_tokens, cost_usd from ("                               \
    " select hour, " id " as group_id, sum(requests) as requests, sum(failures) as failures,"      \
    "  sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens,"                    \
    "  sum(cache_write_5m_tokens) as cache_write_5m_tokens,"                                       \
    "  sum(cache_write_1h_tokens) as cache_write_1h_tokens,"                                       \
    "  sum(cache_read_tokens) as cache_read_tokens, sum(cost_usd) as cost_usd"                     \
    " from usage_hourly where hour >= $1 and hour < $2"                                            \
    " and ($3::bigint is null or user_id = $3)"                                                    \
    " group by 1, 2 order by 1, 2 limit $4) as sums " join " order by sums.hour, sums.group_id"

static const char *const STATEMENTS[] = {
    HOURS("null::bigint", "null", ""),
    HOURS("user_id", "named.name", "left join user_names as named on named.id = sums.group_id"),
    HOURS("key_id", "named.name", "left join key_names as named on named.id = sums.group_id"),
    HOURS("provider_id", "named.name",
          "left join provider_names as named on named.id = sums.group_id"),
    HOURS("model", "sums.group_id", ""),
};
enum { GROUP_NONE, GROUP_USER, GROUP_KEY, GROUP_PROVIDER, GROUP_MODEL };

struct window {
    int64_t from_us, to_us;
    size_t group;
};

/* ---- The question ----------------------------------------------------------------------- */

static void need_time(struct gw_rest_input *input, const char *name, int64_t *ret_us)
{
    size_t problems = input->problems.count;

    if (!gw_rest_query_time(input, name, ret_us) && input->problems.count == problems) {
        gw_json_problems_add(&input->problems, name, GW_JSON_CODE_REQUIRED, "is required");
    }
}

static void read_window(struct gw_rest_input *input, struct window *window)
{
    *window = (struct window){.group = GROUP_NONE};
    need_time(input, "from", &window->from_us);
    need_time(input, "to", &window->to_us);
    gw_rest_query_enum(input, "groupBy", GROUPS, &window->group);
    if (input->problems.count > 0) {
        return;
    }
    if (window->from_us <= 0 || window->to_us <= window->from_us) {
        gw_json_problems_add(&input->problems, "to", GW_JSON_CODE_TOO_SMALL, "must be after from");
    } else if (window->to_us - window->from_us > SPAN_MAX_US) {
        gw_json_problems_add(&input->problems, "to", GW_JSON_CODE_TOO_BIG,
                             "must be at most 31 days after from");
    }
    window->from_us -= window->from_us % GW_US_PER_HOUR;
}

/* ---- The answer ------------------------------------------------------------------------- */

static void put_group(struct gw_json_out *out, const struct gw_pg_rows *rows, size_t row,
                      size_t group)
{
    bool has_id = group == GROUP_USER || group == GROUP_KEY || group == GROUP_PROVIDER;

    if (has_id && gw_pg_i64(rows, row, 1) != 0) {
        gw_json_put_int(out, "groupId", gw_pg_i64(rows, row, 1));
    } else {
        gw_json_put_null(out, "groupId");
    }
    if (gw_pg_is_null(rows, row, 2)) {
        gw_json_put_null(out, "groupName");
    } else {
        gw_json_put_text(out, "groupName", gw_pg_text(rows, row, 2));
    }
}

static void put_row(struct gw_json_out *out, const struct gw_pg_rows *rows, size_t row,
                    size_t group)
{
    static const char *const FIGURES[] = {
        "requests",
        "failures",
        "inputTokens",
        "outputTokens",
        "cacheCreationInputTokens",
        "cacheReadInputTokens",
        "cacheCreation5mInputTokens",
        "cacheCreation1hInputTokens",
    };

    gw_json_open_object(out);
    gw_json_put_time(out, "hour", gw_pg_time(rows, row, 0));
    put_group(out, rows, row, group);
    for (size_t i = 0; i < GW_COUNT(FIGURES); i++) {
        gw_json_put_int(out, FIGURES[i], gw_pg_i64(rows, row, 3 + (int)i));
    }
    gw_json_put_text(out, "costUsd", gw_pg_text(rows, row, 3 + (int)GW_COUNT(FIGURES)));
    gw_json_close_object(out);
}

static enum gw_err reply(struct gw_rest_call *call, const struct gw_pg_rows *rows,
                         const struct window *window)
{
    struct gw_json_out out;

    gw_rest_reply_begin(call, &out);
    gw_json_open_object(&out);
    gw_json_key(&out, "items");
    gw_json_open_array(&out);
    for (size_t row = 0; row < gw_pg_count(rows); row++) {
        put_row(&out, rows, row, window->group);
    }
    gw_json_close_array(&out);
    gw_json_put_time(&out, "from", window->from_us);
    gw_json_put_time(&out, "to", window->to_us);
    gw_json_put_str(&out, "groupBy", GROUPS[window->group]);
    gw_json_close_object(&out);
    return gw_rest_reply_end(call, &out, 200);
}

static enum gw_err find(struct gw_rest_call *call, const struct window *window,
                        struct gw_fault *fault)
{
    struct gw_pg_rows *rows = NULL;
    struct gw_pg_args args;
    struct gw_pg *pg;
    enum gw_err err;

    GW_TRY(reader_pg(call->context, &pg, fault));
    gw_pg_args_init(&args);
    gw_pg_add_time(&args, window->from_us);
    gw_pg_add_time(&args, window->to_us);
    if (call->principal.access < GW_REST_ADMIN) {
        gw_pg_add_i64(&args, call->principal.user_id);
    } else {
        gw_pg_add_null(&args);
    }
    gw_pg_add_i64(&args, ROWS_MAX + 1);
    err = gw_pg_run(pg, STATEMENTS[window->group], &args, &rows, fault);
    gw_pg_args_fini(&args);
    if (err == GW_OK && gw_pg_count(rows) > ROWS_MAX) {
        gw_rest_refuse(call, 422, NULL, "too many rows; ask for fewer days");
    } else if (err == GW_OK) {
        err = reply(call, rows, window);
    }
    gw_pg_rows_free(rows);
    return err;
}

enum gw_err reports_hours(struct gw_rest_call *call, struct gw_fault *fault)
{
    struct gw_rest_input input;
    struct window window;
    enum gw_err err = GW_OK;

    gw_rest_input_init(&input, call);
    read_window(&input, &window);
    if (gw_rest_input_accept(&input)) {
        err = find(call, &window, fault);
    }
    gw_rest_input_fini(&input);
    return err;
}
