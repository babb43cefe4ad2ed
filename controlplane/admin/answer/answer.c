/* SPDX-License-Identifier: MIT */
#include "controlplane/admin/answer/answer.h"

#include "lib/rest/etag.h"
#include "lib/rest/problem.h"

static bool fits(const void *asker, int64_t revision)
{
    return gw_rest_if_match(asker, revision);
}

struct store_match answer_match(const struct gw_rest_call *call)
{
    return (struct store_match){fits, call};
}

enum gw_err answer_failure(struct gw_rest_call *call, enum gw_err err,
                           const struct answer_codes *codes)
{
    const char *rule = answer_store(call)->rule;

    if (rule != NULL) {
        gw_rest_refuse(call, 400, rule, NULL);
        return GW_OK;
    }
    if (err == GW_E_ABSENT) {
        gw_rest_refuse(call, 404, codes->absent, NULL);
        return GW_OK;
    }
    if (err == GW_E_CONFLICT) {
        gw_rest_refuse(call, 409, NULL, "it was changed by somebody else");
        return GW_OK;
    }
    if (err == GW_E_INVALID) {
        gw_rest_refuse(call, 400, codes->failed, NULL);
    }
    return err;
}

enum gw_err answer_ok(struct gw_rest_call *call)
{
    struct gw_json_out out;

    gw_rest_reply_begin(call, &out);
    gw_json_open_object(&out);
    gw_json_put_bool(&out, "ok", true);
    gw_json_close_object(&out);
    return gw_rest_reply_end(call, &out, 200);
}

void answer_put_text(struct gw_json_out *out, const char *key, struct gw_text text)
{
    if (text.at == NULL) {
        gw_json_put_null(out, key);
    } else {
        gw_json_put_text(out, key, text);
    }
}

void answer_put_time(struct gw_json_out *out, const char *key, int64_t wall_us)
{
    if (wall_us == 0) {
        gw_json_put_null(out, key);
    } else {
        gw_json_put_time(out, key, wall_us);
    }
}

void answer_put_number(struct gw_json_out *out, const char *key, int64_t number)
{
    if (number < 0) {
        gw_json_put_null(out, key);
    } else {
        gw_json_put_int(out, key, number);
    }
}
