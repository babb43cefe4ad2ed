/* SPDX-License-Identifier: MIT */
/*
 * shipper - takes events from the spool to statsd, and hears that they arrived.
 *
 * Belongs to its loop's thread, which should not be a worker's. For this room only.
 */
#ifndef DATAPLANE_METER_SHIPPER_H
#define DATAPLANE_METER_SHIPPER_H

#include "dataplane/meter/spool.h"
#include "lib/rpc/rpc_client.h"

#define SHIPPER_METHOD      "/millrace.usage.v1.Usage/Ship"
#define SHIPPER_BATCH_MAX   500                   /* events */
#define SHIPPER_BATCHES_MAX 8                     /* sent and not confirmed */
#define SHIPPER_BYTES_MAX   ((size_t)1024 * 1024) /* about, per batch */

struct shipper_conf {
    struct gw_loop *loop;
    struct gw_rpc_client *client;
    struct spool *spool;
    const char *node;   /* borrowed for good */
    int64_t gather_us;  /* how long a batch that is not full may wait; 0: 50 ms */
    int64_t silence_us; /* without a confirmation that was due: start over; 0: 2 minutes */
};

struct shipper_ops {
    void (*on_open)(void *owner);                  /* statsd took us */
    void (*on_lost)(void *owner, const char *why); /* it is away, or refused us */
    void (*on_odd)(void *owner, const char *what); /* it said something that cannot be */
    void (*on_empty)(void *owner); /* after shipper_flush(): everything is confirmed */
};

struct shipper;

struct shipper *shipper_new(const struct shipper_conf *conf, const struct shipper_ops *ops,
                            void *owner);
void shipper_free(struct shipper *shipper); /* ended, and its client closed */
void shipper_start(struct shipper *shipper);
void shipper_wake(struct shipper *shipper);  /* there is something in the spool */
void shipper_flush(struct shipper *shipper); /* gathers no more; on_empty follows, if ever */
void shipper_end(struct shipper *shipper);   /* tries no more; closing the client does the rest */

#endif
