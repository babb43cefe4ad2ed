/* SPDX-License-Identifier: MIT */
/*
 * update_check - is this an update a data plane can use? For the sources of lib/wire only.
 */
#ifndef LIB_WIRE_UPDATE_CHECK_H
#define LIB_WIRE_UPDATE_CHECK_H

#include "lib/wire/border.h"
#include "snapshot.pb-c.h"

/* GW_E_INVALID with the first thing that is wrong. */
enum gw_err gw_update_check(const Millrace__Snapshot__V1__Update *message,
                            struct gw_fault *fault) GW_MUST_USE;

/* A version whose epoch fits; NULL is "nothing yet". */
enum gw_err gw_version_check(const Millrace__Snapshot__V1__Version *version,
                             struct gw_fault *fault) GW_MUST_USE;

#endif
