/* SPDX-License-Identifier: MIT */
#include "controlplane/schema.h"

enum gw_err schema_migrate(struct gw_pg *pg, struct gw_pg_migrated *ret_migrated,
                           struct gw_fault *fault)
{
    GW_TRY(gw_pg_migrate_files(pg, &SCHEMA_MIGRATIONS, ret_migrated, fault));
    return gw_pg_script(pg, SCHEMA_GRANTS, fault);
}
