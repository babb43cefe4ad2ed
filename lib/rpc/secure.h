/* SPDX-License-Identifier: MIT */
/*
 * secure - credentials from PEM files, and tokens. For the sources of lib/rpc only.
 */
#ifndef LIB_RPC_SECURE_H
#define LIB_RPC_SECURE_H

#include <grpc/grpc_security.h>

#include "lib/base/err.h"
#include "lib/base/text.h"

struct gw_rpc_files {
    const char *ca, *certificate, *key; /* all NULL: clear text */
};

/* Every file is read and checked here: gRPC itself takes bad ones without a word. */
enum gw_err gw_rpc_client_credentials(const struct gw_rpc_files *files,
                                      grpc_channel_credentials **ret_credentials,
                                      struct gw_fault *fault) GW_MUST_USE;
enum gw_err gw_rpc_server_credentials(const struct gw_rpc_files *files,
                                      grpc_server_credentials **ret_credentials,
                                      struct gw_fault *fault) GW_MUST_USE;

/* Printable ASCII; what else cannot travel as metadata. NULL is fine. */
enum gw_err gw_rpc_token_check(const char *token, struct gw_fault *fault) GW_MUST_USE;

/* Whether `shown` is "Bearer <token>". Takes as long whatever differs; the length shows. */
bool gw_rpc_token_is(struct gw_text shown, const char *token);

#endif
