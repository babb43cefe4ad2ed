/* SPDX-License-Identifier: MIT */
/*
 * status - enum gw_err as gRPC says it, and back; its sentences as ours. For the sources of lib/rpc
 * only.
 */
#ifndef LIB_RPC_STATUS_H
#define LIB_RPC_STATUS_H

#include <grpc/slice.h>
#include <grpc/status.h>

#include "lib/base/err.h"

grpc_status_code gw_rpc_status(enum gw_err err);
enum gw_err gw_rpc_err(grpc_status_code status);

#define GW_RPC_WHY_SIZE 240

/* `details` as one printable line. */
void gw_rpc_why(const grpc_slice *details, char ret_why[GW_RPC_WHY_SIZE]);

#endif
