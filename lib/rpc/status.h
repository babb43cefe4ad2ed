/* SPDX-License-Identifier: MIT */
/*
 * status - enum gw_err as gRPC says it, and back. For the sources of lib/rpc only.
 */
#ifndef LIB_RPC_STATUS_H
#define LIB_RPC_STATUS_H

#include <grpc/status.h>

#include "lib/base/err.h"

grpc_status_code gw_rpc_status(enum gw_err err);
enum gw_err gw_rpc_err(grpc_status_code status);

#endif
