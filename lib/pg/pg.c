/* SPDX-License-Identifier: MIT */
/*
 * A connection knows which of three situations it is in:
 *
 *     OUTSIDE   no transaction; a broken connection is replaced before the next statement
 *     INSIDE    a transaction is open on a connection that lives, though a statement of it may
 *               have failed
 *     LOST      the connection broke inside a transaction; only gw_pg_rollback() leaves this
 *
 * A connection that idled while the server was restarted is found out before it is used: the
 * server's farewell makes the socket readable. So begin() and run() rarely fail for an old death,
 * and a statement that was really sent is never sent a second time.
 *
 * Statements are prepared on their first use on a connection, under a name made of their text's
 * address. A migration may change what a statement gives back; PostgreSQL then refuses the old
 * plan, and outside a transaction the statement is prepared and run again.
 */
#include "lib/pg/pg.h"

#include <poll.h>
#include <stdio.h>

#include "lib/base/check.h"
#include "lib/pg/inside.h"

enum situation { OUTSIDE, INSIDE, LOST };

#define PREPARED_MAX 1024 /* statements in one program's text: a few hundred */

struct gw_pg {
    char *conninfo;
    char *application_name;
    PGconn *connection; /* NULL: none yet, or it broke */
    enum situation situation;
    char constraint[64];
    char sqlstate[6];
    const char *prepared[PREPARED_MAX]; /* open addressing by address; NULL: free */
    size_t prepared_count;
};

struct gw_pg *gw_pg_new(const char *conninfo, const char *application_name)
{
    struct gw_pg *pg = GW_NEW(struct gw_pg);

    pg->conninfo = gw_must_strdup(conninfo);
    pg->application_name = gw_must_strdup(application_name);
    return pg;
}

void gw_pg_free(struct gw_pg *pg)
{
    if (pg == NULL) {
        return;
    }
    PQfinish(pg->connection);
    gw_free(pg->application_name);
    gw_free(pg->conninfo);
    gw_free(pg);
}

/* ---- Failures --------------------------------------------------------------------------- */

enum gw_err gw_pg_err(const char *sqlstate)
{
    static const struct {
        const char *prefix;
        enum gw_err err;
    } ROWS[] = {
        {"23505", GW_E_EXISTS},      {"23", GW_E_INVALID},        {"22", GW_E_INVALID},
        {"40", GW_E_CONFLICT},       {"55P03", GW_E_CONFLICT},    {"42501", GW_E_FORBIDDEN},
        {"57014", GW_E_TIMEOUT},     {"57", GW_E_UNAVAILABLE},    {"08", GW_E_UNAVAILABLE},
        {"53", GW_E_UNAVAILABLE},    {"25006", GW_E_UNAVAILABLE}, {"25P03", GW_E_UNAVAILABLE},
        {"3D000", GW_E_UNAVAILABLE}, {"28", GW_E_UNAVAILABLE},
    };

    for (size_t i = 0; i < GW_COUNT(ROWS); i++) {
        if (strncmp(sqlstate, ROWS[i].prefix, strlen(ROWS[i].prefix)) == 0) {
            return ROWS[i].err;
        }
    }
    return GW_E_INTERNAL;
}

enum gw_err gw_pg_connection_fault(PGconn *connection, const char *what, struct gw_fault *fault)
{
    struct gw_text text = gw_text_of(PQerrorMessage(connection));
    size_t line = gw_text_find(text, '\n');

    text.len = line < text.len ? line : text.len;
    return gw_fail(fault, GW_E_UNAVAILABLE, "%s: %.*s", what, GW_TEXT_ARG(text));
}

static void drop_connection(struct gw_pg *pg)
{
    PQfinish(pg->connection);
    pg->connection = NULL;
    memset(pg->prepared, 0, sizeof(pg->prepared));
    pg->prepared_count = 0;
    if (pg->situation == INSIDE) {
        pg->situation = LOST;
    }
}

/* What the server, or libpq in its place, says about a statement that failed. */
static enum gw_err statement_fault(struct gw_pg *pg, const PGresult *result, struct gw_fault *fault)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *name = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    const char *said = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    enum gw_err err;

    if (state == NULL || PQstatus(pg->connection) != CONNECTION_OK) {
        err = gw_pg_connection_fault(pg->connection, "lost the database", fault);
        drop_connection(pg);
        return err;
    }
    if (name == NULL) {
        name = PQresultErrorField(result, PG_DIAG_COLUMN_NAME);
    }
    snprintf(pg->constraint, sizeof(pg->constraint), "%s", name == NULL ? "" : name);
    snprintf(pg->sqlstate, sizeof(pg->sqlstate), "%s", state);
    return gw_fail(fault, gw_pg_err(state), "database: %s (%s)", said == NULL ? "failed" : said,
                   state);
}

const char *gw_pg_constraint(const struct gw_pg *pg)
{
    return pg->constraint;
}

/* ---- Connecting ------------------------------------------------------------------------- */

void gw_pg_ignore_notice(void *arg, const PGresult *result)
{
    (void)arg;
    (void)result;
}

void gw_pg_parameters(struct gw_pg_parameters *parameters, const char *conninfo,
                      const char *application_name)
{
    /* What stands before dbname, conninfo may overrule; what stands after it, not. */
    const struct gw_pg_parameters made = {
        {"connect_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count",
         "tcp_user_timeout", "options", "dbname", "fallback_application_name", "client_encoding",
         NULL},
        {"5", "10", "5", "3", "20000",
         "-c statement_timeout=60s -c idle_in_transaction_session_timeout=60s", conninfo,
         application_name, "UTF8", NULL},
    };

    *parameters = made;
}

static enum gw_err connect_now(struct gw_pg *pg, struct gw_fault *fault)
{
    struct gw_pg_parameters parameters;
    PGresult *result;
    enum gw_err err = GW_OK;

    gw_pg_parameters(&parameters, pg->conninfo, pg->application_name);
    pg->connection = PQconnectdbParams(parameters.keywords, parameters.values, 1);
    PQsetNoticeReceiver(pg->connection, gw_pg_ignore_notice, NULL);
    if (PQstatus(pg->connection) != CONNECTION_OK) {
        err = gw_pg_connection_fault(pg->connection, "could not connect to the database", fault);
        drop_connection(pg);
        return err;
    }
    result = PQexec(pg->connection,
                    "set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set bytea_output = 'hex'; "
                    "set standard_conforming_strings = on; set client_min_messages = warning");
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        err = gw_pg_connection_fault(pg->connection, "could not set up the database connection",
                                     fault);
        drop_connection(pg);
    }
    PQclear(result);
    return err;
}

/*
 * Whether the server has said good-bye while the connection idled. An idle connection has nothing
 * to read: if there is something, it is a farewell or the end, or at most the news of a reload,
 * and one connection too many is a small price for not asking.
 */
static bool is_stale(const struct gw_pg *pg)
{
    struct pollfd watch = {.fd = PQsocket(pg->connection), .events = POLLIN};

    return PQstatus(pg->connection) != CONNECTION_OK || poll(&watch, 1, 0) > 0;
}

/* A connection that seems to live. Outside a transaction only. */
static enum gw_err ensure_connected(struct gw_pg *pg, struct gw_fault *fault)
{
    if (pg->connection != NULL && is_stale(pg)) {
        drop_connection(pg);
    }
    if (pg->connection == NULL) {
        GW_TRY(connect_now(pg, fault));
    }
    return GW_OK;
}

static enum gw_err ready_to_run(struct gw_pg *pg, struct gw_fault *fault)
{
    pg->constraint[0] = '\0';
    pg->sqlstate[0] = '\0';
    switch (pg->situation) {
    case OUTSIDE:
        return ensure_connected(pg, fault);
    case INSIDE:
        return GW_OK;
    case LOST:
        return gw_fail(fault, GW_E_UNAVAILABLE, "the transaction was lost with its connection");
    }
    return GW_E_INTERNAL;
}

/* ---- Statements ------------------------------------------------------------------------- */

#define NAME_SIZE 24

static void statement_name(const char *sql, char ret_name[NAME_SIZE])
{
    snprintf(ret_name, NAME_SIZE, "s%zx", (size_t)sql);
}

/* Where `sql` is, or would be, in the table. */
static size_t prepared_slot(const struct gw_pg *pg, const char *sql)
{
    size_t slot = ((size_t)sql >> 3) * UINT64_C(0x9E3779B97F4A7C15) >> 54;

    while (pg->prepared[slot] != NULL && pg->prepared[slot] != sql) {
        slot = (slot + 1) % PREPARED_MAX;
    }
    return slot;
}

static enum gw_err prepare(struct gw_pg *pg, const char *sql, struct gw_fault *fault)
{
    size_t slot = prepared_slot(pg, sql);
    char name[NAME_SIZE];
    PGresult *result;
    enum gw_err err = GW_OK;

    if (pg->prepared[slot] == sql) {
        return GW_OK;
    }
    GW_CHECK(pg->prepared_count < PREPARED_MAX / 2);
    statement_name(sql, name);
    result = PQprepare(pg->connection, name, sql, 0, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        err = statement_fault(pg, result, fault);
    } else {
        pg->prepared[slot] = sql;
        pg->prepared_count++;
    }
    PQclear(result);
    return err;
}

static enum gw_err execute(struct gw_pg *pg, const char *sql, const struct gw_pg_values *values,
                           size_t count, struct gw_pg_rows **ret_rows, struct gw_fault *fault)
{
    char name[NAME_SIZE];
    PGresult *result;
    enum gw_err err = GW_OK;

    GW_TRY(prepare(pg, sql, fault));
    statement_name(sql, name);
    result = PQexecPrepared(pg->connection, name, (int)count, values->at, NULL, NULL, 0);
    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
        break;
    default:
        err = statement_fault(pg, result, fault);
        break;
    }
    if (err == GW_OK && ret_rows != NULL) {
        *ret_rows = gw_pg_rows_new(result);
    } else {
        PQclear(result);
    }
    return err;
}

/* "cached plan must not change result type", or the name is gone: nothing was done yet. */
static bool wants_preparing_again(const struct gw_pg *pg)
{
    return strcmp(pg->sqlstate, "0A000") == 0 || strcmp(pg->sqlstate, "26000") == 0;
}

enum gw_err gw_pg_run(struct gw_pg *pg, const char *sql, struct gw_pg_args *args,
                      struct gw_pg_rows **ret_rows, struct gw_fault *fault)
{
    size_t count = args == NULL ? 0 : args->count;
    struct gw_pg_values values;
    enum gw_err err;

    GW_TRY(gw_pg_values_init(&values, args, fault));
    err = ready_to_run(pg, fault);
    if (err == GW_OK) {
        err = execute(pg, sql, &values, count, ret_rows, fault);
    }
    if (err != GW_OK && wants_preparing_again(pg)) {
        if (pg->situation == OUTSIDE) {
            drop_connection(pg);
            err = ready_to_run(pg, fault);
            err = err != GW_OK ? err : execute(pg, sql, &values, count, ret_rows, fault);
        } else {
            err = gw_fail(fault, GW_E_CONFLICT, "the schema changed meanwhile");
        }
    }
    gw_pg_values_fini(&values);
    return err;
}

static enum gw_err run_script(struct gw_pg *pg, const char *sql, struct gw_fault *fault)
{
    PGresult *result = PQexec(pg->connection, sql);
    enum gw_err err = GW_OK;

    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
        break;
    default:
        err = statement_fault(pg, result, fault);
        break;
    }
    PQclear(result);
    return err;
}

enum gw_err gw_pg_script(struct gw_pg *pg, const char *sql, struct gw_fault *fault)
{
    GW_TRY(ready_to_run(pg, fault));
    return run_script(pg, sql, fault);
}

/* ---- Transactions ----------------------------------------------------------------------- */

static enum gw_err begin(struct gw_pg *pg, const char *sql, struct gw_fault *fault)
{
    enum gw_err err;

    GW_CHECK(pg->situation == OUTSIDE);
    GW_TRY(ready_to_run(pg, fault));
    err = run_script(pg, sql, fault);
    if (err != GW_OK && pg->connection == NULL) {
        /* It died unnoticed. Nothing was begun, so asking again is safe. */
        GW_TRY(ready_to_run(pg, fault));
        err = run_script(pg, sql, fault);
    }
    if (err == GW_OK) {
        pg->situation = INSIDE;
    } else {
        pg->situation = OUTSIDE;
    }
    return err;
}

enum gw_err gw_pg_begin(struct gw_pg *pg, struct gw_fault *fault)
{
    return begin(pg, "begin", fault);
}

enum gw_err gw_pg_begin_snapshot(struct gw_pg *pg, struct gw_fault *fault)
{
    return begin(pg, "begin isolation level repeatable read, read only", fault);
}

enum gw_err gw_pg_commit(struct gw_pg *pg, struct gw_fault *fault)
{
    PGTransactionStatusType status;

    GW_CHECK(pg->situation != OUTSIDE);
    GW_TRY(ready_to_run(pg, fault));
    status = PQtransactionStatus(pg->connection);
    if (status != PQTRANS_INTRANS) {
        /* A statement failed and somebody went on; or the script ended the transaction itself. */
        return gw_fail(fault, GW_E_INTERNAL, "cannot commit: the transaction is %s",
                       status == PQTRANS_IDLE ? "over" : "broken");
    }
    GW_TRY(run_script(pg, "commit", fault));
    pg->situation = OUTSIDE;
    return GW_OK;
}

void gw_pg_rollback(struct gw_pg *pg)
{
    if (pg->situation == INSIDE && PQtransactionStatus(pg->connection) != PQTRANS_IDLE &&
        run_script(pg, "rollback", NULL) != GW_OK && pg->connection != NULL) {
        drop_connection(pg);
    }
    pg->situation = OUTSIDE;
}

bool gw_pg_is_inside(const struct gw_pg *pg)
{
    return pg->situation == INSIDE && PQtransactionStatus(pg->connection) == PQTRANS_INTRANS;
}
