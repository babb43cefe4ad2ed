/* SPDX-License-Identifier: MIT */
#include "statsd/answer/reader.h"

#include "lib/base/check.h"

struct reader {
    struct gw_pg *pg;
    bool has_schema; /* seen once */
};

static void *reader_new(void *owner)
{
    struct reader *reader = GW_NEW(struct reader);

    reader->pg = gw_pg_new(owner, "millrace-statsd reader");
    return reader;
}

static void reader_free(void *context)
{
    struct reader *reader = context;

    gw_pg_free(reader->pg);
    gw_free(reader);
}

const struct gw_pool_ops READER_POOL = {.context_new = reader_new, .context_free = reader_free};

enum gw_err reader_pg(struct reader *reader, struct gw_pg **ret_pg, struct gw_fault *fault)
{
    static const char SQL[] = "select to_regclass('usage_begun_by_spool') is not null";
    struct gw_pg_rows *rows = NULL;

    if (!reader->has_schema) {
        GW_TRY(gw_pg_run(reader->pg, SQL, NULL, &rows, fault));
        reader->has_schema = gw_pg_bool(rows, 0, 0);
        gw_pg_rows_free(rows);
    }
    if (!reader->has_schema) {
        return gw_fail(fault, GW_E_UNAVAILABLE, "the database has no usage tables yet");
    }
    *ret_pg = reader->pg;
    return GW_OK;
}
