/* SPDX-License-Identifier: MIT */
/*
 * health - messages of grpc.health.v1, for whoever asks a server how it is.
 *
 * lib/rpc answers such questions by itself.
 */
#ifndef LIB_WIRE_HEALTH_H
#define LIB_WIRE_HEALTH_H

#include "lib/base/text.h"

enum gw_health_status {
    GW_HEALTH_UNKNOWN = 0,
    GW_HEALTH_SERVING,
    GW_HEALTH_NOT_SERVING,
    GW_HEALTH_SERVICE_UNKNOWN,
};

#define GW_HEALTH_CHECK "/grpc.health.v1.Health/Check"
#define GW_HEALTH_WATCH "/grpc.health.v1.Health/Watch"

/* `service` empty: the server as a whole. */
enum gw_err gw_health_question_pack(struct gw_text service, struct gw_buf *out) GW_MUST_USE;
enum gw_err gw_health_answer_unpack(struct gw_text bytes, enum gw_health_status *ret_status,
                                    struct gw_fault *fault) GW_MUST_USE;

#endif
