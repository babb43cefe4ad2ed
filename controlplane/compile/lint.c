/* SPDX-License-Identifier: MIT */
#include "controlplane/compile/lint.h"

/* Groups are stored trimmed, separated by commas. The group "*" is every provider. */
static const char GROUPS[] =
    "with wanted as (select g as name, count(*) as keys"
    "  from keys k join users u on u.id = k.user_id, string_to_table(k.provider_group, ',') g"
    "  where k.deleted_at is null and k.is_enabled and u.deleted_at is null and u.is_enabled"
    "  group by g),"
    " offered as (select distinct g as name"
    "  from providers p, string_to_table(coalesce(p.group_tag, 'default'), ',') g"
    "  where p.deleted_at is null and p.is_enabled)"
    " select name, keys from wanted"
    " where name not in (select name from offered)"
    "  and (name <> '*' or not exists (select from offered))"
    " order by keys desc, name limit 20";

enum gw_err lint_groups(struct gw_pg *pg, struct gw_arena *arena, struct lint *ret_lint,
                        struct gw_fault *fault)
{
    struct gw_pg_rows *rows;

    GW_TRY(gw_pg_run(pg, GROUPS, NULL, &rows, fault));
    ret_lint->count = gw_pg_count(rows) < LINT_MAX ? gw_pg_count(rows) : LINT_MAX;
    for (size_t i = 0; i < ret_lint->count; i++) {
        ret_lint->at[i] = (struct lint_finding){
            .group = gw_arena_text(arena, gw_pg_text(rows, i, 0)),
            .keys = gw_pg_i64(rows, i, 1),
        };
    }
    gw_pg_rows_free(rows);
    return GW_OK;
}
