/* SPDX-License-Identifier: MIT */
/*
 * GET /api/v1/system/dataplanes - who is connected to this control plane, and what they run.
 */
#include "controlplane/admin/answer/answer.h"
#include "controlplane/admin/system/routes.h"
#include "controlplane/publish/roster.h"
#include "lib/base/check.h"

#define ROWS_MAX 5000 /* more than one control plane serves */

static void show(struct gw_json_out *out, const struct roster_row *row)
{
    gw_json_open_object(out);
    gw_json_put_str(out, "name", row->node);
    gw_json_put_str(out, "build", row->build);
    gw_json_put_uint(out, "snapshotVersion", row->running.number);
    gw_json_put_time(out, "connectedAt", row->connected_at_us);
    gw_json_put_time(out, "lastSeenAt", row->last_seen_us);
    gw_json_close_object(out);
}

static enum gw_err list(struct gw_rest_call *call, struct gw_fault *fault)
{
    struct roster *roster = answer_context(call)->roster;
    size_t room = roster_count(roster) + 8;
    struct gw_version current;
    struct roster_row *rows;
    struct gw_json_out out;
    size_t count;

    (void)fault;
    room = room < ROWS_MAX ? room : ROWS_MAX;
    rows = gw_must_alloc(room * sizeof(rows[0]));
    count = roster_read(roster, rows, room, &current);
    gw_rest_reply_begin(call, &out);
    gw_json_open_object(&out);
    gw_json_key(&out, "items");
    gw_json_open_array(&out);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].node[0] != '\0') { /* connected, but has not said who it is */
            show(&out, &rows[i]);
        }
    }
    gw_json_close_array(&out);
    gw_json_put_uint(&out, "currentVersion", current.number);
    gw_json_close_object(&out);
    gw_free(rows);
    return gw_rest_reply_end(call, &out, 200);
}

static const struct gw_rest_route ROUTES[] = {
    {"GET", "/api/v1/system/dataplanes", GW_REST_ADMIN, list},
};

const struct gw_rest_routes DATAPLANE_ROUTES = {ROUTES, GW_COUNT(ROUTES)};
