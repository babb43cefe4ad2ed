/* SPDX-License-Identifier: MIT */
#include "lib/base/err.h"

#include <stdarg.h>
#include <stdio.h>

#include "lib/base/check.h"

struct row {
    const char *name;
    int http;
    bool may_retry;
    const char *text;
};

static const struct row ROWS[] = {
    [GW_OK] = {"ok", 200, false, "no error"},
#define GW_ERR(name, word, http, retry, text) [GW_E_##name] = {word, http, retry, text},
#include "lib/base/err.def"
#undef GW_ERR
};

static const struct row *row_of(enum gw_err err)
{
    GW_CHECK((size_t)err < sizeof(ROWS) / sizeof(ROWS[0]));
    return &ROWS[err];
}

const char *gw_err_name(enum gw_err err)
{
    return row_of(err)->name;
}

const char *gw_err_text(enum gw_err err)
{
    return row_of(err)->text;
}

int gw_err_http(enum gw_err err)
{
    return row_of(err)->http;
}

bool gw_err_may_retry(enum gw_err err)
{
    return row_of(err)->may_retry;
}

enum gw_err gw_fail(struct gw_fault *fault, enum gw_err err, const char *fmt, ...)
{
    va_list args;

    if (fault != NULL) {
        va_start(args, fmt);
        vsnprintf(fault->text, sizeof(fault->text), fmt, args);
        va_end(args);
    }
    return err;
}
