/* SPDX-License-Identifier: MIT */
/*
 * channel - how our connections behave, both ends. For the sources of lib/rpc only.
 */
#ifndef LIB_RPC_CHANNEL_H
#define LIB_RPC_CHANNEL_H

#include <grpc/grpc.h>

const grpc_channel_args *gw_rpc_client_args(void);
const grpc_channel_args *gw_rpc_server_args(void);

#endif
