/* SPDX-License-Identifier: MIT */
#include "controlplane/admin/api.h"

#include "controlplane/admin/accounts/routes.h"
#include "controlplane/admin/supply/routes.h"
#include "controlplane/admin/system/routes.h"
#include "lib/base/check.h"

enum gw_err api_answer(struct gw_rest_call *call, struct answer_context *context,
                       struct gw_fault *fault)
{
    const struct gw_rest_routes tables[] = {
        USER_ROUTES,
        KEY_ROUTES,
        PROVIDER_ROUTES,
        DATAPLANE_ROUTES,
    };

    call->context = context;
    return gw_rest_dispatch(tables, GW_COUNT(tables), NULL, call, fault);
}

bool api_may_have_changed(const struct gw_rest_call *call)
{
    return call->status < 400 && !gw_text_eq(call->method, GW_TEXT("GET")) &&
           !gw_text_eq(call->method, GW_TEXT("HEAD"));
}
