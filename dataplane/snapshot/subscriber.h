/* SPDX-License-Identifier: MIT */
/*
 * subscriber - keeps the holder's snapshot up to date with the control plane.
 *
 * Runs on a thread of its own, so that workers never wait for an update. Starts from the last
 * good snapshot on disk when there is one, and keeps that file.
 */
#ifndef DATAPLANE_SNAPSHOT_SUBSCRIBER_H
#define DATAPLANE_SNAPSHOT_SUBSCRIBER_H

#include "dataplane/snapshot/holder.h"
#include "lib/codec/keyring.h"
#include "lib/rpc/rpc_client.h"

struct subscriber_conf {
    struct gw_courier *courier;
    struct gw_rpc_client_conf controlplane; /* texts are not needed after subscriber_open() */
    struct holder *holder;
    const struct gw_keyring *ring; /* borrowed until subscriber_close() */
    const char *node;              /* the operator's name for this data plane */
    const char *last_good_file;    /* NULL or empty: none is read or kept */
};

enum subscriber_event {
    SUBSCRIBER_CONNECTED,    /* the control plane took us */
    SUBSCRIBER_LOST,         /* it is away or refused us, and why; tried again and again */
    SUBSCRIBER_APPLIED,      /* a version is in use, and how large it is */
    SUBSCRIBER_REFUSED,      /* an update was not taken, and why */
    SUBSCRIBER_STARTED_FROM, /* the file's version is in use */
    SUBSCRIBER_FILE_FAILED,  /* the file could not be read or written, and why */
};

/*
 * For the log, from threads of the subscriber (and from subscriber_open()). One event of a kind is
 * one line; SUBSCRIBER_LOST is told once until SUBSCRIBER_CONNECTED. `text` is borrowed.
 */
typedef void (*subscriber_said)(void *owner, enum subscriber_event event, const char *text);

struct subscriber;

/* GW_E_INVALID, GW_E_ABSENT: the address, token or a TLS file. A peer that is away is no error. */
enum gw_err subscriber_open(const struct subscriber_conf *conf, subscriber_said said, void *owner,
                            struct subscriber **ret_subscriber, struct gw_fault *fault) GW_MUST_USE;
/* Waits for its threads; writes the last good file if it is behind. NULL is fine. */
void subscriber_close(struct subscriber *subscriber);

/* Told to the control plane. Any thread. */
void subscriber_set_load(struct subscriber *subscriber, uint64_t open_requests, bool is_draining);

struct subscriber_status {
    bool is_connected;
    int64_t changed_us;        /* monotonic: since when it is, or is not */
    struct gw_version version; /* in use; number 0: none yet */
    int64_t applied_us;        /* monotonic; 0: nothing was applied since the start */
    uint64_t applied, refused; /* updates */
    char why[256];             /* the last loss, while not connected */
};

void subscriber_status(struct subscriber *subscriber, struct subscriber_status *ret_status);

#endif
