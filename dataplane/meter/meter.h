/* SPDX-License-Identifier: MIT */
/*
 * meter - where exchanges hand in what they consumed.
 *
 * Any worker's thread. Numbering, keeping until confirmed, and shipping happen behind this, on a
 * thread of the meter's own.
 */
#ifndef DATAPLANE_METER_METER_H
#define DATAPLANE_METER_METER_H

#include "lib/rpc/rpc_client.h"
#include "lib/wire/usage.h"

struct meter;

struct meter_conf {
    struct gw_courier *courier;
    struct gw_rpc_client_conf statsd; /* texts are not needed after meter_open() */
    const char *node;                 /* the operator's name for this data plane */
    size_t events_max, bytes_max;     /* that wait or are unconfirmed; 0: 200 000 and 128 MiB */
};

enum meter_event {
    METER_CONNECTED, /* statsd took us */
    METER_LOST,      /* it is away or refused us, and why; tried again and again */
    METER_ODD,       /* it said something that cannot be, and what; ignored */
};

/* For the log, from the meter's thread. METER_LOST is told once until METER_CONNECTED. */
typedef void (*meter_said)(void *owner, enum meter_event event, const char *text);

/* GW_E_INVALID, GW_E_ABSENT: the address, token or a TLS file. A peer that is away is no error. */
enum gw_err meter_open(const struct meter_conf *conf, meter_said said, void *owner,
                       struct meter **ret_meter, struct gw_fault *fault) GW_MUST_USE;

/*
 * Ships what is left and waits for its confirmation, for `patience_us` at most. Returns how many
 * events are lost thereby. NULL is fine. No meter_put() from here on.
 */
size_t meter_close(struct meter *meter, int64_t patience_us);

/*
 * Puts the event into the spool; everything it points at is copied. One or two microseconds, no
 * waiting. GW_E_FULL: statsd has been away too long and the event is counted as lost.
 * GW_E_INVALID: the event cannot be (lib/wire/usage.h); a bug of the caller.
 */
enum gw_err meter_put(struct meter *meter, const struct gw_usage_event *event) GW_MUST_USE;

struct meter_status {
    bool is_connected;
    int64_t changed_us; /* monotonic: since when it is, or is not */
    uint64_t put;       /* events taken */
    uint64_t lost;      /* events refused: GW_E_FULL */
    uint64_t confirmed; /* events statsd has for good */
    uint64_t odd;       /* things statsd said that cannot be */
    size_t waiting;     /* events not sent on this connection */
    size_t unconfirmed; /* events not confirmed, waiting ones among them */
    size_t bytes;       /* that these take */
    int64_t oldest_us;  /* age of the oldest unconfirmed event; 0: there is none */
    char why[256];      /* the last loss, while not connected */
};

void meter_status(struct meter *meter, struct meter_status *ret_status); /* any thread */

#endif
