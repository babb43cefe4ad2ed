/* SPDX-License-Identifier: MIT */
#include "lib/daemon/ready.h"

#include <pthread.h>
#include <stdio.h>

#include "lib/base/check.h"
#include "lib/json/json_out.h"

#define REASON_SIZE 201

struct part {
    const char *name;
    enum gw_ready_need need;
    bool is_there;
    char reason[REASON_SIZE];
};

struct gw_ready {
    pthread_mutex_t mutex; /* guards all that follows */
    struct part parts[GW_READY_PARTS_MAX];
    size_t count;
    bool is_stopping;
};

struct gw_ready *gw_ready_new(void)
{
    struct gw_ready *ready = GW_NEW(struct gw_ready);

    pthread_mutex_init(&ready->mutex, NULL);
    return ready;
}

void gw_ready_free(struct gw_ready *ready)
{
    if (ready != NULL) {
        pthread_mutex_destroy(&ready->mutex);
        gw_free(ready);
    }
}

/* The lock is not part of what a reader may not change. */
static void lock(const struct gw_ready *ready)
{
    pthread_mutex_lock((pthread_mutex_t *)(uintptr_t)&ready->mutex);
}

static void unlock(const struct gw_ready *ready)
{
    pthread_mutex_unlock((pthread_mutex_t *)(uintptr_t)&ready->mutex);
}

static struct part *find_locked(struct gw_ready *ready, const char *name)
{
    size_t i;

    for (i = 0; i < ready->count; i++) {
        if (strcmp(ready->parts[i].name, name) == 0) {
            return &ready->parts[i];
        }
    }
    return NULL;
}

void gw_ready_declare(struct gw_ready *ready, const char *part, enum gw_ready_need need)
{
    lock(ready);
    GW_CHECK(ready->count < GW_READY_PARTS_MAX && find_locked(ready, part) == NULL);
    ready->parts[ready->count++] = (struct part){
        .name = part, .need = need, .reason = "has not been there yet"};
    unlock(ready);
}

bool gw_ready_set(struct gw_ready *ready, const char *part, enum gw_ready_is is, const char *text)
{
    struct part *found;
    bool has_changed;

    lock(ready);
    found = find_locked(ready, part);
    GW_CHECK(found != NULL);
    has_changed = found->is_there != (is == GW_READY_YES);
    found->is_there = is == GW_READY_YES;
    snprintf(found->reason, sizeof(found->reason), "%s", text == NULL ? "" : text);
    unlock(ready);
    return has_changed;
}

void gw_ready_stop(struct gw_ready *ready)
{
    lock(ready);
    ready->is_stopping = true;
    unlock(ready);
}

static bool is_ready_locked(const struct gw_ready *ready)
{
    size_t i;

    for (i = 0; i < ready->count; i++) {
        if (ready->parts[i].need == GW_READY_REQUIRED && !ready->parts[i].is_there) {
            return false;
        }
    }
    return !ready->is_stopping;
}

bool gw_ready_is_ready(const struct gw_ready *ready)
{
    bool is_ready;

    lock(ready);
    is_ready = is_ready_locked(ready);
    unlock(ready);
    return is_ready;
}

static void print_part(const struct part *part, struct gw_json_out *out)
{
    gw_json_open_object(out);
    gw_json_put_str(out, "name", part->name);
    gw_json_put_bool(out, "ok", part->is_there);
    gw_json_put_bool(out, "required", part->need == GW_READY_REQUIRED);
    if (part->reason[0] != '\0') {
        gw_json_put_str(out, "reason", part->reason);
    }
    gw_json_close_object(out);
}

bool gw_ready_print(const struct gw_ready *ready, struct gw_buf *out)
{
    struct gw_json_out json;
    bool is_ready;
    size_t i;

    lock(ready);
    is_ready = is_ready_locked(ready);
    gw_json_out_init(&json, out);
    gw_json_open_object(&json);
    gw_json_put_str(&json, "status",
                    ready->is_stopping ? "stopping"
                    : is_ready         ? "ready"
                                       : "not_ready");
    gw_json_key(&json, "parts");
    gw_json_open_array(&json);
    for (i = 0; i < ready->count; i++) {
        print_part(&ready->parts[i], &json);
    }
    gw_json_close_array(&json);
    gw_json_close_object(&json);
    unlock(ready);
    return is_ready;
}
