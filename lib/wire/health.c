/* SPDX-License-Identifier: MIT */
#include "lib/wire/health.h"

#include "health.pb-c.h"
#include "lib/wire/border.h"

#define SERVICE_MAX 256

enum gw_err gw_health_question_pack(struct gw_text service, struct gw_buf *out)
{
    Grpc__Health__V1__HealthCheckRequest message = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    char name[SERVICE_MAX + 1];

    gw_border_clean(service, SERVICE_MAX, name);
    message.service = name;
    return gw_border_pack(&message.base, out);
}

enum gw_err gw_health_answer_unpack(struct gw_text bytes, enum gw_health_status *ret_status,
                                    struct gw_fault *fault)
{
    Grpc__Health__V1__HealthCheckResponse *message;
    struct gw_arena arena;
    enum gw_err err = GW_OK;

    gw_arena_init(&arena, gw_border_memory_max(bytes.len));
    message = gw_border_unpack(&grpc__health__v1__health_check_response__descriptor, bytes, &arena);
    if (message == NULL) {
        err = gw_fail(fault, GW_E_CORRUPT, "health: %zu bytes that cannot be unpacked", bytes.len);
    } else if ((int)message->status < GW_HEALTH_UNKNOWN ||
               (int)message->status > GW_HEALTH_SERVICE_UNKNOWN) {
        err = gw_fail(fault, GW_E_INVALID, "health: status %d is not known", (int)message->status);
    } else {
        *ret_status = (enum gw_health_status)message->status;
    }
    gw_arena_fini(&arena);
    return err;
}
