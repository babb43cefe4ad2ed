/* SPDX-License-Identifier: MIT */
/*
 * The columns stand three times: in the order of put, in the names after "as ended", and in what
 * is inserted. Keep them in step; PostgreSQL refuses a wrong number, the tests a wrong order.
 */
#include "statsd/sink/event_rows.h"

#include "lib/base/check.h"
#include "lib/json/json_out.h"
#include "lib/units/money.h"

#define ENDED_COLUMNS 29
static const char ENDED_SQL[] =
    "with ended as ("
    " select *, timestamptz 'epoch' + created_us * interval '1 microsecond' as created_at"
    " from unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[],"
    "  $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::integer[],"
    "  $13::boolean[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[],"
    "  $19::bigint[], $20::numeric[], $21::bigint[], $22::bigint[], $23::bigint[], $24::text[],"
    "  $25::text[], $26::text[], $27::jsonb[], $28::uuid[], $29::bigint[])"
    " as given (created_us, request_id, user_id, key_id, provider_id, model,"
    "  original_model, response_model, endpoint, dialect, outcome, status_code, is_stream,"
    "  input_tokens, output_tokens, cache_read_tokens, cache_write_5m_tokens,"
    "  cache_write_1h_tokens, reasoning_tokens, cost_multiplier, duration_us, first_byte_us,"
    "  first_content_us, client_ip, user_agent, error_message, attempts, spool_id, seq)"
    "), forgotten as ("
    " delete from usage_begun using ended where usage_begun.request_id = ended.request_id"
    "), fresh as ("
    " insert into usage_ledger (created_at, request_id, user_id, key_id, provider_id, model,"
    "  original_model, response_model, endpoint, dialect, outcome, status_code, is_stream,"
    "  input_tokens, output_tokens, cache_read_tokens, cache_write_5m_tokens,"
    "  cache_write_1h_tokens, reasoning_tokens, cost_multiplier, duration_us, first_byte_us,"
    "  first_content_us, client_ip, user_agent, error_message, attempts, spool_id, seq)"
    " select created_at, request_id, user_id, key_id, provider_id, model,"
    "  original_model, response_model, endpoint, dialect, outcome, status_code, is_stream,"
    "  input_tokens, output_tokens, cache_read_tokens, cache_write_5m_tokens,"
    "  cache_write_1h_tokens, reasoning_tokens, cost_multiplier, duration_us, first_byte_us,"
    "  first_content_us, client_ip, user_agent, error_message, attempts, spool_id, seq"
    " from ended on conflict (request_id, created_at) do nothing returning *"
    "), sums as ("
    " insert into usage_hourly as hourly (hour, user_id, key_id, provider_id, model, dialect,"
    "  requests, successes, failures, refusals, departures, input_tokens, output_tokens,"
    "  cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, reasoning_tokens,"
    "  cost_usd, duration_us, first_content_us, first_contents)"
    " select date_trunc('hour', created_at, 'UTC'), user_id, key_id, provider_id, model, dialect,"
    "  count(*), count(*) filter (where outcome = 'success'),"
    "  count(*) filter (where outcome in ('provider_error', 'provider_failed', 'vanished')),"
    "  count(*) filter (where outcome = 'refused'),"
    "  count(*) filter (where outcome = 'client_left'),"
    "  coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0),"
    "  coalesce(sum(cache_read_tokens), 0), coalesce(sum(cache_write_5m_tokens), 0),"
    "  coalesce(sum(cache_write_1h_tokens), 0), coalesce(sum(reasoning_tokens), 0),"
    "  sum(cost_usd), sum(duration_us), coalesce(sum(first_content_us), 0),"
    "  count(first_content_us)"
    " from fresh group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6"
    " on conflict (hour, user_id, key_id, provider_id, model, dialect) do update set"
    "  requests = hourly.requests + excluded.requests,"
    "  successes = hourly.successes + excluded.successes,"
    "  failures = hourly.failures + excluded.failures,"
    "  refusals = hourly.refusals + excluded.refusals,"
    "  departures = hourly.departures + excluded.departures,"
    "  input_tokens = hourly.input_tokens + excluded.input_tokens,"
    "  output_tokens = hourly.output_tokens + excluded.output_tokens,"
    "  cache_read_tokens = hourly.cache_read_tokens + excluded.cache_read_tokens,"
    "  cache_write_5m_tokens = hourly.cache_write_5m_tokens + excluded.cache_write_5m_tokens,"
    "  cache_write_1h_tokens = hourly.cache_write_1h_tokens + excluded.cache_write_1h_tokens,"
    "  reasoning_tokens = hourly.reasoning_tokens + excluded.reasoning_tokens,"
    "  cost_usd = hourly.cost_usd + excluded.cost_usd,"
    "  duration_us = hourly.duration_us + excluded.duration_us,"
    "  first_content_us = hourly.first_content_us + excluded.first_content_us,"
    "  first_contents = hourly.first_contents + excluded.first_contents"
    ") select count(*) from fresh";

/*
 * A beginning that comes after its end (its number lay in a gap) must not stay open for ever.
 * The end's row is looked for near that time only, so that one partition is asked, not all.
 */
#define BEGUN_COLUMNS 9
static const char BEGUN_SQL[] =
    "insert into usage_begun (request_id, begun_at, user_id, key_id, provider_id, model, endpoint,"
    "  spool_id, seq)"
    " select request_id, begun_at, user_id, key_id, provider_id, model, endpoint, spool_id, seq"
    " from (select *, timestamptz 'epoch' + begun_us * interval '1 microsecond' as begun_at"
    "  from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],"
    "   $6::text[], $7::text[], $8::uuid[], $9::bigint[])"
    "  as given (request_id, begun_us, user_id, key_id, provider_id, model, endpoint, spool_id,"
    "   seq)) as begun"
    " where not exists (select from usage_ledger as ended"
    "  where ended.request_id = begun.request_id"
    "  and ended.created_at between begun.begun_at - interval '1 day'"
    "  and begun.begun_at + interval '1 day')"
    " on conflict (request_id) do nothing";

/* ---- Ends ------------------------------------------------------------------------------- */

void event_rows_init_ended(struct rows *rows)
{
    rows_init(rows, ENDED_COLUMNS);
}

static void put_tokens(struct rows *rows, const struct gw_tokens *tokens)
{
    const struct {
        uint32_t bit;
        uint64_t figure;
    } FIGURES[] = {
        {GW_TOKENS_INPUT, tokens->input},
        {GW_TOKENS_OUTPUT, tokens->output},
        {GW_TOKENS_CACHE_READ, tokens->cache_read},
        {GW_TOKENS_CACHE_WRITE_5M, tokens->cache_write_5m},
        {GW_TOKENS_CACHE_WRITE_1H, tokens->cache_write_1h},
        {GW_TOKENS_REASONING, tokens->reasoning},
    };

    for (size_t i = 0; i < GW_COUNT(FIGURES); i++) {
        if ((tokens->known & FIGURES[i].bit) != 0) {
            rows_put_i64(rows, (int64_t)FIGURES[i].figure);
        } else {
            rows_put_null(rows);
        }
    }
}

static void put_attempt(struct gw_json_out *out, const struct gw_usage_attempt *attempt)
{
    gw_json_open_object(out);
    gw_json_put_uint(out, "providerId", attempt->provider_id);
    gw_json_put_int(out, "startedUs", attempt->started_us);
    gw_json_put_int(out, "endedUs", attempt->ended_us);
    gw_json_put_uint(out, "status", attempt->status);
    gw_json_put_text(out, "reason", attempt->reason);
    gw_json_put_text(out, "error", attempt->error);
    gw_json_close_object(out);
}

static void put_attempts(struct rows *rows, const struct gw_usage_ended *ended)
{
    struct gw_json_out out;
    struct gw_buf buf;

    gw_buf_init(&buf, ROWS_CELL_MAX);
    gw_json_out_init(&out, &buf);
    gw_json_open_array(&out);
    for (size_t i = 0; i < ended->attempt_count && i < GW_ATTEMPTS_MAX; i++) {
        put_attempt(&out, &ended->attempts[i]);
    }
    gw_json_close_array(&out);
    /* GW_ATTEMPTS_MAX of them, every character escaped, are about 80 KiB. */
    GW_CHECK(gw_json_out_end(&out) == GW_OK);
    rows_put_copy(rows, gw_buf_text(&buf));
    gw_buf_fini(&buf);
}

/* No multiplier was given: none was in force. */
static void put_multiplier(struct rows *rows, struct gw_text text)
{
    rows_put_text(rows, text.len == 0 ? GW_TEXT("1") : text);
}

void event_rows_put_ended(struct rows *rows, const struct gw_usage_ended *ended,
                          const uint8_t *spool_id, uint64_t seq)
{
    rows_put_i64(rows, ended->started_us);
    rows_put_uuid(rows, ended->request_id);
    rows_put_i64(rows, (int64_t)ended->user_id);
    rows_put_i64(rows, (int64_t)ended->key_id);
    rows_put_i64(rows, (int64_t)ended->provider_id);
    rows_put_text(rows, ended->model);
    rows_put_text(rows, ended->original_model);
    rows_put_text(rows, ended->response_model);
    rows_put_text(rows, ended->endpoint);
    rows_put_text(rows, ended->dialect);
    rows_put_str(rows, gw_outcome_name(ended->outcome));
    rows_put_i64_or_null(rows, ended->status, 0);
    rows_put_str(rows, ended->streamed ? "t" : "f");
    put_tokens(rows, &ended->tokens);
    put_multiplier(rows, ended->cost_multiplier);
    rows_put_i64(rows, ended->ended_us - ended->started_us);
    rows_put_i64_or_null(rows, ended->first_byte_us, -1);
    rows_put_i64_or_null(rows, ended->first_content_us, -1);
    rows_put_text(rows, ended->client_ip);
    rows_put_text(rows, ended->user_agent);
    if (ended->error.len == 0) {
        rows_put_null(rows);
    } else {
        rows_put_text(rows, ended->error);
    }
    put_attempts(rows, ended);
    rows_put_uuid(rows, spool_id);
    rows_put_i64(rows, (int64_t)seq);
}

enum gw_err event_rows_send_ended(struct rows *rows, struct gw_pg *pg, uint64_t *inserted,
                                  struct gw_fault *fault)
{
    struct gw_pg_rows *result = NULL;

    GW_TRY(rows_run(rows, pg, ENDED_SQL, &result, fault));
    if (result != NULL) {
        *inserted += (uint64_t)gw_pg_i64(result, 0, 0);
        gw_pg_rows_free(result);
    }
    return GW_OK;
}

/* ---- Beginnings ------------------------------------------------------------------------- */

void event_rows_init_begun(struct rows *rows)
{
    rows_init(rows, BEGUN_COLUMNS);
}

void event_rows_put_begun(struct rows *rows, const struct gw_usage_begun *begun,
                          const uint8_t *spool_id, uint64_t seq)
{
    rows_put_uuid(rows, begun->request_id);
    rows_put_i64(rows, begun->at_us);
    rows_put_i64(rows, (int64_t)begun->user_id);
    rows_put_i64(rows, (int64_t)begun->key_id);
    rows_put_i64(rows, (int64_t)begun->provider_id);
    rows_put_text(rows, begun->model);
    rows_put_text(rows, begun->endpoint);
    rows_put_uuid(rows, spool_id);
    rows_put_i64(rows, (int64_t)seq);
}

enum gw_err event_rows_send_begun(struct rows *rows, struct gw_pg *pg, struct gw_fault *fault)
{
    return rows_run(rows, pg, BEGUN_SQL, NULL, fault);
}
