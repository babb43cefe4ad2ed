/* SPDX-License-Identifier: MIT */
/*
 * The request log pages by (created_at, id), so that rows that arrive meanwhile move nothing.
 * One statement per index it can walk: over everything, one user, one key or one provider. The
 * other filters are laid over that walk. Names are joined to the page only.
 */
#include "statsd/reports/reports.h"

#include "lib/base/check.h"
#include "lib/rest/page.h"
#include "lib/units/clock.h"
#include "statsd/answer/reader.h"

#define LIMIT_MAX      100
#define LIMIT_FALLBACK 20

/* $1 user, $2 key, $3 provider, $4 model, $5 status, $6 without status 200, $7 and $8 where the
 * page before ended, $9 how many. */
#define PAGE(walk)                                                                                 \
    "select page.id, page.request_id, page.created_at, page.user_id, user_names.name,"             \
    " page.key_id, key_names.name, page.provider_id, provider_names.name, page.model,"             \
    " page.original_model, page.endpoint, page.dialect, page.status_code, page.is_stream,"         \
    " page.duration_us, page.first_content_us, page.input_tokens, page.output_tokens,"             \
    " coalesce(page.cache_write_5m_tokens + page.cache_write_1h_tokens,"                           \
    "  page.cache_write_5m_tokens, page.cache_write_1h_tokens), page.cache_read_tokens,"           \
    " page.cache_write_5m_tokens, page.cache_write_1h_tokens, page.cost_usd,"                      \
    " page.error_message, page.client_ip, page.user_agent"                                         \
    " from (select * from usage_ledger where created_at <= $7 and (created_at, id) < ($7, $8)"     \
    "  and " walk " and ($1::bigint is null or user_id = $1)"                                      \
    "  and ($2::bigint is null or key_id = $2)"                                                    \
    "  and ($3::bigint is null or provider_id = $3)"                                               \
    "  and ($4::text is null or model = $4 or original_model = $4)"                                \
    "  and ($5::integer is null or status_code = $5)"                                              \
    "  and (not $6::boolean or status_code is distinct from 200)"                                  \
    "  order by created_at desc, id desc limit $9) as page"                                        \
    " left join user_names on user_names.id = page.user_id"                                        \
    " left join key_names on key_names.id = page.key_id"                                           \
    " left join provider_names on provider_names.id = page.provider_id"                            \
    " order by page.created_at desc, page.id desc"

static const char BY_TIME[] = PAGE("true");
static const char BY_USER[] = PAGE("user_id = $1");
static const char BY_KEY[] = PAGE("key_id = $2");
static const char BY_PROVIDER[] = PAGE("provider_id = $3");

enum column {
    COLUMN_ID,
    COLUMN_REQUEST_ID,
    COLUMN_CREATED_AT,
    COLUMN_USER_ID,
    COLUMN_USER_NAME,
    COLUMN_KEY_ID,
    COLUMN_KEY_NAME,
    COLUMN_PROVIDER_ID,
    COLUMN_PROVIDER_NAME,
    COLUMN_MODEL,
    COLUMN_ORIGINAL_MODEL,
    COLUMN_ENDPOINT,
    COLUMN_DIALECT,
    COLUMN_STATUS_CODE,
    COLUMN_IS_STREAM,
    COLUMN_DURATION_US,
    COLUMN_FIRST_CONTENT_US,
    COLUMN_INPUT,
    COLUMN_OUTPUT,
    COLUMN_CACHE_WRITE,
    COLUMN_CACHE_READ,
    COLUMN_CACHE_WRITE_5M,
    COLUMN_CACHE_WRITE_1H,
    COLUMN_COST,
    COLUMN_ERROR,
    COLUMN_CLIENT_IP,
    COLUMN_USER_AGENT,
};

struct filter {
    int64_t user_id, key_id, provider_id; /* 0: any */
    struct gw_text model;
    int64_t status; /* 0: any */
    bool without_200;
    struct gw_rest_cursor cursor;
    int64_t limit;
};

/* ---- The question ----------------------------------------------------------------------- */

static void read_filter(struct gw_rest_input *input, struct filter *filter)
{
    *filter = (struct filter){.limit = LIMIT_FALLBACK};
    gw_rest_query_int(input, "userId", 1, INT64_MAX, &filter->user_id);
    gw_rest_query_int(input, "keyId", 1, INT64_MAX, &filter->key_id);
    gw_rest_query_int(input, "providerId", 1, INT64_MAX, &filter->provider_id);
    gw_rest_query_text(input, "model", 128, &filter->model);
    gw_rest_query_int(input, "statusCode", 100, 599, &filter->status);
    gw_rest_query_bool(input, "excludeStatusCode200", &filter->without_200);
    gw_rest_query_int(input, "limit", 1, LIMIT_MAX, &filter->limit);
    gw_rest_query_cursor(input, &filter->cursor);
}

static const char *statement(const struct filter *filter)
{
    if (filter->key_id != 0) {
        return BY_KEY;
    }
    if (filter->user_id != 0) {
        return BY_USER;
    }
    return filter->provider_id != 0 ? BY_PROVIDER : BY_TIME;
}

static void add_number_or_null(struct gw_pg_args *args, int64_t number)
{
    if (number == 0) {
        gw_pg_add_null(args);
    } else {
        gw_pg_add_i64(args, number);
    }
}

static void add_args(struct gw_pg_args *args, const struct filter *filter)
{
    add_number_or_null(args, filter->user_id);
    add_number_or_null(args, filter->key_id);
    add_number_or_null(args, filter->provider_id);
    if (filter->model.len == 0) {
        gw_pg_add_null(args);
    } else {
        gw_pg_add_text(args, filter->model);
    }
    add_number_or_null(args, filter->status);
    gw_pg_add_bool(args, filter->without_200);
    if (filter->cursor.id == 0) {
        gw_pg_add_text(args, GW_TEXT("infinity"));
        gw_pg_add_i64(args, INT64_MAX);
    } else {
        gw_pg_add_time(args, filter->cursor.rank);
        gw_pg_add_i64(args, filter->cursor.id);
    }
    gw_pg_add_i64(args, filter->limit + 1); /* one more tells whether there is a next page */
}

/* ---- The answer ------------------------------------------------------------------------- */

/* 0 stands for nobody. */
static void put_id(struct gw_json_out *out, const char *key, int64_t id)
{
    if (id == 0) {
        gw_json_put_null(out, key);
    } else {
        gw_json_put_int(out, key, id);
    }
}

/* A text that may be empty or not there: null then. */
static void put_text(struct gw_json_out *out, const char *key, struct gw_text text)
{
    if (text.len == 0) {
        gw_json_put_null(out, key);
    } else {
        gw_json_put_text(out, key, text);
    }
}

static void put_number(struct gw_json_out *out, const char *key, const struct gw_pg_rows *rows,
                       size_t row, enum column column)
{
    if (gw_pg_is_null(rows, row, (int)column)) {
        gw_json_put_null(out, key);
    } else {
        gw_json_put_int(out, key, gw_pg_i64(rows, row, (int)column));
    }
}

/* A column of microseconds. */
static void put_ms(struct gw_json_out *out, const char *key, const struct gw_pg_rows *rows,
                   size_t row, enum column column)
{
    if (gw_pg_is_null(rows, row, (int)column)) {
        gw_json_put_null(out, key);
    } else {
        gw_json_put_int(out, key, gw_pg_i64(rows, row, (int)column) / GW_US_PER_MS);
    }
}

static const char *api_type(struct gw_text dialect)
{
    static const struct {
        struct gw_text dialect;
        const char *type;
    } TYPES[] = {
        {GW_TEXT("claude"), "anthropic"},          {GW_TEXT("openai"), "openai-chat"},
        {GW_TEXT("response"), "openai-responses"}, {GW_TEXT("gemini"), "gemini"},
        {GW_TEXT("gemini-cli"), "gemini"},
    };

    for (size_t i = 0; i < GW_COUNT(TYPES); i++) {
        if (gw_text_eq(TYPES[i].dialect, dialect)) {
            return TYPES[i].type;
        }
    }
    return "other";
}

static void put_who(struct gw_json_out *out, const struct gw_pg_rows *rows, size_t row)
{
    put_id(out, "userId", gw_pg_i64(rows, row, COLUMN_USER_ID));
    put_text(out, "userName", gw_pg_text(rows, row, COLUMN_USER_NAME));
    put_id(out, "keyId", gw_pg_i64(rows, row, COLUMN_KEY_ID));
    put_text(out, "keyName", gw_pg_text(rows, row, COLUMN_KEY_NAME));
    put_id(out, "providerId", gw_pg_i64(rows, row, COLUMN_PROVIDER_ID));
    put_text(out, "providerName", gw_pg_text(rows, row, COLUMN_PROVIDER_NAME));
}

static void put_tokens(struct gw_json_out *out, const struct gw_pg_rows *rows, size_t row)
{
    put_number(out, "inputTokens", rows, row, COLUMN_INPUT);
    put_number(out, "outputTokens", rows, row, COLUMN_OUTPUT);
    put_number(out, "cacheCreationInputTokens", rows, row, COLUMN_CACHE_WRITE);
    put_number(out, "cacheReadInputTokens", rows, row, COLUMN_CACHE_READ);
    put_number(out, "cacheCreation5mInputTokens", rows, row, COLUMN_CACHE_WRITE_5M);
    put_number(out, "cacheCreation1hInputTokens", rows, row, COLUMN_CACHE_WRITE_1H);
}

static void put_row(struct gw_json_out *out, const struct gw_pg_rows *rows, size_t row)
{
    gw_json_open_object(out);
    gw_json_put_int(out, "id", gw_pg_i64(rows, row, COLUMN_ID));
    gw_json_put_text(out, "requestId", gw_pg_text(rows, row, COLUMN_REQUEST_ID));
    gw_json_put_time(out, "createdAt", gw_pg_time(rows, row, COLUMN_CREATED_AT));
    put_who(out, rows, row);
    put_text(out, "model", gw_pg_text(rows, row, COLUMN_MODEL));
    put_text(out, "originalModel", gw_pg_text(rows, row, COLUMN_ORIGINAL_MODEL));
    gw_json_put_text(out, "endpoint", gw_pg_text(rows, row, COLUMN_ENDPOINT));
    gw_json_put_str(out, "apiType", api_type(gw_pg_text(rows, row, COLUMN_DIALECT)));
    put_number(out, "statusCode", rows, row, COLUMN_STATUS_CODE);
    gw_json_put_bool(out, "isStream", gw_pg_bool(rows, row, COLUMN_IS_STREAM));
    put_ms(out, "durationMs", rows, row, COLUMN_DURATION_US);
    put_ms(out, "ttftMs", rows, row, COLUMN_FIRST_CONTENT_US);
    put_tokens(out, rows, row);
    gw_json_put_text(out, "costUsd", gw_pg_text(rows, row, COLUMN_COST));
    put_text(out, "errorMessage", gw_pg_text(rows, row, COLUMN_ERROR));
    put_text(out, "clientIp", gw_pg_text(rows, row, COLUMN_CLIENT_IP));
    put_text(out, "userAgent", gw_pg_text(rows, row, COLUMN_USER_AGENT));
    gw_json_close_object(out);
}

static enum gw_err reply(struct gw_rest_call *call, const struct gw_pg_rows *rows,
                         const struct filter *filter)
{
    size_t count = gw_pg_count(rows), shown = (size_t)filter->limit;
    struct gw_rest_cursor next;
    struct gw_json_out out;

    shown = count < shown ? count : shown;
    gw_rest_reply_begin(call, &out);
    gw_json_open_object(&out);
    gw_json_key(&out, "items");
    gw_json_open_array(&out);
    for (size_t row = 0; row < shown; row++) {
        put_row(&out, rows, row);
    }
    gw_json_close_array(&out);
    if (count > shown) {
        next = (struct gw_rest_cursor){.rank = gw_pg_time(rows, shown - 1, COLUMN_CREATED_AT),
                                       .id = gw_pg_i64(rows, shown - 1, COLUMN_ID)};
    }
    gw_rest_put_page_info(&out, call->arena, count > shown ? &next : NULL, filter->limit);
    gw_json_close_object(&out);
    return gw_rest_reply_end(call, &out, 200);
}

static enum gw_err find(struct gw_rest_call *call, struct filter *filter, struct gw_fault *fault)
{
    struct gw_pg_rows *rows = NULL;
    struct gw_pg_args args;
    struct gw_pg *pg;
    enum gw_err err;

    if (call->principal.access < GW_REST_ADMIN) {
        filter->user_id = call->principal.user_id;
    }
    GW_TRY(reader_pg(call->context, &pg, fault));
    gw_pg_args_init(&args);
    add_args(&args, filter);
    err = gw_pg_run(pg, statement(filter), &args, &rows, fault);
    gw_pg_args_fini(&args);
    if (err == GW_OK) {
        err = reply(call, rows, filter);
    }
    gw_pg_rows_free(rows);
    return err;
}

enum gw_err reports_logs(struct gw_rest_call *call, struct gw_fault *fault)
{
    struct gw_rest_input input;
    struct filter filter;
    enum gw_err err = GW_OK;

    gw_rest_input_init(&input, call);
    read_filter(&input, &filter);
    if (gw_rest_input_accept(&input)) {
        err = find(call, &filter, fault);
    }
    gw_rest_input_fini(&input);
    return err;
}
