/* SPDX-License-Identifier: MIT */
#include "controlplane/admin/answer/fields.h"

#include "controlplane/store/groups.h"
#include "lib/units/clock.h"

#define NAME_MAX_CHARACTERS 64
#define TEN_YEARS_US        (INT64_C(3653) * 24 * GW_US_PER_HOUR)
#define CENT                ((gw_int128)10000000000000) /* in units of struct gw_money */

size_t field_characters(struct gw_text text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++) {
        count += ((unsigned char)text.at[i] & 0xc0) != 0x80;
    }
    return count;
}

static enum gw_json_is wrong(struct gw_json_in *in, const char *key, const char *code,
                             const char *message)
{
    gw_json_in_wrong(in, key, code, message);
    return GW_JSON_WRONG;
}

enum gw_json_is field_name(struct gw_json_in *in, enum gw_json_may may, struct gw_text *ret_name)
{
    struct gw_text name;
    enum gw_json_is is = gw_json_in_text(in, "name", may, 0, 1024, &name);

    if (is != GW_JSON_VALUE) {
        return is;
    }
    name = gw_text_trim(name);
    if (name.len == 0) {
        return wrong(in, "name", GW_JSON_CODE_TOO_SMALL, "must not be empty");
    }
    if (field_characters(name) > NAME_MAX_CHARACTERS) {
        return wrong(in, "name", GW_JSON_CODE_TOO_BIG, "must have at most 64 characters");
    }
    *ret_name = name;
    return is;
}

enum gw_json_is field_usd(struct gw_json_in *in, const char *key, int64_t most,
                          struct gw_text *ret_usd)
{
    const struct gw_money zero = GW_MONEY_ZERO, limit = {(gw_int128)most * 100 * CENT};
    char text[GW_MONEY_TEXT_SIZE];
    struct gw_money money;
    enum gw_json_is is = gw_json_in_money(in, key, GW_JSON_NULLABLE, zero, limit, &money);

    if (is == GW_JSON_NULL) {
        *ret_usd = GW_TEXT_NONE;
    }
    if (is != GW_JSON_VALUE) {
        return is;
    }
    if (money.units % CENT != 0) {
        return wrong(in, key, GW_JSON_CODE_FORMAT, "must have at most two decimals");
    }
    (void)gw_money_format(money, text);
    *ret_usd = gw_text_of(gw_arena_str(in->problems->arena, text));
    return is;
}

enum gw_json_is field_groups(struct gw_json_in *in, const char *key, size_t most,
                             struct gw_text *ret_groups)
{
    struct gw_groups groups;
    enum gw_json_is is = gw_json_in_text(in, key, GW_JSON_NULLABLE, 0, most, ret_groups);

    if (is == GW_JSON_NULL) {
        *ret_groups = GW_TEXT("");
    }
    if (is == GW_JSON_VALUE && !groups_split(*ret_groups, &groups)) {
        return wrong(in, key, GW_JSON_CODE_TOO_BIG, "names more than 32 groups");
    }
    return is;
}

enum gw_json_is field_expires_at(struct gw_json_in *in, enum field_expiry which, int64_t now_us,
                                 int64_t *ret_wall_us)
{
    static const char KEY[] = "expiresAt";
    int64_t at_us;
    enum gw_json_is is = gw_json_in_time(in, KEY, GW_JSON_NULLABLE, &at_us);

    if (is == GW_JSON_NULL) {
        *ret_wall_us = 0;
    }
    if (is != GW_JSON_VALUE) {
        return is;
    }
    if (which == FIELD_EXPIRY_AHEAD && at_us <= now_us) {
        return wrong(in, KEY, GW_JSON_CODE_TOO_SMALL, "must lie in the future");
    }
    if (at_us > now_us + TEN_YEARS_US) {
        return wrong(in, KEY, GW_JSON_CODE_TOO_BIG, "must be at most ten years ahead");
    }
    /* 0 stands for never, so a time long past becomes the first moment after it. */
    *ret_wall_us = at_us > 0 ? at_us : 1;
    return is;
}
