/* SPDX-License-Identifier: MIT */
#include "lib/rpc/status.h"

#include "lib/base/check.h"
#include "lib/base/text.h"

/*
 * gRPC has fewer words than we have: several of ours share one of theirs, and come back as the
 * first of them. It says RESOURCE_EXHAUSTED itself for a message beyond the limit.
 */
static const struct {
    enum gw_err err;
    grpc_status_code status;
} PAIRS[] = {
    {GW_OK, GRPC_STATUS_OK},
    {GW_E_UNAVAILABLE, GRPC_STATUS_UNAVAILABLE},
    {GW_E_FULL, GRPC_STATUS_UNAVAILABLE},
    {GW_E_TIMEOUT, GRPC_STATUS_DEADLINE_EXCEEDED},
    {GW_E_CLOSED, GRPC_STATUS_CANCELLED},
    {GW_E_CONFLICT, GRPC_STATUS_ABORTED},
    {GW_E_EXISTS, GRPC_STATUS_ALREADY_EXISTS},
    {GW_E_ABSENT, GRPC_STATUS_NOT_FOUND},
    {GW_E_INVALID, GRPC_STATUS_INVALID_ARGUMENT},
    {GW_E_MEDIA, GRPC_STATUS_INVALID_ARGUMENT},
    {GW_E_INVALID, GRPC_STATUS_FAILED_PRECONDITION},
    {GW_E_INVALID, GRPC_STATUS_OUT_OF_RANGE},
    {GW_E_UNAUTHENTICATED, GRPC_STATUS_UNAUTHENTICATED},
    {GW_E_FORBIDDEN, GRPC_STATUS_PERMISSION_DENIED},
    {GW_E_TOO_LARGE, GRPC_STATUS_RESOURCE_EXHAUSTED},
    {GW_E_CORRUPT, GRPC_STATUS_DATA_LOSS},
    {GW_E_INTERNAL, GRPC_STATUS_INTERNAL},
    {GW_E_IO, GRPC_STATUS_INTERNAL},
};

grpc_status_code gw_rpc_status(enum gw_err err)
{
    for (size_t i = 0; i < GW_COUNT(PAIRS); i++) {
        if (PAIRS[i].err == err) {
            return PAIRS[i].status;
        }
    }
    return GRPC_STATUS_INTERNAL;
}

enum gw_err gw_rpc_err(grpc_status_code status)
{
    for (size_t i = 0; i < GW_COUNT(PAIRS); i++) {
        if (PAIRS[i].status == status) {
            return PAIRS[i].err;
        }
    }
    return GW_E_INTERNAL;
}

void gw_rpc_why(const grpc_slice *details, char ret_why[GW_RPC_WHY_SIZE])
{
    struct gw_text text = {(const char *)GRPC_SLICE_START_PTR(*details),
                           GRPC_SLICE_LENGTH(*details)};
    size_t len = text.len < GW_RPC_WHY_SIZE - 1 ? text.len : GW_RPC_WHY_SIZE - 1;

    for (size_t i = 0; i < len; i++) {
        ret_why[i] = (unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7f ? ' ' : text.at[i];
    }
    ret_why[len] = '\0';
}
