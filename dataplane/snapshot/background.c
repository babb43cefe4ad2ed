/* SPDX-License-Identifier: MIT */
#include "dataplane/snapshot/background.h"

#include "lib/base/check.h"

void background_init(struct background *background)
{
    *background = (struct background){.loop = gw_loop_new()};
}

static void *run(void *arg)
{
    gw_loop_run(arg);
    return NULL;
}

void background_start(struct background *background)
{
    GW_CHECK(pthread_create(&background->thread, NULL, run, background->loop) == 0);
}

void background_join(struct background *background)
{
    if (background->thread != 0) {
        GW_CHECK(pthread_join(background->thread, NULL) == 0);
        background->thread = 0;
    }
}

void background_fini(struct background *background)
{
    gw_loop_free(background->loop);
}
