/* SPDX-License-Identifier: MIT */
/*
 * desk - the front desk: all HTTP of the API and the console comes in here.
 *
 * Belongs to the loop's thread; reports run on the threads of a pool.
 */
#ifndef STATSD_DESK_DESK_H
#define STATSD_DESK_DESK_H

#include "lib/net/http_server.h"
#include "lib/net/pool.h"
#include "lib/report/counter.h"
#include "lib/rest/router.h"
#include "statsd/desk/relay.h"
#include "statsd/login/login.h"
#include "statsd/site/site.h"

struct desk;

struct desk_conf {
    const char *listen;
    size_t connections_max;
    struct gw_tls_server *tls; /* NULL: clear text */
};

/* What the desk uses; all of it outlives the desk. */
struct desk_parts {
    struct gw_loop *loop;
    struct login *login;
    struct relay *relay;
    struct gw_pool *readers; /* made with READER_POOL */
    struct gw_metrics *metrics;
};

/* What is answered on the loop, and what on a thread that reads the database. */
extern const struct gw_rest_routes DESK_ROUTES;

enum gw_err desk_open(const struct desk_conf *conf, const struct desk_parts *parts,
                      struct desk **ret_desk, struct gw_fault *fault) GW_MUST_USE;
int desk_port(const struct desk *desk);

/* Serves this from now on; NULL for none. The desk owns it, and frees the one before. */
void desk_set_site(struct desk *desk, struct site *own_site);

/* Takes nothing new; `drained` runs, once, later, when the last answer is given. */
void desk_drain(struct desk *desk, void (*drained)(void *owner), void *owner);

/*
 * Cuts off what is left. Answers that are still being made finish unseen: `closed` runs, once,
 * later, when the last one has; then the desk can be freed.
 */
void desk_close(struct desk *desk, void (*closed)(void *owner), void *owner);
void desk_free(struct desk *desk);

#endif
