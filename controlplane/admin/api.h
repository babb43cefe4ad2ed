/* SPDX-License-Identifier: MIT */
/*
 * api - all route tables of the control plane.
 */
#ifndef CONTROLPLANE_ADMIN_API_H
#define CONTROLPLANE_ADMIN_API_H

#include "controlplane/admin/answer/answer.h"
#include "lib/rest/router.h"

/* Answers the call on this thread; what gw_rest_dispatch() returns. */
enum gw_err api_answer(struct gw_rest_call *call, struct answer_context *context,
                       struct gw_fault *fault);

/* Whether an answered call may have changed the configuration. */
bool api_may_have_changed(const struct gw_rest_call *call);

#endif
