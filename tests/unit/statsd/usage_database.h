/* SPDX-License-Identifier: MIT */
/*
 * usage_database - a scratch database with the schema, and events to put into it.
 */
#ifndef TESTS_UNIT_STATSD_USAGE_DATABASE_H
#define TESTS_UNIT_STATSD_USAGE_DATABASE_H

#include "lib/base/check.h"
#include "lib/pg/migrate.h"
#include "lib/units/clock.h"
#include "lib/wire/usage.h"
#include "tests/support/scratch_pg.h"

static char usage_conninfo[320];

static inline void usage_script(const char *sql)
{
    struct gw_pg *pg = gw_pg_new(usage_conninfo, "test");
    struct gw_fault fault = {""};

    if (gw_pg_script(pg, sql, &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
    gw_pg_free(pg);
}

/* The first column of the first row, as text; valid until the next call. */
static inline const char *usage_ask(const char *sql)
{
    static char text[256];
    struct gw_pg *pg = gw_pg_new(usage_conninfo, "test");
    struct gw_pg_rows *rows = NULL;
    struct gw_fault fault = {""};
    struct gw_text value;

    if (gw_pg_run(pg, sql, NULL, &rows, &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
    value = gw_pg_count(rows) == 0 ? GW_TEXT("") : gw_pg_text(rows, 0, 0);
    snprintf(text, sizeof(text), "%.*s", GW_TEXT_ARG(value));
    gw_pg_rows_free(rows);
    gw_pg_free(pg);
    return text;
}

static inline int64_t usage_count(const char *sql)
{
    return strtoll(usage_ask(sql), NULL, 10);
}

/* Once per program. */
static inline int usage_database_make(void **state)
{
    struct gw_pg_migrated migrated;
    struct gw_fault fault = {""};
    struct gw_pg *pg;

    (void)state;
    snprintf(usage_conninfo, sizeof(usage_conninfo), "%s", scratch_pg());
    pg = gw_pg_new(usage_conninfo, "test");
    if (gw_pg_migrate(pg, GW_SOURCE_DIR "/db/migrations", &migrated, &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
    gw_pg_free(pg);
    return 0;
}

static inline int usage_database_empty(void **state)
{
    (void)state;
    usage_script("truncate usage_ledger, usage_hourly, usage_begun, usage_gap, usage_mark");
    return 0;
}

/* Nobody gets in any more, and who was in is out; or as before again. */
static inline void usage_database_allow(bool is_allowed)
{
    char sql[512];
    struct gw_pg *pg = gw_pg_new(scratch_pg_server(), "test");
    struct gw_fault fault = {""};
    const char *name = strstr(usage_conninfo, "dbname=t") + strlen("dbname=");

    snprintf(sql, sizeof(sql),
             "alter database %s with allow_connections %s;"
             "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
             " where datname = '%s' and not %s",
             name, is_allowed ? "true" : "false", name, is_allowed ? "true" : "false");
    if (gw_pg_script(pg, sql, &fault) != GW_OK) {
        fail_msg("%s", fault.text);
    }
    gw_pg_free(pg);
}

/* The hourly sums and what the ledger says they must be, row by row: how many differ. */
static inline int64_t usage_differences(void)
{
    return usage_count(
        "with truth as (select date_trunc('hour', created_at, 'UTC') as hour, user_id, key_id,"
        " provider_id, model, dialect, count(*) as requests,"
        " count(*) filter (where outcome = 'success') as successes,"
        " count(*) filter (where outcome like 'provider%' or outcome = 'vanished') as failures,"
        " count(*) filter (where outcome = 'refused') as refusals,"
        " count(*) filter (where outcome = 'client_left') as departures,"
        " coalesce(sum(input_tokens), 0) as input_tokens,"
        " coalesce(sum(output_tokens), 0) as output_tokens,"
        " coalesce(sum(cache_read_tokens), 0) as cache_read_tokens,"
        " coalesce(sum(cache_write_5m_tokens), 0) as cache_write_5m_tokens,"
        " coalesce(sum(cache_write_1h_tokens), 0) as cache_write_1h_tokens,"
        " coalesce(sum(reasoning_tokens), 0) as reasoning_tokens, sum(cost_usd) as cost_usd,"
        " sum(duration_us) as duration_us, coalesce(sum(first_content_us), 0) as first_content_us,"
        " count(first_content_us) as first_contents"
        " from usage_ledger group by 1, 2, 3, 4, 5, 6)"
        " select (select count(*) from (table truth except table usage_hourly) as more)"
        " + (select count(*) from (table usage_hourly except table truth) as less)");
}

/* ---- Events ----------------------------------------------------------------------------- */

/* The end of exchange `number`: what it is made of follows from the number alone. */
static inline struct gw_usage_event usage_end(uint32_t number, int64_t started_us)
{
    struct gw_usage_event event = {
        .is_end = true,
        .ended =
            {
                .started_us = started_us,
                .ended_us = started_us + 1000 * (int64_t)(number % 100 + 1),
                .outcome = (enum gw_outcome)(1 + number % 6),
                .status = 200,
                .user_id = 1 + number % 3,
                .key_id = 10 + number % 4,
                .provider_id = 20 + number % 2,
                .endpoint = GW_TEXT("/v1/messages"),
                .dialect = GW_TEXT("claude"),
                .model = number % 2 == 0 ? GW_TEXT("m-even") : GW_TEXT("m-odd"),
                .original_model = GW_TEXT("m"),
                .response_model = GW_TEXT("m-1"),
                .streamed = true,
                .first_byte_us = 10,
                .first_content_us = number % 5 == 0 ? -1 : 20,
                .tokens = {.input = number,
                           .output = 2,
                           .known = GW_TOKENS_INPUT | GW_TOKENS_OUTPUT},
                .client_ip = GW_TEXT("192.0.2.1"),
                .user_agent = GW_TEXT("say \"hi\", {you} \\"),
                .cost_multiplier = GW_TEXT("1.25"),
            },
    };

    memcpy(event.ended.request_id, &number, sizeof(number));
    return event;
}

static inline struct gw_usage_event usage_begin(uint32_t number, int64_t at_us)
{
    struct gw_usage_event event = {
        .begun = {.at_us = at_us,
                  .user_id = 1,
                  .key_id = 10,
                  .provider_id = 20,
                  .model = GW_TEXT("m"),
                  .endpoint = GW_TEXT("/v1/messages")},
    };

    memcpy(event.begun.request_id, &number, sizeof(number));
    return event;
}

/* A batch of `count` ends: exchange number n is event number n of spool `spool`. */
struct usage_run {
    struct gw_usage_batch batch;
    struct gw_usage_event events[64];
};

static inline void usage_run(struct usage_run *run, uint8_t spool, uint64_t first, size_t count)
{
    static int64_t base_us;

    if (base_us == 0) {
        base_us = gw_clock_wall_us() - 3 * GW_US_PER_HOUR;
    }
    assert_true(count <= 64);
    memset(run, 0, sizeof(*run));
    memset(run->batch.head.spool_id, spool, GW_SPOOL_ID_SIZE);
    run->batch.head.node = GW_TEXT("plane-1");
    run->batch.head.first_seq = first;
    run->batch.events = run->events;
    run->batch.count = count;
    for (size_t i = 0; i < count; i++) {
        uint32_t number = ((uint32_t)spool << 24) + (uint32_t)(first + i);

        run->events[i] = usage_end(number, base_us + 60 * GW_US_PER_SECOND * (int64_t)(first + i));
    }
}

#endif
