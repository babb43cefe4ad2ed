/* SPDX-License-Identifier: MIT */
/*
 * err - what can go wrong, and how it is told.
 *
 * What can fail returns enum gw_err; what a person has to be told travels beside it in struct
 * gw_fault. Any thread; no state.
 */
#ifndef LIB_BASE_ERR_H
#define LIB_BASE_ERR_H

#include <stdbool.h>

#define GW_MUST_USE __attribute__((warn_unused_result))

enum gw_err {
    GW_OK = 0,
#define GW_ERR(name, word, http, retry, text) GW_E_##name,
#include "lib/base/err.def"
#undef GW_ERR
};

/* What went wrong, for the person who has to mend it. Lives on the caller's stack. */
struct gw_fault {
    char text[240];
};

const char *gw_err_name(enum gw_err err); /* "full" */
const char *gw_err_text(enum gw_err err); /* "queue is full" */
int gw_err_http(enum gw_err err);         /* 503; 200 for GW_OK */
bool gw_err_may_retry(enum gw_err err);

/*
 * Writes the explanation into `fault` (NULL is fine) and hands `err` back, so that one line
 * can do both: return gw_fail(fault, GW_E_INVALID, "...").
 */
enum gw_err gw_fail(struct gw_fault *fault, enum gw_err err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Returns from the calling function if `call` fails. The one macro that hides a return, and
 * only for functions that own nothing yet; whoever has something to give back writes goto out.
 */
#define GW_TRY(call)                                                                               \
    do {                                                                                           \
        enum gw_err gw_try_err = (call);                                                           \
        if (gw_try_err != GW_OK) {                                                                 \
            return gw_try_err;                                                                     \
        }                                                                                          \
    } while (0)

#endif
