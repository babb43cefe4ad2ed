/* SPDX-License-Identifier: MIT */
/*
 * Pings find a peer that is gone without a word within about 13 seconds, also while no call is
 * open. A server has to be told that such pings are welcome, or it takes them for an attack.
 *
 * A connection that was lost is tried again after 100 ms, 160 ms ... 800 ms, so that a peer that
 * comes back is noticed within a second. The longer waits of lib/units/backoff.h are for peers that
 * accept and then refuse.
 */
#include "lib/rpc/channel.h"

#include "lib/base/check.h"

#define MESSAGE_MAX (64 * 1024 * 1024)

#define INTEGER(name, number)                                                                      \
    {                                                                                              \
        .type = GRPC_ARG_INTEGER, .key = (char *)(name), .value.integer = (number)                 \
    }

#define IDENTITY_ONLY 1 /* a set of one: grpc's compression algorithm number 0 */

#define BOTH_ENDS                                                                                  \
    INTEGER(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, MESSAGE_MAX),                                     \
        INTEGER(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, IDENTITY_ONLY),                \
        INTEGER(GRPC_ARG_KEEPALIVE_TIME_MS, 10000), INTEGER(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 3000),  \
        INTEGER(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1),                                       \
        INTEGER(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0)

const grpc_channel_args *gw_rpc_client_args(void)
{
    static grpc_arg args[] = {
        BOTH_ENDS,
        INTEGER(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100),
        INTEGER(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 3000), /* really: a connect's timeout */
        INTEGER(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 800),
        INTEGER(GRPC_ARG_ENABLE_RETRIES, 0),
        INTEGER(GRPC_ARG_ENABLE_HTTP_PROXY, 0),
        INTEGER(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1),
        INTEGER(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1),
        INTEGER(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 1000),
    };
    static const grpc_channel_args ARGS = {GW_COUNT(args), args};

    return &ARGS;
}

const grpc_channel_args *gw_rpc_server_args(void)
{
    static grpc_arg args[] = {
        BOTH_ENDS,
        INTEGER(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5000),
        INTEGER(GRPC_ARG_ALLOW_REUSEPORT, 0),
        INTEGER(GRPC_ARG_MAX_CONCURRENT_STREAMS, 256),
        INTEGER(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 10000),
    };
    static const grpc_channel_args ARGS = {GW_COUNT(args), args};

    return &ARGS;
}
